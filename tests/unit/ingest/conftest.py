from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

SESSIONS = [dt.date(2024, 1, d) for d in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
"""The first nine sessions of 2024 in New York."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def daily() -> Callable[..., pl.DataFrame]:
    """A frame of daily bars, as text: `rows` sessions from the `start`th on."""

    def make(symbol: str = "AAA", rows: int = 3, start: int = 0, **changes: object) -> pl.DataFrame:
        days = SESSIONS[start : start + rows]
        frame = pl.DataFrame(
            {
                "symbol": [symbol] * rows,
                "date": days,
                "open": [f"{10 + d.day}.25" for d in days],
                "high": [f"{11 + d.day}.5" for d in days],
                "low": [f"{9 + d.day}" for d in days],
                "close": [f"{10 + d.day}.125" for d in days],
                "volume": [str(1000 * d.day) for d in days],
            }
        )
        return frame.with_columns(**{name: pl.lit(value) for name, value in changes.items()})

    return make
