"""How what a whole plan says of costs and accounts is said to the engine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from tests.properties._carried import Carried, Rows, Tiers
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


def _tiers(rows: Rows[Tiers]) -> Any:
    return {day: [(number(ends), number(rate)) for ends, rate in tiers] for day, tiers in rows} or None
