"""A frame as a table of a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from rustybt.results._report._facts import short
from rustybt.results._report._parts import Cell, Table
from rustybt.results._text import shown

MOST_ROWS: Final = 200
"""Of a table; more would be a file of data, which a frame is saved as."""
_SMALL: Final = Decimal("0.01")


def table_of(frame: pl.DataFrame, title: str, heads: Sequence[str] | None = None, below: str = "") -> Table:
    """All of a frame's columns, the first `MOST_ROWS` rows."""
    rows = [[cell_of(value) for value in row] for row in frame.head(MOST_ROWS).rows()]
    numeric = frozenset(place for place, kind in enumerate(frame.dtypes) if kind.is_numeric())
    if frame.height > MOST_ROWS:
        below = f"The first {MOST_ROWS} of {frame.height:,} rows. {below}".rstrip()
    return Table(title, heads or frame.columns, rows, numeric, wide=frame.height > 10, below=below)


def cell_of(value: Any) -> Cell:
    """A value as it is read, and what it is sorted by."""
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int):
        return Cell(f"{value:,}", value)
    if isinstance(value, float):
        return Cell(f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.2f}", value if value == value else None)  # noqa: PLR0124
    if isinstance(value, Decimal):
        return Cell(exact(value), float(value))
    if isinstance(value, dt.datetime):
        return Cell(f"{value:%Y-%m-%d %H:%M}", value.timestamp())
    if isinstance(value, dt.timedelta):
        return Cell(lasting(value), value.total_seconds())
    return Cell(short(value))


def exact(value: Decimal) -> str:
    """Two decimals, or as many as say something of a small number, six at most.

    >>> exact(Decimal("1234.500000")), exact(Decimal("0.00012345678")), exact(Decimal("100"))
    ('1,234.50', '0.000123', '100')
    """
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    if abs(value) >= _SMALL:
        return shown(value, "money")
    return f"{value:,.6f}"


def lasting(value: dt.timedelta) -> str:
    """How long, in days, or in hours and minutes where it is less than one.

    >>> lasting(dt.timedelta(days=3, hours=4)), lasting(dt.timedelta(minutes=75)), lasting(dt.timedelta(seconds=9))
    ('3 d 4 h', '1 h 15 min', '9 s')
    """
    seconds = int(value.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours = seconds // 60, seconds // 3600
    if hours < 1:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min"
    return f"{hours // 24:,} d {hours % 24} h" if hours % 24 else f"{hours // 24:,} d"
