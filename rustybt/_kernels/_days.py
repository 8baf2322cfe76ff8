"""The row of each day: what a session began with, what its close came to, and what lies between."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rustybt.core import RATIO_SCALE, Rows, div_half_even

ONE = 10**RATIO_SCALE
RETURNS = 14


type Four = tuple[int, int, int, int]
type DaysState = tuple[Four, Four, Four | None]


class Days:
    """The rows of the days of a run, and what the next is reckoned from.

    rows: session, then value, profit, what was spent (below zero) or came in, cash before and after, value of the
    positions before and after, their exposure before and after, value of the long and of the short ones, exposure of
    both; the return, gross and net leverage at scale 18, leverage None where the portfolio is worth nothing; how many
    are long, and short.
    ruined: whether the account was worth less than nothing at some close, or had lost all that it had.
    """

    __slots__ = ("_opening", "_previous", "_within", "rows", "ruined")

    def __init__(self, capital: int) -> None:
        self.rows = Rows("nwwwwwwwwwwwwwwwwnn")
        self.ruined = False
        self._previous = (capital, capital, 0, 0)
        self._opening = self._previous
        # what returns are taken on since capital came or went within the session, what they were before, how much came
        self._within: tuple[int, Fraction, int] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def open(self) -> None:
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

    def take(self, session: int, books: Any) -> None:
        """Takes the day's row at its last bar."""
        long_value, short_value, longs, shorts = books.long_and_short()
        # without a future the one is the other
        unsettled = books.unsettled()
        long_exposure, short_exposure = books.long_and_short_exposure() if unsettled else (long_value, short_value)
        positions, exposure = long_value + short_value, long_exposure + short_exposure
        cash = books.cash()
        value = cash + positions
        before_cash = self._previous[1]
        start_value, start_cash, start_positions, start_exposure = self._opening
        gross = div_half_even((long_exposure - short_exposure) * ONE, value) if value else None
        net = div_half_even(exposure * ONE, value) if value else None
        returns = self.return_so_far(value)
        added = 0 if self._within is None else self._within[2]
        self._within = None
        self.ruined = self.ruined or value < 0 or returns <= -ONE
        self.rows.add(
            (
                session,
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
                returns,
                gross,
                net,
                longs,
                shorts,
            )
        )
        self._previous = (value, cash, positions, exposure)

    def state(self) -> DaysState:
        """What the next row is reckoned from, as plain values: what the session before ended with and this one began
        with, and what came within it. The rows are in `rows`."""
        within = self._within
        if within is None:
            return self._previous, self._opening, None
        base, grown, added = within
        return self._previous, self._opening, (base, grown.numerator, grown.denominator, added)

    def restore(self, state: DaysState) -> None:
        """Goes on from what `state` gave."""
        self._previous, self._opening, within = state
        if within is None:
            self._within = None
        else:
            base, numerator, denominator, added = within
            self._within = base, Fraction(numerator, denominator), added

    def return_so_far(self, value: int) -> int:
        """The session's return where the portfolio is worth `value`, at scale 18."""
        if self._within is None:
            before = self._previous[0]
            return div_half_even((value - before) * ONE, before) if before else 0
        base, grown, _ = self._within
        linked = (grown * value / base - 1) * ONE if base else Fraction(0)
        return div_half_even(linked.numerator, linked.denominator)

    def return_of(self, session: int) -> int:
        """The return of a session whose row was taken, at scale 18."""
        if not 0 <= session < len(self.rows):
            raise IndexError(f"there is no session {session}")
        return int(next(self.rows.since(session))[RETURNS])
