"""Bars that shorter bars of the same bundle say more of, through `run_algorithm(resolve=)`; worked out by hand."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import Any

import pytest

import rustybt
from rustybt.api import execution, slippage
from rustybt.errors import InputError, NoData
from tests._kernels import KERNELS
from tests.unit.orders._bars import Bar, Outcome, frame_of, run_bars
from tests.unit.orders._within import market_of, minutes_of

READINGS = ("pessimistic", "path:nearest", "path:ohlc", "path:olhc", "optimistic")
FLAT: Bar = ("100", "100", "100", "100")
UP: list[Bar] = [("100", "102", "99", "101")]
DAY: Bar = ("101", "109", "94", "100")
"""Reaches a target of 108 and a stop of 95."""
RISES: list[Bar] = [("101", "102", "100", "102"), ("102", "109", "102", "108"), ("108", "108", "94", "100")]
FALLS: list[Bar] = [("101", "102", "94", "95"), ("95", "109", "95", "100")]
UNKNOWN: list[Bar] = [("101", "102", "100", "102"), ("102", "109", "94", "95"), ("95", "100", "95", "100")]
"""Both within its second minute; the open is 7 below the high and 8 above the low."""


def bracket(days: list[list[Bar]], daily: list[Bar] | None = None, resolve: str | None = "1m", **how: Any) -> Outcome:
    """A bracket at bar 0: E, its target P and its stop L; in a run on days."""
    names = ("same_bar", "kernel", "fill_at", "trigger", "volume_share")
    settings = {name: how.pop(name) for name in names if name in how}
    how = {"take_profit": 108, "stop_loss": 95} | how

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = context.bracket_order(asset, 100, **how)
        ids.update({name: order for name, order in zip("EPL", placed, strict=True) if order is not None})

    return run_bars([], {0: place}, market=market_of(days, daily), resolve=resolve, **settings)


def shown(done: Outcome) -> list[str]:
    return [f"{bar} {name} {price.normalize():f}" for bar, name, _, price in done.fills]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("same_bar", READINGS)
def test_minutes_decide_before_any_policy_does(same_bar: str, kernel: str) -> None:
    for minutes, fill in ((RISES, "2 P 108"), (FALLS, "2 L 95")):
        done = bracket([[FLAT], UP, minutes], same_bar=same_bar, kernel=kernel)
        assert shown(done) == ["1 E 101", fill]
        ambiguous = done.result.ambiguous
        assert ambiguous.select("at_stake", "shorter_bars").rows() == [(1300, "decide")]


def test_the_policy_decides_within_a_minute_that_does_not_say() -> None:
    fills = {same_bar: shown(bracket([[FLAT], UP, UNKNOWN], same_bar=same_bar))[1] for same_bar in READINGS}
    assert fills == {
        "pessimistic": "2 L 95",
        "path:nearest": "2 P 108",
        "path:ohlc": "2 P 108",
        "path:olhc": "2 L 95",
        "optimistic": "2 P 108",
    }
    done = bracket([[FLAT], UP, UNKNOWN])
    assert done.result.ambiguous["shorter_bars"].to_list() == ["ambiguous"]


def test_without_it_the_day_decides() -> None:
    done = bracket([[FLAT], UP, RISES], resolve=None)
    assert shown(done) == ["1 E 101", "2 L 95"]
    assert done.result.ambiguous["shorter_bars"].to_list() == [None]
    assert "resolve" not in done.result.manifest


def test_an_exit_after_its_entry_within_the_day() -> None:
    """The entry at 100 in the second minute; the target of 106 was passed in the first one, and is not again."""
    minutes: list[Bar] = [("102", "106.5", "102", "103"), ("103", "103", "98", "99"), ("99", "104", "99", "104")]
    how: dict[str, Any] = {"limit_price": 100, "take_profit": 106, "stop_loss": 97}
    days = [[("103", "103", "103", "103")], minutes]
    assert shown(bracket(days, same_bar="optimistic", **how)) == ["1 E 100"]
    assert shown(bracket(days, resolve=None, same_bar="optimistic", **how)) == ["1 E 100", "1 P 106"]
    minutes[2] = ("99", "106.5", "99", "104")
    assert shown(bracket(days, **how)) == ["1 E 100", "1 P 106"]


def test_a_market_entry_at_the_open_and_its_exits() -> None:
    for minutes, fill in ((RISES, "1 P 108"), (FALLS, "1 L 95")):
        assert shown(bracket([[FLAT], minutes], fill_at="open")) == ["1 E 101", fill]


def test_a_trailing_stop_is_walked_minute_by_minute() -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["T"] = context.order(asset, -100, style=execution.TrailingStopOrder(amount=2))

    low_first: list[Bar] = [("100", "100", "99", "99")]
    low_first += [(str(price), str(price + 1), str(price), str(price + 1)) for price in range(99, 104)]
    low_first += [("104", "104", "103", "103")]
    high_first: list[Bar] = [*low_first[2:-1], ("104", "104", "99", "103")]
    for minutes, fills in ((low_first, []), (high_first, ["1 T 102"])):
        done = run_bars([], {0: place}, market=market_of([[FLAT], minutes]), resolve="1m")
        assert shown(done) == fills
        assert done.result.ambiguous["shorter_bars"].to_list() == ["decide"]
    assert shown(run_bars([FLAT, ("100", "104", "99", "103")], {0: place})) == ["1 T 99"]


def test_a_gap_between_two_minutes_fills_at_the_open_behind_it() -> None:
    gap: list[Bar] = [("101", "102", "97", "97"), ("94", "109", "94", "100")]
    assert shown(bracket([[FLAT], UP, gap])) == ["1 E 101", "2 L 94"]


def test_the_volume_is_that_of_the_day() -> None:
    """10 % of what the day trades; its second minute alone has less."""
    rises: list[Bar] = [(*RISES[0], "900"), (*RISES[1], "50"), (*RISES[2], "50")]
    done = bracket([[FLAT], UP, rises], volume_share="0.1")
    assert shown(done) == ["1 E 101", "2 P 108"]
    assert done.fills[1][2] == -100


def test_minutes_that_go_less_far_than_the_day_do_not_decide() -> None:
    daily = [FLAT, UP[0], DAY]
    short = [RISES[0], ("102", "108.5", "102", "108"), RISES[2]]
    done = bracket([[FLAT], UP, short], daily)
    assert shown(done) == ["1 E 101", "2 L 95"]
    assert done.result.ambiguous["shorter_bars"].to_list() == ["differ"]
    assert "they went less or further up or down than the bar in 1." in note(done)
    missing = bracket([[FLAT], UP, [], [FLAT]], [*daily, FLAT])
    assert shown(missing) == ["1 E 101", "2 L 95"]
    assert missing.result.ambiguous["shorter_bars"].to_list() == ["missing"]
    assert "there were none in 1." in note(missing)


def test_open_and_close_of_the_day_may_be_those_of_auctions() -> None:
    daily = [FLAT, UP[0], ("94.5", "109", "94", "100")]
    assert shown(bracket([[FLAT], UP, RISES], daily)) == ["1 E 101", "2 L 94.5"]


def note(done: Outcome) -> str:
    return str(next(note for note in done.result.notes if note.code == "ambiguous_bars"))


def test_the_result_says_how_many_bars_were_decided() -> None:
    done = bracket([[FLAT], UP, RISES])
    assert note(done) == (
        "ambiguous_bars: On 1 bar it was for the order of prices to decide what 2 orders came to. '1m' bars within "
        "them decided 1. See result.ambiguous."
    )
    assert done.result.manifest["resolve"] == "1m"
    assert note(bracket([[FLAT], UP, UNKNOWN])).endswith(
        "'1m' bars within them decided 0; they did not say it either in 1. They were read with same_bar='pessimistic'; "
        "between the worst and the best lie 1,300.00 USD. See result.ambiguous."
    )


def test_what_a_strategy_sees_is_what_it_sees_without() -> None:
    seen = []
    for resolve in ("1m", None):
        done = run_bars(
            [],
            {},
            look=lambda context, ids: (context.portfolio.portfolio_value, context.get_datetime()),
            market=market_of([[FLAT], UP, RISES]),
            resolve=resolve,
        )
        seen.append(done.seen)
    assert seen[0] == seen[1]


def test_minutes_after_the_bar_change_nothing() -> None:
    later: list[list[Bar]] = [[("1", "2", "1", "2")], [("9000", "9000", "9000", "9000")], [FLAT]]
    runs = [bracket([[FLAT], UP, RISES, *more]) for more in ([], later, later[::-1])]
    for done in runs:
        assert shown(done) == ["1 E 101", "2 P 108"]
        assert done.result.ambiguous.equals(runs[0].result.ambiguous)


@pytest.mark.parametrize(
    ("resolve", "error", "text"),
    [
        ("1d", InputError, "not made of whole '1d' bars"),
        ("7q", InputError, "no frequency"),
        (5, InputError, "pass the length of shorter bars"),
        ("1s", NoData, "has only 1m bars. Choose one of '1m'"),
    ],
)
def test_what_is_refused(resolve: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        bracket([[FLAT], UP], resolve=resolve)


def test_days_alone_are_refused() -> None:
    with pytest.raises(NoData, match=r"has only 1d bars. Ingest some, or leave resolve out"):
        run_bars([FLAT], {}, resolve="1m")
    weeks = market_of([[FLAT]] * 9, data_frequency="1w")
    with pytest.raises(InputError, match="Run on data_frequency='daily'"):
        rustybt.run_algorithm(market=weeks, resolve="1m")


def test_seconds_within_minutes() -> None:
    rustybt.ingest("seconds", minutes_of([[FLAT] * 6 + RISES], dt.timedelta(seconds=10)), frequency="10s", stamp="end")

    def initialize(context: Any) -> None:
        context.placed = False
        context.set_slippage(slippage.NoSlippage())

    def place(context: Any, data: Any) -> None:
        if not context.placed:
            context.placed = True
            limit = context.order(context.symbol("X"), 10, limit_price=95)
            context.oco(limit, context.order(context.symbol("X"), 10, stop_price=108))

    how: dict[str, Any] = {"bundle": "seconds", "data_frequency": "minute", "trigger": "range", "progress": False}
    for resolve, price in (("10s", 108), (None, 108)):
        made = rustybt.run_algorithm(None, None, initialize, handle_data=place, resolve=resolve, **how)
        assert made.transactions["price"].to_list() == [price]
        assert made.ambiguous["shorter_bars"].to_list() == [resolve and "decide"]


def test_a_market_that_is_pickled_and_a_run_that_is_stopped() -> None:
    market = market_of([[FLAT], UP, RISES])

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.get_open_orders():
            context.bracket_order(context.symbol("X"), 100, take_profit=108, stop_loss=95)

    how: dict[str, Any] = {"handle_data": handle_data, "trigger": "range", "resolve": "1m", "progress": False}
    whole = rustybt.run_algorithm(market=market, **how)
    assert whole.transactions["price"][1] == 108
    there = rustybt.run_algorithm(market=pickle.loads(pickle.dumps(market)), **how)
    run = rustybt.Run(market=market, **how)
    run.until("2024-01-03")
    again = rustybt.Run.restore(run.snapshot(), handle_data=handle_data).finish()
    for other in (there, again, run.fork().finish(), run.finish()):
        assert other.ledger_hash == whole.ledger_hash
        assert other.ambiguous.equals(whole.ambiguous)
        assert other.ambiguous["shorter_bars"].to_list() == ["decide"]


def test_an_interval_asks_shorter_bars_first() -> None:
    done = bracket([[FLAT], UP, RISES], same_bar="interval")
    assert [one.metrics["pnl"] for one in done.result.interval] == [700, 700, 700]
    unknown = bracket([[FLAT], UP, UNKNOWN], same_bar="interval")
    assert [one.metrics["pnl"] for one in unknown.result.interval] == [-600, 700, 700]


def test_daily_bars_at_hand_have_none() -> None:
    with pytest.raises(NoData, match="only 1d"):
        rustybt.run_algorithm(data=frame_of([FLAT, FLAT]), resolve="1m")
