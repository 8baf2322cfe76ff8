"""What fills cost against the prices at which they were decided on, by part."""

from __future__ import annotations

import functools
import math
import operator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import (
    MONEY_SCALE,
    RATIO_SCALE,
    UTC_NS,
    AssetBars,
    RunBars,
    decimal_column,
    div_half_even,
)
from rustybt.results._terms import Terms, money_of, scale_of, terms_of
from rustybt.results._wide import ratio_half_even, share_half_even, wide

if TYPE_CHECKING:
    from rustybt.results._result import Result

_PRICES: Final = ("spread", "slippage", "impact")
_FEES: Final = ("commission", "tax")
_EXTRA: Final = 10
"""Decimals of a decision price that a split has restated, beyond those of prices."""
_ORDER_OF_PARTS: Final = ("delay", *_PRICES, "fees", "total")


def shortfall(result: Result) -> pl.DataFrame:
    """The frame that `Result.shortfall` is. Raises ResultError where the bars of the run are not at hand."""
    bars, filled, terms = result.run_bars(), result.transactions, terms_of(result)
    of = bars.of_all(filled["sid"].unique(maintain_order=True).to_list())
    money, first = _paid(result)
    known = result.cost_rows["reference"]
    finest = max((one.scale + (_EXTRA if one.splits else 0) for one in of.values()), default=0)
    scale = max(scale_of(filled["price"]), scale_of(known), finest)
    reference, price = _at_scale(known.gather(first), scale), _at_scale(filled["price"], scale)
    decision, low, high = _prices(result, bars, of, scale)
    delay = _worth(filled, reference, terms, scale) - _worth(filled, decision, terms, scale)
    money |= {"delay": delay, "total": functools.reduce(operator.add, money.values(), delay)}
    currencies = dict(result.assets.select("sid", "currency").rows())
    return filled.select("dt", "session", "order_id", "symbol", "sid", "amount").with_columns(
        decimal_column("decision", decision, scale),
        decimal_column("reference", reference, scale),
        filled["price"],
        *(decimal_column(name, money[name], MONEY_SCALE) for name in _ORDER_OF_PARTS),
        pl.Series("currency", [currencies[sid] for sid in filled["sid"]], dtype=pl.String),
        decimal_column("day_low", low, scale),
        decimal_column("day_high", high, scale),
        decimal_column("quality", _quality(filled["amount"], price, low, high), RATIO_SCALE),
    )


def _quality(amount: pl.Series, price: pl.Series, low: pl.Series, high: pl.Series) -> pl.Series:
    """Where between the worst and the best price of the day; null where it had one price, or none."""
    return share_half_even((high - price).zip_with(amount > 0, price - low), high - low, RATIO_SCALE)


def _paid(result: Result) -> tuple[dict[str, pl.Series], pl.Series]:
    """What each fill cost by part, in the asset's currency, and the first row of each among the costs."""
    of_fills = result.cost_rows.with_row_index("row").filter(pl.col("fill").is_not_null())
    fills = pl.DataFrame({"fill": pl.Series(range(result.transactions.height), dtype=of_fills.schema["fill"])})
    kind = pl.col("kind").cast(pl.String)
    part = pl.when(kind.is_in(_FEES)).then(pl.lit("fees")).otherwise(kind)
    sums = (
        of_fills.with_columns(part=part, amount=wide(of_fills["amount"]))
        .group_by("fill", "part")
        .agg(pl.col("amount").sum())
    )
    parts = {}
    for name in (*_PRICES, "fees"):
        own = fills.join(sums.filter(part=name), on="fill", how="left", maintain_order="left")
        parts[name] = own["amount"].fill_null(0)
    first = fills.join(of_fills.unique("fill", keep="first"), on="fill", how="left", maintain_order="left")["row"]
    return parts, first


def _at_scale(column: pl.Series, scale: int) -> pl.Series:
    return ratio_half_even(wide(column), 10 ** (scale - scale_of(column)), 1)


def _worth(filled: pl.DataFrame, prices: pl.Series, terms: dict[int, Terms], scale: int) -> pl.Series:
    """What fills are worth at prices, at scale 20, below zero for what is sold; null where there is no price."""
    finer = next((own.quantity_one for own in terms.values()), 1) // 10 ** scale_of(filled["amount"])
    units = ratio_half_even(wide(filled["amount"]), finer, 1)
    none = pl.Series([None], dtype=pl.Int128)
    return money_of(filled["sid"], units, prices.fill_null(0), terms, 10**scale).zip_with(prices.is_not_null(), none)


type _Found = list[int | None]


def _prices(result: Result, bars: RunBars, of: dict[int, AssetBars], scale: int) -> tuple[pl.Series, ...]:
    """Of each fill the price that it was decided at, in what a unit is when it fills, and the lowest and the highest of
    its session."""
    filled = result.transactions
    created = result.orders.select("id", pl.col("created").cast(UTC_NS))
    placed = filled.join(created, left_on="order_id", right_on="id", how="left", maintain_order="left")["created"]
    known = placed.is_not_null().to_numpy()
    at = np.searchsorted(bars.stamps, placed.to_physical().fill_null(0).to_numpy(), side="right") - 1
    stamps = filled["dt"].to_physical().to_numpy()
    until = np.searchsorted(bars.stamps, stamps, side="left")
    opens = np.minimum(bars.starts[:-1], len(bars.stamps) - 1)
    sessions = np.searchsorted(bars.starts, bars.bars_at(stamps), side="right") - 1
    found: list[_Found] = [[None] * filled.height for _ in range(3)]
    decision, low, high = found
    sids = filled["sid"].to_numpy()
    by_asset = np.argsort(sids, kind="stable")
    for rows in np.split(by_asset, np.flatnonzero(np.diff(sids[by_asset])) + 1) if filled.height else []:
        own = of[int(sids[rows[0]])]
        _spread(low, rows, _of_days(own, np.fmin.reduceat(own.low, opens)[sessions[rows]], scale))
        _spread(high, rows, _of_days(own, np.fmax.reduceat(own.high, opens)[sessions[rows]], scale))
        priced = rows[known[rows] & (own.first <= at[rows]) & (at[rows] <= own.last)]
        _spread(decision, priced, _decided(own, at[priced].tolist(), until[priced].tolist(), scale))
    return tuple(pl.Series(values, dtype=pl.Int128) for values in found)


def _spread(into: _Found, rows: npt.NDArray[np.int64], values: _Found) -> None:
    for row, value in zip(rows.tolist(), values, strict=True):
        into[row] = value


def _decided(own: AssetBars, at: list[int], until: list[int], scale: int) -> _Found:
    """The last prices at bars, in what a unit is at later ones."""
    up = 10 ** (scale - own.scale)
    if not own.splits:
        return [int(own.price[bar]) * up for bar in at]
    found: _Found = []
    for bar, later in zip(at, until, strict=True):
        became = Fraction(1)
        for split, ratio in own.splits:
            became *= ratio if bar < split <= later else 1
        found.append(div_half_even(int(own.price[bar]) * up * became.denominator, became.numerator))
    return found


def _of_days(own: AssetBars, prices: npt.NDArray[np.float64], scale: int) -> _Found:
    # the nearest floats to decimals of so few digits, and so those decimals
    unit, up = 10**own.scale, 10 ** (scale - own.scale)
    return [None if math.isnan(price) else round(price * unit) * up for price in prices.tolist()]
