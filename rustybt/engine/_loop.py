"""The order of events, in one place. Backtest, paper and live trading share it.

Per session: capital comes or goes → dividends are earned and paid → splits on open orders, then on positions →
before_trading_start.
Per bar: capital comes or goes → perpetuals pay funding on what was held → the clock moves → currencies are converted →
the broker works the open orders → the ledger books fills, then fees → handle_data, then scheduled functions in the
order of their registration. Orders placed there are eligible from the next bar.
Per session end: delisted and expired assets are closed out → the cancel policy → account controls → futures are
settled → the day's row is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from rustybt.core import Cause, day_of, rescale_exact
from rustybt.engine._actions import CorporateActions
from rustybt.engine._capital import CapitalChanges, check_change
from rustybt.engine._closing import apply_cancel_policy, check_account
from rustybt.engine._compat import Compat
from rustybt.engine._fills import book
from rustybt.engine._floor import floor_of
from rustybt.engine._funding import FundingPayments
from rustybt.engine._hooks import Hooks
from rustybt.engine._own_copies import OwnCopies
from rustybt.engine._recorder import Recorder
from rustybt.engine._timetable import Timetable, due
from rustybt.engine._within import WithinPeriods
from rustybt.execution import SimulatedBroker, work_rest
from rustybt.ledger import Ledger
from rustybt.strategy import Desk, Schedule, TimeRule, check_names, date_rules
from rustybt.view import Instrument, adjusted, restated

type Callback = Callable[[Any, Any], Any]
NEVER = 2**62


class Loop:
    """One run: moves the moment, and calls whoever has something to do then."""

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        broker: SimulatedBroker,
        actions: CorporateActions,
        recorder: Recorder,
        compat: Compat,
        context: Any,
        before_trading_start: Callback | None,
        handle_data: Callback | None,
        capital: CapitalChanges,
        funding: FundingPayments,
        copies: OwnCopies,
    ) -> None:
        self.desk = desk
        self.capital = capital
        self.funding = funding
        self.ledger = ledger
        self.broker = broker
        self.actions = actions
        self.recorder = recorder
        self.compat = compat
        self.context = context
        self.before_trading_start = before_trading_start
        self.handle_data = handle_data
        self.hooks: Hooks | None = None
        self.copies = copies
        self.closed = 0
        self.complete = False
        # asked after each session, where a run may end before its last one
        self.ends: Callable[[int], bool] | None = None
        self.floor = floor_of(broker, desk.blotter.intake, ledger, recorder)
        # what happens within a week or month, where the run's sessions are those
        self.within = None if desk.market.axis.steps is None else WithinPeriods(desk.market)
        self.timetable = Timetable(desk.market.axis, compat)
        # what an asset brings may fall due with the next bar
        desk.market.on_load(desk.news.append)
        self.bars_run = 0
        # of how many assets, and the day
        self._first_close_of = (0, NEVER)

    def run(self, on_session: Callable[[int], None] | None) -> None:
        """Runs all sessions. on_session: told how many are done after each."""
        if self.hooks is not None:
            self.hooks.start_of_simulation()
        for session in range(self.desk.market.axis.sessions):
            self._open_session(session)
            self._run_bars(session)
            self._close_session(session)
            if not session:
                check_names(self.context)
            if on_session is not None:
                on_session(session + 1)
            if self.ends is not None and self.ends(session):
                break
        self.complete = True
        if self.hooks is not None:
            self.hooks.end_of_simulation()
        self.desk.phase = "done"

    def _open_session(self, session: int) -> None:
        desk, market = self.desk, self.desk.market
        axis = market.axis
        market.session = session
        market.hook = True
        market.bar = axis.starts[session] - 1
        desk.books.seek(market.bar)
        desk.phase = "before"
        stamp = axis.opens[session]
        change = self.capital.overnight.get(session)
        if change is not None:
            amount = change.delta(desk.value())
            self.recorder.days.capital_overnight(amount)
            self.change_capital(stamp, amount, change.kind)
        self.recorder.days.open()
        # shares that are paid are worth what the last row was taken at, whatever traded after its hours
        last_row = axis.run_of(session - 1)[1] - 1 if session else market.bar
        if last_row != market.bar:
            desk.books.seek(last_row)
        step = axis.opening(session)
        paid = self.actions.dividends(step, stamp, self.ledger)
        if last_row != market.bar:
            desk.books.seek(market.bar)
        if self.compat.pnl_without_dividends:
            self.recorder.days.after_dividends(*paid)
        if self.hooks is not None:
            self.hooks.start_of_session(session)
        self.split(step, stamp)
        if self.before_trading_start is not None:
            self._show_what_is_known(session)
            self.before_trading_start(self.context, desk.data)
            desk.books.clear_overrides()

    def split(self, step: int, stamp: int) -> None:
        """Applies the splits that take effect with a session: to open orders, to what is held, to shares owed."""
        books, cents = self.desk.books, self.compat.split_in_cents
        splits = self.actions.splits(step)
        for listing, split in splits:
            self.desk.blotter.split(
                listing.slot,
                stamp,
                split.numerator,
                split.denominator,
                _tick(listing, cents),
                zipline=self.compat.split_of_orders,
            )
            self.ledger.split(stamp, listing, split.numerator, split.denominator, cents)
            self.actions.restate_owed(listing, split.numerator, split.denominator)
            # what a second split of the session leaves over is paid at the mark between the two
            ratio = Fraction(split.numerator, split.denominator)
            books.override_mark(listing.slot, adjusted(books.mark(listing.slot), ratio, 1))
        if splits:
            books.clear_overrides()

    def _show_what_is_known(self, session: int) -> None:
        """Before the bars: the session before, restated; or what bars there were where markets opened long before."""
        desk, market = self.desk, self.desk.market
        visible = market.axis.hook_bar(session)
        if visible < market.axis.starts[session]:
            self._mark_overnight(session)
        else:
            market.hook = False
            market.bar = visible
            desk.books.seek(visible)

    def change_capital(self, stamp: int, amount: int, reason: str) -> None:
        """Books capital that comes or goes. Raises InputError where more goes than there is."""
        value = self.desk.value()
        check_change(value, amount, stamp)
        self.desk.funding.change(value, amount)
        self.ledger.change_capital(stamp, amount, reason)

    def _change_within(self, session: int, bar: int) -> None:
        """Capital changes with a minute bar; what is held is worth what it was before it."""
        desk, change = self.desk, self.capital.at_bars[bar]
        desk.market.bar = bar - 1
        desk.books.seek(bar - 1)
        if bar == desk.market.axis.starts[session]:
            desk.market.hook = True
            self._mark_overnight(session)
            desk.market.hook = False
        value = desk.value()
        amount = change.delta(value)
        self.recorder.days.capital_within(value, amount)
        self.change_capital(int(desk.market.axis.stamps[bar]), amount, change.kind)
        desk.books.clear_overrides()

    def _mark_overnight(self, session: int) -> None:
        """Until the first bar, what is held is marked at the last price, restated by the session's actions."""
        desk = self.desk
        step = desk.market.axis.opening(session)
        for slot in desk.books.held():
            listing = desk.listing_of_slot[slot]
            mark = desk.books.mark(slot)
            if self.compat.price_of_last_trade and not desk.market.axis.daily:
                known = listing.price_of_last_trade(desk.market.bar, desk.market.now_key()) or mark
            else:
                known, _ = restated(listing, mark, listing.fill_scale, step)
            if known != mark:
                desk.books.override_mark(slot, known)

    def _run_bars(self, session: int) -> None:
        desk, market = self.desk, self.desk.market
        axis, books, data, context = market.axis, desk.books, desk.data, self.context
        handle_data, work = self.handle_data, self._work if self.within is None else self._work_period
        open_orders: Any = desk.blotter.waiting
        if desk.exchange is not None:
            open_orders, work = desk.exchange.with_orders(open_orders), self._convert_and_work
        market.hook = False
        desk.phase = "bar"
        every, at_bar = self._planned(session)
        seek, times = books.seek, axis.times
        first, end = axis.run_of(session)
        self.bars_run += end - first
        # per bar nothing is asked that can't have changed: what could have is news
        news = desk.news
        planned, moving = bool(every or at_bar), self._moves_money()
        # the books need to know the bar where something is held; nothing comes to be held but by the work on orders
        held = books.held
        marked = desk.exchange is not None or bool(held() or books.unsettled()) or self.within is not None
        for bar in range(first, end):
            if moving:
                self._move_money(session, bar)
            market.bar = bar
            if marked:
                seek(bar)
            if open_orders:
                if not marked:
                    seek(bar)
                work(session, bar, times[bar])
                marked = marked or bool(held())
            if handle_data is not None:
                handle_data(context, data)
            if news:
                every, at_bar = self._planned(session)
                planned, moving = bool(every or at_bar), self._moves_money()
            if planned:
                for schedule in due(every, at_bar, bar):
                    schedule.function(context, data)

    def _moves_money(self) -> bool:
        """Whether something may have to be booked before a bar: capital, funding, what happens within a week."""
        return bool(self.capital.at_bars or self.funding.at_bars) or self.within is not None

    def _move_money(self, session: int, bar: int) -> None:
        """What comes, goes and is paid with a bar, before it can be seen."""
        if self.within is not None:
            self.within.pass_through(self, session, bar)
            return
        if bar in self.capital.at_bars:
            self._change_within(session, bar)
        if bar in self.funding.at_bars:
            self.funding.pay(session, bar, self.ledger, self.desk.books)

    def _work(self, session: int, bar: int, stamp: int) -> None:
        if self.floor is not None and self.floor.work(bar, stamp, session):
            return
        reports = self.broker.work(bar, stamp)
        if reports:
            book(self.ledger, self.recorder, session, stamp, reports)

    def _convert_and_work(self, session: int, bar: int, stamp: int) -> None:
        self.desk.exchange.work(bar, stamp, self.ledger)
        self._work_period(session, bar, stamp)

    def _work_period(self, session: int, bar: int, stamp: int) -> None:
        """The bar of a week or month: what was tried at its open is not tried again."""
        if self.within is None or not self.within.begun:
            self._work(session, bar, stamp)
        else:
            reports = work_rest(self.broker, bar, stamp, self.within.begun)
            book(self.ledger, self.recorder, session, stamp, reports)

    def _planned(self, session: int) -> tuple[list[Schedule], dict[int, list[Schedule]]]:
        """What is scheduled for a session: with every bar, and by bar."""
        if self.desk.news:
            self.desk.news.clear()
            self.timetable.add(self.desk.schedules)
        every, at_bar = self.timetable.of(session)
        if self.hooks is not None and self.hooks.by_bar:
            last = len(self.desk.schedules)
            every.append(Schedule(last, self.hooks.end_of_bar, date_rules.every_day(), TimeRule("every"), True))
        return every, at_bar

    def _close_session(self, session: int) -> None:
        desk, market = self.desk, self.desk.market
        axis = market.axis
        stamp = axis.run_closes[session]
        self.close_out(session, axis.days[session], stamp)
        apply_cancel_policy(desk, stamp)
        if desk.account_controls:
            check_account(desk, self.context, stamp)
        self.ledger.settle(stamp)
        self.recorder.close_session(session)
        self.closed = session + 1
        if self.hooks is not None:
            self.hooks.end_of_session(session)

    def close_out(self, session: int, day: int, stamp: int) -> None:
        """Closes out what is held of assets that are delisted or expired by a day, and cancels their orders."""
        desk = self.desk
        for slot in self.closing(day):
            listing = desk.listing_of_slot[slot]
            done = self.ledger.auto_close(stamp, listing, "expired" if listing.is_future else "delisted")
            if done is not None:
                self.recorder.transactions.add((session, stamp, None, slot, *done, 0))
            told = f"{listing.asset.symbol} was closed out on {listing.asset.auto_close_date}"
            desk.blotter.cancel_all(slot, stamp, Cause.CLOSED_OUT, told)

    def closing(self, day: int) -> list[int]:
        """The slots that are held or have orders, and are to be closed out by a day."""
        if day < self._first_close():
            return []
        dates = [(slot, self.desk.listing_of_slot[slot].asset.auto_close_date) for slot in self._touched()]
        return [slot for slot, closes in dates if closes is not None and day_of(closes) <= day]

    def _first_close(self) -> int:
        """The first day on which an asset of the run is closed out."""
        listings = self.desk.listing_of_slot
        if self._first_close_of[0] != len(listings):
            dates = [listing.asset.auto_close_date for listing in listings]
            first = min([day_of(date) for date in dates if date is not None], default=NEVER)
            self._first_close_of = len(listings), first
        return self._first_close_of[1]

    def _touched(self) -> list[int]:
        """The slots that are held or have open orders."""
        return list(dict.fromkeys([*self.desk.books.held(), *self.desk.blotter.open]))


def _tick(listing: Instrument, cents: bool) -> tuple[int, int]:
    """The grid of limits as a fraction of the fill scale's unit: the asset's tick, or whole cents."""
    value, scale = (1, 2) if cents else listing.tick
    if scale <= listing.fill_scale:
        return rescale_exact(value, scale, listing.fill_scale), 1
    return value, 10 ** (scale - listing.fill_scale)
