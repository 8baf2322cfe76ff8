"""The sessions of New York that are kept are those of the library; without it, or beyond, it is asked.

After an upgrade of exchange_calendars: `./dev uv run python -m tests.unit.calendars.test_new_york`, then read the diff.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rustybt.calendars import _build, _new_york, session_table
from rustybt.core import date_of

PROGRAM = """
import sys
import polars as pl, rustybt
days = [f"2024-01-{day:02}" for day in (2, 3, 4, 5, 8)]
frame = pl.DataFrame({"symbol": "A", "date": days, "open": 10, "high": 11, "low": 9, "close": 10, "volume": 1000})
result = rustybt.run(lambda context, data: None, frame)
print(result.daily.height, sorted({"pandas", "exchange_calendars"} & set(sys.modules)))
"""


def assert_same(first: int, last: int) -> None:
    known = _new_york.new_york(first, last)
    told = _build._from_library("XNYS", first, last)
    assert known is not None
    assert (known.name, known.tz, known.break_starts) == (told.name, told.tz, told.break_starts)
    for name in ("days", "opens", "closes"):
        one, other = getattr(known, name), getattr(told, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


def test_all_sessions_that_are_kept_are_those_of_the_library() -> None:
    assert_same(_new_york.FIRST, _new_york.LAST)


def test_a_span_has_its_sessions_and_no_others() -> None:
    for first, last in ((8_000, 8_000), (12_345, 12_400), (_new_york.LAST - 9, _new_york.LAST)):
        assert_same(first, last)


def test_what_lies_beyond_is_asked_of_the_library() -> None:
    assert _new_york.new_york(_new_york.FIRST - 1, _new_york.FIRST + 9) is None
    assert _new_york.new_york(_new_york.LAST - 9, _new_york.LAST + 1) is None
    before = session_table("XNYS", _new_york.FIRST - 400, _new_york.FIRST + 9)
    assert before.days[0] < _new_york.FIRST


def test_another_release_of_the_library_tells_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_new_york, "_is_as_of", lambda: False)
    calls: list[object] = []
    plain = _build._from_library
    monkeypatch.setattr(_build, "_from_library", lambda *given: (calls.append(given), plain(*given))[1])
    assert len(session_table("XNYS", 19_000, 19_030).days) == 20
    assert len(calls) == 1


def test_a_first_run_on_days_of_new_york_imports_neither_the_library_nor_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "5 []\n"


def write() -> None:
    """Writes the days of the installed release into the module."""
    from importlib.metadata import version

    told = _build._from_library("XNYS", _new_york.FIRST, _new_york.LAST)
    weekdays = [day for day in range(_new_york.FIRST, _new_york.LAST + 1) if date_of(day).weekday() < 5]
    have = set(told.days.tolist())
    walls = pl.Series(told.closes).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone("America/New_York")
    minutes = (walls.dt.hour().cast(pl.Int64) * 60 + walls.dt.minute()).to_list()
    path = Path(_new_york.__file__)
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'AS_OF: Final = "[^"]*"', f'AS_OF: Final = "{version("exchange_calendars")}"', text)
    for mark, days in (
        ('CLOSED: Final = """', [day for day in weekdays if day not in have]),
        ('    13 * 60: """', [day for day, at in zip(told.days.tolist(), minutes, strict=True) if at == 13 * 60]),
        ('    14 * 60: """', [day for day, at in zip(told.days.tolist(), minutes, strict=True) if at == 14 * 60]),
    ):
        start = text.index(mark) + len(mark)
        text = text[:start] + "\n" + _lines(days) + "\n" + text[text.index('"""', start) :]
    path.write_text(text, encoding="utf-8")


def _lines(days: list[int]) -> str:
    by_year: dict[int, list[str]] = {}
    for day in days:
        date = date_of(day)
        by_year.setdefault(date.year, []).append(f"{date:%m%d}")
    return "\n".join(f"{year} {' '.join(found)}" for year, found in by_year.items())


if __name__ == "__main__":
    write()
