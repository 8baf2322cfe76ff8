"""What a run leaves behind, gathered as integers while it goes; `_run_rows` takes it at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from rustybt.core import CostKind, Priced, Rows, series_of
from rustybt.engine._benchmark import Benchmark
from rustybt.engine._state import RunState
from rustybt.execution import AmbiguousBar
from rustybt.ledger import Ledger


class Recorder:
    """Rows of a run. The engine tells it when a session closes and what was filled, its `days` the rest."""

    def __init__(self, run: RunState, ledger: Ledger) -> None:
        self._run = run
        self._ledger = ledger
        self.days = run.kernel.days(run.account.capital)
        # slot, quantity and total cost of what was held from a session's close on, until the next one; and that
        # session, with the number of rows up to its last one: as long as the ledger has no new entry, nothing but the
        # marks has changed, and those are in the series of closes
        self.holdings = run.kernel.rows("nww")
        self.holdings_from: list[tuple[int, int]] = []
        self.last_bars: list[int] = []
        self._entries_seen = 0
        # the cash of each currency at each close, in a run of several
        self.cash: list[dict[str, int]] = []
        self.recorded: list[dict[str, Any]] = []
        # bars that did not say in which order their prices came, where that mattered to orders
        self.ambiguous: list[AmbiguousBar] = []
        self.benchmark: Benchmark | None = None
        # session, stamp, order number (None for a position that was closed out), slot, quantity, price, fee
        self.transactions = run.kernel.rows("nnnnwww")
        # by row of transactions, what the prices of fills are measured against that are not measured against the
        # price that the bar offers to all
        self.priced: dict[int, Priced] = {}

    def close_session(self, session: int) -> None:
        """Takes the day's row at its last bar."""
        books = self._run.books
        self.days.take(session, books)
        self.last_bars.append(self._run.market.bar)
        entries = len(self._ledger.rows)
        if entries != self._entries_seen:
            self._entries_seen = entries
            books.write_positions(self.holdings)
            self.holdings_from.append((session, len(self.holdings)))
        if self._run.converter is not None:
            currencies = [currency for _, currency in books.pockets()]
            self.cash.append({currencies[pocket]: books.cash(pocket) for pocket in books.used()})
        if self._run.recorded:
            self.recorded.append({"session": session, **self._run.recorded})

    @property
    def _rows(self) -> tuple[Rows, Rows, Rows]:
        return self.days.rows, self.holdings, self.transactions

    def state(self, *, whole: bool = True) -> dict[str, Any]:
        """What was gathered, as plain values; recorded values, which are the user's, are left out.

        whole: else without days, holdings, transactions and what their prices are made of.
        """
        benchmark = self.benchmark
        return {
            "days": self.days.state(),
            "rows": [list(rows) for rows in self._rows] if whole else [[], [], []],
            "holdings_from": list(self.holdings_from),
            "last_bars": list(self.last_bars),
            "entries_seen": self._entries_seen,
            "cash": [dict(cash) for cash in self.cash],
            "priced": [
                (row, priced.reference, [(kind.value, part) for kind, part in priced.parts])
                for row, priced in self.priced.items()
            ]
            if whole
            else [],
            "ambiguous": [tuple(one) for one in self.ambiguous],
            "benchmark": None if benchmark is None else (benchmark.name, list(benchmark.returns)),
        }

    def restore(self, state: dict[str, Any], of: Recorder | None = None) -> None:
        """Takes over what `state` gave. of: the recorder that gave it, of a run on the same kernel, to copy from."""
        self.days.restore(state["days"])
        for place, (rows, saved) in enumerate(zip(self._rows, state["rows"], strict=True)):
            if of is not None:
                rows.take(of._rows[place])
            for row in saved:
                rows.add(tuple(row))
        self.holdings_from = list(state["holdings_from"])
        self.last_bars = list(state["last_bars"])
        self._entries_seen = state["entries_seen"]
        self.cash = list(state["cash"])
        self.priced = {
            row: Priced(reference, tuple([(CostKind(kind), part) for kind, part in parts]))
            for row, reference, parts in state["priced"]
        }
        if of is not None:
            self.priced |= of.priced
        self.ambiguous[:] = [AmbiguousBar(*one) for one in state["ambiguous"]]
        self.benchmark = None if state["benchmark"] is None else Benchmark(*state["benchmark"])

    def returns_of(self, session: int) -> int:
        """The return of a session, so far where it is not over, at scale 18."""
        if session < len(self.days):
            return self.days.return_of(session)
        return self.days.return_so_far(self._run.account.equity())

    def sessions(self, count: int) -> pl.Series:
        """The dates of the first sessions of the run."""
        axis = self._run.market.axis
        days = axis.calendar.days[axis.first_session : axis.first_session + count]
        return series_of(days.astype(np.int32), "session").cast(pl.Date)
