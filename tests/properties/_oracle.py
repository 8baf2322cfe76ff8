"""An oracle of its own: what a run must leave behind, in fractions, from bars, actions and what was asked for.

It shares no line and no number with the engine. Rounding is `round` of a Fraction, which is half-even, at the
places that design.md names: prices from slippage and adjustments at the asset's price scale + 10 decimals, money at
20 decimals, ratios at 18.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from tests.properties import _kinds
from tests.properties._kinds import Follows, Kind, Prices
from tests.properties._market import Listed, Market, PaidOf

MONEY = 20
RATIO = 18
ZERO = Fraction(0)


@dataclass(frozen=True)
class Intent:
    """What the strategy asks for at a bar of its run.

    kind: an order function, "batch" for a batch_market_order of one asset, or "cancel" for all orders of an asset.
    more: what an order says besides its limit and stop.
    """

    bar: int
    asset: int
    kind: str
    number: Fraction = ZERO
    limit: Fraction | None = None
    stop: Fraction | None = None
    more: Kind | None = None


@dataclass(frozen=True)
class Plan:
    """A run: which sessions of the market, with what, and what is asked for.

    slippage, commission: name of the model and its parameters. cancels: at which session ends the policy cancels:
    None, or a number n: at every n-th. controls: names and parameters, all with on_error="reject".
    changes: capital that comes or goes: a position on the axis of bars, whether it is "overnight", before that bar's
    session, or "within" it, before the bar; "delta" or "target", and money.
    """

    first: int
    last: int
    intents: tuple[Intent, ...]
    capital: Fraction = Fraction(1_000_000)
    slippage: tuple[Any, ...] = ("basis_points", Fraction(5), Fraction(1, 10))
    commission: tuple[Any, ...] = ("per_share", Fraction(1, 1000), ZERO, ZERO)
    fill_at: str = "close"
    trigger: str = "close"
    cancels: int | None = None
    controls: tuple[tuple[Any, ...], ...] = ()
    changes: tuple[tuple[int, str, str, Fraction], ...] = ()

    @property
    def by_range(self) -> bool:
        """Whether limits and stops are tested on the range of the bar."""
        return self.trigger == "range"

    @property
    def plain(self) -> bool:
        """Whether all orders have a limit and a stop at the most."""
        return all(intent.more is None for intent in self.intents)


@dataclass
class Ordered:
    number: int
    asset: int
    amount: Fraction
    limit: Fraction | None
    stop: Fraction | None = None
    place: int = 0
    stopped: bool = False
    status: str = "open"
    filled: Fraction = ZERO
    paid: Fraction = ZERO
    cost: Fraction = ZERO
    fills: int = 0
    more: Kind | None = None
    follows: Follows = field(default_factory=Follows)
    ends: int | None = None
    turn: int = 0

    @property
    def side(self) -> int:
        return 1 if self.amount > 0 else -1


@dataclass
class Expected:
    """What the frames of the result must say; rows as tuples of plain values.

    references: of each transaction, at its place, the price before slippage.
    """

    entries: list[tuple[Any, ...]] = field(default_factory=list)
    transactions: list[tuple[Any, ...]] = field(default_factory=list)
    daily: list[dict[str, Any]] = field(default_factory=list)
    positions: list[tuple[Any, ...]] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    references: list[Fraction] = field(default_factory=list)


class Marks:
    """The price at which a position stands after each bar: the last close, restated by what happened since."""

    def __init__(self, market: Market, asset: Listed) -> None:
        self.scale = asset.price_scale + 10
        self.prices: list[Fraction | None] = []
        actions: dict[int, list[tuple[int, Fraction]]] = defaultdict(list)
        for paid in asset.dividends:
            actions[market.session_on_or_after(paid.ex)].append((0, paid.amount))
        for split in asset.splits:
            actions[market.session_on_or_after(split.ex)].append((1, split.ratio))
        last: Fraction | None = None  # the last close
        restated = factor = Fraction(1)  # by splits, and by all, since then
        for session in range(len(market.sessions)):
            before = None if last is None else last * restated
            for kind, value in sorted(actions[session]):
                if kind:
                    restated *= value
                    factor *= value
                elif before is not None and value < before:
                    factor *= 1 - value / before
            for place in range(market.starts[session], market.starts[session + 1]):
                if place in asset.bars:
                    last, restated, factor = asset.bars[place].close, Fraction(1), Fraction(1)
                self.prices.append(None if last is None else round(last * factor, self.scale))


class Oracle:
    """Replays a plan on a market."""

    def __init__(self, market: Market, plan: Plan) -> None:
        self.market = market
        self.plan = plan
        self.marks = [Marks(market, asset) for asset in market.assets]
        self.cash = plan.capital
        self.held = [ZERO] * len(market.assets)
        self.cost = [ZERO] * len(market.assets)
        self.settled = [ZERO] * len(market.assets)
        self.place = market.starts[plan.first] - 1
        self.out = Expected()
        self.due: dict[int, list[tuple[int, Fraction]]] = defaultdict(list)
        self.shares_due: dict[int, list[tuple[int, Fraction]]] = defaultdict(list)
        self.turns = 0
        self.since: dict[int, int] = {}  # by asset, since when it has had open orders
        self.too_large = False  # an order is for more units than can be asked for
        self.drained = False  # more capital is to leave than there is
        self.ruined = False  # the account was worth less than nothing at a close, or has lost all it had
        self.placed: tuple[Any, int] = (None, 0)
        self.stamps = [stamp for session in market.sessions for stamp in session.stamps]
        self.paid: dict[int, list[tuple[int, PaidOf]]] = defaultdict(list)
        for k, asset in enumerate(market.assets):
            for paid in asset.funding:
                # the first bar that ends then or later; what is due before there are bars is due to nobody
                self.paid[sum(stamp < paid.moment for stamp in self.stamps)].append((k, paid))
        self.by_bar: dict[int, list[Intent]] = defaultdict(list)
        for intent in plan.intents:
            self.by_bar[market.starts[plan.first] + intent.bar].append(intent)

    def run(self) -> Expected:
        market, plan = self.market, self.plan
        self._entry(market.sessions[plan.first].open, "capital", None, ZERO, plan.capital)
        before = (plan.capital, plan.capital, ZERO, ZERO)
        for session in range(plan.first, plan.last + 1):
            self._overnight(session)
            before = self._capital(session, before)
            self._open(session)
            grown, added = Fraction(1), ZERO
            worth = before[0]
            for place in range(market.starts[session], market.starts[session + 1]):
                for amount in self._within(place, market.sessions[session].stamps[place - market.starts[session]]):
                    value = self._value() - amount
                    grown, added, worth = grown * (value / worth if worth else 0), added + amount, value + amount
                self._fund(session, place)
                self.place = place
                self._work(session, market.sessions[session].stamps[place - market.starts[session]])
                for intent in self.by_bar[place]:
                    self._ask(intent)
                self._supervise()
            self._auto_close(session)
            self._cancel_policy(session)
            self._settle(market.sessions[session].close)
            before = self._day(session, before, (grown, added, worth))
        return self.out

    def _overnight(self, session: int) -> None:
        """What the nights before a session cost; nothing here."""

    def _supervise(self) -> None:
        """What a broker does with the account by itself, when a bar is over; nothing here."""

    def _unpaid(self, order: Ordered) -> bool:
        """Whether the account can't pay for an order."""
        return False

    # -- capital --

    def _capital(self, session: int, before: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        """Capital before a session belongs to what the session starts from."""
        for place, when, kind, money in self.plan.changes:
            if when == "overnight" and self._session(place) == session:
                amount = self._leaving_or_coming(kind, money)
                self.cash += amount
                self._entry(self.market.sessions[session].open, "capital", None, ZERO, amount)
                before = (before[0] + amount, before[1] + amount, *before[2:])
        return before

    def _within(self, place: int, stamp: int) -> list[Fraction]:
        """Capital before a bar; what is held is worth what it was before it."""
        came = []
        for at, when, kind, money in self.plan.changes:
            if when == "within" and at == place:
                amount = self._leaving_or_coming(kind, money)
                self.cash += amount
                self._entry(stamp, "capital", None, ZERO, amount)
                came.append(amount)
        return came

    def _leaving_or_coming(self, kind: str, money: Fraction) -> Fraction:
        value = self._value()
        amount = money if kind == "delta" else money - value
        self.drained = self.drained or (amount < 0 and value + amount < 0)
        return amount

    # -- before the session --

    def _open(self, session: int) -> None:
        market = self.market
        stamp = market.sessions[session].open
        symbols = sorted(range(len(market.assets)), key=lambda k: market.assets[k].symbol)
        for k in symbols:
            for paid in sorted(market.assets[k].dividends, key=lambda d: d.ex):
                if market.session_on_or_after(paid.ex) == session and self.held[k]:
                    pays = session if paid.pay is None else max(session, market.session_on_or_after(paid.pay))
                    self.due[pays].append((k, round(self.held[k] * paid.amount, MONEY)))
            for given in market.assets[k].shares:
                if market.session_on_or_after(given.ex) == session and self.held[k]:
                    pays = session if given.pay is None else max(session, market.session_on_or_after(given.pay))
                    units = _cut(self.held[k] * given.ratio, market.assets[given.payment].step)
                    self.shares_due[pays].append((given.payment, units))
        for k, owed in self.due.pop(session, ()):
            self.cash += owed
            self._entry(stamp, "dividend", k, ZERO, owed)
        for k, units in self.shares_due.pop(session, ()):
            self._receive(stamp, k, units)
        for k in symbols:
            mark = self._mark(k) or ZERO
            # what a split leaves over has lost the session's dividends, owed already; nothing is the least
            mark = max(ZERO, mark - sum(
                (p.amount for p in market.assets[k].dividends if market.session_on_or_after(p.ex) == session), ZERO
            ))  # fmt: skip
            for split in sorted(market.assets[k].splits, key=lambda s: s.ex):
                if market.session_on_or_after(split.ex) == session:
                    self._split_orders(k, split.ratio)
                    self._split_position(stamp, k, split.ratio, mark)
                    # shares that are owed are split too; what is no whole step then is lost when they are paid
                    for owed in self.shares_due.values():
                        owed[:] = [(one, units / split.ratio if one == k else units) for one, units in owed]
                    mark = round(mark * split.ratio, self.marks[k].scale)

    def _receive(self, stamp: int, k: int, units: Fraction) -> None:
        """Shares as a dividend: the cost of the position stays, unless they close part of it."""
        units = _cut(units, self.market.assets[k].step)
        if not units:
            return
        held, now = self.held[k], self.held[k] + units
        if held * now <= 0:
            self.cost[k] = ZERO
        elif abs(now) < abs(held):
            self.cost[k] = round(self.cost[k] * now / held, MONEY)
        self.held[k] = now
        self._entry(stamp, "stock_dividend", k, units, ZERO)

    def _settle(self, stamp: int) -> None:
        """What the price of a future or perpetual moved by since it was filled or settled goes to cash."""
        for k, asset in enumerate(self.market.assets):
            if asset.settles:
                variation = self._exposure(k) - self.settled[k]
                if variation:
                    self.cash += variation
                    self._entry(stamp, "variation", k, ZERO, variation)
                self.settled[k] = self._exposure(k)

    def _split_orders(self, k: int, ratio: Fraction) -> None:
        asset = self.market.assets[k]
        for order in self._to_end(k):
            if order.status not in ("open", "held"):
                continue  # it ended with another one
            left = _cut((order.amount - order.filled) / ratio, asset.step)
            if not left:
                self._cancel(order, split=True)  # it keeps what was asked for, in the units of then
                continue
            order.filled = _cut(order.filled / ratio, asset.step)
            order.amount = order.filled + left
            if order.limit is not None:
                order.limit = round(order.limit * ratio / asset.tick_size) * asset.tick_size
            if order.stop is not None:
                order.stop = round(order.stop * ratio / asset.tick_size) * asset.tick_size
            if order.more is not None:
                scale = self.marks[k].scale
                order.more = order.more.split(ratio, asset.tick_size, scale)
                if order.follows.best is not None and order.stop is not None:
                    best, level = round(order.follows.best * ratio, scale), -order.side * order.stop
                    if not order.stopped:
                        level = max(level, self._level(order, order.more, best))
                        order.stop = -order.side * level
                    order.follows = Follows(best, level)

    def _split_position(self, stamp: int, k: int, ratio: Fraction, mark: Fraction) -> None:
        held = self.held[k]
        if not held:
            return
        asset = self.market.assets[k]
        now = _cut(held / ratio, asset.step)
        rest = held - now * ratio  # in units of before the split
        in_lieu = round(rest * mark * asset.multiplier, MONEY)
        self.cost[k] = round(self.cost[k] * (now * ratio / held), MONEY)
        self.held[k] = now
        self._entry(stamp, "split", k, now - held, ZERO)
        if in_lieu:
            self.cash += in_lieu
            self._entry(stamp, "cash_in_lieu", k, ZERO, in_lieu)

    # -- bars --

    def _fund(self, session: int, place: int) -> None:
        """What perpetuals pay of the moments since the bar before, on what was held when that was over."""
        opened = self.market.sessions[session].open
        for k, paid in self.paid.get(place, ()):
            price = paid.mark
            if price is None:
                # the last close up to the moment
                price = self.marks[k].prices[place if paid.moment == self.stamps[place] else place - 1] or ZERO
            amount = -round(self.held[k] * price * self.market.assets[k].multiplier * paid.rate, MONEY)
            if amount:
                self.cash += amount
                self._entry(max(paid.moment, opened), "funding", k, ZERO, amount)

    def _work(self, session: int, stamp: int) -> None:
        done: list[tuple[Ordered, Fraction, Fraction, Fraction, Fraction]] = []
        self._end(lambda order: order.ends is not None and order.ends < stamp)
        bars = {k: asset.bars[self.place] for k, asset in enumerate(self.market.assets) if self.place in asset.bars}
        queues = {k: self._in_turn(self._open_orders(k), bar) for k, bar in bars.items() if bar.volume}
        self._end(lambda order: order.more is not None and order.more.reduce_only and not self._room(order, done))
        for k, queue in sorted(queues.items(), key=lambda one: self.since.get(one[0], 0)):
            self._try([order for order in queue if order.status == "open"], bars[k], ZERO, done)
        self._end(lambda order: self._bar_of(order) == self.place)
        self._book_fills(session, stamp, done)
        self._end(lambda order: order.more is not None and order.more.reduce_only and not self._room(order, []))

    def _cancel(self, order: Ordered, *, split: bool = False) -> None:
        """An order ends. split: because a split leaves nothing of it."""
        order.status = "cancelled"

    def _filled(self, order: Ordered, quantity: Fraction, price: Fraction) -> None:
        """What a fill does to other orders; nothing here."""

    def _in_turn(self, queue: list[Ordered], bar: Any) -> list[Ordered]:
        """The orders as they share the bar: what the open fills for certain comes first where it is walked."""
        if not self.plan.by_range:
            return queue
        looked = [(order, *self._looked_at(order, bar)) for order in queue]
        if not any(hangs for _, _, hangs in looked):
            return queue
        return [one for one, opened, _ in looked if opened] + [one for one, opened, _ in looked if not opened]

    def _looked_at(self, order: Ordered, bar: Any) -> tuple[bool, bool]:
        """Whether the open of a bar fills an order for certain; whether what the bar does to it hangs on its path."""
        kind, tried = order.more, replace(order, follows=replace(order.follows))
        self._offered(tried, bar)
        waits = not order.stopped and (order.stop is not None or (kind is not None and (kind.trail or kind.touch)))
        if kind is not None and kind.at is not None:
            opened = kind.at == "open"
        elif (order.limit is None and not waits) or (kind is not None and kind.at_once):
            opened = self.plan.fill_at == "open"
        else:
            flat = replace(bar, high=bar.open, low=bar.open, close=bar.open)
            opened = self._offered(replace(order, follows=replace(order.follows)), flat) is not None
        hangs = order.limit is not None if kind is None or kind.trail is None else not kind.by_bar
        return opened, bool(hangs and waits and tried.stopped and not opened)

    def _end(self, over: Callable[[Ordered], bool]) -> None:
        for order in self.out.orders:
            if order.status == "open" and over(order):
                self._cancel(order)

    def _bar_of(self, order: Ordered) -> int | None:
        """The one bar on which an order fills, or not at all; None where there is no such bar."""
        kind, starts = order.more, self.market.starts
        if kind is None or not kind.at_once:
            return None
        if kind.at is None:
            return order.place + 1
        bars = starts if kind.at == "open" else [start - 1 for start in starts[1:]]
        return next((bar for bar in bars if bar > order.place), -1)

    def _room(self, order: Ordered, done: list[Any]) -> Fraction:
        """How many units of an order only make smaller what is held with the fills of this bar so far."""
        held = self.held[order.asset] + sum((fill[1] for fill in done if fill[0].asset == order.asset), ZERO)
        left = order.amount - order.filled
        return min(abs(left), abs(held)) if left * held < 0 else ZERO

    def _try(self, queue: list[Ordered], bar: Any, used: Fraction, done: list[Any]) -> list[Ordered]:
        """Works the orders of one asset; returns those that had their turn, whether or not they filled."""
        tried: list[Ordered] = []
        exhausted = False
        for order in queue:
            if order.status != "open":
                continue  # it ended with one before it
            wanted = order.amount - order.filled
            if order.more is not None:
                if self._bar_of(order) not in (None, self.place):
                    continue
                if order.more.reduce_only:
                    wanted = order.side * self._room(order, done)
                    if not wanted:
                        self._cancel(order)
                        continue
            price = self._offered(order, bar)
            if price is not None:
                # where no volume is left, what comes later knows whether its stop and limit were reached
                tried.append(order)
                share = self._share()
                exhausted = exhausted or (share is not None and _cut(bar.volume * share, self._step(order)) <= used)
                filled = None if exhausted else self._slipped(order, wanted, price, bar, used)
                if filled is not None and (order.more is None or order.more.until != "fok" or filled[1] == wanted):
                    used += abs(filled[1])
                    self._take(order, price, filled, done)
            if order.status == "open" and order.more is not None and order.more.at_once:
                self._cancel(order)  # before those that come after it
        return tried

    def _take(self, order: Ordered, reference: Fraction, filled: tuple[Fraction, Fraction], done: list[Any]) -> None:
        """An order fills, at a price and with a quantity."""
        price, quantity = filled
        fee = self._fee(order, quantity, price)
        order.filled += quantity
        order.paid += fee
        order.fills += 1
        if order.filled == order.amount:
            order.status = "filled"
        done.append((order, quantity, price, fee, reference))
        self._filled(order, quantity, price)

    def _step(self, order: Ordered) -> Fraction:
        return self.market.assets[order.asset].step

    def _label(self, session: int) -> Any:
        """The date by which the run's frames know a session."""
        return self.market.sessions[session].date

    def _book_fills(self, session: int, stamp: int, done: list[Any]) -> None:
        for order, quantity, price, fee, reference in done:
            amount = self._fill(order.asset, quantity, price)
            self._entry(stamp, "fill", order.asset, quantity, amount, order.number)
            symbol = self.market.assets[order.asset].symbol
            self.out.transactions.append((stamp, self._label(session), order.number, symbol, quantity, price, fee))
            self.out.references.append(reference)
        for order, first, fee in [(order, order.fills == 1, fee) for order, _, _, fee, _ in done]:
            for part in self._parts(order, fee, first):
                self.cash -= part
                if self.held[order.asset]:
                    self.cost[order.asset] += part
                self._entry(stamp, "fee", order.asset, ZERO, -part, order.number)

    def _offered(self, order: Ordered, bar: Any) -> Fraction | None:
        """The price at which the bar can fill the order; None where its limit is not reached."""
        price: Fraction = getattr(bar, self.plan.fill_at)
        limit, buys, kind = order.limit, order.amount > order.filled, order.more
        if kind is not None and kind.at_once:
            price = price if kind.at is None else getattr(bar, kind.at)
            return price if limit is None or (price <= limit if buys else price >= limit) else None
        if kind is not None and not order.stopped and (kind.trail or kind.touch is not None):
            return self._at_kind(order, kind, bar)
        if order.stop is not None and not order.stopped:
            reached = self._at_stop(order, bar)
            if reached is None:
                return None
            order.stopped = True
            if limit is not None and self.plan.by_range:
                if reached <= limit if buys else reached >= limit:
                    return reached
                # within a bar only the close is known to come after a stop that was not reached at the open
                later = (bar.low if buys else bar.high) if reached == bar.open else bar.close
                return limit if (later <= limit if buys else later >= limit) else None
            price = reached
        if limit is None:
            return price
        if self.plan.by_range:
            if buys:
                return min(bar.open, limit) if bar.low <= limit else None
            return max(bar.open, limit) if bar.high >= limit else None
        return price if (price <= limit if buys else price >= limit) else None

    def _at_kind(self, order: Ordered, kind: Kind, bar: Any) -> Fraction | None:
        """What a bar does to an order that trails or waits to be touched; a buy's prices turned."""
        turn, asset = -order.side, self.market.assets[order.asset]
        prices = [turn * getattr(bar, name) for name in ("open", "high", "low", "close")]
        if not self.plan.by_range:
            prices = [turn * getattr(bar, self.plan.fill_at)] * 4
        seen = Prices(prices[0], max(prices), min(prices), prices[3])
        if kind.trail is None:
            limit = None if order.limit is None else turn * order.limit
            order.stopped, price = _kinds.touched(turn * (kind.touch or ZERO), limit, seen)
            return None if price is None else turn * price
        begins = None if kind.activation is None else turn * kind.activation
        level = functools.partial(self._level, order, kind)
        price = _kinds.trailed(order.follows, seen, level, begins, by_bar=kind.by_bar)
        order.stop = None if order.follows.level is None else turn * order.follows.level
        if price is None or order.stop is None:
            return None
        order.stopped = True
        if kind.offset is not None:
            order.limit = on_tick(order.stop - turn * kind.offset, order.side > 0, asset.tick_size)
            price = _kinds.after(turn * order.limit, price, seen)
        return None if price is None else turn * price

    def _level(self, order: Ordered, kind: Kind, best: Fraction) -> Fraction:
        return _kinds.level_of(kind, order.side, best, self.market.assets[order.asset].tick_size, on_tick)

    def _at_stop(self, order: Ordered, bar: Any) -> Fraction | None:
        """The price at which a stop is reached: the stop, or an open beyond it; in the other modes what is offered."""
        stop: Any = order.stop
        side = 1 if order.amount > order.filled else -1
        if not self.plan.by_range:
            price: Fraction = getattr(bar, self.plan.fill_at)
            return price if side * price >= side * stop else None
        if side * bar.open >= side * stop:
            opened: Fraction = bar.open
            return opened
        return stop if side * (bar.high if side > 0 else bar.low) >= side * stop else None

    def _share(self) -> Fraction | None:
        """The share of a bar's volume that all orders of an asset may fill; None where the model has none."""
        name, *parameters = self.plan.slippage
        return {"basis_points": lambda: parameters[1], "volume_share": lambda: parameters[0]}.get(name, lambda: None)()

    def _slipped(
        self, order: Ordered, wanted: Fraction, price: Fraction, bar: Any, used: Fraction
    ) -> tuple[Fraction, Fraction] | None:
        name, *parameters = self.plan.slippage
        asset, scale = self.market.assets[order.asset], self.marks[order.asset].scale
        side = 1 if wanted > 0 else -1
        volume: Fraction = bar.volume
        if name == "own":
            quantity = _cut(min(abs(wanted), volume - used), asset.step)
            if quantity <= 0:
                return None
            middle = round((bar.open + bar.close) / 2, scale)
            if self.plan.by_range and (order.limit is not None or order.stop is not None):
                middle = side * max(side * middle, side * price)  # no better than the price that reached it
            return self._capped(order, middle), side * quantity
        if name in ("none", "fixed"):
            worse = parameters[0] / 2 if name == "fixed" else ZERO
            return self._capped(order, round(price + side * worse, scale)), wanted
        share = parameters[1] if name == "basis_points" else parameters[0]
        left = _cut(volume * share, asset.step) - used
        if left <= 0:
            return None
        quantity = min(abs(wanted), left)
        if name == "basis_points":
            slipped = round(price * (1 + side * parameters[0] / 10_000), scale)
            return self._capped(order, slipped), side * quantity
        taken = min((used + quantity) / volume, share)
        slipped = round(price * (1 + side * parameters[1] * taken**2), scale)
        if order.limit is not None and side * slipped > side * order.limit:
            return None
        return slipped, side * quantity

    @staticmethod
    def _capped(order: Ordered, price: Fraction) -> Fraction:
        """A limit is a limit."""
        if order.limit is None:
            return price
        return min(price, order.limit) if order.amount > order.filled else max(price, order.limit)

    def _fee(self, order: Ordered, quantity: Fraction, price: Fraction) -> Fraction:
        name, *parameters = self.plan.commission
        if name == "per_trade":
            return ZERO if order.fills else parameters[0]
        if name == "own":
            # the first fill of an order costs so much, a later one is paid for
            return round(abs(quantity) * parameters[0], MONEY) * (-1 if order.fills else 1)
        if name == "per_dollar":
            if self.market.assets[order.asset].future:
                return ZERO
            return round(abs(quantity) * price * self.market.assets[order.asset].multiplier * parameters[0], MONEY)
        if name == "none":
            return ZERO
        order.cost += round(abs(quantity) * parameters[0], MONEY)
        if self.market.assets[order.asset].future and not order.fills:
            order.cost += parameters[2]
        return max(order.cost, parameters[1]) - order.paid

    def _parts(self, order: Ordered, fee: Fraction, first: bool) -> list[Fraction]:
        """What a fee is made of, each an entry: of a future's first fill, the exchange's part by itself."""
        name, *parameters = self.plan.commission
        parts = [fee]
        if fee and name == "per_share" and self.market.assets[order.asset].future and first:
            parts = [fee - parameters[2], parameters[2]]
        return [part for part in parts if part]

    def _fill(self, k: int, quantity: Fraction, price: Fraction) -> Fraction:
        """Books a fill; returns the change of cash."""
        multiplier = self.market.assets[k].multiplier
        notional = round(quantity * price * multiplier, MONEY)
        held, now = self.held[k], self.held[k] + quantity
        if held * quantity >= 0:
            self.cost[k] += notional
        elif held * now > 0:
            self.cost[k] = round(self.cost[k] * (now / held), MONEY)
        else:
            self.cost[k] = round(now * price * multiplier, MONEY)
        self.held[k] = now
        if self.market.assets[k].settles:
            self.settled[k] += notional
            return ZERO
        self.cash -= notional
        return -notional

    # -- what the strategy asks for --

    def _ask(self, intent: Intent) -> None:
        k = intent.asset
        if intent.kind == "cancel":
            for order in self._open_orders(k):
                if self._is_own(order):
                    self._cancel(order)
            return
        asset = self.market.assets[k]
        size = self._size(intent)
        if size is None:
            return
        late = self._is_late(k)
        refused = not late and intent.kind != "batch" and self._controlled(k, size)
        if not size:
            return
        self.too_large = self.too_large or abs(size) >= 10**18
        limit = stop = None
        if intent.limit is not None:
            limit = on_tick(intent.limit, size > 0, asset.tick_size)
        if intent.stop is not None:
            stop = on_tick(intent.stop, size < 0, asset.tick_size)
        order = Ordered(len(self.out.orders) + 1, k, size, limit, stop, self.place, turn=self._turn())
        if intent.more is not None:
            refused = self._begin(order, intent.more) or refused
        if late or refused or self._unpaid(order):
            order.status = "rejected"
        else:
            self._opened(order)
        self.out.orders.append(order)

    def _opened(self, order: Ordered) -> None:
        """An order is at work. An asset's turn on a bar is as old as its oldest unbroken stretch of open orders."""
        if not [one for one in self._open_orders(order.asset) if one is not order]:
            self.since[order.asset] = self._turn()

    def _begin(self, order: Ordered, kind: Kind) -> bool:
        """What an order of a kind begins with. Returns whether it is refused."""
        market, k, session = self.market, order.asset, self._session()
        tick = market.assets[k].tick_size
        touch = None if kind.touch is None else on_tick(kind.touch, order.side > 0, tick)
        order.more = kind = replace(kind, touch=touch)
        first, ends = self._life(k)
        last = self._mark(k) if first <= session <= ends else None
        if kind.until == "day":
            session += market.by_session
            order.ends = market.sessions[session].close if session < len(market.sessions) else None
        elif isinstance(kind.until, int):
            order.ends = kind.until
        if kind.trail is not None and last is not None:
            turned = -order.side * last
            if kind.activation is None or turned >= -order.side * kind.activation:
                order.follows = Follows(turned, self._level(order, kind, turned))
                order.stop = -order.side * self._level(order, kind, turned)
        if kind.post_only and last is not None and order.limit is not None:
            return order.side * order.limit >= order.side * last
        return kind.reduce_only and self.held[k] * order.amount >= 0

    def _is_late(self, k: int) -> bool:
        return self._session() > self._life(k)[1]

    def _controlled(self, k: int, size: Fraction) -> bool:
        """Whether a control refuses an order; those after the first one that does are not asked."""
        asset = self.market.assets[k]
        mark = self._mark(k) or ZERO
        after = self.held[k] + size
        for name, *parameters in self.plan.controls:
            if name in ("set_max_order_size", "set_max_position_size"):
                of, shares, notional = parameters
                units = abs(size if name == "set_max_order_size" else after)
                if of in (None, k) and (
                    (shares is not None and units > shares)
                    or (notional is not None and units * mark * asset.multiplier > notional)
                ):
                    return True
            elif name == "set_max_order_count":
                session = self.market.sessions[self._session()]
                # the date of the moment in UTC: a session that never closes ends on the next one
                date = (session.stamps[self.place - self.market.starts[self._session()]]) // (24 * 3600 * 10**9)
                self.placed = (date, self.placed[1] + 1 if self.placed[0] == date else 1)
                if self.placed[1] > parameters[0]:
                    return True
            elif after < 0 if name == "set_long_only" else k in parameters:
                return True
        return False

    def _size(self, intent: Intent) -> Fraction | None:
        """Whole steps; None where nothing can be asked for."""
        k = intent.asset
        asset = self.market.assets[k]
        held = self.held[k] if "target" in intent.kind else ZERO
        if intent.kind in ("order", "order_target", "batch"):
            return whole((intent.number - held) / asset.step) * asset.step
        first, last = self._life(k)
        place = self.place
        if self._session() > last:
            # it is kept with its size at the last price, and refused
            place = max(self.market.starts[last + 1], self.market.starts[self.plan.first]) - 1
        mark = self.marks[k].prices[place] if place >= 0 else None
        if mark is None or self._session() < first:
            return None
        money = intent.number * (self._value() if "percent" in intent.kind else 1)
        return whole((money / (mark * asset.multiplier) - held) / asset.step) * asset.step

    def _life(self, k: int) -> tuple[int, int]:
        """The first and the last session with a bar."""
        places = self.market.assets[k].bars
        return self._session(min(places)), self._session(max(places))

    def _session(self, place: int | None = None) -> int:
        at = self.place if place is None else place
        return sum(start <= at for start in self.market.starts[1:])

    def _open_orders(self, k: int) -> list[Ordered]:
        found = [order for order in self.out.orders if order.asset == k and order.status == "open"]
        return sorted(found, key=lambda order: order.turn)

    def _turn(self) -> int:
        """A place in the queues behind all others."""
        self.turns += 1
        return self.turns

    def _is_own(self, order: Ordered) -> bool:
        """Whether an order is the strategy's, and not the broker's."""
        return True

    def _to_end(self, k: int) -> list[Ordered]:
        """The orders of an asset that have not ended."""
        return self._open_orders(k)

    # -- at the close --

    def _auto_close(self, session: int) -> None:
        stamp = self.market.sessions[session].close
        self._end(lambda order: order.ends is not None and order.ends <= stamp)
        for k, asset in enumerate(self.market.assets):
            if asset.auto_close is None or asset.auto_close > self.market.sessions[session].date:
                continue
            for order in self._to_end(k):
                self._cancel(order)
            held, mark = self.held[k], self._mark(k) or ZERO
            if held:
                amount = self._fill(k, -held, mark)
                self._entry(stamp, "auto_close", k, -held, amount)
                self.out.transactions.append((stamp, self._label(session), None, asset.symbol, -held, mark, ZERO))
                self.out.references.append(mark)

    def _cancel_policy(self, session: int) -> None:
        """What is open is cancelled; of a session with one bar only what was placed before it."""
        if self.plan.cancels is None or (session - self.plan.first + 1) % self.plan.cancels:
            return
        # what goes to work as another one is cancelled was not open
        for order in [one for one in self.out.orders if one.status == "open"]:
            if not self.market.by_session or order.place < self.place:
                self._cancel(order)

    def _day(
        self, session: int, before: tuple[Fraction, ...], within: tuple[Fraction, Fraction, Fraction]
    ) -> tuple[Fraction, ...]:
        grown, added, worth = within
        worths = [self._worth(k) for k in range(len(self.held))]
        exposures = [self._exposure(k) for k in range(len(self.held))]
        long, short = _sides(worths, self.held)
        long_exposure, short_exposure = _sides(exposures, self.held)
        exposure = long_exposure + short_exposure
        value = self.cash + long + short
        value_before, cash_before, positions_before, exposure_before = before
        change: Fraction | None = round(grown * value / worth - 1, RATIO) if worth else ZERO
        base = value_before + added
        if self.ruined and value_before <= 0 and (base <= 0 or change != round(value / base - 1, RATIO)):
            change = None  # nothing, or a debt, is no capital that could return anything
        self.ruined = self.ruined or value < 0 or (change is not None and change <= -1)
        self.out.daily.append(
            {
                "session": self.market.sessions[session].date,
                "portfolio_value": value,
                "pnl": value - value_before - added,
                "returns": change,
                "capital_used": self.cash - cash_before - added,
                "starting_cash": cash_before,
                "ending_cash": self.cash,
                "starting_value": positions_before,
                "ending_value": long + short,
                "starting_exposure": exposure_before,
                "ending_exposure": exposure,
                "long_value": long,
                "short_value": short,
                "long_exposure": long_exposure,
                "short_exposure": short_exposure,
                "longs_count": sum(q > 0 for q in self.held),
                "shorts_count": sum(q < 0 for q in self.held),
                "gross_leverage": round((long_exposure - short_exposure) / value, RATIO) if value > 0 else None,
                "net_leverage": round(exposure / value, RATIO) if value > 0 else None,
            }
        )
        for k, asset in enumerate(self.market.assets):
            if self.held[k]:
                basis = round(self.cost[k] / (self.held[k] * asset.multiplier), self.marks[k].scale)
                date = self.market.sessions[session].date
                mark = self._mark(k) or ZERO
                self.out.positions.append((date, asset.symbol, self.held[k], basis, mark, worths[k], exposures[k]))
        return value, self.cash, long + short, exposure

    def _mark(self, k: int) -> Fraction | None:
        return self.marks[k].prices[self.place] if self.place >= 0 else None

    def _exposure(self, k: int) -> Fraction:
        return round(self.held[k] * (self._mark(k) or ZERO) * self.market.assets[k].multiplier, MONEY)

    def _worth(self, k: int) -> Fraction:
        return ZERO if self.market.assets[k].settles else self._exposure(k)

    def _value(self) -> Fraction:
        """Cash, what is to be settled, and what all else is worth."""
        return self.cash + sum((self._exposure(k) - self.settled[k] for k in range(len(self.held))), ZERO)

    def _entry(
        self, stamp: int, kind: str, k: int | None, quantity: Fraction, amount: Fraction, order: int | None = None
    ) -> None:
        symbol = None if k is None else self.market.assets[k].symbol
        self.out.entries.append((stamp, kind, symbol, quantity, amount, order))


def _sides(amounts: list[Fraction], held: list[Fraction]) -> tuple[Fraction, Fraction]:
    """The sums of what is long and of what is short."""
    pairs = list(zip(amounts, held, strict=True))
    return sum((a for a, q in pairs if q > 0), ZERO), sum((a for a, q in pairs if q < 0), ZERO)


def whole(size: Fraction) -> int:
    """The nearest whole number where it is within 1/10,000, else cut towards zero."""
    nearest = round(size)
    return nearest if abs(size - nearest) <= Fraction(1, 10_000) else math.trunc(size)


def on_tick(price: Fraction, buys: bool, tick: Fraction) -> Fraction:
    """A buy goes down and a sell up, but for what is within 5 % of a tick past the grid the other way."""
    below = math.floor(price / tick)
    past = price / tick - below
    up = past >= Fraction(95, 100) if buys else past > Fraction(5, 100)
    return (below + up) * tick


def _cut(quantity: Fraction, step: Fraction) -> Fraction:
    """Whole steps, cut towards zero."""
    return math.trunc(quantity / step) * step
