"""The run, event by event, as `docs/how_it_works.md` and the guides have it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

from tests.independent._books import Books
from tests.independent._models import Fees, quoted
from tests.independent._orders import (
    Order,
    Trail,
    at_one_price,
    filled_at_open,
    follow,
    hangs,
    in_range,
    stands,
    within,
)
from tests.independent._paths import Leg, Walk, chosen
from tests.independent._world import NOTHING, Asset, Bar, World, size, to_tick


class Simulator:
    """A run of a world; `run` goes through it once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world)
        self.fees = Fees(world.commission)
        self.orders: dict[str, Order] = {}
        self.open: list[Order] = []
        self.fills: list[tuple[int, str | None, str, Fraction, Fraction, Fraction, Fraction]] = []
        self.daily: list[tuple[Fraction, Fraction]] = []
        self.positions: list[dict[str, tuple[Fraction, Fraction]]] = []
        self.placed_by: list[list[str | None]] = []
        self.turns = 0
        self.moment = -1

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

    # the session

    def opening(self, session: int) -> None:
        """Dividends earned, then paid; splits of orders, then of positions."""
        assets = list(self.world.assets.values())
        begins = next(one.begin for one in self.world.moments if one.session == session)
        for order in list(self.open):
            if isinstance(order.until, dt.datetime) and order.until <= begins:
                self.end(order, "cancelled", "expired")
        for asset in assets:
            self.books.earn(asset, session)
        self.books.pay(session)
        for asset in assets:
            for ratio in asset.splits.get(session, []):
                for order in [one for one in self.open if one.asset == asset.name]:
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
        for name in ("limit", "stop", "touch"):
            price = getattr(order, name)
            if price is not None:
                setattr(order, name, asset.tick * round(price * ratio / asset.tick))  # the nearest, a half to the even
        if order.trail is not None:
            trail = order.trail
            trail.best *= ratio
            trail.amount = None if trail.amount is None else trail.amount * ratio
            trail.offset = None if trail.offset is None else trail.offset * ratio
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
                for order in [one for one in self.open if one.asset == asset.name]:
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

    # the bar

    def bar(self, number: int) -> None:
        """The broker works the open orders, asset by asset, oldest first."""
        for name, asset in self.world.assets.items():
            self.books.see(name, number)
            bar = asset.bars.get(number)
            taken = NOTHING
            waiting = [one for one in self.open if one.asset == name and one.placed < number]
            waiting.sort(key=lambda one: one.turn)
            if bar is not None and bar.volume > 0 and self.world.trigger == "range":
                self.range_bar(waiting, asset, bar)
            else:
                for order in waiting:
                    if order.status == "open" and not (bar is not None and bar.volume > 0 and self.flat(order)):
                        taken += self.work(order, asset, bar, taken)
            for order in waiting:
                self.flat(order)

    def flat(self, order: Order) -> bool:
        """Ends an order that only reduces where there is nothing that it would reduce."""
        if order.reduce_only and order.status == "open" and self.books.held[order.asset] * order.side >= 0:
            self.end(order, "cancelled", "nothing_to_reduce")
        return order.status != "open"

    def range_bar(self, waiting: list[Order], asset: Asset, bar: Bar) -> None:
        """A bar by range: what hangs on the order of prices is walked, and then the open comes first."""
        hanging = {one.id for one in waiting if hangs(self.world, one, bar)}
        if hanging:
            waiting.sort(key=lambda one: not filled_at_open(self.world, one, bar))
        taken = NOTHING
        for order in waiting:
            if order.status != "open" or self.flat(order):
                continue
            if order.id in hanging and not self.past(order):
                taken += self.walk([order], asset, bar, taken)
            else:
                taken += self.work(order, asset, bar, taken)
                if order.trail is not None and order.status == "open" and order.waits():
                    follow(order, bar.high if order.side < 0 else bar.low, asset.tick)

    def walk(self, orders: list[Order], asset: Asset, bar: Bar, taken: Fraction) -> Fraction:
        """Orders along the path by which the bar is read; returns the units that they took."""
        walk, legs = Walk(self.world, bar, asset.tick), [Leg.of(one) for one in orders]
        had = NOTHING

        def after(now: list[Leg], at: int, price: Fraction) -> list[Leg]:
            nonlocal had
            order = now[at].order
            order.reached, order.limit = True, now[at].limit
            had += self.execute(order, asset, bar, price, taken + had)
            return [replace(Leg.of(leg.order), best=leg.best, level=leg.level) for leg in now]

        for number, price in enumerate(chosen(walk, legs)):
            legs = walk.come(legs, price, after, opens=not number)
        for leg in legs:
            order = leg.order
            if order.trail is not None and leg.level is not None and leg.best is not None:
                order.trail.best, order.trail.level = leg.best, leg.level
            if leg.phase in ("limit", "market") and order.waits():
                order.reached, order.limit = True, leg.limit
        return had

    def past(self, order: Order) -> bool:
        """Whether a bar ends after the moment that an order is good until."""
        return isinstance(order.until, dt.datetime) and self.world.moments[self.moment].end > order.until

    def work(self, order: Order, asset: Asset, bar: Bar | None, taken: Fraction) -> Fraction:
        """One order on one bar; returns the units that it took of it."""
        moment = self.world.moments[self.moment]
        if self.past(order):
            self.end(order, "cancelled", "expired")
            return NOTHING
        if (order.at == "open" and not moment.first) or (order.at == "close" and not moment.last):
            return NOTHING
        had = NOTHING
        if bar is not None and bar.volume > 0:
            price = self.offered(order, bar)
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

    def execute(self, order: Order, asset: Asset, bar: Bar, offer: Fraction, taken: Fraction) -> Fraction:
        """Asks the models, and books what they give."""
        left = order.left
        if order.reduce_only:
            held = self.books.held[order.asset]
            if held * order.side >= 0:
                self.end(order, "cancelled", "nothing_to_reduce")
                return NOTHING
            left = order.side * min(abs(left), abs(held))
        found = quoted(self.world.slippage, asset, bar, offer, left, taken, order.limit)
        if found is None:
            return NOTHING
        price, quantity = found
        if order.force == "fok" and quantity != order.left:
            return NOTHING
        self.book(order, quantity, price, offer)
        return abs(quantity)

    def book(self, order: Order, quantity: Fraction, price: Fraction, offer: Fraction) -> None:
        """A fill, its fee, and what is left of the order."""
        session = self.world.moments[self.moment].session
        self.books.fill(session, order.asset, quantity, price)
        fee = self.fees.of(order.id, quantity, price)
        if fee:
            self.books.post(session, "fee", order.asset, -fee)
        order.commission += fee
        order.filled += quantity
        self.fills.append((self.moment, order.id, order.asset, quantity, price, offer, fee))
        if not order.left:
            self.end(order, "filled", None)

    def end(self, order: Order, status: str, cause: str | None) -> None:
        """The order is over."""
        order.status, order.cause = status, cause
        if order in self.open:
            self.open.remove(order)

    # the strategy

    def act(self, action: dict[str, Any]) -> None:
        """One thing that the strategy does."""
        self.placed_by.append(getattr(self, "do_" + action["do"])(action) or [])

    def ids(self, action: dict[str, Any]) -> Order | None:
        """The order that an action names: that of an earlier action, or None where it placed none."""
        placed = self.placed_by[action["ref"]]
        found = placed[action.get("leg", 0)] if placed else None
        return None if found is None else self.orders[found]

    def do_order(self, action: dict[str, Any]) -> list[str | None]:
        """Places an order."""
        order = self.place(action["asset"], action["amount"], action.get("style", {}), action)
        return [None if order is None else order.id]

    def place(self, name: str, amount: Fraction, style: dict[str, Any], options: dict[str, Any]) -> Order | None:
        """An order with its prices at the tick; None where its size comes to nothing."""
        asset = self.world.assets[name]
        amount = size(amount, asset.step)
        if not amount:
            return None
        self.turns += 1
        order = Order(f"main-{len(self.orders) + 1}", name, amount, self.moment, self.turns)
        self.orders[order.id] = order
        order.force, order.until = options.get("force", "gtc"), options.get("until")
        order.post_only, order.reduce_only = options.get("post_only", False), options.get("reduce_only", False)
        order.at = style.get("at")
        self.price(order, style, asset)
        last_bar = max(asset.bars)
        session = self.world.moments[self.moment].session
        ended = self.world.moments[last_bar].session
        last = self.books.mark(name)
        if session > (ended if asset.auto_close is None else min(ended, asset.auto_close)):
            order.status, order.cause, order.trail = "rejected", "asset_ended", None
        elif (
            order.post_only
            and last is not None
            and order.limit is not None
            and within(last, order.limit, order.side, "at")
        ):
            order.status, order.cause = "rejected", "post_only"
        elif order.reduce_only and self.books.held[name] * order.side >= 0:
            order.status, order.cause = "rejected", "nothing_to_reduce"
        else:
            self.open.append(order)
        return order

    def price(self, order: Order, style: dict[str, Any], asset: Asset) -> None:
        """Prices go to the tick, to the side that is better for the one who orders."""
        up = order.side < 0
        if "limit" in style:
            order.limit = to_tick(style["limit"], asset.tick, up=up)
        if "stop" in style:
            order.stop = to_tick(style["stop"], asset.tick, up=not up)
        if "touch" in style:
            order.touch = to_tick(style["touch"], asset.tick, up=up)
        if "trail" in style:
            best = self.books.mark(order.asset)
            assert best is not None
            trail = style["trail"]
            order.trail = Trail(
                best, trail.get("amount"), trail.get("percent"), trail.get("by_bar", False), trail.get("offset")
            )
            order.trail.level = stands(order, best, asset.tick)

    def do_cancel(self, action: dict[str, Any]) -> None:
        """Takes an order back."""
        order = self.ids(action)
        if order is not None and order.status == "open":
            self.end(order, "cancelled", "strategy")

    def do_close(self, action: dict[str, Any]) -> list[str | None]:
        """Cancels what is open of an asset, and closes its position at the market."""
        for order in [one for one in self.open if one.asset == action["asset"]]:
            self.end(order, "cancelled", "strategy")
        held = self.books.held[action["asset"]]
        order = self.place(action["asset"], -held, {}, {}) if held else None
        return [None if order is None else order.id]

    def do_modify(self, action: dict[str, Any]) -> None:
        """Another amount of the whole order, or other prices."""
        order = self.ids(action)
        if order is None or order.status != "open":
            return
        asset = self.world.assets[order.asset]
        before = order.amount
        if "amount" in action:
            amount = size(action["amount"], asset.step)
            if amount * order.side <= 0 or abs(amount) < abs(order.filled):
                return
            order.amount = amount
        changed = False
        for name in ("limit", "stop"):
            if name in action:
                was = getattr(order, name)
                self.price(order, {name: action[name]}, asset)
                if getattr(order, name) != was:
                    changed = True
                    order.reached = order.reached and name != "stop"  # a new stop waits to be reached anew
        if changed or abs(order.amount) > abs(before):
            self.turns += 1
            order.turn = self.turns
        if not order.left:
            self.end(order, "filled", None)
