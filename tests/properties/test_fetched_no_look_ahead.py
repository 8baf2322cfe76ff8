"""What fetch_csv brings is not seen before its moment, whatever stands in the rows after it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests._examples import examples
from tests.properties import _bundles
from tests.unit._small import ingest, ingest_minutes, run

NIGHT = dt.datetime(2021, 2, 1)
HOURS = 5 * 24
ROW = st.tuples(st.integers(-24, HOURS * 2), st.sampled_from([0, 0, 30, 61, 3600]), st.integers(0, 9))
ROWS = st.lists(ROW, min_size=1, max_size=8)


@pytest.fixture(autouse=True, scope="module")
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def written(rows: list[tuple[int, int, int]]) -> list[tuple[dt.datetime, bool, int]]:
    """Rows as moment, whether it is a whole day, value: every fourth of them a date, the others with a time."""
    found = []
    for hour, seconds, value in rows:
        moment = NIGHT + dt.timedelta(hours=hour, seconds=seconds)
        whole = hour % 4 == 0
        day = moment.replace(hour=0, minute=0, second=0)
        found.append((day if whole else moment, whole or moment == day, value))
    return found


def seen(rows: list[tuple[dt.datetime, bool, int]], frequency: str) -> list[tuple[dt.datetime, str, Any]]:
    notes: list[tuple[dt.datetime, str, Any]] = []

    def look(where: str) -> Any:
        def note(context: Any, data: Any) -> None:
            asset = context.symbol("A")
            value = data.current(asset, "x"), [a.symbol for a in data.fetcher_assets]
            notes.append((context.get_datetime().replace(tzinfo=None), where, value))

        return note

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        lines = [f"{m:%Y-%m-%d}" if whole else f"{m:%Y-%m-%d %H:%M:%S}" for m, whole, _ in rows]
        path.write_text("date,symbol,x\n" + "".join(f"{t},A,{row[2]}\n" for t, row in zip(lines, rows, strict=True)))
        run(
            look("bar"),
            initialize=lambda c: c.fetch_csv(path),
            before_trading_start=look("hook"),
            data_frequency=frequency,
            days=2 if frequency == "minute" else 5,
        )
    return notes


@pytest.mark.parametrize("frequency", ["daily", "minute"])
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, other=ROWS, cut=st.integers(0, HOURS))
def test_rows_after_a_moment_do_not_show_at_it(rows: Any, other: Any, cut: int, frequency: str) -> None:
    if frequency == "daily":
        ingest({"A": ["1"] * 14})
    else:
        ingest_minutes({"A": ["1"] * 2880}, NIGHT.replace(tzinfo=dt.UTC))
    end = NIGHT + dt.timedelta(hours=cut)
    # a date is known from the day's beginning on, a time after it
    before = [row for row in written(rows) if (row[0] <= end if row[1] else row[0] < end)]
    after = [row for row in written(other) if (row[0] > end if row[1] else row[0] >= end)]
    if not before or not after:
        return
    plain, spoiled = seen(before, frequency), seen(before + after, frequency)
    # the hook of the session that begins at the very end of the cut belongs to what comes after it
    assert [n for n in plain if n[0] <= end and n[1] == "bar"] == [n for n in spoiled if n[0] <= end and n[1] == "bar"]
    assert [n for n in plain if n[0] < end] == [n for n in spoiled if n[0] < end]
