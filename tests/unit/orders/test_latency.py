"""Orders, changes and cancels that take time, through `run_algorithm`; the right fills are worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, latency, slippage, symbol
from rustybt.errors import InputError, SetLatencyPostInit

BEGIN = dt.datetime(2024, 1, 2, 9, 59)
type Bar = tuple[str, str, str, str]


def minutes(bars: list[Bar], seconds: float = 60) -> pl.DataFrame:
    """Bars one after the other; the first ends at 10:00."""
    first = dt.datetime(2024, 1, 2, 10)
    rows = [("X", first + dt.timedelta(seconds=seconds * k), *bar, "1000000") for k, bar in enumerate(bars)]
    return pl.DataFrame(rows, schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row")


def run(
    bars: list[Bar], script: dict[int, Any], delay: Any, *, frequency: str = "1m", seconds: float = 60, **settings: Any
) -> rustybt.Result:
    """script[k](context, X, ids) is called at bar k. delay: for set_latency; None for no call."""

    def initialize(context: Any) -> None:
        context.bar, context.ids = -1, {}
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        if delay is not None:
            context.set_latency(delay)

    def handle_data(context: Any, data: Any) -> None:
        if data.current(symbol("X"), "close") is None:
            return
        context.bar += 1
        if context.bar in script:
            script[context.bar](context, symbol("X"), context.ids)

    rustybt.ingest(
        "x", minutes(bars, seconds), frequency=frequency, stamp="end", tz="UTC", calendar="24/7", mode="replace"
    )
    settings.setdefault("end", "2024-01-02")
    return rustybt.run_algorithm(
        "2024-01-02",
        initialize=initialize,
        handle_data=handle_data,
        bundle="x",
        data_frequency={"1m": "minute"}.get(frequency, frequency),
        capital_base=1_000_000,
        progress=False,
        **settings,
    )


def fills(result: rustybt.Result, seconds: float = 60) -> list[tuple[int, str, int, Decimal]]:
    """By bar: the order's id, the units, the price."""
    first = dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC)
    return [
        (round((row["dt"] - first).total_seconds() / seconds), row["order_id"][5:], int(row["amount"]), row["price"])
        for row in result.transactions.iter_rows(named=True)
    ]


def buy(**options: Any) -> Any:
    return lambda context, asset, ids: context.order(asset, 1, **options)


def own(text: str) -> Any:
    return latency.Latency(network=text)


BARS: list[Bar] = [
    ("100", "100", "100", "100"),
    ("101", "103", "100", "102"),
    ("104", "106", "103", "105"),
    ("105", "107", "101", "102"),
]


@pytest.mark.parametrize(
    ("delay", "fill_at", "fill"),
    [
        ("0.2s", "close", (1, "102")),
        ("61s", "close", (2, "105")),
        ("0.2s", "open", (2, "104")),
        ("61s", "open", (3, "105")),
        # a close is no later than an order that arrives with it; an open is one of its bar's
        ("59.999999999s", "close", (1, "102")),
        ("60s", "close", (2, "105")),
        ("60s", "open", (2, "104")),
        ("60.000000001s", "open", (3, "105")),
        ("0ms", "open", (1, "101")),
        ("0ms", "close", (1, "102")),
    ],
)
@pytest.mark.parametrize("trigger", ["close", "range"])
def test_a_market_order_gets_a_price_from_after_its_arrival(
    delay: str, fill_at: str, fill: tuple[int, str], trigger: str, kernels: str
) -> None:
    result = run(BARS, {0: buy()}, own(delay), fill_at=fill_at, trigger=trigger, kernel=kernels)
    assert fills(result) == [(fill[0], "1", 1, Decimal(fill[1]))]


