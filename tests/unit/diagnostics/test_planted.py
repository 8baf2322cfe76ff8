"""Each check finds what was planted for it, through run_algorithm."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import (
    bracket_order,
    commission,
    date_rules,
    order,
    order_target,
    record,
    schedule_function,
    set_commission,
    set_slippage,
    slippage,
    symbol,
    time_rules,
)
from rustybt.diagnostics import CODES
from tests.unit._small import NAMES, ingest_minutes
from tests.unit._small import run as small
from tests.unit.diagnostics._planted import DAYS, bundle, buys, days_from, run, waves

PLANTED: dict[str, Callable[[], rustybt.Result]] = {}


def planted(code: str) -> Callable[[Callable[[], rustybt.Result]], Callable[[], rustybt.Result]]:
    def keep(make: Callable[[], rustybt.Result]) -> Callable[[], rustybt.Result]:
        PLANTED[code] = make
        return make

    return keep


def turns(period: int, units: int = 10, name: str = "A") -> Callable[[Any, Any, int], Any]:
    """Holds units for half of each period."""
    return lambda context, data, day: order_target(symbol(name), units if day % period < period // 2 else 0)


@planted("ruined")
def _() -> rustybt.Result:
    bundle({"A": [100, 100, 100, 10, 10]})
    return run(buys(5000), count=5, capital=100_000)


@planted("no_orders")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(count=5)


@planted("no_fills")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(lambda context, data, day: order(symbol("A"), 1, limit_price=1), count=5)


@planted("never_ran")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    rule = date_rules.month_end()
    return run(buys(1), count=3, initialize=lambda context: schedule_function(lambda context, data: None, rule))


@planted("cash_below_zero")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(buys(1500), count=5)


@planted("forced_orders")
def _() -> rustybt.Result:
    bundle({"A": [100, 100, 100, 60, 60, 60, 60]})
    return run(buys(1900), count=7, initialize=lambda context: context.set_account("reg_t"))


@planted("ambiguous_bars")
def _() -> rustybt.Result:
    bundle({"A": [(100, 101, 99, 100, 1000), (100, 120, 80, 100, 1000), (100, 120, 80, 100, 1000)]})

    def on_day(context: Any, data: Any, day: int) -> None:
        if day == 0:
            bracket_order(symbol("A"), 1, take_profit=110, stop_loss=90)

    return run(on_day, count=3, trigger="range")


@planted("rate_above_100_percent")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(buys(1), count=5, initialize=lambda context: context.set_financing(debit=5))


@planted("text_for_asset")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(lambda context, data, day: order(symbol("A"), 1) if symbol("A") != "A" else None, count=5)


@planted("data_ended")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5, "B": [100] * 20})
    return run(buys(1), count=20)


@planted("volume_share")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5}, volume=1000)
    return run(buys(300), count=5, free=True)


@planted("stale_fills")
def _() -> rustybt.Result:
    bundle({"A": [(100, 100, 100, 100, 1000)] * 10})
    return run(buys(1, on=7), count=10)


@planted("fills_at_extreme")
def _() -> rustybt.Result:
    # opens in the middle and closes at the low on even days, at the high on odd ones
    bundle({"A": [(100, 101, 99, 99 if k % 2 == 0 else 101, 1000) for k in range(40)]})
    return run(lambda context, data, day: order(symbol("A"), 1 if day % 2 else -1), count=40, free=True)


class Generous(slippage.SlippageModel):
    def process_order(self, data: Any, order: Any) -> Any:
        price = data.current(order.asset, "close")
        return price * 2 / 3, order.amount


@planted("better_than_bar")
def _() -> rustybt.Result:
    bundle({"A": waves(10)})
    return run(buys(10), count=10, initialize=lambda context: set_slippage(Generous()))


@planted("penny_prices")
def _() -> rustybt.Result:
    bundle({"A": ["0.50"] * 5})
    return run(buys(10), count=5)


@planted("same_bar_round_trips")
def _() -> rustybt.Result:
    bundle({"A": [(100, 110, 90, 100, 1_000_000)] * 6})

    def on_day(context: Any, data: Any, day: int) -> None:
        order(symbol("A"), 10, limit_price=95)
        order(symbol("A"), -10, stop_price=94)

    return run(on_day, count=6, trigger="range")


@planted("later_prices")
def _() -> rustybt.Result:
    # up on even days, down on odd ones: it buys for the close before the rise, which the next close does not have
    bundle({"A": [100 + 5 * (k % 2) for k in range(200)]})
    return run(lambda context, data, day: order(symbol("A"), 10 if day % 2 else -10), count=200, free=True)


@planted("few_days")
def _() -> rustybt.Result:
    bundle({"A": [100 + (k % 2) if k < 60 else 130 - (k % 2) for k in range(100)]})
    return run(buys(500), count=100)


@planted("smooth_returns")
def _() -> rustybt.Result:
    bundle({"A": waves(200, period=40)})
    return run(buys(500), count=200)


@planted("high_sharpe")
def _() -> rustybt.Result:
    bundle({"A": [100 + k + 0.3 * (k % 3) for k in range(100)]})
    return run(buys(500), count=100)


@planted("uncertain_sharpe")
def _() -> rustybt.Result:
    bundle({"A": [100 + 4 * (k % 2) + 0.3 * k for k in range(100)]})
    return run(buys(500), count=99)


@planted("short_run")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(buys(1), count=5)


@planted("one_year")
def _() -> rustybt.Result:
    days = days_from(dt.date(2019, 1, 1), 1090)
    bundle({"A": [100 + (k % 2) if k < 400 else min(100 + (k - 400), 200) - k % 2 for k in range(1090)]}, days=days)
    return run(buys(500), days=days)


@planted("jump_in_value")
def _() -> rustybt.Result:
    bundle({"A": [100, 100, 100, 150, 150]})
    return run(buys(900), count=5)


@planted("few_trades")
def _() -> rustybt.Result:
    bundle({"A": waves(30)})
    return run(turns(10), count=30)


@planted("profit_from_few_trades")
def _() -> rustybt.Result:
    # each buy and sale loses 1, and one gains 59: what is ordered on an odd day is filled on the even one after it
    bundle({"A": [160 if k == 51 else 101 - k % 2 for k in range(100)]})
    return run(
        lambda context, data, day: order(symbol("A"), 1 if day % 2 else -1) if day else None, count=98, free=True
    )


@planted("one_asset")
def _() -> rustybt.Result:
    bundle({name: waves(40) for name in "BCDE"} | {"A": [100 + k for k in range(40)]})
    return run(lambda context, data, day: [order(symbol(name), 1) for name in "ABCDE"] if day == 0 else None, count=40)


@planted("one_side")
def _() -> rustybt.Result:
    bundle({"A": [100 + k for k in range(200)]})

    def on_day(context: Any, data: Any, day: int) -> None:
        order_target(symbol("A"), (20, 20, 20, -1)[day % 4])

    return run(on_day, count=200, free=True)


@planted("open_profit")
def _() -> rustybt.Result:
    bundle({"A": [100 + k for k in range(10)]})
    return run(buys(10), count=10)


@planted("leverage")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(buys(1500), count=5)


@planted("intraday_leverage")
def _() -> rustybt.Result:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    ingest_minutes({"A": [100] * (2 * 24 * 60)}, opens)
    # held for ten minutes of the second day
    at = {24 * 60 + 10: 150, 24 * 60 + 20: -150}
    return small(
        {minute: (lambda context, data, units=units: order(symbol("A"), units)) for minute, units in at.items()},
        days=2,
        data_frequency="minute",
    )


@planted("no_commission")
def _() -> rustybt.Result:
    bundle({"A": waves(10)})
    return run(buys(10), count=10, free=True)


@planted("no_slippage")
def _() -> rustybt.Result:
    bundle({"A": waves(10)})
    return run(buys(10), count=10, free=True)


@planted("no_borrow_cost")
def _() -> rustybt.Result:
    bundle({"A": waves(10)})
    return run(buys(-10), count=10)


@planted("costs_eat_profit")
def _() -> rustybt.Result:
    bundle({"A": [100 + 0.001 * k for k in range(60)]})
    return run(turns(4), count=60)


@planted("turnover")
def _() -> rustybt.Result:
    bundle({"A": waves(60)})
    return run(turns(2, 900), count=60)


@planted("orders_unfilled")
def _() -> rustybt.Result:
    bundle({"A": waves(20)})
    return run(lambda context, data, day: order(symbol("A"), 1, limit_price=1 if day else 200), count=20)


@planted("orders_refused")
def _() -> rustybt.Result:
    bundle({"A": [100] * 6})
    return run(buys(10_000), count=6, initialize=lambda context: context.set_account("cash"))


@planted("partly_filled")
def _() -> rustybt.Result:
    bundle({"A": [100] * 20}, volume=100)

    def first(context: Any) -> None:
        set_slippage(slippage.VolumeShareSlippage(volume_limit=0.1))
        context.set_cancel_policy(rustybt.api.cancel_policy.EODCancel())

    return run(lambda context, data, day: order(symbol("A"), 50), count=20, initialize=first)


@planted("unrecorded_split")
def _() -> rustybt.Result:
    bundle({"A": [100, 101, 102, 51, 51.5, 52]})
    return run(buys(10), count=6)


@planted("calendar_mismatch")
def _() -> rustybt.Result:
    bundle({"A": [100 + k % 3 if day.weekday() < 5 else None for k, day in enumerate(DAYS[:60])]})
    return run(buys(10), count=60)


@planted("missing_bars")
def _() -> rustybt.Result:
    bundle({"A": [None if k % 10 == 5 else 100 + k % 3 for k in range(60)], "B": waves(60)})
    return run(buys(10), count=60)


@planted("idle_bars")
def _() -> rustybt.Result:
    bundle({"A": [(100, 101, 99, 100, 0 if k % 3 == 1 else 1000) for k in range(60)]})
    return run(buys(10), count=60)


@planted("stale_marks")
def _() -> rustybt.Result:
    bundle({"A": [100, 101, 102, *[103] * 10]})
    return run(buys(10), count=12)


@planted("no_delistings")
def _() -> rustybt.Result:
    days = days_from(dt.date(2019, 1, 1), 740)
    bundle({f"S{k}": [100 + (day % 7) for day in range(740)] for k in range(10)}, days=days)

    def on_day(context: Any, data: Any, day: int) -> None:
        if day == 0:
            for k in range(10):
                order(symbol(f"S{k}"), 1)

    return run(on_day, days=days)


@planted("warm_up")
def _() -> rustybt.Result:
    bundle({"A": waves(60), "B": [None] * 30 + waves(30)})
    return run(buys(10, "B", on=32), count=60)


@planted("undefined_signals")
def _() -> rustybt.Result:
    bundle({"A": waves(10)})

    def on_day(context: Any, data: Any, day: int) -> None:
        record(signal=float("nan") if day < 3 else 1.0)
        order(symbol("A"), 1)

    return run(on_day, count=10)


@planted("no_benchmark")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(buys(1), count=5)


@planted("asset_without_bars")
def _() -> rustybt.Result:
    bundle({"A": [100] * 8, "B": [100] * 2})
    return run(lambda context, data, day: [order(symbol(name), 1) for name in "AB"], start=3, count=8)


@planted("size_cut")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    return run(lambda context, data, day: order(symbol("A"), 1.5), count=5)


@planted("moved_schedules")
def _() -> rustybt.Result:
    # the day after Thanksgiving ends at 13:00
    rows = [
        ("A", dt.datetime(2023, 11, day, 14, 31, tzinfo=dt.UTC) + dt.timedelta(minutes=k), *["100"] * 4, "1000")
        for day in (22, 24)
        for k in range(60)
    ]
    rustybt.ingest("half", pl.DataFrame(rows, schema=NAMES, orient="row"), frequency="1m", stamp="end", calendar="XNYS")

    def first(context: Any) -> None:
        schedule_function(lambda context, data: order(symbol("A"), 1), None, time_rules.market_open(hours=5))

    return rustybt.run_algorithm(
        "2023-11-22", "2023-11-24", first, bundle="half", data_frequency="minute", progress=False
    )


@planted("rows_left_out")
def _() -> rustybt.Result:
    closes: list[Any] = [5.0] * 30
    closes[7] = "nan"
    frame = pl.DataFrame({"date": DAYS[:30], "close": [str(close) for close in closes], "volume": "1000"})
    frame = frame.with_columns(pl.col("close").alias(name) for name in ("open", "high", "low"))
    market = rustybt.load_data({"C": frame}, calendar="24/7", on_bad_row="drop")
    return rustybt.run(lambda context, data: order(symbol("C"), 1), market=market, progress=False)


@planted("benchmark_gaps")
def _() -> rustybt.Result:
    bundle({"A": [100] * 5})
    returns = pl.DataFrame({"date": [DAYS[0], DAYS[3]], "return": ["0.01", "0.02"]})
    return run(buys(1), count=5, benchmark_returns=returns)


@planted("guessed_costs")
def _() -> rustybt.Result:
    bundle({"A": waves(5)})
    return run(buys(1), count=5, initialize=lambda context: set_slippage(slippage.SquareRootImpact()))


@planted("fees_in_doubt")
def _() -> rustybt.Result:
    bundle({"A": waves(5)})
    return run(buys(1), count=5, initialize=lambda context: set_commission(commission.broker("ibkr-fixed")))


def test_every_check_has_a_planted_case():
    assert set(PLANTED) == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_what_was_planted_is_found(code: str):
    found = PLANTED[code]().diagnostics.by_code[code]
    assert found.code == code
    assert found.text.endswith((".", ")"))
    assert json.loads(json.dumps(dict(found.evidence))) == found.evidence


FACTS: dict[str, tuple[str, dict[str, Any]]] = {
    # 300 of 1000 units, on the day after the order; a day is over at midnight
    "volume_share": ("warning", {"bars": 1, "of": 1, "most": "0.3", "symbol": "A", "when": "2021-01-03 00:00 UTC"}),
    "stale_fills": ("warning", {"fills": 1, "of": 1, "symbol": "A"}),
    # ordered on days 0 to 38, filled on days 1 to 39: bought at the low of even days, sold at the high of odd ones
    "fills_at_extreme": ("warning", {"fills": 39, "of": 39, "share": "1"}),
    "better_than_bar": ("serious", {"fills": 1, "of": 1, "symbol": "A"}),
    "penny_prices": ("warning", {"fills": 1, "of": 1, "share": "1", "symbols": ["A"]}),
    # of 199 fills, bought at 100 on even days and sold at 105 on odd ones, 10 units each
    "later_prices": ("serious", {"fills": 199}),
    "jump_in_value": ("warning", {"sessions": 1, "day": "2021-01-04"}),
    "unrecorded_split": ("serious", {"symbol": "A", "ratio": "0.5", "jumps": 1}),
    "calendar_mismatch": ("warning", {"weekdays": ["Saturdays", "Sundays"], "calendar": "24/7"}),
    "missing_bars": ("warning", {"symbol": "A", "sessions": 6, "of": 60, "share": "0.1"}),
    # bars 1, 4, ... 58 of the 60 have none
    "idle_bars": ("warning", {"symbol": "A", "bars": 20, "of": 60}),
    "stale_marks": ("warning", {"symbol": "A", "closes": 9}),
    "no_delistings": ("warning", {"shares": 10}),
    "warm_up": ("info", {"symbols": ["B"], "sessions": 4}),
    "undefined_signals": ("warning", {"name": "signal", "sessions": 2}),
    "leverage": ("warning", {"closes": 4}),
    # 150 units at 100 of an account of 10,000
    "intraday_leverage": ("warning", {"sessions": 1, "gross_leverage": "1.5", "day": "2021-02-02"}),
    "no_commission": ("warning", {"fills": 1}),
    "no_borrow_cost": ("warning", {"symbols": ["A"], "closes": 9}),
    "orders_refused": ("warning", {"orders": 1, "of": 1}),
    # filled on days 2 to 97: 47 trades lose 1, and one earns 160 - 101
    "profit_from_few_trades": ("warning", {"of": 48, "best": "58", "total": "12"}),
    "open_profit": ("info", {"closed_trades": 0}),
}


@pytest.mark.parametrize("code", sorted(FACTS))
def test_the_evidence_is_what_was_worked_out(code: str):
    severity, facts = FACTS[code]
    found = PLANTED[code]().diagnostics.by_code[code]
    assert (found.severity, {name: found.evidence[name] for name in facts}) == (severity, facts)
