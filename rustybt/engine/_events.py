"""The events that a strategy asks for, on the agenda of its run: intervals, price levels, triggers of its own."""

from __future__ import annotations

import math
import weakref
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import Phase
from rustybt.engine._agenda import Agenda
from rustybt.strategy import Crossing, Interval, Occurrence, Threshold, Watch, side_of
from rustybt.view import Axis, BarData, Instrument, MarketView

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop

# read here once: to read a member of an enum takes ten times as long as to read a name
SCHEDULED: Final = Phase.SCHEDULED
ENDLESS: Final = 2**200
"""More than any price, as a scaled integer."""


class Events:
    """Places events on the agenda of a run, and looks with each bar whether a price that is waited for was reached."""

    __slots__ = ("__weakref__", "_agenda", "_axis", "_begun", "_intervals", "_levels", "_market", "_new")

    def __init__(self, market: MarketView, agenda: Agenda) -> None:
        self._market = market
        self._axis: Axis = market.axis
        self._agenda = agenda
        self._intervals: list[Tick] = []
        self._levels: Levels | None = None
        self._new: list[Coming] = []
        self._begun = False

    def add(self, event: Interval | Threshold | Watch | Occurrence | Crossing, session: int | None) -> None:
        """Takes in an event. session: the one that is under way; None between two."""
        if isinstance(event, Occurrence | Crossing):
            coming = Coming(event, self._agenda)
            if self._begun:
                coming.begin(self._market)
            else:
                self._new.append(coming)
        elif isinstance(event, Watch):
            self._agenda.every(SCHEDULED, event, priority=event.priority, number=event.index)
        elif isinstance(event, Threshold):
            if self._levels is None:
                self._levels = Levels()
                self._agenda.every(Phase.MARKET, self._levels.look)
            # in initialize nothing is loaded yet: all that is wanted by its end is loaded at once
            known = self._market.instruments.get(event.asset.sid)
            self._levels.add(event, self._market.instrument(event.asset) if self._begun else known)
        else:
            tick = Tick(event, weakref.WeakMethod(self._after))
            self._intervals.append(tick)
            if event.upcoming:
                self._due(tick)
            elif session is not None:
                self._place(tick, session, self._market.now or self._axis.times[self._market.bar])

    def open(self, session: int) -> None:
        """Places the intervals on the moments of a session of the run."""
        for tick in self._intervals:
            self._place(tick, session, 0)

    def begin(self, data: BarData) -> None:
        """Before a session's first bar: looks on which side of its level each price is that was not looked at yet."""
        self._begun = True
        for coming in self._new:
            coming.begin(self._market)
        self._new.clear()
        if self._levels is not None:
            self._levels.begin(self._market, data)

    def split(self, sid: int, ratio: Fraction) -> None:
        """Restates the levels of an asset after a split."""
        if self._levels is not None:
            self._levels.split(sid, ratio)

    def _place(self, tick: Tick, session: int, after: int) -> None:
        """An interval's first moment in a session that is later than one: not before its first bar."""
        axis, interval = self._axis, tick.interval
        first, end = axis.bars_of[session]
        interval.upcoming = 0
        if first == end or interval.over:
            return
        opened, step = axis.run_opens[session], interval.step_ns
        earliest = max(axis.times[first], after + 1)
        count = max(-((opened - earliest) // step), 1)
        self._from(tick, opened + count * step, session)

    def _from(self, tick: Tick, stamp: int, session: int) -> None:
        """The first moment from this one on that lies within the session, and not in its break."""
        axis, interval = self._axis, tick.interval
        hours = axis.break_of(session)
        if hours is not None and hours[0] < stamp <= hours[1]:
            stamp += -((stamp - hours[1] - 1) // interval.step_ns) * interval.step_ns
        if stamp <= axis.run_closes[session]:
            interval.upcoming = stamp
            self._due(tick)

    def _due(self, tick: Tick) -> None:
        interval = tick.interval
        self._agenda.when(interval.upcoming, SCHEDULED, tick, priority=interval.priority, number=interval.index)

    def _after(self, tick: Tick) -> None:
        """Places the moment that follows."""
        interval = tick.interval
        stamp, interval.upcoming = interval.upcoming, 0
        if not interval.over:
            self._from(tick, stamp + interval.step_ns, self._market.session)


class Tick:
    """What is due when an interval is over: its next moment is placed, then its function is called."""

    __slots__ = ("_after", "interval")

    def __init__(self, interval: Interval, after: weakref.WeakMethod[Callable[[Tick], None]]) -> None:
        self.interval = interval
        self._after = after

    def __call__(self, context: Any, data: Any) -> None:
        after = self._after()
        if after is not None:
            after(self)
        self.interval(context, data)


class Coming:
    """What is due at the bars of an occurrence: the next of them is placed, then the function is called."""

    __slots__ = ("_agenda", "_axis", "_bars", "_place", "_upward", "event")

    def __init__(self, event: Occurrence | Crossing, agenda: Agenda) -> None:
        self.event = event
        # nothing in an agenda may hold the loop; an agenda holds no loop
        self._agenda = weakref.ref(agenda)
        self._place = 0

    def begin(self, market: MarketView) -> None:
        """Places the first bar after the moment."""
        bars, upward = self.event.bars()
        self._axis, self._bars, self._upward = market.axis, memoryview(bars), memoryview(upward)
        self._place = bisect_right(self._bars, market.bar)
        self._next()

    def _next(self) -> None:
        agenda, bars, event = self._agenda(), self._bars, self.event
        while self._place < len(bars) and not self._axis.runs(bars[self._place]):
            self._place += 1
        if agenda is not None and self._place < len(bars) and not event.over:
            agenda.at(bars[self._place], SCHEDULED, self, priority=event.priority, number=event.index)

    def __call__(self, context: Any, data: Any) -> None:
        event, upward = self.event, bool(self._upward[self._place])
        if event.over:
            return
        event.over = event.once
        self._place += 1
        self._next()
        event.happen(context, data, upward)


class _Waiting:
    """The thresholds of an asset. low, high: between these, both included, a price passes none of their levels."""

    __slots__ = ("high", "instrument", "low", "prices", "scale", "thresholds")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        # the bars of the run are the same ones whatever is read of the time before it
        self.prices, self.scale = instrument.price, instrument.mark_scale
        self.thresholds: list[Threshold] = []
        self.low, self.high = 1, 0

    def bound(self) -> None:
        """Reckons the bounds anew."""
        self.thresholds = [one for one in self.thresholds if not one.over]
        self.low, self.high = -ENDLESS, ENDLESS
        for one in self.thresholds:
            level = one.level * 10**self.scale
            if one.side is None:
                self.low, self.high = 1, 0
                return
            if one.side >= 0:
                self.low = max(self.low, math.floor(level) + one.side)
            if one.side <= 0:
                self.high = min(self.high, math.ceil(level) + one.side)

    def passed(self, bar: int) -> list[Threshold]:
        """Those whose level the price of a bar came to."""
        if bar < self.instrument.first:
            return []
        price = self.prices[bar], self.scale
        sides = [(one, side_of(price, one.level)) for one in self.thresholds if not one.over]
        found = [one for one, side in sides if side is not None and one.passes(side)]
        self.bound()
        return found


class Levels:
    """The prices that a strategy waits for, by asset."""

    __slots__ = ("_by_sid", "_new", "_waiting")

    def __init__(self) -> None:
        self._by_sid: dict[int, _Waiting] = {}
        self._waiting: list[_Waiting] = []
        self._new: list[Threshold] = []

    def add(self, threshold: Threshold, instrument: Instrument | None) -> None:
        """Takes in a level. instrument: None before the first session, where nothing is loaded yet."""
        if instrument is None:
            self._new.append(threshold)
            return
        sid = threshold.asset.sid
        if sid not in self._by_sid:
            self._by_sid[sid] = _Waiting(instrument)
            self._waiting.append(self._by_sid[sid])
        self._by_sid[sid].thresholds.append(threshold)
        self._by_sid[sid].bound()

    def begin(self, market: MarketView, data: BarData) -> None:
        """Takes in those of `initialize`, and looks where the prices are that nobody looked at yet."""
        for threshold in self._new:
            self.add(threshold, market.instrument(threshold.asset))
        self._new.clear()
        for waiting in self._waiting:
            if waiting.low > waiting.high:
                price = data.exact_value(waiting.instrument, "price")
                for one in waiting.thresholds:
                    one.side = side_of(price, one.level) if one.side is None else one.side
                waiting.bound()

    def split(self, sid: int, ratio: Fraction) -> None:
        """Restates the levels of an asset; on which side of them its price is does not change."""
        waiting = self._by_sid.get(sid)
        if waiting is not None:
            for one in waiting.thresholds:
                one.level *= ratio
            waiting.bound()

    def look(self, loop: Loop) -> None:
        """Before a bar is seen: whose level its prices come to is due with it."""
        bar = loop.cursor.bar
        for waiting in self._waiting:
            if not waiting.low <= waiting.prices[bar] <= waiting.high:
                for one in waiting.passed(bar):
                    loop.agenda.at(bar, SCHEDULED, one, priority=one.priority, number=one.index)
