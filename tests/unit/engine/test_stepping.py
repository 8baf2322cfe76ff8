"""A run that stops: its moments, in order, and what can be looked at between them."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import date_rules, order, record, schedule_function, symbol, time_rules
from rustybt.errors import InputError, NoActiveRun, OrderInBeforeTradingStart

START, END = "2010-01-04", "2010-01-08"
SESSIONS = 5


def buy(context: Any, data: Any) -> None:
    order(symbol("AAPL"), 1)
    record(now=str(data.current_dt))


def frames_of(result: rustybt.Result) -> dict[str, Any]:
    return {name: frame.to_dict(as_series=False) for name, frame in result.frames().items()}


def test_a_run_that_is_stepped_leaves_what_run_algorithm_leaves() -> None:
    whole = rustybt.run_algorithm(START, END, handle_data=buy)
    run = rustybt.Run(START, END, handle_data=buy)
    moments = []
    while (moment := run.step()) is not None:
        moments.append(moment)
    assert run.over
    stepped = run.finish()
    assert (stepped.ledger_hash, frames_of(stepped)) == (whole.ledger_hash, frames_of(whole))
    assert stepped.manifest == whole.manifest
    # a session opens 45 minutes before its bars begin, 14:30 UTC in winter; a daily bar ends with the session
    day = [("OPEN", dt.time(13, 45)), ("MARKET", dt.time(21)), ("CLOSE", dt.time(21))]
    assert [(m.phase.name, m.when.time()) for m in moments] == day * SESSIONS
    assert [m.session for m in moments] == [number for number in range(SESSIONS) for _ in day]
    assert [m.bar for m in moments] == [bar for number in range(SESSIONS) for bar in (number, number + 1, number + 1)]
    assert run.step() is None
    assert run.finish() is stepped


def test_until_includes_the_moment_and_a_date_means_its_close() -> None:
    run = rustybt.Run(START, END, handle_data=buy)
    assert run.moment is None
    # before the first session opens
    assert run.until("2010-01-04 13:00") is None
    opened = run.until(dt.datetime(2010, 1, 4, 13, 45, tzinfo=dt.UTC))
    assert opened is not None
    assert opened.phase.name == "OPEN"
    assert run.context.portfolio.positions == {}
    closed = run.until(dt.date(2010, 1, 5))
    assert closed is not None
    assert closed.phase.name == "CLOSE"
    assert closed.when == dt.datetime(2010, 1, 5, 21, tzinfo=dt.UTC)
    # what was ordered on Monday was filled on Tuesday
    assert [position.amount for position in run.context.portfolio.positions.values()] == [Decimal(1)]
    assert run.until("2010-01-04") == closed, "a moment that is past moves nothing"
    last = run.until("2010-01-09")
    assert last is not None
    assert (last.session, run.over) == (SESSIONS - 1, True)


def test_no_order_is_placed_from_outside_between_an_opening_and_its_first_bar() -> None:
    run = rustybt.Run(START, END, handle_data=lambda context, data: None)
    run.step()
    stock = run.context.symbol("AAPL")
    with pytest.raises(OrderInBeforeTradingStart, match="between the opening of a session and its first bar"):
        run.gate.order(stock, 1)
    with pytest.raises(OrderInBeforeTradingStart, match="Place it after a bar or a close"):
        run.fork().gate.order_target_percent(stock, 0.5)
    run.step()
    placed = [run.gate.order(stock, 1)]
    run.step()
    placed.append(run.gate.order(stock, 1))
    assert run.finish().orders["id"].to_list() == placed


def test_the_moments_of_a_minute_run_stop_within_a_session(minutes: str) -> None:
    def seen(context: Any, data: Any) -> None:
        context.times.append(data.current_dt)

    def initialize(context: Any) -> None:
        context.times = []

    run = rustybt.Run("2024-01-02", "2024-01-03", initialize, handle_data=seen, bundle=minutes, data_frequency="minute")
    stopped = run.until("2024-01-02 14:40:30")
    assert stopped is not None
    assert stopped.when == dt.datetime(2024, 1, 2, 14, 40, tzinfo=dt.UTC)
    assert len(run.context.times) == 10
    again = run.step()
    assert again is not None
    assert again.when == run.context.times[-1] == dt.datetime(2024, 1, 2, 14, 41, tzinfo=dt.UTC)
    assert run.finish().manifest["bars"] == 2 * 390
    assert len(run.context.times) == 2 * 390


def test_what_was_scheduled_runs_in_its_place_however_a_run_is_moved(minutes: str) -> None:
    """Also what is scheduled while the session is under way: with the same bar if it is still to come, else not."""
    calls: dict[str, list[tuple[str, dt.datetime]]] = {"whole": [], "stepped": []}

    def strategy(into: list[tuple[str, dt.datetime]]) -> dict[str, Any]:
        def noted(name: str) -> Any:
            return lambda context, data: into.append((name, data.current_dt))

        def initialize(context: Any) -> None:
            context.bars = 0
            schedule_function(noted("b"), date_rules.every_day(), time_rules.market_open(minutes=3))
            schedule_function(noted("a"), date_rules.every_day(), time_rules.market_open(minutes=3))

        def handle_data(context: Any, data: Any) -> None:
            context.bars += 1
            if context.bars == 3:
                for late, minute in (("past", 1), ("now", 3), ("later", 5)):
                    schedule_function(noted(late), date_rules.every_day(), time_rules.market_open(minutes=minute))

        return {"initialize": initialize, "handle_data": handle_data}

    span = {"start": "2024-01-02", "end": "2024-01-03", "bundle": minutes, "data_frequency": "minute"}
    rustybt.run_algorithm(**span, **strategy(calls["whole"]))
    run = rustybt.Run(**span, **strategy(calls["stepped"]))
    while run.step() is not None:
        pass
    first, second = (dt.datetime(2024, 1, day, 14, 30, tzinfo=dt.UTC) for day in (2, 3))
    at = dt.timedelta(minutes=1)
    expected = [(name, first + 3 * at) for name in ("b", "a", "now")] + [("later", first + 5 * at)]
    expected += [("past", second + at), *((name, second + 3 * at) for name in ("b", "a", "now"))]
    assert calls["whole"] == calls["stepped"] == [*expected, ("later", second + 5 * at)]


def test_a_run_that_raised_goes_on_no_more() -> None:
    def fail(context: Any, data: Any) -> None:
        raise ZeroDivisionError

    run = rustybt.Run(START, END, handle_data=fail)
    with pytest.raises(ZeroDivisionError) as raised:
        run.until(END)
    assert raised.value.__notes__ == ["in the strategy's run, at 2010-01-04 21:00:00+00:00"]
    for go_on in (run.step, run.finish):
        with pytest.raises(InputError, match="ended with an error"):
            go_on()


def test_analyze_is_called_once_and_what_it_raises_loses_no_result() -> None:
    def analyze(context: Any, result: rustybt.Result) -> None:
        context.looked = getattr(context, "looked", 0) + 1
        raise KeyError("late")

    run = rustybt.Run(START, END, handle_data=buy, analyze=analyze)
    with pytest.raises(KeyError) as raised:
        run.finish()
    assert run.finish() is raised.value.result  # type: ignore[attr-defined]
    assert run.context.looked == 1


def test_between_two_steps_no_run_is_active_and_two_runs_do_not_meet() -> None:
    one, other = (rustybt.Run(START, END, handle_data=buy, capital_base=cash) for cash in (1_000, 2_000))
    for _ in range(3 * SESSIONS):
        one.step(), other.step()
    with pytest.raises(NoActiveRun):
        order(None, 1)  # type: ignore[arg-type]
    results = [run.finish() for run in (one, other)]
    assert [result.daily["portfolio_value"][0] for result in results] == [1_000, 2_000]
    assert results[0].ledger_hash != results[1].ledger_hash


def test_a_run_takes_the_arguments_of_run_algorithm_and_no_others() -> None:
    with pytest.raises(TypeError, match="strat"):
        rustybt.Run(START, END, strat=1)
    with pytest.raises(InputError, match="fill_at"):
        rustybt.Run(START, END, handle_data=buy, fill_at="noon")


def test_a_warning_names_the_line_that_asked_for_the_run(bundle_of_ruin: str) -> None:
    def ruin(context: Any, data: Any) -> None:
        if not context.portfolio.positions:
            order(symbol("A"), -5)

    span = "2024-01-02", "2024-01-05"

    def go() -> rustybt.Result:
        return rustybt.Run(*span, handle_data=ruin, bundle=bundle_of_ruin, capital_base=10).finish()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        go()
    assert [one.filename for one in caught if "ruined" in str(one.message)] == [__file__]


@pytest.fixture
def minutes() -> str:
    days = [dt.datetime(2024, 1, day, 14, 30, tzinfo=dt.UTC) for day in (2, 3)]
    stamps = [day + dt.timedelta(minutes=minute + 1) for day in days for minute in range(390)]
    prices = [10 + (number % 7) for number in range(len(stamps))]
    columns = dict.fromkeys(("open", "high", "low", "close"), prices)
    frame = pl.DataFrame({"symbol": "A", "timestamp": stamps, **columns, "volume": 100_000})
    rustybt.ingest("stepped", frame, frequency="1m", stamp="end", tz="UTC", mode="replace")
    return "stepped"


@pytest.fixture
def bundle_of_ruin() -> str:
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    columns = {name: [1, 1, 10, 10] for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": "A", "date": days, **columns, "volume": 100_000})
    rustybt.ingest("ruin", frame, mode="replace")
    return "ruin"


def test_a_run_tells_the_moment_that_comes_next_and_what_it_is_made_from():
    run = rustybt.Run("2010-01-04", "2010-01-06", handle_data=lambda context, data: None, seed=3)
    expected = run.manifest
    told = []
    while (moment := run.upcoming) is not None:
        told.append(moment)
        assert run.step() == moment
    assert len(told) == 9
    made = run.finish().manifest
    assert expected["seed"] == 3
    assert {name: made[name] for name in expected if name not in ("periods", "benchmark")} == {
        name: value for name, value in expected.items() if name not in ("periods", "benchmark")
    }


def test_a_strategy_that_moves_its_run_is_told() -> None:
    runs: list[rustybt.Run] = []
    run = rustybt.Run(START, END, handle_data=lambda context, data: runs[0].step())
    runs.append(run)
    with pytest.raises(InputError, match="from within one of its moments"):
        run.finish()
