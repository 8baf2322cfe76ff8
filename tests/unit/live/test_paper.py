"""A session on paper: the books of the backtest, whenever it is killed; what does not repeat itself is told."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.api import (
    cancel_order,
    date_rules,
    get_open_orders,
    order,
    order_target_percent,
    schedule_function,
    symbol,
    time_rules,
)
from rustybt.cli import main
from rustybt.core import Moment, Phase
from rustybt.errors import InputError, JournalError, RustyBTError
from rustybt.execution import SimulationBlotter
from rustybt.live import Clock, Journal, PaperSession, RecordedFeed, ReplayFeed, read_journal
from rustybt.orders import LimitOrder, StopOrder
from tests._examples import examples

SPAN = {"start": "2010-01-04", "end": "2010-02-26", "capital_base": 100_000, "seed": 5, "progress": False}


def initialize(context: Any) -> None:
    context.stocks = [symbol(name) for name in ("AAPL", "IBM", "MSFT")]
    context.bought = 0
    schedule_function(rebalance, date_rules.week_start(), time_rules.market_close())


def rebalance(context: Any, data: Any) -> None:
    for stock in context.stocks:
        order_target_percent(stock, Decimal(int(context.rng.integers(0, 4))) / 10)


def handle_data(context: Any, data: Any) -> None:
    stock = context.stocks[context.bought % 3]
    price = data.current(stock, "price")
    order(stock, 7, style=LimitOrder(price * Decimal("0.99")))
    order(stock, -5, style=StopOrder(price * Decimal("0.98")))
    for waiting in get_open_orders(stock)[:1]:
        if context.bought % 4 == 0:
            cancel_order(waiting)
    context.bought += 1


FUNCTIONS = {"initialize": initialize, "handle_data": handle_data}


def frames(result: rustybt.Result) -> dict[str, Any]:
    return {name: frame.to_dict(as_series=False) for name, frame in result.frames().items()}


@pytest.fixture(scope="module")
def backtest() -> rustybt.Result:
    rustybt.ingest_sample()
    return rustybt.run_algorithm(**SPAN, **FUNCTIONS)


def on_paper(journal: Path, feed: Any = None, **changes: Any) -> rustybt.Result:
    with PaperSession(journal, feed, **(SPAN | FUNCTIONS | changes)) as session:
        return session.run()


@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_the_books_on_paper_are_those_of_the_backtest(tmp_path: Path, backtest: rustybt.Result, kernel: str) -> None:
    result = on_paper(tmp_path / "j", kernel=kernel)
    assert result.ledger_hash == backtest.ledger_hash
    assert frames(result) == frames(backtest)
    assert result.order_events.height > 100


def test_the_journal_has_each_moment_command_and_report(tmp_path: Path, backtest: rustybt.Result) -> None:
    on_paper(tmp_path / "j")
    lines = list(read_journal(tmp_path / "j"))
    kinds = [line["kind"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("session", "end")
    assert lines[-1]["ledger_hash"] == backtest.ledger_hash
    sessions = backtest.daily.height
    assert kinds.count("moment") == 3 * sessions
    assert kinds.count("submit") == backtest.orders.height
    events = backtest.order_events["kind"].to_list()
    for kind in ("filled", "cancelled", "triggered"):
        told = [line for line in lines if line["kind"] == "report" and line["report"] == kind]
        assert len(told) == events.count(kind) > 0


def test_a_command_is_on_the_disk_before_it_leaves(tmp_path: Path) -> None:
    """The broker behind the journal finds every order that it is given in the file already."""
    seen = []

    class Looking(SimulationBlotter):
        def broker(self, simulated: Any) -> Any:
            submit = simulated.submit

            class Spy:
                def __getattr__(self, name: str) -> Any:
                    return getattr(simulated, name)

                def submit(self, working: Any) -> None:
                    last = list(read_journal(tmp_path / "j"))[-1]
                    seen.append((last["kind"], last["order"]) == ("submit", str(working.number)))
                    submit(working)

            return Spy()

    on_paper(tmp_path / "j", blotter=Looking(), end="2010-01-12")
    assert seen
    assert all(seen)


# Kills: children of one process that has not used Polars' threads, so that each costs a run and no start.


def _child(folder: Path, lines: int) -> None:
    """Goes on with the session, and kills itself once its journal has so many lines."""
    append = Journal.append

    def counted(self: Journal, kind: str, **fields: str) -> int:
        number = append(self, kind, **fields)
        if number >= lines:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    Journal.append = counted  # type: ignore[method-assign]
    result = on_paper(folder / "j")
    (folder / "hash").write_text(result.ledger_hash, encoding="utf-8")


def _killed(folder: Path, kills: list[int]) -> None:
    """In a fresh process: begins the session anew after each kill, until it comes to its end."""
    for lines in [*kills, 10**9]:
        child = os.fork()
        if not child:
            try:
                _child(folder, lines)
            finally:
                os._exit(0)
        os.waitpid(child, 0)


def _killed_sessions(folder: Path, draws: list[list[int]]) -> None:
    for number, kills in enumerate(draws):
        place = folder / str(number)
        place.mkdir()
        _killed(place, kills)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed by signals")
def test_a_session_that_is_killed_at_drawn_moments_comes_to_the_same_books(
    tmp_path: Path, backtest: rustybt.Result
) -> None:
    on_paper(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    length = whole.count(b"\n")
    draw = random.Random(20261130)
    # some are killed once, some over and over; 100 kills at night
    draws = [sorted(draw.sample(range(1, length), count)) for count in (1, 1, 2, 4)]
    draws += [sorted(draw.sample(range(1, length), 4)) for _ in range(23 if examples(1) > 1 else 0)]
    worker = multiprocessing.get_context("spawn").Process(target=_killed_sessions, args=(tmp_path, draws))
    worker.start()
    worker.join()
    for number, kills in enumerate(draws):
        folder = tmp_path / str(number)
        assert (folder / "hash").read_text(encoding="utf-8") == backtest.ledger_hash, kills
        assert without_times(folder / "j") == without_times(tmp_path / "whole")


def without_times(path: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in line.items() if k not in ("at", "hash", "prev")} for line in read_journal(path)]


def test_a_line_that_was_torn_is_written_anew(tmp_path: Path, backtest: rustybt.Result) -> None:
    on_paper(tmp_path / "j")
    whole = without_times(tmp_path / "j")
    text = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(text[: len(text) * 2 // 3])
    with PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS) as session:
        assert session.journal.torn > 0
        assert session.replaying
        assert session.run().ledger_hash == backtest.ledger_hash
    assert without_times(tmp_path / "j") == whole


def test_a_session_that_ended_gives_its_result_again(tmp_path: Path, backtest: rustybt.Result) -> None:
    on_paper(tmp_path / "j")
    text = (tmp_path / "j").read_bytes()
    assert on_paper(tmp_path / "j").ledger_hash == backtest.ledger_hash
    assert (tmp_path / "j").read_bytes() == text


@pytest.mark.parametrize(
    "changes",
    [{"seed": 6}, {"capital_base": 99_999}, {"end": "2010-02-25"}, {"fill_at": "open"}, {"trigger": "range"}],
)
def test_another_session_does_not_go_on_with_a_journal(tmp_path: Path, changes: dict[str, Any]) -> None:
    with PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS) as session:
        session.step()
    text = (tmp_path / "j").read_bytes()
    with pytest.raises(JournalError, match=f"line 1: .*{next(iter(changes))}"):
        on_paper(tmp_path / "j", **changes)
    assert (tmp_path / "j").read_bytes() == text


def test_a_strategy_that_does_not_repeat_itself_is_named_with_the_first_line(tmp_path: Path) -> None:
    draws = iter([3, 4])

    def unseeded(context: Any, data: Any) -> None:
        order(symbol("AAPL"), units)

    units = next(draws)
    with PaperSession(tmp_path / "j", **SPAN, handle_data=unseeded) as session:
        for _ in range(3):
            session.step()
    units = next(draws)
    with pytest.raises(JournalError, match=r"submit \(.*quantity 3.*came to submit \(.*quantity 4"):
        on_paper(tmp_path / "j", initialize=None, handle_data=unseeded)


def test_two_sessions_do_not_write_one_journal(tmp_path: Path) -> None:
    with (
        PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS),
        pytest.raises(JournalError, match="another process"),
    ):
        PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS)


@pytest.mark.parametrize(
    ("feed", "changes", "told"),
    [(None, {"nothing": 5}, "nothing"), (None, {"bundle": "none"}, "none"), (5, {}, "feed=5 has no method wait")],
)
def test_a_session_that_can_not_begin_leaves_no_journal(
    tmp_path: Path, feed: Any, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises((TypeError, RustyBTError), match=told):
        PaperSession(tmp_path / "j", feed, **(SPAN | FUNCTIONS | changes))
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_is_closed_goes_no_further(tmp_path: Path) -> None:
    with PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS) as session:
        session.step()
    with pytest.raises(JournalError, match=r"is closed\. Begin the session again"):
        session.step()
    session.close()


@pytest.mark.skipif(os.name == "nt", reason="a file that is open can't be deleted there")
def test_a_journal_that_is_deleted_under_a_session_is_noticed(tmp_path: Path) -> None:
    session = PaperSession(tmp_path / "j", **SPAN, **FUNCTIONS)
    session.step()
    (tmp_path / "j").unlink()
    with pytest.raises(JournalError, match="was deleted or replaced"):
        session.run()
    with pytest.raises(JournalError, match="was deleted or replaced"):
        session.close()


# Feeds


class Watch:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_000
        self.slept: list[float] = []

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += round(seconds * 10**9)


def moments(*seconds: int) -> Iterator[Moment]:
    return (Moment(10**18 + second * 10**9, 0, 1, Phase.MARKET) for second in seconds)


@pytest.mark.parametrize(("speed", "expected"), [(1, 90), (60, 1.5), (0.5, 180), (None, 0)])
def test_a_replay_waits_as_long_as_the_market_did_at_its_speed(speed: float | None, expected: float) -> None:
    watch = Watch()
    feed = ReplayFeed(speed, watch.clock())
    for moment in moments(0, 60, 60, 90):
        feed.wait(moment)
    assert sum(watch.slept) == pytest.approx(expected)
    assert max(watch.slept, default=0) <= 0.5


def test_what_is_late_is_not_waited_for() -> None:
    watch = Watch()
    feed = ReplayFeed(1, watch.clock())
    first, second, third = moments(0, 10, 20)
    feed.wait(first)
    watch.time += 15 * 10**9  # the strategy took its time
    feed.wait(second)
    assert not watch.slept
    feed.wait(third)
    assert sum(watch.slept) == pytest.approx(5)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), "fast"])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: Any) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append("moment", stamp="1", bar="1", phase="market", at="1")
    for feed in (ReplayFeed, lambda speed: RecordedFeed(read_journal(tmp_path / "j"), speed)):
        with pytest.raises(InputError, match="seconds of the market"):
            feed(speed)


def test_a_recorded_session_comes_at_the_pace_of_its_journal(tmp_path: Path, backtest: rustybt.Result) -> None:
    with Journal(tmp_path / "j") as journal:
        for second, at in ((0, 5), (60, 7), (90, 12)):
            moment = next(moments(second))
            stamp = str(moment.stamp)
            journal.append("moment", stamp=stamp, bar="1", phase="market", at=str(at * 10**9))
    watch = Watch()
    feed = RecordedFeed(read_journal(tmp_path / "j"), 2, watch.clock())
    for moment in moments(0, 60, 90, 3000):
        feed.wait(moment)
    assert sum(watch.slept) == pytest.approx(3.5)
    on_paper(tmp_path / "first")
    played = on_paper(tmp_path / "second", RecordedFeed(read_journal(tmp_path / "first"), 1000))
    assert played.ledger_hash == backtest.ledger_hash
    with pytest.raises(InputError, match="no moments"):
        RecordedFeed([])


# The command

STRATEGY = """
from rustybt.api import order, symbol

