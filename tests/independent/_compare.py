"""What two reckonings of a world have in common, and where they part."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.independent._simulator import Simulator
from tests.independent._world import World

KINDS = {"fill", "fee", "dividend", "cash_in_lieu", "close_out"}


def exact(value: Any) -> Fraction | None:
    """A number of a frame as a fraction."""
    return None if value is None else Fraction(value)


def differences(world: World, ours: Simulator, result: Any) -> list[str]:
    """All that is not the same, most telling first."""
    return [*fills(world, ours, result), *orders(ours, result), *entries(world, ours, result), *closes(ours, result)]


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
        stop = one.stop if one.trail is None else one.trail.level or None
        if one.trail is not None and over:
            moved.add(one.id)  # how far it had followed when it was taken away within a bar is for nobody to act on
        prices = () if one.id in moved else (one.limit, stop)
        mine[one.id] = (one.asset, one.status, *over, one.amount, one.filled, *prices, one.commission)
    for row in result.orders.iter_rows(named=True):
        over = (row["cause"],) if row["status"] not in ("open", "filled", "held") else ()
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
