"""Functions that are called when an interval is over, a price comes to a level, or a trigger of one's own fires."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.api import (
    cancel_event,
    date_rules,
    on_event,
    on_price_threshold,
    on_time_interval,
    order,
    schedule_function,
    symbol,
    time_rules,
)
from rustybt.errors import InputError, SnapshotError, WrongType

DAY = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
OPEN = DAY + dt.timedelta(hours=14, minutes=30)
type Called = list[Any]


def bars_of(stamps: list[dt.datetime], closes: list[Any], symbol: str = "A") -> pl.DataFrame:
    prices = {name: [str(close) for close in closes] for name in ("open", "high", "low", "close")}
    return pl.DataFrame({"symbol": symbol, "timestamp": stamps, **prices, "volume": 100_000})


def minutes(closes: list[Any], first: dt.datetime = OPEN) -> pl.DataFrame:
    return bars_of([first + dt.timedelta(minutes=1 + place) for place in range(len(closes))], closes)


def days(closes: list[Any], **more: Any) -> dict[str, Any]:
    stamps = [dt.date(2024, 1, day) for day in range(2, 31) if dt.date(2024, 1, day).weekday() < 5 and day != 15]
    prices = {name: [str(close) for close in closes] for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": "A", "date": stamps[: len(closes)], **prices, "volume": 100_000})
    rustybt.ingest("days", frame, mode="replace", **more)
    return {"start": stamps[0], "end": stamps[len(closes) - 1], "bundle": "days"}


def minutes_at_hand(closes: list[Any], **more: Any) -> dict[str, Any]:
    rustybt.ingest("minutes", minutes(closes), frequency="1m", stamp="end", tz="UTC", mode="replace", **more)
    return {"start": DAY.date(), "end": DAY.date(), "bundle": "minutes", "data_frequency": "minute"}


def times(called: Called) -> list[str]:
    return [when.strftime("%H:%M:%S") for when in called]


class Noting(rustybt.Strategy):
    """Writes down when it is called, and by what."""

    def __init__(self, begin: Any) -> None:
        self.begin = begin
        self.called: Called = []

    def initialize(self, context: Any) -> None:
        self.begin(self, context)

    def tell(self, context: Any, data: Any) -> None:
        self.called.append(data.current_dt)


# intervals


@pytest.mark.parametrize("interval", ["2m", dt.timedelta(minutes=2)])
def test_an_interval_goes_with_the_bars_it_ends_with(kernels: str, interval: Any) -> None:
    strategy = Noting(lambda self, context: on_time_interval(interval, self.tell))
    rustybt.run_algorithm(strategy=strategy, **minutes_at_hand([10] * 7), kernel=kernels)
    every = [OPEN + dt.timedelta(minutes=two) for two in range(2, 391, 2)]
    assert strategy.called == every, "to the close at 21:00, bars or not: the run has a bar for each minute"


def test_a_moment_between_two_bars_sees_the_last_one_and_its_orders_fill_with_the_next(kernels: str) -> None:
    seen: list[Any] = []

    def begin(self: Noting, context: Any) -> None:
        on_time_interval("40s", look)

    def look(context: Any, data: Any) -> None:
        if len(seen) < 4:
            seen.append((data.current_dt.strftime("%H:%M:%S"), data.current(symbol("A"), "price")))
            order(symbol("A"), 1)

    result = rustybt.run_algorithm(
        strategy=Noting(begin), **minutes_at_hand([10, 11, 12, 13, 14]), kernel=kernels, compat=None
    )
    # 14:30:40 lies before the first bar of the session, which ends at 14:31
    assert seen == [("14:31:20", 10), ("14:32:00", 11), ("14:32:40", 11), ("14:33:20", 12)]
    assert times(result.orders["created"].to_list()) == [when for when, _ in seen]
    assert times(result.transactions["dt"].to_list()) == ["14:32:00", "14:33:00", "14:33:00", "14:34:00"]


class FromTheFourthMinute(Noting):
    def initialize(self, context: Any) -> None:
        schedule_function(self.start, time_rule=time_rules.market_open(minutes=4))

    def start(self, context: Any, data: Any) -> None:
        context.event = on_time_interval("2m", self.tell)

    def handle_data(self, context: Any, data: Any) -> None:
        if data.current_dt == OPEN + dt.timedelta(minutes=9):
            assert cancel_event(context.event)
            assert not cancel_event(context.event)


def test_an_interval_that_begins_within_a_session_keeps_to_its_open_and_comes_after_that_moment() -> None:
    strategy = FromTheFourthMinute(None)
    rustybt.run_algorithm(strategy=strategy, **minutes_at_hand([10] * 20))
    assert times(strategy.called) == ["14:36:00", "14:38:00"]


def test_intervals_begin_anew_with_each_session_and_leave_out_breaks() -> None:
    stamps = [
        dt.datetime(2024, 1, day, hour, minute, tzinfo=dt.UTC)
        for day in (4, 5)
        for hour, minute in [(0, 1), (2, 30), (3, 31), (6, 0)]
    ]
    rustybt.ingest("tokyo", bars_of(stamps, [10] * 8), frequency="1m", stamp="end", calendar="XTKS", mode="replace")
    strategy = Noting(lambda self, context: on_time_interval("50m", self.tell))
    rustybt.run_algorithm("2024-01-04", "2024-01-05", strategy=strategy, bundle="tokyo", data_frequency="minute")
    # Tokyo traded from 9:00 to 11:30 and from 12:30 to 15:00, nine hours ahead of UTC
    moments = ["00:50:00", "01:40:00", "02:30:00", "04:10:00", "05:00:00", "05:50:00"]
    assert times(strategy.called) == moments * 2


def test_an_interval_of_milliseconds_on_bars_that_come_when_they_come(kernels: str) -> None:
    at = [DAY + dt.timedelta(milliseconds=ms) for ms in (1_003, 1_250, 1_400, 2_001)]
    rustybt.ingest("ms", bars_of(at, [10, 11, 12, 13]), frequency="1ms", stamp="end", calendar="24/7", mode="replace")
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        if data.current_dt < DAY + dt.timedelta(seconds=2.4):
            seen.append(((data.current_dt - DAY).total_seconds(), data.current(symbol("A"), "price")))

    strategy = Noting(lambda self, context: on_time_interval("250ms", look))
    rustybt.run_algorithm("2024-01-02", "2024-01-02", strategy=strategy, bundle="ms", data_frequency="1ms")
    assert seen == [(1.25, 11), (1.5, 12), (1.75, 12), (2.0, 12), (2.25, 13)]


# price levels


def called_on(closes: list[Any], begin: Any, kernel: str = "auto", **more: Any) -> list[int]:
    """On which bars the function of a threshold was called, the first is 0."""
    span = days(closes, **more)
    strategy = Noting(begin)
    rustybt.run_algorithm(strategy=strategy, **span, kernel=kernel)
    sessions = sorted({when.date() for when in strategy.called})
    every = rustybt.run_algorithm(handle_data=lambda context, data: None, **span).daily["session"].to_list()
    return [every.index(day) for day in sessions]


@pytest.mark.parametrize(
    ("direction", "closes", "expected"),
    [
        ("up", [9, 10, 11, 9, 12, 10, 11], [1, 4]),
        ("down", [11, 10, 9, 11, 8, 10, 9], [1, 4]),
        ("both", [9, 11, 11, 9, 10, 9, 10, 11], [1, 3, 4, 6]),
        # the first price is known from the first bar on: there was none before it
        ("up", [11, 12, 9, 13], [3]),
        ("both", [10, 11, 9, 10], [2, 3]),
    ],
)
def test_a_threshold_is_passed_when_the_price_comes_to_it_from_the_side_that_was_asked_for(
    kernels: str, direction: Any, closes: list[int], expected: list[int]
) -> None:
    def begin(self: Noting, context: Any) -> None:
        on_price_threshold(symbol("A"), 10, self.tell, direction=direction)

    assert called_on(closes, begin, kernels) == expected


def test_a_level_between_two_prices_that_there_can_be_is_exact() -> None:
    def begin(self: Noting, context: Any) -> None:
        on_price_threshold(symbol("A"), Decimal("10.0005"), self.tell)

    assert called_on(["10.00", "10.01", "10.00", "10.00"], begin) == [1, 2]


def test_once_is_the_first_time_only() -> None:
    def begin(self: Noting, context: Any) -> None:
        on_price_threshold(symbol("A"), 10, self.tell, once=True)

    assert called_on([9, 10, 9, 11], begin) == [1]


def test_several_levels_of_an_asset_are_each_their_own(kernels: str) -> None:
    called: list[tuple[int, Any]] = []

    def begin(self: Noting, context: Any) -> None:
        for level in (10, 12, 14):
            on_price_threshold(
                symbol("A"), level, lambda c, d, level=level: called.append((level, d.current(symbol("A"), "price")))
            )

    called_on([9, 13, 13, 15, 11, 9], begin, kernels)
    assert called == [(10, 13), (12, 13), (14, 15), (12, 11), (14, 11), (10, 9)]


def test_the_price_is_looked_at_from_the_moment_on_at_which_the_threshold_is_set() -> None:
    def begin(self: Noting, context: Any) -> None:
        schedule_function(lambda context, data: on_price_threshold(symbol("A"), 10, self.tell), date_rules.week_start())

    # week_start: January 2 is the first session of its week in the calendar's weeks; the 8th and 16th follow
    closes = [11, 9, 11, 9, 11, 11, 11, 9]
    with_first = called_on(closes, begin)
    assert 0 not in with_first
    assert with_first[-1] == 7


def test_a_split_restates_the_level_as_it_does_a_stop_and_is_no_fall_of_the_price(kernels: str) -> None:
    splits = pl.DataFrame({"symbol": ["A"], "ex_date": [dt.date(2024, 1, 4)], "ratio": ["1/2"]})

    def begin(self: Noting, context: Any) -> None:
        on_price_threshold(symbol("A"), 80, self.tell)

    # 100 before is 50 after: above 40, which is what 80 has become
    assert called_on([100, 100, 50, 45, 41, 40, 50], begin, kernels, splits=splits) == [5]


def test_a_level_that_is_given_on_the_morning_of_a_split_is_in_the_new_shares() -> None:
    splits = pl.DataFrame({"symbol": ["A"], "ex_date": [dt.date(2024, 1, 4)], "ratio": ["1/2"]})

    class Morning(Noting):
        def before_trading_start(self, context: Any, data: Any) -> None:
            if data.current_dt.day == 4:
                on_price_threshold(symbol("A"), 45, self.tell, direction="down")

    strategy = Morning(lambda self, context: None)
    rustybt.run_algorithm(strategy=strategy, **days([100, 100, 50, 46, 44], splits=splits))
    assert [when.day for when in strategy.called] == [8]


def test_the_price_before_the_run_is_where_it_was() -> None:
    span = days([9, 11, 12])

    def begin(self: Noting, context: Any) -> None:
        on_price_threshold(symbol("A"), 10, self.tell, direction="up")

    strategy = Noting(begin)
    rustybt.run_algorithm(strategy=strategy, **span | {"start": "2024-01-03"})
    assert [when.day for when in strategy.called] == [3]


# triggers


class Every:
    """Fires with each so manieth bar that it is asked with."""

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def fires(self, moment: dt.datetime, data: Any) -> bool:
        assert moment == data.current_dt
        self.asked += 1
        return self.asked % self.count == 0


def test_a_trigger_is_asked_with_each_bar(kernels: str) -> None:
    assert called_on([10] * 7, lambda self, context: on_event(Every(3), self.tell), kernels) == [2, 5]


def test_a_trigger_once() -> None:
    assert called_on([10] * 7, lambda self, context: on_event(Every(3), self.tell, once=True)) == [2]


def test_runs_share_nothing_of_a_trigger() -> None:
    trigger = Every(3)
    begin = lambda self, context: on_event(trigger, self.tell)  # noqa: E731
    assert called_on([10] * 4, begin) == called_on([10] * 4, begin) == [2]
    assert trigger.asked == 0


class Own:
    """A trigger that is called itself."""

    def __init__(self) -> None:
        self.calls = 0

    def fires(self, moment: dt.datetime, data: Any) -> Any:
        return np.bool_(data.current(symbol("A"), "price") > 10)

    def act(self, context: Any, data: Any) -> None:
        self.calls += 1
        context.record(calls=self.calls)


def test_a_function_of_the_trigger_is_that_of_the_run_s_copy() -> None:
    own = Own()
    result = rustybt.run_algorithm(initialize=lambda context: on_event(own, own.act), **days([10, 11, 10, 12]))
    assert result.recorded["calls"].to_list() == [1, 1, 2]
    assert own.calls == 0


# order


class Ordered(rustybt.Strategy):
    """Everything is due with the second bar."""

    def initialize(self, context: Any) -> None:
        context.log = []
        asset = symbol("A")
        on_event(Every(2), self.noting("trigger"))
        on_price_threshold(asset, 11, self.noting("level"))
        on_time_interval("2m", self.noting("interval"))
        schedule_function(self.noting("scheduled"), time_rule=time_rules.market_open(minutes=2))
        schedule_function(self.noting("every minute"), time_rule=time_rules.every_minute())
        on_time_interval("2m", self.noting("first"), priority=-1)
        schedule_function(self.noting("last"), time_rule=time_rules.market_open(minutes=2), priority=5)
        on_event(Every(1), self.noting("second to last"), priority=4)

    def noting(self, name: str) -> Any:
        return lambda context, data: context.log.append((data.current_dt, name))

    def before_trading_start(self, context: Any, data: Any) -> None:
        self.noting("before")(context, data)

    def handle_data(self, context: Any, data: Any) -> None:
        self.noting("handle_data")(context, data)

    def analyze(self, context: Any, perf: Any) -> None:
        self.log = context.log


def test_what_is_due_at_one_moment_goes_by_priority_and_then_by_registration(kernels: str) -> None:
    strategy = Ordered()
    run = rustybt.Run(strategy=strategy, **minutes_at_hand([10, 11, 10]), kernel=kernels)
    run.finish()
    log = run.context.log
    second = OPEN + dt.timedelta(minutes=2)
    assert log[0][1] == "before"
    assert [name for when, name in log if when == second] == [
        "handle_data", "first", "trigger", "level", "interval", "scheduled", "every minute", "second to last", "last"
    ]  # fmt: skip
    third = OPEN + dt.timedelta(minutes=3)
    assert [name for when, name in log if when == third] == ["handle_data", "every minute", "second to last"]


# runs that stop


class Stopped(rustybt.Strategy):
    """Has something of each kind, and all of it leaves its mark on the books."""

    def initialize(self, context: Any, count: int) -> None:
        context.asset = symbol("A")
        context.log = []
        context.event = on_price_threshold(context.asset, 12, self.reached)
        on_price_threshold(context.asset, 11, self.once, direction="up", once=True)
        on_event(Every(count), self.fired)

    def before_trading_start(self, context: Any, data: Any) -> None:
        context.intervals = on_time_interval("250ms", self.buy), on_time_interval("400ms", self.sell, priority=-1)

    def note(self, context: Any, data: Any, what: str, amount: int) -> None:
        context.log.append((data.current_dt, what))
        order(context.asset, amount)
        if data.current_dt.second > 2:
            for interval in context.intervals:
                cancel_event(interval)

    def buy(self, context: Any, data: Any) -> None:
        self.note(context, data, "buy", 3)

    def sell(self, context: Any, data: Any) -> None:
        self.note(context, data, "sell", -2)

    def reached(self, context: Any, data: Any) -> None:
        self.note(context, data, "reached", 100)
        if len(context.log) > 20:
            cancel_event(context.event)

    def once(self, context: Any, data: Any) -> None:
        self.note(context, data, "once", 1000)
        on_price_threshold(context.asset, 13, self.later, direction="down")

    def later(self, context: Any, data: Any) -> None:
        self.note(context, data, "later", 7)

    def fired(self, context: Any, data: Any) -> None:
        self.note(context, data, "fired", 10)


@pytest.fixture
def ticks() -> dict[str, Any]:
    """Two days of some bars each, at moments of their own."""
    closes = [10, 11, 12, 13, 12, 14, 11, 12, 13, 12, 10, 13]
    at = [DAY + dt.timedelta(milliseconds=170 * place + place**2) for place in range(1, 13)]
    frame = pl.concat([bars_of(at, closes), bars_of([one + dt.timedelta(days=1) for one in at], closes)])
    rustybt.ingest("ticks", frame, frequency="1ms", stamp="end", calendar="24/7", mode="replace")
    until = DAY + dt.timedelta(days=1, seconds=5)
    return {
        "start": "2024-01-02", "end": "2024-01-03", "bundle": "ticks", "data_frequency": "1ms", "until": until,
        "params": {"count": 5},
    }  # fmt: skip


def outcome(run: rustybt.Run, until: Any) -> Any:
    """What a run has come to some seconds after the last bar."""
    run.until(until)
    orders = [(one.created, one.amount, one.filled) for one in run.context.get_open_orders(run.context.asset)]
    holds = run.context.portfolio.positions[run.context.asset].amount, run.context.portfolio.cash
    return run.context.log, orders, holds


def test_a_run_with_events_goes_on_from_each_of_its_moments(ticks: dict[str, Any], kernels: str) -> None:
    until = ticks.pop("until")
    whole = outcome(rustybt.Run(strategy=Stopped, **ticks, kernel=kernels), until)
    assert {what for _, what in whole[0]} == {"buy", "sell", "reached", "once", "later", "fired"}
    run = rustybt.Run(strategy=Stopped, **ticks, kernel=kernels)
    stops = 0
    while not run.over and (run.moment is None or run.moment.when < until) and stops < 60:
        stops += 1
        if stops % 3 == 0 or stops < 6:
            other = "rust" if kernels == "python" and stops % 2 else "python"
            restored = rustybt.Run.restore(run.snapshot(), strategy=Stopped, kernel=other)
            assert outcome(restored, until) == whole, run.moment
            assert outcome(run.fork(), until) == whole, run.moment
        run.step()
    assert outcome(run, until) == whole


def test_a_trigger_that_can_t_be_saved_is_named() -> None:
    class Local:
        def fires(self, moment: dt.datetime, data: Any) -> bool:
            return False

    run = rustybt.Run(initialize=lambda context: on_event(Local(), print), **days([10, 11]))
    with pytest.raises(SnapshotError, match="The trigger Local of event-1 can't be saved"):
        run.snapshot()


# what is refused


@pytest.mark.parametrize(
    ("ask", "error", "told"),
    [
        (lambda: on_time_interval("5x", print), InputError, "'5x'.*'250ms'"),
        (lambda: on_time_interval(5, print), WrongType, "timedelta"),
        (lambda: on_time_interval("1d", print), InputError, "date_rules"),
        (lambda: on_time_interval("24h", print), InputError, "6:30:00"),
        (lambda: on_time_interval(dt.timedelta(microseconds=5), print), InputError, "a millisecond"),
        (lambda: on_time_interval(-dt.timedelta(minutes=5), print), InputError, "a millisecond"),
        (lambda: on_time_interval("5m", None), WrongType, "None is no function"),
        (lambda: on_time_interval("5m", print, priority="high"), InputError, "priority='high'"),
        (lambda: on_time_interval("5m", print, priority=True), InputError, "whole number"),
        (lambda: on_price_threshold("A", 10, print), WrongType, "pass an asset"),
        (lambda: on_price_threshold(symbol("A"), "ten", print), WrongType, "price='ten'"),
        (lambda: on_price_threshold(symbol("A"), float("nan"), print), WrongType, "price=nan"),
        (lambda: on_price_threshold(symbol("A"), 10, print, direction="over"), InputError, "'up', 'down', 'both'"),
        (lambda: on_price_threshold(symbol("A"), 10, print, once=1), WrongType, "once=1"),
        (lambda: on_price_threshold(symbol("A"), 10, 11), WrongType, "11 is no function"),
        (lambda: on_event(lambda moment, data: True, print), WrongType, r"fires\(self, moment, data\)"),
        (lambda: on_event(Every, print), WrongType, "the first is an object"),
        (lambda: on_event(Every(1), "tell"), WrongType, "'tell' is no function"),
        (lambda: cancel_event("event-7"), InputError, "event-7.*no such event"),
        (lambda: schedule_function(print, priority=1.5), InputError, r"schedule_function\(priority=1.5\)"),
    ],
)
def test_what_means_nothing_is_refused_and_nothing_is_registered(ask: Any, error: Any, told: str) -> None:
    with pytest.raises(error, match=told):
        rustybt.run_algorithm(initialize=lambda context: ask(), **minutes_at_hand([10] * 3))


def test_a_run_of_days_has_no_interval_within_a_session() -> None:
    with pytest.raises(InputError, match=r"no bar within one.*schedule_function"):
        rustybt.run_algorithm(initialize=lambda context: on_time_interval("5m", print), **days([10, 11]))


@pytest.mark.parametrize("answer", [None, 1, "yes", Decimal(1)])
def test_a_trigger_that_answers_neither_true_nor_false_is_told_when(answer: Any) -> None:
    class Forgot:
        def fires(self, moment: dt.datetime, data: Any) -> Any:
            return answer

    with pytest.raises(WrongType, match=r"Forgot.fires returned .* at 2024-01-02 21:00:00\+00:00"):
        rustybt.run_algorithm(initialize=lambda context: on_event(Forgot(), print), **days([10, 11]))


def test_a_trigger_that_can_t_be_copied_is_named() -> None:
    class Stream:
        def __init__(self) -> None:
            self.rows = (row for row in range(3))

        def fires(self, moment: dt.datetime, data: Any) -> bool:
            return True

    with pytest.raises(InputError, match="The trigger Stream can't be copied: its attribute 'rows'"):
        rustybt.run_algorithm(initialize=lambda context: on_event(Stream(), print), **days([10, 11]))
