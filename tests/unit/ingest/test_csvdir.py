"""Files as Zipline's csvdir has them: folders by frequency, and actions in columns of the bars."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.core import CashDividend, Split, day_of
from rustybt.errors import BadBars
from rustybt.ingest import ingest

DAY = day_of(dt.date(2024, 1, 3))


def actions(root, bundle="b"):
    with open_version(bundle, root=root) as version:
        return version.splits([0]), version.dividends([0])


@pytest.mark.parametrize("split", ["2", "2.0", 2.0])
def test_actions_in_the_bars_are_actions(root, daily, split):
    """A split of 2 is two new shares for one, Zipline's ratio 1/2; a dividend has no pay date."""
    frame = daily().with_columns(
        split=pl.Series([1, split, 1], dtype=pl.String if isinstance(split, str) else pl.Float64, strict=False),
        dividend=pl.Series(["0.0", "0.125", ""]),
    )
    ingest("b", frame, root=root)
    assert actions(root) == ([Split(0, DAY, 1, 2)], [CashDividend(0, DAY, None, None, None, 125, 3, "USD")])


def test_a_float_of_shares_is_a_fraction(root, daily):
    ingest("b", daily().with_columns(split=pl.Series([1.0, 1.5, 1.0])), root=root)
    assert actions(root)[0] == [Split(0, DAY, 2, 3)]


def test_columns_that_say_nothing_say_nothing(root, daily):
    ingest("b", daily().with_columns(split=pl.lit(1.0), dividend=pl.lit(0)), root=root)
    assert actions(root) == ([], [])
    assert not ingest("b", daily(), root=root).is_new


def test_what_is_no_number_is_found(root, daily):
    frame = daily().with_columns(split=pl.Series(["1", "two", "1"]), dividend=pl.Series(["x", "0", "0"]))
    with pytest.raises(BadBars) as caught:
        ingest("b", frame, root=root)
    assert [(f.rule, f.value) for f in caught.value.findings] == [("action", "two"), ("action", "x")]


def test_an_action_in_both_places_is_found(root, daily):
    splits = pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], "ratio": ["1/2"]})
    with pytest.raises(BadBars, match="duplicate"):
        ingest("b", daily().with_columns(split=pl.Series([1, 2, 1])), splits=splits, root=root)


def test_an_action_in_minutes_belongs_to_their_session(root):
    minutes = pl.DataFrame(
        {
            "symbol": ["AAA"] * 2,
            "timestamp": ["2024-01-02 21:00", "2024-01-03 14:31"],
            **{name: ["10", "5"] for name in ("open", "high", "low", "close")},
            "volume": [1, 1],
            "split": [1.0, 2.0],
        }
    )
    ingest("b", minutes, frequency="1m", stamp="end", tz="UTC", root=root)
    assert actions(root)[0] == [Split(0, DAY, 1, 2)]


def test_a_csvdir_is_read_by_its_folders(root, daily, tmp_path):
    folder = tmp_path / "csvdir" / "daily"
    folder.mkdir(parents=True)
    daily().drop("symbol").with_columns(dividend=pl.lit("0"), split=pl.lit("1")).write_csv(folder / "AAA.csv")
    ingest("b", daily(), root=root)
    assert not ingest("b", folder.parent, root=root).is_new
