"""What two reckonings of a world have in common, and where they part."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.independent._simulator import Simulator
from tests.independent._world import World, money

KINDS = {"fill", "fee", "dividend", "cash_in_lieu", "close_out"}


def exact(value: Any) -> Fraction | None:
    """A number of a frame as a fraction."""
    return None if value is None else Fraction(value)


def differences(world: World, ours: Simulator, result: Any) -> list[str]:
    """All that is not the same, most telling first."""
    return [
        *fills(world, ours, result),
        *orders(ours, result),
        *entries(world, ours, result),
        *costs(world, ours, result),
        *closes(ours, result),
    ]


def parted(world: World, result: Any) -> list[str]:
    """Where the simulator parts from a result, whichever of results that are worth the same it takes."""
    found = differences(world, Simulator(world).run(), result)
    if found and world.tied:
        world.fill_ties = False
        found = differences(world, Simulator(world).run(), result)
    return found


def pair(name: str, mine: Any, theirs: Any) -> list[str]:
    """Where two mappings differ."""
    keys = sorted(set(mine) | set(theirs), key=str)
    return [f"{name} {key}: {shown(mine.get(key))} here, {shown(theirs.get(key))} there"
            for key in keys if mine.get(key) != theirs.get(key)]  # fmt: skip


def shown(value: Any) -> Any:
    """Fractions as decimals, for people."""
    if isinstance(value, Fraction):
        return f"{float(value):.10g}"
    return tuple(shown(one) for one in value) if isinstance(value, list | tuple) else value


def fills(world: World, ours: Simulator, result: Any) -> list[str]:
    """Each fill: moment, price, quantity, fee."""
    mine, theirs = defaultdict(list), defaultdict(list)
    for moment, order_id, _, quantity, price, _, fee in ours.fills:
        mine[moment, order_id].append((quantity, price, fee))
    numbers = {moment.end: number for number, moment in enumerate(world.moments)}
    rows = result.transactions.select("dt", "order_id", "amount", "price", "commission").iter_rows()
    for stamp, order_id, amount, price, fee in rows:
        theirs[numbers.get(stamp, stamp), order_id].append((exact(amount), exact(price), exact(fee)))
    return pair("fill", mine, theirs)


def orders(ours: Simulator, result: Any) -> list[str]:
    """The final state of each order."""
    mine, theirs, moved = {}, {}, set()
    for one in ours.orders.values():
        over = (one.cause,) if one.status not in ("open", "filled", "held") else ()
        over = () if one.id in ours.two_reasons else over
        stop = one.stop if one.trail is None else one.trail.level or None
        if one.trail is not None and one.status == "cancelled":
            moved.add(one.id)  # how far it had followed when it was taken away within a bar is for nobody to act on
        prices = () if one.id in moved else (one.limit, stop)
        mine[one.id] = (one.asset, one.status, *over, one.amount, one.filled, *prices, one.commission)
    for row in result.orders.iter_rows(named=True):
        over = (row["cause"],) if row["status"] not in ("open", "filled", "held") else ()
        over = () if row["id"] in ours.two_reasons else over
        names = ("amount", "filled", *(() if row["id"] in moved else ("limit", "stop")), "commission")
        theirs[row["id"]] = (row["symbol"], row["status"], *over, *(exact(row[name]) for name in names))
    return pair("order", mine, theirs)


def entries(world: World, ours: Simulator, result: Any) -> list[str]:
    """Money by session, kind and asset."""
    theirs: dict[Any, Fraction] = defaultdict(Fraction)
    number = {day: at for at, day in enumerate(world.sessions)}
    rows = result.entries.select("stamp", "kind", "asset", "amount").iter_rows()
    for stamp, kind, asset, amount in rows:
        if kind != "capital":
            theirs[number[stamp.date()], kind, (asset or "").split(":")[-1]] += Fraction(amount)
    mine = {key: amount for key, amount in ours.books.posted.items() if amount}
    return pair("entry", mine, {key: amount for key, amount in theirs.items() if amount})


KIND = {"spread": 1, "share": 2, "root": 2}
"""Which model says what kind of cost it makes: half a spread, an impact, or else slippage."""


def costs(world: World, ours: Simulator, result: Any) -> list[str]:
    """What each fill cost: the price that the bar offered, and by kind what was paid beyond it."""
    mine, theirs = defaultdict(list), defaultdict(list)
    place = KIND.get(world.slippage[0], 0)
    for moment, order_id, name, quantity, price, offer, fee in ours.fills:
        if order_id is not None:
            kinds, paid = [Fraction(0)] * 3, fee
            kinds[place] = quantity * (price - offer)
            if world.assets[name].currency != "USD":
                rate = world.euro[moment].close
                kinds, paid = [money(one * rate) for one in kinds], money(fee * rate)
            mine[world.moments[moment].end, order_id].append((offer, *kinds, paid))
    names = ["dt", "order_id", "reference", "slippage", "spread", "impact", "commission", "tax"]
    for stamp, order_id, *row in result.costs.fills.select(names).iter_rows():
        reference, *kinds, fee, tax = map(Fraction, row)
        if order_id is not None:
            theirs[stamp, order_id].append((reference, *kinds, fee + tax))
    return pair("cost", mine, theirs)


def closes(ours: Simulator, result: Any) -> list[str]:
    """Cash, value and positions at each close."""
    rows = result.daily.select("ending_cash", "portfolio_value").iter_rows()
    theirs = {at: (Fraction(cash), Fraction(value)) for at, (cash, value) in enumerate(rows)}
    found = pair("close", dict(enumerate(ours.daily)), theirs)
    sessions = {day: at for at, day in enumerate(result.daily["session"].to_list())}
    held: dict[Any, Any] = {}
    for session, symbol, amount, price in result.positions.select(
        "session", "symbol", "amount", "last_sale_price"
    ).iter_rows():
        held[sessions[session], symbol] = (Fraction(amount), Fraction(price))
    mine = {(at, name): one for at, row in enumerate(ours.positions) for name, one in row.items()}
    return found + pair("position", mine, held)
