"""The order of events, in one place, moment by moment.

Per session: the nights before it are charged → capital comes or goes → dividends are earned and paid → splits on open
orders, then on positions → before_trading_start.
Per bar: capital comes or goes → perpetuals pay funding on what was held → the clock moves → currencies are converted →
the broker works the open orders → the ledger books fills, then fees → handle_data, then scheduled functions and events
by priority, then in the order of their registration. Orders placed there are eligible from the next bar.
Per session end: delisted and expired assets are closed out → the cancel policy → account controls → futures are
settled → the day's row is taken.
"""

from __future__ import annotations

import functools
import heapq
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import starmap
from typing import TYPE_CHECKING, Any

from rustybt.core import Moment, Phase
from rustybt.engine._actions import CorporateActions
from rustybt.engine._agenda import NEVER, Agenda
from rustybt.engine._capital import CapitalChanges
from rustybt.engine._checked_broker import CheckedBroker
from rustybt.engine._closing import CloseOuts, apply_cancel_policy, check_account, end_with_positions
from rustybt.engine._compat import Compat
from rustybt.engine._cursor import Cursor
from rustybt.engine._direct import DirectExecution, direct_execution
from rustybt.engine._fills import book, take_reports
from rustybt.engine._funding import FundingPayments
from rustybt.engine._hooks import Hooks
from rustybt.engine._overnight import change_capital, change_within, mark_overnight, show_what_is_known, split
from rustybt.engine._own_copies import OwnCopies
from rustybt.engine._recorder import Recorder
from rustybt.engine._state import RunState
from rustybt.engine._teller import Teller
from rustybt.engine._timetable import Timetable
from rustybt.engine._unwatched import unwatched
from rustybt.engine._wire import refuse_latency, wire_between_bars, wire_of
from rustybt.engine._within import WithinPeriods
from rustybt.execution import Broker, SimulatedBroker
from rustybt.ledger import Ledger
from rustybt.orders import OrderGate
from rustybt.strategy import RunSettings

if TYPE_CHECKING:
    from rustybt.engine._carrying import CarryingCosts
    from rustybt.engine._supervision import Supervision

type Callback = Callable[[Any, Any], Any]

# read here once: to read a member of an enum takes ten times as long as to read a name
OPEN, MARKET, CLOSE, TIMERS = Phase.OPEN, Phase.MARKET, Phase.CLOSE, Phase.TIMERS


