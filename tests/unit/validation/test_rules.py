"""Each check alone: a frame in, findings out. `tests/unit/ingest/test_bad_rows.py` has them all in concert."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.calendars import session_table
from rustybt.core import DAY_NS, decimals, frequency_named, is_number
from rustybt.validation import (
    FOUND_SCHEMA,
    RULES,
    beyond_the_digits,
    negative_volume,
    not_a_number,
    not_above_zero,
    nothing_found,
    out_of_sequence,
    outside_of_calendar,
    outside_of_range,
    too_precise_for_float,
    unreadable_stamp,
)


def integers(**columns):
    """Rows of prices as integers and as text."""
    frame = pl.DataFrame({name: pl.Series(values, dtype=pl.Int128) for name, values in columns.items()})
    return frame.with_row_index("row").with_columns(
        pl.col(name).cast(pl.String).alias(f"{name}_text") for name in columns
    )


def stamps(*pairs):
    return pl.DataFrame(
        {
            "row": range(len(pairs)),
            "key": [key for key, _ in pairs],
            "stamp": pl.Series([None if day is None else day * DAY_NS for _, day in pairs], dtype=pl.Int64),
            "stamp_text": [str(day) for _, day in pairs],
        }
    )


def rows(found):
    assert dict(found.schema) == FOUND_SCHEMA
    assert set(found["rule"]) <= set(RULES)
    return found["row"].to_list()


def test_numbers():
    texts = [
        "1",
        "-1.5",
        "+2",
        ".5",
        "5.",
        "1e-10",
        "3E+7",
        "",
        None,
        "NaN",
        "inf",
        "-",
        ".",
        "1 2",
        "0x10",
        "1_0",
        "e5",
    ]
    frame = pl.DataFrame({"row": range(len(texts)), "x": texts}, schema_overrides={"x": pl.String})
    assert rows(not_a_number(frame, ("x",))) == list(range(7, len(texts)))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_every_finite_float_is_a_number(value):
    frame = pl.DataFrame({"x": [repr(value)], "y": pl.Series([value]).cast(pl.String)})
    assert frame.select(is_number("x"), is_number("y")).row(0) == (True, True)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("123456789012345", False),
        ("1234567890123456", True),
        ("0.000000123456789012345", False),
        ("0.30000000000000004", True),
        ("100.10000000000001", True),
        ("1e+22", False),
        ("1.2345678901234567e-07", True),
        ("-0.0", False),
        ("100000000000000000000.0", False),
    ],
)
def test_a_float_with_more_than_fifteen_digits_comes_from_a_computation(text, bad):
    frame = pl.DataFrame({"row": [0], "x": [text]})
    assert rows(too_precise_for_float(frame, ("x",))) == ([0] if bad else [])


def test_there_is_room_for_18_digits_before_the_point_and_20_after_it():
    texts = ["9" * 18, "0" * 30 + "9" * 18, "9" * 19, "0." + "1" * 20, "0." + "1" * 20 + "000", "0." + "1" * 21]
    frame = pl.DataFrame({"row": range(6), "x": texts})
    assert rows(beyond_the_digits(frame, ("x",))) == [2, 5]
    assert frame.select(decimals("x")).to_series().to_list() == [0, 0, 0, 20, 20, 21]


def test_prices_are_above_zero():
    frame = integers(open=[1, 0, 1, 1], high=[1, 1, 1, 1], low=[1, 1, -1, 1], close=[1, 1, 1, 10**30])
    assert sorted(rows(not_above_zero(frame))) == [1, 2]


def test_open_and_close_lie_between_low_and_high():
    frame = integers(open=[5, 5, 9, 5, 5], high=[6, 4, 6, 6, 5], low=[4, 6, 4, 4, 5], close=[5, 5, 5, 3, 5])
    found = outside_of_range(frame)
    assert rows(found) == [1, 2, 3]
    assert found["message"].to_list() == [
        "high 4 is below low 6",
        "open 9 lies outside of low 4 to high 6",
        "close 3 lies outside of low 4 to high 6",
    ]


def test_volume_is_not_negative():
    assert rows(negative_volume(integers(volume=[0, -1, 10**35]))) == [1]


def test_stamps_can_be_read_ascend_and_differ():
    frame = stamps(("a", 1), ("b", 9), ("a", 3), ("a", 2), ("a", 3), (None, None), ("a", 4), ("b", 9))
    assert rows(unreadable_stamp(frame)) == [5]
    found = out_of_sequence(frame)
    assert rows(found.filter(pl.col("rule") == "duplicate")) == [4, 7]
    assert rows(found.filter(pl.col("rule") == "unsorted")) == [3]


def test_days_are_sessions():
    calendar = session_table("XNYS", 19_700, 19_760)
    assert rows(
        outside_of_calendar(stamps(("a", 19_723), ("a", 19_724), ("a", None)), calendar, frequency_named("1d"))
    ) == [0]


def test_nothing_found_has_the_shape_of_findings():
    assert rows(nothing_found()) == []
