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
        self.sold: list[tuple[int, Fraction]] = []
        self.two_reasons: set[str] = set()  # taken back, with a message, at a close at which they may end by themselves
        self.turns = 0
        self.line: list[str] = []
        self.tried: set[int] = set()
        self.since: dict[str, list[Fraction]] = {}
        self.moment = -1

    def working(self, name: str) -> list[Order]:
        """The orders of an asset that are open or held."""
        return [one for one in self.orders.values() if one.asset == name and one.status in ("open", "held")]

    def meets(self, order: Order, number: int) -> str:
        """What an order meets of a bar: "all" of it, its "close" alone, or "" nothing, as it has not arrived."""
        if order.placed >= number:
            return ""
        arrives, bar = order.arrives, self.world.moments[number]
        if arrives is None or arrives <= bar.begin:
            return "all"
        if arrives >= bar.end or self.takes(order) == "open":
            return ""
        return "all" if self.takes(order) == "close" else "close"

    def takes(self, order: Order) -> str:
        """Which price of a bar an order takes: its "open", its "close", or what lies in its "range"."""
        if order.at is not None:
            return order.at
        plain = order.limit is None and not order.waits()
        if self.world.trigger == "close" or order.force in ("ioc", "fok") or plain:
            return self.world.fill_at
        return "range"

    def take_back(self, order: Order) -> None:
        """Cancels an order, once the message has arrived."""
        moments, late = self.world.moments, False
        if self.world.latency is not None and moments[self.moment].last:
            self.two_reasons.add(order.id)
        if self.world.latency is not None and self.moment + 1 < len(moments):
            arrives, bar = moments[self.moment].end + self.world.latency, moments[self.moment + 1]
            close = self.takes(order) == "close" or self.meets(order, self.moment + 1) == "close"
            late = arrives >= bar.end if close else arrives > bar.begin
            if late and order.recalled is None:
                order.recalled = arrives
        elif self.world.latency is not None:
            late = True  # the run ends before it arrives
        if not late:
            self.end(order, "cancelled", "strategy")

    def arrived(self, till: dt.datetime, *, included: bool = True) -> None:
        """Cancels that have arrived by a moment take effect."""
        for order in list(self.open):
            if order.recalled is not None and (order.recalled < till or (included and order.recalled == till)):
                self.end(order, "cancelled", "strategy")

    def recall(self, number: int) -> None:
        """Cancels that come before the price that their order takes of a bar."""
        bar = self.world.moments[number]
        for order in list(self.open):
            if order.recalled is None:
                continue
            late = self.takes(order) == "close" or self.meets(order, number) == "close"
            if order.recalled <= bar.begin or (late and order.recalled < bar.end):
                self.end(order, "cancelled", "strategy")

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
        if quantity < 0:
            self.sold.append((session, -quantity * price))
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
