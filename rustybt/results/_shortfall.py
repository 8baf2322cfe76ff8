"""What fills cost against the prices at which they were decided on, by part."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, RunBars, decimal_column, div_half_even, scaled_ints
from rustybt.results._terms import Terms, scale_of, terms_of

if TYPE_CHECKING:
    from rustybt.results._result import Result

_PRICES: Final = ("spread", "slippage", "impact")
_FEES: Final = ("commission", "tax")
_EXTRA: Final = 10
"""Decimals of a decision price that a split has restated, beyond those of prices."""


def shortfall(result: Result) -> pl.DataFrame:
    """The frame that `Result.shortfall` is. Raises ResultError where the bars of the run are not at hand."""
    prices, filled = _Prices(result.run_bars()), result.transactions
    parts, first = _paid(result)
    known = result.cost_rows["reference"]
    scale = max(scale_of(filled["price"]), scale_of(known), prices.scale_of(filled["sid"]))
    reference = _at_scale(known.gather(first), scale)
    rows = _against_decisions(result, prices, reference, scale)
    delays = [row[1] for row in rows]
    money: dict[str, list[int | None]] = {"delay": delays, **parts}  # type: ignore[dict-item]  # those are all known
    paid = zip(delays, *parts.values(), strict=True)
    money["total"] = [None if delay is None else delay + sum(rest) for delay, *rest in paid]
    currencies = dict(result.assets.select("sid", "currency").rows())
    return filled.select("dt", "session", "order_id", "symbol", "sid", "amount").with_columns(
        decimal_column("decision", [row[0] for row in rows], scale),
        decimal_column("reference", reference, scale),
        filled["price"],
        *(decimal_column(name, values, MONEY_SCALE) for name, values in money.items()),
        pl.Series("currency", [currencies[sid] for sid in filled["sid"]], dtype=pl.String),
        decimal_column("day_low", [row[2] for row in rows], scale),
        decimal_column("day_high", [row[3] for row in rows], scale),
        decimal_column("quality", [row[4] for row in rows], RATIO_SCALE),
    )


type _Row = tuple[int | None, int | None, int | None, int | None, int | None]
"""Of a fill: the decision price, what the delay cost, the day's lowest and highest price, and the quality."""


def _against_decisions(result: Result, prices: _Prices, reference: list[int], scale: int) -> list[_Row]:
    filled, terms = result.transactions, terms_of(result)
    created = dict(result.orders.select("id", pl.col("created").to_physical()).rows())
    units = scale_of(filled["amount"])
    columns = (filled["sid"].to_list(), filled["order_id"].to_list(), filled["dt"].to_physical().to_list())
    numbers = (_at_scale(filled["amount"], units), _at_scale(filled["price"], scale), reference)
    rows: list[_Row] = []
    for sid, order, stamp, amount, price, offered in zip(*columns, *numbers, strict=True):
        own = terms[sid]
        decided = None if order is None else prices.decided(sid, created[order], stamp, scale)
        delay = None
        if decided is not None:
            delay = _worth(own, amount, offered, units, scale) - _worth(own, amount, decided, units, scale)
        low, high = prices.of_day(sid, stamp, scale)
        quality = None
        if low is not None and high is not None and high > low:
            reached = high - price if amount > 0 else price - low
            quality = div_half_even(reached * 10**RATIO_SCALE, high - low)
        rows.append((decided, delay, low, high, quality))
    return rows


def _paid(result: Result) -> tuple[dict[str, list[int]], pl.Series]:
    """What each fill cost by part, in the asset's currency, and the first row of each among the costs."""
    rows, count = result.cost_rows, result.transactions.height
    parts = {name: [0] * count for name in (*_PRICES, "fees")}
    first: dict[int, int] = {}
    columns = (rows["fill"].to_list(), rows["kind"].to_list(), scaled_ints(rows["amount"]))
    for place, (fill, kind, amount) in enumerate(zip(*columns, strict=True)):
        if fill is None:
            continue
        first.setdefault(fill, place)
        name = "fees" if kind in _FEES else kind
        if name in parts:
            parts[name][fill] += amount or 0
    return parts, pl.Series([first[fill] for fill in range(count)], dtype=pl.UInt32)


def _at_scale(column: pl.Series, scale: int) -> list[int]:
    up = 10 ** (scale - scale_of(column))
    return [(value or 0) * up for value in scaled_ints(column)]


def _worth(own: Terms, amount: int, price: int, units: int, scale: int) -> int:
    """What so many units are worth at a price, at scale 20, below zero for what is sold."""
    return own.money(amount * own.quantity_one // 10**units, price, 10**scale)


class _Prices:
    """The prices of assets at moments of a run."""

    def __init__(self, bars: RunBars) -> None:
        self._bars = bars
        self._known: dict[int, Any] = {}

    def _of(self, sid: int) -> Any:
        if sid not in self._known:
            self._known[sid] = self._bars.of(sid)
        return self._known[sid]

    def scale_of(self, sids: pl.Series) -> int:
        return max((self._of(sid).scale + (_EXTRA if self._of(sid).splits else 0) for sid in sids.unique()), default=0)

    def decided(self, sid: int, placed: int, filled: int, scale: int) -> int | None:
        """The last price when an order was placed, in what a unit is when it fills; None before there was one."""
        own = self._of(sid)
        at = int(np.searchsorted(self._bars.stamps, placed, side="right")) - 1
        if not own.first <= at <= own.last:
            return None
        until = int(np.searchsorted(self._bars.stamps, filled, side="left"))
        became = Fraction(1)
        for bar, ratio in own.splits:
            became *= ratio if at < bar <= until else 1
        price = int(own.price[at]) * 10 ** (scale - own.scale)
        return div_half_even(price * became.denominator, became.numerator)

    def of_day(self, sid: int, stamp: int, scale: int) -> tuple[int | None, int | None]:
        """The lowest and the highest price of the session in which a moment lies."""
        own, bars = self._of(sid), self._bars
        bar = min(int(np.searchsorted(bars.stamps, stamp, side="left")), len(bars.stamps) - 1)
        session = int(np.searchsorted(bars.starts, bar, side="right")) - 1
        within = slice(int(bars.starts[session]), int(bars.starts[session + 1]))
        low, high = own.low[within], own.high[within]
        if not own.here[within].any():
            return None, None
        # the nearest floats to decimals of so few digits, and so those decimals
        unit, up = 10**own.scale, 10 ** (scale - own.scale)
        return round(float(np.nanmin(low)) * unit) * up, round(float(np.nanmax(high)) * unit) * up
