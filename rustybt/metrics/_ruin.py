"""Where an account was ruined, and which columns have no meaning from there on."""

from __future__ import annotations

import datetime as dt
from typing import Final, cast

import polars as pl

from rustybt.core import RATIO_SCALE, decimal_column, scaled_ints
from rustybt.metrics._checks import check_frame
from rustybt.metrics._path import explains

UNDEFINED: Final = ("algo_volatility", "sharpe", "sortino", "alpha", "beta")
"""Measures of a series of returns: none can be had on nothing, or on a debt."""
LEVERAGES: Final = ("gross_leverage", "net_leverage")
_READ: Final = ("portfolio_value", "returns")
CHAINED: Final = ("algorithm_period_return", "max_drawdown")
"""Measures of the path from the start; new capital has no part in it once nothing was left to add it to."""


def ruined_row(daily: pl.DataFrame) -> int | None:
    """The first session at whose close the account is worth less than nothing, or has lost all it had; None: never.

    A value of exactly nothing is no ruin where the capital was taken out.
    """
    check_frame(daily, _READ, exact=_READ)
    values, returns = daily["portfolio_value"], daily["returns"]
    lowest, worst = values.min(), returns.min()
    if lowest is None or not (lowest < 0 or (worst is not None and worst <= -1)):  # type: ignore[operator]
        return None
    return ((values < 0) | (returns <= -1)).fill_null(value=False).arg_max()


def ruined_on(daily: pl.DataFrame) -> dt.date | None:
    """The date of that session."""
    row = ruined_row(daily)
    return None if row is None else daily["session"][row]


def without_meaning(daily: pl.DataFrame) -> pl.DataFrame:
    """The daily frame with null for what a ruined account does not have.

    From the session of its ruin on: volatility, Sharpe, Sortino, alpha and beta. Where the value is nothing or less:
    leverage, which `max_leverage` leaves out. A session's return where the session begins with nothing or less. Total
    return and drawdown from the session on in which capital comes or goes after the ruin.
    """
    row = ruined_row(daily)
    if row is None:
        return daily
    values, pnl, returns = (cast(list[int], scaled_ints(daily[name])) for name in ("portfolio_value", "pnl", "returns"))
    known = [_has_base(place, row, values, pnl, returns) for place in range(len(values))]
    moved = next((place for place in range(row, len(values)) if _moved(place, row, values, pnl, returns)), len(values))
    begins = dict.fromkeys(UNDEFINED, row) | dict.fromkeys(CHAINED, moved)
    frame = daily.with_columns(
        _nulled(daily[name], [place < begin for place in range(len(values))]) for name, begin in begins.items()
    )
    solvent = [value > 0 for value in values]
    frame = frame.with_columns(_nulled(daily[name], solvent) for name in LEVERAGES if name in daily.columns)
    return frame.with_columns(_nulled(daily["returns"], known), _running_maximum(frame["gross_leverage"]))


def _has_base(place: int, row: int, values: list[int], pnl: list[int], returns: list[int]) -> bool:
    """Whether a session's return is on capital above zero."""
    if place <= row or values[place - 1] > 0:
        return True
    return explains(returns[place], values[place], values[place] - pnl[place])


def _moved(place: int, row: int, values: list[int], pnl: list[int], returns: list[int]) -> bool:
    """Whether capital that came or went in a session, at or after the ruin, has a part in the path from the start."""
    base = values[place] - pnl[place]
    if place == row:
        return values[place] > 0 or not explains(returns[place], values[place], base)
    return base != values[place - 1]


def _nulled(column: pl.Series, kept: list[bool]) -> pl.Series:
    values = [value if keep else None for value, keep in zip(scaled_ints(column), kept, strict=True)]
    return decimal_column(column.name, values, RATIO_SCALE)


def _running_maximum(leverage: pl.Series) -> pl.Series:
    highest: int | None = None
    column: list[int | None] = []
    for value in scaled_ints(leverage):
        if value is not None:
            highest = value if highest is None else max(highest, value)
        column.append(highest)
    return decimal_column("max_leverage", column, RATIO_SCALE)
