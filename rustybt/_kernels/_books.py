"""The books as integers: cash, positions, marks, and the sizes of orders that follow from them.

This is the specification; the native twin gives the same integers and raises the same errors. Nothing here knows a
Decimal, a date or an order. Cash and amounts of money have 20 decimals. Each asset that a run touches has a slot, and
its own scales:

    quantity   value * 10**-quantity_scale
    lane price value * 10**-lane_scale    the marks, one per bar
    fill price value * 10**-fill_scale    a finer grid: what slippage and adjustments compute

A slot is a number that `open_slot` gave. A method that raises has changed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rustybt.core import MONEY_SCALE, POWERS, Rows, as_plain_decimal, check_money, div_half_even
from rustybt.errors import InputError, MoneyOverflow

LIMIT = 10**38
"""Quantities and lane prices are below it, scaled, as money is: they fit 38 digits."""
LEAST = -LIMIT
"""They are above it."""
SCALE_LIMIT = 100
"""No number of an asset has more decimals; frames hold 38."""
NEAR_UNIT = 10_000
"""A size within 1/10,000 of a whole unit is that unit, as in Zipline; else it is cut towards zero."""


type BooksState = tuple[int, int, Sequence[tuple[int, int, int]], Sequence[tuple[int, int]]]
"""What was posted, the bar, the positions (slot, quantity, cost) as they were opened, and what is settled, by slot."""


class Books:
    """Cash and positions of one account in one currency, marked on a lane of prices per asset.

    `bar` is the position in the lanes at which marks are read. An override replaces the mark of a slot until
    the overrides are cleared: between a split and the first bar after it there is no lane price to read.

    A slot that settles is a future's: a fill posts no cash, and the position is worth nothing by itself. What its
    price has moved by since it was filled or last settled is variation, and part of cash from the moment on at which
    the mark shows it; `settle` posts it. `settled` holds, for each such slot with a position or with something to
    post, the sum of quantity x price x multiplier that is settled: variation is what the position comes to, less it.
    """

    __slots__ = (
        "_cached_bar",
        "_cached_value",
        "_common_up",
        "bar",
        "cost",
        "overrides",
        "posted",
        "quantity",
        "settled",
        "slots",
    )

    def __init__(self, cash: int) -> None:
        self.posted = check_money(cash)
        self.settled: dict[int, int] = {}
        self.slots: list[_Slot] = []
        self.quantity: dict[int, int] = {}
        self.cost: dict[int, int] = {}
        self.overrides: dict[int, int] = {}
        self.bar = 0
        self._cached_bar = -1
        self._cached_value = 0
        # what brings a product of every slot's lane to money, where that is one factor for all of them; else 0
        self._common_up = 0

    def open_slot(
        self,
        lane: Sequence[int],
        lane_scale: int,
        fill_scale: int,
        quantity_scale: int,
        step: int,
        multiplier: int,
        multiplier_scale: int,
        settles: bool = False,
    ) -> int:
        """Registers an asset and returns its slot.

        lane: one price a bar, a buffer of int64 or a list; it must not change any more. step: the smallest quantity,
        scaled. settles: whether gains and losses are settled into cash, as a future's are. Raises InputError where a
        scale, step or multiplier means nothing, MoneyOverflow for a lane price of 1e38 or more, scaled.
        """
        check_slot(lane, lane_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale)
        slot = _Slot(lane, lane_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale, settles)
        common = not self.slots or self._common_up == slot.lane_up
        self._common_up = slot.lane_up if common and slot.lane_down == 1 else 0
        self.slots.append(slot)
        return len(self.slots) - 1

    @property
    def cash(self) -> int:
        """Cash as it stands: what was posted, and the variation that is not posted yet."""
        return self.posted + self.variation() if self.settled else self.posted

    def seek(self, bar: int) -> None:
        """Moves to a bar; marks are read there from now on. IndexError for a negative one."""
        if bar < 0:
            raise IndexError(f"there is no bar {bar}")
        self.bar = bar

    def mark(self, slot: int) -> int:
        """The price of a slot at the current bar, at its fill scale."""
        override = self.overrides.get(slot)
        if override is not None:
            return override
        s = self.slots[slot]
        return s.lane[self.bar] * s.lane_to_fill

    def override_mark(self, slot: int, price: int) -> None:
        """Marks a slot at a price of its fill scale until the overrides are cleared."""
        self.overrides[slot] = price
        self._cached_bar = -1

    def clear_overrides(self) -> None:
        """Reads every mark from its lane again."""
        self.overrides.clear()
        self._cached_bar = -1

    def gross(self, slot: int, quantity: int, price: int) -> int:
        """Quantity times fill price times multiplier as money; rounded half-even beyond 20 decimals."""
        s = self.slots[slot]
        product = quantity * price * s.multiplier
        return product * s.fill_up if s.fill_down == 1 else div_half_even(product, s.fill_down)

    def fill(self, slot: int, quantity: int, price: int) -> int:
        """Books a fill and returns what it posted to cash: minus quantity times price, or nothing if the slot settles.

        A fill that adds to a position adds its gross to the cost; one that reduces it takes the same share of the
        cost away; one that turns it around starts the new position at the fill price.
        """
        # the hottest of these methods: `gross` and `check_money` are written out where nothing is refused
        s = self.slots[slot]
        product = quantity * price * s.multiplier
        gross = product * s.fill_up if s.fill_down == 1 else div_half_even(product, s.fill_down)
        settles, cash, settled = s.settles, self.posted, 0
        if settles:
            settled = check_money(self.settled.get(slot, 0) + gross)
        else:
            cash -= gross
            if not LEAST < cash < LIMIT:
                check_money(cash)
        held = self.quantity.get(slot, 0)
        now = held + quantity
        if not LEAST < now < LIMIT:
            check_money(LIMIT)
        if now == 0:
            self.quantity.pop(slot, None)
            self.cost.pop(slot, None)
        else:
            if held == 0:
                cost = gross
            elif (held > 0) == (quantity > 0):
                cost = self.cost[slot] + gross
            elif (held > 0) == (now > 0):
                cost = div_half_even(self.cost[slot] * now, held)
            else:
                cost = self.gross(slot, now, price)
            if not LEAST < cost < LIMIT:
                check_money(cost)
            self.cost[slot] = cost
            self.quantity[slot] = now
        self._cached_bar = -1
        self.posted = cash
        if settles:
            self._keep_settled(slot, settled)
            return 0
        return -gross

    def _keep_settled(self, slot: int, settled: int) -> None:
        """Remembers what is settled of a slot, as long as it is held or has something to post."""
        if settled or slot in self.quantity:
            self.settled[slot] = settled
        else:
            self.settled.pop(slot, None)

    def charge(self, slot: int, amount: int) -> None:
        """Takes a cost of trading from cash and adds it to the position's cost, if there is one."""
        posted = self.posted - amount
        if not LEAST < posted < LIMIT:
            check_money(posted)
        cost = self.cost.get(slot)
        if cost is not None:
            cost += amount
            if not LEAST < cost < LIMIT:
                check_money(cost)
            self.cost[slot] = cost
        self.posted = posted

    def post(self, amount: int) -> None:
        """Adds an amount to cash."""
        self.posted = check_money(self.posted + amount)

    def unsettled(self) -> list[int]:
        """The slots that settle and are held or have variation to post, in the order in which they came to it."""
        return list(self.settled)

    def variation(self) -> int:
        """What is to be settled at the current marks, of all slots."""
        return sum([self.exposure(slot) - settled for slot, settled in self.settled.items()])

    def settle(self, slot: int) -> int:
        """Posts the variation of a slot at its mark to cash, and returns it; 0 where there is nothing to settle."""
        settled = self.settled.get(slot)
        if settled is None:
            return 0
        exposure = check_money(self.exposure(slot))
        self.posted = check_money(self.posted + exposure - settled)
        self._keep_settled(slot, exposure)
        return exposure - settled

    def set_position(self, slot: int, quantity: int, cost: int) -> None:
        """Replaces a position, as a split does; a quantity of zero removes it. What is settled stays as it is."""
        if quantity == 0:
            self.quantity.pop(slot, None)
            self.cost.pop(slot, None)
        else:
            if not LEAST < quantity < LIMIT:
                check_money(LIMIT)
            self.cost[slot] = check_money(cost)
            self.quantity[slot] = quantity
        self._cached_bar = -1
        if self.slots[slot].settles:
            self._keep_settled(slot, self.settled.get(slot, 0))

    def held(self) -> list[int]:
        """The slots with a position, in the order in which the positions were opened."""
        return list(self.quantity)

    def position(self, slot: int) -> tuple[int, int]:
        """Quantity and total cost of a slot; zeros where nothing is held."""
        return self.quantity.get(slot, 0), self.cost.get(slot, 0)

    def state(self) -> BooksState:
        """All that was booked, as plain values."""
        cost = self.cost
        positions = [(slot, quantity, cost[slot]) for slot, quantity in self.quantity.items()]
        return self.posted, self.bar, positions, list(self.settled.items())

    def restore(self, state: BooksState) -> None:
        """Replaces all that was booked by what `state` gave; the slots have to be open."""
        posted, bar, positions, settled = state
        self.posted = check_money(posted)
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

    def exposure(self, slot: int) -> int:
        """What a position comes to at its mark, as money."""
        return self.gross(slot, self.quantity.get(slot, 0), self.mark(slot))

    def worth(self, slot: int) -> int:
        """The value of a position at its mark, as money: its exposure, or nothing where it settles."""
        return 0 if self.slots[slot].settles else self.exposure(slot)

    def positions_value(self) -> int:
        """The sum of all positions at their marks. Kept until the bar or a position changes."""
        bar = self.bar
        if bar == self._cached_bar:
            return self._cached_value
        total = 0
        if self.overrides or self.settled:
            for slot in self.quantity:
                total += self.worth(slot)
        elif self._common_up:
            slots = self.slots
            for slot, quantity in self.quantity.items():
                s = slots[slot]
                total += quantity * s.lane[bar] * s.multiplier
            total *= self._common_up
        else:
            slots = self.slots
            for slot, quantity in self.quantity.items():
                s = slots[slot]
                product = quantity * s.lane[bar] * s.multiplier
                total += product * s.lane_up if s.lane_down == 1 else div_half_even(product, s.lane_down)
        self._cached_value = check_money(total)
        self._cached_bar = bar
        return total

    def value(self) -> int:
        """Cash and all positions at their marks."""
        if self.bar == self._cached_bar and not self.settled:
            return self.posted + self._cached_value
        return self.cash + self.positions_value()

    def long_and_short_exposure(self) -> tuple[int, int]:
        """What the long and what the short positions come to at their marks, those that settle included."""
        long_exposure = short_exposure = 0
        for slot, quantity in self.quantity.items():
            if quantity > 0:
                long_exposure += self.exposure(slot)
            else:
                short_exposure += self.exposure(slot)
        return long_exposure, short_exposure

    def long_and_short(self) -> tuple[int, int, int, int]:
        """Value of the long and of the short positions, and how many there are of each.

        A position without any price as yet, of shares paid before their first bar, comes to nothing and isn't counted.
        """
        long_value = short_value = longs = shorts = 0
        slots, bar = self.slots, self.bar
        known = self.overrides or self.settled
        up = 0 if known else self._common_up
        for slot, quantity in self.quantity.items():
            if known:
                worth = self.worth(slot)
            elif up:
                s = slots[slot]
                worth = quantity * s.lane[bar] * s.multiplier
            else:
                s = slots[slot]
                product = quantity * s.lane[bar] * s.multiplier
                worth = product * s.lane_up if s.lane_down == 1 else div_half_even(product, s.lane_down)
            if not worth and not self.exposure(slot):
                continue
            if quantity > 0:
                long_value += worth
                longs += 1
            else:
                short_value += worth
                shorts += 1
        if up:
            long_value, short_value = long_value * up, short_value * up
        return long_value, short_value, longs, shorts

    def size_of_value(self, slot: int, money: int, money_scale: int, price: int, target: bool) -> int:
        """How many units an amount of money is worth, less what is held if it is a target.

        money: at money_scale. price: at the fill scale, above zero. Returns a multiple of the step.
        """
        s = self.slots[slot]
        # powers of ten that both sides of the division have are left out of both
        exponent = money_scale - s.size_exponent
        if exponent >= 0:
            denominator = price * s.multiplier * (POWERS[exponent] if exponent < len(POWERS) else 10**exponent)
        else:
            money *= 10**-exponent
            denominator = price * s.multiplier
        if target:
            money -= self.quantity.get(slot, 0) * denominator
        return whole_steps(money, denominator * s.step) * s.step

    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int:
        """How many units a share of the portfolio's value is worth, less what is held if it is a target."""
        return self.size_of_value(slot, self.value() * weight, MONEY_SCALE + weight_scale, price, target)


