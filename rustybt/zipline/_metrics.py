"""Metrics of a script's own: the run's hooks, called with what Zipline's metrics are called with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Self

from rustybt.metrics import HOOKS, ClassicRiskReport, load, metrics_of
from rustybt.zipline._algorithm import data_of, wrapper_of
from rustybt.zipline._assets import AssetWrapper
from rustybt.zipline._bar_data import BarData
from rustybt.zipline._orders import FIELDS, Order
from rustybt.zipline._pandas import pandas
from rustybt.zipline._portfolio import Account, Portfolio
from rustybt.zipline._times import stamp
from rustybt.zipline.finance.metrics import metrics_sets

BUILT_IN: Final = ("default", "classic", "none")
"""The sets that the run has by itself, exactly and at no cost."""


class BenchmarkSource:
    """The benchmark's returns by session, as floats in a Series."""

    def __init__(self, source: Any, sessions: Any) -> None:
        self._source = source
        self._sessions = sessions

    def daily_returns(self, start: Any, end: Any = None) -> Any:
        """From one session to another; of one session the return."""
        found = self._source.daily_returns(start, end)
        if end is None:
            return float(found)
        index = self._sessions[(self._sessions >= start) & (self._sessions <= end)]
        return pandas().Series([float(value) for value in found], index=index, dtype=float)

    def get_value(self, dt: Any) -> float:
        """The return of a session."""
        return float(self._source.get_value(dt))


class DataPortal(BarData):
    """What metrics get as `data_portal`: `data`, and Zipline's way to ask it."""

    __slots__ = ()

    @classmethod
    def of(cls, data: BarData) -> DataPortal:
        """One that sees what `data` sees."""
        portal = cls.__new__(cls)
        for name in BarData.__slots__:
            setattr(portal, name, getattr(data, name))
        return portal

    def get_spot_value(self, assets: Any, field: str, _dt: Any = None, _data_frequency: Any = None) -> Any:
        """The field of the bar; the moment is that of the run, whatever was asked for."""
        return self.current(assets, field)


class PositionTracker:
    """The positions by asset, and their sums."""

    def __init__(self, tracker: Any, portfolio: Portfolio) -> None:
        self._tracker = tracker
        self.positions = portfolio.positions

    @property
    def stats(self) -> Any:
        """gross_exposure, gross_value, long_exposure and so on, as of now."""
        return self._tracker.stats

    def get_position_list(self) -> list[dict[str, Any]]:
        """The positions as dicts."""
        return [
            {"sid": asset, "amount": p.amount, "cost_basis": p.cost_basis, "last_sale_price": p.last_sale_price}
            for asset, p in self.positions.items()
        ]


class Ledger:
    """The books as Zipline's metrics read them."""

    def __init__(self, view: Any, wrapper: AssetWrapper) -> None:
        self._view = view
        self._wrapper = wrapper
        self.portfolio = Portfolio(view.portfolio, self._wrapper)
        self.account = Account(view.account)
        self.position_tracker = PositionTracker(view.position_tracker, self.portfolio)

    def __getattr__(self, name: str) -> Any:
        # todays_returns, daily_returns_array, daily_returns_series
        return getattr(object.__getattribute__(self, "_view"), name)

    @property
    def positions(self) -> list[dict[str, Any]]:
        """The open positions as dicts."""
        return self.position_tracker.get_position_list()

    def transactions(self, dt: Any = None) -> list[dict[str, Any]]:
        """The fills of the session, or of a moment, as dicts."""
        found = self._view.transactions(None if dt is None else dt.to_pydatetime())
        for row in found:
            row["sid"], row["dt"] = self._wrapper.of(row["sid"]), stamp(row["dt"])
            row["amount"] = int(row["amount"]) if row["amount"] == int(row["amount"]) else row["amount"]
        return list(found)

    def orders(self, dt: Any = None) -> list[dict[str, Any]]:
        """The orders that changed in the session, or at a moment, as dicts."""
        found = self._view.order_views(None if dt is None else dt.to_pydatetime())
        return [
            {name: getattr(order, name) for name in FIELDS} for order in (Order.of(one, self._wrapper) for one in found)
        ]