def initialize(context, units):
    context.units = units

def handle_data(context, data):
    order(symbol("AAPL"), context.units)
"""


def command(folder: Path, *arguments: str, source: str = STRATEGY, code: int = 0) -> None:
    (folder / "mine.py").write_text(source, encoding="utf-8")
    span = ("-s", "2010-01-04", "-e", "2010-01-15", "-p", "units=3")
    with pytest.raises(SystemExit) as left:
        main([arguments[0], "-f", str(folder / "mine.py"), "-b", "sample", *span, *arguments[1:]])
    assert left.value.code == code


def test_the_command_trades_on_paper_and_saves_the_books_of_rustybt_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backtest: rustybt.Result
) -> None:
    command(tmp_path, "run", "-o", str(tmp_path / "run"))
    journal = ("-j", str(tmp_path / "j"))
    command(tmp_path, "paper", "--feed", "replay", *journal, "-o", str(tmp_path / "paper"))
    text = capsys.readouterr().out
    assert "2010-01-15 21:00  " in text
    assert "Sharpe ratio" in text
    run, paper = (rustybt.Result.load(tmp_path / name) for name in ("run", "paper"))
    assert paper.ledger_hash == run.ledger_hash
    command(
        tmp_path, "paper", "--feed", "recorded", "--recording", str(tmp_path / "j"), "--speed", "1e6",
        "-j", str(tmp_path / "j2"), "-o", str(tmp_path / "again"),
    )  # fmt: skip
    assert rustybt.Result.load(tmp_path / "again").ledger_hash == run.ledger_hash


def test_the_command_goes_on_with_what_was_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, backtest: rustybt.Result
) -> None:
    waits = iter(range(10))

    def interrupted(self: ReplayFeed, moment: Moment) -> None:
        if next(waits) == 9:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ReplayFeed, "wait", interrupted)
        command(tmp_path, "paper", code=130)
    told = capsys.readouterr()
    assert "the same command goes on from here" in told.err
    command(tmp_path, "paper", "-o", str(tmp_path / "paper"))
    assert "going on after line" in capsys.readouterr().out
    command(tmp_path, "run", "-o", str(tmp_path / "run"))
    run, paper = (rustybt.Result.load(tmp_path / name) for name in ("run", "paper"))
    assert paper.ledger_hash == run.ledger_hash


def test_the_command_after_the_end_saves_no_other_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backtest: rustybt.Result
) -> None:
    command(tmp_path, "paper", "-j", str(tmp_path / "j"))
    assert "saved to" in capsys.readouterr().out
    command(tmp_path, "paper", "-j", str(tmp_path / "j"))
    text = capsys.readouterr().out
    assert "this session had ended" in text
    assert "saved to" not in text


def test_a_recording_and_its_feed_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(tmp_path, "paper", "--feed", "recorded", code=1)
    assert "--recording JOURNAL" in capsys.readouterr().err


def test_what_was_changed_of_a_session_is_told_and_no_more(tmp_path: Path, backtest: rustybt.Result) -> None:
    on_paper(tmp_path / "j")
    with pytest.raises(JournalError) as refused:
        on_paper(tmp_path / "j", capital_base=5)
    assert "line 1: session (capital_base 100000) was written, and now it came to session (capital_base 5)." in str(
        refused.value
    )


def test_the_command_shows_what_a_strategy_raised_as_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backtest: rustybt.Result
) -> None:
    command(tmp_path, "paper", "-j", str(tmp_path / "j"), source=STRATEGY + "    raise ValueError('boom')\n", code=1)
    told = capsys.readouterr().err
    assert "the strategy raised ValueError: boom" in told
    assert "mine.py" in told
    assert "_loop.py" not in told


def test_the_command_finds_modules_beside_the_strategy(tmp_path: Path, backtest: rustybt.Result) -> None:
    (tmp_path / "beside_it.py").write_text("UNITS = 3\n", encoding="utf-8")
    command(tmp_path, "paper", "-j", str(tmp_path / "j"), source=f"import beside_it\n{STRATEGY}")
