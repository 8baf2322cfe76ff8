"""A run with another broker in place of, or around, the simulated one: the same books, and every message in sight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import cancel_policy, commission, set_cancel_policy, set_commission, set_slippage, slippage
from rustybt.core import Cause, Moment, OrderTerms, Report
from rustybt.errors import IllegalTransition, InputError
from rustybt.execution import Broker, WorkingOrder
from tests.unit._small import DAYS, ingest

BARS: dict[str, list[Any]] = {
    "A": [("10", "11", "9", str(price), 400) for price in (10, 9.5, 10.5, 10, 9, 10, 11, 10)],
    "B": ["20", "21", None, "19", "22", "20", "21", "20"],
}


class Passing:
    """A broker around a broker that keeps what goes through it, as a journal does."""

    def __init__(self, inner: Broker) -> None:
        self.inner = inner
        self.asked: list[str] = []
        self.reported: list[Report] = []

    def submit(self, order: WorkingOrder) -> None:
        self.asked.append("submit")
        self.inner.submit(order)

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None
    ) -> None:
        self.asked.append("replace")
        self.inner.replace(order, terms, stamp, amount)

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None) -> None:
        self.asked.append(f"cancel {cause.label}")
        self.inner.cancel(order, stamp, cause, told)

    def reports(self, moment: Moment) -> Iterable[Report]:
        for report in self.inner.reports(moment):
            self.reported.append(report)
            yield report


class Silenced:
    """A broker that says nothing, and not as an empty list either."""

    def submit(self, *_: Any) -> None: ...

    replace = cancel = reports = submit


class Around(rustybt.SimulationBlotter):
    """Puts `Passing` around the simulated broker."""

    def __init__(self) -> None:
        super().__init__(cancel_policy=cancel_policy.NeverCancel())
        self.passing: list[Passing] = []

    def broker(self, simulated: Broker) -> Broker:
        self.passing.append(Passing(simulated))
        return self.passing[-1]


def run(blotter: Any, *, ends_orders: bool, **settings: Any) -> rustybt.Result:
    def initialize(context: Any) -> None:
        set_slippage(slippage.FixedBasisPointsSlippage(5, "0.1"))
        set_commission(commission.PerShare("0.01", 1))
        if ends_orders:
            set_cancel_policy(cancel_policy.EODCancel(warn_on_cancel=False))
        context.a, context.b, context.bar = context.symbol("A"), context.symbol("B"), 0

    def before_trading_start(context: Any, data: Any) -> None:
        if context.bar in (0, 3):
            context.batch_market_order({context.a: 5, context.b: 2})

    def handle_data(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order(context.a, 90)
            context.order(context.a, 30, limit_price=9.4)
            context.order(context.b, -7, stop_price=19)
        if context.bar == 2:
            context.last = context.order(context.b, 4, limit_price=22, stop_price=20)
            context.order_target_percent(context.a, 0.2)
            context.order_target_percents({context.a: 0.1, context.b: 0.3})
        if context.bar == 3:
            context.cancel_order(context.last)
            context.cancel_order(context.last)
        context.order_target_percent(context.b, 0.05 * (context.bar % 3))
        context.bar += 1

    return rustybt.run_algorithm(
        DAYS[0], DAYS[6], initialize, 5_000, handle_data, before_trading_start, bundle="small", blotter=blotter,
        **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"trigger": "range"},
        {"fill_at": "open"},
        {"compat": "zipline"},
        {"data_frequency": "1w", "trigger": "range"},
    ],
)
@pytest.mark.parametrize("ends_orders", [False, True])
def test_a_broker_that_passes_everything_on_leaves_the_same_books(settings: dict[str, Any], ends_orders: bool) -> None:
    ingest(BARS, splits=[("A", DAYS[4], "1/2")])
    direct = run(
        rustybt.SimulationBlotter(cancel_policy=cancel_policy.NeverCancel()), ends_orders=ends_orders, **settings
    )
    around = Around()
    passed = run(around, ends_orders=ends_orders, **settings)
    assert passed.ledger_hash == direct.ledger_hash
    for name in ("entries", "orders", "order_events", "transactions"):
        assert getattr(passed, name).equals(getattr(direct, name)), name
    (passing,) = around.passing
    kinds = [report.kind.value for report in passing.reported]
    events = direct.order_events.filter(pl.col("kind") != "adjusted")
    assert sorted(kind for kind in kinds if kind != "not_filled") == sorted(events["kind"])
    assert passing.asked.count("submit") == direct.orders.height


def test_a_broker_that_does_nothing_leaves_every_order_unconfirmed() -> None:
    class Silent(Passing):
        def submit(self, order: WorkingOrder) -> None:
            self.asked.append("submit")

    class Lost(Around):
        def broker(self, simulated: Broker) -> Broker:
            return Silent(simulated)

    ingest(BARS)
    result = run(Lost(), ends_orders=False)
    assert set(result.orders["status"]) == {"pending_new"}
    assert result.transactions.height == result.order_events.height == 0


def _at(report: Report, price: Any) -> Report:
    return report._replace(price=price) if "filled" in report.kind.value.split("_")[-1:] else report


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda report: report._replace(order=0), IllegalTransition, "reported order 0 accepted, and the run has "),
        (lambda report: report._replace(order=-1), IllegalTransition, "reported order -1 accepted"),
        (
            lambda report: report._replace(order=9),
            IllegalTransition,
            "Report the number of the order that was submitted",
        ),
        (lambda report: report._replace(order="1"), IllegalTransition, "reported order '1'"),
        (lambda report: report._replace(stamp=None), InputError, "Pass the stamp in ns UTC"),
        (lambda report: "filled", InputError, "reported 'filled'. Report with rustybt.core.Report"),
        (
            lambda report: report._replace(stamp=0),
            InputError,
            "accepted at 1970-01-01 00:00:00+00:00, and it was placed",
        ),
        (
            lambda report: _at(report, 0),
            InputError,
            "of A at 0. Report a price above zero, as an integer with 11 decimals",
        ),
        (lambda report: _at(report, -(10**12)), InputError, "of A at -10. Report"),
        (lambda report: _at(report, None), InputError, "of A at None. Report a price above zero, as an integer with 1"),
        (lambda report: _at(report, 9.5), InputError, "of A at 9.5. Report a price above zero"),
    ],
)
@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_a_report_of_no_order_is_refused(change: Any, error: type[Exception], told: str, kernel: str) -> None:
    class Wrong(Passing):
        def reports(self, moment: Moment) -> Iterable[Report]:
            return map(change, self.inner.reports(moment))

    class Misled(Around):
        def broker(self, simulated: Broker) -> Broker:
            return Wrong(simulated)

    ingest(BARS)
    with pytest.raises(error, match=re.escape(told)):
        run(Misled(), ends_orders=False, kernel=kernel)


@pytest.mark.parametrize(
    ("returned", "told"), [(None, "returned None, which has no method submit"), (Silenced(), "reports returned None")]
)
def test_what_is_no_broker_is_refused(returned: Any, told: str) -> None:
    class Odd(Around):
        def broker(self, simulated: Broker) -> Broker:
            broker: Broker = returned
            return broker

    ingest(BARS)
    with pytest.raises(InputError, match=told):
        run(Odd(), ends_orders=False)
