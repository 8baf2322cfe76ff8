"""What a run of the simulator keeps, and how an order is executed and ends."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.independent._books import Books
from tests.independent._models import Fees, quoted
from tests.independent._orders import Order
from tests.independent._world import NOTHING, Asset, Bar, World


class State:
    """Books, fees, orders, and what came of them."""

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
        self.line: list[str] = []
        self.tried: set[int] = set()
        self.since: dict[str, list[Fraction]] = {}
        self.moment = -1

    def working(self, name: str) -> list[Order]:
        """The orders of an asset that are open or held."""
        return [one for one in self.orders.values() if one.asset == name and one.status in ("open", "held")]

    def flat(self, order: Order) -> bool:
        """Ends an order that only reduces where there is nothing that it would reduce."""
        if order.reduce_only and order.status == "open" and self.books.held[order.asset] * order.side >= 0:
            self.end(order, "cancelled", "nothing_to_reduce")
        return order.status != "open"

    def end(self, order: Order, status: str, cause: str | None) -> None:
        """The order is over."""
        order.status, order.cause = status, cause
        if order in self.open:
            self.open.remove(order)
            self.in_line()
        if order.links is not None:
            order.links.ended(self, order)

    def in_line(self) -> list[str]:
        """Assets with open orders, first the one that has had some for the longest without a break."""
        now = {one.asset for one in self.open}
        self.line = [name for name in self.line if name in now]
        for order in self.open:
            if order.asset not in self.line:
                self.line.append(order.asset)
        return [*self.line, *(name for name in self.world.assets if name not in self.line)]

    def past(self, order: Order) -> bool:
        """Whether a bar ends after the moment that an order is good until."""
        return isinstance(order.until, dt.datetime) and self.world.moments[self.moment].end > order.until

    def rested(self, order: Order) -> bool:
        """Whether an order gave liquidity: with a limit that waited for the market to come to it."""
        if order.limit is None or order.force in ("ioc", "fok") or order.at is not None:
            return False
        if order.reached and not order.before:
            return False
        if order.since + 1 != self.moment:
            return True
        bar = self.world.assets[order.asset].bars[self.moment]
        if (order.limit - bar.open) * order.side >= 0:
            return False
        session = self.world.moments[self.moment].session
        split = self.world.moments[self.moment].first and self.world.assets[order.asset].splits.get(session)
        return bool(split) or order.last is None or (order.limit - order.last) * order.side < 0

    def execute(self, order: Order, asset: Asset, bar: Bar, offer: Fraction, taken: Fraction) -> Fraction:
        """Asks the models, and books what they give."""
        left = order.left
        if order.reduce_only:
            held = self.books.held[order.asset]
            if held * order.side >= 0:
                self.end(order, "cancelled", "nothing_to_reduce")
                return NOTHING
            left = order.side * min(abs(left), abs(held))
        found = quoted(self.world.slippage, asset, bar, offer, left, taken, order.limit, abs(order.filled))
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
        rested = self.rested(order)
        fee = self.fees.of(order.id, self.world.sessions[session], quantity, price, maker=rested)
        if fee:
            self.books.post(session, "fee", order.asset, -fee)
        order.commission += fee
        order.filled += quantity
        self.fills.append((self.moment, order.id, order.asset, quantity, price, offer, fee))
        if not order.left:
            self.end(order, "filled", None)
        if order.links is not None:
            order.links.filled(self, order, quantity, price)
