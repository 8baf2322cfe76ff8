"""Why an order filled or did not: `explain` in a run and `Result.explain`, against what was worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import execution, latency
from rustybt.errors import InputError, ResultError
from tests.unit._small import NAMES
from tests.unit.orders._bars import Bar, Outcome, frame_of, run_bars
from tests.unit.orders._within import market_of

KERNELS = ("python", "auto")
FLAT: Bar = ("100", "100", "100", "100")
NONE: Bar = ("100", "100", "100", "100", "0")
UNSAID = "the bar does not say in which order its prices came"
MODELS = "NoSlippage(); NoCommission()"


def told(done: Outcome, name: str = "O") -> list[str]:
    """The sentences after the day, with the models left out."""
    days = [line[:10] for line in done.result.explain(done.ids[name])]
    assert days == sorted(days)
    return [line[17:].partition(" (")[0] for line in done.result.explain(done.ids[name])]


def one(bars: list[Bar], size: int = 10, *, cancel_at: int = 99, **how: Any) -> Outcome:
    """An order at bar 0, explained on each bar."""
    settings = {name: how.pop(name) for name in ("trigger", "kernel", "volume_share", "fill_at") if name in how}

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["O"] = context.order(asset, size, **how)

    def look(context: Any, ids: dict[str, Any]) -> list[str]:
        if context.bar == cancel_at:
            context.cancel_order(ids["O"])
        return list(context.explain(ids["O"]))

    done = run_bars(bars, {0: place}, look=look, **settings)
    # what is told afterwards is what was told at the last bar
    assert done.seen[len(bars) - 1] == list(done.result.explain(done.ids["O"]))
    return done


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_limit_that_waits_and_fills(kernel: str) -> None:
    bars: list[Bar] = [FLAT, ("100", "101", "99", "100"), ("100", "101", "98", "100"), NONE, ("98", "99", "96", "98")]
    done = one(bars, limit_price=97, trigger="range", kernel=kernel)
    assert list(done.result.explain(done.ids["O"])) == [
        "2024-01-02 21:00 accepted: buy 10, limit 97",
        "2024-01-03 21:00 to 2024-01-04 21:00, 2 bars: the low was never nearer than 98, the limit is 97: not reached",
        "2024-01-05 21:00 no trade",
        "2024-01-08 21:00 the low was 96, the limit is 97: reached; volume 1000000",
        "2024-01-08 21:00 triggered: the limit was reached, at 97",
        f"2024-01-08 21:00 filled: buy 10 at 97 ({MODELS})",
    ]
    assert str(done.result.explain(done.ids["O"])).splitlines()[0] == "main-1 X, limit order"


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("trigger", ["close", "range"])
def test_volume_that_was_used_up(kernel: str, trigger: str) -> None:
    """100 units of volume: 10 go to the first order, and none are left for the second; then 20: 10 each."""
    bars: list[Bar] = [FLAT, (*FLAT, "100"), (*FLAT, "200")]

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["first"] = context.order(asset, 20)
        ids["O"] = context.order(asset, 10)

    done = run_bars(bars, {0: place}, volume_share="0.1", trigger=trigger, kernel=kernel)
    assert told(done) == [
        "accepted: buy 10",
        "the close was 100; volume 100, 10 of it taken by other orders",
        "the close was 100; volume 200, 10 of it taken by other orders",
        "filled: buy 10 at 100",
    ]
    frame = done.result.explain(done.ids["first"]).frame
    rows = frame.select("kind", "tested", "price", "volume", "taken", "quantity", "at").rows()
    assert rows == [
        ("accepted", None, None, None, None, 20, None),
        ("bar", "close", 100, 100, 0, None, 100),
        ("partially_filled", None, None, None, None, 10, 100),
        ("bar", "close", 100, 200, 10, None, 100),
        ("filled", None, None, None, None, 10, 100),
    ]


def test_a_stop_limit_and_who_ended_it() -> None:
    bars: list[Bar] = [FLAT, ("90", "93", "89", "92"), ("92", "93.5", "91", "93")]
    done = one(bars, -10, style=execution.StopLimitOrder(94, 95), trigger="range", cancel_at=2)
    assert told(done) == [
        "accepted: sell 10, limit 94, stop 95",
        "the high was 93, the limit is 94: not reached",
        "triggered: the stop was reached, at 95",
        "the high was 93.5, the limit is 94: not reached",
        "cancelled, 10 open: cancelled by the strategy",
    ]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_trailing_stop_tells_where_it_stood(kernel: str) -> None:
    """98, 102 after the high of 104; the low of 101 reaches that."""
    bars: list[Bar] = [FLAT, ("103", "104", "102.5", "103"), ("103", "103.5", "101", "101.5")]
    done = one(bars, -10, style=execution.TrailingStopOrder(amount=2), trigger="range", kernel=kernel)
    assert told(done) == [
        "accepted: sell 10, stop 98",
        "the low was 102.5, the stop is 98: not reached",
        "the low was 101, the stop is 102: reached; volume 1000000",
        "triggered: the stop was reached, at 102",
        "filled: sell 10 at 102",
    ]


def test_orders_that_wait_to_be_touched_and_for_the_close() -> None:
    bars: list[Bar] = [FLAT, ("100", "101", "99", "100"), ("100", "101", "97", "100")]
    assert told(one(bars, style=execution.MarketIfTouchedOrder(98), trigger="range"))[:3] == [
        "accepted: buy 10, touch 98",
        "the low was 99, the touch is 98: not reached",
        "the low was 97, the touch is 98: reached; volume 1000000",
    ]
    assert told(one(bars, style=execution.LimitOnClose(95))) == [
        "accepted: buy 10, limit 95",
        "the close was 100, the limit is 95: not reached",
        "cancelled, 10 open: 10 of 10 were left",
    ]


def test_a_bracket() -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids.update(zip("EPL", context.bracket_order(asset, 10, take_profit=108, stop_loss=95), strict=True))

    done = run_bars([FLAT, FLAT, ("101", "109", "100", "107")], {0: place})
    assert told(done, "L") == [
        "held: sell 10, stop 95",
        "released: sell 10, stop 95",
        "accepted: sell 10, stop 95",
        "the low was 100, the stop is 95: not reached",
        "cancelled, 10 open: linked order filled",
    ]


def test_a_refused_order_and_one_that_was_changed() -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["R"] = context.order(asset, 10, limit_price=101, post_only=True)
        ids["O"] = context.order(asset, 10, limit_price=90)

    script = {0: place, 1: lambda context, asset, ids: context.modify_order(ids["O"], limit_price=100)}
    done = run_bars([FLAT, ("100", "100", "99", "99"), ("101", "102", "100", "101")], script)
    assert told(done, "R") == [
        "rejected, 10 open: post_only: the limit would fill at the last price, and take liquidity"
    ]
    assert told(done) == [
        "accepted: buy 10, limit 90",
        "the low was 99, the limit is 90: not reached",
        "replaced: buy 10, limit 100",
        "the low was 100, the limit is 100: reached; volume 1000000",
        "triggered: the limit was reached, at 100",
        "filled: buy 10 at 100",
    ]


def test_a_split_is_told() -> None:
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    rows = [("X", day, *[price] * 4, "1000000") for day, price in zip(days, ("100", "100", "45"), strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    script = {0: lambda context, asset, ids: ids.update(O=context.order(asset, -10, style=execution.StopOrder(92)))}
    assert told(run_bars([], script, market=market)) == [
        "accepted: sell 10, stop 92",
        "the low was 100, the stop is 92: not reached",
        "adjusted: sell 20, stop 46",
        "the low was 45, the stop is 46: reached; volume 1000000",
        "triggered: the stop was reached, at 46",
        "filled: sell 20 at 45",
    ]


def test_a_run_that_goes_on_tells_the_same() -> None:
    bars = [FLAT, ("103", "104", "102.5", "103"), ("103", "103.5", "101", "101.5")]

    def handle_data(context: Any, data: Any) -> None:
        if not context.get_open_orders():
            context.order(context.symbol("X"), -10, style=execution.TrailingStopOrder(amount=2))

    market = rustybt.load_data(frame_of(bars))
    whole = rustybt.Run(handle_data=handle_data, market=market, trigger="range").finish()
    run = rustybt.Run(handle_data=handle_data, market=market, trigger="range")
    for _ in range(5):
        run.step()
    again = rustybt.Run.restore(run.snapshot(), handle_data=handle_data, market=market).finish()
    assert list(again.explain("main-1")) == list(whole.explain("main-1"))
    assert whole.explain("main-1").frame["level"].to_list()[2] == Decimal(102)


def test_what_can_not_be_explained_says_so(tmp_path: Any) -> None:
    done = one([FLAT, FLAT])
    with pytest.raises(InputError, match=r"explain\('main-9'\): there is no order with that id"):
        done.result.explain("main-9")
    loaded = rustybt.Result.load(done.result.save(tmp_path / "kept"))
    with pytest.raises(ResultError, match=r"it read a frame, which no catalog keeps.*ingest the data"):
        loaded.explain("main-1")
    with pytest.raises(InputError, match="in initialize"):
        rustybt.run_algorithm("2010-01-04", "2010-01-05", lambda context: context.explain("main-1"))


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_order_on_its_way_meets_no_bar(kernel: str) -> None:
    """Twenty hours: the next session's open, 17.5 hours after the order, is too early, its close is not."""
    bars: list[Bar] = [FLAT, ("101", "101", "90", "100"), ("102", "103", "101", "102")]

    def placed(size: int, **how: Any) -> list[str]:
        def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
            ids["O"] = context.order(asset, size, **how)

        def look(context: Any, ids: dict[str, Any]) -> list[str]:
            return list(context.explain(ids["O"]))

        def late(context: Any) -> None:
            context.set_latency(latency.Latency(network=dt.timedelta(hours=20)))

        done = run_bars(bars, {0: place}, fill_at="open", kernel=kernel, first=late, look=look)
        assert done.seen[len(bars) - 1] == list(done.result.explain(done.ids["O"]))
        return told(done)

    assert placed(10) == [
        "accepted: buy 10",
        "it is on its way to the exchange",
        "the open was 102; volume 1000000",
        "filled: buy 10 at 102",
    ]
    assert placed(10, limit_price=95) == [
        "accepted: buy 10, limit 95",
        "the close was 100, the limit is 95: not reached",
        "the low was 101, the limit is 95: not reached",
    ]


