"""What a whole bar of orders costs natively and in Python: the seams above the books.

    python -m pytest benchmarks/test_seams.py -m bench --benchmark-enable -s

Both sides run on the native books; one of them without the seam. docs/performance/kernels.md says what came out.
"""

from __future__ import annotations

import timeit
from array import array
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from rustybt import _kernels
from rustybt.engine import _loop, _run_frames, _sheet
from rustybt.engine._floor import floor_of
from rustybt.engine._run_frames import TRANSACTIONS, RunFrames
from rustybt.engine._sheet import Lookup, frame_of_rows
from rustybt.execution import SimulatedBroker
from rustybt.execution.commission import PerShare
from rustybt.execution.slippage import FixedBasisPointsSlippage
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook
from rustybt.strategy._ordering import Ordering
from rustybt.view import BarData, Market

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(_kernels.Floor is None, reason="there is no native extension to compare with"),
]
MONEY = 10**20
ASSETS = 50
ROUNDS = 60
STAMP = 10**18


@dataclass
class Listing:
    """A share priced to the cent, as far as the seams ask."""

    slot: int
    asset: Any
    price: Any = field(default_factory=lambda: memoryview(array("q", [5_000])))
    tradable: Any = field(default_factory=lambda: memoryview(array("q", [10**9])))
    lane_to_fill: int = 10**10
    price_scale: int = 2
    lane_scale: int = 2
    start: int = 0
    first: int = 0
    last: int = 0
    fill_scale: int = 12
    quantity_scale: int = 0
    step: int = 1
    is_future: bool = False
    foreign: bool = False
    conditional: bool = False
    priced: int = 0
    closing: int = 0

    def column(self, _: str) -> Any:
        return self.price


@dataclass
class Terms(Listing):
    """The same, with what the frame of the positions asks."""

    multiplier: int = 1
    multiplier_scale: int = 0
    pocket: int = 0
    settles: bool = False


class Bench:
    """Books, blotter and ledger with 50 assets at one bar."""

    def __init__(self) -> None:
        self.books = _kernels.Books()
        self.books.open_pocket("main", "USD", 10**9 * MONEY)
        self.blotter = OrderBook()
        assets = [SimpleNamespace(sid=sid) for sid in range(ASSETS)]
        self.listings = [Listing(slot, asset) for slot, asset in enumerate(assets)]
        for listing in self.listings:
            self.books.open_slot(0, listing.price, 2, 12, 0, 1, 1, 0)
        ledger = Ledger(self.books, 10**9 * MONEY, 0)
        models = {"equity": FixedBasisPointsSlippage()}, {"equity": PerShare()}
        broker = SimulatedBroker(self.blotter, *({**one, "future": one["equity"]} for one in models))
        recorder = SimpleNamespace(transactions=_kernels.Rows("nnnnwww"))
        floor = floor_of(broker, self.blotter.intake, ledger, recorder)  # type: ignore[arg-type]
        self.loop: Any = SimpleNamespace(broker=broker, ledger=ledger, recorder=recorder, floor=floor)

    def bar_of_orders(self) -> None:
        """50 market orders taken in, matched, booked, charged and recorded."""
        accept = self.blotter.accept
        for listing in self.listings:
            accept(listing, 7, None, STAMP)
        _loop.Loop._work(self.loop, 0, 0, STAMP)


class Weights(Bench):
    """The same, as a strategy's calls reach it."""

    def __init__(self) -> None:
        super().__init__()
        market = SimpleNamespace(
            bar=0,
            hook=False,
            axis=SimpleNamespace(times=memoryview(array("q", [STAMP]))),
            listings={listing.asset.sid: listing for listing in self.listings},
        )
        desk: Any = SimpleNamespace(
            books=self.books, blotter=self.blotter, market=market, controls=[], phase="bar", exchange=None
        )
        self.context = Ordering(desk, _kernels.whole_steps)

    def orders_of_weights(self) -> None:
        """50 calls of order_target_percent that each place an order."""
        for listing in self.listings:
            self.context.order_target_percent(listing.asset, 0.0123)


