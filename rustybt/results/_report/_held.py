"""The parts on what is held: how concentrated it was, and which asset the risk at the end was in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from rustybt import metrics
from rustybt.core import AssetBars, scaled_ints
from rustybt.errors import ResultError
from rustybt.results._report._facts import Facts, optional
from rustybt.results._report._parts import Cell, Chart, Line, Part, Table, Text
from rustybt.results._report._sampling import kept_places
from rustybt.results._text import shown

if TYPE_CHECKING:
    from rustybt.results._result import Result

_SESSIONS: Final = 252
"""So many sessions before the end tell the risk at most."""
_FEWEST: Final = 20
_MOST_ASSETS: Final = 60


def effective_number(facts: Facts) -> Chart:
    """At each close the number of assets of one size that would be as concentrated as what was held."""
    result = facts.result
    size = pl.Series("size", scaled_ints(result.positions["value"]), dtype=pl.Int128).abs().cast(pl.Float64)
    held = result.positions.select("session", size).group_by("session")
    numbers = held.agg((pl.col("size").sum() ** 2 / (pl.col("size") ** 2).sum()).alias("number"))
    joined = result.daily.select("session").join(numbers, on="session", how="left", maintain_order="left")
    values = joined["number"].fill_null(np.nan).to_numpy()
    places = kept_places([values])
    about = "How many assets of one size would be as concentrated as what was held: 1 over the sum of squared shares."
    line = Line("Positions", optional(values[places], 6), "c1")
    title = "Effective number of positions"
    return Chart(title, [facts.days[place] for place in places], [line], "ratio", about, tall=150)


def risk_of_held(result: Result) -> list[Part]:
    """What each asset that was held at the end added to the value at risk of all, and how concentrated they were."""
    held = result.positions.filter(pl.col("session") == result.daily["session"][-1])
    worth = result.daily["portfolio_value"][-1]
    if not _can_be_had(result, held) or worth <= 0:
        return []
    if held.height > _MOST_ASSETS:
        return [Text(f"The value at risk by asset is not shown of more than {_MOST_ASSETS} of them.")]
    try:
        returns = _returns(result, held["sid"].to_list())
    except ResultError as error:
        return [Text(f"The value at risk of what was held is not shown. {error}")]
    if returns is None:
        return []
    names = {str(sid): symbol for sid, symbol in held.select("sid", "symbol").rows()}
    weights = {str(sid): Decimal(value) / worth for sid, value in held.select("sid", "value").rows()}
    frame = metrics.component_value_at_risk(returns, weights)
    if not frame.height:
        return []
    rows = [
        [Cell(names[asset]), *(Cell(shown(value, "percent"), float(value or 0)) for value in values)]
        for asset, *values in frame.select("asset", "weight", "component", "share").iter_rows()
    ]
    sessions, whole = len(next(iter(returns.values()))), sum(frame["component"], Decimal())
    below = (
        "What each adds to the loss that is passed in 5 % of the sessions, of a normal distribution with the moments "
        f"of the last {sessions}: together {shown(whole, 'percent')} of the account. Concentration "
        f"(Herfindahl-Hirschman) {shown(metrics.concentration(list(weights.values())), 'ratio')}."
    )
    heads = ["Asset", "Weight", "Value at risk 95 %", "Share of it"]
    return [Table("Risk of what was held at the end", heads, rows, frozenset((1, 2, 3)), below=below)]


def _can_be_had(result: Result, held: pl.DataFrame) -> bool:
    """Whether something is held, and each asset's weight is its value: no futures, no other currencies."""
    if not held.height or "type" not in result.assets.columns:
        return False
    own = result.assets.filter(pl.col("sid").is_in(held["sid"].unique().to_list()))
    plain = own["type"].is_in(["equity", "etf", "crypto"]) & (own["currency"] == result.manifest.get("currency"))
    return bool(plain.all())


def _returns(result: Result, sids: list[int]) -> dict[str, list[Decimal]] | None:
    """The returns of the assets in the last sessions in which all of them had prices; None where these are too few."""
    bars = result.run_bars()
    ends = [bars.starts[session + 1] - 1 for session in range(result.daily.height)]
    assets = bars.of_all(sids)
    first = max(asset.first for asset in assets.values())
    known = [end for end in ends if end >= first][-_SESSIONS - 1 :]
    if len(known) <= _FEWEST:
        return None
    return {str(sid): list(_total_returns(asset, known)) for sid, asset in assets.items()}


def _total_returns(bars: AssetBars, ends: list[int]) -> Iterator[Decimal]:
    """What a unit came to from each of these bars to the next, with its splits and dividends."""
    actions = sorted(
        [(bar, 0, amount) for bar, amount in bars.dividends] + [(bar, 1, ratio) for bar, ratio in bars.splits]
    )
    due = deque(action for action in actions if action[0] > ends[0])
    for before, after in pairwise(ends):
        units, paid = Fraction(1), Fraction()
        while due and due[0][0] <= after:
            _, is_split, amount = due.popleft()
            # of one day: what is paid counts in the shares of before the split
            units, paid = (units * amount, paid) if is_split else (units, paid + units * amount)
        then, worth = int(bars.price[before]), int(bars.price[after])
        if units == 1 and not paid:
            yield Decimal(worth) / then - 1
            continue
        grown = (units * worth + paid * 10**bars.scale / Fraction(bars.asset.multiplier)) / then
        yield Decimal(grown.numerator) / grown.denominator - 1
