"""The moments of a run, and the order of what happens at each."""

from __future__ import annotations

import datetime as dt
import enum
from typing import NamedTuple

from rustybt.core._time import datetime_of


class Phase(enum.IntEnum):
    """The order of events, as data.

    OPEN: a session begins: capital that came overnight, dividends, splits, before_trading_start.
    Of a bar: CAPITAL, FUNDING: what is booked before it can be seen. MARKET: it is seen. CONVERT: currencies.
    BROKER: open orders. STRATEGY: handle_data. SCHEDULED: scheduled functions and events. TIMERS: what else is due
    at its very stamp; also a moment of its own between two bars. CLOSE: the end of the bar, or of the session.
    """

    OPEN = 0
    CAPITAL = 1
    FUNDING = 2
    MARKET = 3
    CONVERT = 4
    BROKER = 5
    STRATEGY = 6
    SCHEDULED = 7
    TIMERS = 8
    CLOSE = 9


class Moment(NamedTuple):
    """A point in time up to which everything is known: one step of a run.

    stamp: ns UTC. session: its place among the run's sessions. bar: the last bar that has closed, on the run's axis; 0
    is the one before the run. phase: OPEN, MARKET (a bar, all its phases), TIMERS (between two bars) or CLOSE (of the
    session).

    >>> Moment(1_720_036_800_000_000_000, 0, 1, Phase.MARKET).when.isoformat()
    '2024-07-03T20:00:00+00:00'
    """

    stamp: int
    session: int
    bar: int
    phase: Phase = Phase.MARKET

    @property
    def when(self) -> dt.datetime:
        """The moment, UTC, cut to microseconds."""
        return datetime_of(self.stamp)