class Prices:
    """`data` with 50 assets at one bar, each of which has been asked for its price."""

    def __init__(self) -> None:
        self.assets = [SimpleNamespace(sid=sid) for sid in range(ASSETS)]
        market: Any = Market.__new__(Market)
        market.bar, market.hook = 0, False
        market.listings = {asset.sid: Listing(asset.sid, asset) for asset in self.assets}
        self.data = BarData(market, continuous=SimpleNamespace())  # type: ignore[arg-type]
        for asset in self.assets:
            self.data._known.note_price(asset)

    def prices(self) -> list[Any]:
        """The price of each, asked one by one."""
        current = self.data.current
        return [current(asset, "price") for asset in self.assets]


TIMES = {"bar_of_orders": 3.0, "orders_of_weights": 1.8}
"""How many times faster the seam must be at least."""
TIMES_OF_PRICES = 2.5


FILLS = 12_000
FRAME = 2.0
"""The same, for the frame of so many transactions."""
YEAR = 252
POSITIONS = 2.5
"""The same, for a frame of a year of positions."""
DAYS, DAILY_FRAME = 1.5, 5.0
"""The same, for the rows of a year of days, and for the daily frame of them."""


@pytest.mark.parametrize("work", TIMES)
def test_the_seam_is_faster_by_the_stated_factor_and_leaves_the_same(work: str) -> None:
    kind = Bench if work == "bar_of_orders" else Weights
    with patch.multiple(_kernels, Floor=None, Weigher=None):
        plain = kind()
    native = kind()
    left = []
    for side in (plain, native):
        getattr(side, work)()
        rows = side.loop.ledger.rows, side.blotter.rows, side.loop.recorder.transactions
        left.append([list(one) for one in rows])
    assert left[0] == left[1]
    assert factor_of(work, best(getattr(plain, work)), best(getattr(native, work))) >= TIMES[work]


def test_prices_come_faster_by_the_stated_factor_and_are_the_same() -> None:
    native = Prices()
    with patch.object(_kernels, "Prices", None), patch.object(BarData, "current", BarData._current):
        plain = Prices()
        assert plain.prices() == native.prices()
        seconds = best(plain.prices)
    assert factor_of("prices", seconds, best(native.prices)) >= TIMES_OF_PRICES


def factor_of(work: str, plain: float, native: float) -> float:
    """How many times longer the one takes, which is printed."""
    print(f"{work}: {plain * 1e6:.1f} us / {native * 1e6:.1f} us = {plain / native:.1f}")
    return plain / native


def test_a_frame_of_rows_is_faster_by_the_stated_factor_and_the_same() -> None:
    by_slot: Any = ([f"S{n:03d}" for n in range(ASSETS)], [f"S{n:03d}" for n in range(ASSETS)], list(range(ASSETS)))
    lookup = Lookup(*by_slot, [0] * ASSETS, [12] * ASSETS, np.arange(20_000, 20_500), "main-", FILLS)
    rows = _kernels.Rows("nnnnwww")
    for n in range(FILLS):
        rows.add((n % 500, STAMP + n, n + 1, n % ASSETS, n % 97 - 48, (10_000 + n) * 10**10, MONEY))
    with patch.object(_sheet, "NativeLookup", None):
        plain = frame_of_rows(rows, lookup, 3, TRANSACTIONS)
        slow = best(lambda: frame_of_rows(rows, lookup, 3, TRANSACTIONS))
    assert frame_of_rows(rows, lookup, 3, TRANSACTIONS).equals(plain)
    quick = best(lambda: frame_of_rows(rows, lookup, 3, TRANSACTIONS))
    print(f"frame of {FILLS} transactions: {slow * 1e6:.0f} us / {quick * 1e6:.0f} us = {slow / quick:.1f}")
    assert slow / quick >= FRAME


