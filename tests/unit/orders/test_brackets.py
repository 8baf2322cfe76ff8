"""Linked orders on bars, through `run_algorithm`; the right fills are worked out by hand beside each case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import execution
from rustybt.errors import BadOrderParameters, InputError
from tests.unit._small import NAMES
from tests.unit.orders._bars import Bar, Outcome, run_bars

KERNELS = ("python", "auto")
FLAT: Bar = ("100", "100", "100", "100")
UP: Bar = ("100", "102", "99", "101")


def bracket(bars: list[Bar], amount: int = 100, **how: Any) -> Outcome:
    """A bracket at bar 0: E, its target P and its stop L."""
    settings = {name: how.pop(name) for name in ("kernel", "volume_share", "fill_at", "trigger") if name in how}

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = context.bracket_order(asset, amount, **how)
        named = zip(("E", "P", "L"), placed, strict=True)
        ids.update({name: order for name, order in named if order is not None})

    def look(context: Any, ids: dict[str, Any]) -> dict[str, str]:
        return {name: context.get_order(order).state for name, order in ids.items()}

    return run_bars(bars, {0: place}, look=look, **settings)


def fill(bar: int, name: str, size: int, price: Any) -> tuple[int, str, int, Decimal]:
    return bar, name, size, Decimal(price)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_target_that_fills_cancels_the_stop(kernel: str) -> None:
    """Nothing comes after the close at which E fills, so that the exits work from bar 2 on."""
    done = bracket([FLAT, UP, ("101", "109", "100", "107")], take_profit=108, stop_loss=95, kernel=kernel)
    assert done.fills == [fill(1, "E", 100, 101), fill(2, "P", -100, 108)]
    assert done.cash == 700
    assert (done.order("L")["status"], done.order("L")["reason"]) == ("cancelled", "linked order filled")
    assert [done.seen[bar] for bar in (0, 1, 2)] == [
        {"E": "accepted", "P": "held", "L": "held"},
        {"E": "filled", "P": "accepted", "L": "accepted"},
        {"E": "filled", "P": "filled", "L": "cancelled"},
    ]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("bar", "exits"),
    [
        (("101", "109", "94", "100"), [fill(2, "L", -100, 95)]),  # both are reached: the worse is first
        (("109", "110", "94", "100"), [fill(2, "P", -100, 109)]),  # opens beyond the target
        (("94", "110", "93", "100"), [fill(2, "L", -100, 94)]),  # opens beyond the stop
        (("101", "107", "96", "100"), []),
    ],
)
def test_both_exits_in_one_bar(bar: Bar, exits: Any, kernel: str) -> None:
    done = bracket([FLAT, UP, bar], take_profit=108, stop_loss=95, kernel=kernel)
    assert done.fills == [fill(1, "E", 100, 101), *exits]


@pytest.mark.parametrize(
    ("bar", "exits"),
    [
        # a short that was opened at 101: its target below, its stop above; the mirror of the ones above
        (("101", "109", "94", "100"), [fill(2, "L", 100, 108)]),
        (("94", "109", "93", "100"), [fill(2, "P", 100, 94)]),
        (("101", "107", "94", "100"), [fill(2, "P", 100, 95)]),
    ],
)
def test_exits_of_a_short(bar: Bar, exits: Any) -> None:
    done = bracket([FLAT, UP, bar], -100, take_profit=95, stop_loss=108)
    assert done.fills == [fill(1, "E", -100, 101), *exits]


ENTRY: Bar = ("103", "103", "103", "103")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("bar", "entry", "exits", "fills"),
    [
        # 100 is crossed before 96 is reached, and 97 lies between: the stop is certain
        (("102", "106.5", "96", "104"), {"limit_price": 100}, (107, 97), ["E 100", "L 97"]),
        # a target of 106 is possible before the stop, and so is the high before the entry
        (("102", "106.5", "96", "104"), {"limit_price": 100}, (106, 97), ["E 100", "L 97"]),
        # the high may have been before the entry: the target counts where the close is beyond it
        (("102", "106.5", "98", "104"), {"limit_price": 100}, (106, 97), ["E 100"]),
        (("102", "106.5", "98", "106.5"), {"limit_price": 100}, (106, 97), ["E 100", "P 106"]),
        # a stop entry is crossed on the way to the target: certain
        (("103", "109", "102", "105"), {"stop_price": 104}, (108, 101), ["E 104", "P 108"]),
        # unless the low may have come in between
        (("103", "109", "100", "105"), {"stop_price": 104}, (108, 101), ["E 104", "L 101"]),
        # an open beyond the limit: the whole bar comes after the entry
        (("99", "106.5", "98", "104"), {"limit_price": 100}, (106, 97), ["E 99", "P 106"]),
    ],
)
def test_exits_on_the_bar_of_the_entry(bar: Bar, entry: Any, exits: Any, fills: list[str], kernel: str) -> None:
    done = bracket([ENTRY, bar], take_profit=exits[0], stop_loss=exits[1], **entry, kernel=kernel)
    assert [f"{name} {price.normalize():f}" for _, name, _, price in done.fills] == fills


def test_exits_on_the_bar_of_an_entry_at_its_open() -> None:
    done = bracket([FLAT, ("100", "109", "99", "101")], take_profit=108, stop_loss=95, fill_at="open")
    assert done.fills == [fill(1, "E", 100, 100), fill(1, "P", -100, 108)]


PARTS: list[Bar] = [
    ("100", "101", "99", "100", "1000"),
    ("100", "106", "99", "104", "1000"),
    ("104", "104.5", "94", "96", "1000"),
]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("link", "fills", "cash"),
    [
        ("oco", [fill(1, "P", -100, 105)], 10500),  # the first part of one cancels the other
        ("reduce", [fill(1, "P", -100, 105), fill(2, "L", -100, 95)], 20000),  # it leaves what is left
    ],
)
def test_linked_orders_in_parts(link: str, fills: Any, cash: int, kernel: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["P"] = context.order(asset, -200, limit_price=105)
        ids["L"] = context.order(asset, -200, stop_price=95)
        assert context.oco(ids["P"], ids["L"], link=link) == "group-1"

    done = run_bars(PARTS, {0: place}, volume_share="0.1", kernel=kernel)
    assert (done.fills, done.cash) == (fills, cash)


def test_exits_are_as_large_as_what_is_filled_and_an_exit_ends_the_entry() -> None:
    """100 units a bar: E fills 100 at bar 1; at bar 2 the target sells them, and the rest of E is cancelled."""
    bars: list[Bar] = [("100",) * 4 + ("1000",)] * 2
    bars += [("103", "106", "102", "105", "1000"), ("95",) * 4 + ("1000",)]
    done = bracket(bars, 300, take_profit=105, stop_loss=94, limit_price="100", volume_share="0.1")
    assert done.fills == [fill(1, "E", 100, 100), fill(2, "P", -100, 105)]
    assert (done.order("E")["status"], done.order("E")["reason"]) == ("cancelled", "an exit filled")
    assert done.order("L")["status"] == "cancelled"


def test_an_entry_that_ends_unfilled_cancels_its_exits() -> None:
    done = bracket([FLAT] * 3, take_profit=120, stop_loss=80, limit_price=90, time_in_force="day")
    assert done.fills == []
    assert {done.order(name)["reason"] for name in "PL"} == {"the entry ended unfilled"}
    assert done.seen[2] == {"E": "expired", "P": "cancelled", "L": "cancelled"}


def test_exits_after_the_whole_begin_when_it_is_filled() -> None:
    bars: list[Bar] = [("100",) * 4 + ("1000",)] * 4
    done = bracket(bars, 200, take_profit=120, stop_loss=80, after="whole", volume_share="0.1")
    assert [done.seen[bar]["L"] for bar in (1, 2)] == ["held", "accepted"]
    assert done.order("L")["amount"] == -200


@pytest.mark.parametrize("kernel", KERNELS)
def test_exits_by_distance_and_percent_count_from_the_fill(kernel: str) -> None:
    """Filled at 101: 5 % above is 106.05, and 3.333 below is 97.667, which goes down to 97.66."""
    exits = {"take_profit": execution.Percent(5), "stop_loss": execution.Distance("3.333")}
    done = bracket([FLAT, UP, ("101", "101", "98", "99")], **exits, kernel=kernel)
    assert (done.order("P")["limit"], done.order("L")["stop"]) == (Decimal("106.05"), Decimal("97.66"))


def test_a_trailing_exit_follows_from_the_fill() -> None:
    """Filled at 101, it trails by 3: the high of 106 raises it to 103, at which bar 3 meets it."""
    bars: list[Bar] = [FLAT, UP, ("103", "106", "103.5", "105"), ("105", "105", "101", "102")]
    bars[2] = ("104", "106", "103.5", "105")
    done = bracket(bars, stop_loss=execution.TrailingStopOrder(amount=3))
    assert done.fills == [fill(1, "E", 100, 101), fill(3, "L", -100, 103)]


def test_exits_are_attached_to_an_order_that_has_filled() -> None:
    script = {
        0: lambda context, asset, ids: ids.update(E=context.order(asset, 10)),
        1: lambda context, asset, ids: ids.update(L=context.attach_exits(ids["E"], stop_loss=99).stop_loss),
    }
    done = run_bars([FLAT, FLAT, ("100", "100", "98", "99")], script)
    assert done.fills == [fill(1, "E", 10, 100), fill(2, "L", -10, 99)]


def test_exits_never_exceed_what_is_held() -> None:
    """Half of the position is sold by hand: the stop sells the other half."""
    script = {
        0: lambda context, asset, ids: ids.update(
            zip("EPL", context.bracket_order(asset, 10, take_profit=120, stop_loss=95), strict=True)
        ),
        1: lambda context, asset, ids: ids.update(hand=context.order(asset, -5)),
    }
    bars: list[Bar] = [FLAT, FLAT, FLAT, ("100", "100", "90", "91"), FLAT]
    done = run_bars(bars, script)
    assert [one[1:3] for one in done.fills] == [("E", 10), ("hand", -5), ("L", -5)]


@pytest.mark.parametrize("days", [1, 2])
def test_a_split_restates_all_orders_of_a_bracket(days: int) -> None:
    """2 for 1 before bar 2, while the exits are held (days=2) or at work (days=1)."""
    sessions = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    prices = ["100", "100", "50", "46"]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(sessions, prices, strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [sessions[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    found: dict[int, Any] = {}

    def handle_data(context: Any, data: Any) -> None:
        asset = context.symbol("X")
        if not found:
            limit = None if days == 1 else 99
            found[0] = context.bracket_order(asset, 10, limit_price=limit, take_profit=120, stop_loss=94)
        order = context.get_order(found[0].stop_loss)
        found[data.current_session.day] = order.amount, order.stop

    result = rustybt.run_algorithm(handle_data=handle_data, market=market, capital_base=10_000, progress=False)
    assert found[4] == (-20, 47)
    assert result.transactions["amount"].to_list() == ([10, -20] if days == 1 else [20])


def test_a_bracket_goes_on_after_a_snapshot(tmp_path: Any) -> None:
    from tests.unit.orders._bars import frame_of

    bars: list[Bar] = [FLAT, UP, ("101", "104", "100", "103"), ("103", "109", "100", "107")]

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.get_open_orders():
            context.bracket_order(context.symbol("X"), 10, take_profit=108, stop_loss=execution.Distance(5))

    market = rustybt.load_data(frame_of(bars))
    whole = rustybt.Run(handle_data=handle_data, market=market, trigger="range").finish()
    for steps in (2, 5, 8):
        run = rustybt.Run(handle_data=handle_data, market=market, trigger="range")
        for _ in range(steps):
            run.step()
        snapshot = run.snapshot()
        again = rustybt.Run.restore(snapshot, handle_data=handle_data, market=market).finish()
        assert again.manifest["ledger_hash"] == whole.manifest["ledger_hash"]
        assert again.order_events.equals(whole.order_events)


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({}, "take_profit, stop_loss or both"),
        ({"take_profit": "5%"}, r"write execution.Percent\(5\) for 5 %"),
        ({"take_profit": 0.05}, r"wrong side. Give a price above it, or how far from it: execution.Percent\(5\)"),
        ({"stop_loss": execution.LimitOrder(90)}, "is a limit. Give a price, a StopOrder"),
        ({"take_profit": execution.StopOrder(110)}, "is a stop. Give a price, or a LimitOrder"),
        ({"take_profit": 90}, "take_profit=90 of a bracket that buys at about 100 lies on the wrong side"),
        ({"stop_loss": 101}, "stop_loss=101 .* Give a price below it"),
        ({"limit_price": 95, "stop_loss": 96}, "about 95"),
        ({"stop_loss": execution.MarketOrder()}, "exit at once"),
        ({"stop_loss": 90, "link": "both"}, "give 'reduce' or 'oco'"),
        ({"stop_loss": 90, "after": "now"}, "give 'part' or 'whole'"),
        ({"stop_loss": 90, "time_in_force": "never"}, "time_in_force"),
    ],
)
def test_a_bracket_that_makes_no_sense_is_refused_whole(how: Any, text: str) -> None:
    counts: list[int] = []

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        with pytest.raises(BadOrderParameters, match=text):
            context.bracket_order(asset, 10, **how)
        counts.append(len(context.get_open_orders()))

    done = run_bars([FLAT, FLAT], {0: place})
    assert (counts, done.result.orders.height) == ([0], 0)


def test_a_refused_entry_has_no_exits() -> None:
    def initialize(context: Any) -> None:
        context.set_max_order_size(max_shares=5, on_error="reject")
        context.placed = None

    def handle_data(context: Any, data: Any) -> None:
        context.placed = context.bracket_order(context.symbol("X"), 10, stop_loss=90)

    from tests.unit.orders._bars import frame_of

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, data=frame_of([FLAT, FLAT]), capital_base=10_000, progress=False
    )
    assert result.orders["status"].to_list() == ["rejected"] * 2


def test_orders_that_can_not_be_linked_are_named() -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        one, two = context.order(asset, 1, limit_price=1), context.order(asset, 1, limit_price=2)
        with pytest.raises(InputError, match="no order with that id"):
            context.oco(one, "main-99")
        with pytest.raises(BadOrderParameters, match="two orders or more"):
            context.oco(one, one)
        context.oco(one, two)
        with pytest.raises(BadOrderParameters, match="linked already"):
            context.oco(one, context.order(asset, 1, limit_price=3))
        context.cancel_order(one)
        with pytest.raises(BadOrderParameters, match="cancelled without a fill"):
            context.attach_exits(one, stop_loss=0.5)

    run_bars([FLAT, FLAT], {0: place})


def test_orders_of_two_assets_do_not_take_units_from_each_other() -> None:
    """Any fill of one cancels the other; how many units of Y a unit of X is, nobody knows."""
    from tests.unit.orders._bars import frame_of

    frame = frame_of([FLAT, FLAT, FLAT])
    both = pl.concat([frame, frame.with_columns(pl.lit("Y").alias("symbol"))])

    def handle_data(context: Any, data: Any) -> None:
        if not context.get_open_orders() and not context.portfolio.positions:
            placed = [context.order(context.symbol(name), 3, limit_price=200) for name in "XY"]
            with pytest.raises(BadOrderParameters, match=r"the orders are of X, Y, .*Nothing was linked"):
                context.oco(*placed, link="reduce")
            context.oco(*placed)

    result = rustybt.run_algorithm(handle_data=handle_data, data=both, capital_base=10_000, progress=False)
    assert result.orders["status"].to_list()[:2] == ["filled", "cancelled"]


# ------------------------------------------------------------------------------------- what was found by attacking it

THIN: Bar = ("100", "100", "100", "100", "400")
"""With a share of 10 %, 40 units fill."""


@pytest.mark.parametrize("kernel", KERNELS)
def test_closing_a_position_leaves_no_exit_of_an_entry_that_has_filled_in_part(kernel: str) -> None:
    """The entry that is cancelled would let its exits go to work, beside the order that closes."""
    script = {
        0: lambda context, asset, ids: ids.update(
            zip("EPL", context.bracket_order(asset, 100, take_profit=110, stop_loss=95, after="whole"), strict=True)
        ),
        1: lambda context, asset, ids: ids.update(close=context.close_position(asset)),
    }
    done = run_bars([FLAT, THIN, ("100", "100", "94", "95")], script, volume_share="0.1", kernel=kernel)
    assert [one[1:3] for one in done.fills] == [("E", 40), ("close", -40)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_exits_after_the_whole_protect_a_part_at_their_distance(kernel: str) -> None:
    """40 of 100 fill at 100, and the rest is cancelled by hand: exits at 110 and 95, and no market orders."""
    exits = {"take_profit": execution.Distance(10), "stop_loss": execution.Distance(5)}
    script = {
        0: lambda context, asset, ids: ids.update(
            zip("EPL", context.bracket_order(asset, 100, **exits, after="whole"), strict=True)
        ),
        1: lambda context, asset, ids: context.cancel_order(ids["E"]),
    }
    done = run_bars([FLAT, THIN, FLAT, FLAT], script, volume_share="0.1", kernel=kernel)
    assert [one[1:3] for one in done.fills] == [("E", 40)]
    assert (done.order("P")["limit"], done.order("L")["stop"], done.order("L")["amount"]) == (110, 95, -40)


def test_exits_by_distance_count_from_the_first_of_several_fills() -> None:
    bars: list[Bar] = [FLAT, THIN, ("120",) * 4 + ("600",), ("115",) * 4]
    exits = {"take_profit": execution.Distance(30), "stop_loss": execution.Distance(5)}
    done = bracket(bars, 100, **exits, after="whole", volume_share="0.1")
    assert (done.order("P")["limit"], done.order("L")["stop"]) == (130, 95)


SILENT: Bar = ("100", "100", "100", "100", "0")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "how",
    [
        {"time_in_force": "ioc"},
        {"time_in_force": "fok"},
        {"style": execution.MarketOnOpen()},
        {"style": execution.MarketOnClose()},
        {"style": execution.LimitOnClose(101)},
    ],
)
def test_an_order_for_one_bar_ends_there_though_another_one_sleeps(how: Any, kernel: str) -> None:
    script = {
        0: lambda context, asset, ids: ids.update(sleeps=context.order(asset, 10, limit_price=50)),
        2: lambda context, asset, ids: ids.update(one=context.order(asset, 10, **how)),
    }
    done = run_bars([FLAT, FLAT, FLAT, SILENT, SILENT, FLAT, FLAT], script, kernel=kernel)
    assert (done.fills, done.order("one")["cause"]) == ([], "not_at_once")


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_stop_within_the_bar_comes_before_the_rest_of_an_entry_at_its_close(kernel: str) -> None:
    """40 are held; the stop of 95 is met on the way to the close of 90, at which the rest would fill."""
    bars: list[Bar] = [FLAT, THIN, ("100", "100", "90", "90", "100000")]
    done = bracket(bars, 100, take_profit=110, stop_loss=95, volume_share="0.1", kernel=kernel)
    assert done.fills == [fill(1, "E", 40, 100), fill(2, "L", -40, 95)]
    assert done.cash == -200


def test_a_target_is_met_before_the_rest_of_an_entry_where_the_bar_does_not_say() -> None:
    """The rest at 99 first and then 100 at 110 would be the best reading: 40 at 110 is the worst."""
    bars: list[Bar] = [FLAT, ("99",) * 4 + ("400",), ("100", "110", "99", "100", "100000")]
    done = bracket(bars, 100, take_profit=110, stop_loss=90, limit_price=99, volume_share="0.1")
    assert done.fills == [fill(1, "E", 40, 99), fill(2, "P", -40, 110)]


def test_a_stop_behind_an_entry_sells_the_rest_too() -> None:
    """Prices fall through the limit of 99 to the stop of 97: what fills on the way is sold there."""
    bars: list[Bar] = [FLAT, ("99",) * 4 + ("400",), ("100", "101", "96", "100", "100000")]
    done = bracket(bars, 100, take_profit=110, stop_loss=97, limit_price=99, volume_share="0.1")
    assert done.fills == [fill(1, "E", 40, 99), fill(2, "E", 60, 99), fill(2, "L", -100, 97)]


def test_entries_of_brackets_cancel_each_other() -> None:
    script = {
        0: lambda context, asset, ids: ids.update(
            up=context.bracket_order(asset, 10, stop_price=102, take_profit=110, stop_loss=95).entry,
            down=context.bracket_order(asset, -10, stop_price=98, take_profit=90, stop_loss=105).entry,
        ),
    }
    place = script[0]

    def both(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        place(context, asset, ids)
        context.oco(ids["up"], ids["down"])

    done = run_bars([FLAT, ("100", "103", "99", "102"), ("102", "102", "97", "98")], {0: both})
    assert done.fills == [fill(1, "up", 10, 102)]
    assert done.order("down")["reason"] == "linked order filled"


@pytest.mark.parametrize("kernel", KERNELS)
def test_exits_of_two_entries_on_one_bar_share_position_and_volume(kernel: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        for name in "ab":
            placed = context.bracket_order(asset, 10, limit_price=99, take_profit=110, stop_loss=97)
            ids.update({name: placed.entry, name + "P": placed.take_profit, name + "L": placed.stop_loss})
        ids["short"] = context.order(asset, -10, limit_price=100)

    done = run_bars([FLAT, ("100", "100", "96", "96")], {0: place}, kernel=kernel)
    assert sum(one[2] for one in done.fills) == 0


def test_exits_end_with_the_position_that_they_protect() -> None:
    """The position is sold by hand at bar 1: the stop of 95 does not sell the next one, which has its own at 85."""
    script = {
        0: lambda context, asset, ids: ids.update(
            zip("EPL", context.bracket_order(asset, 10, take_profit=130, stop_loss=95), strict=True)
        ),
        1: lambda context, asset, ids: ids.update(hand=context.order_target(asset, 0)),
        3: lambda context, asset, ids: ids.update(
            zip(("E2", "P2", "L2"), context.bracket_order(asset, 10, take_profit=130, stop_loss=85), strict=True)
        ),
    }
    bars: list[Bar] = [FLAT, FLAT, FLAT, FLAT, ("100", "104", "99", "103"), ("103", "104", "90", "92")]
    done = run_bars(bars, script)
    assert [one[1:3] for one in done.fills] == [("E", 10), ("hand", -10), ("E2", 10)]
    assert (done.order("L")["status"], done.order("L")["cause"]) == ("cancelled", "nothing_to_reduce")


def test_exits_can_be_attached_again_once_the_first_are_over() -> None:
    def again(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        for name in "PL":
            context.cancel_order(ids[name])
        ids["new"] = context.attach_exits(ids["E"], stop_loss=98).stop_loss

    script = {
        0: lambda context, asset, ids: ids.update(
            zip("EPL", context.bracket_order(asset, 10, take_profit=110, stop_loss=95), strict=True)
        ),
        1: again,
    }
    done = run_bars([FLAT, FLAT, ("100", "100", "97", "98")], script)
    assert done.fills[-1] == fill(2, "new", -10, 98)


@pytest.mark.parametrize("kernel", KERNELS)
def test_exits_by_distance_are_beside_the_first_fill_of_an_open_order_wherever_its_limit_is(kernel: str) -> None:
    """A sale with a limit of 90 gets 100 for its first half: 5 below that is 95."""

    def attach(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["P"] = context.attach_exits(ids["E"], take_profit=execution.Distance(5)).take_profit

    sells = {0: lambda context, asset, ids: ids.update(E=context.order(asset, -10, limit_price=90)), 1: attach}
    half: Bar = ("100", "100", "100", "100", "50")
    bars: list[Bar] = [FLAT, half, half, ("100", "100", "94", "96")]
    done = run_bars(bars, sells, volume_share="0.1", kernel=kernel)
    assert done.fills == [fill(1, "E", -5, 100), fill(2, "E", -5, 100), fill(3, "P", 10, 95)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_exits_by_percent_of_an_order_that_filled_hang_on_its_first_fill(kernel: str) -> None:
    """E fills at 100 with bar 1, which gives 5, and at 104 with bar 2: 4 % below 100 is 96, 10 above it 110."""

    def attach(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        exits = context.attach_exits(ids["E"], take_profit=execution.Distance(10), stop_loss=execution.Percent(4))
        ids.update(P=exits.take_profit, L=exits.stop_loss)

    script = {0: lambda context, asset, ids: ids.update(E=context.order(asset, 10)), 2: attach}
    bars = [FLAT, FLAT, ("104", "104", "104", "104"), ("104", "104", "97", "98"), ("98", "98", "95", "95")]
    done = run_bars([(*bar, "50") for bar in bars], script, volume_share="0.1", kernel=kernel)
    assert done.fills[:2] == [fill(1, "E", 5, 100), fill(2, "E", 5, 104)]
    assert (done.order("P")["limit"], done.order("L")["stop"]) == (Decimal(110), Decimal(96))
    assert done.fills[2] == fill(4, "L", -5, 96)


def test_a_percent_that_the_price_has_passed_is_refused() -> None:
    def attach(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        with pytest.raises(BadOrderParameters, match=r"take_profit=Percent\(5\).*wrong side.*above"):
            context.attach_exits(ids["E"], take_profit=execution.Percent(5))

    script = {0: lambda context, asset, ids: ids.update(E=context.order(asset, 10)), 2: attach}
    done = run_bars([FLAT, FLAT, ("107", "107", "107", "107")], script)
    assert [one[1] for one in done.fills] == ["E"]


def test_a_stop_on_the_wrong_side_of_what_is_held_is_refused() -> None:
    def attach(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        with pytest.raises(BadOrderParameters, match="wrong side"):
            context.attach_exits(ids["E"], stop_loss=130)

    script = {0: lambda context, asset, ids: ids.update(E=context.order(asset, 10)), 1: attach}
    done = run_bars([FLAT, FLAT, FLAT], script)
    assert [one[1] for one in done.fills] == ["E"]


def test_exits_of_an_order_that_filled_before_a_split_are_refused() -> None:
    sessions = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    rows = [("X", day, *[price] * 4, "100000") for day, price in zip(sessions, ["100", "100", "50"], strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [sessions[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    said: list[str] = []

    def handle_data(context: Any, data: Any) -> None:
        if not said:
            said.append(context.order(context.symbol("X"), 100))
        elif data.current_session == sessions[2]:
            with pytest.raises(BadOrderParameters, match=r"before a split of X.*reduce_only=True"):
                context.attach_exits(said[0], stop_loss=45)
            said.append("refused")

    rustybt.run_algorithm(handle_data=handle_data, market=market, capital_base=100_000, progress=False)
    assert said[-1] == "refused"


def test_a_split_that_leaves_less_than_a_unit_of_an_exit_ends_its_entry() -> None:
    """1 of 15 filled; 1 for 2 leaves half a share of the exits: the rest of the entry would have none."""
    sessions = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    rows = [
        ("X", day, *[price] * 4, volume)
        for day, price, volume in zip(
            sessions, ["100", "100", "200", "200"], ["1000", "10", "1000", "1000"], strict=True
        )
    ]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [sessions[2]], "ratio": ["2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    placed: list[Any] = []

    def initialize(context: Any) -> None:
        context.set_slippage(rustybt.api.slippage.VolumeShareSlippage(volume_limit="0.1", price_impact=0))

    def handle_data(context: Any, data: Any) -> None:
        if not placed:
            placed.append(context.bracket_order(context.symbol("X"), 15, take_profit=150, stop_loss=90))

    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, market=market, capital_base=100_000, progress=False
    )
    assert result.transactions.height == 1
    assert set(result.orders["status"]) == {"cancelled"}


@pytest.mark.parametrize("away", [execution.Distance("4.0003"), execution.Percent("4.0003")], ids=repr)
@pytest.mark.parametrize(("side", "profit", "loss"), [(1, "104", "96"), (-1, "96", "104")])
def test_exits_so_far_from_their_entry_go_to_the_tick_as_placed_orders_do(
    away: Any, side: int, profit: str, loss: str
) -> None:
    """3 % of a tick beyond one is that tick, to whichever side prices go otherwise."""

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["E"], ids["P"], ids["L"] = context.bracket_order(asset, side * 10, take_profit=away, stop_loss=away)

    done = run_bars([("100", "100", "100", "100")] * 3, {0: place})
    assert (done.order("P")["limit"], done.order("L")["stop"]) == (Decimal(profit), Decimal(loss))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_target_within_the_bar_comes_before_what_is_left_of_a_stop_at_the_close(kernel: str) -> None:
    """Bar 2 reaches the stop, and has a volume for 50; of bar 3, with as much, 108 comes before its close of 104."""
    bars: list[Bar] = [FLAT, FLAT, ("100", "100", "95", "96", "500"), ("100", "109", "99", "104", "500")]
    done = bracket(bars, take_profit=108, stop_loss=95, volume_share="0.1", kernel=kernel)
    assert done.fills == [fill(1, "E", 100, 100), fill(2, "L", -50, 95), fill(3, "P", -50, 108)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("side", "third"), [(1, ("103", "103", "101", "103")), (-1, ("97", "99", "97", "97"))])
def test_a_stop_that_trails_by_bars_follows_the_bar_of_its_entry_from_there_on(
    side: int, third: Bar, kernel: str
) -> None:
    """Bought at the open of 100, it has seen 104 when that bar is over, and stands at 102; a short is the mirror."""
    second: Bar = ("100", "104", "99", "103") if side > 0 else ("100", "101", "96", "97")
    stop = execution.TrailingStopOrder(amount=2, trail="bar")
    done = bracket([FLAT, second, third], side * 10, stop_loss=stop, fill_at="open", kernel=kernel)
    assert done.fills == [fill(1, "E", side * 10, 100), fill(2, "L", -side * 10, 100 + 2 * side)]


def test_a_stop_that_trails_by_bars_has_not_seen_what_came_before_its_entry() -> None:
    """Bought at 99 after the high of 104, at its worst: the close of 100 is the best that it has seen."""
    bars: list[Bar] = [FLAT, ("100", "104", "98.5", "100"), ("100", "100", "98", "99")]
    stop = execution.TrailingStopOrder(amount="1.5", trail="bar")
    done = bracket(bars, stop_loss=stop, limit_price=99)
    assert done.fills == [fill(1, "E", 100, 99), fill(2, "L", -100, "98.50")]
