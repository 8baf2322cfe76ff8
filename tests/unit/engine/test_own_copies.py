"""What is handed to a run is copied for it: runs that are given one object share nothing that changes."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import SimulationBlotter, metrics
from rustybt.api import cancel_policy, commission, execution, order, slippage, symbol
from rustybt.errors import InputError
from tests.unit._small import DAYS, ingest, run

D = Decimal
PRICES: list[Any] = [10, 11, 12, 11, 13, 12, 14, 15, 14, 16]


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [(p + 1, p + 2, p - 2, p, 100) for p in PRICES]})


class Tiring(slippage.SlippageModel):
    """Fills worse with each order that it filled: state in a number, in a list and in an object of its own."""

    def __init__(self, book: Any = None) -> None:
        self.asked = 0
        self.prices: list[Any] = [] if book is None else book
        self.more = {"last": D(0)}

    def process_order(self, data: Any, order: Any) -> Any:
        self.asked += 1
        self.prices.append(data.current(order.asset, "close"))
        self.more["last"] += 1
        return self.prices[-1] + self.asked + len(self.prices) + self.more["last"], min(order.open_amount, 7)


class Rising(commission.CommissionModel):
    """Each fill costs one more than the one before."""

    paid = 0

    def calculate(self, order: Any, transaction: Any) -> Any:
        self.paid += 1
        return self.paid


class EveryOther(cancel_policy.CancelPolicy):
    """Cancels at every other close."""

    def __init__(self) -> None:
        self.closes = [0]

    def should_cancel(self, event: int) -> bool:
        self.closes.append(event)
        return len(self.closes) % 2 == 0


class AtMost(execution.TradingControl):
    """Three orders a run."""

    def __init__(self) -> None:
        super().__init__("reject")
        self.seen: list[Any] = []

    def validate(self, asset: Any, amount: Any, portfolio: Any, algo_datetime: Any, algo_current_data: Any) -> None:
        self.seen.append(amount)
        if len(self.seen) > 3:
            self.handle_violation(asset, amount, algo_datetime)


class Counting(execution.AccountControl):
    """Nothing but state."""

    closes = 0

    def violation(self, standing: Any) -> str | None:
        self.closes += 1
        return "the run is longer than any" if self.closes > 8 else None


class OnThirds(execution.Restrictions):
    """Every third question finds the asset restricted."""

    asked = 0

    def frozen(self, asset: Any, dt: Any) -> bool:
        self.asked += 1
        return self.asked % 3 == 0


class Sum:
    """A metric: the sum of the values so far."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        self.values.append(ledger.portfolio.portfolio_value)
        packet["daily_perf"]["sum"] = sum(self.values)


def models() -> list[tuple[str, Any, dict[str, Any]]]:
    """Every public class of models, policies, controls and metrics, and some of a user's own, ready for use."""
    half = D("0.5")
    of_slippage: list[Any] = [
        slippage.NoSlippage(), slippage.FixedSlippage("0.2"), slippage.FixedBasisPointsSlippage(30, half),
        slippage.VolumeShareSlippage(half, "0.1"), slippage.AtTick(slippage.FixedBasisPointsSlippage(30, half)),
        slippage.AtTick(slippage.VolumeShareSlippage(half)), Tiring(), Middle(), Middle(["3"]), Derived(half, "0.1"),
    ]  # fmt: skip
    of_commission: list[Any] = [
        commission.NoCommission(), commission.PerShare("0.1", 2), commission.PerTrade(3), commission.PerDollar("0.01"),
        Rising(), Doubled("0.1", 2),
    ]  # fmt: skip
    found = [("set_slippage", model, {}) for model in of_slippage]
    found += [("set_commission", model, {}) for model in of_commission]
    found += [("set_cancel_policy", one, {}) for one in (EveryOther(), cancel_policy.EODCancel(False))]
    found += [("register_trading_control", one, {}) for one in (AtMost(), execution.MaxOrderCount("reject", 1))]
    found.append(("register_account_control", Counting(), {}))
    found.append(("set_asset_restrictions", OnThirds(), {"on_error": "reject"}))
    of_metrics: list[Any] = [Sum(), metrics.StartOfPeriodLedgerField("portfolio.cash", "then")]
    found += [("metrics_set", [one], {}) for one in of_metrics]
    return found


