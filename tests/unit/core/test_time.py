"""Days and stamps, and the ways to write a date."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from rustybt.core import date_of, datetime_of, day_of, parse_date
from rustybt.errors import InputError


def test_days_count_from_1970() -> None:
    assert [day_of(dt.date(1970, 1, 1)), day_of(dt.date(1969, 12, 31)), day_of(dt.date(2000, 3, 1))] == [0, -1, 11017]
    assert date_of(11017) == dt.date(2000, 3, 1)


def test_a_stamp_is_cut_to_microseconds() -> None:
    assert datetime_of(1_000_001_999) == dt.datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "when",
    [
        "2024-07-04",
        " 2024-07-04 ",
        "2024-07-04T00:00:00",
        dt.date(2024, 7, 4),
        dt.datetime(2024, 7, 4),
        dt.datetime(2024, 7, 4, tzinfo=dt.UTC),
        pd.Timestamp("2024-07-04"),
        pd.Timestamp("2024-07-04", tz="UTC"),
        np.datetime64("2024-07-04"),
        np.datetime64("2024-07-04", "ns"),
    ],
)
def test_a_date_can_be_written_in_many_ways(when: object) -> None:
    assert parse_date(when, "start") == dt.date(2024, 7, 4)


@pytest.mark.parametrize("when", ["soon", 20240704, None, dt.datetime(2024, 7, 4, 9, 30), "2024-07-04T14:30:00"])
def test_what_is_no_date_is_refused_with_its_name(when: object) -> None:
    with pytest.raises(InputError, match="start"):
        parse_date(when, "start")


def test_an_aware_midnight_elsewhere_is_no_session_label() -> None:
    with pytest.raises(InputError, match="time of day"):
        parse_date(pd.Timestamp("2024-07-04", tz="America/New_York"), "end")
