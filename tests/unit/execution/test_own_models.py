"""Slippage and commission models of the user's own, written as for Zipline."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import commission, order, slippage, symbol
from rustybt.core import Equity, Future
from rustybt.errors import (
    IncompatibleCommissionModel,
    IncompatibleSlippageModel,
    InputError,
    NonFiniteInput,
    TransactionVolumeExceedsOrder,
    TransactionWithWrongDirection,
    UnsupportedCommissionModel,
    UnsupportedSlippageModel,
)
from tests.unit._small import ingest, run

D = Decimal


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [(8, 9, 7, 8, 100)] * 6})


def fills(model: Any = None, fees: Any = None, amounts: tuple[Any, ...] = (30,), **how: Any) -> list[tuple[Any, ...]]:
    """Session, amount, price and commission of each fill; the orders are placed on the first bar."""

    def place(context: Any, data: Any) -> None:
        for amount in amounts:
            order(symbol("A"), amount)

    def initialize(context: Any) -> None:
        if model is not None:
            context.set_slippage(model)
        if fees is not None:
            context.set_commission(fees)

    result = run({0: place}, initialize=initialize, **how)
    return [
        (day.day, amount, price, fee)
        for day, amount, price, fee in result.transactions.select(
            "session", "amount", "price", "commission"
        ).iter_rows()
    ]


ASKED: list[Any] = []
"""What models were asked; on themselves they would keep it for one run."""


class TenABar(slippage.SlippageModel):
    """Ten units of a bar, a hundredth of the day's range away."""

    def process_order(self, data: Any, order: Any) -> Any:
        left = 10 - self.volume_for_bar
        ASKED.append((self.volume_for_bar, order.open_amount, order.direction))
        if left <= 0:
            raise slippage.LiquidityExceeded
        spread = (data.current(order.asset, "high") - data.current(order.asset, "low")) / 100
        return data.current(order.asset, "close") + spread * order.direction, min(left, order.open_amount)


def test_a_model_says_price_and_units_in_the_numbers_of_the_run() -> None:
    ASKED.clear()
    expected = [(2, D(10), D("8.02"), D(0)), (3, D(10), D("8.02"), D(0)), (4, D(5), D("8.02"), D(0))]
    assert fills(TenABar(), amounts=(25, 30))[:3] == expected
    # of the third bar five are left for the second order
    assert fills(TenABar(), amounts=(25, 30))[3] == (4, D(5), D("8.02"), D(0))
    assert ASKED[:2] == [(0, 25, 1), (10, 30, 1)]
    floats = fills(TenABar(), amounts=(25,), numbers="float")
    assert floats == [(2, D(10), D("8.02"), D(0)), (3, D(10), D("8.02"), D(0)), (4, D(5), D("8.02"), D(0))]