class Middle(slippage.MarketImpactBase):
    """Looks at the market by itself."""

    def __init__(self, parts: Any = ()) -> None:
        self.parts = [*parts]

    def get_txn_volume(self, data: Any, order: Any) -> Any:
        return data.current(order.asset, "volume") / 20

    def get_simulated_impact(self, **asked: Any) -> Any:
        return 1


class Derived(slippage.VolumeShareSlippage):
    """Asks the model that it was derived from."""

    def process_order(self, data: Any, order: Any) -> Any:
        price, units = super().process_order(data, order)
        return (None, None) if price is None else (price + self.volume_for_bar, units)


class Doubled(commission.PerShare):
    """The same of a commission."""

    def calculate(self, order: Any, transaction: Any) -> Any:
        return 2 * super().calculate(order, transaction)


Before = Callable[[], Any]


def books(setter: str, given: Any, options: dict[str, Any], before: Before | None = None, **how: Any) -> Any:
    """The hash of a run that was given something, and what metrics wrote. before: called with every bar."""

    def initialize(context: Any) -> None:
        if setter != "metrics_set":
            getattr(context, setter)(given, **options)

    def on_bar(context: Any, data: Any) -> None:
        if before is not None:
            before()
        order(symbol("A"), 5)
        order(symbol("A"), 6, limit_price=12)

    more = {"metrics_set": given} if setter == "metrics_set" else {}
    result = run(on_bar, initialize=initialize, days=8, **more, **how)
    return result.ledger_hash, result.measures.rows(), result.orders["status"].to_list()


CASES = [pytest.param(*case, id=f"{case[0]}-{type(case[1]).__name__}-{n}") for n, case in enumerate(models())]


@pytest.mark.parametrize(("setter", "given", "options"), CASES)
def test_runs_one_after_the_other_in_threads_and_within_each_other_have_the_books_of_the_run_alone(
    setter: str, given: Any, options: dict[str, Any]
) -> None:
    alone = books(setter, given, options)
    assert books(setter, given, options) == alone
    # by turns, a bar each: at each bar both runs are in the middle
    turns = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(books, setter, given, options, lambda: turns.wait(30)) for _ in range(2)]
        assert [one.result() for one in both] == [alone, alone]
    inner: list[Any] = []
    outer = books(setter, given, options, lambda: inner.append(books(setter, given, options)) if not inner else None)
    assert [outer, *inner] == [alone, alone]


def test_runs_on_two_markets_see_each_its_own() -> None:
    ingest({"A": [(p + 1, p + 2, p - 2, p, 100) for p in PRICES]})
    cheap, dear = Middle(), None
    prices: dict[int, list[Any]] = {}

    def initialize(context: Any) -> None:
        context.set_slippage(cheap)

    def on_bar(context: Any, data: Any) -> None:
        order(symbol("A"), 1)
        if context.bar == 2 and dear is not None:
            prices[2] = dear().transactions["price"].to_list()

    frame = pl.DataFrame(
        {"symbol": "A", "date": DAYS[:10], **{f: [1000] * 10 for f in ("open", "high", "low", "close")}, "volume": 100}
    )
    rustybt.ingest("dear", frame, calendar="24/7", mode="replace")
    dear = lambda: rustybt.run_algorithm(  # noqa: E731
        DAYS[0], DAYS[4], initialize, 10**6, lambda c, d: order(symbol("A"), 1), bundle="dear", progress=False
    )
    outer = run(on_bar, initialize=initialize, days=6).transactions["price"].to_list()
    # the middle of high and low is the close; ten basis points more, as there are no twenty sessions before
    assert outer == [D(p) * D("1.001") for p in PRICES[1:6]]
    assert prices[2] == [D(1001)] * 4


def test_a_blotter_serves_several_runs_and_keeps_the_market_of_none() -> None:
    seen: list[weakref.ref[Any]] = []
    shared = SimulationBlotter(Middle(), slippage.VolatilityVolumeShare("0.1"), Doubled("0.1"), None, EveryOther())

    def on_bar(context: Any, data: Any) -> None:
        order(symbol("A"), 3)
        if context.bar == 0:
            seen.append(weakref.ref(rustybt.strategy.parts_of(context).account))

    settings: dict[str, Any] = {"bundle": "small", "progress": False, "blotter": shared}

    def on_its_own() -> Any:
        counter = {"bar": -1}

        def handle_data(context: Any, data: Any) -> None:
            counter["bar"] += 1
            context.bar = counter["bar"]
            on_bar(context, data)

        return rustybt.run_algorithm(DAYS[0], DAYS[6], None, 10_000, handle_data, **settings).ledger_hash

    before = {name: dict(vars(model)) for name, model in shared.slippage.items()}
    assert on_its_own() == on_its_own()
    gc.collect()
    assert [account() for account in seen] == [None, None]
    assert {name: dict(vars(model)) for name, model in shared.slippage.items()} == before
    assert shared.cancel_policy.closes == [0]


