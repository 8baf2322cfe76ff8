"""Trades of one asset whose fees were worked out by hand, made through `run_algorithm`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

import rustybt
from rustybt.api import slippage

MAKER_OFFER = 2
"""A bar's range is this many times as wide as the price that a resting order fills at."""


class Trade(NamedTuple):
    """A fill on a day: signed units, its price, whether it gives liquidity."""

    day: dt.date
    units: Any
    price: Any
    maker: bool = False


class Charged(NamedTuple):
    """The result of a run, and what each trade was charged, by what it was for."""

    result: rustybt.Result
    fees: list[dict[str, Fraction]]

    @property
    def total(self) -> Fraction:
        """Of all trades."""
        return sum((amount for fees in self.fees for amount in fees.values()), Fraction(0))


def fees_of(
    schedule: Callable[[], Any] | Any,
    trades: Sequence[Trade],
    *,
    assets: dict[str, Any] | None = None,
    calendar: str = "24/7",
    volume: Any = 10**9,
    **settings: Any,
) -> Charged:
    """Makes trades, one a day at most, and says what they cost. An order that gives liquidity rests until its day."""
    first, last = trades[0].day - dt.timedelta(days=4), trades[-1].day
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    if calendar == "XNYS":
        import exchange_calendars

        days = [
            day.date() for day in exchange_calendars.get_calendar(calendar).sessions_in_range(str(first), str(last))
        ]
    by_day = {trade.day: trade for trade in trades}
    before = dict(zip(days[1:], days, strict=False))
    placed = {before[trade.day]: trade for trade in trades}
    rows = [("X", day, *map(str, _bar(by_day.get(day), placed.get(day))), str(volume)) for day in days]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    ids: dict[str, int] = {}

    def initialize(context: Any) -> None:
        context.set_commission(schedule() if callable(schedule) else schedule)
        context.set_slippage(slippage.NoSlippage())

    def handle_data(context: Any, data: Any) -> None:
        trade = placed.get(context.get_datetime().date() if calendar == "XNYS" else _label(context))
        if trade is not None:
            limit = trade.price if trade.maker else None
            ids[context.order(context.symbol("X"), trade.units, limit_price=limit)] = trades.index(trade)

    frame = pl.DataFrame(rows, schema=names, orient="row")
    market = rustybt.load_data(frame, assets=assets, calendar=calendar)
    result = rustybt.run_algorithm(
        initialize=initialize,
        handle_data=handle_data,
        market=market,
        capital_base=10**12,
        trigger="range",
        progress=False,
        **settings,
    )
    assert [(row["amount"], row["price"]) for row in result.transactions.iter_rows(named=True)] == [
        (Decimal(str(trade.units)), Decimal(str(trade.price))) for trade in trades
    ]
    fees: list[dict[str, Fraction]] = [{} for _ in trades]
    for row in result.entries.filter(pl.col("kind") == "fee").iter_rows(named=True):
        of = fees[ids[row["order_id"]]]
        of[row["detail"]] = of.get(row["detail"], Fraction(0)) - Fraction(row["amount"])
    return Charged(result, fees)


def _label(context: Any) -> dt.date:
    """The session of a bar that ends at midnight."""
    return (context.get_datetime() - dt.timedelta(seconds=1)).date()  # type: ignore[no-any-return]


def _bar(trade: Trade | None, next_one: Trade | None) -> tuple[Any, ...]:
    """A bar on which a trade happens, and which leaves the price so that the next one can be placed."""
    price = Decimal(str((trade or next_one or Trade(dt.date.min, 1, 1)).price))
    if trade is not None and trade.maker:
        away = price * MAKER_OFFER if trade.units > 0 else price / MAKER_OFFER
        return away, max(price, away), min(price, away), away
    if next_one is not None and next_one.maker and trade is None:
        away = price * MAKER_OFFER if next_one.units > 0 else price / MAKER_OFFER
        return away, away, away, away
    return price, price, price, price
