"""The metrics of which Zipline's sets are made. A script may put them into sets of its own, or build on them.

Each has some of the hooks start_of_simulation, start_of_session, end_of_bar, end_of_session and end_of_simulation, and
writes into the packet it is given. Scripts are told of the end of sessions alone, as by Zipline's run_algorithm:
`end_of_bar` is never called.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rustybt.metrics import (
    ClassicRiskReport,
    DailyLedgerField,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
)
from rustybt.zipline.finance.metrics import _statistics

__all__ = [
    "PNL",
    "AlphaBeta",
    "BenchmarkReturnsAndVolatility",
    "CashFlow",
    "DailyLedgerField",
    "MaxLeverage",
    "NumTradingDays",
    "Orders",
    "PeriodLabel",
    "Positions",
    "Returns",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "Transactions",
]

RISK = "cumulative_risk_metrics"


def _or_none(value: Any) -> Any:
    return None if np.isnan(value) else value


class Returns:
    """The session's return, and that of the run so far."""

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `returns` and `algorithm_period_return`."""
        packet["daily_perf"]["returns"] = ledger.todays_returns
        so_far = ledger.portfolio.returns
        packet["cumulative_perf"]["returns"] = packet[RISK]["algorithm_period_return"] = so_far


class BenchmarkReturnsAndVolatility:
    """The benchmark's return so far, and its volatility a year."""

    def start_of_simulation(self, _ledger: Any, _rate: str, _calendar: Any, sessions: Any, benchmark: Any) -> None:
        """Computes both for all sessions."""
        returns = benchmark.daily_returns(sessions[0], sessions[-1])
        self._so_far = np.cumprod(1 + returns.values) - 1
        self._volatility = (returns.expanding(2).std(ddof=1) * np.sqrt(_statistics.YEAR)).values

    def end_of_session(self, packet: Any, _ledger: Any, _session: Any, session_ix: int, _data_portal: Any) -> None:
        """Writes `benchmark_period_return` and `benchmark_volatility`."""
        packet[RISK]["benchmark_period_return"] = _or_none(self._so_far[session_ix])
        packet[RISK]["benchmark_volatility"] = _or_none(self._volatility[session_ix])


class PNL:
    """Profit and loss of the session, and of the run so far."""

    def start_of_simulation(self, *_: Any) -> None:
        """Nothing yet."""
        self._before = 0.0

    def start_of_session(self, ledger: Any, _session: Any, _data_portal: Any) -> None:
        """Remembers what there was when the session began, its dividends paid."""
        self._before = ledger.portfolio.pnl

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `pnl`."""
        so_far = ledger.portfolio.pnl
        packet["daily_perf"]["pnl"] = so_far - self._before
        packet["cumulative_perf"]["pnl"] = so_far


class CashFlow:
    """What came and went in cash, by the name that Zipline has for it."""

    def start_of_simulation(self, *_: Any) -> None:
        """Nothing yet."""
        self._before = 0.0

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `capital_used`."""
        so_far = ledger.portfolio.cash_flow
        packet["daily_perf"]["capital_used"] = so_far - self._before
        packet["cumulative_perf"]["capital_used"] = so_far
        self._before = so_far


class Orders:
    """The orders that changed in the session."""

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `orders`, a list of dicts."""
        packet["daily_perf"]["orders"] = ledger.orders()


class Transactions:
    """The fills of the session."""

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `transactions`, a list of dicts."""
        packet["daily_perf"]["transactions"] = ledger.transactions()


class Positions:
    """What is held at the session's end."""

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `positions`, a list of dicts."""
        packet["daily_perf"]["positions"] = ledger.positions


class AlphaBeta:
    """Alpha and beta of the run so far, against its benchmark."""

    def start_of_simulation(self, _ledger: Any, _rate: str, _calendar: Any, sessions: Any, benchmark: Any) -> None:
        """Takes the benchmark's returns."""
        self._benchmark = benchmark.daily_returns(sessions[0], sessions[-1]).values

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, session_ix: int, _data_portal: Any) -> None:
        """Writes `alpha` and `beta`; None where they have no meaning."""
        known = session_ix + 1
        alpha, beta = _statistics.alpha_beta(ledger.daily_returns_array[:known], self._benchmark[:known])
        packet[RISK]["alpha"] = alpha if math.isfinite(alpha) else None
        packet[RISK]["beta"] = _or_none(beta)


class MaxLeverage:
    """The largest leverage at a session's end so far."""

    def start_of_simulation(self, *_: Any) -> None:
        """None yet."""
        self._largest = 0.0

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes `max_leverage`."""
        self._largest = max(self._largest, ledger.account.leverage)
        packet[RISK]["max_leverage"] = self._largest


class NumTradingDays:
    """How many sessions there were so far."""

    def start_of_simulation(self, *_: Any) -> None:
        """None yet."""
        self._sessions = 0

    def start_of_session(self, *_: Any) -> None:
        """One more."""
        self._sessions += 1

    def end_of_session(self, packet: Any, *_: Any) -> None:
        """Writes `trading_days`."""
        packet[RISK]["trading_days"] = self._sessions


class PeriodLabel:
    """The month of the session, like "2016-05"."""

    def start_of_session(self, _ledger: Any, session: Any, _data_portal: Any) -> None:
        """Takes the month."""
        self._label = session.strftime("%Y-%m")

    def end_of_session(self, packet: Any, *_: Any) -> None:
        """Writes `period_label`."""
        packet[RISK]["period_label"] = self._label


class _ConstantCumulativeRiskMetric:
    """A value that never changes."""

    def __init__(self, field: str, value: Any) -> None:
        self._field = field
        self._value = value

    def end_of_session(self, packet: Any, *_: Any) -> None:
        """Writes it."""
        packet[RISK][self._field] = self._value


_ClassicRiskMetrics = ClassicRiskReport
"""The risk report over 1, 3, 6 and 12 months; it is made of the run's own figures."""