def test_a_price_is_rounded_half_even_to_ten_decimals_more_than_the_asset_has() -> None:
    class Third(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            return D(25) / D(3), order.open_amount

    assert fills(Third())[0][2] == D("8.3333333333")


def test_nothing_is_an_answer() -> None:
    class Second(slippage.SlippageModel):
        asked = 0

        def process_order(self, data: Any, order: Any) -> Any:
            self.asked += 1
            return (None, None) if self.asked == 1 else (data.current(order.asset, "close"), "29.9")

    result = run(
        {0: lambda c, d: order(symbol("A"), 30), 1: lambda c, d: c.seen.append(c.get_order("main-1").reason)},
        initialize=lambda c: (c.set_slippage(Second()), setattr(c, "seen", [])),
        analyze=lambda c, r: c.seen.append(r.transactions["amount"].to_list()),
        days=3,
    )
    assert result.transactions["amount"].to_list() == [D(29)]
    assert result.orders["reason"].to_list() == ["the volume share of the bar allowed a part only"]


def test_a_model_may_ask_the_one_it_was_derived_from() -> None:
    class Dearer(slippage.VolumeShareSlippage):
        def process_order(self, data: Any, order: Any) -> Any:
            price, units = super().process_order(data, order)
            return (None, None) if price is None else (price + 1, units)

    class Twice(commission.PerShare):
        def calculate(self, order: Any, transaction: Any) -> Any:
            return 2 * super().calculate(order, transaction)

    # 50 of 100: impact 0.1 x 0.25 of 8 is 0.2; two orders share the 50 of a bar
    made = fills(Dearer(D("0.5"), D("0.1")), Twice("0.01"), amounts=(30, 30))
    assert made == [
        (2, D(30), D("9.072"), D("0.6")),
        (2, D(20), D("9.2"), D("0.4")),
        # as in Zipline, a later fill pays what the cost of all exceeds what was paid by: 0.3 less 0.4
        (3, D(10), D("9.008"), D(0)),
    ]


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        ((8, 31), TransactionVolumeExceedsOrder, "31 units for an order of 30, of which 0 are filled"),
        ((8, -1), TransactionWithWrongDirection, "sign"),
        ((float("nan"), 1), NonFiniteInput, "price of"),
        ((8, "x"), NonFiniteInput, "units of"),
        (8, InputError, r"\(None, None\)"),
    ],
)
def test_an_answer_that_can_not_be_is_refused(answer: Any, error: type[Exception], match: str) -> None:
    class Odd(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            return answer

    with pytest.raises(error, match=match):
        fills(Odd())


def test_an_order_that_reduces_fills_what_is_left_to_reduce() -> None:
    """A model of one's own answers with the open amount, as Zipline's do; the position allows less."""

    class Whole(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            return 8, order.open_amount

    def leave(context: Any, data: Any) -> None:
        order(symbol("A"), -20)
        order(symbol("A"), -30, reduce_only=True)

    result = run({0: lambda c, d: order(symbol("A"), 30), 2: leave}, initialize=lambda c: c.set_slippage(Whole()))
    assert result.transactions["amount"].to_list() == [30, -20, -10]


def test_a_limit_holds_against_a_model_of_ones_own() -> None:
    class Far(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            return 20, order.open_amount

    def price(compat: Any) -> Any:
        return (
            run(
                {0: lambda c, d: order(symbol("A"), 1, limit_price=8)},
                initialize=lambda c: c.set_slippage(Far()),
                compat=compat,
            )
            .transactions["price"]
            .to_list()
        )

    assert (price(None), price("zipline")) == ([D(8)], [D(20)])


def test_a_commission_sees_the_fill_and_what_was_paid() -> None:
    class Half(commission.CommissionModel):
        seen: list[Any] = []  # noqa: RUF012

        def calculate(self, order: Any, transaction: Any) -> Any:
            self.seen.append(
                (order.filled, order.commission, transaction.amount, transaction.price, transaction.order_id)
            )
            return transaction.price * abs(transaction.amount) / 2

    assert fills(TenABar(), Half(), amounts=(20,)) == [(2, 10, D("8.02"), D("40.1")), (3, 10, D("8.02"), D("40.1"))]
    assert Half.seen == [(0, 0, 10, D("8.02"), "main-1"), (10, D("40.1"), 10, D("8.02"), "main-1")]


def test_a_cost_below_zero_is_no_rebate_unless_the_model_says_so() -> None:
    class FrameBuilder(commission.CommissionModel):
        def calculate(self, order: Any, transaction: Any) -> Any:
            return -0.5

    assert fills(None, FrameBuilder())[0][3] == 0
    FrameBuilder.rebates = True
    assert fills(None, FrameBuilder())[0][3] == D("-0.5")


def test_a_cost_that_is_nothing_is_refused() -> None:
    class Forgot(commission.CommissionModel):
        def calculate(self, order: Any, transaction: Any) -> Any:
            return None

    with pytest.raises(InputError, match=r"Forgot\.calculate returned None"):
        fills(None, Forgot())


def test_a_model_without_an_answer_says_so() -> None:
    with pytest.raises(NotImplementedError, match="process_order"):
        fills(slippage.SlippageModel())
    with pytest.raises(NotImplementedError, match="get_txn_volume"):
        fills(slippage.MarketImpactBase())


def test_a_model_is_made_for_classes_of_assets() -> None:
    class Both(slippage.EquitySlippageModel, slippage.FutureSlippageModel):
        pass

    class OfFutures(slippage.FutureSlippageModel):
        pass

    class Contracts(commission.FutureCommissionModel):
        pass

    assert Both.allowed_asset_types == (Equity, Future)
    assert Contracts.allowed_asset_types == (Future,)
    with pytest.raises(IncompatibleSlippageModel, match=r"us_equities=.*made for Future\."):
        run(initialize=lambda c: c.set_slippage(OfFutures()))
    with pytest.raises(IncompatibleCommissionModel, match=r"us_futures=.*made for Equity\."):
        run(initialize=lambda c: c.set_commission(us_futures=commission.PerShare()))
    with pytest.raises(IncompatibleCommissionModel):
        run(initialize=lambda c: c.set_commission(Contracts()))
    with pytest.raises(UnsupportedSlippageModel, match="process_order"):
        run(initialize=lambda c: c.set_slippage(slippage.NoSlippage))
    with pytest.raises(UnsupportedCommissionModel, match="calculate"):
        run(initialize=lambda c: c.set_commission(5))
    run(initialize=lambda c: (c.set_slippage(us_futures=Both()), c.set_commission(us_futures=Contracts())))


class Window(slippage.MarketImpactBase):
    """A tenth of the price where there is a history, half the bar at most."""

    def get_txn_volume(self, data: Any, order: Any) -> Any:
        return data.current(order.asset, "volume") / 2

    def get_simulated_impact(self, **seen: Any) -> Any:
        ASKED.append(seen)
        return seen["current_price"] / 10


def test_market_impact_looks_at_the_last_twenty_sessions() -> None:
    import datetime as dt

    days = [dt.date(2021, 2, 1) + dt.timedelta(days=k) for k in range(30)]
    # closes go 10, 11, 10, 11, ...: returns of 1/10 and -1/11 by turns
    bars = [(10 + k % 2, 12, 9, 10 + k % 2, 100 + 10 * (k % 2)) for k in range(30)]
    ingest({"A": bars}, days=days)
    ASKED.clear()
    result = run(
        {0: lambda c, d: order(symbol("A"), 5000), 24: lambda c, d: c.cancel_order("main-1")},
        initialize=lambda c: c.set_slippage(Window()),
        end=days[25],
    )
    prices = result.transactions["price"].to_list()
    # the middle of the bar is 10.5: 10 basis points more until twenty sessions lie behind, then a tenth
    assert prices[0] == D("10.5105")
    assert prices[-1] == D("11.55")
    ups, downs = [D(1) / 10] * 10, [D(-1) / 11] * 9
    returns = ups + downs
    mean = sum(returns) / 19
    sigma = (sum((r - mean) ** 2 for r in returns) / 18 * 252).sqrt()
    last = ASKED[-1]
    assert last["mean_volume"] == 105
    assert abs(last["volatility"] - sigma) < D("1e-17")
    assert (last["txn_volume"], last["current_price"]) == (50, D("10.5"))


def test_one_model_may_serve_runs_side_by_side() -> None:
    """A model at the top of a module, used by two runs in threads."""
    model = slippage.FixedBasisPointsSlippage(10, 1)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(fills(model))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(2, D(30), D("8.008"), D(0))]] * 2
