"""How a refused frame is named, and how days are shown."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

import rustybt
from rustybt.errors import BadBars, InputError

PRICES = dict.fromkeys(("open", "high", "low", "close"), 1.0) | {"volume": 1}


def frame(day: object = dt.date(2021, 2, 1)) -> pl.DataFrame:
    return pl.DataFrame([{"symbol": "A", "date": day, **PRICES}])


@pytest.mark.parametrize(
    ("bars", "told"),
    [
        (frame().drop("close"), r"^bars has no column close; it has symbol, date"),
        (frame().drop("symbol"), r"^bars has no column symbol; it has date"),
        (frame().drop("date"), r"^bars has neither a column timestamp nor date"),
        (frame().drop("volume"), r"^bars has no column volume"),
        ({}, r"^bars is an empty mapping"),
    ],
)
def test_a_frame_is_named_once(bars: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        rustybt.ingest("x", bars, calendar="XNYS")


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_a_day_is_shown_without_a_time(unit: str) -> None:
    saturday = frame(dt.datetime(2021, 2, 6)).with_columns(pl.col("date").cast(pl.Datetime(unit)))
    with pytest.raises(BadBars, match=r"A 2021-02-06: 2021-02-06 is no session of XNYS"):
        rustybt.ingest("x", saturday, calendar="XNYS")
