"""The run, event by event, as `docs/how_it_works.md` and the guides have it."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.independent._acting import Acting
from tests.independent._carrying import night
from tests.independent._links import Bracket
from tests.independent._orders import Order, at_one_price, in_range, stands
from tests.independent._ranged import Ranged
from tests.independent._world import NOTHING, Asset, Bar, size


class Simulator(Acting, Ranged):
    """A run of a world; `run` goes through it once."""

    def run(self) -> Simulator:
        """From the first session to the last."""
        session = -1
        for number, moment in enumerate(self.world.moments):
            if moment.session != session:
                session = moment.session
                self.opening(session)
            self.moment = number
            self.bar(number)
            for action in self.world.plan.get(number, []):
                self.act(action)
            if moment.last:
                self.closing(session)
        return self

    def opening(self, session: int) -> None:
        """Dividends earned, then paid; splits of orders, then of positions."""
        assets = list(self.world.assets.values())
        if session and self.world.carrying:
            nights = (self.world.sessions[session] - self.world.sessions[session - 1]).days
            for kind, name, currency, amount in night(self.books, nights, self.world.carrying):
                self.books.put(session, kind, name, currency, amount)
        begins = next(one.begin for one in self.world.moments if one.session == session)
        self.arrived(begins)
        for order in list(self.open):
            if isinstance(order.until, dt.datetime) and order.until <= begins:
                self.end(order, "cancelled", "expired")
        for asset in assets:
            self.books.earn(asset, session)
        self.books.pay(session)
        for asset in assets:
            for ratio in asset.splits.get(session, []):
                for order in self.working(asset.name):
                    if order.status in ("open", "held"):
                        self.split_order(order, asset, ratio)
                self.books.split(asset, session, ratio)

    def split_order(self, order: Order, asset: Asset, ratio: Fraction) -> None:
        """Prices go to the nearest tick, what is left to whole steps; less than one ends the order."""
        left = size(order.left / ratio, asset.step)
        if not left:
            self.end(order, "cancelled", "split")
            return
        order.filled = size(order.filled / ratio, asset.step)
        order.amount = order.filled + left
        if order.away is not None and order.away[0] == "distance":
            order.away = "distance", order.away[1] * ratio
        if isinstance(order.links, Bracket) and order.exits_of is None and order.links.first is not None:
            order.links.first *= ratio
        for name in ("limit", "stop", "touch"):
            price = getattr(order, name)
            if price is not None:
                setattr(order, name, asset.tick * round(price * ratio / asset.tick))  # the nearest, a half to the even
        if order.trail is not None:
            trail = order.trail
            trail.best *= ratio
            trail.amount = None if trail.amount is None else trail.amount * ratio
            trail.offset = None if trail.offset is None else trail.offset * ratio
            if order.status == "held":
                return
            levels = asset.tick * round(trail.level * ratio / asset.tick), stands(order, trail.best, asset.tick)
            if not order.reached:
                trail.level = min(levels) if order.side > 0 else max(levels)
            else:
                trail.level = levels[0]

    def closing(self, session: int) -> None:
        """Close-outs, then what is good until now, then the cancel policy, then the day's row."""
        for asset in self.world.assets.values():
            if asset.auto_close == session:
                sold = self.books.close_out(asset, session)
                if sold is not None:
                    self.fills.append((self.moment, None, asset.name, *sold, sold[1], NOTHING))
                for order in self.working(asset.name):
                    if order.status in ("open", "held"):
                        self.end(order, "cancelled", "closed_out")
        for order in list(self.open):
            if self.over(order, session):
                self.end(order, "cancelled", "expired")
            elif self.world.cancel_at_close and not (self.world.daily and order.placed == self.moment):
                self.end(order, "cancelled", "session_ended")
        self.daily.append((self.books.cash, self.books.value()))
        held = {name: units for name, units in self.books.held.items() if units}
        self.positions.append({name: (units, self.books.mark(name) or NOTHING) for name, units in held.items()})

    def over(self, order: Order, session: int) -> bool:
        """Whether an order is good until this close."""
        if order.force == "day":
            return not (self.world.daily and order.placed == self.moment)
        if isinstance(order.until, dt.datetime):
            return order.until <= self.world.moments[self.moment].end
        return (
            isinstance(order.until, dt.date)
            and not isinstance(order.until, dt.datetime)
            and (self.world.sessions[session] >= order.until)
        )

    def bar(self, number: int) -> None:
        """The broker works the open orders, asset by asset, oldest first."""
        for order in list(self.open):
            if self.past(order):
                self.end(order, "cancelled", "expired")
        if self.world.euro:
            self.books.rate = self.world.euro[number].close
            self.books.convert(self.world.moments[number].session, number)
        self.recall(number)
        for name in self.in_line():
            asset = self.world.assets[name]
            self.books.see(name, number)
            for order in self.working(name):
                order.before = order.reached
            bar = asset.bars.get(number)
            taken = NOTHING
            met = {one.id: self.meets(one, number) for one in self.open if one.asset == name}
            waiting = [one for one in self.open if met.get(one.id) == "all"]
            waiting.sort(key=lambda one: one.turn)
            late = sorted((one for one in self.open if met.get(one.id) == "close"), key=lambda one: one.turn)
            if bar is not None and bar.volume > 0 and self.world.trigger == "range":
                taken += self.range_bar(waiting, asset, bar)
            else:
                for order in self.worst_first(waiting, bar):
                    if order.status == "open" and not (bar is not None and bar.volume > 0 and self.flat(order)):
                        taken += self.work(order, asset, bar, taken)
            for order in late:
                if order.status == "open" and not (bar is not None and bar.volume > 0 and self.flat(order)):
                    taken += self.work(order, asset, bar, taken, at_close=True)
            for order in self.working(name):
                self.flat(order)
        self.arrived(self.world.moments[number].end, included=self.world.moments[number].last)

    def work(self, order: Order, asset: Asset, bar: Bar | None, taken: Fraction, *, at_close: bool = False) -> Fraction:
        """One order on one bar; returns the units that it took of it."""
        moment = self.world.moments[self.moment]
        if self.past(order):
            self.end(order, "cancelled", "expired")
            return NOTHING
        if (order.at == "open" and not moment.first) or (order.at == "close" and not moment.last):
            return NOTHING
        had = NOTHING
        if bar is not None and bar.volume > 0:
            price = at_one_price(self.world, order, bar.close) if at_close else self.offered(order, bar)
            if price is not None:
                had = self.execute(order, asset, bar, price, taken)
        if order.status == "open" and (order.force in ("ioc", "fok") or order.at is not None):
            self.end(order, "cancelled", "not_at_once")
        return had

    def offered(self, order: Order, bar: Bar) -> Fraction | None:
        """The price at which the bar lets the order fill, before any model."""
        if order.at is not None:
            return at_one_price(self.world, order, bar.open if order.at == "open" else bar.close)
        if self.world.trigger == "close" or order.force in ("ioc", "fok"):
            return at_one_price(self.world, order, bar.open if self.world.fill_at == "open" else bar.close)
        return in_range(self.world, order, bar)
