"""What a report calls a trade, and what it leaves out where there is nothing to say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import rustybt
from rustybt.api import slippage
from tests.unit._small import ingest, ingest_minutes, run
from tests.unit.report._pages import Page

DAY = 24 * 60


def filled_in_parts() -> rustybt.Result:
    """Bought and sold twice, each order in two fills of 10: a tenth of 100 a bar."""
    ingest({"A": [10, 11, 12, 13, 14, 13, 12, 11, 12, 13, 14]}, volume=100)
    asked = {bar: (lambda c, d, n=n: c.order(c.symbol("A"), n)) for bar, n in {0: 20, 3: -20, 5: 20, 8: -20}.items()}
    limit = slippage.VolumeShareSlippage(volume_limit=0.1, price_impact=0)
    return run(asked, days=11, initialize=lambda context: context.set_slippage(limit))


def test_a_report_counts_positions_and_says_so() -> None:
    result = filled_in_parts()
    assert result.trades.height == 4
    page = Page(result.report(sections=["trades"]).html)
    assert dict(page.tables["Closed trades, USD"][1:])["Trades"] == "2"
    assert "from its first unit until nothing is held" in page.texts["trades"]
    assert "MAE and MFE are not shown" in page.texts["trades"]  # all are of several fills


def test_where_no_position_is_closed_whole_fills_are_matched() -> None:
    ingest({"A": [10, 11, 12, 13, 14]})
    asked = {0: lambda c, d: c.order(c.symbol("A"), 20), 2: lambda c, d: c.order(c.symbol("A"), -5)}
    page = Page(run(asked).report(sections=["trades"]).html)
    assert dict(page.tables["Closed trades, USD"][1:])["Trades"] == "1"
    assert "No position was closed whole" in page.texts["trades"]


def within_sessions() -> rustybt.Result:
    """Two days of minutes; held from minute 61 to 71 of the first, and from minute 121 to 131 of both."""
    ingest_minutes({"A": [100 + k % 7 for k in range(2 * DAY)]}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    at: dict[int, Any] = {}
    for begin in (60, 120, DAY + 120):
        at |= {begin: 10, begin + 10: -10}
    asked = {minute: (lambda c, d, n=n: c.order(c.symbol("A"), n)) for minute, n in at.items()}
    return run(asked, days=2, data_frequency="minute")


def test_a_trade_that_no_close_saw_has_no_excursion() -> None:
    result = within_sessions()
    names = ["mae", "mfe", "entry_quality", "exit_quality"]
    for method in ("fifo", "lifo", "average", "flat"):
        assert result.round_trips(method).select(names).null_count().row(0) == (3, 3, 3, 3)
    text = Page(result.report(sections=["trades"]).html).texts["trades"]
    assert "MAE and MFE are not shown: closes of sessions count" in text


def test_hours_are_from_the_open_and_of_minutes_alone() -> None:
    tables = Page(within_sessions().report(sections=["trades"]).html).tables
    (hours,) = [rows for title, rows in tables.items() if "hours from the open" in title]
    assert [row[:2] for row in hours[1:]] == [["1", "1"], ["2", "2"]]
    tables = Page(filled_in_parts().report(sections=["trades"]).html).tables
    assert not [title for title in tables if "hour" in title.lower()]


def test_a_fall_is_as_long_as_the_time_under_water() -> None:
    """Highest on the second day, below it on the three after that, and there again on the sixth."""
    ingest({"A": [10, 12, 9, 10, 11, 13, 13]})
    result = run({0: lambda c, d: c.order(c.symbol("A"), 100)}, days=7)
    page = Page(result.report(sections=["figures", "drawdowns"]).html)
    head, first, *_ = page.tables["Deepest drawdowns"]
    longest = {row[0]: row[1] for rows in page.tables.values() for row in rows if len(row) > 1}
    assert first[head.index("Sessions under water")] == longest["Longest time under water, sessions"] == "3"
