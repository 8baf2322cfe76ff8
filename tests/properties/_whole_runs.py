"""How what a whole plan says of costs and accounts is said to the engine."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from rustybt.api import commission, execution, latency
from rustybt.errors import BadOrderParameters
from tests.properties._accounts import Account
from tests.properties._carried import Carried, Rows, Tiers
from tests.properties._charges import Charge
from tests.properties._linked import Change, Exit, Link
from tests.properties._market import Market, text
from tests.properties._runs import order_number
from tests.properties._whole import Act

FORCED = ("margin call", "liquidation", "recalled")


def number(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(text(value))


def set_carrying(context: Any, market: Market, terms: Carried) -> None:
    """What holding costs."""
    symbols = [asset.symbol for asset in market.assets]
    if terms.borrow is not None:
        rows = [(symbols[k], day, text(rate)) for k, of in terms.borrow.rates.items() for day, rate in of]
        schema = {"symbol": pl.String, "date": pl.Date, "rate": pl.String}
        context.set_borrow(
            pl.DataFrame(rows, schema=schema, orient="row") if rows else None,
            number(terms.borrow.default),
            value="street" if terms.borrow.street else "close",
            settled=terms.borrow.settled,
        )
    if terms.financing is not None:
        bench = terms.financing.benchmark
        context.set_financing(
            _tiers(terms.financing.debit),
            _tiers(terms.financing.credit),
            benchmark=None if bench is None else {day: number(rate) for day, rate in bench},
            short_proceeds="free" if terms.financing.free else "held",
        )
    if terms.rollover is not None:
        rolls = terms.rollover
        context.set_rollover(
            {
                symbols[k]: {name: number(rate) for name, rate in zip(("long", "short", "admin"), of, strict=True)}
                for k, of in rolls.rates.items()
            },
            unit="points" if rolls.points else "rate",
            triple="wednesday" if rolls.triple else None,
        )


def set_fees(context: Any, charges: tuple[Charge, ...], futures: Any) -> None:
    """A schedule for all but futures."""
    if charges:
        schedule = commission.FeeSchedule(*(commission.Charge(**_charge(charge)) for charge in charges))
        context.set_commission(schedule, futures)


def _charge(charge: Charge) -> dict[str, Any]:
    """As it is given: one tier is a rate, and what only tiers have is left out."""
    given = dict(charge)
    if len(given["tiers"]) == 1:
        (_, given["maker"], given["taker"]), *_ = given.pop("tiers")
        for name in ("tier", "window", "fixed", "counts"):
            given.pop(name, None)
    return given


def _tiers(rows: Rows[Tiers]) -> Any:
    return {day: [(number(ends), number(rate)) for ends, rate in tiers] for day, tiers in rows} or None


def set_account(context: Any, market: Market, account: Account) -> None:
    """The kind of account."""
    given: dict[str, Any] = {}
    if account.kind == "cash":
        given = {"settlement": account.settlement, "cushion": number(account.cushion)}
    elif account.kind == "futures":
        margins = {market.assets[k].symbol: tuple(map(number, of)) for k, of in account.margins.items()}
        given["margins"] = {"another": (1, 1), **margins}
    elif account.kind == "isolated":
        given = {"leverage": number(account.leverage), "tiers": [tuple(map(number, row)) for row in account.tiers]}
    else:
        given["minimum_equity"] = number(account.least)
        shares = {"initial": account.initial, "maintenance": account.long, "short_maintenance": account.short}
        given |= {name: number(of) for name, of in shares.items()} if account.kind == "reg_t" else {}
        given |= {"moves": number(account.move)} if account.kind == "portfolio" else {}
    context.set_account(account.kind, **given)


def set_latency(context: Any, delay: int | None) -> None:
    """How long orders and cancels take, in ns."""
    if delay is not None:
        context.set_latency(latency.Latency(network=dt.timedelta(microseconds=delay // 1000)))


def do(context: Any, market: Market, act: Act) -> None:
    """What the strategy does with linked orders. context.linked: the ids of those that it has linked."""
    asset = context.assets[act.asset]
    for lots, limit, stop in act.legs if isinstance(act, Link) else ():
        context.order(asset, number(lots), limit_price=number(limit), stop_price=number(stop))
    own = [order for order in context.get_open_orders(asset) if order.tag not in FORCED]
    waiting = sorted(own, key=lambda order: order_number(order.id) or 0)
    free = [order for order in waiting if order.id not in context.linked]
    if isinstance(act, Change):
        if waiting:
            _change(context, market.assets[act.asset].step, waiting[-1 if act.last else 0], act)
    elif isinstance(act, Link):
        if len(free) > 1:
            linked = [order.id for order in free[: act.count]]
            context.oco(*linked, link=act.link)
            context.linked.update(linked)
    elif not act.attach or free:
        exits = {"take_profit": _exit(act.profit), "stop_loss": _exit(act.loss), "link": act.link, "after": act.after}
        if act.attach:
            placed = context.attach_exits(free[0].id, **exits)
        else:
            prices = {"limit_price": number(act.limit), "stop_price": number(act.stop)}
            placed = context.bracket_order(asset, number(act.lots), **prices, **exits)
        if len([one for one in placed if one is not None]) > 1:
            context.linked.update(placed)


def _change(context: Any, step: Fraction, order: Any, act: Change) -> None:
    amount = None
    if act.share is not None:
        whole = max(abs(Fraction(order.amount)) * act.share // step * step, step)
        amount = number(whole if order.amount > 0 else -whole)
    with contextlib.suppress(BadOrderParameters):  # a price that the order has not
        context.modify_order(order.id, amount=amount, limit_price=number(act.limit), stop_price=number(act.stop))


def _exit(way: Exit | None) -> Any:
    if way is None:
        return None
    much = number(way.much)
    kinds = {"percent": execution.Percent, "distance": execution.Distance}
    return execution.TrailingStopOrder(percent=much) if way.way == "trail" else kinds[way.way](much)
