"""Changes under way together, and those that a night or a split lies before; the right fills are worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, latency, slippage, symbol

ONE, TWO = dt.date(2024, 1, 2), dt.date(2024, 1, 3)


def flat(stamps: list[tuple[dt.date, str]], closes: list[str]) -> pl.DataFrame:
    """Minutes that do not move; the stamps are UTC."""
    rows = [
        ("X", dt.datetime.combine(day, dt.time.fromisoformat(time)), *[close] * 4, "1000000")
        for (day, time), close in zip(stamps, closes, strict=True)
    ]
    return pl.DataFrame(rows, schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row")


def outcome(frame: pl.DataFrame, script: dict[int, Any], kernel: str, **bundle: Any) -> rustybt.Result:
    """script[k](context, X) is called at bar k, and all takes 61 seconds."""

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.set_latency(latency.Latency(network="61s"))

    def handle_data(context: Any, data: Any) -> None:
        if data.current(symbol("X"), "close") is None:
            return
        context.bar += 1
        if context.bar in script:
            script[context.bar](context, symbol("X"))

    rustybt.ingest("x", frame, frequency="1m", stamp="end", tz="UTC", mode="replace", **bundle)
    last = frame["timestamp"][-1].date()
    return rustybt.run_algorithm(
        ONE,
        last,
        initialize,
        1_000_000,
        handle_data,
        bundle="x",
        data_frequency="minute",
        kernel=kernel,
        progress=False,
    )


def run(frame: pl.DataFrame, script: dict[int, Any], kernel: str, **bundle: Any) -> list[tuple[str, Decimal, Decimal]]:
    """The fills: time, units, price."""
    rows = outcome(frame, script, kernel, **bundle).transactions.select("dt", "amount", "price").rows()
    return [(f"{when:%H:%M}", amount, price) for when, amount, price in rows]


def place(context: Any, asset: Any) -> None:
    context.id = context.order(asset, 10, limit_price=98)


def change(*changes: dict[str, Any]) -> Any:
    return lambda context, asset: [context.modify_order(context.id, **one) for one in changes]


@pytest.mark.parametrize(
    ("changes", "fill"),
    [
        # 10:03 is the first close that each of them meets: 97.5
        (({"limit_price": 97}, {"amount": 20}), ("10:04", 20, 97)),
        (({"amount": 20}, {"limit_price": 97}), ("10:04", 20, 97)),
        (({"amount": 20}, {"amount": 10}), ("10:03", 10, Decimal("97.5"))),
        (({"limit_price": 90}, {"limit_price": 98}), ("10:03", 10, Decimal("97.5"))),
    ],
)
def test_a_change_adds_to_those_that_are_under_way(changes: Any, fill: Any, kernels: str) -> None:
    frame = flat([(ONE, f"10:0{minute}") for minute in range(6)], ["100", "101", "99", "97.5", "97", "96"])
    assert run(frame, {0: place, 1: change(*changes)}, kernels, calendar="24/7") == [fill]


EVENING = [(ONE, "20:57"), (ONE, "20:58"), (ONE, "20:59"), (ONE, "21:00"), (TWO, "14:31"), (TWO, "14:32")]
"""The last minutes of a day of New York, and the first ones of the next."""


def test_a_change_of_the_last_bar_does_not_overtake_that_of_the_bar_before(kernels: str) -> None:
    """Sent at 20:59 and 21:00, both meet the open of the next day first; the later one holds."""
    frame = flat(EVENING, ["100", "100", "100", "100", "96.5", "96"])
    script = {0: place, 2: change({"limit_price": 97}), 3: change({"limit_price": 96})}
    assert run(frame, script, kernels, calendar="XNYS") == [("14:32", 10, 96)]


def test_a_change_that_a_split_overtakes_is_restated_as_its_order_is(kernels: str) -> None:
    """20 at 97, sent at 20:59, are 40 at 48.50 the day after, when a share has become two."""
    frame = flat(EVENING, ["100", "100", "100", "100", "48.6", "48.4"])
    splits = pl.DataFrame({"symbol": ["X"], "ex_date": [TWO], "ratio": ["1/2"]})
    script = {0: place, 2: change({"limit_price": 97, "amount": 20})}
    assert run(frame, script, kernels, calendar="XNYS", splits=splits) == [("14:32", 40, Decimal("48.4"))]


@pytest.mark.parametrize("act", ["cancel", "change"])
def test_what_is_sent_on_the_last_bar_of_a_run_never_arrives(act: str, kernels: str) -> None:
    """No bar is left on which it could: the order ends the run open, at its old price."""

    def send(context: Any, asset: Any) -> None:
        context.cancel_order(context.id) if act == "cancel" else context.modify_order(context.id, limit_price=97)

    frame = flat([(ONE, "20:57"), (ONE, "20:58"), (ONE, "21:00")], ["100", "100", "100"])
    result = outcome(frame, {0: place, 2: send}, kernels, calendar="XNYS")
    assert result.orders.select("status", "limit").rows() == [("open", Decimal(98))]
