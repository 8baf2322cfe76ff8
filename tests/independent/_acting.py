"""What the strategy of a run does: orders, changes, brackets."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

from tests.independent._links import Bracket, Group, beside
from tests.independent._orders import Order, Trail, stands, within
from tests.independent._state import State
from tests.independent._world import NOTHING, Asset, size, to_tick


class Acting(State):
    """The part of the simulator that places orders."""

    def act(self, action: dict[str, Any]) -> None:
        """One thing that the strategy does."""
        self.in_line()
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
        order.since, order.last = self.moment, self.books.mark(name)
        if self.world.latency is not None:
            order.arrives = self.world.moments[self.moment].end + self.world.latency
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
        elif not self.payable(order):
            order.status, order.cause = "rejected", "buying_power"
        else:
            self.open.append(order)
        return order

    def payable(self, order: Order, *, instead: bool = False) -> bool:
        """Whether a cash account can pay for an order with all that is open; nothing may be short."""
        settlement = self.world.settlement
        if settlement is None or order.reduce_only:
            return True
        others = [one for one in self.open if one is not order]
        held = self.books.held[order.asset]
        if order.side < 0:
            sales = sum((one.left for one in others if one.asset == order.asset and one.side < 0), NOTHING)
            return held + sales + order.left >= 0
        at = self.world.moments[min(self.moment + 1, len(self.world.moments) - 1)].session
        if self.moment + 1 == len(self.world.moments):
            at += 1
        unsettled = sum((amount for session, amount in self.sold if session + settlement > at), NOTHING)
        needed = sum((one.left * self.dear(one) for one in [*others, order] if one.side > 0), NOTHING)
        return needed <= self.books.cash - unsettled

    def dear(self, order: Order) -> Fraction:
        """A limit order counts at its limit, others at the last price or their stop, whichever is more."""
        if order.limit is not None:
            return order.limit
        stop = order.stop if order.trail is None else order.trail.level
        return max(self.books.mark(order.asset) or NOTHING, stop or NOTHING)

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
        if order is not None and order.status in ("open", "held"):
            self.take_back(order)

    def do_bracket(self, action: dict[str, Any]) -> list[str | None]:
        """An entry with its exits."""
        entry = self.place(action["asset"], action["amount"], action["style"], action)
        if entry is None:
            return [None, None, None]
        if entry.status == "rejected":
            return [entry.id, None, None]
        return [entry.id, *self.exits(entry, action)]

    def do_attach(self, action: dict[str, Any]) -> list[str | None]:
        """Exits for an order that is there."""
        entry = self.ids(action)
        if entry is None or entry.links is not None or not (entry.status == "open" or entry.filled):
            return []
        if self.books.held[entry.asset] * entry.side <= 0 < abs(entry.filled):
            return []  # nothing there that they would protect
        if not entry.left and not self.on_their_side(entry, action):
            return []
        return [entry.id, *self.exits(entry, action)]

    def on_their_side(self, entry: Order, action: dict[str, Any]) -> bool:
        """Whether exits of an order that is filled lie on their side of the last price."""
        first, last = self.first_fill(entry), self.books.mark(entry.asset)
        assert last is not None
        for leg, way in (("take_profit", entry.side), ("stop_loss", -entry.side)):
            if action.get(leg, ("",))[0] in ("distance", "percent"):
                told = Order("", entry.asset, -entry.amount, 0, 0, away=action[leg], limit_like=leg == "take_profit")
                at = beside(told, entry.side, first, self.world.assets[entry.asset].tick)
                if at is None or (at - last) * way <= 0:
                    return False
        return True

    def first_fill(self, entry: Order) -> Fraction:
        """The price at which an order first filled, in the shares of now."""
        moment, price = next((one[0], one[4]) for one in self.fills if one[1] == entry.id)
        for session, ratios in self.world.assets[entry.asset].splits.items():
            if self.world.moments[moment].session < session <= self.world.moments[self.moment].session:
                for ratio in ratios:
                    price *= ratio
        return price

    def exits(self, entry: Order, action: dict[str, Any]) -> list[str | None]:
        """Orders that wait for a fill of the entry."""
        found: list[Order] = []
        ids: list[str | None] = []
        for leg in ("take_profit", "stop_loss"):
            told = action.get(leg)
            if told is None:
                ids.append(None)
                continue
            self.turns += 1
            order = Order(f"main-{len(self.orders) + 1}", entry.asset, -entry.amount, self.moment, self.turns)
            order.reduce_only, order.exits_of, order.status = True, entry, "held"
            order.limit_like = leg == "take_profit"
            self.orders[order.id] = order
            order.since, order.last = self.moment, self.books.mark(entry.asset)
            if told[0] in ("distance", "percent"):
                order.away = told
            elif told[0] == "style":
                trail = told[1]["trail"]
                order.trail = Trail(NOTHING, trail.get("amount"), trail.get("percent"), trail["by_bar"],
                                    trail.get("offset"))  # fmt: skip
            else:
                self.price(order, {"limit" if order.limit_like else "stop": told[1]}, self.world.assets[entry.asset])
            found.append(order)
            ids.append(order.id)
        bracket = Bracket(entry, found, action.get("link", "reduce"), action.get("after", "part"))
        entry.links = bracket
        for order in found:
            order.links = bracket
        if entry.filled:
            bracket.first = self.first_fill(entry)
            bracket.beside_first(self)
            bracket.release(self)
            for order in found:
                last = self.books.mark(entry.asset)
                if order.trail is not None and order.status == "open" and last is not None:
                    order.trail.best, order.trail.level = last, stands(order, last, self.world.assets[entry.asset].tick)
        return ids

    def do_pair(self, action: dict[str, Any]) -> list[str | None]:
        """Two orders that are linked where both are open."""
        pair = [self.place(action["asset"], one["amount"], one["style"], one) for one in action["orders"]]
        linked = [one for one in pair if one is not None and one.status == "open"]
        if len(linked) == 2:
            group = Group(linked, action["link"])
            for one in linked:
                one.links = group
        return [None if one is None else one.id for one in pair]

    def do_convert(self, action: dict[str, Any]) -> None:
        """Money of one currency for another, with the next bar."""
        self.books.waiting.append((self.moment, action["amount"], action["of"], action["into"]))

    def do_close(self, action: dict[str, Any]) -> list[str | None]:
        """Cancels what is open of an asset, and closes its position at the market."""
        for order in sorted(self.working(action["asset"]), key=lambda one: one.status != "held"):
            if order.status in ("open", "held"):
                self.take_back(order)
        held = self.books.held[action["asset"]]
        order = self.place(action["asset"], -held, {}, {}) if held else None
        return [None if order is None else order.id]

    def changed_payable(self, order: Order, action: dict[str, Any], asset: Asset) -> bool:
        """Whether the account can pay for an order as it would be, where it takes more than before."""
        then = copy.copy(order)
        if "amount" in action:
            then.amount = size(action["amount"], asset.step)
        self.price(then, {name: action[name] for name in ("limit", "stop") if name in action}, asset)
        if then.side < 0:
            more = abs(then.left) > abs(order.left)
        else:
            more = then.left * self.dear(then) > order.left * self.dear(order)
        if not more:
            return True
        self.open.remove(order)
        fits = self.payable(then)
        self.open.append(order)
        return fits

    def do_modify(self, action: dict[str, Any]) -> None:
        """Another amount of the whole order, or other prices."""
        order = self.ids(action)
        if order is None or order.status != "open":
            return
        asset = self.world.assets[order.asset]
        if self.world.settlement is not None and not self.changed_payable(order, action, asset):
            return
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
            order.since, order.last = self.moment, self.books.mark(order.asset)
        if not order.left:
            self.end(order, "filled", None)