def test_what_the_context_and_the_strategy_hold_of_it_is_the_runs_own() -> None:
    class Own(rustybt.Strategy):
        def initialize(self, context: Any) -> None:
            context.seen, self.fees = [], Rising()
            context.model = Tiring(context.seen)
            context.set_slippage(context.model)
            context.set_commission(self.fees)

        def handle_data(self, context: Any, data: Any) -> None:
            order(symbol("A"), 5)
            # what a strategy tells its model counts
            context.model.asked = 100
            self.fees.paid = 50

        def analyze(self, context: Any, perf: Any) -> None:
            told.append((context.seen, context.model.prices))

    told: list[Any] = []
    result = rustybt.run_algorithm(DAYS[0], DAYS[2], strategy=Own, bundle="small", progress=False)
    # the close of 11 and 12, a hundred and one, so many orders twice
    assert result.transactions["price"].to_list() == [D(11 + 101 + 1 + 1), D(12 + 101 + 2 + 2)]
    assert result.transactions["commission"].to_list() == [D(51), D(51)]
    assert told == [([D(11), D(12)], [D(11), D(12)])]
    assert told[0][0] is told[0][1]


def test_a_model_may_hold_the_context_and_the_strategy() -> None:
    class Asking(slippage.SlippageModel):
        def __init__(self, context: Any) -> None:
            self.context = context

        def process_order(self, data: Any, order: Any) -> Any:
            return self.context.spread + data.current(order.asset, "close"), order.open_amount

    def on_bar(context: Any, data: Any) -> None:
        context.spread = context.bar
        order(symbol("A"), 5)

    result = run(on_bar, initialize=lambda c: c.set_slippage(Asking(c)), days=3)
    assert result.transactions["price"].to_list() == [D(11), D(13)]


def test_changing_the_object_itself_during_a_run_is_warned_of() -> None:
    model = Tiring()

    def on_bar(context: Any, data: Any) -> None:
        model.asked = context.bar

    with pytest.warns(UserWarning, match=r"Tiring\.asked was set .* a copy .* context"):
        run(on_bar, initialize=lambda c: c.set_slippage(model))


def test_what_can_not_be_copied_is_refused_before_the_first_bar_and_may_say_how_it_is() -> None:
    class Locked(slippage.SlippageModel):
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def process_order(self, data: Any, order: Any) -> Any:
            return data.current(order.asset, "close"), order.open_amount

    class Shared(Locked):
        def __deepcopy__(self, memo: Any) -> Any:
            return self

    bars: list[int] = []
    with pytest.raises(InputError, match=r"slippage model Locked .*'lock'.*__deepcopy__"):
        run(lambda c, d: bars.append(1), initialize=lambda c: c.set_slippage(Locked()))
    assert bars == []
    shared = run({0: lambda c, d: order(symbol("A"), 5)}, initialize=lambda c: c.set_slippage(Shared()))
    assert shared.transactions["price"].to_list() == [D(11)]


def test_a_model_of_a_frozen_class_fills() -> None:
    @dataclass(frozen=True)
    class Frozen(slippage.VolumeShareSlippage):
        volume_limit: Any = 0.5

        def process_order(self, data: Any, order: Any) -> Any:
            left = data.current(order.asset, "volume") * D(str(self.volume_limit)) - self.volume_for_bar
            return data.current(order.asset, "close"), min(left, order.open_amount)

    def on_bar(context: Any, data: Any) -> None:
        order(symbol("A"), 30)
        order(symbol("A"), 30)

    result = run({0: on_bar}, initialize=lambda c: c.set_slippage(Frozen()), days=2)
    assert result.transactions["amount"].to_list() == [D(30), D(20)]


def test_a_copy_that_is_something_else_is_refused():
    class Nothing(slippage.NoSlippage):
        def __deepcopy__(self, memo):
            return None

    def initialize(context):
        context.set_slippage(Nothing())

    with pytest.raises(
        InputError, match=r"slippage model Nothing can't be copied: its __deepcopy__ returned None\. Let"
    ):
        rustybt.run_algorithm("2010-01-04", "2010-01-05", initialize, progress=False)