@pytest.mark.parametrize(
    ("limit", "delay", "trigger", "fill_at", "fill"),
    [
        # bar 1 goes down to 100, and closes at 102: the low may have come before the order
        ("100.5", "0.2s", "range", "close", None),
        ("100.5", "0ms", "range", "close", (1, "100.5")),
        ("102.5", "0.2s", "range", "close", (1, "102")),
        ("102.5", "0.2s", "range", "open", (1, "102")),
        ("102.5", "61s", "range", "close", (3, "102.5")),
        ("102.5", "0.2s", "close", "close", (1, "102")),
        ("102.5", "0.2s", "close", "open", None),
        ("104.5", "0.2s", "close", "open", (2, "104")),
    ],
)
def test_a_limit_order_knows_of_the_bar_in_which_it_arrives_the_close_only(
    limit: str, delay: str, trigger: str, fill_at: str, fill: Any, kernels: str
) -> None:
    result = run(BARS, {0: buy(limit_price=limit)}, own(delay), fill_at=fill_at, trigger=trigger, kernel=kernels)
    assert fills(result) == ([] if fill is None else [(fill[0], "1", 1, Decimal(fill[1]))])


def test_a_stop_is_reached_by_the_close_of_the_bar_in_which_it_arrives_or_later(kernels: str) -> None:
    """Bar 1 goes up to 103 and closes at 102, bar 2 opens at 104."""
    at_102 = run(BARS, {0: buy(stop_price="101.5")}, own("1s"), trigger="range", kernel=kernels)
    assert fills(at_102) == [(1, "1", 1, Decimal(102))]
    beyond = run(BARS, {0: buy(stop_price="102.5")}, own("1s"), trigger="range", kernel=kernels)
    assert fills(beyond) == [(2, "1", 1, Decimal(104))]


def test_an_order_at_once_meets_the_first_bar_that_it_can(kernels: str) -> None:
    for fill_at, fill in (("close", (1, "102")), ("open", (2, "104"))):
        result = run(BARS, {0: buy(time_in_force="ioc")}, own("1s"), fill_at=fill_at, trigger="range", kernel=kernels)
        assert fills(result) == [(fill[0], "1", 1, Decimal(fill[1]))]
        assert result.orders["status"].to_list() == ["filled"]


def test_an_order_on_its_way_is_open_and_says_so(kernels: str) -> None:
    seen: list[Any] = []

    def look(context: Any, asset: Any, ids: Any) -> None:
        (order,) = context.get_open_orders(asset)
        seen.append((order.state, order.cause, order.reason))

    run(BARS, {0: buy(), 1: look}, own("61s"), kernel=kernels)
    assert seen == [("accepted", "on_its_way", "it is on its way to the exchange")]


# --------------------------------------------------------------------------------------------- changes and cancels


def test_an_order_that_was_the_only_one_on_its_way_meets_its_bar_when_others_come(kernels: str) -> None:
    bars = [(str(100 + k), str(110 + k), "90", str(105 + k)) for k in range(6)]
    causes = []

    def sell(context: Any, asset: Any, ids: Any) -> None:
        causes.extend(order.cause for order in context.get_open_orders(asset))
        context.order(asset, -1)
        causes.extend(order.cause for order in context.get_open_orders(asset))

    for later in ({1: sell}, {1: buy(limit_price=1)}, {1: sell, 2: buy()}):
        result = run(bars, {0: buy(), **later}, latency.Latency("50ms"), fill_at="open", kernel=kernels)
        expected = [(2, "1", 1, Decimal(102))]
        expected += [(3, "2", -1, Decimal(103))] if later[1] is sell else []
        expected += [(4, "3", 1, Decimal(104))] if 2 in later else []
        assert fills(result) == expected
    assert causes == ["on_its_way", "on_its_way", "on_its_way"] * 2


def cancel(context: Any, asset: Any, ids: Any) -> None:
    context.cancel_order("main-1")


@pytest.mark.parametrize(
    ("delay", "fill_at", "trigger", "filled"),
    [
        ("0.2s", "close", "close", False),  # it is there before the close of bar 2
        ("0.2s", "open", "close", True),  # the open of bar 2 was before it
        ("61s", "close", "close", True),
        ("0ms", "open", "close", False),
        ("0.2s", "close", "range", True),  # bar 2 may have met the limit before the cancel
        ("0ms", "close", "range", False),
    ],
)
def test_a_cancel_takes_effect_when_it_arrives(
    delay: str, fill_at: str, trigger: str, filled: bool, kernels: str
) -> None:
    """A sale with a limit of 104 waits on bar 1, and could fill on bar 2."""
    script = {0: lambda context, asset, ids: context.order(asset, -1, limit_price="104"), 1: cancel}
    result = run(BARS, script, own(delay), fill_at=fill_at, trigger=trigger, kernel=kernels)
    assert result.orders["status"].to_list() == ["filled" if filled else "cancelled"]


