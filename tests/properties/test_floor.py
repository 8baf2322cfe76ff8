"""A bar of orders worked by the native kernel leaves what the broker, the ledger and the loop leave without it."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt import _kernels
from rustybt.core import Cause
from rustybt.engine import _loop
from rustybt.engine._floor import floor_of
from rustybt.errors import RustyBTError
from rustybt.execution import SimulatedBroker
from rustybt.execution.commission import NoCommission, PerShare, PerTrade
from rustybt.execution.slippage import FixedBasisPointsSlippage, NoSlippage, VolumeShareSlippage
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook
from tests._terms import terms_with

pytestmark = pytest.mark.skipif(
    _kernels.Floor is None and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="no native extension in this install",
)
CASH = 10**26
BARS = 6
FIELDS = (
    "number", "amount", "filled", "limit", "limit_reached", "stop", "stop_reached", "plain", "commission", "charged",
    "created", "changed", "status", "reason", "cause",
)  # fmt: skip


@dataclass
class Bars:
    """An asset as the broker and the kernel see it. wide: prices in a list, as those beyond 64 bits are."""

    closes: list[int]
    tradable: list[int]
    quantity_scale: int
    step: int
    is_future: bool
    wide: bool
    slot: int = -1
    pocket: int = 0
    fill_scale: int = 12
    lane_to_fill: int = 10**10
    asset: Any = field(default_factory=lambda: SimpleNamespace(symbol="A"))

    def column(self, _: str) -> Any:
        return self.closes if self.wide else memoryview(array("q", self.closes))


@st.composite
def markets(draw: Any) -> list[Bars]:
    price = st.integers(1, 400)
    volume = st.one_of(st.just(0), st.integers(1, 5_000))
    return [
        Bars(
            draw(st.lists(price, min_size=BARS, max_size=BARS)),
            draw(st.lists(volume, min_size=BARS, max_size=BARS)),
            draw(st.sampled_from([0, 2])),
            draw(st.sampled_from([1, 10])),
            is_future=draw(st.integers(0, 9)) == 0,
            wide=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]


PRICES = st.one_of(st.none(), st.integers(1, 400).map(lambda cents: cents * 10**10 + cents % 3), st.just(10**31))
ORDERS = st.lists(
    st.tuples(st.integers(0, BARS - 1), st.integers(0, 2), st.integers(-400, 400), PRICES, PRICES, st.booleans()),
    max_size=14,
)
MODELS = st.sampled_from([
    (FixedBasisPointsSlippage(), PerShare()),
    (FixedBasisPointsSlippage("20000", "0.35"), PerShare("0.0125", 3)),
    (FixedBasisPointsSlippage("7.5", 1), NoCommission()),
    (NoSlippage(), PerShare("1e-25", "0.5")),
    (NoSlippage(), NoCommission()),
    (VolumeShareSlippage(), PerTrade(1)),
])  # fmt: skip


def left_behind(
    market: list[Bars], orders: Any, models: Any, switches: tuple[bool, bool, bool, bool], native: bool
) -> Any:
    """All that a run of some bars leaves, and how many of them the kernel did."""
    books, blotter = _kernels.Books(), OrderBook()
    books.open_pocket("main", "USD", CASH)
    for bars in market:
        lane = bars.column("close")
        bars.slot = books.open_slot(0, lane, 2, bars.fill_scale, bars.quantity_scale, bars.step, 1, 0)
    ledger = Ledger(books, CASH, 0)
    slippage, commission = ({"equity": model, "future": model} for model in models)
    holds, dates, falls, needs = switches
    broker = SimulatedBroker(
        blotter,
        slippage,
        commission,
        limits_hold=holds,
        stops_date_orders=dates,
        fees_can_fall=falls,
        triggers_need_volume=needs,
    )
    loop: Any = SimpleNamespace(
        broker=broker, ledger=ledger, recorder=SimpleNamespace(transactions=_kernels.Rows("nnnnwww"))
    )
    loop.floor = floor_of(broker, blotter.intake, ledger, loop.recorder) if native else None
    done = 0
    if loop.floor is not None:
        floor = loop.floor

        def work(bar: int, stamp: int, session: int) -> bool:
            nonlocal done
            worked = floor.work(bar, stamp, session)
            done += worked
            return bool(worked)

        loop.floor = SimpleNamespace(work=work)
    error = None
    for bar in range(BARS):
        books.seek(bar)
        try:
            if blotter.open:
                _loop.Loop._work(loop, bar // 2, bar, bar * 10)
        except RustyBTError as refused:
            error = str(refused)
            break
        for at, place, size, limit, stop, cancels in orders:
            if at != bar or not size:
                continue
            if cancels and blotter.orders:
                blotter.cancel(blotter.orders[size % len(blotter.orders)], bar * 10, Cause.STRATEGY)
            bars = market[place % len(market)]
            blotter.accept(bars, size * bars.step, terms_with(limit, stop), bar * 10)
    state = [[getattr(order, name) for name in FIELDS] for order in blotter.orders]
    open_now = {slot: [order.number for order in queue] for slot, queue in blotter.open.items()}
    books_now = (books.posted(0), [books.position(slot) for slot in books.held()], books.value())
    # a refusal ends the run: what a bar left behind before it is nobody's
    rows = None if error else [list(ledger.rows), list(blotter.rows), list(loop.recorder.transactions)]
    entries = None if error else [(entry.kind, entry.listing and entry.listing.slot) for entry in ledger.entries]
    return (error, *((None,) * 5 if error else (state, open_now, books_now, rows, entries))), done


@given(markets(), ORDERS, MODELS, st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()))
def test_a_bar_worked_by_the_kernel_leaves_what_python_leaves(
    market: list[Bars], orders: Any, models: Any, switches: tuple[bool, bool, bool, bool]
) -> None:
    native, _ = left_behind(market, orders, models, switches, native=True)
    python, _ = left_behind(market, orders, models, switches, native=False)
    assert native == python


def test_the_kernel_does_the_bars_that_it_knows_and_no_others() -> None:
    prices = [100, 110, 120, 90, 80, 100]
    market = [Bars(prices, [1_000] * BARS, 0, 1, False, False), Bars(prices, [1_000] * BARS, 0, 1, True, False)]
    plain = (FixedBasisPointsSlippage(), PerShare())
    buy, of_a_future = (0, 0, 150, None, None, False), (2, 1, 10, None, None, False)
    for orders, models, bars in [
        ([buy], plain, 2),  # a tenth of the volume fills with each bar
        ([buy, of_a_future], plain, 2),
        ([of_a_future], plain, 0),
        ([buy], (VolumeShareSlippage(), PerShare()), 0),
        ([buy], (FixedBasisPointsSlippage(), PerTrade(1)), 0),
    ]:
        assert left_behind(market, orders, models, (True, True, False, False), native=True)[1] == bars