@pytest.mark.parametrize(
    ("style", "options", "kind"),
    [
        (None, {}, "market order"),
        (execution.LimitOrder(99), {"time_in_force": "day"}, "limit order, good for the day"),
        (execution.StopOrder(101), {"reduce_only": False}, "stop order"),
        (
            execution.StopLimitOrder(102, 101),
            {"good_till": "2024-01-03"},
            "stop-limit order, good till 2024-01-03 21:00",
        ),
        (execution.TrailingStopOrder(percent="2.5"), {}, "trailing stop by 2.5 %"),
        (execution.TrailingStopLimitOrder(amount="1.50", limit_offset=1), {}, "trailing stop-limit by 1.5"),
        (execution.TrailingStopOrder(ticks=1), {}, "trailing stop by 1 tick"),
        (execution.MarketIfTouchedOrder(99), {}, "market if touched"),
        (execution.LimitIfTouchedOrder(98, 99), {}, "limit if touched"),
        (execution.MarketOnOpen(), {}, "market on open"),
        (execution.LimitOnClose(99), {}, "limit on close"),
        (execution.LimitOrder(90), {"post_only": True}, "limit order, post only"),
        (None, {"time_in_force": "fok"}, "market order, fill or kill"),
    ],
)
def test_the_kind_of_an_order_is_told(style: Any, options: dict[str, Any], kind: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["O"] = context.order(asset, 10, style=style, **options)

    done = run_bars([FLAT, FLAT], {0: place}, look=lambda context, ids: context.explain(ids["O"]).kind)
    told = done.result.explain(done.ids["O"])
    assert told.kind == done.seen[1] == kind
    assert str(told).splitlines()[0] == f"main-1 X, {kind}"


@pytest.mark.parametrize(
    ("same_bar", "exit_", "ended"),
    [("pessimistic", "L", "filled: sell 10 at 95"), ("optimistic", "L", "cancelled, 10 open: linked order filled")],
)
def test_a_bar_that_does_not_say_is_told_with_what_decided(same_bar: str, exit_: str, ended: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids.update(zip("EPL", context.bracket_order(asset, 10, take_profit=108, stop_loss=95), strict=True))

    def look(context: Any, ids: dict[str, Any]) -> list[str]:
        return list(context.explain(ids[exit_]))

    done = run_bars([FLAT, FLAT, ("101", "109", "94", "100")], {0: place}, look=look, same_bar=same_bar)
    lines = told(done, exit_)
    taken = "" if same_bar == "pessimistic" else ", 10 of it taken by other orders"
    assert lines[3] == (
        f"the low was 94, the stop is 95: {UNSAID}, same_bar='{same_bar}' decided; volume 1000000{taken}"
    )
    assert lines[-1] == ended
    assert done.seen[2] == list(done.result.explain(done.ids[exit_]))
    assert done.result.explain(done.ids[exit_]).frame["read"].to_list()[3] == same_bar


def test_a_trailing_stop_that_was_read_at_its_best_goes_on_from_there() -> None:
    """At its worst it is reached at 99; at its best it stands at 102 after the bar, and the next one reaches that."""
    bars: list[Bar] = [FLAT, ("100", "104", "99", "103"), ("103", "103.5", "101", "101.5")]

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["O"] = context.order(asset, -10, style=execution.TrailingStopOrder(amount=2))

    assert told(run_bars(bars, {0: place}, same_bar="optimistic")) == [
        "accepted: sell 10, stop 98",
        f"the low was 99, the stop is 99: {UNSAID}, same_bar='optimistic' decided; volume 1000000",
        "the low was 101, the stop is 102: reached; volume 1000000",
        "triggered: the stop was reached, at 102",
        "filled: sell 10 at 102",
    ]


def test_shorter_bars_that_decided_are_named() -> None:
    rises: list[Bar] = [("101", "102", "100", "102"), ("102", "109", "102", "108"), ("108", "108", "94", "100")]

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids.update(zip("EPL", context.bracket_order(asset, 10, take_profit=108, stop_loss=95), strict=True))

    done = run_bars([], {0: place}, market=market_of([[FLAT], [FLAT], rises]), resolve="1m")
    assert "'1m' bars within it decided" in told(done, "P")[3]
