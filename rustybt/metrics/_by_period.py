"""Returns by month, quarter, year or weekday."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

import polars as pl

from rustybt.core import RATIO_SCALE
from rustybt.metrics._checks import check_choice, dates_of
from rustybt.metrics._numbers import Numbers
from rustybt.metrics._returns import total_return
from rustybt.metrics._sample import Sample, sample_of
from rustybt.metrics._wins import expectancy, win_rate

type Every = Literal["week", "month", "quarter", "year", "weekday"]
_LABELS: Final[dict[str, Callable[[date], Any]]] = {
    "week": lambda day: "{}-W{:02}".format(*day.isocalendar()[:2]),
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year:04}",
    "weekday": lambda day: day.isoweekday(),
}
_RATIO: Final = pl.Decimal(38, RATIO_SCALE)


def by_period(
    returns: Numbers | Sample, sessions: Sequence[date] | pl.Series, *, every: Every = "month"
) -> pl.DataFrame:
    """The returns of each week, month, quarter or year, compounded; or of each weekday.

    returns: simple returns per session, 0.01 means one per cent; no nulls. sessions: their dates, ascending.
    every: "week" (ISO), "month", "quarter", "year", or "weekday".
    Returns a frame: period ("2010-W01", "2010-01", "2010-Q1", "2010"; for weekdays 1 for Monday to 7), sessions,
    total_return, mean (of the sessions' returns) and win_rate (share of sessions above 0), Decimal(38, 18).
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, dates that are not as many, an unknown `every`.

    >>> import datetime as dt
    >>> days = [dt.date(2010, 1, 28), dt.date(2010, 1, 29), dt.date(2010, 2, 1)]
    >>> by_period(["0.1", "-0.1", "0.02"], days).select("period", "sessions", "total_return").rows()
    [('2010-01', 2, Decimal('-0.010000000000000000')), ('2010-02', 1, Decimal('0.020000000000000000'))]
    """
    check_choice(every, _LABELS, "every")
    sample = sample_of(returns)
    days = dates_of(sessions, sample.count)
    label = _LABELS[every]
    groups: dict[Any, list[int]] = {}
    for day, value in zip(days, sample.values, strict=True):
        groups.setdefault(label(day), []).append(value)
    parts = {name: Sample(groups[name], sample.scale) for name in sorted(groups)}
    figures: dict[str, list[Decimal | None]] = {
        "total_return": [total_return(part) for part in parts.values()],
        "mean": [expectancy(part) for part in parts.values()],
        "win_rate": [win_rate(part) for part in parts.values()],
    }
    return pl.DataFrame(
        {
            "period": pl.Series(list(parts), dtype=pl.Int64 if every == "weekday" else pl.String),
            "sessions": pl.Series([part.count for part in parts.values()], dtype=pl.Int64),
        }
        | {name: pl.Series(values, dtype=_RATIO) for name, values in figures.items()}
    )
