"""What happens within the weeks and months of a run, in the order of its days: what a daily run would book then."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rustybt.core import DAY_NS, Moment, Report, day_of
from rustybt.engine._fills import book, take_reports
from rustybt.engine._overnight import change_capital, split
from rustybt.view import OF_A_BAR, Instrument, MarketView, Steps, adjusted, finer_volume

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop


class Opened(NamedTuple):
    """An asset's open in a week or month.

    step: the session that it is the open of. price: there, at the fill scale. volume: of the bar, which orders share,
    as value and scale; units: the factor that brings the volumes of the bar, which are in the shares of its end, to
    those of then. prices: by field what that session's bar has, as value and scale; the price there where only the
    whole bar is known.
    """

    step: int
    price: int
    volume: tuple[int, int]
    units: Fraction
    prices: dict[str, tuple[int, int]]


class WithinPeriods:
    """Takes a run through the sessions of a week or month, up to the moment at which its bar is seen.

    Each session's corporate actions come before what fills at its open, and funding before that; an asset that is
    closed out goes at its end. What fills at the open of the week is booked there where anything happens after it.
    """

    __slots__ = ("_inner", "_market", "_rates", "_steps")

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._inner = market.inner
        self._steps: Steps = market.axis.steps  # type: ignore[assignment]  # there are none else
        self._rates: Any = None

    def pass_through(self, loop: Loop) -> None:
        """Books what happens before a bar is seen; the first session has been opened already."""
        session, bar = loop.cursor.session, loop.cursor.bar
        loop.simulated.forget_open()
        steps = self._steps
        begin, end = steps.of(session)
        funded = loop.funding.falls_due(bar)
        early = self._filled_at_open(loop, session, bar)
        for step in range(begin, end):
            if step > begin:
                self._over_night(loop, bar, step)
                self._open(loop, bar, step)
            if funded:
                self._fund(loop, session, bar, step)
            if step in early:
                self._fill(loop, session, bar, early[step])
            if step < end - 1:
                self._close_out(loop, session, bar, step)
        loop.run.books.clear_overrides()

    # a session's actions

    def _over_night(self, loop: Loop, bar: int, step: int) -> None:
        if loop.carrying is not None:
            days, stamp = self._steps.days, self._steps.opens[step]
            nights = int(days[step - 1]), int(days[step])
            loop.carrying.charge(loop, nights, stamp, lambda one: self._price(one, bar, step - 1), step)

    def _open(self, loop: Loop, bar: int, step: int) -> None:
        change, actions = loop.capital.at_steps.get(step), loop.actions
        if change is None and not actions.falls_due(step):
            return
        stamp, days = self._steps.opens[step], loop.recorder.days
        if change is not None:
            self._change_capital(loop, bar, step, stamp)
        if loop.compat.pnl_without_dividends:
            self._mark(loop, bar, step - 1, loop.run.books.held())
        paid = actions.dividends(step, stamp, loop.ledger)
        if loop.compat.pnl_without_dividends:
            days.after_dividends(*paid)
        self._mark(loop, bar, step - 1, [instrument.slot for instrument, _ in actions.splits(step)])
        split(loop, step, stamp)

    def _change_capital(self, loop: Loop, bar: int, step: int, stamp: int) -> None:
        run, change = loop.run, loop.capital.at_steps[step]
        self._mark(loop, bar, step - 1, run.books.held())
        self._use_rates_of(run, step)
        value = run.account.equity()
        amount = change.delta(value)
        loop.recorder.days.capital_within(value, amount)
        change_capital(loop, stamp, amount, change.kind)
        if run.converter is not None:
            run.books.use_rates(run.converter.rates.to_base)

    def _use_rates_of(self, run: Any, step: int) -> None:
        """Lets books of several currencies read the rates of the session before, where they are known."""
        if run.converter is None or self._inner is None:
            return
        if self._rates is None:
            self._rates = type(run.converter.rates)(self._inner, run.converter.base)
        run.books.use_rates(lambda currency, _: self._rates.to_base(currency, step))

    def _fund(self, loop: Loop, session: int, bar: int, step: int) -> None:
        steps = self._steps
        begin, end = steps.of(session)
        after = steps.closes[step - 1] if step > begin else -(2**63)
        until = steps.closes[step] if step < end - 1 else int(self._market.axis.stamps[bar])

        def last_close(instrument: Instrument, stamp: int) -> int:
            return self._price(instrument, bar, step if stamp >= steps.closes[step] else step - 1)

        loop.funding.pay_between(bar, after, until, steps.opens[step], last_close, loop.ledger)

    def _close_out(self, loop: Loop, session: int, bar: int, step: int) -> None:
        day = self._steps.days[step]
        going = [slot for slot in loop.closings.due(day) if loop.run.books.position(slot)[0]]
        self._mark(loop, bar, step, going, closing=True)
        loop.closings.close_out(loop, session, day, self._steps.closes[step])

    # fills at the open

    def _filled_at_open(self, loop: Loop, session: int, bar: int) -> dict[int, list[Any]]:
        """By step, the assets whose orders are tried at their open."""
        triggers = loop.simulated.triggers
        found: dict[int, list[Any]] = {}
        if not (triggers.by_range or triggers.field == "open"):
            return found
        for queue in loop.run.book.open.values():
            instrument: Any = queue[0].instrument
            if instrument.present[bar]:
                opened = self._opened(instrument, session, bar)
                found.setdefault(opened.step, []).append((instrument, opened))
        return found

    def _fill(self, loop: Loop, session: int, bar: int, assets: list[tuple[Instrument, Opened]]) -> None:
        """Tries the orders of some assets at an open, at the close of whose session the fills are booked.

        A model of the user's sees that session's bar of the asset that it fills, and of all others what
        before_trading_start saw.
        """
        market, stamp = self._market, self._steps.closes[assets[0][1].step]
        fills: list[Report] = []
        before = market.bar, market.before_open, market.now
        market.bar, market.before_open, market.now = bar - 1, True, stamp
        for instrument, opened in assets:
            volume = int(instrument.tradable[bar] * opened.units)
            instrument.at_open = {**opened.prices, "price": opened.prices["close"], "volume": opened.volume}
            try:
                loop.simulated.at_open(instrument.slot, opened.price, volume)
                done = take_reports(loop.broker, loop.run.book, Moment(stamp, session, bar))
            finally:
                instrument.at_open = None
            used = sum(abs(fill.quantity) for fill in done)
            loop.simulated.begun[instrument.slot] = -int(-used // opened.units)
            fills += done
        market.bar, market.before_open, market.now = before
        book(loop.ledger, loop.recorder, loop.run.book, session, fills)

    def _opened(self, instrument: Instrument, session: int, bar: int) -> Opened:
        steps = self._steps
        begin, end = steps.of(session)
        if self._inner is not None:
            daily = self._inner.instrument(instrument.asset)
            row = int(np.searchsorted(daily.raw.stamps, steps.key(begin)))
            step = int(np.searchsorted(steps.days, int(daily.raw.stamps[row]) // DAY_NS))
            prices = {field: (int(getattr(daily.raw, field)[row]), daily.raw_scale) for field in OF_A_BAR}
            price = prices["open"][0] * 10 ** (daily.fill_scale - daily.raw_scale)
            _, units = self._back(instrument, step, end)
            return Opened(step, price, _volume(instrument, bar, units), units, prices)
        # an asset that begins on a period's last day has its first bar there: it was named after the bar
        started = int(np.searchsorted(steps.days, day_of(instrument.asset.start_date)))
        step = started if begin < started < end - 1 else begin
        factor, units = self._back(instrument, step, end)
        opened = adjusted(instrument.column("open")[bar] * instrument.mark_to_fill_scale, factor, 1)
        prices = dict.fromkeys(OF_A_BAR, (opened, instrument.fill_scale))
        return Opened(step, opened, _volume(instrument, bar, units), units, prices)

    @staticmethod
    def _back(instrument: Instrument, step: int, end: int) -> tuple[Fraction, Fraction]:
        """The factors from the shares of a week's end to those of a step, for prices and for volumes."""
        prices = volumes = Fraction(1)
        for one in instrument.adjustments:
            if step < one.session < end and not one.in_cash:
                prices /= one.price
                volumes *= one.volume
        return prices, volumes

    # marks

    def _mark(self, loop: Loop, bar: int, step: int, slots: list[int], *, closing: bool = False) -> None:
        """Marks some positions as they stand at the end of a step."""
        for slot in slots:
            instrument = loop.run.account.instruments[slot]
            loop.run.books.override_mark(slot, self._price(instrument, bar, step, closing=closing))

    def _price(self, instrument: Instrument, bar: int, step: int, *, closing: bool = False) -> int:
        """The last close of an asset up to the end of a step, at its fill scale.

        Of bars that are stored as weeks or months it is the one before, restated, or, where the asset has none, the
        bar's open; closing: that of its own bar, which is the last one.
        """
        if self._inner is not None:
            daily = self._inner.instrument(instrument.asset)
            return int(daily.price[step + 1] * daily.mark_to_fill_scale)
        # a period run has one bar a session
        begin, end = self._steps.of(bar - 1)
        if step < begin:
            return int(instrument.price[bar - 1] * instrument.mark_to_fill_scale)
        if step == end - 1 or (closing and instrument.present[bar]):
            return adjusted(
                instrument.price[bar] * instrument.mark_to_fill_scale, self._back(instrument, step, end)[0], 1
            )
        row = instrument.row_of(bar - 1)
        if row >= 0:
            factor = instrument.price_factor(int(instrument.raw.stamps[row]), self._steps.key(step))
            up = 10 ** (instrument.fill_scale - instrument.raw_scale)
            return adjusted(int(instrument.raw.close[row]), factor, up)
        if not instrument.present[bar]:
            return 0
        return adjusted(
            instrument.column("open")[bar] * instrument.mark_to_fill_scale, self._back(instrument, step, end)[0], 1
        )


def _volume(instrument: Instrument, bar: int, units: Fraction) -> tuple[int, int]:
    """The volume of a bar in the shares of its open, and its scale."""
    volume, scale = instrument.volume[bar], instrument.quantity_scale
    return (volume, scale) if units == 1 else finer_volume(volume, units, scale)
