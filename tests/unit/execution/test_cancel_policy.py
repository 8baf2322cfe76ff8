"""When open orders are cancelled: by the policies that come along, and by one's own."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import EODCancel, NeverCancel, cancel_policy, order, set_cancel_policy, symbol
from rustybt.errors import SetCancelPolicyPostInit, UnsupportedCancelPolicy
from tests.unit._small import DAYS, ingest, ingest_minutes, run

OPENS = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def with_policy(policy: Any) -> Any:
    return lambda context: set_cancel_policy(policy)


def status_of_orders(limits: list[int], bar: int = 0, policy: Any = None, **settings: Any) -> list[tuple[str, Any]]:
    """Limits of orders for one unit, placed on a bar; how each ends, and when, as days after the first."""

    def place(context: Any, data: Any) -> None:
        for limit in limits:
            order(symbol("A"), 1, limit_price=limit)

    result = run({bar: place}, initialize=with_policy(policy) if policy else None, **settings)
    rows = result.orders.select("status", "dt").iter_rows()
    return [(status, (when - OPENS) // dt.timedelta(days=1)) for status, when in rows]


def test_nothing_is_cancelled_by_default() -> None:
    ingest({"A": ["8"] * 5})
    assert status_of_orders([7, 7]) == [("open", 1), ("open", 1)]
    assert status_of_orders([7, 7], policy=NeverCancel()) == [("open", 1), ("open", 1)]


def test_a_daily_order_has_the_session_after_it_and_no_more() -> None:
    ingest({"A": ["8"] * 5})
    assert status_of_orders([7, 9], policy=EODCancel(warn_on_cancel=False)) == [("cancelled", 2), ("filled", 2)]


def test_zipline_cancels_the_oldest_of_several_daily_orders_only() -> None:
    ingest({"A": ["8"] * 5})
    policy = EODCancel(warn_on_cancel=False)
    assert status_of_orders([7], policy=policy, compat="zipline") == [("open", 1)]
    # one a session, until one is left
    left = status_of_orders([7, 6, 5], policy=policy, compat="zipline")
    assert left == [("cancelled", 1), ("cancelled", 2), ("open", 1)]


@pytest.mark.parametrize("bar", [0, 1438, 1439])
@pytest.mark.parametrize("compat", [None, "zipline"])
def test_in_a_minute_run_nothing_is_open_after_the_close(bar: int, compat: Any) -> None:
    ingest_minutes({"A": ["8"] * 1440 * 2}, OPENS)
    ends = status_of_orders(
        [7, 7], bar, EODCancel(warn_on_cancel=False), days=2, data_frequency="minute", compat=compat
    )
    assert ends == [("cancelled", 1)] * 2


def test_a_cancelled_order_is_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ingest({"A": [(8, 8, 8, 8, 100)] * 5})

    def place(context: Any, data: Any) -> None:
        order(symbol("A"), 10, limit_price=7)

    with caplog.at_level(logging.WARNING, logger="rustybt.orders"):
        run({0: place}, initialize=with_policy(EODCancel()))
    assert [record.getMessage() for record in caplog.records] == [
        "The session ended: order main-1 for 10 of A was cancelled, nothing of it had been filled."
    ]


def test_a_policy_of_ones_own_decides_by_itself() -> None:
    ingest({"A": ["8"] * 6})
    asked: list[int] = []

    class Fridays(cancel_policy.CancelPolicy):
        def should_cancel(self, event: int) -> bool:
            asked.append(event)
            return len(asked) == 4

    assert status_of_orders([7], policy=Fridays()) == [("cancelled", 4)]
    assert asked == [cancel_policy.SESSION_END] * 5


def test_a_policy_is_set_in_initialize_and_is_one() -> None:
    ingest({"A": ["8"] * 5})
    with pytest.raises(UnsupportedCancelPolicy, match="EODCancel"):
        run(initialize=with_policy("daily"))
    with pytest.raises(UnsupportedCancelPolicy):
        run(initialize=with_policy(EODCancel))
    with pytest.raises(SetCancelPolicyPostInit):
        run(lambda context, data: set_cancel_policy(EODCancel()))
    with pytest.raises(NotImplementedError, match="should_cancel"):
        run(initialize=with_policy(cancel_policy.CancelPolicy()))


def test_the_reason_is_kept() -> None:
    ingest({"A": ["8"] * 5})
    result = run({0: lambda context, data: order(symbol("A"), 1, 7)}, initialize=with_policy(EODCancel(False)))
    assert result.orders["reason"].to_list() == ["the session ended"]
    assert result.order_events.row(-1)[2:5] == (
        result.order_events["stamp"][-1],
        "cancelled",
        Decimal(1),
    )
    assert DAYS[1] == dt.date(2021, 2, 2)
