"""Orders placed through the gate, by whoever is no strategy: the books are those of a strategy's same orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import rustybt
from rustybt._kernels import kernel_named, twins
from rustybt.api import execution
from rustybt.core import Moment, Notes
from rustybt.engine import Compat
from rustybt.engine._fills import book, take_reports
from rustybt.engine._market import axis_of, tracks_on
from rustybt.errors import InputError, OrderDuringInitialize, OrderInBeforeTradingStart, TradingControlViolation
from rustybt.execution import SimulatedBroker
from rustybt.execution.commission import PerShare
from rustybt.execution.slippage import FixedBasisPointsSlippage
from rustybt.ledger import Ledger
from rustybt.orders import AccountControl, AccountSnapshot, LongOnly, MaxOrderSize, OrderBook, OrderGate
from rustybt.strategy import numbers_named
from rustybt.view import BarData, Instrument, MarketView
from tests.unit._small import DAYS, ingest, run

CASH = 10_000 * 10**20
PRICES = {
    "A": ["10", "10.5", "9.25", "11", "10.75", "12", "11.5"],
    "B": [None, "200", "201.5", "199", "198.25", "202", "203"],
}
BARS = len(PRICES["A"])

type Place = Callable[[Any, Any, Any], Any]

STEPS: dict[int, list[Place]] = {
    0: [
        lambda gate, a, b: gate.order(a, 100),
        lambda gate, a, b: gate.order(a, Decimal("20.5"), limit_price="9.5"),
        lambda gate, a, b: gate.order(a, -30, stop_price=Decimal("9.3")),
    ],
    1: [
        lambda gate, a, b: gate.order_target_percents([(a, 0.25), (b, 0.5)]),
        lambda gate, a, b: gate.order_percent(b, Decimal("0.1")),
        lambda gate, a, b: gate.order(a, 0),
    ],
    2: [
        lambda gate, a, b: gate.order(b, 5, limit_price=150),
        lambda gate, a, b: gate.order_value(b, 1000, style=execution.StopLimitOrder(200, 198)),
        lambda gate, a, b: gate.order_target_percent(a, 0.3),
        lambda gate, a, b: gate.cancel_order(gate.order(b, 7)),
    ],
    3: [
        lambda gate, a, b: gate.order_target(a, 12),
        lambda gate, a, b: gate.order_target_value(b, "2500.5"),
        lambda gate, a, b: gate.batch_market_order({a: 3, b: -2}),
    ],
    4: [lambda gate, a, b: gate.order_target_percent(a, 0.0)],
}
"""What is placed with each bar."""


class Session:
    """A run without a strategy: a market, books, a broker, and the gate, moved bar by bar."""

    def __init__(self, name: str) -> None:
        loaded, kernel, rules = rustybt.load("small"), kernel_named(name), Compat()
        axis = axis_of(loaded, DAYS[0], DAYS[BARS - 1], None, Notes())
        self.market = MarketView(tracks_on(loaded, axis, rules))
        self.market.on_load(self._open_slot)
        self.books, self.book = kernel.books(), OrderBook(kernel=kernel)
        self.books.open_pocket("main", "USD", CASH)
        self.phase = SimpleNamespace(phase="bar")
        self.gate = OrderGate(
            market=self.market,
            clock=BarData(self.market, kernel=kernel),
            moment=self.phase,
            books=self.books,
            book=self.book,
            rules=rules,
            currency="USD",
            kernel=kernel,
            quantities=numbers_named("decimal"),
        )
        self.assets = [loaded.data.lookup_symbol(symbol, None) for symbol in PRICES]
        self.recorder: Any = SimpleNamespace(transactions=kernel.rows("nnnnwww"))
        self.ledger = Ledger(self.books, CASH, 0, kernel=kernel)
        slippage, commission = FixedBasisPointsSlippage(), PerShare("0.01", 1)
        self.broker = SimulatedBroker(
            self.book,
            {"equity": slippage, "future": slippage},
            {"equity": commission, "future": commission},
        )

    def _open_slot(self, instrument: Instrument) -> None:
        scales = (instrument.mark_scale, instrument.fill_scale, instrument.quantity_scale, instrument.step)
        instrument.slot = self.books.open_slot(
            0, instrument.price, *scales, instrument.multiplier, instrument.multiplier_scale
        )

    def go(self, steps: dict[int, list[Place]]) -> None:
        for bar in range(1, BARS + 1):
            self.market.before_open, self.market.bar = False, bar
            self.books.seek(bar)
            stamp = self.market.axis.times[bar]
            fills = take_reports(self.broker, self.book, Moment(stamp, bar - 1, bar))
            book(self.ledger, self.recorder, self.book, bar - 1, fills)
            for place in steps.get(bar - 1, ()):
                place(self.gate, *self.assets)

    def money(self) -> list[tuple[int, str, Fraction]]:
        rows = list(self.ledger.rows)[1:]  # without the capital at the start
        return [(row[0], row[1], Fraction(row[4], 10**20)) for row in rows]


def models(context: Any) -> None:
    context.set_slippage(FixedBasisPointsSlippage())
    context.set_commission(PerShare("0.01", 1))


def entries_of(result: Any) -> list[tuple[int, str, Fraction]]:
    rows = result.entries.filter(result.entries["kind"] != "capital").iter_rows(named=True)
    return [(ns(row["stamp"]), row["kind"], Fraction(row["amount"])) for row in rows]


def ns(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 10**9


@pytest.fixture(autouse=True)
def _bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    ingest(PRICES)


@pytest.fixture(params=sorted(twins()))
def session(request: pytest.FixtureRequest) -> Session:
    return Session(request.param)


def in_a_strategy(steps: dict[int, list[Place]]) -> Callable[[Any, Any], None]:
    def on_bar(context: Any, data: Any) -> None:
        assets = context.symbols(*PRICES)
        for place in steps.get(context.bar, ()):
            place(context, *assets)

    return on_bar


def test_without_a_strategy_the_books_are_those_of_the_same_orders(session: Session) -> None:
    session.go(STEPS)
    result = run(in_a_strategy(STEPS), initialize=models, days=BARS)
    assert session.money() == entries_of(result)
    assert len(session.money()) > 15
    orders = result.orders
    assert [order.status.name.lower() for order in session.book.orders] == orders["status"].to_list()
    assert [Fraction(o.amount, 10**o.instrument.quantity_scale) for o in session.book.orders] == [
        Fraction(amount) for amount in orders["amount"]
    ]
    assert {"filled", "cancelled", "open"} == set(orders["status"])


def test_an_account_rule_places_the_orders_of_a_strategy() -> None:
    """At the close of a daily session it is the bar that handle_data saw."""

    class Plan(AccountControl):
        def __init__(self, assets: list[Any]) -> None:
            self.assets, self.bar = assets, -1

        def violation(self, snapshot: AccountSnapshot) -> None:
            self.bar += 1
            for place in STEPS.get(self.bar, ()):
                place(snapshot.gate, *self.assets)

    def with_the_plan(context: Any) -> None:
        models(context)
        context.register_account_control(Plan(context.symbols(*PRICES)))

    by_rule = run(initialize=with_the_plan, days=BARS)
    by_strategy = run(in_a_strategy(STEPS), initialize=models, days=BARS)
    assert by_rule.ledger_hash == by_strategy.ledger_hash
    assert by_rule.order_events.equals(by_strategy.order_events)


def test_a_run_is_ordered_for_from_outside() -> None:
    """As a server does it: step by step, with no strategy but its models."""
    stepped = rustybt.Run(DAYS[0], DAYS[BARS - 1], models, 10_000, bundle="small", progress=False)
    assets, bar = stepped.context.symbols(*PRICES), -1
    with pytest.raises(OrderDuringInitialize):
        stepped.gate.order(assets[0], 1)
    while (moment := stepped.step()) is not None:
        if moment.phase.name == "MARKET":
            bar += 1
            for place in STEPS.get(bar, ()):
                place(stepped.gate, *assets)
    by_strategy = run(in_a_strategy(STEPS), initialize=models, days=BARS)
    assert stepped.finish().ledger_hash == by_strategy.ledger_hash
    assert stepped.finish().order_events.equals(by_strategy.order_events)


@pytest.mark.parametrize("phase", ["before"])
def test_out_of_the_moment_nothing_is_placed(session: Session, phase: str) -> None:
    session.phase.phase = phase
    with pytest.raises(OrderInBeforeTradingStart):
        session.gate.order(session.assets[0], 1)
    assert not session.book.orders
    with pytest.raises(InputError, match="there is no order"):
        session.gate.cancel_order("main-1")


def test_controls_hold_whoever_orders(session: Session) -> None:
    session.gate.controls += [MaxOrderSize("reject", max_shares=50), LongOnly()]
    session.market.before_open, session.market.bar = False, 1
    asset = session.assets[0]
    refused, placed = session.gate.order(asset, 51), session.gate.order_percent(asset, 0.001)
    assert [order.status.name for order in session.book.orders] == ["REJECTED", "OPEN"]
    assert (refused, placed) == ("main-1", "main-2")
    with pytest.raises(TradingControlViolation, match="LongOnly"):
        session.gate.order_target_percent(asset, -0.001)