def whole_steps(numerator: int, denominator: int) -> int:
    """A size in whole steps: cut towards zero, but up to the next step where it is within 1/10,000 of it.

    >>> whole_steps(19998, 10000), whole_steps(199991, 100000), whole_steps(-55, 10)
    (1, 2, -5)
    """
    negative = numerator < 0
    steps, rest = divmod(-numerator if negative else numerator, denominator)
    if (denominator - rest) * NEAR_UNIT <= denominator:
        steps += 1
    return -steps if negative else steps


def check_slot(
    lane: Sequence[int],
    lane_scale: int,
    fill_scale: int,
    quantity_scale: int,
    step: int,
    multiplier: int,
    multiplier_scale: int,
) -> None:
    """Refuses what `open_slot` can't work with; both twins ask here."""
    scales = {"lane": lane_scale, "fill": fill_scale, "quantity": quantity_scale, "multiplier": multiplier_scale}
    for name, scale in scales.items():
        if not 0 <= scale <= SCALE_LIMIT:
            raise InputError(f"{name}_scale={scale} is not between 0 and {SCALE_LIMIT}. Give a scale that is.")
    if lane_scale > fill_scale:
        raise InputError(f"lane_scale={lane_scale} is finer than fill_scale={fill_scale}. Give fills as many decimals.")
    if step < 1 or multiplier < 1:
        raise InputError(f"step={step} and multiplier={multiplier} must be above zero. Give positive ones.")
    widest = max(lane, key=abs, default=0) if isinstance(lane, list) else 0
    if not LEAST < widest < LIMIT:
        raise MoneyOverflow(
            f"{as_plain_decimal(widest, lane_scale)} has more than the 38 digits that a price can have. "
            "Use fewer decimals."
        )


