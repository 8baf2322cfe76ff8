"""The way of orders, changes and cancels to the exchange, in a run that has set a latency, and between two bars.

docs/decisions/35-latency.md says which price of a bar an order gets that arrives, or is placed, within it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    DAY_NS,
    Auction,
    Cause,
    OrderStatus,
    OrderTerms,
    Phase,
    frequency_named,
    terms_from,
    tick_at,
    trailed,
)
from rustybt.engine._agenda import Agenda
from rustybt.errors import InputError
from rustybt.execution import Meeting, SimulatedBroker
from rustybt.orders import OrderBook, cut, terms_after_split
from rustybt.strategy import RunSettings
from rustybt.view import MarketView

if TYPE_CHECKING:
    from rustybt.core.latency import Latency

ALIVE: Final = frozenset({OrderStatus.OPEN, OrderStatus.HELD})


class Message(NamedTuple):
    """A change, or a cancel, under way.

    due: the bar before which it takes effect. arrival: ns UTC. number: of the order. cancels: or it replaces; then the
    terms and the amount of the whole, None where that stays.
    """

    due: int
    arrival: int
    number: int
    cancels: bool
    terms: OrderTerms[int] | None = None
    amount: int | None = None


class Wire:
    """Carries what a strategy sends. Messages arrive in the order in which they were sent.

    idle_at_bars: whether an order that is placed when a bar is over meets the same prices as without latency.
    met: by number, where an order was on its way for longer, the first bar that it meets, and whether only its close.
    """

    __slots__ = (
        "_agenda", "_axis", "_begins_late", "_book", "_broker", "_certain", "_ending", "_last", "_latency", "_market",
        "_messages", "_queues", "_random", "_single", "_step", "_times", "_transit", "_within", "idle_at_bars", "met",
    )  # fmt: skip

    def __init__(
        self, latency: Latency, seed: int, market: MarketView, book: OrderBook, broker: SimulatedBroker, agenda: Agenda
    ) -> None:
        self._latency = latency
        self._market = market
        self._axis = market.axis
        self._times = market.axis.times
        self._book = book
        self._queues = book.queues
        self._broker = broker
        self._transit = broker.transit
        self._agenda = agenda
        from random import Random

        self._random = Random(f"latency {seed}")
        self._certain = latency.certain
        self._last = 0
        self.met: dict[int, Meeting] = {}
        self._messages: list[Message] = []
        # numbers of orders whose cancel is under way
        self._ending: set[int] = set()
        self._step = frequency_named(market.frequency).step_ns or 31 * DAY_NS
        self._single = not broker.triggers.by_range
        self._begins_late = broker.triggers.field == "open"
        self.idle_at_bars = self._is_idle()
        self._within = self._arrive_within()

    def _is_idle(self) -> bool:
        """Whether no latency of the run reaches from the end of a bar to a price of the next."""
        longest, times = self._latency.longest, self._axis.stamps
        if longest is None:
            return False
        if self._single and not self._begins_late:
            return len(times) < 2 or longest < int(np.diff(times).min())
        return all(self._begin(bar) - self._axis.times[bar - 1] >= longest for bar in range(1, len(times)))

    def _arrive_within(self) -> bytes:
        """By bar, 1 where each order that is placed when it is over arrives within the next, which begins then."""
        times = self._axis.stamps
        within = np.zeros(len(times), dtype=np.bool_)
        if self._certain is not None and 0 < self._certain < self._step < DAY_NS:
            within[:-1] = np.diff(times) == self._step
        return within.tobytes()

    def _opens_with(self, bar: int) -> int:
        """When the session opens of which a bar is the first, ns UTC; 0 for all other bars."""
        session = bisect_right(self._axis.starts, bar, hi=self._axis.sessions) - 1
        return self._axis.opens[session] if bar == self._axis.starts[session] else 0

    def _begin(self, bar: int) -> int:
        """When a bar begins, ns UTC."""
        axis = self._axis
        session = bisect_right(axis.starts, bar, hi=axis.sessions) - 1
        if axis.daily:
            return axis.opens[session]
        first = bar == axis.starts[session]
        return max(axis.opens[session] if first else axis.times[bar - 1], axis.times[bar] - self._step)

    # what is sent

    def sent(self, order: WorkingOrder, terms: OrderTerms[int] | None, slot: int) -> None:
        """A new order is on its way: from when on the broker tries it. terms, slot: its own, and that of its asset."""
        market = self._market
        bar = market.bar
        if not self._within[bar] or market.now or market.before_open or not (terms is None or order.more is None):
            self._sent_at_any_time(order)
        elif terms is not None and not self._single:
            self._carry(order, bar + 1, True)
        elif self._begins_late:
            queues = self._queues
            if terms is None and len(queues) == 1 and len(queues[slot]) == 1:
                transit, number, due = self._transit, order.number, bar + 2
                self.met[number] = due, False
                transit.quiet, transit.alone = due, number
            else:
                self._carry(order, bar + 2, False)

    def _sent_at_any_time(self, order: WorkingOrder) -> None:
        market = self._market
        if self.idle_at_bars and not market.now and not market.before_open:
            return
        due, late = self._due(order, self._arrival(order.created))
        if late or due > market.bar + 1:
            self._carry(order, due, late)

    def _carry(self, order: WorkingOrder, due: int, late: bool) -> None:
        """An order meets a bar after the next one first, or its close only."""
        if self._transit.quiet > self._market.bar:
            self._transit.enter_alone()
        number = order.number
        meeting = self.met[number] = due, late
        asleep = self._single and order.more is None and not order.is_market
        self._transit.add(number, meeting, asleep=asleep)
        if asleep:
            self._broker.sleep_till(due, order)

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause) -> bool:
        """A cancel is on its way. Returns False where the order is over, or another one is under way."""
        if order.status not in ALIVE or order.number in self._ending:
            return False
        self._ending.add(order.number)
        self._send(order, stamp, None, None, cancels=True)
        return True

    def replace(self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int) -> bool:
        """A change is on its way. Returns False where the order is over."""
        if order.status is not OrderStatus.OPEN:
            return False
        self._send(order, stamp, terms, None if amount == self.becoming(order)[1] else amount, cancels=False)
        return True

    def becoming(self, order: WorkingOrder) -> tuple[OrderTerms[int] | None, int]:
        """The terms and the amount that an order has once all that is under way has arrived."""
        terms, amount = order.terms, order.amount
        for one in self._messages:
            if one.number == order.number and not one.cancels:
                terms, amount = one.terms, amount if one.amount is None else one.amount
        return terms, amount

    def move_to_the_end(self, order: WorkingOrder) -> None:
        """Once it has arrived."""

    def split(self, slot: int, numerator: int, denominator: int, tick: tuple[int, int]) -> None:
        """Restates what is under way to orders of an asset. tick: as `OrderBook.split` takes it."""
        self._transit.watched = True  # it woke them
        for place, one in enumerate(self._messages):
            order = self._book.numbered(one.number)
            instrument = order.instrument
            if instrument.slot != slot:
                continue
            terms, amount, step = one.terms, one.amount, instrument.step
            if terms is not None:
                terms = terms_after_split(order, terms, numerator, denominator, tick)
            if amount is not None:
                amount = cut(amount * denominator, numerator * step) * step
            self._messages[place] = one._replace(terms=terms, amount=amount)

    def _send(
        self, order: WorkingOrder, stamp: int, terms: OrderTerms[int] | None, amount: int | None, *, cancels: bool
    ) -> None:
        arrival = self._arrival(stamp)
        due, late = self._due(order, arrival)
        if late and self._transit.get(order.number) != (due, True):
            due += 1  # the bar may have met the order before
        message = Message(due, arrival, order.number, cancels, terms, amount)
        # beyond the last bar nothing arrives any more
        comes = due == self._market.bar + 1 < len(self._axis.times) and not self._market.now
        if comes and self._opens_with(due) >= arrival:
            self.deliver(due)  # what was sent before
            self._carry_out(message, stamp)  # overnight: before anything can happen to the order
            return
        self._messages.append(message)
        self._agenda.at(due, Phase.MARKET, deliver)

    def _arrival(self, sent: int) -> int:
        arrival = sent + (self._latency.draw(self._random) if self._certain is None else self._certain)
        self._last = max(self._last, arrival)
        return self._last

    def _due(self, order: WorkingOrder, arrival: int) -> tuple[int, bool]:
        """The first bar that has a price for an order from an arrival on, and whether that is its close only."""
        bar = max(bisect_right(self._axis.times, arrival), self._market.bar + 1)
        if bar >= len(self._axis.times) or self._begin(bar) >= arrival:
            return bar, False
        more, begins_late = order.more, self._begins_late
        if more is not None and more.at is not None:
            begins_late = more.at is Auction.OPEN
        elif not (self._single or self._takes_one_price(order)):
            return bar, True
        return (bar + 1 if begins_late else bar), False

    @staticmethod
    def _takes_one_price(order: WorkingOrder) -> bool:
        """Whether an order takes what `fill_at` names, and not the bar's range."""
        more = order.more
        if order.is_market or (more is not None and more.at_once):
            return True
        waits = more is not None and (more.trail is not None or more.touch is not None)
        return order.limit is None and (order.stop_reached or (order.stop is None and not waits))

    # what arrives

    def deliver(self, bar: int) -> None:
        """What takes effect before a bar."""
        self._deliver([message for message in self._messages if message.due <= bar], bar)

    def _deliver(self, due: list[Message], bar: int) -> None:
        self._messages = [message for message in self._messages if message not in due]
        for message in due:
            self._carry_out(message, max(message.arrival, self._axis.times[bar - 1]))

    def settle(self, stamp: int) -> None:
        """Before a session ends, or anything happens overnight: what has arrived by a moment, and no bar waits for."""
        if self._messages:
            bar = self._market.bar + 1
            self._deliver([one for one in self._messages if one.due <= bar and one.arrival <= stamp], bar)

    def _carry_out(self, message: Message, stamp: int) -> None:
        book, order = self._book, self._book.numbered(message.number)
        if message.cancels:
            self._ending.discard(order.number)
            book.cancel(order, stamp, Cause.STRATEGY)
            return
        amount = order.amount if message.amount is None else message.amount
        if order.status is not OrderStatus.OPEN or abs(amount) < abs(order.filled):
            return
        terms = _as_of_now(order, message.terms)
        moves = abs(amount) > abs(order.amount) or terms != order.terms
        self._transit.watched = True  # it wakes the order
        if book.replace(order, terms, stamp, amount) and moves and order.status is OrderStatus.OPEN:
            book.move_to_the_end(order)

    def state(self) -> dict[str, Any]:
        """What is under way, and the state of chance, as plain values."""
        return {
            "random": self._random.getstate(),
            "last": self._last,
            "messages": [(*one[:4], one.terms and one.terms.plain(), one.amount) for one in self._messages],
            "ending": sorted(self._ending),
            "transit": [(number, *when) for number, when in self._transit.all_after(self._market.bar)],
            "met": [(number, *when) for number, when in self.met.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave."""
        self._random.setstate(state["random"])
        self._last = state["last"]
        self._messages = [
            Message(due, arrival, number, cancels, terms and terms_from(terms), amount)
            for due, arrival, number, cancels, terms, amount in state["messages"]
        ]
        self._ending = set(state["ending"])
        for number, due, late in state["transit"]:
            self._transit.add(number, (due, late), asleep=False)
        self.met.update({number: (due, late) for number, due, late in state["met"]})
        for message in self._messages:
            self._agenda.at(message.due, Phase.MARKET, deliver)


def wire_of(loop: Any) -> Wire | None:
    """What carries the messages of a run; None where none takes any time."""
    latency, run = loop.settings.latency, loop.run
    if latency is None:
        return None
    wire = loop.gate.wire = Wire(latency, run.facts.seed, run.market, run.book, loop.simulated, loop.agenda)
    return wire


def wire_between_bars(loop: Any) -> Wire | None:
    """What carries what is sent between two bars of a run without latency, where that bar's prices begin before it.

    A close comes after; an open, or a range, has been in part. None where it is no matter.
    """
    triggers = loop.simulated.triggers
    if loop.broker is not loop.simulated or not (triggers.by_range or triggers.field == "open"):
        return None
    if loop.wire is None:
        from rustybt.core.latency import Latency

        run = loop.run
        loop.wire = Wire(Latency(), run.facts.seed, run.market, run.book, loop.simulated, loop.agenda)
    wire: Wire = loop.wire
    return wire


def refuse_latency(settings: RunSettings, broker: object) -> None:
    """Raises InputError where a latency was set for a run whose orders go to another broker."""
    if settings.latency is not None:
        raise InputError(
            f"set_latency was called, and the orders of this run go to {broker!r}, which takes its own time. Leave "
            "the latency out, or let the simulated broker fill them."
        )


def met_later(wire: Wire | None) -> dict[int, Meeting]:
    """By number of an order that was on its way for longer, the first bar that it met, and whether only its close."""
    return {} if wire is None else wire.met


def settle(loop: Any, stamp: int) -> None:
    """What has arrived by the end of a session, or the opening of the next, takes effect before what happens then."""
    if loop.wire is not None:
        loop.wire.settle(stamp)


def deliver(loop: Any) -> None:
    """What is due with a bar of a run."""
    loop.wire.deliver(loop.cursor.bar)


def _as_of_now(order: WorkingOrder, terms: OrderTerms[int] | None) -> OrderTerms[int] | None:
    """Terms that were sent a while ago: what has become of the order since then stays."""
    if terms is None or order.terms is None:
        return terms
    terms = terms._replace(linked=order.terms.linked)
    best = None if order.terms.trail is None else order.terms.trail.best
    if terms.trail is None or best is None:
        return terms
    instrument = order.instrument
    return trailed(terms, order.amount > 0, best, tick_at(instrument.tick, instrument.fill_scale))
