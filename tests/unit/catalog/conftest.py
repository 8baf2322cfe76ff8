from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def bars() -> Callable[..., pl.DataFrame]:
    """Daily bars on the calendar 24/7: days start..start+rows since 2024-01-01; the close of a day tells the day."""

    def make(*symbols: str, rows: int = 5, start: int = 0) -> pl.DataFrame:
        days = np.arange(start, start + rows) + 19_723
        frames = [
            pl.DataFrame(
                {
                    "symbol": [symbol] * rows,
                    "date": pl.Series(days, dtype=pl.Int32).cast(pl.Date),
                    **dict.fromkeys(("open", "high", "low", "close"), pl.Series(days + 100 * position)),
                    "volume": [1] * rows,
                }
            )
            for position, symbol in enumerate(symbols or ("AAA",))
        ]
        return pl.concat(frames)

    return make