class _Slot:
    """The scales of an asset, turned into the factors that the arithmetic needs."""

    __slots__ = (
        "fill_down",
        "fill_up",
        "lane",
        "lane_down",
        "lane_to_fill",
        "lane_up",
        "multiplier",
        "settles",
        "size_exponent",
        "step",
    )

    def __init__(
        self,
        lane: Sequence[int],
        lane_scale: int,
        fill_scale: int,
        quantity_scale: int,
        step: int,
        multiplier: int,
        multiplier_scale: int,
        settles: bool,
    ) -> None:
        self.settles = settles
        self.lane = lane
        self.step = step
        self.multiplier = multiplier
        self.lane_to_fill: int = 10 ** (fill_scale - lane_scale)
        self.fill_up, self.fill_down = _up_and_down(MONEY_SCALE - fill_scale - quantity_scale - multiplier_scale)
        self.lane_up, self.lane_down = _up_and_down(MONEY_SCALE - lane_scale - quantity_scale - multiplier_scale)
        self.size_exponent = quantity_scale + fill_scale + multiplier_scale


def _up_and_down(exponent: int) -> tuple[int, int]:
    """A power of ten as a factor and a divisor, one of them 1."""
    return (10**exponent, 1) if exponent >= 0 else (1, 10**-exponent)
