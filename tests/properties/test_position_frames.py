"""The frame of positions: the native kernel lays out what the Python code does, and leaves to it what does not fit."""

from __future__ import annotations

import os
from array import array
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt import _kernels
from rustybt._kernels import PYTHON
from rustybt.engine._run_frames import POSITIONS, RunFrames
from rustybt.engine._sheet import Lookup
from rustybt.errors import MoneyOverflow

pytestmark = pytest.mark.skipif(
    "rust" not in _kernels.twins() and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="there is no native extension to compare with",
)
SLOTS, DAYS = 3, 6


@st.composite
def listing(draw: Any, longest: int, futures: bool) -> Any:
    """An asset: its prices at the closes of all days, and how they become money."""
    whole = st.lists(st.integers(0, 10**9), min_size=DAYS, max_size=DAYS).map(lambda v: memoryview(array("q", v)))
    wide = st.lists(st.integers(0, 10**longest), min_size=DAYS, max_size=DAYS)
    lane_scale, up = draw(st.integers(0, 8)), draw(st.sampled_from([10, 10, 3]))
    terms = (draw(st.sampled_from([1, 50, 125])), draw(st.integers(0, 2))) if futures else (1, 0)
    return SimpleNamespace(
        price=draw(whole | wide), fill_scale=lane_scale + up, lane_to_fill=10**up,
        quantity_scale=draw(st.integers(0, 9)), multiplier=terms[0],
        multiplier_scale=terms[1], settles=futures and draw(st.booleans()),
    )  # fmt: skip


@st.composite
def run(draw: Any, longest: int, futures: bool) -> RunFrames:
    """What is left of a run in which sets of positions were held from some sessions on."""
    listings = [draw(listing(longest, futures)) for _ in range(SLOTS)]
    held, sets = _kernels.twins()["rust"].Rows("nww"), []
    amount = st.integers(-(10**longest), 10**longest).filter(bool)
    for session in draw(st.lists(st.integers(0, DAYS - 1), unique=True).map(sorted)):
        for slot in draw(st.lists(st.integers(0, SLOTS - 1), unique=True).map(sorted)):
            held.add((slot, draw(amount), draw(st.integers(-(10 ** (longest + 20)), 10 ** (longest + 20)))))
        sets.append((session, len(held)))
    names: Any = [f"a long symbol {slot}" for slot in range(SLOTS)]
    scales = [x.quantity_scale for x in listings], [x.fill_scale for x in listings]
    frames = RunFrames.__new__(RunFrames)
    frames._run = None
    frames._listings = listings
    frames._lookup = Lookup(names, names, [5, 6, 7], *scales, np.arange(20_000, 20_000 + DAYS), "main-", 0, PYTHON)
    frames._recorder = SimpleNamespace(  # type: ignore[assignment]
        holdings=held, holdings_from=sets, last_bars=list(range(DAYS)), days=range(DAYS)
    )
    return frames


def sheet_of(frames: Any) -> Any:
    listings, recorder = frames._listings, frames._recorder
    return _kernels.twins()["rust"].positions_sheet(
        POSITIONS,
        _kernels.twins()["rust"].Lookup(
            frames._lookup.symbols, frames._lookup.keys, frames._lookup.sids, frames._lookup.quantity_scales,
            frames._lookup.fill_scales, frames._lookup.days.tolist(), "main-", 0,
        ),
        recorder.holdings,
        recorder.holdings_from,
        recorder.last_bars,
        [x.price for x in listings],
        [(x.multiplier, x.multiplier_scale, x.lane_to_fill, x.settles) for x in listings],
    )  # fmt: skip


def check(frames: Any) -> bool:
    """Whether the native frame was made; it is then that of Python."""
    sheet = sheet_of(frames)
    try:
        plain = frames._positions_in_columns()
    except MoneyOverflow:
        assert sheet is None
        return False
    if sheet is None:
        return False
    made = pl.DataFrame(sheet)
    assert made.schema == plain.schema
    assert made.rows() == plain.rows()
    return True


@given(run(longest=6, futures=True))
def test_positions_of_ordinary_runs_are_native_and_the_same(frames: RunFrames) -> None:
    assert check(frames)


@given(run(longest=30, futures=True))
def test_positions_of_long_numbers_are_the_same_or_left_to_python(frames: RunFrames) -> None:
    check(frames)


def test_what_was_held_is_shown_at_each_close_until_it_changes() -> None:
    frames: Any = RunFrames.__new__(RunFrames)
    cents = memoryview(array("q", [1000, 1100, 1250, 0]))
    asset = SimpleNamespace(
        price=cents, fill_scale=12, lane_to_fill=10**10, quantity_scale=1,
        multiplier=5, multiplier_scale=0, settles=True,
    )  # fmt: skip
    held = _kernels.twins()["rust"].Rows("nww")
    held.add((0, 20, 100 * 10**20))
    frames._run, frames._listings = None, [asset]
    frames._lookup = Lookup(["F"], ["F"], [9], [1], [12], np.arange(4), "main-", 0, PYTHON)
    days = {"last_bars": [0, 1, 2, 3], "days": range(4)}
    frames._recorder = SimpleNamespace(holdings=held, holdings_from=[(1, 1), (3, 1)], **days)
    # 2.0 contracts of 5 at 11.00 and 12.50; they cost 100, so 10 a unit; what settles is worth nothing
    rows = [[str(value) for value in row[3:]] for row in pl.DataFrame(sheet_of(frames)).rows()]
    assert rows == [
        ["2", "10", "11.0", "0E-20", "110.00000000000000000000"],
        ["2", "10", "12.5", "0E-20", "125.00000000000000000000"],
    ]
