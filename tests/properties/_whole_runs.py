"""How what a whole plan says of costs and accounts is said to the engine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from rustybt.api import commission
from tests.properties._carried import Carried, Rows, Tiers
from tests.properties._charges import Charge
from tests.properties._market import Market, text


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
