"""Longer bars from shorter ones, against an oracle that walks the minutes one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.calendars import SessionTable, session_table
from rustybt.catalog import coverage, open_version
from rustybt.core import DAY_NS, MINUTE_NS, as_decimal, frequency_named
from rustybt.errors import NoData

type MakeBars = Callable[..., pl.DataFrame]
ALL = (-(2**63), 2**63 - 1)
SPAN = (dt.date(2023, 11, 24), dt.date(2023, 12, 3))
"""With a half day of New York, the turn of a month, and a Sunday at its end."""


def day_number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


def minutes(name: str, seed: int, share: float = 0.8) -> tuple[SessionTable, pl.DataFrame]:
    """Random minutes of two symbols over some sessions, `share` of them there."""
    table = session_table(name, day_number(SPAN[0]), day_number(SPAN[1]))
    random = Random(seed)
    rows = []
    for symbol, digits in (("AAA", 2), ("BBB", 6)):
        for stamp in table.minute_stamps(0, len(table.days) - 1).tolist():
            if random.random() < share:
                low, high = sorted(random.randint(10**digits, 5 * 10**digits) for _ in range(2))
                opened, close = (random.randint(low, high) for _ in range(2))
                prices = [as_decimal(value, digits) for value in (opened, high, low, close)]
                rows.append((symbol, stamp, *map(str, prices), random.randint(0, 900)))
    frame = pl.DataFrame(rows, schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row")
    return table, frame.with_columns(pl.col("timestamp").cast(pl.Datetime("ns", "UTC")))


def end_of(table: SessionTable, stamp: int, frequency: str) -> int:
    """The stamp of the bar that a minute belongs to, worked out by walking."""
    session = next(i for i, close in enumerate(table.closes.tolist()) if stamp <= close)
    kind = frequency_named(frequency)
    if kind.step_ns is None:
        first = dt.date(1970, 1, 1)
        days = [first + dt.timedelta(days=day) for day in table.days.tolist()]
        mine = days[session]
        same = {
            "session": lambda day: day == mine,
            "week": lambda day: day.isocalendar()[:2] == mine.isocalendar()[:2],
            "month": lambda day: (day.year, day.month) == (mine.year, mine.month),
        }[str(kind.period)]
        return day_number(max(day for day in days if same(day))) * DAY_NS
    begin, end = int(table.opens[session]), int(table.closes[session])
    if table.break_starts is not None and table.break_ends is not None:
        pause, again = int(table.break_starts[session]), int(table.break_ends[session])
        if pause != again:
            begin, end = (begin, pause) if stamp <= pause else (again, end)
    moment = begin
    while moment < stamp:
        moment = min(moment + kind.step_ns, end)
    return moment


def walked(table: SessionTable, frame: pl.DataFrame, symbol: str, frequency: str) -> list[tuple[Any, ...]]:
    bars: dict[int, list[Any]] = {}
    rows = frame.filter(pl.col("symbol") == symbol).with_columns(pl.col("timestamp").cast(pl.Int64))
    for _, stamp, *texts, volume in rows.iter_rows():
        opened, high, low, close = map(Decimal, texts)
        bar = bars.setdefault(end_of(table, stamp, frequency), [opened, high, low, close, 0])
        bar[1], bar[2], bar[3], bar[4] = max(bar[1], high), min(bar[2], low), close, bar[4] + volume
    return [(stamp, *bar) for stamp, bar in bars.items()]


def loaded(root: Path, symbol: str, frequency: str, first: int = ALL[0], last: int = ALL[1]) -> list[tuple[Any, ...]]:
    with open_version("b", root=root) as version:
        asset = version.lookup_symbol(symbol, version.last_day)
        bars = version.load([asset.sid], frequency, first, last)[asset.sid]
        prices = [[as_decimal(int(v), asset.price_scale) for v in column] for column in bars.prices]
    return list(zip(bars.stamps.tolist(), *prices, [int(v) for v in bars.volume], strict=True))


@pytest.mark.parametrize("calendar", ["XNYS", "XTKS", "24/7"])
def test_every_frequency_agrees_with_walking_the_minutes(calendar: str, root: Path) -> None:
    table, frame = minutes(calendar, seed=len(calendar))
    rustybt.ingest("b", frame, frequency="1m", stamp="end", calendar=calendar, root=root)
    for frequency in ("5m", "7m", "1h", "4h", "1d", "1w"):
        for symbol in ("AAA", "BBB"):
            expected = walked(table, frame, symbol, frequency)
            assert loaded(root, symbol, frequency) == expected, (frequency, symbol)


def test_any_window_of_a_load_is_a_cut_of_the_whole(root: Path) -> None:
    _, frame = minutes("XNYS", seed=3, share=0.3)
    rustybt.ingest("b", frame, frequency="1m", stamp="end", root=root)
    random = Random(1)
    for frequency in ("15m", "1d", "1w"):
        whole = loaded(root, "AAA", frequency)
        for _ in range(12):
            edges = sorted(random.choice(whole)[0] + random.randint(-MINUTE_NS, MINUTE_NS) for _ in range(2))
            assert loaded(root, "AAA", frequency, *edges) == [bar for bar in whole if edges[0] <= bar[0] <= edges[1]]


def test_a_month_that_the_data_do_not_reach_the_end_of_is_not_over(root: Path, bars: MakeBars) -> None:
    frame = bars("AAA", rows=45)  # from 2024-01-01 to 2024-02-14, every day
    rustybt.ingest("b", frame, calendar="24/7", root=root)
    january = loaded(root, "AAA", "1mo")
    assert [bar[0] // DAY_NS for bar in january] == [day_number(dt.date(2024, 1, 31))]
    assert january[0][1:] == (19_723, 19_753, 19_723, 19_753, 31)
    with open_version("b", root=root) as version:
        assert version.last_day_of("1mo") == day_number(dt.date(2024, 1, 31))
        assert version.first_day_of("1w") == day_number(dt.date(2024, 1, 7))
        assert version.last_day_of("1w") == day_number(dt.date(2024, 2, 11))
        assert coverage(version)["frequency"].to_list() == ["1d"]


def test_volumes_beyond_64_bits_are_summed_exactly(root: Path, bars: MakeBars) -> None:
    volume = "9" * 18 + ".5"
    frame = bars("AAA", rows=31).with_columns(pl.lit(volume).alias("volume"))
    rustybt.ingest("b", frame, calendar="24/7", root=root)
    with open_version("b", root=root) as version:
        month = version.load([0], "1mo", *ALL)[0]
        scale = version.asset(0).volume_scale
    assert as_decimal(int(month.volume[0]), scale) == 31 * Decimal(volume)


def test_what_can_not_be_made_of_what_is_stored_is_refused_by_name(root: Path, bars: MakeBars) -> None:
    rustybt.ingest("b", bars("AAA"), calendar="24/7", root=root)
    with open_version("b", root=root) as version, pytest.raises(NoData, match=r"no '5m' bars, only 1d"):
        version.load([0], "5m", *ALL)


@pytest.mark.bench
def test_five_million_minutes_become_days_in_half_a_second() -> None:
    import time

    from rustybt.catalog._aggregate import aggregated
    from rustybt.catalog._bars import RawBars

    table = session_table("XNYS", day_number(dt.date(2020, 1, 2)), day_number(dt.date(2020, 12, 31)))
    stamps = table.minute_stamps(0, len(table.days) - 1)
    column = np.random.default_rng(1).integers(1_000, 9_000, len(stamps))
    bars = RawBars(stamps, column, column, column, column, column)
    rounds = 5_000_000 // len(stamps) + 1
    began = time.process_time()
    for _ in range(rounds):
        aggregated(bars, frequency_named("1m"), frequency_named("1d"), table)
    seconds = time.process_time() - began
    print(f"{rounds * len(stamps):,} minutes to days: {seconds:.3f} s")
    assert seconds <= 0.5
