"""Order kinds on bars, through `run_algorithm`; the right fills are worked out by hand beside each case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import execution
from rustybt.errors import BadOrderParameters
from tests.unit._small import NAMES, ingest_minutes, run
from tests.unit.orders._bars import Bar, Outcome, run_bars

KERNELS = ("python", "auto")
OPTIONS = ("time_in_force", "good_till", "post_only", "reduce_only", "tag")
FLAT: Bar = ("100", "100", "100", "100")


def one(size: int, bars: list[Bar], style: Any = None, *, name: str = "O", **how: Any) -> Outcome:
    """One order at bar 0. Of `how` what is an option of orders goes to it, the rest to the run."""
    options = {key: how.pop(key) for key in OPTIONS if key in how}

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids[name] = context.order(asset, size, style=style, **options)

    return run_bars(bars, {0: place}, look=lambda context, ids: context.get_order(ids[name]), **how)


# ---------------------------------------------------------------------------------------------- stops that follow

RISING: list[Bar] = [
    ("101", "101.5", "100.5", "101"),
    ("101", "103.37", "101", "103"),
    ("102", "102.5", "100.5", "101"),
]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_trailing_stop_goes_to_the_tick_at_each_step(kernel: str) -> None:
    """103.37 x 39/40 = 100.78575; the stop of a sale goes down to the tick, as a placed one does."""
    done = one(-100, RISING, execution.TrailingStopOrder(percent="2.5"), kernel=kernel)
    assert done.fills == [(2, "O", -100, Decimal("100.78"))]
    assert done.cash == 10078
    assert [done.seen[bar].stop for bar in (0, 1)] == [Decimal("98.47"), Decimal("100.78")]


def test_a_trailing_stop_of_a_buy_mirrors_that_of_a_sale() -> None:
    """Prices mirrored at 200: the low of 96.63 x 41/40 = 99.04575, up to 99.05; bar 2 goes up to 99.5."""
    bars: list[Bar] = [("99", "99.5", "98.5", "99"), ("99", "99", "96.63", "97"), ("98", "99.5", "97.5", "99")]
    done = one(100, bars, execution.TrailingStopOrder(percent="2.5"))
    assert done.fills == [(2, "O", 100, Decimal("99.05"))]


@pytest.mark.parametrize("style", [{"amount": "0.0004"}, {"percent": "0.0004"}])
def test_a_trailing_stop_is_a_tick_away_at_the_nearest(style: dict[str, str]) -> None:
    """99.9996 is within 5 % of a tick of 100, where a stop would be reached by the price that it trails."""
    bars: list[Bar] = [FLAT, ("100", "100.5", "100", "100.5"), ("100.5", "100.5", "100.49", "100.5")]
    sale = one(-100, bars, execution.TrailingStopOrder(**style, trail="bar"))
    assert sale.fills == [(2, "O", -100, Decimal("100.49"))]
    assert [sale.seen[bar].stop for bar in (0, 1)] == [Decimal("99.99"), Decimal("100.49")]
    mirrored: list[Bar] = [FLAT, ("100", "100", "99.5", "99.5"), ("99.5", "99.51", "99.5", "99.5")]
    assert one(100, mirrored, execution.TrailingStopOrder(**style, trail="bar")).fills == [
        (2, "O", 100, Decimal("99.51"))
    ]


WITHIN: list[Bar] = [FLAT, ("100", "104", "99", "103"), ("103", "103.5", "101", "101.5")]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("style", "fills"),
    [
        # up to 101 and down to 99 is possible in bar 1, so is down to 99 first; 99 is the worst consistent fill
        (execution.TrailingStopOrder(amount=2), [(1, "O", -100, Decimal(99))]),
        (execution.TrailingStopOrder(amount=2, trail="bar"), [(2, "O", -100, Decimal(102))]),
        (execution.TrailingStopOrder(ticks=200, trail="bar"), [(2, "O", -100, Decimal(102))]),
    ],
)
def test_a_trailing_stop_within_one_bar(style: Any, fills: Any, kernel: str) -> None:
    assert one(-100, WITHIN, style, kernel=kernel).fills == fills


@pytest.mark.parametrize(
    ("bar", "price"),
    [
        (("97", "97.5", "96", "97"), "97"),  # opens beyond the stop of 98
        (("100", "100.5", "97.5", "100"), "98"),  # certain at the stop that stood
        (("101", "101.5", "98.5", "101"), "99"),  # the open has raised it to 99
        (("100", "103", "99.5", "100.5"), "99.5"),  # up to 103 raises it to 101; the close is below: certain
        (("100", "101", "99.5", "100.5"), None),  # up to 101 raises it to 99: not reached
    ],
)
def test_where_a_trailing_stop_of_98_is_reached(bar: Bar, price: str | None) -> None:
    done = one(-100, [FLAT, bar], execution.TrailingStopOrder(amount=2))
    assert done.fills == ([] if price is None else [(1, "O", -100, Decimal(price))])


def test_a_trailing_stop_on_closes_moves_with_closes() -> None:
    """Closes 100, 103, 102, 101: the stop stands at 98, 101, 101, and the last close reaches it."""
    bars: list[Bar] = [FLAT, ("100", "110", "99", "103"), ("103", "104", "90", "102"), ("102", "103", "95", "101")]
    done = one(-10, bars, execution.TrailingStopOrder(amount=2), trigger="close")
    assert done.fills == [(3, "O", -10, Decimal(101))]


def test_a_trailing_stop_waits_for_its_activation() -> None:
    """It follows from 105 on: nothing happens at 90; bar 2 opens at 106, and the stop stands at 104."""
    bars: list[Bar] = [FLAT, ("100", "101", "90", "100"), ("106", "106", "105", "105"), ("105", "105", "103", "104")]
    done = one(-10, bars, execution.TrailingStopOrder(amount=2, activation=105))
    assert done.fills == [(3, "O", -10, Decimal(104))]
    assert [done.seen[bar].stop for bar in (0, 1, 2)] == [None, None, Decimal(104)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_trailing_stop_limit_rests_at_its_limit(kernel: str) -> None:
    """The stop of 98 is reached at the open of 90, the limit of 97.5 is not; bar 2 comes up to it."""
    bars: list[Bar] = [FLAT, ("90", "93", "89", "92"), ("95", "98", "94", "96")]
    style = execution.TrailingStopLimitOrder(amount=2, limit_offset="0.5")
    done = one(-10, bars, style, kernel=kernel)
    assert done.fills == [(2, "O", -10, Decimal("97.5"))]
    kinds = done.result.order_events.select("kind", "cause").rows()
    assert kinds == [
        ("accepted", None),
        ("triggered", "stop_reached"),
        ("triggered", "limit_reached"),
        ("filled", None),
    ]


@pytest.mark.parametrize("size", [-10, 10])
def test_the_limit_of_a_trailing_stop_limit_goes_to_the_tick(size: int) -> None:
    """Of 98 less 0.496, 97.504, a sale's limit goes up; of 102 and 0.496, 102.496, a buy's goes down."""
    bars: list[Bar] = [FLAT, ("90", "93", "89", "92"), ("95", "98", "94", "96")]
    if size > 0:
        bars = [FLAT, ("110", "111", "107", "108"), ("105", "106", "102", "104")]
    style = execution.TrailingStopLimitOrder(amount=2, limit_offset="0.496")
    done = one(size, bars, style)
    assert done.fills == [(2, "O", size, Decimal("97.51" if size < 0 else "102.49"))]
    assert done.order("O")["limit"] == done.fills[0][3]


def test_a_split_restates_a_trailing_stop_whole() -> None:
    """2 for 1 before bar 2: 102 becomes 51, the distance 1; the high of 52 raises the stop to 51."""
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    prices = ["100", "104", "52", "50.5"]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(days, prices, strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    stops: list[Any] = []
    ids: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        if not ids:
            ids.append(context.order(context.symbol("X"), -10, style=execution.TrailingStopOrder(amount=2)))
        stops.append(context.get_order(ids[0]).stop)

    result = rustybt.run_algorithm(handle_data=handle_data, market=market, capital_base=10_000, progress=False)
    assert stops == [98, 102, 51, 51]
    assert result.transactions.select("amount").rows() == [(-20,)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("size", "best", "before", "after"),
    [(-9, "103.37", "100.78", "302.35"), (9, "96.63", "99.05", "297.14")],
)
def test_a_split_leaves_a_trailing_stop_no_further_away_than_its_distance(
    size: int, best: str, before: str, after: str, kernel: str
) -> None:
    """1 for 3: 310.11 less 2.5 % is 302.35725, 289.89 and 2.5 % are 297.13725; thrice the levels: 302.34 and 297.15."""
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(days, ["100", best, after, "300"], strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["3/1"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    stops: list[Any] = []
    ids: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        if not ids:
            ids.append(context.order(context.symbol("X"), size, style=execution.TrailingStopOrder(percent="2.5")))
        stops.append(context.get_order(ids[0]).stop)

    result = rustybt.run_algorithm(
        handle_data=handle_data, market=market, capital_base=10_000, kernel=kernel, progress=False
    )
    assert stops[1:3] == [Decimal(before), Decimal(after)]
    assert result.order_events.filter(kind="adjusted")["stop"].to_list() == [Decimal(after)]
    assert result.transactions.select("session", "amount").rows() == [(days[2], size // 3)]


# ------------------------------------------------------------------------------------------------- if touched


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("style", "bar", "price"),
    [
        (execution.MarketIfTouchedOrder(98), ("100", "101", "97", "100"), "98"),  # comes down to it
        (execution.MarketIfTouchedOrder(98), ("96", "99", "95", "97"), "96"),  # opens below it
        (execution.MarketIfTouchedOrder(98), ("100", "101", "98.01", "99"), None),
        # 98 is passed on the way to 97.8, so that the limit is certain
        (execution.LimitIfTouchedOrder("97.8", touch=98), ("100", "101", "97", "100"), "97.8"),
        # touched at 98, which is within the limit of 98.5
        (execution.LimitIfTouchedOrder("98.5", touch=98), ("100", "101", "97.9", "100"), "98"),
        # touched, and the low does not come to the limit
        (execution.LimitIfTouchedOrder("97.8", touch=98), ("100", "101", "97.9", "100"), None),
    ],
)
def test_a_buy_if_touched(style: Any, bar: Bar, price: str | None, kernel: str) -> None:
    done = one(10, [FLAT, bar], style, kernel=kernel)
    assert done.fills == ([] if price is None else [(1, "O", 10, Decimal(price))])


def test_a_sale_if_touched_waits_above_and_says_so() -> None:
    bars: list[Bar] = [FLAT, ("100", "104", "99", "101"), ("101", "106", "100", "102")]
    done = one(-10, bars, execution.MarketIfTouchedOrder(105))
    assert done.fills == [(2, "O", -10, Decimal(105))]
    assert (done.seen[1].cause, done.seen[1].reason) == ("touch_not_reached", "the price was not touched")
    assert done.result.order_events["cause"].to_list() == [None, "touch_reached", None]


# ------------------------------------------------------------------------------------------------- auctions

DAY: list[Bar] = [FLAT, ("102", "103", "97", "99"), FLAT]


@pytest.mark.parametrize("fill_at", ["open", "close"])
@pytest.mark.parametrize(
    ("style", "price"),
    [
        (execution.MarketOnOpen(), "102"),
        (execution.MarketOnClose(), "99"),
        (execution.LimitOnOpen(102), "102"),
        (execution.LimitOnOpen("101.99"), None),  # the day's low of 97 does not count: it is over after the open
        (execution.LimitOnClose(99), "99"),
        (execution.LimitOnClose("98.99"), None),
    ],
)
def test_orders_for_an_auction_take_its_price_or_none(style: Any, price: str | None, fill_at: str) -> None:
    done = one(10, DAY, style, fill_at=fill_at)
    assert done.fills == ([] if price is None else [(1, "O", 10, Decimal(price))])
    if price is None:
        assert (done.order("O")["cause"], done.order("O")["reason"]) == ("not_at_once", "10 of 10 were left")


def test_auctions_in_a_run_of_minutes() -> None:
    """On 24/7 a session ends at midnight. Placed at 23:58: the close is at 00:00, the open is the minute to 00:01."""
    begins = dt.datetime(2021, 2, 5, 23, 56, tzinfo=dt.UTC)
    ingest_minutes({"A": ["10", "11", "12", "13", "14", "15"]}, begins)
    ids: dict[str, Any] = {}

    def look(context: Any, data: Any) -> None:
        if data.current_dt == begins + dt.timedelta(minutes=2):
            asset = context.symbol("A")
            ids["open"] = context.order(asset, 1, style=execution.MarketOnOpen())
            ids["close"] = context.order(asset, 2, style=execution.MarketOnClose())
        if data.current_dt == begins + dt.timedelta(minutes=4):
            ids["next close"] = context.order(context.symbol("A"), 3, style=execution.MarketOnClose())
        seen.update({data.current_dt: [context.get_order(one).cause for one in ids.values()]})

    seen: dict[dt.datetime, list[Any]] = {}
    result = run(look, start="2021-02-05", end="2021-02-06", days=0, data_frequency="minute")
    fills = {row["order_id"]: (row["dt"].strftime("%H:%M"), row["price"]) for row in result.transactions.to_dicts()}
    assert fills == {ids["close"]: ("00:00", 13), ids["open"]: ("00:01", 14)}
    assert seen[begins + dt.timedelta(minutes=3)] == ["auction", "auction"]
    # the last minute of the 6th has no bar: nothing trades in its closing auction
    last = result.orders.filter(pl.col("id") == ids["next close"]).row(0, named=True)
    assert (last["cause"], last["reason"]) == (
        "not_at_once",
        "there was no trade at the session's close: 3 of 3 were left",
    )


# ------------------------------------------------------------------------------------------------- time in force

THIN: list[Bar] = [
    ("50", "50", "50", "50", "2000"),
    ("50.2", "50.5", "49.5", "50", "2000"),
    ("50", "50", "50", "50", "9000"),
]


@pytest.mark.parametrize(
    ("size", "style", "kept", "fills", "reason"),
    [
        (300, None, "ioc", [(1, "O", 200, Decimal(50))], "100 of 300 were left"),
        (300, None, "fok", [], "200 of 300 could fill"),
        (200, None, "fok", [(1, "O", 200, Decimal(50))], None),
        # at once is the price of fill_at, and not the bar's range
        (100, execution.LimitOrder("49.6"), "ioc", [], "100 of 100 were left"),
        (100, execution.LimitOrder("50.1"), "ioc", [(1, "O", 100, Decimal(50))], None),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS)
def test_orders_that_fill_at_once_or_not_at_all(
    size: int, style: Any, kept: str, fills: Any, reason: str | None, kernel: str
) -> None:
    done = one(size, THIN, style, time_in_force=kept, volume_share="0.1", kernel=kernel)
    assert (done.fills, done.order("O")["reason"]) == (fills, reason)


def test_an_order_that_fills_at_once_is_over_after_a_bar_without_a_trade() -> None:
    bars: list[Bar] = [FLAT, ("100", "100", "100", "100", "0"), FLAT]
    done = one(10, bars, time_in_force="ioc")
    assert (done.fills, done.order("O")["status"], done.order("O")["reason"]) == ([], "cancelled", "10 of 10 were left")


SINKING: list[Bar] = [FLAT, ("100", "100", "99", "100"), ("100", "100", "98", "100"), ("100", "100", "90", "100")]


@pytest.mark.parametrize(
    ("options", "fills", "state"),
    [
        ({}, [(3, "O", 10, Decimal(95))], "filled"),
        ({"time_in_force": "day"}, [], "expired"),
        ({"good_till": dt.date(2024, 1, 4)}, [], "expired"),
        ({"good_till": "2024-01-05"}, [(3, "O", 10, Decimal(95))], "filled"),
        # the bar of the 5th ends at 21:00 UTC: a moment within it does not let it fill
        ({"good_till": dt.datetime(2024, 1, 5, 20, 59, tzinfo=dt.UTC)}, [], "expired"),
        ({"good_till": dt.datetime(2024, 1, 5, 21, tzinfo=dt.UTC)}, [(3, "O", 10, Decimal(95))], "filled"),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS)
def test_how_long_an_order_works(options: Any, fills: Any, state: str, kernel: str) -> None:
    done = one(10, SINKING, execution.LimitOrder(95), **options, kernel=kernel)
    assert done.fills == fills
    assert done.seen[3].state == state


def test_an_order_for_the_day_ends_with_the_next_session_of_a_daily_run() -> None:
    done = one(10, SINKING, execution.LimitOrder(95), time_in_force="day")
    assert [done.seen[bar].state for bar in (0, 1)] == ["accepted", "accepted"]
    ended = done.order("O")
    assert (ended["cause"], ended["reason"], ended["dt"].date()) == (
        "expired",
        "it was good until then",
        dt.date(2024, 1, 3),
    )


# ------------------------------------------------------------------------------------------------- post, reduce, tag


def test_a_limit_that_would_take_is_refused_where_it_may_only_post() -> None:
    done = one(10, [FLAT, ("99", "101", "98", "100")], execution.LimitOrder(101), post_only=True)
    assert (done.fills, done.order("O")["status"], done.order("O")["cause"]) == ([], "rejected", "post_only")
    rests = one(10, [FLAT, ("99.5", "101", "98", "100")], execution.LimitOrder("99"), post_only=True)
    assert rests.fills == [(1, "O", 10, Decimal(99))]


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_order_that_reduces_fills_up_to_what_is_held(kernel: str) -> None:
    script = {
        0: lambda context, asset, ids: ids.update(buy=context.order(asset, 60)),
        1: lambda context, asset, ids: ids.update(
            first=context.order(asset, -50, limit_price=99, reduce_only=True),
            second=context.order(asset, -50, limit_price=99, reduce_only=True),
            none=context.order(asset, 5, reduce_only=True),
        ),
    }
    done = run_bars([FLAT, FLAT, FLAT, FLAT], script, kernel=kernel)
    assert [fill[1:3] for fill in done.fills] == [("buy", 60), ("first", -50), ("second", -10)]
    assert (done.order("second")["status"], done.order("second")["cause"]) == ("cancelled", "nothing_to_reduce")
    assert (done.order("none")["status"], done.order("none")["cause"]) == ("rejected", "nothing_to_reduce")


def test_an_order_that_reduces_ends_with_a_position_that_a_split_takes() -> None:
    """Of 3 held a split of 4 into 1 leaves nothing, of 8 to sell it leaves 2; they do not wait for another position."""
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9)]
    prices = ["100", "100", "100", "400", "400", "400"]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(days, prices, strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[3]], "ratio": ["4/1"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    states: list[Any] = []
    ids: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        asset = context.symbol("X")
        if len(states) in (0, 3):
            context.order(asset, 3)
        if len(states) == 1:
            ids.append(context.order(asset, -8, limit_price=200, reduce_only=True))
        states.append(context.get_order(ids[0]).state if ids else None)

    rustybt.run_algorithm(handle_data=handle_data, market=market, capital_base=10_000, progress=False)
    assert states == [None, "accepted", "accepted", "cancelled", "cancelled", "cancelled"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_order_that_reduces_is_over_for_the_strategy_with_the_bar_that_takes_its_position(kernel: str) -> None:
    """It is sold on bar 2; who asks there for open orders finds none."""
    script = {
        0: lambda context, asset, ids: ids.update(buy=context.order(asset, 60)),
        1: lambda context, asset, ids: ids.update(
            target=context.order(asset, -60, limit_price=200, reduce_only=True), sell=context.order(asset, -60)
        ),
    }
    done = run_bars(
        [FLAT, FLAT, FLAT, FLAT],
        script,
        look=lambda context, ids: context.get_order(ids["target"]).state if "target" in ids else None,
        kernel=kernel,
    )
    assert [done.seen[bar] for bar in (1, 2, 3)] == ["accepted", "cancelled", "cancelled"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_order_that_ended_in_the_night_is_not_split_in_the_morning(kernel: str) -> None:
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(days, ("100", "100", "50"), strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)

    def handle_data(context: Any, data: Any) -> None:
        if data.current_session == days[0]:
            evening = dt.datetime(2024, 1, 3, 22, tzinfo=dt.UTC)
            context.order(context.symbol("X"), 10, limit_price=90, good_till=evening)

    result = rustybt.run_algorithm(handle_data=handle_data, market=market, progress=False, kernel=kernel)
    assert result.orders.select("amount", "limit", "cause").row(0) == (10, 90, "expired")
    assert result.order_events["kind"].to_list() == ["accepted", "cancelled"]


def test_a_tag_stays_with_the_order() -> None:
    done = one(10, [FLAT, FLAT], tag="entry")
    assert done.seen[0].tag == done.seen[1].tag == "entry"
    assert done.fills == [(1, "O", 10, Decimal(100))]


# ------------------------------------------------------------------------------------------------- bad use


@pytest.mark.parametrize(
    ("style", "options", "text"),
    [
        (None, {"time_in_force": "forever"}, "time_in_force='forever': give one of 'gtc', 'day'"),
        (None, {"time_in_force": "gtd"}, "needs good_till"),
        (None, {"time_in_force": "day", "good_till": "2024-02-01"}, "were given"),
        (None, {"good_till": "2023-01-01"}, "is over at 2024-01-02 21:00 UTC"),
        (None, {"good_till": "soon"}, "good_till"),
        (execution.StopOrder(90), {"time_in_force": "ioc"}, "a stop or touch waits"),
        (execution.MarketOnOpen(), {"good_till": "2024-02-01"}, "ends with that auction"),
        (None, {"post_only": True}, "post_only needs a limit"),
        (None, {"tag": 5}, "tag=5"),
    ],
)
def test_options_that_make_no_order_are_refused_and_nothing_is_placed(style: Any, options: Any, text: str) -> None:
    with pytest.raises(BadOrderParameters, match=text):
        one(10, [FLAT, FLAT], style, **options)


def test_an_unknown_option_is_named_with_those_that_there_are() -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        context.order(asset, 1, good_til="2024-02-01")

    with pytest.raises(
        TypeError,
        match=r"unexpected keyword argument 'good_til'(\n.*)*\nBy name an order takes .* time_in_force, good_till",
    ):
        run_bars([FLAT, FLAT], {0: place})


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (execution.TrailingStopOrder, "no distance: give one of amount, percent and ticks"),
        (lambda: execution.TrailingStopOrder(amount=1, ticks=2), "amount and ticks"),
        (lambda: execution.TrailingStopOrder(percent=100), "between 0 and 100"),
        (lambda: execution.TrailingStopOrder(amount=0), "at the price itself"),
        (lambda: execution.TrailingStopOrder(ticks=1.5), "whole number"),
        (lambda: execution.TrailingStopOrder(amount=1, trail="tick"), "give 'range' or 'bar'"),
        (lambda: execution.MarketIfTouchedOrder(-1), "negative"),
    ],
)
def test_styles_refuse_what_they_cannot_be(make: Any, text: str) -> None:
    with pytest.raises(BadOrderParameters, match=text):
        make()


# ------------------------------------------------------------------------------------------------- changes

REPLACED: list[Bar] = [
    ("99", "99", "99", "99", "1000"),
    ("99", "99.5", "97.5", "98.2", "1000"),
    ("99.5", "100", "98.8", "99.4", "1000"),
]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("changes", "done", "fills", "amount", "status"),
    [
        # amount is the whole order's: 100 are filled at 98, 50 more are wanted
        ({"amount": 150, "limit_price": 99}, True, [(1, "A", 100, 98), (2, "A", 50, 99)], 150, "filled"),
        # below what is filled it is refused, and the order stays
        ({"amount": 80}, False, [(1, "A", 100, 98)], 200, "open"),
        # what is filled is all: nothing is left
        ({"amount": 100}, True, [(1, "A", 100, 98)], 200, "cancelled"),
    ],
)
def test_an_order_is_changed(changes: Any, done: bool, fills: Any, amount: int, status: str, kernel: str) -> None:
    said: list[bool] = []
    script = {
        0: lambda context, asset, ids: ids.update(A=context.order(asset, 200, limit_price=98)),
        1: lambda context, asset, ids: said.append(context.modify_order(ids["A"], **changes)),
    }
    outcome = run_bars(REPLACED, script, volume_share="0.1", kernel=kernel)
    assert (said, outcome.fills) == ([done], [(*fill[:3], Decimal(fill[3])) for fill in fills])
    assert (outcome.order("A")["amount"], outcome.order("A")["status"]) == (amount, status)


@pytest.mark.parametrize(
    ("changes", "second_first"),
    [({"limit_price": "98.5"}, True), ({"amount": 300}, True), ({"amount": 150}, False)],
)
def test_a_new_price_or_a_larger_size_loses_the_place_in_the_queue(changes: Any, second_first: bool) -> None:
    """100 units a bar: both limits are reached on bar 2, and whoever is first takes them."""
    script = {
        0: lambda context, asset, ids: ids.update(
            first=context.order(asset, 200, limit_price=98), second=context.order(asset, 200, limit_price=98)
        ),
        1: lambda context, asset, ids: context.modify_order(ids["first"], **changes),
    }
    bars: list[Bar] = [("100", "100", "100", "100", "1000")] * 2 + [("98", "98", "98", "98", "1000")]
    done = run_bars(bars, script, volume_share="0.1")
    assert [fill[1] for fill in done.fills] == ["second" if second_first else "first"]


def test_the_distance_of_a_trailing_stop_is_changed() -> None:
    bars: list[Bar] = [FLAT, ("101", "105", "100.5", "105"), ("105", "105", "104", "105"), ("105", "105", "101", "102")]
    script = {
        0: lambda context, asset, ids: ids.update(
            T=context.order(asset, -1, style=execution.TrailingStopOrder(amount=5))
        ),
        1: lambda context, asset, ids: context.modify_order(ids["T"], trail_amount=3),
    }
    done = run_bars(bars, script, look=lambda context, ids: context.get_order(ids["T"]).stop)
    assert [done.seen[bar] for bar in (0, 1, 2)] == [95, 102, 102]
    assert done.fills == [(3, "T", -1, Decimal(102))]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "nothing to change"),
        ({"amount": -5}, "same side"),
        ({"amount": 0}, "same side"),
        ({"stop_price": 5}, "has no stop of its own"),
        ({"trail_amount": 5}, "has no trailing stop"),
    ],
)
def test_a_change_that_makes_no_order_is_refused_and_the_order_stays(changes: Any, text: str) -> None:
    def change(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["O"] = context.order(asset, 10, limit_price=90)
        with pytest.raises(BadOrderParameters, match=text):
            context.modify_order(ids["O"], **changes)

    done = run_bars([FLAT, FLAT], {0: change})
    assert (done.order("O")["amount"], done.order("O")["limit"], done.order("O")["status"]) == (10, 90, "open")


def test_orders_are_cancelled_by_asset_and_tag_and_positions_closed() -> None:
    counts: list[Any] = []

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids.update(buy=context.order(asset, 10))
        ids.update({name: context.order(asset, 1, limit_price=1, tag=name) for name in ("a", "b", "c")})
        counts.append(context.cancel_orders(tag="a"))

    script = {
        0: place,
        1: lambda context, asset, ids: ids.update(close=context.close_position(asset)),
        2: lambda context, asset, ids: counts.extend([context.close_all(), context.cancel_orders()]),
    }
    done = run_bars([FLAT] * 4, script)
    assert counts == [1, [], 0]
    assert [fill[1:3] for fill in done.fills] == [("buy", 10), ("close", -10)]
    assert {done.order(name)["status"] for name in "abc"} == {"cancelled"}


@pytest.mark.parametrize(
    ("size", "stop", "told"), [(-10, 101, True), (-10, 100, False), (-10, 99, False), (10, 99, True), (10, 101, False)]
)
def test_a_stop_beyond_the_market_is_told(size: int, stop: int, told: bool) -> None:
    done = one(size, [FLAT, ("100", "102", "98", "100")], execution.StopOrder(stop))
    notes = [note for note in done.result.notes if note.code == "stop_beyond_market"]
    assert len(notes) == told
    if told:
        assert notes[0].data == {"symbol": "X", "stop": str(stop), "price": "100"}
        assert done.fills == [(1, "O", size, Decimal(100))], "at the open, like a market order"
