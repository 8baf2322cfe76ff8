"""Which asset a symbol means: the look-up date, and the country."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.errors import SymbolNotFound, UnsupportedDatetimeFormat
from tests.unit._small import DAYS, NAMES, run


def ingest() -> None:
    """Two shares that were called T one after the other: old.T on the first two days, new.T from the third on."""
    rows = [
        (key, "T", day, "5", "5", "5", "5", 10)
        for key, days in (("old.T", DAYS[:2]), ("new.T", DAYS[2:6]))
        for day in days
    ]
    frame = pl.DataFrame(rows, schema=["asset_key", *NAMES], orient="row")
    assets = pl.DataFrame({"asset_key": ["old.T", "new.T"], "symbol": ["T", "T"], "country": ["US", "JP"]})
    rustybt.ingest("small", frame, calendar="24/7", mode="replace", assets=assets)


def looked_up(*, day: Any = None, **how: Any) -> str:
    found: list[str] = []

    def initialize(context: Any) -> None:
        if day is not None:
            context.set_symbol_lookup_date(day)
        found.append(context.symbol("T", **how).key)

    run(initialize=initialize, days=5)
    return found[0]


def test_without_a_look_up_date_the_last_session_counts() -> None:
    ingest()
    assert looked_up() == "new.T"


@pytest.mark.parametrize(
    "day",
    [DAYS[1], "2021-02-02", dt.datetime(2021, 2, 2, 15), np.datetime64("2021-02-02")],
)
def test_a_look_up_date_says_who_is_meant(day: Any) -> None:
    ingest()
    assert looked_up(day=day) == "old.T"


def test_what_is_no_date_is_refused() -> None:
    ingest()
    for day in ("soon", 5):
        with pytest.raises(UnsupportedDatetimeFormat, match="set_symbol_lookup_date"):
            looked_up(day=day)


def test_a_country_says_who_is_meant() -> None:
    ingest()
    assert looked_up(country_code="US") == "old.T"
    assert looked_up(country_code="jp") == "new.T"
    with pytest.raises(SymbolNotFound):
        looked_up(country_code="DE")


def test_the_look_up_date_does_not_change_where_the_run_ends() -> None:
    ingest()
    result = run(initialize=lambda c: c.set_symbol_lookup_date(DAYS[1]), days=5)
    assert result.manifest["end"] == "2021-02-05"