@dataclass(eq=False, repr=False)
class Loop:
    """One run: moves the moment, and calls whoever has something to do then.

    simulated: the simulated broker, which the run's own one may stand in front of. cursor: where it is. agenda: what
    falls due with which bar.
    on_session: told after each session how many are done. ends: asked then whether the run ends before its last one.
    tell: tells a strategy what happened to its orders; None where it does not ask.
    over: whether no moment is left. complete: whether the books were closed.
    """

    run: RunState
    gate: OrderGate
    settings: RunSettings
    ledger: Ledger
    simulated: SimulatedBroker
    actions: CorporateActions
    recorder: Recorder
    compat: Compat
    context: Any
    before_trading_start: Callback | None
    handle_data: Callback | None
    capital: CapitalChanges
    funding: FundingPayments
    copies: OwnCopies
    agenda: Agenda
    timetable: Timetable
    carrying: CarryingCosts | None
    cursor: Cursor = field(default_factory=Cursor, init=False)
    hooks: Hooks | None = field(default=None, init=False)
    tell: Teller | None = field(default=None, init=False)
    supervision: Supervision | None = field(default=None, init=False)
    over: bool = field(default=False, init=False)
    complete: bool = field(default=False, init=False)
    on_session: Callable[[int], None] | None = field(default=None, init=False)
    ends: Callable[[int], bool] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        run, agenda = self.run, self.agenda
        own = self.settings.broker_of(self.simulated)
        self.broker: Broker = self.simulated
        self.direct: DirectExecution | None = None
        if own is self.simulated:
            self.direct = direct_execution(run.kernel, own, run.book, self.ledger, self.recorder)
        else:
            refuse_latency(self.settings, own)
            self.broker = CheckedBroker(own, run.book)
            run.book.route(self.broker, self._drain)
        self.wire = wire_of(self)
        # what happens within a week or month, where the run's sessions are those
        self.within = None if run.market.axis.steps is None else WithinPeriods(run.market)
        if self.within is not None:
            agenda.every(Phase.CAPITAL, self.within.pass_through)
        for bar, change in self.capital.at_bars.items():
            agenda.at(bar, Phase.CAPITAL, functools.partial(change_within, change))
        self.closings = CloseOuts(run.account, run.book)
        self.expiring, self.reducing = run.book.expiring, run.book.reducing
        self.traded = -1

    def attach(self, hooks: Hooks | None) -> None:
        """Lets hooks of metrics be called."""
        self.hooks = hooks
        if hooks is not None and hooks.by_bar:
            self.agenda.every(CLOSE, hooks.end_of_bar)

    @property
    def closed(self) -> int:
        """How many sessions are closed."""
        return self.cursor.session

    @property
    def bars_run(self) -> int:
        """How many bars those had."""
        return sum(starmap(lambda first, end: end - first, self.run.market.axis.bars_of[: self.closed]))

    def upcoming(self) -> Moment:
        """The next moment."""
        axis, cursor = self.run.market.axis, self.cursor
        session, phase, bar = cursor.session, cursor.phase, cursor.bar
        if phase is OPEN:
            before = axis.run_closes[session - 1] if session else 0
            stamp, bar = max(axis.before_open_stamp(session), before), axis.before_open_bar(session)
        elif phase is MARKET:
            stamp = axis.times[bar]
        else:
            stamp, bar = axis.run_closes[session], bar - 1
        timers = self.agenda.timers
        if timers and (timers[0].stamp < stamp or (timers[0].stamp == stamp and phase is CLOSE)):
            return Moment(timers[0].stamp, session, self.run.market.bar, TIMERS)
        return Moment(stamp, session, bar, phase)

    @property
    def moment(self) -> Moment | None:
        """The last moment that was gone through, timers left out; None before the first one."""
        axis, cursor = self.run.market.axis, self.cursor
        session, bar = cursor.session, cursor.bar
        if cursor.phase is OPEN:
            return Moment(axis.run_closes[session - 1], session - 1, bar - 1, CLOSE) if session else None
        first, _ = axis.bars_of[session]
        if bar > first:
            return Moment(axis.times[bar - 1], session, bar - 1, MARKET)
        return Moment(axis.before_open_stamp(session), session, axis.before_open_bar(session), OPEN)

    def step(self) -> Moment | None:
        """Goes through the next moment, and returns it; None where the run is over."""
        if self.over:
            return None
        moment = self.upcoming()
        self._moment(moment)
        return moment

    def go(self, until: int = NEVER) -> None:
        """Goes through all moments up to one, ns UTC; it is included."""
        cursor, timers = self.cursor, self.agenda.timers
        while not self.over:
            if timers or until < NEVER:
                moment = self.upcoming()
                if moment.stamp > until:
                    return
                if moment.phase is TIMERS:
                    self._moment(moment)
                    continue
            if cursor.phase is OPEN:
                self._open_session(cursor.session)
                if timers or until < NEVER:
                    continue
            if cursor.phase is MARKET:
                self._run_bars(cursor.session, until)
            else:
                self._close_session(cursor.session)

    def _moment(self, moment: Moment) -> None:
        """What happens at a moment."""
        if moment.phase is OPEN:
            self._open_session(moment.session)
        elif moment.phase is MARKET:
            self.run.phase.phase = "bar"
            self._bar(moment.session, moment.bar)
            self._pass(moment.bar + 1)
        elif moment.phase is TIMERS:
            self._timer()
        else:
            self._close_session(moment.session)

    def _pass(self, bar: int) -> None:
        """The bars before this one are done."""
        self.cursor.bar = bar
        if bar == self.run.market.axis.bars_of[self.cursor.session][1]:
            self.cursor.phase = CLOSE

    def _end(self) -> None:
        self.over = self.complete = True
        if self.hooks is not None:
            self.hooks.end_of_simulation()
        self.run.phase.phase = "done"

    def _open_session(self, session: int) -> None:
        run, market = self.run, self.run.market
        axis = market.axis
        if self.hooks is not None and not session:
            self.hooks.start_of_simulation()
        market.session, market.before_open = session, True
        market.bar = axis.starts[session] - 1
        run.books.seek(market.bar)
        run.phase.phase, stamp = "before", axis.opens[session]
        if self.carrying is not None:
            self.carrying.over_night(self, session)
        change = self.capital.overnight.get(session)
        if change is not None:
            amount = change.delta(run.account.equity())
            self.recorder.days.capital_overnight(amount)
            change_capital(self, stamp, amount, change.kind)
        self.recorder.days.open()
        # shares that are paid are worth what the last row was taken at, whatever traded after its hours
        last_row = axis.bars_of[session - 1][1] - 1 if session else market.bar
        if last_row != market.bar:
            run.books.seek(last_row)
        step = session if axis.steps is None else axis.opening(session)
        paid = self.actions.dividends(step, stamp, self.ledger)
        if last_row != market.bar:
            run.books.seek(market.bar)
        if self.compat.pnl_without_dividends:
            self.recorder.days.after_dividends(*paid)
        if self.hooks is not None:
            self.hooks.start_of_session(session)
        split(self, step, stamp)
        self.timetable.events.begin(run.data)
        if self.before_trading_start is not None:
            show_what_is_known(self, session)
            self.before_trading_start(self.context, run.data)
            run.books.clear_overrides()
        market.before_open = False
        run.phase.phase = "opened"
        self.timetable.open(session)
        first, end = axis.bars_of[session]
        self.cursor.bar = first
        self.cursor.phase = MARKET if first < end else CLOSE

    def _run_bars(self, session: int, until: int) -> None:
        """The bars of a session from the cursor on, up to the next timer, or to a moment."""
        axis, agenda, cursor = self.run.market.axis, self.agenda, self.cursor
        self.run.phase.phase = "bar"
        bar, last = cursor.bar, axis.bars_of[session][1]
        end = last if until == NEVER else bisect_right(axis.times, until, bar, last)
        while bar < end:
            busy = agenda.next(bar, end)
            if agenda.timers and axis.times[bar] > agenda.timers[0].stamp:
                break
            if busy > bar:
                bar = self._quiet(session, bar, busy)
            else:
                self._bar(session, bar)
                bar += 1
        cursor.bar = bar
        if bar == last:
            cursor.phase = CLOSE

    def _quiet(self, session: int, first: int, busy: int) -> int:
        """The bars up to one with which something falls due. Returns the one after the last that was done: an earlier
        one where something was added to the agenda, or is due between bars."""
        run, market = self.run, self.run.market
        books, times, handle_data = run.books, market.axis.times, self.handle_data
        if handle_data is None:
            return unwatched(self, session, first, busy)
        data, context = run.data, self.context
        open_orders = self._open_orders()
        agenda, added = self.agenda, self.agenda.added
        if agenda.timers:
            busy = bisect_right(times, agenda.timers[0].stamp, first, busy)
        # the books need to know the bar where something is held; nothing comes to be held but by the work on orders.
        # To tell them of a single bar takes less than to ask
        marked = busy - first == 1 or run.converter is not None or bool(books.held() or books.unsettled())
        for market.bar in range(first, busy):
            if open_orders:
                bar = market.bar
                books.seek(bar)
                self._work(session, bar, times[bar])
                marked = marked or bool(books.held())
            elif marked:
                books.seek(market.bar)
            handle_data(context, data)
            if added:
                bar = market.bar
                for action in agenda.due(bar, seen=True):
                    action(context, data)
                return bar + 1
        return busy

    def _bar(self, session: int, bar: int) -> None:
        """All phases of a bar."""
        run, agenda, context = self.run, self.agenda, self.context
        data = run.data
        self.cursor.bar = bar
        for action in agenda.due(bar, seen=False):
            action(self)
        run.market.bar = bar
        run.books.seek(bar)
        if self._open_orders():
            self._work(session, bar, run.market.axis.times[bar])
        if self.handle_data is not None:
            self.handle_data(context, data)
        for action in agenda.due(bar, seen=True):
            action(context, data)

    def _timer(self) -> None:
        """What is due between two bars: seen as of the last one, at a time of its own."""
        run, market, cursor = self.run, self.run.market, self.cursor
        timer = heapq.heappop(self.agenda.timers)
        before = cursor.phase is MARKET and cursor.bar == market.axis.bars_of[cursor.session][0]
        phase = run.phase.phase
        market.now, run.phase.phase = timer.stamp, "timer"
        if before:
            # the session's corporate actions count, its bars don't yet
            market.before_open, run.phase.phase = True, "before"
            run.books.seek(market.bar)
            mark_overnight(self, cursor.session)
        wire, self.gate.wire = self.gate.wire, self.gate.wire or wire_between_bars(self)
        timer.action(self.context, run.data)
        if self.tell is not None:
            self.tell(self.context, run.data)
        self.gate.wire = wire
        market.now, market.before_open, run.phase.phase = 0, False, phase
        if before:
            run.books.clear_overrides()

    def _open_orders(self) -> Any:
        """What is true while an order or a conversion waits for a bar."""
        # another broker may report whatever is open here
        open_orders: Any = self.run.book.queues if self.broker is self.simulated else ("any",)
        converter = self.run.converter
        return open_orders if converter is None else converter.with_orders(open_orders)

    def _work(self, session: int, bar: int, stamp: int) -> None:
        """What conversions and open orders come to with a bar."""
        if self.run.converter is not None:
            self.run.converter.work(bar, stamp, self.ledger)
        if self.expiring and self.expiring[0][0] < stamp:
            self.run.book.expire(stamp)
        if self.reducing:
            end_with_positions(self, stamp)
        if self.simulated.transit.quiet > bar and self.simulated.transit.is_quiet(self.run.book):
            return
        if self.direct is None or self.simulated.begun or not self.direct.work(bar, stamp, session):
            self.fill(Moment(stamp, session, bar))
        if self.reducing:
            end_with_positions(self, stamp)

    def fill(self, moment: Moment) -> None:
        """Takes what the broker reports for a moment, and books its fills."""
        fills = take_reports(self.broker, self.run.book, moment)
        if fills:
            book(self.ledger, self.recorder, self.run.book, moment.session, fills)

    def _drain(self) -> None:
        """Takes what a broker reports at once of what it was just asked for."""
        market = self.run.market
        self.fill(Moment(market.axis.times[market.bar], market.session, market.bar))

    def _close_session(self, session: int) -> None:
        run, market = self.run, self.run.market
        axis, run.phase.phase = market.axis, "bar"
        stamp = axis.run_closes[session]
        self.closings.close_out(self, session, axis.days[session], stamp)
        if self.expiring:
            run.book.expire(stamp + 1)
        daily, spares = axis.daily, self.compat.daily_cancels_spare
        apply_cancel_policy(run.book, self.settings.cancel_policy, stamp, daily=daily, spares=spares)
        if self.settings.account_controls:
            check_account(run.account, self.settings.account_controls, self.gate, self.context, stamp)
        if self.supervision is not None:
            self.supervision.at_close(stamp)
        if self.tell is not None:
            self.tell(self.context, run.data)
        self.ledger.settle(stamp)
        self.recorder.close_session(session)
        self.timetable.close()
        self.cursor.session, self.cursor.phase = session + 1, OPEN
        if self.hooks is not None:
            self.hooks.end_of_session(session)
        if self.on_session is not None:
            self.on_session(session + 1)
        if (self.ends is not None and self.ends(session)) or session + 1 == axis.sessions:
            self._end()