class ScriptMetrics:
    """The metrics of a script as one metric of the run. rows: what they wrote, with what was recorded, by session.

    context: gives the script's context; it is there when the first hook is called.
    """

    def __init__(self, metrics: Sequence[Any], context: Callable[[], Any]) -> None:
        self._metrics = metrics
        self._context = context
        self._ledger: Any = None
        self._portal: Any = None
        self.rows: list[dict[str, Any]] = []
        self.report: dict[str, Any] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # this one is of one run already; the metrics are what was handed in
        self._metrics = copy.deepcopy(list(self._metrics), memo)
        return self

    def _call(self, hook: str, *arguments: Any) -> None:
        for metric in self._metrics:
            function = getattr(metric, hook, None)
            if function is not None:
                function(*arguments)

    def start_of_simulation(self, ledger: Any, rate: str, _calendar: Any, sessions: Any, benchmark: Any) -> None:
        """Before the first session."""
        pd = pandas()
        context = self._context()
        self._ledger, self._portal = Ledger(ledger, wrapper_of(context)), DataPortal.of(data_of(context))
        self._sessions = pd.DatetimeIndex([pd.Timestamp(session) for session in sessions])
        self._benchmark = BenchmarkSource(benchmark, self._sessions)
        self._call(
            "start_of_simulation", self._ledger, rate, context.trading_calendar, self._sessions, self._benchmark
        )  # fmt: skip

    def start_of_session(self, _ledger: Any, session: Any, _data: Any) -> None:
        """After the session's dividends."""
        self._call("start_of_session", self._ledger, pandas().Timestamp(session, tz="UTC"), self._portal)

    def end_of_session(self, packet: Any, _ledger: Any, session: Any, session_ix: int, _data: Any) -> None:
        """After the last bar; keeps what was written."""
        pd = pandas()
        told = {
            "period_start": self._sessions[0],
            "period_end": self._sessions[-1],
            "capital_base": float(packet["capital_base"]),
            "daily_perf": {name: stamp(moment) for name, moment in packet["daily_perf"].items()},
            "cumulative_perf": {"period_open": self._sessions[0], "period_close": self._sessions[-1]},
            "progress": packet["progress"],
            "cumulative_risk_metrics": {},
        }
        self._call("end_of_session", told, self._ledger, pd.Timestamp(session, tz="UTC"), session_ix, self._portal)
        # as in Zipline, a recorded name hides what stands in daily_perf, and is hidden by the risk metrics
        recorded = self._context().recorded_vars
        self.rows.append(told["daily_perf"] | recorded | told["cumulative_risk_metrics"])

    def end_of_simulation(self, packet: Any, _ledger: Any, *_: Any) -> None:
        """After the last session."""
        calendar = self._context().trading_calendar
        self._call(
            "end_of_simulation", packet, self._ledger, calendar, self._sessions, self._portal, self._benchmark
        )  # fmt: skip

    def frame(self) -> Any:
        """The performance frame: a row a session, by its close."""
        pd = pandas()
        index = pd.DatetimeIndex([row["period_close"] for row in self.rows])
        return pd.DataFrame(self.rows, index=index)


def metrics_for(wanted: Any, context: Callable[[], Any]) -> tuple[Any, ScriptMetrics | None]:
    """What the engine is given for a script's metrics set, and what keeps the rows where the set is not its own.

    Raises InputError, a ValueError, for a name that was not registered, and for metrics without a hook.
    """
    if isinstance(wanted, str):
        if wanted in BUILT_IN:
            return wanted, None
        if wanted not in metrics_sets:
            load(wanted)
        wanted = metrics_sets[wanted]()
    metrics = metrics_of(wanted)
    own = ScriptMetrics([metric for metric in metrics if any(hasattr(metric, hook) for hook in HOOKS)], context)
    return [own, *(metric for metric in metrics if isinstance(metric, ClassicRiskReport))], own


def in_floats(value: Any) -> Any:
    """Decimals of a report as floats."""
    if isinstance(value, dict):
        return {key: in_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [in_floats(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value