class Year:
    """A year of days with 50 positions whose prices move, as one kernel's `Days` takes them."""

    def __init__(self, kernel: str) -> None:
        self.books = _kernels.Books()
        self.books.open_pocket("main", "USD", 10**6 * MONEY)
        lane = memoryview(array("q", [5_000 + 7 * n % 90 for n in range(YEAR)]))
        for slot in range(ASSETS):
            self.books.open_slot(0, lane, 2, 12, 0, 1, 1, 0)
            self.books.fill(slot, 10 + slot, 5_000 * 10**10)
        self.days: Any = None
        self._make = _kernels.twins()[kernel].Days

    def close(self) -> None:
        """Takes the row of each day."""
        self.days = self._make(10**6 * MONEY)
        for session in range(YEAR):
            self.books.seek(session)
            self.days.open()
            self.days.take(session, self.books)

    def frame(self, native: bool) -> Any:
        """The daily frame."""
        zeros = np.zeros(YEAR, dtype=np.int64)
        calendar = SimpleNamespace(opens=zeros, run_closes=zeros)
        axis = SimpleNamespace(first_session=0, calendar=calendar)
        frames: Any = SimpleNamespace(
            _axis=axis,
            _recorder=SimpleNamespace(days=self.days, benchmark=None),
            _lookup=Lookup([], [], [], [], [], np.arange(20_000, 20_000 + YEAR), "", 0),
            _periods=YEAR,
        )
        with nullcontext() if native else patch.object(_run_frames, "NativeLookup", None):
            return RunFrames._daily(frames)


def test_a_year_of_days_is_faster_by_the_stated_factors_and_the_same() -> None:
    plain, native = Year("python"), Year("rust")
    seconds = [best(plain.close), best(native.close)]
    assert list(plain.days.rows) == list(native.days.rows)
    assert plain.frame(False).equals(native.frame(True))
    frames = [best(lambda: plain.frame(False)), best(lambda: native.frame(True))]
    for name, (slow, quick), floor in (("days", seconds, DAYS), ("daily frame", frames, DAILY_FRAME)):
        print(f"{name} of a year: {slow * 1e6:.0f} us / {quick * 1e6:.0f} us = {slow / quick:.1f}")
        assert slow / quick >= floor


def test_the_frame_of_positions_is_faster_by_the_stated_factor_and_the_same() -> None:
    lane = memoryview(array("q", [5_000 + 7 * n % 90 for n in range(YEAR)]))
    frames: Any = RunFrames.__new__(RunFrames)
    frames._listings = [Terms(slot, None, lane) for slot in range(ASSETS)]
    names: Any = [f"S{n:03d}" for n in range(ASSETS)]
    scales = [0] * ASSETS, [12] * ASSETS
    frames._lookup = Lookup(names, names, list(range(ASSETS)), *scales, np.arange(20_000, 20_000 + YEAR), "main-", 0)
    frames._desk = SimpleNamespace(exchange=None)
    held, sets = _kernels.Rows("nww"), []
    for session in range(0, YEAR, 5):
        for slot in range(ASSETS):
            held.add((slot, 100 + session - slot, (100 + session - slot) * 51 * MONEY))
        sets.append((session, len(held)))
    days = {"last_bars": list(range(YEAR)), "days": range(YEAR)}
    frames._recorder = SimpleNamespace(holdings=held, holdings_from=sets, **days)
    assert frames._positions().equals(frames._positions_in_columns())
    slow, quick = best(frames._positions_in_columns), best(frames._positions)
    print(f"frame of {YEAR * ASSETS} positions: {slow * 1e6:.0f} us / {quick * 1e6:.0f} us = {slow / quick:.1f}")
    assert slow / quick >= POSITIONS


def best(call: Callable[[], None]) -> float:
    """Seconds of one call, the best of many: what disturbs a measurement only adds to it."""
    return min(timeit.repeat(call, number=1, repeat=ROUNDS))
