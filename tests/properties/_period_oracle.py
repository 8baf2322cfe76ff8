"""The oracle for runs on weeks and months: it goes through the days, as a daily run does, and trades at their edges.

An order that was placed at a period's end is tried in the next one: with fill_at="open" at the open of the asset's
first day there, else on the whole bar at its end, and by range at that open too, where it is beyond the order. A bar is
in the shares of its period's end; at its open prices and volumes are in those of then.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from typing import Any

from tests.properties._market import Bar, Listed, Market, decimals
from tests.properties._oracle import ZERO, Expected, Oracle, Ordered, Plan


def period_of(date: Any, kind: str) -> tuple[int, int]:
    return date.isocalendar()[:2] if kind == "1w" else (date.year, date.month)


def periods_of(market: Market, kind: str) -> list[range]:
    """The sessions of each week or month."""
    found, at = [], 0
    for _, group in groupby(market.sessions, lambda session: period_of(session.date, kind)):
        count = len(list(group))
        found.append(range(at, at + count))
        at += count
    return found


class PeriodOracle(Oracle):
    """Replays a plan whose bars are the periods of a market of days. kind: "1w" or "1mo"."""

    def __init__(self, market: Market, plan: Plan, kind: str) -> None:
        self.kind = kind
        self.periods = periods_of(market, kind)
        super().__init__(market, plan)
        self.place = self.periods[plan.first].start - 1
        self.by_period: dict[int, list[Any]] = {}
        for intent in plan.intents:
            self.by_period.setdefault(plan.first + intent.bar, []).append(intent)
        self.begun: dict[int, tuple[Fraction, list[Ordered]]] = {}
        self.closes: Fraction | None = None

    def run(self) -> Expected:
        market, plan = self.market, self.plan
        first = self.periods[plan.first].start
        self._entry(market.sessions[first].open, "capital", None, ZERO, plan.capital)
        before = (plan.capital, plan.capital, ZERO, ZERO)
        for number in range(plan.first, plan.last + 1):
            period = self.periods[number]
            grown, added = Fraction(1), ZERO
            worth = ZERO
            for session in period:
                if session == period.start:
                    before = self._capital(session, before)
                    worth = before[0]
                else:
                    for amount in self._inside(session):
                        value = self._value() - amount
                        grown, added = grown * (value / worth if worth else 0), added + amount
                        worth = value + amount
                self._open(session)
                if session == period.start:
                    self.begun = {}
                self._fund(session, session)
                self.place = session
                self._work_at_open(session, period)
                if session == period[-1]:
                    self._work_at_end(session, period)
                    for intent in self.by_period.get(number, ()):
                        self._ask(intent)
                self._auto_close(session)
            self._cancel_by_policy(number, period)
            self._settle(market.sessions[period[-1]].close)
            before = self._day(period[-1], before, (grown, added, worth))
        return self.out

    def _label(self, session: int) -> Any:
        return self.market.sessions[self._period(session)[-1]].date

    def _period(self, session: int) -> range:
        return next(period for period in self.periods if session in period)

    # capital

    def _capital(self, session: int, before: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        for at, _, kind, money in self.plan.changes:
            if at == session:
                amount = self._leaving_or_coming(kind, money)
                self.cash += amount
                self._entry(self.market.sessions[session].open, "capital", None, ZERO, amount)
                before = (before[0] + amount, before[1] + amount, *before[2:])
        return before

    def _inside(self, session: int) -> list[Fraction]:
        """Capital on a later day of a period: on what all is worth at the close before it."""
        came = []
        for at, _, kind, money in self.plan.changes:
            if at == session:
                amount = self._leaving_or_coming(kind, money)
                self.cash += amount
                self._entry(self.market.sessions[session].open, "capital", None, ZERO, amount)
                came.append(amount)
        return came

    # bars

    def _factors(self, k: int, after: int, until: int) -> tuple[Fraction, Fraction]:
        """By splits alone, and by all actions, after one session up to another."""
        asset, split, every = self.market.assets[k], Fraction(1), Fraction(1)
        place = max((one for one in asset.bars if one <= after), default=None)
        for session in range(after + 1, until + 1):
            for paid in asset.dividends:
                if place is not None and self.market.session_on_or_after(paid.ex) == session:
                    before = asset.bars[place].close * split
                    every *= 1 - paid.amount / before if paid.amount < before else 1
            for one in asset.splits:
                if self.market.session_on_or_after(one.ex) == session:
                    split, every = split * one.ratio, every * one.ratio
        return split, every

    def _bar(self, k: int, period: range) -> tuple[int, Bar] | None:
        """The first day with a row, and the period's bar in the shares of its end."""
        asset = self.market.assets[k]
        rows = [place for place in period if place in asset.bars]
        if not rows:
            return None
        last, end = rows[-1], period[-1]
        # what went ex after the last row makes all of it comparable with the end
        split, every = self._factors(k, last, end)
        tail = every / split
        prices: dict[str, list[Fraction]] = {name: [] for name in ("open", "high", "low", "close")}
        volume = ZERO
        for row in rows:
            ratio, _ = self._factors(k, row, end)
            volume += asset.bars[row].volume / ratio
            for name, values in prices.items():
                values.append(getattr(asset.bars[row], name) * ratio * tail)
        scale = asset.price_scale + 10
        unit = Fraction(1, 10**asset.volume_scale)
        return rows[0], Bar(
            round(prices["open"][0], scale),
            round(max(prices["high"]), scale),
            round(min(prices["low"]), scale),
            round(prices["close"][-1], scale),
            max(round(volume, asset.volume_scale), unit) if volume else ZERO,
        )

    def _slipped(
        self, order: Ordered, wanted: Fraction, price: Fraction, bar: Any, used: Fraction
    ) -> tuple[Fraction, Fraction] | None:
        """A model of one's own that fills at an open sees the close of that day, which is the fill's moment."""
        if self.closes is not None and self.plan.slippage[0] == "own":
            bar = replace(bar, close=self.closes)
        return super()._slipped(order, wanted, price, bar, used)

    def _at_open_bar(self, k: int, period: range, first: int, bar: Bar) -> tuple[Bar, Fraction]:
        """The bar as it is at its open, in the shares of then, and how many of its end each of those is."""
        asset = self.market.assets[k]
        ratio, _ = self._factors(k, first, period[-1])
        opened = asset.bars[first].open
        volume = math.floor(bar.volume * ratio * self._units(asset)) / Fraction(self._units(asset))
        return Bar(opened, opened, opened, opened, volume), 1 / ratio

    @staticmethod
    def _units(asset: Listed) -> int:
        return int(10 ** max(asset.volume_scale, decimals(asset.step)))

    def _work_at_open(self, session: int, period: range) -> None:
        if self.plan.fill_at != "open" and not self.plan.by_range:
            return
        done: list[Any] = []
        for k, asset in enumerate(self.market.assets):
            found = self._bar(k, period)
            if found is None or found[0] != session:
                continue
            queue = self._open_orders(k)
            if self.plan.fill_at == "close":
                queue = [order for order in queue if (order.limit, order.stop) != (None, None)]
            bar, more = self._at_open_bar(k, period, *found)
            filled: list[Any] = []
            self.closes = asset.bars[session].close
            tried = self._try(queue, bar, ZERO, filled) if bar.volume else []
            self.closes = None
            used = sum((abs(quantity) for _, quantity, *_ in filled), ZERO) * more
            self.begun[k] = Fraction(math.ceil(used * self._units(asset)), self._units(asset)), tried
            done += filled
        self._book_fills(session, self.market.sessions[session].close, done)

    def _work_at_end(self, session: int, period: range) -> None:
        done: list[Any] = []
        for k in range(len(self.market.assets)):
            found = self._bar(k, period)
            if found is None or not found[1].volume:
                continue
            used, tried = self.begun.get(k, (ZERO, []))
            if k in self.begun and not self.plan.by_range:
                continue
            queue = [order for order in self._open_orders(k) if all(order is not one for one in tried)]
            self._try(self._in_turn(queue, found[1]), found[1], used, done)
        self._book_fills(session, self.market.sessions[session].close, done)

    # at the end

    def _life(self, k: int) -> tuple[int, int]:
        """From the first session of the first period with a bar to the last one of the last."""
        first, last = super()._life(k)
        return self._period(first).start, self._period(last)[-1]

    def _is_late(self, k: int) -> bool:
        closes = self.market.assets[k].auto_close
        gone = closes is not None and self.market.sessions[self.place].date > closes
        return gone or super()._is_late(k)

    def _cancel_by_policy(self, number: int, period: range) -> None:
        cancels = self.plan.cancels
        if cancels is None or (number - self.plan.first + 1) % cancels:
            return
        for order in self.out.orders:
            if order.status == "open" and order.place < period[-1]:
                order.status = "cancelled"
