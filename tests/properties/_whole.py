"""The oracle for runs that mix it all: it replays, besides what `Oracle` does, what holding costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.properties._accounts import Account, Accounts
from tests.properties._carried import Carried, interest, lent, nights, rolled
from tests.properties._charges import Charge, Filled, Schedule
from tests.properties._linked import Bracket, Change, Group, Link, Linked
from tests.properties._market import Market
from tests.properties._oracle import MONEY, ZERO, Intent, Ordered, Plan
from tests.properties._sent import Sent

NOTHING = Carried()
type Act = Bracket | Link | Change


@dataclass(frozen=True)
class WholePlan(Plan):
    """A plan with what holding costs, a schedule of fees for all but futures, and what the strategy does with
    linked orders after its intents of a bar."""

    carried: Carried = NOTHING
    charges: tuple[Charge, ...] = ()
    acts: tuple[Act, ...] = ()
    account: Account | None = None
    delay: int | None = None


class WholeOracle(Sent, Linked, Accounts):
    """Replays such a plan on a market."""

    plan: WholePlan

    def __init__(self, market: Market, plan: WholePlan) -> None:
        super().__init__(market, plan)
        self.account = plan.account
        self.delay, self.begins = plan.delay, 0
        self.arrives: dict[int, int] = {}
        self.cancels: list[tuple[int, Ordered]] = []
        self.sales: list[tuple[int, Fraction]] = []
        self.forced: set[int] = set()
        self.groups: list[Group] = []
        self.first: dict[int, Fraction] = {}
        for act in plan.acts:
            self.by_bar[market.starts[plan.first] + act.bar].append(act)  # type: ignore[arg-type]
        self.schedule = Schedule(plan.charges)
        self.makers: dict[int, bool] = {}  # by order, whether it gave liquidity on the bar that was tried last
        self.changed: dict[int, int] = {}  # by order, the bar at which it was changed last
        self.restated: dict[int, int] = {}  # by asset, the last bar before which it was split
        self.taken: dict[int, list[Fraction]] = {}  # by order, what the charges took of its last fill
        self.ended: list[list[Fraction]] = []  # what was held at each close, in the shares of now

    # -- what the strategy asks for --

    def _ask(self, intent: Intent | Act) -> None:
        if isinstance(intent, Bracket):
            self._bracket(intent)
        elif isinstance(intent, Link):
            self._link(intent)
        elif isinstance(intent, Change):
            self._change(intent)
        else:
            super()._ask(intent)

    def _enter(
        self, act: Bracket | Link, lots: Fraction, limit: Fraction | None, stop: Fraction | None
    ) -> Ordered | None:
        before = len(self.out.orders)
        super()._ask(Intent(act.bar, act.asset, "order", lots, limit, stop))
        return self.out.orders[-1] if len(self.out.orders) > before else None

    def _is_own(self, order: Ordered) -> bool:
        return order.number not in self.forced

    def _beyond(self, order: Ordered, more: Fraction) -> bool:
        reduces = order.more is not None and order.more.reduce_only
        return (
            self.account is not None
            and more * order.amount > 0
            and not reduces
            and self._lacks(order.asset, more, order)
        )

    def _dearer(self, order: Ordered, amount: Fraction, limit: Fraction | None, stop: Fraction | None) -> bool:
        reduces = order.more is not None and order.more.reduce_only
        return self.account is not None and not reduces and self._unpaid_as(order, amount, limit, stop)

    def _book_fills(self, session: int, stamp: int, done: list[Any]) -> None:
        super()._book_fills(session, stamp, done)
        for order, quantity, price, fee, _ in done:
            if quantity < 0:
                multiplier = self.market.assets[order.asset].multiplier
                self.sales.append((session, round(-quantity * price * multiplier, MONEY) - fee))

    # -- overnight --

    def _overnight(self, session: int) -> None:
        """The nights since the session before, on what was held and on the cash when it was over."""
        if session == self.plan.first:
            return
        self.ended.append(list(self.held))
        days = nights(self.market.sessions[session - 1].date, self.market.sessions[session].date)
        stamp, terms = self.market.sessions[session].open, self.plan.carried
        due: list[tuple[str, int | None, Fraction]] = []
        rolls = {} if terms.rollover is None else terms.rollover.rates
        for k in sorted(range(len(self.held)), key=lambda k: self.market.assets[k].symbol):
            asset, price = self.market.assets[k], self._mark(k) or ZERO
            units, borrowed = self.held[k] * asset.multiplier, self._borrowed(k) * asset.multiplier
            # what settles each day or rolls over is not borrowed
            if terms.borrow is not None and borrowed < 0 and not asset.settles and k not in rolls:
                due.append(("borrow", k, lent(terms.borrow, k, borrowed, price, days)))
            if terms.rollover is not None and k in rolls and units:
                due.append(("rollover", k, rolled(terms.rollover, k, units, price, days)))
        if terms.financing is not None:
            due.append(("financing", None, interest(terms.financing, self._bearing(terms), days)))
        for kind, asset, exact in due:
            amount = round(exact, MONEY)
            if amount:
                self.cash += amount
                self._entry(stamp, kind, asset, ZERO, amount)

    def _borrowed(self, k: int) -> Fraction:
        """What was held as far as trades have settled."""
        borrow = self.plan.carried.borrow
        late = 0 if borrow is None else borrow.settled
        return self.ended[-1 - late][k] if len(self.ended) > late else ZERO

    def _split_position(self, stamp: int, k: int, ratio: Fraction, mark: Fraction) -> None:
        super()._split_position(stamp, k, ratio, mark)
        for held in self.ended:
            held[k] /= ratio

    def _bearing(self, terms: Carried) -> Fraction:
        """The cash that bears interest: less what shorts are worth, and what was paid for what rolls over."""
        cash, over = self.cash, terms.rollover.rates if terms.rollover is not None else {}
        for k, held in enumerate(self.held):
            if self.market.assets[k].settles:
                continue
            if k in over:
                cash += self.cost[k]
            elif held < 0 and terms.financing is not None and not terms.financing.free:
                cash += self._worth(k)
        return cash

    # -- fees --

    def _offered(self, order: Ordered, bar: Any) -> Fraction | None:
        before = order.stopped
        price = super()._offered(order, bar)
        at_once = order.more is not None and order.more.at_once
        reached = order.stopped and not before
        self.makers[order.number] = order.limit is not None and not at_once and not reached and self._rested(order, bar)
        return price

    def _rested(self, order: Ordered, bar: Any) -> bool:
        """Whether a limit waited for the market: on its first bar neither the open nor the last price was at it."""
        since = max(order.place, self.changed.get(order.number, 0))
        if since < self.place - 1 or order.limit is None:
            return True
        last = self.marks[order.asset].prices[self.place - 1]
        prices = [bar.open] if last is None or self.restated.get(order.asset) == self.place else [bar.open, last]
        return all(order.side * price > order.side * order.limit for price in prices)

    def _split_orders(self, k: int, ratio: Fraction) -> None:
        super()._split_orders(k, ratio)
        self.restated[k] = self.place + 1

    def _fee(self, order: Ordered, quantity: Fraction, price: Fraction) -> Fraction:
        asset = self.market.assets[order.asset]
        if not self.plan.charges or asset.future:
            return super()._fee(order, quantity, price)
        session = self._session()
        fill = Filled(
            order.number,
            self.stamps[order.place],
            self.market.sessions[self._session(order.place)].date,
            self.stamps[self.place],
            self.market.sessions[session].date,
            quantity > 0,
            abs(quantity),
            abs(quantity) * price * asset.multiplier,
            self.makers[order.number],
            not order.fills,
        )
        self.taken[order.number] = parts = self.schedule.parts(fill)
        return sum(parts, ZERO)

    def _parts(self, order: Ordered, fee: Fraction, first: bool) -> list[Fraction]:
        if not self.plan.charges or self.market.assets[order.asset].future:
            return super()._parts(order, fee, first)
        return self.taken[order.number]
