"""Columns from scaled integers: every digit, or an error that names the row."""

from __future__ import annotations

import datetime as dt
from decimal import Context, Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.core import (
    UTC_NS,
    ExactColumn,
    _frames,
    date_column,
    datetime_column,
    decimal_column,
    frame_of,
    scaled_ints,
    series_of,
)
from rustybt.errors import FloatInTheBooks, InputError, MoneyOverflow

LIMIT = 10**38 - 1
WIDE = Context(prec=50)


@given(st.lists(st.none() | st.integers(-LIMIT, LIMIT) | st.integers(-(2**65), 2**65)), st.integers(0, 38))
def test_a_column_holds_every_digit_and_gives_it_back(values: list[int | None], scale: int) -> None:
    column = decimal_column("x", values, scale)
    assert column.dtype == pl.Decimal(38, scale)
    expected = [None if value is None else WIDE.scaleb(Decimal(value), -scale) for value in values]
    assert column.to_list() == expected
    assert scaled_ints(column) == values


@pytest.mark.parametrize("value", [10**38, -(10**38), 2**127 - 1, -(2**127), 2**127, 2**200])
def test_more_than_38_digits_raise_and_never_become_null(value: int) -> None:
    with pytest.raises(MoneyOverflow, match="Column 'cash', row 2"):
        decimal_column("cash", [1, None, value], 20)


@pytest.mark.parametrize("bad", [1.0, 1.5, Decimal(1), "1", np.float64(2)])
@pytest.mark.parametrize("first", [1, 2**70])
def test_what_is_no_integer_is_refused(bad: object, first: int) -> None:
    with pytest.raises(FloatInTheBooks, match="row 1"):
        decimal_column("cash", [first, bad], 2)  # type: ignore[list-item]


def test_float_arrays_are_refused_and_integer_arrays_are_taken() -> None:
    with pytest.raises(FloatInTheBooks):
        decimal_column("x", np.array([1.5]), 2)
    assert decimal_column("x", np.array([2**63 - 1]), 0).to_list() == [Decimal(2**63 - 1)]
    assert decimal_column("x", np.array([2**64 - 1], dtype=np.uint64), 0).to_list() == [Decimal(2**64 - 1)]
    assert decimal_column("x", [], 3).dtype == decimal_column("x", np.array([]), 3).dtype == pl.Decimal(38, 3)


@pytest.mark.parametrize("scale", [-1, 39])
def test_a_scale_that_38_digits_do_not_have_is_refused(scale: int) -> None:
    with pytest.raises(InputError, match=f"scale {scale}"):
        decimal_column("x", [1], scale)


def test_stamps_and_days_become_times_and_dates() -> None:
    stamps = [0, None, 1_700_000_000_123_456_789]
    column = datetime_column("at", stamps)
    assert column.dtype == UTC_NS
    assert column.to_physical().to_list() == stamps
    assert column[0] == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert datetime_column("at", np.array([5])).to_physical().to_list() == [5]
    assert date_column("day", [0, None, 19_723]).to_list() == [dt.date(1970, 1, 1), None, dt.date(2024, 1, 1)]
    for column_of in (datetime_column, date_column):
        with pytest.raises(InputError):
            column_of("at", [1.5])  # type: ignore[list-item]
        with pytest.raises(InputError):
            column_of("at", np.array([1.5]))
        with pytest.raises(InputError):
            column_of("at", [2**70])


def test_a_frame_of_exact_columns_is_that_of_the_columns_one_by_one() -> None:
    numbers = {"a": ([1, None, -LIMIT], 0), "b": ([10**30, 5, 0], 20), "c": (np.array([7, 8, 9]), 2)}
    plain = pl.Series("n", ["x", "y", None])
    frame = frame_of([ExactColumn("a", *numbers["a"]), plain, *(ExactColumn(n, *numbers[n]) for n in "bc")])
    assert frame.schema == {"a": pl.Decimal(38, 0), "n": pl.String, "b": pl.Decimal(38, 20), "c": pl.Decimal(38, 2)}
    assert frame["a"].to_list() == [Decimal(1), None, Decimal(-LIMIT)]
    assert frame["b"].to_list() == [Decimal(10**10), Decimal("5e-20"), Decimal(0)]
    assert frame["c"].to_list() == [Decimal("0.07"), Decimal("0.08"), Decimal("0.09")]
    assert frame["n"].to_list() == ["x", "y", None]


def test_a_frame_names_the_column_and_the_row_that_it_refuses() -> None:
    good = ExactColumn("good", [1, 2], 2)
    for value in (10**38, 2**127, 2**200):
        with pytest.raises(MoneyOverflow, match="Column 'bad', row 1: "):
            frame_of([good, ExactColumn("bad", [0, value], 2)])
    with pytest.raises(FloatInTheBooks, match=r"Column 'bad', row 0: 0\.5 is a float"):
        frame_of([good, ExactColumn("bad", [0.5, 1], 2)])  # type: ignore[list-item]
    with pytest.raises(InputError, match="Column 'bad': scale 39 is not between 0 and 38"):
        frame_of([good, ExactColumn("bad", [1, 2], 39)])


def test_a_frame_without_rows_or_without_exact_columns_has_its_types() -> None:
    assert frame_of([ExactColumn("a", [], 3)]).schema == {"a": pl.Decimal(38, 3)}
    assert frame_of([pl.Series("n", [1])]).equals(pl.DataFrame({"n": [1]}))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.arange(5),
        np.array([], dtype=np.int64),
        np.array([1, -1, 2**31 - 1], dtype=np.int32),
        np.array([0, 2**64 - 1], dtype=np.uint64),
        np.array([0.5, np.nan, -0.0, np.inf]),
        np.array([True, False]),
        np.arange(10)[::2],  # not side by side
        np.frombuffer(b"\x01" + b"\x00" * 8, dtype=np.int64, offset=1),  # neither aligned nor to be written to
        np.arange(3, dtype=">i8"),
        np.arange(3, dtype=np.int16),
        np.arange(6.0)[::-1],
    ],
    ids=lambda values: f"{values.dtype.str}-{len(values)}",
)
def test_an_array_becomes_the_series_that_polars_makes_of_it(
    values: np.ndarray, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where Polars has no function for the type any more."""
    if not known:
        monkeypatch.setattr(_frames, "_MAKERS", {})
    for nan_to_null in (False, True):
        made = series_of(values, "x", nan_to_null=nan_to_null)
        wanted = pl.Series("x", values, nan_to_null=nan_to_null)
        assert (made.name, made.dtype, made.null_count()) == ("x", wanted.dtype, wanted.null_count())
        assert made.equals(wanted, null_equal=True)


def test_masked_arrays_keep_what_is_missing() -> None:
    masked = np.ma.masked_array([1, 2, 3], mask=[False, True, False])
    assert series_of(masked).to_list() == [1, None, 3]
