"""The hooks of a user's metrics, called as Zipline calls them; a run without such metrics has none of this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from rustybt.core import MINUTE_NS, RATIO_SCALE, as_decimal, date_of, datetime_of, decimal_column, parse_date
from rustybt.engine._benchmark import Benchmark
from rustybt.engine._recorder import Recorder
from rustybt.engine._state import RunState
from rustybt.errors import InputError
from rustybt.metrics import HOOKS
from rustybt.results import recorded_column


class BenchmarkSource:
    """The benchmark's returns by session; all 0 where the run has none."""

    def __init__(self, sessions: Sequence[dt.date], benchmark: Benchmark | None) -> None:
        self._sessions = list(sessions)
        self._returns = benchmark.returns if benchmark is not None else [0] * len(self._sessions)
        self._places = {day: place for place, day in enumerate(self._sessions)}

    def daily_returns(self, start: Any, end: Any = None) -> Any:
        """The return of a session; with an end, the returns from one session to another as a Decimal Series."""
        if end is None:
            return self.get_value(start)
        places = [place for day, place in self._places.items() if _day(start) <= day <= _day(end)]
        return decimal_column("benchmark_returns", [self._returns[place] for place in places], RATIO_SCALE)

    def get_value(self, when: Any) -> Any:
        """The return of a session. Raises InputError where it is none of the run's."""
        place = self._places.get(_day(when))
        if place is None:
            raise InputError(f"{when} is no session of the run, {self._sessions[0]} to {self._sessions[-1]}.")
        return as_decimal(self._returns[place], RATIO_SCALE)


def _day(when: Any) -> dt.date:
    return parse_date(when, "session")


def hooks_for(metrics: Sequence[Any], run: RunState, recorder: Recorder, emission_rate: str) -> Hooks | None:
    """The hooks of a run; None where no metric has one."""
    if not any(hasattr(metric, hook) for metric in metrics for hook in HOOKS):
        return None
    return Hooks(metrics, run, recorder, emission_rate)


class Hooks:
    """Calls each hook of every metric that has it, in the order of the metrics.

    by_bar: whether a metric asks for the end of every bar, and the run emits them. rows: what the metrics wrote into
    `daily_perf` and `cumulative_risk_metrics`, a dict per session. report: what they wrote at the end.
    """

    def __init__(self, metrics: Sequence[Any], run: RunState, recorder: Recorder, emission_rate: str) -> None:
        self._calls: dict[str, list[Callable[..., Any]]] = {
            hook: [getattr(metric, hook) for metric in metrics if hasattr(metric, hook)] for hook in HOOKS
        }
        self._run = run
        self._recorder = recorder
        self._emission = emission_rate
        axis = run.market.axis
        days = axis.calendar.days[axis.first_session : axis.first_session + axis.sessions].tolist()
        self._sessions = [date_of(day) for day in days]
        from rustybt.engine._ledger_view import LedgerView

        self._ledger = LedgerView(run.account, run.book, run.views, recorder, self._sessions)
        self._benchmark = BenchmarkSource(self._sessions, recorder.benchmark)
        self.by_bar = emission_rate == "minute" and bool(self._calls["end_of_bar"])
        self.rows: list[dict[str, Any]] = []
        self.report: dict[str, Any] = {}

    def state(self) -> dict[str, Any]:
        """What the hooks have left; values that metrics wrote are the user's."""
        return {"ledger": self._ledger.state(), "rows": self.rows, "report": self.report}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave."""
        self._ledger.restore(state["ledger"])
        self.rows, self.report = state["rows"], state["report"]

    def _call(self, hook: str, *arguments: Any) -> None:
        for function in self._calls[hook]:
            function(*arguments)

    def start_of_simulation(self) -> None:
        """Before the first session."""
        calendar = self._run.market.axis.calendar
        self._call(
            "start_of_simulation", self._ledger, self._emission, calendar, self._sessions, self._benchmark
        )  # fmt: skip

    def start_of_session(self, session: int) -> None:
        """After the session's dividends, before its splits."""
        self._ledger.open_session(session)
        self._call("start_of_session", self._ledger, self._sessions[session], self._run.data)

    def end_of_bar(self, _context: Any, data: Any) -> None:
        """After everything that the strategy does on a bar, with the signature of a scheduled function."""
        session = self._run.market.session
        self._ledger.update(session)
        now = data.current_dt
        packet = self._packet("minute_perf", session, now)
        self._call("end_of_bar", packet, self._ledger, now, session, data)

    def end_of_session(self, session: int) -> None:
        """After the session's row was taken."""
        run = self._run
        axis = run.market.axis
        self._ledger.update(session)
        close = datetime_of(int(axis.calendar.run_closes[axis.first_session + session]))
        packet = self._packet("daily_perf", session, close)
        kept = dict(packet["daily_perf"])
        self._call("end_of_session", packet, self._ledger, self._sessions[session], session, run.data)
        daily = {name: v for name, v in packet["daily_perf"].items() if name not in kept or v != kept[name]}
        self.rows.append(daily | packet["cumulative_risk_metrics"])

    def frame(self) -> pl.DataFrame:
        """What the metrics wrote, a row a session; null where they wrote nothing."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        columns = [recorded_column(name, [row.get(name) for row in self.rows]) for name in names]
        return pl.DataFrame([self._recorder.sessions(len(self.rows)), *columns])

    def end_of_simulation(self) -> None:
        """After the last session."""
        run = self._run
        calendar = run.market.axis.calendar
        self._call(
            "end_of_simulation", self.report, self._ledger, calendar, self._sessions, run.data, self._benchmark
        )  # fmt: skip

    def _packet(self, period: str, session: int, close: dt.datetime) -> dict[str, Any]:
        run = self._run
        axis = run.market.axis
        first, last = self._sessions[0], self._sessions[-1]
        # the end of the first minute, as in the daily rows
        opened = datetime_of(int(axis.calendar.opens[axis.first_session + session]) + MINUTE_NS)
        return {
            "period_start": first,
            "period_end": last,
            "capital_base": run.facts.environment["capital_base"],
            period: {"period_open": opened, "period_close": close},
            "cumulative_perf": {"period_open": first, "period_close": last},
            "progress": 1.0 if self._emission == "minute" else (session + 1) / axis.sessions,
            "cumulative_risk_metrics": {},
        }
