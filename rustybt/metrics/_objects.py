"""Metrics to put into a set: a field of the ledger, or a function of the returns so far."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any


class SimpleLedgerField:
    """A field of the ledger at each session's end, like "portfolio.cash" or "account.leverage".

    packet_field: the column's name; by default the last part of the field's.
    """

    _set_by_init = ("_read", "_name")

    def __init__(self, ledger_field: str, packet_field: str | None = None) -> None:
        self._read = attrgetter(ledger_field)
        self._name = ledger_field.rpartition(".")[2] if packet_field is None else packet_field

    def end_of_bar(self, packet: Any, ledger: Any, _dt: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes the field into the bar's packet."""
        packet["minute_perf"][self._name] = self._read(ledger)

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes the field into the session's packet."""
        packet["daily_perf"][self._name] = self._read(ledger)


class DailyLedgerField(SimpleLedgerField):
    """The same, in the packet's `cumulative_perf` too."""

    def end_of_bar(self, packet: Any, ledger: Any, dt: Any, session_ix: int, data_portal: Any) -> None:
        """Writes the field into the bar's packet."""
        super().end_of_bar(packet, ledger, dt, session_ix, data_portal)
        packet["cumulative_perf"][self._name] = packet["minute_perf"][self._name]

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        """Writes the field into the session's packet."""
        super().end_of_session(packet, ledger, session, session_ix, data_portal)
        packet["cumulative_perf"][self._name] = packet["daily_perf"][self._name]


class StartOfPeriodLedgerField(SimpleLedgerField):
    """A field of the ledger as it was when the session started, its dividends paid."""

    def __init__(self, ledger_field: str, packet_field: str | None = None) -> None:
        super().__init__(ledger_field, packet_field)
        self._first: Any = None
        self._kept: Any = None

    def start_of_simulation(self, ledger: Any, *_: Any) -> None:
        """Remembers the field at the start of the run."""
        self._first = self._kept = self._read(ledger)

    def start_of_session(self, ledger: Any, _session: Any, _data_portal: Any) -> None:
        """Remembers the field."""
        self._kept = self._read(ledger)

    def end_of_bar(self, packet: Any, ledger: Any, _dt: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes what was remembered."""
        packet["cumulative_perf"][self._name] = self._first
        packet["minute_perf"][self._name] = self._kept

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, _session_ix: int, _data_portal: Any) -> None:
        """Writes what was remembered."""
        packet["cumulative_perf"][self._name] = self._first
        packet["daily_perf"][self._name] = self._kept


class ReturnsStatistic:
    """A function of the returns so far, like those of empyrical: a NumPy array of floats in, a number out.

    field_name: the column's name; by default the function's. What is not finite becomes None. The function is called
    with all returns so far in every session, so its cost grows with the run; the default columns do not.
    """

    _set_by_init = ("_function", "_name")

    def __init__(self, function: Callable[[Any], Any], field_name: str | None = None) -> None:
        self._function = function
        self._name = function.__name__ if field_name is None else field_name

    def end_of_session(self, packet: Any, ledger: Any, _session: Any, session_ix: int, _data_portal: Any) -> None:
        """Writes the statistic."""
        value = self._function(ledger.daily_returns_array[: session_ix + 1])
        packet["cumulative_risk_metrics"][self._name] = value if value is not None and math.isfinite(value) else None

    end_of_bar = end_of_session
