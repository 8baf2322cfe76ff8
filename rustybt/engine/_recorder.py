"""What a run leaves behind, gathered as integers while it goes; `_run_frames` makes frames of it at its end."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt._kernels import Rows
from rustybt.core import RATIO_SCALE, div_half_even
from rustybt.engine._benchmark import Benchmark
from rustybt.ledger import Ledger
from rustybt.strategy import Desk

ONE = 10**RATIO_SCALE


class Recorder:
    """Rows of a run. The engine tells it when a session opens and closes, and what was filled."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk = desk
        self._ledger = ledger
        self.daily: list[tuple[Any, ...]] = []
        # slot, quantity and total cost of what was held from a session's close on, until the next one; and that
        # session, with the number of rows up to its last one: as long as the ledger has no new entry, nothing but the
        # marks has changed, and those are in the lanes
        self.holdings = Rows("nww")
        self.holdings_from: list[tuple[int, int]] = []
        self.last_bars: list[int] = []
        self._entries_seen = 0
        # the cash of each currency at each close, in a run of several
        self.cash: list[dict[str, int]] = []
        self.recorded: list[dict[str, Any]] = []
        self.benchmark: Benchmark | None = None
        self._previous = (desk.capital, desk.capital, 0, 0)
        self._opening = self._previous
        # what returns are taken on since capital came or went within the session, what they were before, how much came
        self._within: tuple[int, Fraction, int] | None = None
        # session, stamp, order number (None for a position that was closed out), slot, quantity, price, fee
        self.transactions = Rows("nnnnwww")

    def open_session(self) -> None:
        """Remembers what the session starts from: value, cash, value and exposure of the positions."""
        self._opening = self._previous

    def after_dividends(self, paid: int, in_shares: int) -> None:
        """Zipline's way: what a dividend pays, in cash and in shares, belongs to the start of its day."""
        value, cash, positions, exposure = self._opening
        self._opening = (value + paid + in_shares, cash + paid, positions + in_shares, exposure + in_shares)

    def capital_overnight(self, amount: int) -> None:
        """Capital that came or went before a session belongs to what it starts from."""
        value, cash, positions, exposure = self._previous
        self._previous = (value + amount, cash + amount, positions, exposure)

    def capital_within(self, value: int, amount: int) -> None:
        """Capital came or went within the session, when the portfolio was worth `value`."""
        base, grown, added = self._within or (self._previous[0], Fraction(1), 0)
        self._within = (value + amount, grown * Fraction(value, base) if base else Fraction(0), added + amount)

    def close_session(self, session: int) -> None:
        """Takes the day's row at its last bar."""
        books = self._desk.books
        long_value, short_value, longs, shorts = books.long_and_short()
        # without a future the one is the other
        settles = books.unsettled()
        long_exposure, short_exposure = books.long_and_short_exposure() if settles else (long_value, short_value)
        positions, exposure = long_value + short_value, long_exposure + short_exposure
        cash = books.cash
        value = cash + positions
        before_cash = self._previous[1]
        start_value, start_cash, start_positions, start_exposure = self._opening
        gross = div_half_even((long_exposure - short_exposure) * ONE, value) if value else None
        net = div_half_even(exposure * ONE, value) if value else None
        returns = self._return_at(value)
        added = 0 if self._within is None else self._within[2]
        self._within = None
        self.daily.append(
            (
                session,
                (
                    value,
                    value - start_value - added,
                    cash - before_cash - added,
                    start_cash,
                    cash,
                    start_positions,
                    positions,
                    start_exposure,
                    exposure,
                    long_value,
                    short_value,
                    long_exposure,
                    short_exposure,
                ),
                (returns, gross, net),
                longs,
                shorts,
            )
        )
        self._previous = (value, cash, positions, exposure)
        self.last_bars.append(self._desk.market.bar)
        entries = len(self._ledger.rows)
        if entries != self._entries_seen:
            self._entries_seen = entries
            books.write_positions(self.holdings)
            self.holdings_from.append((session, len(self.holdings)))
        if self._desk.exchange is not None:
            self.cash.append({currency: books.cash_of(currency) for currency in books.currencies()})
        if self._desk.recorded:
            self.recorded.append({"session": session, **self._desk.recorded})

    def _return_at(self, value: int) -> int:
        """The session's return where the portfolio is worth `value`."""
        if self._within is None:
            before = self._previous[0]
            return div_half_even((value - before) * ONE, before) if before else 0
        base, grown, _ = self._within
        linked = (grown * value / base - 1) * ONE if base else Fraction(0)
        return div_half_even(linked.numerator, linked.denominator)

    def returns_of(self, session: int) -> int:
        """The return of a session, so far where it is not over, at scale 18."""
        if session < len(self.daily):
            return int(self.daily[session][2][0])
        return self._return_at(self._desk.value())

    def sessions(self, sessions: Sequence[int] | npt.NDArray[np.int64]) -> pl.Series:
        """The dates of sessions of the run."""
        axis = self._desk.market.axis
        days = axis.calendar.days[axis.first_session : axis.first_session + axis.sessions]
        return pl.Series("session", days[np.array(sessions, dtype=np.int64)].astype(np.int32)).cast(pl.Date)
