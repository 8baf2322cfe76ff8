"""Expected sessions and times are those that the exchanges published, written down by hand."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rustybt
from rustybt.calendars import SessionTable, calendar_names, library_calendar, named_table, session_table
from rustybt.core import DAY_NS, MINUTE_NS, day_of
from rustybt.errors import InputError


def day(text: str) -> int:
    return day_of(dt.date.fromisoformat(text))


def ns(text: str) -> int:
    return int(np.datetime64(text, "ns").astype(np.int64))


def test_new_york_closes_on_holidays_and_early_after_thanksgiving():
    table = session_table("XNYS", day("2023-11-20"), day("2023-11-27"))
    assert [np.datetime64(int(d), "D").item().day for d in table.days] == [20, 21, 22, 24, 27]
    assert table.opens[0] == ns("2023-11-20T14:30")
    assert table.closes[0] == ns("2023-11-20T21:00")
    assert table.closes[3] == ns("2023-11-24T18:00")
    assert (table.name, table.tz) == ("XNYS", "America/New_York")


def test_an_alias_stands_for_the_calendar():
    assert session_table("NYSE", day("2024-01-02"), day("2024-01-05")).name == "XNYS"


def test_minutes_are_stamped_with_their_end():
    stamps = session_table("XNYS", day("2024-07-02"), day("2024-07-03")).minute_stamps(0, 1)
    assert len(stamps) == 390 + 210
    assert stamps[0] == ns("2024-07-02T13:31")
    assert stamps[389] == ns("2024-07-02T20:00")
    assert stamps[390] == ns("2024-07-03T13:31")
    assert stamps[-1] == ns("2024-07-03T17:00")


def test_a_lunch_break_has_no_minutes():
    table = session_table("XTKS", day("2024-01-04"), day("2024-01-05"))
    stamps = table.minute_stamps(0, 0)
    assert len(stamps) == 300
    assert stamps[149] == ns("2024-01-04T02:30")
    assert stamps[150] == ns("2024-01-04T03:31")
    inside = np.array([ns("2024-01-04T02:31"), ns("2024-01-04T03:30"), ns("2024-01-04T03:31")])
    assert table.holds_minutes(inside).tolist() == [False, False, True]


def test_an_evening_open_belongs_to_the_next_session():
    table = session_table("CMES", day("2024-01-03"), day("2024-01-03"))
    assert table.minute_stamps(0, 0)[0] == ns("2024-01-02T23:01")
    assert table.session_days_of(np.array([ns("2024-01-02T23:01")])).tolist() == [day("2024-01-03")]


def test_what_never_closes_has_1440_minutes_a_day_and_needs_no_library():
    code = (
        "import sys; from rustybt.calendars import session_table; t = session_table('24/7', 19000, 19001);"
        "print(len(t.minute_stamps(0, 1)), 'exchange_calendars' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2880", "False", "False"]
    table = session_table("24/7", 19000, 19001)
    assert table.minute_stamps(0, 1)[[0, 1439]].tolist() == [19000 * DAY_NS + MINUTE_NS, 19001 * DAY_NS]


def test_seconds_between_minutes_and_days_between_sessions_are_not_held():
    table = session_table("XNYS", day("2024-01-02"), day("2024-01-08"))
    assert not table.holds_minutes(
        np.array([ns("2024-01-02T14:31:30"), ns("2024-01-02T14:30"), ns("2024-01-02T21:01")])
    ).any()
    asked = np.array([day("2024-01-05"), day("2024-01-06"), day("2031-01-01"), day("1999-01-04")])
    assert table.holds_days(asked).tolist() == [True, False, False, False]


def test_every_minute_of_a_table_is_held_by_it():
    for name in ("XNYS", "XHKG", "CMES", "24/7"):
        table = session_table(name, day("2024-01-01"), day("2024-03-01"))
        stamps = table.minute_stamps(0, len(table.days) - 1)
        assert (np.diff(stamps) > 0).all()
        assert table.holds_minutes(stamps).all()


def test_an_unknown_name_gets_suggestions():
    with pytest.raises(InputError, match=r"'XNYZ'.*XNYS"):
        session_table("XNYZ", 19000, 19010)
    assert {"24/7", "XNYS", "NYSE"} <= set(calendar_names())


def test_a_span_beyond_what_a_calendar_knows_is_cut():
    table = session_table("XHKG", day("1950-01-01"), day("1960-02-01"))
    assert table.days[0] >= day("1960-01-01")


@pytest.mark.parametrize(
    ("name", "first", "last"), [("XNYS", "2024-01-06", "2024-01-07"), ("XHKG", "1950-01-01", "1951-01-01")]
)
def test_a_span_without_sessions_is_refused(name, first, last):
    with pytest.raises(InputError, match="24/7"):
        session_table(name, day(first), day(last))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> str:
    """A calendar that is listed and raises when it is built."""
    import exchange_calendars
    from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

    class Broken(XNYSExchangeCalendar):
        name = "BROKEN"

        @property
        def regular_holidays(self):  # type: ignore[no-untyped-def]
            raise ModuleNotFoundError("No module named 'lunar_calendar'")

    exchange_calendars.register_calendar_type("BROKEN", Broken, force=True)
    yield "BROKEN"
    exchange_calendars.deregister_calendar("BROKEN")


REASON = r"lists the calendar 'BROKEN' and can't build it.*ModuleNotFoundError: No module named 'lunar_calendar'"


def test_a_calendar_that_is_listed_and_cant_be_built_says_why(broken: str, tmp_path) -> None:
    assert broken in calendar_names()
    bars = pl.DataFrame({"symbol": ["A"], "date": ["2024-07-05"], "open": ["1"]})
    bars = bars.with_columns(high="open", low="open", close="open", volume="open")
    with pytest.raises(InputError, match=REASON):
        rustybt.ingest("broken", bars, calendar=broken, root=tmp_path)
    rustybt.ingest("whole", bars, root=tmp_path)
    with pytest.raises(InputError, match=REASON):
        rustybt.run_algorithm(
            "2024-07-05",
            "2024-07-05",
            handle_data=lambda context, data: None,
            bundle="whole",
            trading_calendar=broken,
            environ={"RUSTYBT_ROOT": str(tmp_path)},
        )
    with pytest.raises(InputError, match=REASON):
        library_calendar(broken)


def test_a_start_before_what_a_calendar_knows_says_so_for_scripts_of_zipline_too() -> None:
    with pytest.raises(InputError, match=r"XTKS.*1997-01-01"):
        library_calendar("XTKS", "1990-01-01")


def _built_or_explained(name: str, first: str, last: str) -> bool:
    try:
        return len(session_table(name, day(first), day(last)).days) > 0
    except InputError as error:
        return name in str(error) or "24/7" in str(error)


def test_the_calendars_of_the_library_are_built() -> None:
    names = calendar_names()
    some = [*names[::9], "XNYS", "XKRX", "XTAE", "XSHG"]
    assert all(session_table(name, day("2024-07-01"), day("2024-07-12")).name for name in some)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1955-12-01", "1957-01-31"),
        ("1996-12-01", "1998-01-31"),
        ("2024-12-01", "2026-01-31"),
        ("2031-12-01", "2033-01-31"),
    ],
)
def test_every_calendar_that_the_library_lists_is_built_or_explained(first: str, last: str) -> None:
    assert [name for name in calendar_names() if not _built_or_explained(name, first, last)] == []


def test_an_object_that_is_narrower_is_built_as_wide_as_it_can_be_told() -> None:
    import exchange_calendars

    narrow = exchange_calendars.get_calendar("XKRX", start="2024-01-02", end="2024-02-02")
    table = named_table(narrow, day("2023-12-01"), day("2100-01-31"))
    assert (table.days[0], table.days[-1] > day("2049-01-01")) == (day("2023-12-01"), True)


def test_joining_keeps_what_was_stored_and_takes_the_rest_from_the_newer_table():
    old = session_table("XTKS", day("2024-01-04"), day("2024-01-31"))
    new = session_table("XTKS", day("2023-12-01"), day("2024-03-01"))
    joined = old.joined_with(new, day("2024-01-09"), day("2024-01-20"))
    assert joined.days.tolist() == new.days.tolist()
    assert joined.break_starts is not None
    assert joined.break_starts.tolist() == new.break_starts.tolist()


@given(st.lists(st.tuples(st.integers(0, 5 * MINUTE_NS), st.integers(0, 7 * MINUTE_NS)), min_size=1, max_size=6))
def test_minutes_are_those_after_each_open_whatever_lies_between_the_sessions(spans: list[tuple[int, int]]) -> None:
    moment, opens, closes, expected = 0, [], [], []
    for pause, length in spans:
        opens.append(moment + pause)
        closes.append(opens[-1] + length)
        moment = closes[-1]
        expected += [opens[-1] + minute * MINUTE_NS for minute in range(1, length // MINUTE_NS + 1)]
    days = np.arange(len(spans), dtype=np.int32)
    table = SessionTable("X", "UTC", days, np.array(opens), np.array(closes))
    assert table.minute_stamps(0, len(spans) - 1).tolist() == expected
