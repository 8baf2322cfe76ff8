"""A run's assets held: bought once in equal parts, and never touched again."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, AssetBars, decimal_column, div_half_even
from rustybt.errors import ResultError

if TYPE_CHECKING:
    from rustybt.results._result import Result

KINDS: Final = ("equity", "etf", "crypto")
"""Kinds of assets that are held for what they cost."""


def buy_and_hold(result: Result) -> pl.DataFrame:
    """The frame of `Result.buy_and_hold`. Raises ResultError where the bars are not at hand, or nothing can be held."""
    sids = _held(result)
    capital = Fraction(Decimal(str(result._manifest["capital_base"])))
    bars = result.run_bars()
    ends = [bars.starts[session + 1] - 1 for session in range(result.daily.height)]
    values = [0] * len(ends)
    for own in bars.of_all(sids).values():
        for session, value in enumerate(_values(own, capital / len(sids), ends)):
            values[session] += value
    before = [int(capital * 10**MONEY_SCALE), *values[:-1]]
    returns = [
        div_half_even((value - last) * 10**RATIO_SCALE, last) if last else None
        for value, last in zip(values, before, strict=True)
    ]
    return pl.DataFrame(
        [
            result.daily["session"],
            decimal_column("value", values, MONEY_SCALE),
            decimal_column("returns", returns, RATIO_SCALE),
        ]
    )


def _held(result: Result) -> list[int]:
    """The assets that the run looked up and that can be held for its money, by sid."""
    assets, currency = result.assets, result._manifest.get("currency")
    if "type" not in assets.columns:
        raise ResultError("This result was saved by a version that did not keep its assets. Run the strategy again.")
    rows = assets.filter(pl.col("type").is_in(KINDS) & (pl.col("currency") == currency))
    if not rows.height:
        raise ResultError(
            f"The run has no asset that could be bought in {currency} and held: buy and hold knows shares, funds and "
            "coins in the run's currency."
        )
    return rows["sid"].to_list()


def _values(bars: AssetBars, share: Fraction, ends: Sequence[int]) -> Iterator[int]:
    """The worth of a part of the capital at each of these bars, at the scale of money: cash until it is there."""
    bought = max(1, bars.first)
    # of one day: what is paid counts in the shares of before the split
    actions = [(bar, 0, amount) for bar, amount in bars.dividends] + [(bar, 1, factor) for bar, factor in bars.splits]
    due = deque(sorted(action for action in actions if action[0] > bought))
    price_of_one = Fraction(bars.asset.multiplier) / 10**bars.scale
    cash, units = share, Fraction(0)
    fixed, per_price, under = _whole(cash, units)
    for end in ends:
        changed = False
        if not units and bought <= end:
            cash, units, changed = Fraction(0), share / (bars.price[bought] * price_of_one), True
        while due and due[0][0] <= end:
            _, is_split, amount = due.popleft()
            cash, units, changed = (cash, units * amount, True) if is_split else (cash + units * amount, units, True)
        if changed:
            fixed, per_price, under = _whole(cash, units * price_of_one)
        yield div_half_even(fixed + per_price * bars.price[end], under)


def _whole(cash: Fraction, per_price: Fraction) -> tuple[int, int, int]:
    """Money at its scale that is fixed, and that for each unit of price, over a common denominator."""
    under = math.lcm(cash.denominator, per_price.denominator)
    return int(cash * under) * 10**MONEY_SCALE, int(per_price * under) * 10**MONEY_SCALE, under
