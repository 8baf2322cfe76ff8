"""Which session a daily stamp stands for, whichever way the bars come in."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version, scan
from rustybt.errors import BadBars
from rustybt.ingest import ingest
from rustybt.sources import CSV
from tests._examples import examples

BAR = {name: [1] for name in ("open", "high", "low", "close", "volume")}
ZONES = (
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Hong_Kong",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
CALENDARS = ("XNYS", "XLON", "XHKG", "XASX", "CMES", "24/5", "24/5-fx", "24/7")
WORK = st.dates(dt.date(2015, 1, 1), dt.date(2025, 12, 31)).filter(lambda day: day.weekday() < 5)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("days")


def stored(bundle, root):
    with open_version(bundle, root=root) as version:
        return scan(version).collect()["timestamp"].to_list()


def of_frame(stamp, calendar, root, **more):
    frame = pd.DataFrame({"symbol": "A", **BAR}, index=pd.DatetimeIndex([stamp], name="Date"))
    ingest("frame", frame, calendar=calendar, mode="replace", root=root, **more)
    return stored("frame", root)[0]


def of_text(text, calendar, root, **more):
    frame = pl.DataFrame({"symbol": ["A"], "date": [text], **BAR})
    ingest("text", frame, calendar=calendar, mode="replace", root=root, **more)
    return stored("text", root)[0]


def of_source(text, calendar, root, **more):
    path = root / "A.csv"
    path.write_text(f"Date,open,high,low,close,volume\n{text},1,1,1,1,1\n")
    return CSV(path, calendar=calendar, **more).fetch(["A"], "2010-01-01", "2030-01-01").bars["date"][0]


def taken_for(read, stamp, calendar, root, **more):
    """The day under which a stamp is stored, or found to be a holiday."""
    try:
        return read(stamp, calendar, root, **more)
    except BadBars as error:
        (finding,) = error.findings
        return finding.stamp if finding.rule == "calendar" else None


@settings(max_examples=examples(20), deadline=None)
@given(WORK, st.sampled_from(ZONES), st.sampled_from(CALENDARS))
def test_midnight_is_the_date_that_is_written_in_every_zone_season_and_calendar(home, day, zone, calendar):
    stamp = pd.Timestamp(day).tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
    assert taken_for(of_frame, stamp, calendar, home) == day
    written = dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).isoformat()
    assert taken_for(of_text, written, calendar, home) == day
    assert of_source(written, calendar, home) == day
    # the same moment in UTC is that day where the zone is told
    moment = stamp.tz_convert("UTC")
    if moment.hour or moment.minute:
        assert taken_for(of_text, moment.isoformat(), calendar, home, tz=zone) == day


@settings(max_examples=examples(10), deadline=None)
@given(WORK)
def test_the_evening_before_is_the_session_that_opens_then(home, day):
    before = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(17), ZoneInfo("America/New_York"))
    for text in (before.isoformat(), before.astimezone(dt.UTC).isoformat()):
        assert of_text(text, "24/5-fx", home) == day
        assert of_source(text, "24/5-fx", home) == day
    # of the same day on sessions of UTC nothing tells that the evening does not mean its own date
    with pytest.raises(BadBars, match="no day for certain"):
        of_text(before.isoformat(), "24/7", home)


@pytest.mark.parametrize(
    ("text", "calendar", "day"),
    [
        ("2024-01-02T16:00:00-05:00", "XNYS", 2),  # the close
        ("2024-01-02T14:30:00Z", "XNYS", 2),  # the open
        ("2023-11-24T16:00:00-05:00", "XNYS", 24),  # of a half day the usual close
        ("2024-01-02T23:59:59.999+00:00", "24/7", 2),  # the end of the day, as exchanges of coins write it
        ("2024-01-02T23:59:00", "24/7", 2),
        ("2024-01-01T23:00:00Z", "CMES", 2),  # futures open on the evening before
        ("2024-01-02T05:00:00Z", "XNYS", 2),  # midnight in New York
        ("2024-01-03T16:00:00Z", "XHKG", 4),  # midnight in Hong Kong, written in UTC
        ("2024-01-02T16:00:00", "XNYS", 2),  # without a zone: New York and UTC agree
    ],
)
def test_an_instant_is_the_session_that_holds_it(tmp_path, text, calendar, day):
    assert of_text(text, calendar, tmp_path).day == day
    assert of_source(text, calendar, tmp_path).day == day


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("2024-01-03T16:00:00Z", "24/7"),  # midnight in Hong Kong: which day, nobody can tell on 24/7
        ("2024-01-03T16:00:00", "XHKG"),  # the close there, or that midnight in UTC
        ("2024-07-01T23:00:00Z", "24/5"),  # midnight in London in summer
        ("2024-01-02T22:00:00Z", "24/5"),  # a currency's day begins on the evening before
        ("2024-01-01T20:00:00-05:30", "XNYS"),
        ("2024-01-02T12:00:00", "24/7"),
    ],
)
def test_what_is_not_sure_is_refused_with_the_way_on(tmp_path, text, calendar):
    with pytest.raises(BadBars, match=r"no day for certain.*tz=") as caught:
        of_text(text, calendar, tmp_path)
    assert [finding.rule for finding in caught.value.findings] == ["stamp"]


def test_the_zone_that_is_told_decides(tmp_path):
    assert of_text("2024-01-03T16:00:00Z", "24/7", tmp_path, tz="Asia/Hong_Kong") == dt.date(2024, 1, 4)
    assert of_text("2024-07-01T23:00:00Z", "24/5", tmp_path, tz="Europe/London") == dt.date(2024, 7, 2)
    assert of_text("2024-01-04T08:00:00", "24/7", tmp_path, tz="Asia/Shanghai") == dt.date(2024, 1, 4)
    assert of_source("2024-01-03T16:00:00Z", "24/7", tmp_path, tz="Asia/Hong_Kong") == dt.date(2024, 1, 4)


def test_a_boundary_of_two_sessions_is_the_one_that_opens_unless_told_otherwise(tmp_path):
    five = "2024-01-02T17:00:00-05:00"
    assert of_text(five, "24/5-fx", tmp_path) == dt.date(2024, 1, 3)
    assert of_text(five, "24/5-fx", tmp_path, stamp="end") == dt.date(2024, 1, 2)
    friday = "2024-01-05T17:00:00-05:00"
    assert of_text(friday, "24/5-fx", tmp_path) == dt.date(2024, 1, 5)


@pytest.mark.parametrize(
    "zone",
    [
        dt.timezone(dt.timedelta(hours=8)),
        dt.timezone(dt.timedelta(hours=5, minutes=30)),
        dt.timezone(-dt.timedelta(hours=5)),
    ],
)
def test_zones_without_a_name_are_zones(tmp_path, zone):
    assert of_frame(pd.Timestamp("2024-01-03").tz_localize(zone), "24/7", tmp_path) == dt.date(2024, 1, 3)


def test_splits_and_dividends_go_by_the_same_rule(tmp_path):
    index = pd.DatetimeIndex(["2022-06-07", "2022-06-08", "2022-06-09"], tz="Asia/Hong_Kong", name="Date")
    bars = pd.DataFrame({"symbol": "0700.HK", **{name: [8, 4, 4] for name in BAR}}, index=index)
    actions = pd.DataFrame({"symbol": "0700.HK", "ex_date": index[1:2], "ratio": ["1/2"]})
    dividends = pd.DataFrame({"symbol": "0700.HK", "ex_date": index[2:3], "amount": ["0.5"]})
    ingest("hk", bars, splits=actions, dividends=dividends, calendar="24/7", root=tmp_path)
    with open_version("hk", root=tmp_path) as version:
        assert [s.ex_day for s in version.splits([0])] == [(dt.date(2022, 6, 8) - dt.date(1970, 1, 1)).days]
        assert [d.ex_day for d in version.dividends([0])] == [(dt.date(2022, 6, 9) - dt.date(1970, 1, 1)).days]
