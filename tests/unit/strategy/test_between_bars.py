"""What a strategy sends between two bars gets no price of the bar under way that was before it."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import polars as pl

import rustybt
from rustybt.api import commission, slippage

OPENS = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def between_bars(kernel: str, asked: Any, **settings: Any) -> rustybt.Result:
    """Minutes from 100 + k to 100 + k + 0.5, low 90 + k, high 110 + k; `asked` by the number of the interval's call,
    which comes in the middle of every minute but the first: at 90, 150, ... seconds."""
    rows = [
        ("A", OPENS + dt.timedelta(minutes=k + 1), f"{100 + k}", f"{110 + k}", f"{90 + k}", f"{100 + k}.5", "1000000")
        for k in range(12)
    ]
    frame = pl.DataFrame(rows, schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row")
    rustybt.ingest("halves", frame, frequency="1m", stamp="end", calendar="24/7", mode="replace")
    calls = itertools.count()

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.on_time_interval("30s", half)

    def half(context: Any, data: Any) -> None:
        seconds = (context.get_datetime() - OPENS).total_seconds()
        if seconds % 60 == 30:
            call = asked.get(next(calls))
            if call is not None:
                call(context, data)

    return rustybt.run_algorithm(
        "2021-02-01", "2021-02-01", initialize, 10_000, bundle="halves", data_frequency="minute", kernel=kernel,
        progress=False, **settings,
    )  # fmt: skip


def minute_of(result: rustybt.Result) -> list[tuple[float, float]]:
    return [
        ((stamp - OPENS).total_seconds() / 60, float(price))
        for stamp, price in result.transactions.select("dt", "price").rows()
    ]


def ordered(amount: int, **more: Any) -> Any:
    return lambda context, data: context.order(context.symbol("A"), amount, **more)


def test_an_order_between_two_bars_gets_no_price_from_before_it(kernels: str) -> None:
    """Placed at 1:30. The bar from 1:00 to 2:00 opened before; it closes after."""
    assert minute_of(between_bars(kernels, {0: ordered(1)})) == [(2, 101.5)]
    assert minute_of(between_bars(kernels, {0: ordered(1)}, fill_at="open")) == [(3, 102)]
    # by range of that bar the close alone counts: 101.5 is above the limit, the next bar's low is not
    assert minute_of(between_bars(kernels, {0: ordered(1, limit_price=100)}, trigger="range")) == [(3, 100)]
    assert minute_of(between_bars(kernels, {0: ordered(1, limit_price=102)}, trigger="range")) == [(2, 101.5)]
    assert minute_of(between_bars(kernels, {0: ordered(1, stop_price=105)}, trigger="range")) == [(3, 105)]
    # placed with a weight, which built-in code sizes where it may
    weight = between_bars(
        kernels, {0: lambda context, data: context.order_target_percent(context.symbol("A"), 0.5)}, fill_at="open"
    )
    assert minute_of(weight) == [(3, 102)]


def test_a_cancel_between_two_bars_takes_nothing_back_that_was_before_it(kernels: str) -> None:
    """Placed at 2:00 by the order's function; the open at 2:00 is its price, whatever is cancelled at 2:30."""

    def cancel(context: Any, data: Any) -> None:
        for waiting in context.get_open_orders(context.symbol("A")):
            context.cancel_order(waiting)

    both = {0: ordered(1), 1: cancel}
    # placed at 1:30, its open is that at 2:00
    assert minute_of(between_bars(kernels, both, fill_at="open")) == [(3, 102)]
    # closes at 2:00, before the cancel
    assert minute_of(between_bars(kernels, both)) == [(2, 101.5)]
    waits = {0: ordered(1, limit_price=50), 1: cancel}
    assert between_bars(kernels, waits, trigger="range").orders["status"].to_list() == ["cancelled"]


def test_what_is_sent_between_two_bars_is_in_a_snapshot(kernels: str) -> None:
    result = between_bars(kernels, {0: ordered(1)}, fill_at="open")
    run = rustybt.Run(
        "2021-02-01", "2021-02-01", every_ninety_seconds, 10_000, bundle="halves",
        data_frequency="minute", kernel=kernels, progress=False, fill_at="open",
    )  # fmt: skip
    run.until(OPENS + dt.timedelta(seconds=90))
    again = rustybt.Run.restore(run.snapshot(), initialize=every_ninety_seconds, kernel=kernels).finish()
    assert minute_of(again)[0][0] == minute_of(result)[0][0] == 3


def every_ninety_seconds(context: Any) -> None:
    context.set_slippage(slippage.NoSlippage())
    context.on_time_interval("90s", once)


def once(context: Any, data: Any) -> None:
    if not getattr(context, "done", False):
        context.done = True
        context.order(context.symbol("A"), 1)
