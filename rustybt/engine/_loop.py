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

from rustybt.core import day_of, rescale_exact
from rustybt.engine._actions import CorporateActions
from rustybt.engine._capital import CapitalChanges, check_change
from rustybt.engine._closing import apply_cancel_policy, check_account
from rustybt.engine._compat import Compat
from rustybt.engine._floor import floor_of
from rustybt.engine._funding import FundingPayments
from rustybt.engine._hooks import Hooks
from rustybt.engine._recorder import Recorder
from rustybt.engine._timetable import Timetable, due
from rustybt.execution import SimulatedBroker
from rustybt.ledger import Ledger
from rustybt.strategy import Desk, Schedule, TimeRule, check_names, date_rules
from rustybt.view import Listing, adjusted

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
        # asked after each session, where a run may end before its last one
        self.ends: Callable[[int], bool] | None = None
        self.floor = floor_of(broker, ledger, recorder)
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
            self._change_capital(stamp, amount, change.kind)
        self.recorder.days.open()
        # shares that are paid are worth what the last row was taken at, whatever traded after its hours
        last_row = axis.run_of(session - 1)[1] - 1 if session else market.bar
        if last_row != market.bar:
            desk.books.seek(last_row)
        paid = self.actions.dividends(session, stamp, self.ledger)
        if last_row != market.bar:
            desk.books.seek(market.bar)
        if self.compat.pnl_without_dividends:
            self.recorder.days.after_dividends(*paid)
        if self.hooks is not None:
            self.hooks.start_of_session(session)
        splits = self.actions.splits(session)
        for listing, split in splits:
            cents = self.compat.split_in_cents
            tick = _tick(listing, cents)
            self.broker.blotter.split(
                listing.slot,
                stamp,
                split.numerator,
                split.denominator,
                tick,
                zipline=self.compat.split_of_orders,
            )
            self.ledger.split(stamp, listing, split.numerator, split.denominator, cents)
            # what a second split of the session leaves over is paid at the mark between the two
            ratio = Fraction(split.numerator, split.denominator)
            desk.books.override_mark(listing.slot, adjusted(desk.books.mark(listing.slot), ratio, 1))
        if splits:
            desk.books.clear_overrides()
        if self.before_trading_start is not None:
            self._show_what_is_known(session)
            self.before_trading_start(self.context, desk.data)
            desk.books.clear_overrides()

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

    def _change_capital(self, stamp: int, amount: int, reason: str) -> None:
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
        self._change_capital(int(desk.market.axis.stamps[bar]), amount, change.kind)
        desk.books.clear_overrides()

    def _mark_overnight(self, session: int) -> None:
        """Until the first bar, what is held is marked at the last price, restated by the session's actions."""
        desk = self.desk
        for slot in desk.books.held():
            listing = desk.listing_of_slot[slot]
            mark = desk.books.mark(slot)
            restated = mark
            if self.compat.price_of_last_trade and not desk.market.axis.daily:
                restated = listing.price_of_last_trade(desk.market.bar, desk.market.now_key()) or mark
            else:
                for adjustment in listing.adjustments:
                    if adjustment.session == session:
                        restated = adjusted(restated, adjustment.price, 1)
            if restated != mark:
                desk.books.override_mark(slot, restated)

    def _run_bars(self, session: int) -> None:
        desk, market = self.desk, self.desk.market
        axis, books, data, context = market.axis, desk.books, desk.data, self.context
        handle_data, work = self.handle_data, self._work
        open_orders: Any = self.broker.blotter.waiting
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
        marked = desk.exchange is not None or bool(held() or books.unsettled())
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
        """Whether some bar of the run has a change of capital or a payment of funding."""
        return bool(self.capital.at_bars or self.funding.at_bars)

    def _move_money(self, session: int, bar: int) -> None:
        """What comes, goes and is paid with a bar, before it can be seen."""
        if bar in self.capital.at_bars:
            self._change_within(session, bar)
        if bar in self.funding.at_bars:
            self.funding.pay(session, bar, self.ledger, self.desk.books)

    def _work(self, session: int, bar: int, stamp: int) -> None:
        if self.floor is not None and self.floor.work(bar, stamp, session):
            return
        reports = self.broker.work(bar, stamp)
        if not reports:
            return
        fill, charge, keep = self.ledger.fill, self.ledger.charge, self.recorder.transactions.add
        for order, quantity, price, fee, _ in reports:
            listing = order.listing
            fill(stamp, listing, quantity, price, order.number)
            keep((session, stamp, order.number, listing.slot, quantity, price, fee))
        for order, _, _, fee, parts in reports:
            if fee:
                if parts is None:
                    charge(stamp, order.listing, fee, order.number, "commission")
                    continue
                for kind, amount in parts:
                    if amount:
                        charge(stamp, order.listing, amount, order.number, kind)

    def _convert_and_work(self, session: int, bar: int, stamp: int) -> None:
        self.desk.exchange.work(bar, stamp, self.ledger)
        self._work(session, bar, stamp)

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
        stamp, day = axis.run_closes[session], axis.days[session]
        for slot in self._touched() if day >= self._first_close() else ():
            listing = desk.listing_of_slot[slot]
            closes = listing.asset.auto_close_date
            if closes is not None and day_of(closes) <= day:
                reason = "expired" if listing.is_future else "delisted"
                done = self.ledger.auto_close(stamp, listing, reason)
                if done is not None:
                    self.recorder.transactions.add((session, stamp, None, slot, *done, 0))
                self.broker.blotter.cancel_all(slot, stamp, f"{listing.asset.symbol} was closed out on {closes}")
        apply_cancel_policy(desk, stamp)
        if desk.account_controls:
            check_account(desk, self.context, stamp)
        self.ledger.settle(stamp)
        self.recorder.close_session(session)
        if self.hooks is not None:
            self.hooks.end_of_session(session)

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
        return list(dict.fromkeys([*self.desk.books.held(), *self.broker.blotter.open]))


def _tick(listing: Listing, cents: bool) -> tuple[int, int]:
    """The grid of limits as a fraction of the fill scale's unit: the asset's tick, or whole cents."""
    value, scale = (1, 2) if cents else listing.tick
    if scale <= listing.fill_scale:
        return rescale_exact(value, scale, listing.fill_scale), 1
    return value, 10 ** (scale - listing.fill_scale)
