"""Bars that do not say in which order their prices came, through `run_algorithm(same_bar=)`; worked out by hand."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import execution
from rustybt.errors import InputError, ResultCorrupt
from tests.unit.orders._bars import Bar, Outcome, frame_of, run_bars

KERNELS = ("python", "auto")
READINGS = ("pessimistic", "path:nearest", "path:ohlc", "path:olhc", "optimistic")
FLAT: Bar = ("100", "100", "100", "100")
UP: Bar = ("100", "102", "99", "101")
SETTINGS = ("same_bar", "kernel", "fill_at", "trigger", "touch", "on_order")


def bracket(bars: list[Bar], amount: int = 100, **how: Any) -> Outcome:
    """A bracket at bar 0: E, its target P and its stop L."""
    settings = {name: how.pop(name) for name in SETTINGS if name in how}

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = context.bracket_order(asset, amount, **how)
        ids.update({name: order for name, order in zip("EPL", placed, strict=True) if order is not None})

    return run_bars(bars, {0: place}, **settings)


def one(bars: list[Bar], size: int, style: Any, **settings: Any) -> Outcome:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["O"] = context.order(asset, size, style=style)

    return run_bars(bars, {0: place}, **settings)


def shown(done: Outcome) -> list[str]:
    return [f"{bar} {name} {price.normalize():f}" for bar, name, _, price in done.fills]


ENTRY: Bar = ("103", "103", "103", "103")
# after the entry at 101 on bar 1, or on the bar of the entry: fills by reading, in the order of READINGS
TABLE: list[tuple[str, list[Bar], dict[str, Any], list[list[str]]]] = [
    ("the open is beyond the stop", [FLAT, UP, ("94", "110", "93", "100")], {"take_profit": 108, "stop_loss": 95},
     [["1 E 101", "2 L 94"]] * 5),
    ("the open is beyond the target", [FLAT, UP, ("109", "110", "94", "100")], {"take_profit": 108, "stop_loss": 95},
     [["1 E 101", "2 P 109"]] * 5),
    ("only the stop is reached", [FLAT, UP, ("101", "107", "94", "100")], {"take_profit": 108, "stop_loss": 95},
     [["1 E 101", "2 L 95"]] * 5),
    ("only the target is reached", [FLAT, UP, ("101", "109", "96", "100")], {"take_profit": 108, "stop_loss": 95},
     [["1 E 101", "2 P 108"]] * 5),
    # the open is 7 above the low and 8 below the high
    ("both are reached", [FLAT, UP, ("101", "109", "94", "100")], {"take_profit": 108, "stop_loss": 95},
     [["1 E 101", f"2 {exit_}"] for exit_ in ("L 95", "L 95", "P 108", "L 95", "P 108")]),
    # 100 is crossed before 96 is reached, and 97 lies between: certain, as the high is below the target
    ("limit entry, stop certain", [ENTRY, ("102", "106.5", "96", "104")],
     {"limit_price": 100, "take_profit": 107, "stop_loss": 97}, [["1 E 100", "1 L 97"]] * 5),
    # the high may come between 100 and 97, on none of the three paths: their high comes before or after the low
    ("limit entry, target possible", [ENTRY, ("102", "106.5", "96", "104")],
     {"limit_price": 100, "take_profit": 106, "stop_loss": 97},
     [["1 E 100", f"1 {exit_}"] for exit_ in ("L 97", "L 97", "L 97", "L 97", "P 106")]),
    # no stop is reached; the high of 106.5 came before the entry, or after it; the close is short of the target
    ("limit entry, target possible at the most", [ENTRY, ("102", "106.5", "98", "104")],
     {"limit_price": 100, "take_profit": 106, "stop_loss": 97},
     [["1 E 100", *exits] for exits in ([], ["1 P 106"], [], ["1 P 106"], ["1 P 106"])]),
    # the close is beyond the target, so that it is reached after the entry whatever the path
    ("limit entry, target certain", [ENTRY, ("102", "106.5", "98", "106.5")],
     {"limit_price": 100, "take_profit": 106, "stop_loss": 97}, [["1 E 100", "1 P 106"]] * 5),
    # up to 104 and on to 108: certain, as the low of 102 is above the stop
    ("stop entry, target certain", [ENTRY, ("103", "109", "102", "105")],
     {"stop_price": 104, "take_profit": 108, "stop_loss": 101}, [["1 E 104", "1 P 108"]] * 5),
    # 104, then down to 100, or up to 108 before that; nearest: 103 is 3 above the low and 6 below the high: low first
    ("stop entry, stop possible", [ENTRY, ("103", "109", "100", "105")],
     {"stop_price": 104, "take_profit": 108, "stop_loss": 101},
     [["1 E 104", f"1 {exit_}"] for exit_ in ("L 101", "P 108", "P 108", "P 108", "P 108")]),
    # the target is not reached: the stop is, where the low came after the high
    ("stop entry, stop at the most", [ENTRY, ("103", "106.5", "100", "105")],
     {"stop_price": 104, "take_profit": 108, "stop_loss": 101},
     [["1 E 104", *exits] for exits in (["1 L 101"], [], ["1 L 101"], [], [])]),
    # the close is at the stop: certain
    ("stop entry, stop certain", [ENTRY, ("103", "106", "100", "101")],
     {"stop_price": 104, "take_profit": 108, "stop_loss": 101}, [["1 E 104", "1 L 101"]] * 5),
]  # fmt: skip


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("place", range(len(READINGS)), ids=READINGS)
@pytest.mark.parametrize(("bars", "how", "fills"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_where_a_bracket_fills(bars: list[Bar], how: Any, fills: list[list[str]], place: int, kernel: str) -> None:
    done = bracket(bars, **how, same_bar=READINGS[place], kernel=kernel)
    assert shown(done) == fills[place]
    assert done.result.manifest["same_bar"] == READINGS[place]
    assert done.result.ambiguous.height == (fills[0] != fills[-1])


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row[2].get("stop_price") or len(row[1]) == 3], ids=lambda r: r[0]
)
def test_a_short_is_the_mirror(row: Any) -> None:
    """All prices mirrored at 200: high and low change places, and so do ohlc and olhc."""

    def mirrored(value: Any) -> str:
        return f"{200 - Decimal(value):f}"

    bars = [(*map(mirrored, (o, low, high, close)),) for o, high, low, close in row[1]]
    how = {name: Decimal(200) - price for name, price in row[2].items()}
    for reading, other in zip(READINGS, (0, 1, 3, 2, 4), strict=True):
        wanted = [f"{at} {name} {mirrored(price)}" for at, name, price in (one.split() for one in row[3][other])]
        assert shown(bracket(bars, -100, **how, same_bar=reading)) == wanted


@pytest.mark.parametrize(
    ("size", "style", "bar", "prices"),
    [
        # up to 101 and down to 99; else down to 99 first, and up to 104, which leaves the stop at 102 below the close
        (-1, execution.TrailingStopOrder(amount=2), ("100", "104", "99", "103"), ["99", None, "102", None, None]),
        # the close of 101.5 is below 102: certain, at 99 where the stop was raised to it by a high of 101
        (-1, execution.TrailingStopOrder(amount=2), ("100", "104", "99", "101.5"), ["99", "102", "102", "102", "102"]),
        # the standing stop of 98 is reached: after the high of 104 at 102; the low is nearer
        (-1, execution.TrailingStopOrder(amount=2), ("100", "104", "97", "103"), ["98", "98", "102", "98", "102"]),
        (-1, execution.TrailingStopOrder(amount=2, trail="bar"), ("100", "104", "97", "103"), ["98"] * 5),
        # mirrored: a buy with a standing stop of 102
        (1, execution.TrailingStopOrder(amount=2), ("100", "103", "96", "97"), ["102", "102", "102", "98", "98"]),
        # a stop-limit: 97 comes after the stop of 105 where the low comes after the high
        (1, execution.StopLimitOrder(97, 105), ("100", "106", "96", "100"), [None, None, "97", None, "97"]),
        (1, execution.StopLimitOrder(97, 105), ("100", "106", "96", "97"), ["97"] * 5),
        # touched at 97, then a limit of 98 that is below: certain; of 95 above only what comes after
        (1, execution.LimitIfTouchedOrder(98, 97), ("100", "106", "96", "100"), ["97"] * 5),
    ],
)  # fmt: skip
def test_where_an_order_alone_fills(size: int, style: Any, bar: Bar, prices: list[str | None]) -> None:
    for reading, price in zip(READINGS, prices, strict=True):
        done = one([FLAT, bar], size, style, same_bar=reading)
        assert shown(done) == ([] if price is None else [f"1 O {price}"]), reading


def test_two_entries_that_are_linked() -> None:
    """A buy at 98 and a sale at 104, closing at 101: either makes 3; closing at 103, the sale makes 1, the buy 5."""

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["B"] = context.order(asset, 10, limit_price=98)
        ids["S"] = context.order(asset, -10, limit_price=104)
        context.oco(ids["B"], ids["S"])

    for reading, name in zip(READINGS, ("S 104", "B 98", "S 104", "B 98", "B 98"), strict=True):
        done = run_bars([FLAT, ("100", "105", "97", "103")], {0: place}, same_bar=reading)
        assert shown(done) == [f"1 {name}"], reading
    assert done.result.ambiguous.select("worst", "best", "at_stake").rows() == [(10, 50, 40)]


def test_of_two_stops_on_one_side_the_nearer_is_first() -> None:
    """Prices come by 95 on the way to 94, whatever the reading; what would be worse than that is not possible."""

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["far"] = context.order(asset, -10, stop_price=94)
        ids["near"] = context.order(asset, -10, stop_price=95)
        context.oco(ids["far"], ids["near"])

    for reading in READINGS:
        done = run_bars([FLAT, ("100", "101", "93", "99")], {0: place}, same_bar=reading)
        assert shown(done) == ["1 near 95"]
        assert not done.result.ambiguous.height


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("names", ["BS", "SB"])
def test_of_two_at_one_price_the_worse_is_first(names: str, kernel: str) -> None:
    """It opens beyond both: 10 bought at 92 are worth 10 at the close of 93, 10 sold there cost 10."""

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        for name in names:
            price = {"B": {"limit_price": 99}, "S": {"stop_price": 99}}[name]
            ids[name] = context.order(asset, 10 if name == "B" else -10, **price)
        context.oco(ids["B"], ids["S"])

    for reading in READINGS:
        done = run_bars([FLAT, ("92", "98", "92", "93")], {0: place}, same_bar=reading, kernel=kernel)
        assert shown(done) == ["1 S 92"], reading
        assert not done.result.ambiguous.height


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_path_may_turn_just_beyond_a_limit(kernel: str) -> None:
    """Prices go through 100, and then down to the stop of 99, or back to beyond the target of 101 before that."""
    how = {"limit_price": 100, "take_profit": 101, "stop_loss": execution.StopLimitOrder(99, 99), "link": "oco"}
    bars: list[Bar] = [ENTRY, ("107", "109", "97", "109")]
    for reading, exit_ in zip(READINGS, ("L 99", "L 99", "L 99", "L 99", "P 101"), strict=True):
        done = bracket(bars, **how, touch="through", same_bar=reading, kernel=kernel)
        assert shown(done) == ["1 E 100", f"1 {exit_}"], reading
        # 100 bought at 100 are worth 900 at the close of 109; sold at 99 they cost 1,000 of it, at 101 800
        assert done.result.ambiguous.select("worst", "best").rows() == [(-100, 100)]


def test_equal_ways_to_read_a_bar() -> None:
    """The high and the low are as near to the open: nearest takes the high first."""
    bars: list[Bar] = [FLAT, UP, ("101", "109", "93", "100")]
    assert shown(bracket(bars, take_profit=108, stop_loss=95, same_bar="path:nearest")) == ["1 E 101", "2 P 108"]


def test_exits_of_an_entry_at_the_open_have_the_whole_bar() -> None:
    bar: Bar = ("100", "109", "94", "100")
    for reading, exit_ in zip(READINGS, ("L 95", "L 95", "P 108", "L 95", "P 108"), strict=True):
        done = bracket([FLAT, bar], take_profit=108, stop_loss=95, fill_at="open", same_bar=reading)
        assert shown(done) == ["1 E 100", f"1 {exit_}"], reading


def test_how_a_bar_is_read_says_nothing_of_orders_that_are_tested_on_one_price() -> None:
    runs = [
        bracket([FLAT, UP, ("101", "109", "94", "100")], take_profit=108, stop_loss=95, trigger="close", same_bar=name)
        for name in READINGS
    ]
    assert all(shown(done) == ["1 E 101"] and not done.result.ambiguous.height for done in runs)


def test_ambiguous_bars_are_told_with_what_hangs_on_them(tmp_path: Any) -> None:
    done = bracket([FLAT, UP, ("101", "109", "94", "100")], take_profit=108, stop_loss=95)
    row = done.result.ambiguous.row(0, named=True)
    assert (row["stamp"].date().day, row["symbol"], row["orders"]) == (4, "X", [done.ids["P"], done.ids["L"]])
    # 100 sold at 95 or at 108, with the close at 100
    assert (row["worst"], row["best"], row["at_stake"]) == (-500, 800, 1300)
    note = next(note for note in done.result.notes if note.code == "ambiguous_bars")
    assert "On 1 bar it was" in note.text
    assert "the best lie 1,300.00 USD" in note.text
    assert note.data == {
        "bars": 1,
        "orders": 2,
        "at_stake": {"USD": "1300.00000000000000000000"},
        "same_bar": "pessimistic",
    }
    again = rustybt.Result.load(done.result.save(tmp_path / "kept"))
    assert again.ambiguous.equals(done.result.ambiguous)
    assert bracket([FLAT, UP, UP], take_profit=108, stop_loss=95).result.ambiguous.height == 0


def test_an_interval_is_three_runs() -> None:
    done = bracket([FLAT, UP, ("101", "109", "94", "100")], take_profit=108, stop_loss=95, same_bar="interval")
    interval = done.result.interval
    assert interval is not None
    assert [one.metrics["pnl"] for one in interval] == [-600, -600, 700]
    assert [one.manifest["same_bar"] for one in interval] == ["pessimistic", "path:nearest", "optimistic"]
    assert interval.base is done.result
    assert any(note.code == "interval" and "1,000,700.00" in note.text for note in done.result.notes)
    assert interval.low.interval is None


def test_an_interval_is_saved_with_all_three(tmp_path: Path) -> None:
    done = bracket([FLAT, UP, ("101", "109", "94", "100")], take_profit=108, stop_loss=95, same_bar="interval")
    place = done.result.save(tmp_path / "kept")
    again = rustybt.Result.load(place)
    assert again.interval is not None
    assert again.interval.base is again
    assert [one.metrics["pnl"] for one in again.interval] == [-600, -600, 700]
    for one, other in zip(again.interval, done.result.interval, strict=True):
        assert one.ledger_hash == other.ledger_hash
    assert pickle.loads(pickle.dumps(again)).interval.high.ledger_hash == again.interval.high.ledger_hash
    (place / "high" / "entries.parquet").write_bytes(b"")
    with pytest.raises(ResultCorrupt, match="high"):
        rustybt.Result.load(place)


def test_analyze_is_called_once_with_all_three_results() -> None:
    seen: list[Any] = []

    def analyze(context: Any, result: Any) -> None:
        seen.append((result, result.interval, [note.code for note in result.notes if note.code == "interval"]))

    class Analyses(rustybt.Strategy):
        def analyze(self, context: Any, result: Any) -> None:
            analyze(context, result)

    for how in ({"analyze": analyze}, {"strategy": Analyses()}):
        result = rustybt.run_algorithm(data=frame_of([FLAT, FLAT]), same_bar="interval", trigger="range", **how)
        assert seen.pop() == (result, result.interval, ["interval"])
        assert result.interval is not None
        assert not seen


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"same_bar": "optimistic"}, "same_bar='optimistic' made no difference: with trigger='close' stops and"),
        ({"same_bar": "optimistic", "trigger": "range"}, None),
        ({}, None),
    ],
)
def test_a_reading_that_makes_no_difference_is_told(how: dict[str, Any], text: str | None) -> None:
    result = rustybt.run_algorithm(data=frame_of([FLAT, FLAT]), progress=False, **how)
    told = [note.text for note in result.notes if note.code == "reading_unused"]
    assert [one.startswith(str(text)) for one in told] == ([] if text is None else [True])


def test_a_strategy_object_of_an_interval_is_begun_anew_for_each_run() -> None:
    class Once(rustybt.Strategy):
        done = False

        def handle_data(self, context: Any, data: Any) -> None:
            if not self.done:
                context.order(context.symbol("X"), 10)
            self.done = True

    result = rustybt.run_algorithm(strategy=Once(), data=frame_of([FLAT, FLAT]), same_bar="interval", progress=False)
    assert result.interval is not None
    assert [one.orders.height for one in result.interval] == [1, 1, 1]


@pytest.mark.parametrize("how", [{"same_bar": "worst"}, {"same_bar": None}, {"touch": "near"}])
def test_what_is_no_reading_is_refused(how: Any) -> None:
    with pytest.raises(InputError, match=r"choose one of 'pessimistic', .*'interval', and 'at' or 'through'"):
        one([FLAT, FLAT], 1, None, **how)


def test_an_interval_is_no_single_run() -> None:
    with pytest.raises(InputError, match="three runs: call run_algorithm"):
        rustybt.Run(handle_data=lambda context, data: None, data=frame_of([FLAT, FLAT]), same_bar="interval")


# --------------------------------------------------------------------------------------------------- touched limits


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("trigger", "bar", "size", "limit", "at", "through"),
    [
        ("range", ("100", "101", "97", "99"), 1, "97", "97", None),
        ("range", ("100", "101", "96.99", "99"), 1, "97", "97", "97"),
        ("range", ("97", "98", "97", "98"), 1, "97", "97", None),
        ("range", ("96", "98", "96", "98"), 1, "97", "96", "96"),
        ("range", ("100", "103", "99", "99"), -1, "103", "103", None),
        ("range", ("100", "103.01", "99", "99"), -1, "103", "103", "103"),
        ("close", ("100", "101", "90", "97"), 1, "97", "97", None),
        ("close", ("100", "101", "90", "96.99"), 1, "97", "96.99", "96.99"),
    ],
)
def test_a_limit_that_is_touched(
    trigger: str, bar: Bar, size: int, limit: str, at: str, through: str | None, kernel: str
) -> None:
    for touch, price in (("at", at), ("through", through)):
        done = one([FLAT, bar], size, execution.LimitOrder(limit), trigger=trigger, touch=touch, kernel=kernel)
        assert shown(done) == ([] if price is None else [f"1 O {price}"])
        assert done.result.manifest["touch"] == touch


def test_a_snapshot_keeps_what_was_ambiguous() -> None:
    bars = [FLAT, UP, ("101", "109", "94", "100"), FLAT]

    def handle_data(context: Any, data: Any) -> None:
        if not context.get_open_orders() and not context.portfolio.positions:
            context.bracket_order(context.symbol("X"), 10, take_profit=108, stop_loss=95)

    market = rustybt.load_data(frame_of(bars))
    given: dict[str, Any] = {"handle_data": handle_data, "market": market}
    whole = rustybt.Run(**given, trigger="range", same_bar="optimistic").finish()
    run = rustybt.Run(**given, trigger="range", same_bar="optimistic")
    for _ in range(9):
        run.step()
    again = rustybt.Run.restore(run.snapshot(), **given).finish()
    assert again.ambiguous.equals(whole.ambiguous)
    assert (again.ledger_hash, whole.ambiguous.height) == (whole.ledger_hash, 1)
    assert isinstance(whole.ambiguous, pl.DataFrame)


def test_an_entry_that_fills_beyond_its_stop_is_over_at_once() -> None:
    """It opens at 91, below the limit of 100 and the stop of 99: bought and sold there, whatever comes later."""
    for reading in READINGS:
        done = bracket(
            [FLAT, ("91", "98", "90", "90")],
            limit_price=100,
            take_profit=execution.Distance(3),
            stop_loss=99,
            same_bar=reading,
        )
        assert shown(done) == ["1 E 91", "1 L 91"], reading


WITHIN = execution.StopLimitOrder(101, 99)  # limit first: reached within the bar below
AT_OPEN = execution.StopLimitOrder(100, 101)  # the bar below opens beyond its stop, at its limit


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("placed", "fills"),
    [
        # oldest first
        ([("M", 60, None), ("B", 80, execution.LimitOrder(100))], [("M", 60, "103"), ("B", 40, "100")]),
        # the bar is walked for S: what its open fills comes first
        (
            [("M", 60, None), ("B", 80, execution.LimitOrder(100)), ("S", -50, WITHIN)],
            [("B", 80, "100"), ("M", 20, "103")],
        ),
        # the open fills S, so that nothing hangs on the order of prices
        (
            [("M", 60, None), ("B", 80, execution.LimitOrder(100)), ("S", -50, AT_OPEN)],
            [("M", 60, "103"), ("B", 40, "100")],
        ),
        # and it comes first with all that the open fills, where the bar is walked for another
        (
            [("M", 60, None), ("S", -50, AT_OPEN), ("B", 30, execution.LimitOrder(100)), ("T", -50, WITHIN)],
            [("S", -50, "100"), ("B", 30, "100"), ("M", 20, "103")],
        ),
    ],
    ids=["none", "within", "at the open", "both"],
)  # fmt: skip
def test_what_the_open_fills_comes_first_where_a_bar_is_walked(placed: Any, fills: Any, kernel: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        for name, size, style in placed:
            ids[name] = context.order(asset, size, style=style)

    done = run_bars([FLAT, ("100", "104", "98", "103", "1000")], {0: place}, volume_share="0.1", kernel=kernel)
    assert sorted(done.fills) == sorted((1, name, size, Decimal(price)) for name, size, price in fills)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_trailing_stop_that_the_worst_path_meets_at_the_price_of_the_open_hangs_on_the_path(kernel: str) -> None:
    """Open and low of 99: the stop stands at 98, and at 99 only where the price came back from 101."""
    fills = {"pessimistic": ["1 O 99"], "optimistic": [], "path:ohlc": ["1 O 102"]}
    for same_bar, expected in fills.items():
        style = execution.TrailingStopOrder(amount=2)
        done = one([FLAT, ("99", "104", "99", "104")], -100, style, same_bar=same_bar, kernel=kernel)
        assert shown(done) == expected
        assert done.result.ambiguous.select("worst", "best").rows() == [(-500, 0)]
