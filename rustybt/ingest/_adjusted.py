"""Dividends or splits out of adjusted closes: what the close was multiplied by changes on their ex-dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

import polars as pl

from rustybt.core import DAY_NS, as_plain_decimal, date_of
from rustybt.errors import InputError
from rustybt.ingest._actions import ActionRow

ADJ_CLOSE: Final = ("dividends", "splits")
"""The kinds of actions that it can become."""
ADJUSTED: Final = "adjusted"
"""The name of adjusted closes among the columns that bars carry."""
_NOISE: Final = {False: Fraction(1, 10**12), True: Fraction(1, 2**22)}
"""Of a number that was computed with floats, as a share of it; True: given as a float, which may have had 32 bits."""
_MOST_PAID: Final = Fraction(1, 2)
"""Of the price in one dividend."""
_MOST_SPLIT: Final = 10_000
_FEW: Final = 5
_OFTEN: Final = 10
"""Steps are on every tenth day at most: other closes were not adjusted for what was paid."""


def adjusted_closes(carried: Iterable[pl.DataFrame]) -> pl.DataFrame | None:
    """`row`, `value` and `is_float` of the rows with an adjusted close; None where nothing is to be made of them."""
    found = [
        frame.select("row", "value", "is_float") for frame in carried if frame.height and frame["kind"][0] == ADJUSTED
    ]
    return pl.concat(found) if found else None


@dataclass(frozen=True, slots=True)
class _Step:
    """A factor of the closes before a day, relative to those from it on, between two bounds. close: the day before."""

    at: int
    close: Fraction
    low: Fraction
    high: Fraction


def adjusted_actions(pieces: Iterable[tuple[pl.DataFrame, int]], kind: str) -> list[ActionRow]:
    """Rows of dividends or splits as if they had been given beside the bars.

    pieces: `row`, `sid`, `symbol`, `asset_key`, `stamp`, `close` (integers at a scale) and `value`, the adjusted close
    as text, `is_float`, and that scale. kind: one of `ADJ_CLOSE`. Raises InputError where a step is neither.
    """
    rows: list[ActionRow] = []
    scaled = [
        frame.with_columns(pl.lit(scale, pl.Int32).alias("scale"), pl.col("close").cast(pl.Int128))
        for frame, scale in pieces
    ]
    for asset in pl.concat(scaled).partition_by("sid", maintain_order=True) if scaled else ():
        told = asset.filter(pl.col("value").is_not_null()).sort("stamp")
        rows += _of_asset(told, kind)
    return rows


def _of_asset(asset: pl.DataFrame, kind: str) -> Iterator[ActionRow]:
    columns = [asset[name].to_list() for name in ("row", "symbol", "asset_key", "stamp")]
    closes = [Fraction(value, 10**scale) for value, scale in asset.select("close", "scale").iter_rows()]
    adjusted = [_number(*one) for one in asset.select("value", "symbol", "is_float").iter_rows()]
    steps = _steps(closes, adjusted)
    if len(steps) > max(_FEW, len(closes) // _OFTEN):
        raise InputError(
            f"adj_close={kind!r}: the adjusted close of {columns[1][0]} moves against its close on {len(steps):,} of "
            f"{len(closes):,} days, which dividends and splits do not. Leave adj_close= out."
        )
    for step in steps:
        row, symbol, key, stamp = (column[step.at] for column in columns)
        day = stamp // DAY_NS
        texts = {"symbol": symbol, "asset_key": key, "ex_date_text": str(date_of(day))}
        texts |= {"amount": _amount(step, symbol, day)} if kind == "dividends" else {"ratio": _ratio(step, symbol, day)}
        days = {"ex_date": day, **dict.fromkeys(("pay_date", "record_date", "declared_date"))}
        yield ActionRow(kind, row, symbol, key, days, texts, is_float=False)


def _number(text: str, symbol: str, is_float: bool) -> tuple[Fraction, Fraction]:
    """The number, and how far it may be from what it was rounded from."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        number = Decimal("nan")
    exponent = number.as_tuple().exponent
    if not number.is_finite() or number <= 0 or not isinstance(exponent, int):
        raise InputError(f"adj_close=: the adjusted close of {symbol} is {text!r}. Fix it, or leave adj_close= out.")
    exact = Fraction(number)
    return exact, max(Fraction(10) ** min(exponent, 0), exact * _NOISE[is_float])


def _steps(closes: list[Fraction], adjusted: list[tuple[Fraction, Fraction]]) -> list[_Step]:
    """The days at which the ratio of adjusted to raw closes changes, beyond what their digits explain."""
    spans: list[tuple[int, Fraction, Fraction]] = []
    for at, (close, (number, off)) in enumerate(zip(closes, adjusted, strict=True)):
        low, high = (number - off) / close, (number + off) / close
        if spans and low <= spans[-1][2] and high >= spans[-1][1]:
            start, lowest, highest = spans[-1]
            spans[-1] = (start, max(low, lowest), min(high, highest))
        else:
            spans.append((at, low, high))
    pairs = pairwise(spans)
    return [_Step(at, closes[at - 1], low / above, high / below) for (_, low, high), (at, below, above) in pairs]


def _amount(step: _Step, symbol: str, day: int) -> str:
    least, most = step.close * (1 - step.high), step.close * (1 - step.low)
    if most <= 0:
        raise _nonsense("dividends", step, symbol, day, "no dividend raises what was before it", "splits")
    if least > step.close * _MOST_PAID:
        raise _nonsense("dividends", step, symbol, day, "a dividend of more than half of the price", "splits")
    return _shortest(max(least, Fraction(0)), most)


def _ratio(step: _Step, symbol: str, day: int) -> str:
    if not Fraction(1, _MOST_SPLIT) <= step.high or not step.low <= _MOST_SPLIT:
        raise _nonsense("splits", step, symbol, day, "no split has such a ratio", "dividends")
    ratio = _simplest(step.low, step.high)
    return f"{ratio.numerator}/{ratio.denominator}"


def _nonsense(kind: str, step: _Step, symbol: str, day: int, why: str, other: str) -> InputError:
    return InputError(
        f"adj_close={kind!r}: at {date_of(day)} the adjusted close of {symbol} says that what was before is times "
        f"{float((step.low + step.high) / 2):.6g}: {why}. Leave adj_close= out and pass splits= and dividends=, or see "
        f"whether adj_close={other!r} is meant."
    )


def _shortest(low: Fraction, high: Fraction) -> str:
    """The number of fewest decimals from low to high, the one nearest to their middle; low < high."""
    middle, places = (low + high) / 2, 0
    while True:
        units = round(middle * 10**places)
        if units > 0 and low <= Fraction(units, 10**places) <= high:
            return str(as_plain_decimal(units, places))
        places += 1


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest terms from low to high, which are above zero."""
    whole = low.numerator // low.denominator
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    rest = _simplest(1 / (high - whole), 1 / (low - whole))
    return whole + 1 / rest
