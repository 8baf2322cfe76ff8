"""Columns written in one plain form are read at a stroke, and say just what they say row by row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version
from rustybt.errors import BadBars
from rustybt.files import parsed_stamps
from rustybt.ingest import ingest
from rustybt.ingest._numbers import exact_floats
from tests._examples import examples

SECONDS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2199, 12, 31, 23, 59, 59))
MOMENTS = SECONDS.map(lambda moment: moment.replace(microsecond=0))
FORMS = ["%Y-%m-%d", *(f"%Y-%m-%d{t}{z}" for t in ("T%H:%M", " %H:%M", "T%H:%M:%S") for z in ("", "Z", "+00:00"))]
ODD = [
    "2023-02-29T10:00:00Z",
    "2024-13-01T10:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T10:60:00Z",
    "1899-12-31T10:00:00Z",
    "2024-01-00T10:00:00Z",
    "2024-01-01T10:00:6xZ",
    "2024-01-01X10:00:00Z",
    "2024-01-01T10:00:00z",
    "2024-01-01T1\uff10:0:0Z",
    "",
]


def nanoseconds(text: str) -> int | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1900 <= moment.year < 2200:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) * 1000


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=20), st.sampled_from(FORMS), st.none() | st.sampled_from(ODD))
def test_stamps_of_one_form_are_those_of_each_text(moments, form, odd):
    texts = [moment.strftime(form).zfill(len(moment.strftime(form))) for moment in moments] + ([odd] if odd else [])
    found = parsed_stamps(pl.Series("timestamp", texts), daily=False, tz="UTC", source="x")
    assert found["instant"].to_list() == [nanoseconds(text) for text in texts]


NUMBERS = st.sampled_from(
    ["1", "01.5", "2.", "+3.25", "4.0000", "999999999999999999.12345678901234567890", "5e1", " 6.5 ", ".75", "7.125000"]
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_numbers_of_any_form_are_what_they_say(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    first = dt.date(2024, 1, 1)
    path = folder / "AAA.csv"
    lines = [f"{first + dt.timedelta(days=at)},{p},{p},{p},{p},{v}" for at, (p, v) in enumerate(rows)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *lines]) + "\n")
    ingest("b", path, calendar="24/7", root=folder / "root")
    with open_version("b", root=folder / "root") as version:
        (asset,) = version.assets()
        bars = version.load([asset.sid], "1d", -(2**62), 2**62)[asset.sid]
        assert [Fraction(int(v), 10**asset.price_scale) for v in bars.close] == [Fraction(p) for p, _ in rows]
        assert [Fraction(int(v), 10**asset.volume_scale) for v in bars.volume] == [Fraction(v) for _, v in rows]


@pytest.mark.parametrize("text", ["1.2.3", "1,5", "0x10", "1_000", "nan", "inf", "\u0661", "--1", "1-", "."])
def test_one_text_that_is_no_number_among_thousands_is_found(tmp_path, text):
    first = dt.date(2010, 1, 1)
    path = tmp_path / "AAA.csv"
    lines = [f"{first + dt.timedelta(days=at)};1.5;1.5;1.5;{text if at == 2500 else '1.5'};3" for at in range(3000)]
    path.write_text("\n".join(["date;open;high;low;close;volume", *lines]) + "\n")
    with pytest.raises(BadBars) as caught:
        ingest("b", path, calendar="24/7", root=tmp_path / "root")
    assert [(f.rule, f.value, f.stamp) for f in caught.value.findings] == [
        ("number", text, first + dt.timedelta(days=2500))
    ]


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(),
            st.integers(-(10**16), 10**16).map(float),
            st.decimals(-(10**7), 10**7, places=2).map(float),
            st.decimals(-(10**7), 10**7, places=9).map(float),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_floats_become_the_decimals_of_their_shortest_reprs(floats):
    found = exact_floats(pl.Series("close", floats, dtype=pl.Float64))
    if found is not None:
        assert found.to_list() == [Decimal(repr(number)) for number in floats]


def test_floats_as_nearly_all_data_have_them_need_no_text():
    for floats in ([10.25, 7.0, 0.1 + 0.2], [1e15]):
        assert exact_floats(pl.Series("close", floats)) is None
    for floats, places in (([1.0, 250.0], 0), ([10.25, 0.1], 2), ([0.1234], 4), ([1.00000001, 12345.0], 8)):
        found = exact_floats(pl.Series("close", floats))
        assert found is not None
        assert found.dtype == pl.Decimal(38, places)


def test_what_is_told_of_a_float_is_its_own_text(tmp_path):
    columns = {"symbol": ["A"] * 2, "date": ["2024-01-02", "2024-01-03"], "close": [10.25, -1.5]}
    bars = pl.DataFrame(columns).with_columns(open=pl.col("close"), high=pl.col("close"), low=pl.col("close"))
    with pytest.raises(BadBars) as caught:
        ingest("b", bars.with_columns(volume=1.0), root=tmp_path)
    assert "-1.5" in [finding.value for finding in caught.value.findings]
