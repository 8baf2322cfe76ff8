"""The books as integers: cash, positions, marks, and the sizes of orders that follow from them.

This is the specification; the native twin gives the same integers and raises the same errors. Nothing here knows a
Decimal, a date or an order. Cash and amounts of money have 20 decimals. Each asset that an account holds has a slot,
and its own scales:

    quantity   value * 10**-quantity_scale
    mark       value * 10**-mark_scale    the marks, one per bar
    fill price value * 10**-fill_scale    a finer grid: what slippage and adjustments compute

Pockets and slots are numbers that `open_pocket` and `open_slot` gave. A method that raises has changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rustybt._kernels._holdings import Holdings
from rustybt._kernels._pocket import refused_transfer
from rustybt._kernels._slot import LEAST, LIMIT
from rustybt._kernels._steps import whole_steps
from rustybt.core import MONEY_SCALE, POWERS, Rows, check_money, div_half_even

HIGHEST_POWER = len(POWERS) - 1

type BooksState = tuple[Sequence[tuple[int, bool]], int, Sequence[tuple[int, int, int]], Sequence[tuple[int, int]]]
"""What was posted to each pocket and whether anything was booked there, the bar, the positions (slot, quantity, cost)
as they were opened, and what is settled, by slot."""


class Books(Holdings):
    """Cash and positions of accounts in one or several currencies, marked on a series of prices per asset.

    A pocket is the cash of an account in a currency. A slot is an asset that an account holds: what it is filled at,
    charged and settled is money of its pocket. The currency of the first pocket is the base: an amount of several
    pockets is in it. Money of two currencies meets in `in_base` only, which each pocket's cash and each position go
    through by themselves, rounded once; all else is a sum of these, so that sums agree to the last digit.
    """

    __slots__ = ()

    def fill(self, slot: int, quantity: int, price: int) -> int:
        """Books a fill and returns what it posted to cash: minus quantity times price, or nothing if the slot settles.

        A fill that adds to a position adds its notional to the cost; one that reduces it takes the same share of the
        cost away; one that turns it around starts the new position at the fill price.
        """
        # the hottest of these methods: `notional` and `check_money` are written out where nothing is refused
        s = self.slots[slot]
        product = quantity * price * s.fill_unit
        notional = product if s.fill_divisor == 1 else div_half_even(product, s.fill_divisor)
        pocket = s.pocket
        settled = None
        if s.daily_settled:
            cash = pocket.posted
            settled = check_money(self.settled.get(slot, 0) + notional)
        else:
            cash = pocket.posted - notional
            if not LEAST < cash < LIMIT:
                check_money(cash)
        quantities, costs = self.quantity, self.cost
        held = quantities.get(slot, 0)
        now = held + quantity
        if not LEAST < now < LIMIT:
            check_money(LIMIT)
        if not now:
            quantities.pop(slot, None)
            costs.pop(slot, None)
        else:
            if not held:
                cost = notional
            elif (held > 0) == (quantity > 0):
                cost = costs[slot] + notional
            elif (held > 0) == (now > 0):
                cost = div_half_even(costs[slot] * now, held)
            else:
                cost = self.notional(slot, now, price)
            if not LEAST < cost < LIMIT:
                check_money(cost)
            costs[slot] = cost
            quantities[slot] = now
        self._cached_bar = -1
        pocket.posted = cash
        pocket.used = True
        if settled is None:
            return -notional
        self._keep_settled(slot, settled)
        return 0

    def charge(self, slot: int, amount: int) -> None:
        """Takes a cost of trading from cash and adds it to the position's cost, if there is one."""
        pocket = self.slots[slot].pocket
        posted = pocket.posted - amount
        if not LEAST < posted < LIMIT:
            check_money(posted)
        cost = self.cost.get(slot)
        if cost is not None:
            cost += amount
            if not LEAST < cost < LIMIT:
                check_money(cost)
            self.cost[slot] = cost
        pocket.posted = posted
        pocket.used = True

    def post(self, pocket: int, amount: int) -> None:
        """Adds an amount to the cash of a pocket."""
        of = self._pockets[pocket]
        of.posted = check_money(of.posted + amount)
        of.used = True

    def transfer(self, from_: int, amount: int, to: int, received: int) -> None:
        """Takes an amount from the cash of one pocket and adds another, of its own currency, to that of another one."""
        giver, taker = self._pockets[from_], self._pockets[to]
        if giver is taker:
            raise refused_transfer(giver.account, giver.currency)
        left, got = check_money(giver.posted - amount), check_money(taker.posted + received)
        giver.posted, taker.posted = left, got
        giver.used = taker.used = True

    def set_position(self, slot: int, quantity: int, cost: int) -> None:
        """Replaces a position, as a split does; a quantity of zero removes it. What is settled stays as it is."""
        s = self.slots[slot]
        if quantity == 0:
            self.quantity.pop(slot, None)
            self.cost.pop(slot, None)
        else:
            if not LEAST < quantity < LIMIT:
                check_money(LIMIT)
            self.cost[slot] = check_money(cost)
            self.quantity[slot] = quantity
        self._cached_bar = -1
        s.pocket.used = True
        if s.daily_settled:
            self._keep_settled(slot, self.settled.get(slot, 0))

    def _keep_settled(self, slot: int, settled: int) -> None:
        """Remembers what is settled of a slot, as long as it is held or has something to post."""
        if settled or slot in self.quantity:
            self.settled[slot] = settled
        else:
            self.settled.pop(slot, None)

    def settle(self, slot: int) -> int:
        """Posts the variation of a slot at its mark to cash, and returns it; 0 where there is nothing to settle."""
        settled = self.settled.get(slot)
        if settled is None:
            return 0
        pocket = self.slots[slot].pocket
        exposure = check_money(self._exposure(slot))
        pocket.posted = check_money(pocket.posted + exposure - settled)
        self._keep_settled(slot, exposure)
        return exposure - settled

    def state(self) -> BooksState:
        """All that was booked, as plain values."""
        cost = self.cost
        pockets = [(pocket.posted, pocket.used) for pocket in self._pockets]
        positions = [(slot, quantity, cost[slot]) for slot, quantity in self.quantity.items()]
        return pockets, self.bar, positions, list(self.settled.items())

    def restore(self, state: BooksState) -> None:
        """Replaces all that was booked by what `state` gave; pockets and slots have to be open, in the same order."""
        pockets, bar, positions, settled = state
        for pocket, (posted, used) in zip(self._pockets, pockets, strict=True):
            pocket.posted, pocket.used = check_money(posted), used
        self.quantity = {slot: quantity for slot, quantity, _ in positions}
        self.cost = {slot: cost for slot, _, cost in positions}
        self.settled = dict(settled)
        self._cached_bar = -1
        self.seek(bar)

    def write_positions(self, rows: Rows) -> None:
        """Adds a row of slot, quantity and total cost for every position, in the order in which they were opened."""
        cost = self.cost
        for slot, quantity in self.quantity.items():
            rows.add((slot, quantity, cost[slot]))

    def size_of_value(self, slot: int, money: int, money_scale: int, price: int, target: bool) -> int:
        """How many units an amount of the base currency is worth, less what is held if it is a target.

        money: at money_scale. price: at the fill scale, above zero. Returns a multiple of the step.
        """
        s = self.slots[slot]
        if s.pocket.foreign:
            money = s.pocket.from_base(money, money_scale, self.bar, self._rates)
            money_scale = MONEY_SCALE
        # powers of ten that both sides of the division have are left out of both
        exponent = money_scale - s.size_exponent
        denominator = price * s.multiplier
        if exponent >= 0:
            denominator *= POWERS[exponent] if exponent <= HIGHEST_POWER else 10**exponent
        else:
            money *= 10**-exponent
        if target:
            money -= self.quantity.get(slot, 0) * denominator
        return whole_steps(money, denominator * s.step) * s.step

    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int:
        """How many units a share of the value of the slot's account is worth, less what is held if it is a target."""
        only = self._only
        if only is None:
            value = self.equity(self.slots[slot].pocket.account)
        elif self.bar == self._cached_bar and not self.settled:
            value = only.posted + self._cached_value  # as in `equity`
        else:
            value = self.equity()
        return self.size_of_value(slot, value * weight, MONEY_SCALE + weight_scale, price, target)
