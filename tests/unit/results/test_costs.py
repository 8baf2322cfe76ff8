"""What a run cost, by hand: per fill, order, session and in total."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, execution, slippage
from rustybt.core import CostKind
from rustybt.errors import InputError, ResultError
from tests._kernels import KERNELS
from tests.unit._small import DAYS, ingest, ingest_minutes, run

D = Decimal
BARS = [(10, 10, 10, 10, 1000), (11, 13, 9, 12, 1000), (12, 14, 10, 13, 1000), (13, 15, 8, 9, 1000), (9, 9, 9, 9, 1000)]
"""Open, high, low, close, volume."""


def models(slips: Any, fees: Any = None) -> Any:
    def initialize(context: Any) -> None:
        context.set_slippage(slips)
        if fees is not None:
            context.set_commission(fees, commission.NoCommission())

    return initialize


def order(amount: Any, style: Any = None, symbol: str = "A") -> Any:
    return lambda context, data: context.order(context.symbol(symbol), amount, style=style)


@pytest.mark.parametrize("kernel", KERNELS)
def test_slippage_is_measured_against_the_close_and_fees_come_beside_it(kernel: str) -> None:
    """Bought 100 at 12 + 10 basis points, sold 100 at 9 - 10 basis points; 0.01 a share each."""
    ingest({"A": BARS})
    spent = models(slippage.FixedBasisPointsSlippage(10), commission.PerShare("0.01", 0))
    result = run({0: order(100), 2: order(-100)}, initialize=spent, kernel=kernel)
    costs = result.costs
    assert costs.fills.select("reference", "slippage", "commission", "total").rows() == [
        (12, D("1.2"), 1, D("2.2")),
        (9, D("0.9"), 1, D("1.9")),
    ]
    assert costs.by_kind.rows() == [("slippage", None, D("2.1")), ("commission", None, 2)]
    assert costs.orders.select("order_id", "slippage", "total").rows() == [
        ("main-1", D("1.2"), D("2.2")),
        ("main-2", D("0.9"), D("1.9")),
    ]
    assert costs.daily.select("total", "gross", "net").rows() == [
        (0, 0, 0),
        (D("2.2"), 0, D("-2.2")),
        (0, 100, 100),
        (D("1.9"), -400, D("-401.9")),
        (0, 0, 0),
    ]
    assert (costs.gross, costs.net, costs.total) == (-300, D("-304.1"), D("4.1"))
    assert costs.net == result.metrics["pnl"]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("style", "trigger", "fill_at", "reference", "price"),
    [
        (None, "close", "open", 11, "10.989"),
        (execution.StopOrder("9.5"), "range", "close", "9.5", "9.4905"),  # within the bar, at its own price
        (execution.StopOrder("11.5"), "range", "close", 11, "10.989"),  # the bar opened beyond it
        (execution.StopOrder(13), "close", "close", 12, "11.988"),  # tested on the close
        (execution.LimitOrder("12.5"), "range", "open", "12.5", "12.5"),  # a limit holds the price
        (execution.MarketOnOpen(), "range", "close", 11, "10.989"),
    ],
)
def test_the_reference_is_the_price_that_the_bar_offered_this_order(
    style: Any, trigger: str, fill_at: str, reference: Any, price: str, kernel: str
) -> None:
    ingest({"A": BARS})
    spent = models(slippage.FixedBasisPointsSlippage(10))
    result = run({0: order(-10, style)}, initialize=spent, kernel=kernel, trigger=trigger, fill_at=fill_at, days=2)
    (fill,) = result.costs.fills.rows(named=True)
    assert (fill["reference"], fill["price"]) == (D(reference), D(price))
    assert fill["slippage"] == result.costs.total == 10 * (D(reference) - D(price))


@pytest.mark.parametrize("kernel", KERNELS)
def test_in_a_run_of_minutes_the_reference_is_the_minutes(kernel: str) -> None:
    ingest_minutes({"A": [10, 11, 12, 13]}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    spent = models(slippage.FixedBasisPointsSlippage(10))
    result = run({1: order(5)}, initialize=spent, kernel=kernel, days=1, data_frequency="minute")
    assert result.costs.fills.select("reference", "slippage").rows() == [(12, D("0.06"))]


class InParts(slippage.SlippageModel):
    """Six hundredths away from the price: one of spread, two of impact, and the rest."""

    itemised = True

    def quote(self, order: Any, offer: Any) -> Any:
        away = 6 * 10 ** (order.instrument.fill_scale - 2)
        return offer.price + away if order.amount > 0 else offer.price - away, offer.wanted

    def parts(self, order: Any, offer: Any, price: int) -> Any:
        cent = 10 ** (order.instrument.fill_scale - 2)
        return ((CostKind.SPREAD, cent), (CostKind.IMPACT, 2 * cent))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_model_says_what_its_price_is_made_of_and_the_rest_is_slippage(kernel: str) -> None:
    ingest({"A": BARS})
    costs = run({0: order(-10)}, initialize=models(InParts()), kernel=kernel, days=2).costs
    assert costs.by_kind.select("kind", "cost").rows() == [
        ("spread", D("0.1")),
        ("slippage", D("0.3")),
        ("impact", D("0.2")),
    ]
    spread = run({0: order(10)}, initialize=models(slippage.FixedSlippage("0.5")), kernel=kernel, days=2).costs
    assert spread.by_kind.select("kind", "cost").rows() == [("spread", D("2.5"))]


def test_a_better_price_is_a_cost_below_zero() -> None:
    class AtTheLow(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            return data.current(order.asset, "low"), order.amount

    ingest({"A": BARS})
    costs = run({0: order(10)}, initialize=models(AtTheLow()), days=2).costs
    assert (costs.total, costs.gross, costs.net) == (-30, 0, 30)


def test_fees_are_told_by_what_they_are_for_and_a_duty_is_a_tax() -> None:
    class OfTwoParts(commission.CommissionModel):
        itemised = True

        def fee(self, order: Any, fill: Any) -> int:
            return 7 * 10**20

        def parts(self, order: Any, fee: int) -> Any:
            return (("commission", 4 * 10**20), ("sec", 2 * 10**20), ("stamp_duty", 10**20))

    ingest({"A": BARS})
    costs = run({0: order(10)}, initialize=models(slippage.NoSlippage(), OfTwoParts()), days=2).costs
    assert costs.by_kind.rows() == [("commission", None, 4), ("commission", "sec", 2), ("tax", "stamp_duty", 1)]
    assert costs.orders.select("commission", "tax", "total").rows() == [(6, 1, 7)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_funding_is_a_cost_of_no_order_and_received_it_is_below_zero(kernel: str) -> None:
    """Long 3 at 12: 0.01 x 36 paid on the third day, and as much received on the fourth at 13."""
    funding = pl.DataFrame(
        {
            "symbol": ["A", "A"],
            "timestamp": ["2021-02-03T12:00Z", "2021-02-04T12:00Z"],
            "rate": ["0.01", "-0.01"],
            "mark_price": ["12", "13"],
        }
    )
    ingest({"A": BARS}, funding=funding, assets={"type": "perpetual"})
    costs = run({0: order(3)}, kernel=kernel, days=5).costs
    rows = costs.rows.filter(pl.col("kind") == "funding").select("order_id", "fill", "symbol", "cost")
    assert rows.rows() == [(None, None, "A", D("0.36")), (None, None, "A", D("-0.39"))]
    assert costs.gross - costs.net == costs.total == costs.daily["funding"].sum() == D("-0.03")
    assert costs.orders.select("order_id", "total").rows() == [("main-1", 0)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_a_night_costs_belongs_to_the_session_that_it_opens(kernel: str) -> None:
    """Short 36 at 12 from the second day on: 0.1 a year of 432, 468 and 324; this market opens when it closes."""
    ingest({"A": BARS})
    result = run({0: order(-36)}, initialize=lambda context: context.set_borrow(default="0.1"), kernel=kernel)
    days = result.costs.daily.select("borrow", "gross", "net").rows()
    assert days == [
        (0, 0, 0),
        (0, 0, 0),
        (D("0.12"), -36, D("-36.12")),
        (D("0.13"), 144, D("143.87")),
        (D("0.09"), 0, D("-0.09")),
    ]
    assert result.costs.by_kind.rows() == [("borrow", None, D("0.34"))]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_cost_in_another_currency_is_converted_at_its_moment(kernel: str) -> None:
    """Ten at 21 + 0.25 EUR, when a euro is 1.20 USD; later rates change what was paid, and are no cost."""
    prices = {"EU": ["20", "21", "22"], "EUR/USD": ["1.10", "1.20", "1.25"]}
    about = pl.DataFrame({"symbol": ["EU", "EUR/USD"], "currency": ["EUR", "USD"], "type": ["equity", "forex"]})
    ingest(prices, assets=about)
    spent = models(slippage.FixedSlippage("0.5"), commission.PerTrade(2))
    costs = run(
        {0: order(10, symbol="EU")}, initialize=spent, kernel=kernel, days=3, currency="USD", capital=10_000
    ).costs
    assert costs.rows.select("kind", "amount", "currency", "cost").rows() == [
        ("spread", D("2.5"), "EUR", 3),
        ("commission", 2, "EUR", D("2.4")),
    ]
    # 10 at 22 are worth 275 USD, and 212.5 + 2 EUR are owed: 268.125 USD
    assert costs.net == 275 - D("214.5") * D("1.25")
    assert costs.gross == costs.net + D("5.4")


def test_a_position_that_is_closed_out_has_no_cost_of_its_own() -> None:
    about = pl.DataFrame({"symbol": ["A"], "auto_close_date": [DAYS[3]]})
    ingest({"A": BARS}, assets=about)
    result = run({0: order(10)}, initialize=models(slippage.FixedSlippage("0.5")))
    assert result.costs.fills.select("order_id", "price", "reference", "total").rows() == [
        ("main-1", D("12.25"), 12, D("2.5")),
        (None, 9, 9, 0),
    ]


def test_a_run_without_orders_cost_nothing() -> None:
    ingest({"A": BARS})
    costs = run().costs
    assert (costs.total, costs.gross, costs.net) == (0, 0, 0)
    assert [frame.height for frame in (costs.rows, costs.fills, costs.orders, costs.by_kind)] == [0, 0, 0, 0]
    assert costs.daily["total"].to_list() == [0] * 5


def test_costs_come_back_with_a_saved_result_and_are_missed_in_one_of_before(tmp_path: Path) -> None:
    ingest({"A": BARS})
    spent = models(slippage.FixedSlippage("0.5"), commission.PerTrade(2))
    result = run({0: order(10, execution.StopOrder(13))}, initialize=spent, trigger="range")
    loaded = rustybt.Result.load(result.save(tmp_path / "new"))
    assert loaded.costs.rows.equals(result.costs.rows)
    assert loaded.costs.fills.equals(result.costs.fills)
    before = {name: frame for name, frame in result.frames().items() if name != "cost_rows"}
    old = rustybt.Result(before, manifest=result.manifest, periods=result.periods)
    with pytest.raises(ResultError, match="Run the strategy again"):
        old.costs  # noqa: B018
    assert "Spread" not in str(old)


def test_what_is_printed_and_drawn_tells_of_them() -> None:
    ingest({"A": BARS})
    spent = models(slippage.FixedSlippage("0.5"), commission.PerTrade(2))
    result = run({0: order(10)}, initialize=spent)
    lines = [line.split("  ")[0] for line in str(result).splitlines()]
    at = lines.index("Commission")
    assert lines[at : at + 4] == ["Commission", "Spread", "All costs", "Profit before costs"]
    assert repr(result.costs).splitlines()[0].split() == ["spread", "2.50"]
    assert "Profit before costs" in result._repr_html_()
    panel = result.plot(dpi=40).axes[-1]
    assert panel.get_ylabel() == "Costs"
    drawn = {line.get_label(): line.get_ydata()[-1] for line in panel.lines}
    assert (drawn["all costs"], drawn["spread"], drawn["commission"]) == (4.5, 2.5, 2)
    free = run({0: order(10)})
    assert "All costs" not in str(free)
    assert [axes.get_ylabel() for axes in free.plot(dpi=40).axes][-1] == "Trades"


def test_a_kind_that_there_is_not_is_no_zero() -> None:
    ingest({"A": [10, 10]})
    costs = run({}, days=2).costs
    assert costs.of("commission") == 0
    with pytest.raises(InputError, match=r"'fees' is unknown. Pass one of 'spread', 'slippage'"):
        costs.of("fees")
