"""What has arrived before a night takes effect before it; who gave liquidity over a split; worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, latency, slippage, symbol

ONE, TWO = dt.date(2024, 1, 2), dt.date(2024, 1, 3)
EVENING = ["2024-01-02 20:58", "2024-01-02 20:59", "2024-01-02 21:00"]
MIDNIGHT = ["2024-01-02 23:58", "2024-01-02 23:59", "2024-01-03 00:00"]
SPLIT = pl.DataFrame({"symbol": ["X"], "ex_date": [TWO], "ratio": ["1/2"]})


def run(
    calendar: str, script: dict[int, Any], kernel: str, delay: str | None = None, **options: Any
) -> tuple[rustybt.Result, list[int]]:
    """Three minutes at 100, the last of a session; then two at 50, as a share has become two. script: by minute.

    Returns the result, and how many orders were open after each minute.
    """
    evening, morning = (EVENING, "14:31 14:32") if calendar == "XNYS" else (MIDNIGHT, "00:01 00:02")
    stamps = [dt.datetime.fromisoformat(one) for one in (*evening, *(f"{TWO} {one}" for one in morning.split()))]
    prices = [("100", "100", "100", "100")] * 3 + [("54", "56", "53", "54"), ("50", "50", "50", "50")]
    frame = pl.DataFrame(
        [("X", stamp, *price, "1000000") for stamp, price in zip(stamps, prices, strict=True)],
        schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"],
        orient="row",
    )
    open_after = []

    def initialize(context: Any) -> None:
        context.minute = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.FeeSchedule(commission.Charge(kind="fee", per="share", maker="1", taker="2")))
        if delay is not None:
            context.set_latency(latency.Latency(network=delay))

    def handle_data(context: Any, data: Any) -> None:
        if data.current(symbol("X"), "close") is None:
            return
        context.minute += 1
        if context.minute in script:
            script[context.minute](context, symbol("X"))
        open_after.append(len(context.get_open_orders(symbol("X"))))

    rustybt.ingest("x", frame, frequency="1m", stamp="end", tz="UTC", calendar=calendar, splits=SPLIT, mode="replace")
    how: dict[str, Any] = {"bundle": "x", "data_frequency": "minute", "kernel": kernel, "progress": False}
    result = rustybt.run_algorithm(ONE, TWO, initialize, 10**6, handle_data, **how | options)
    return result, open_after


def place(context: Any, asset: Any) -> None:
    context.id = context.order(asset, 10, limit_price=20)


def cancel(context: Any, asset: Any) -> None:
    context.cancel_order(context.id)


def change(context: Any, asset: Any) -> None:
    context.modify_order(context.id, limit_price=30)


# a cancel of the evening's last minute but one: within the last minute, after the end, and in the night
@pytest.mark.parametrize(
    ("calendar", "delay", "options"),
    [
        ("XNYS", "0.2s", {"trigger": "range"}),
        ("24/7", "0.2s", {"trigger": "range"}),
        ("XNYS", "0.2s", {"fill_at": "open"}),
        ("24/7", "0.2s", {"fill_at": "open"}),
        ("XNYS", "61s", {}),
        ("XNYS", "3000s", {"trigger": "range"}),
        ("24/7", "60s", {}),
    ],
)
def test_no_split_restates_an_order_whose_cancel_arrived_before(
    calendar: str, delay: str, options: Any, kernels: str
) -> None:
    result, open_after = run(calendar, {0: place, 1: cancel}, kernels, delay, **options)
    events = result.order_events
    assert events["kind"].to_list() == ["accepted", "cancelled"]
    assert result.orders["amount"].to_list() == [10]
    assert events["stamp"].is_sorted()
    assert open_after[3:] == [0, 0]


def test_a_split_restates_an_order_whose_cancel_arrives_after(kernels: str) -> None:
    """Sent at midnight, it arrives a moment after the split of midnight."""
    result, _ = run("24/7", {1: place, 2: cancel}, kernels, "0.2s")
    assert result.order_events["kind"].to_list() == ["accepted", "adjusted", "cancelled"]
    assert result.orders["amount"].to_list() == [20]


@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_a_split_restates_the_prices_of_a_change_that_arrived_before(calendar: str, kernels: str) -> None:
    result, _ = run(calendar, {0: place, 1: change}, kernels, "0.2s", trigger="range")
    assert result.order_events["kind"].to_list() == ["accepted", "replaced", "adjusted"]
    assert result.orders.select("amount", "limit").row(0) == (20, Decimal(15))


@pytest.mark.parametrize("trigger", ["close", "range"])
@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_a_limit_is_not_held_against_the_price_of_before_a_split(calendar: str, trigger: str, kernels: str) -> None:
    """A sale at 108, with a last price of 100, rests; the split makes it 20 at 54, where the bar opens or above."""
    sale = {2: lambda context, asset: context.order(asset, -10, limit_price=112 if trigger == "range" else 106)}
    result, _ = run(calendar, sale, kernels, trigger=trigger)
    fill = result.transactions.row(0, named=True)
    price, fee = (56, 20) if trigger == "range" else (54, 40)
    # 56 is above the open of 54: it waited there; 53 is below, and the order takes what is there
    assert (fill["amount"], fill["price"], fill["commission"]) == (-20, price, fee)