def test_a_cancel_tells_when_it_arrived(kernels: str) -> None:
    result = run(BARS, {0: buy(limit_price=90), 1: cancel}, own("0.25s"), kernel=kernels)
    last = result.order_events.row(-1, named=True)
    assert (last["kind"], last["stamp"]) == ("cancelled", dt.datetime(2024, 1, 2, 10, 1, 0, 250_000, dt.UTC))


def test_a_market_order_is_cancelled_before_a_close_also_by_range(kernels: str) -> None:
    """It takes the close of bar 2 with 61 s; the cancel of bar 0's end, 62 s later, is there before."""

    def both(context: Any, asset: Any, ids: Any) -> None:
        context.order(asset, 1)
        context.cancel_order("main-1")

    result = run(BARS, {0: both}, own("61s"), trigger="range", kernel=kernels)
    assert result.orders["status"].to_list() == ["cancelled"]


def test_a_change_takes_effect_when_it_arrives(kernels: str) -> None:
    """A buy at 90 is raised to 110 at the end of bar 1: with 0.2 s bar 2's close counts, with 61 s bar 3's."""
    for delay, fill in (("0.2s", (2, "105")), ("61s", (3, "102"))):
        seen: list[bool] = []

        def change(context: Any, asset: Any, ids: Any, seen: list[bool] = seen) -> None:
            seen.append(context.modify_order("main-1", limit_price=110, amount=2))

        result = run(BARS, {0: buy(limit_price=90), 1: change}, own(delay), kernel=kernels)
        assert fills(result) == [(fill[0], "1", 2, Decimal(fill[1]))]
        assert seen == [True]


def test_messages_do_not_overtake_each_other(kernels: str) -> None:
    """The order takes 61 s, the cancel 1 ms: it comes behind the order, and both before the close of bar 2."""

    class Falling:
        longest = None

        def __init__(self) -> None:
            self.left = [61 * 10**9, 10**6]

        def draw(self, random: Any) -> int:
            return self.left.pop(0)

    def both(context: Any, asset: Any, ids: Any) -> None:
        context.order(asset, 1)
        context.cancel_order("main-1")

    result = run(BARS, {0: both}, latency.Latency(exchange=Falling()), kernel=kernels)
    assert result.orders["status"].to_list() == ["cancelled"]
    assert result.order_events["stamp"][-1] == dt.datetime(2024, 1, 2, 10, 1, 1, tzinfo=dt.UTC)


def test_exits_of_a_position_that_is_held_are_on_their_way_too(kernels: str) -> None:
    """A target of 103 that is attached at the end of bar 1: bar 2 opens at 104 before it arrives, and closes at 105."""

    def attach(context: Any, asset: Any, ids: Any) -> None:
        context.attach_exits("main-1", take_profit=103)

    for delay, price in (("0.2s", 105), ("0ms", 104)):
        result = run(BARS, {0: buy(), 1: attach}, own(delay), trigger="range", kernel=kernels)
        assert [fill[0] for fill in fills(result)] == [1, 2]
        assert fills(result)[1][3] == price


# --------------------------------------------------------------------------------------------------- other lengths


def test_milliseconds(kernels: str) -> None:
    """Bars of 100 ms: 60 ms to the close of the next one, 160 ms to the one after it."""
    for delay, fill_at, fill in (
        ("60ms", "close", 1),
        ("160ms", "close", 2),
        ("60ms", "open", 2),
        ("99.9ms", "close", 1),
    ):
        result = run(BARS, {0: buy()}, own(delay), frequency="100ms", seconds=0.1, fill_at=fill_at, kernel=kernels)
        assert [one[0] for one in fills(result, 0.1)] == [fill], (delay, fill_at)


