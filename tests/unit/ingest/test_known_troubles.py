"""Input that used to end in a traceback, or in silence."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest
from rustybt.sources import Fetched


def test_digits_of_other_scripts_are_no_numbers(daily, root):
    with pytest.raises(BadBars) as caught:
        ingest("b", daily(rows=1, close="１２.５"), root=root)
    assert [(f.rule, f.value) for f in caught.value.findings] == [("number", "１２.５")]


@pytest.mark.parametrize("name", ["close", "symbol", "volume"])
def test_a_column_of_lists_is_named(daily, root, name):
    with pytest.raises(InputError, match=rf"column '{name}' holds List\(String\), several values a row"):
        ingest("b", daily().with_columns(pl.concat_list(name).alias(name)), root=root)


@pytest.mark.parametrize("calendar", [5, ["XNYS"], 0])
def test_a_calendar_that_is_no_name_is_refused(daily, root, calendar):
    with pytest.raises(InputError, match="Pass its name, like 'XNYS'"):
        ingest("b", daily(), calendar=calendar, root=root)


def fetched(starts, frequency):
    stamps = pl.Series("timestamp", starts).cast(pl.Datetime("ns", "UTC"))
    price = pl.Series("x", ["10.5"] * len(starts)).str.to_decimal(scale=1)
    columns = [price.rename(name) for name in ("open", "high", "low", "close", "volume")]
    symbol = pl.Series("symbol", ["AAA"] * len(starts))
    return Fetched(
        pl.DataFrame([symbol, stamps, *columns]), frequency, "XNYS", extended_hours=True, provenance={"source": "x"}
    )


def hours(*clock):
    """Moments of 2 January 2024 in New York."""
    zone = dt.timezone(dt.timedelta(hours=-5))
    return [dt.datetime(2024, 1, 2, int(h), round(h % 1 * 60), tzinfo=zone).astimezone(dt.UTC) for h in clock]


@pytest.mark.parametrize(
    ("frequency", "starts", "ends", "notes"),
    [
        (
            "1h",
            (7, 8, 9, 10, 15, 16, 17),
            (10, 11, 16),
            (
                "4 bars outside of the trading hours of XNYS left out",
                "1 bar of 1h that reach over an open of XNYS kept whole, with what was traded before it",
            ),
        ),
        ("30m", (9, 9.5, 15.5, 16), (10, 16), ("2 bars outside of the trading hours of XNYS left out",)),
        (
            "12h",
            (8,),
            (16,),
            ("1 bar of 12h that reach over an open of XNYS kept whole, with what was traded before it",),
        ),
        ("1h", (10, 11), (11, 12), ()),
    ],
)
def test_bars_over_the_open_are_kept_and_what_is_left_out_is_counted(root, frequency, starts, ends, notes):
    report = ingest("b", fetched(hours(*starts), frequency), root=root)
    assert report.notes == notes
    stored = open_version("b", root=root).load([0], frequency, 0, 2**62)[0].stamps.tolist()
    assert stored == [int(moment.timestamp()) * 10**9 for moment in hours(*ends)]