def days(delay: Any, **settings: Any) -> rustybt.Result:
    frame = pl.DataFrame(
        [("X", dt.date(2024, 1, 2 + k), *bar, "1000000") for k, bar in enumerate(BARS)],
        schema=["symbol", "date", "open", "high", "low", "close", "volume"],
        orient="row",
    )

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        if delay is not None:
            context.set_latency(delay)

    def handle_data(context: Any, data: Any) -> None:
        context.order_target_percent(context.symbol("X"), 0.5)

    return rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, data=frame, progress=False, **settings)


@pytest.mark.parametrize("fill_at", ["close", "open"])
def test_overnight_no_order_comes_too_late(fill_at: str, kernels: str) -> None:
    late, at_once = (days(delay, fill_at=fill_at, kernel=kernels) for delay in ("retail", None))
    assert late.ledger_hash == at_once.ledger_hash
    assert len(late.transactions)


# ------------------------------------------------------------------------------------------------------------ chance


WAVES: list[Bar] = [
    (str(level), str(level + 3), str(level - 2), str(level - 1 + k * k % 4))
    for k, level in ((k, 100 + k % 7) for k in range(60))
]
DRAWN = latency.Latency(latency.LogNormal("20s", 1), latency.Uniform("0ms", "20s"), ["1s", "2s", "70s"])


def busy(kernel: str, seed: int) -> rustybt.Result:
    script = {k: buy() if k % 3 else cancel for k in range(1, 60)} | {0: buy(limit_price=95)}
    return run(WAVES, script, DRAWN, kernel=kernel, seed=seed, trigger="range")


def test_what_is_drawn_follows_from_the_seed() -> None:
    first, again, other = busy("python", 1), busy("auto", 1), busy("python", 2)
    assert first.ledger_hash == again.ledger_hash
    assert first.ledger_hash != other.ledger_hash
    assert first.manifest["latency"] == repr(DRAWN)


def test_a_run_that_is_stopped_goes_on_with_what_was_under_way(kernels: str) -> None:
    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.set_latency(DRAWN)

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar % 2:
            context.order(context.symbol("X"), 1, limit_price=104)
        else:
            context.cancel_orders()

    rustybt.ingest("x", minutes(WAVES), frequency="1m", stamp="end", tz="UTC", calendar="24/7", mode="replace")
    functions = {"initialize": initialize, "handle_data": handle_data}
    how = {"bundle": "x", "data_frequency": "minute", "progress": False, "trigger": "range", "kernel": kernels}
    whole = rustybt.Run("2024-01-02", "2024-01-02", **how, **functions)
    whole.until(dt.datetime(2024, 1, 2, 10, 20, tzinfo=dt.UTC))
    snapshot = whole.snapshot()
    assert rustybt.Run.restore(snapshot, **functions).finish().ledger_hash == whole.finish().ledger_hash


# ------------------------------------------------------------------------------------------------------------ bad use


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: latency.Latency(network="50"), r"Latency\(network\) is '50'. Pass a timedelta, or text such as"),
        (lambda: latency.Latency(broker=5), "broker"),
        (lambda: latency.Latency(exchange=dt.timedelta(seconds=-1)), "nothing arrives before it is sent"),
        (lambda: latency.Latency(network=[]), "at least one"),
        (lambda: latency.Uniform("5ms", "1ms"), "high is below low"),
        (lambda: latency.LogNormal("5ms", -1), "spread"),
    ],
)
def test_what_is_no_length_of_time_is_refused(make: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make()


def test_a_profile_that_there_is_not_and_a_late_call_are_refused() -> None:
    with pytest.raises(InputError, match=r"set_latency\('warp'\): .*colocated, same_city"):
        run(BARS, {}, "warp")
    with pytest.raises(SetLatencyPostInit):
        run(BARS, {0: lambda context, asset, ids: context.set_latency("retail")}, None)


def test_a_broker_of_ones_own_takes_its_own_time() -> None:
    class Own(rustybt.SimulationBlotter):
        def broker(self, simulated: Any) -> Any:
            class Passing:
                submit, replace, cancel = simulated.submit, simulated.replace, simulated.cancel
                reports = simulated.reports

            return Passing()

    with pytest.raises(InputError, match="takes its own time"):
        run(BARS, {}, own("1s"), blotter=Own())
