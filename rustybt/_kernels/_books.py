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

from rustybt._kernels._pocket import Pocket, refused_transfer
from rustybt._kernels._pockets import Pockets
from rustybt._kernels._slot import LEAST, LIMIT, Slot, check_slot
from rustybt._kernels._steps import whole_steps
from rustybt.core import MONEY_SCALE, POWERS, Rows, check_money, div_half_even

type BooksState = tuple[Sequence[tuple[int, bool]], int, Sequence[tuple[int, int, int]], Sequence[tuple[int, int]]]
"""What was posted to each pocket and whether anything was booked there, the bar, the positions (slot, quantity, cost)
as they were opened, and what is settled, by slot."""


class Books(Pockets):
    """Cash and positions of accounts in one or several currencies, marked on a series of prices per asset.

    A pocket is the cash of an account in a currency. A slot is an asset that an account holds: what it is filled at,
    charged and settled is money of its pocket. The currency of the first pocket is the base: an amount of several
    pockets is in it. Money of two currencies meets in `in_base` only, which each pocket's cash and each position go
    through by themselves, rounded once; all else is a sum of these, so that sums agree to the last digit.

    `bar` is the position in the series at which marks are read. An override replaces the mark of a slot until
    the overrides are cleared: between a split and the first bar after it there is no mark to read.

    A slot that settles is a future's: a fill posts no cash, and the position is worth nothing by itself. What its
    price has moved by since it was filled or last settled is variation, and part of cash from the moment on at which
    the mark shows it; `settle` posts it. `settled` holds, for each such slot with a position or with something to
    post, the sum of quantity x price x multiplier that is settled: variation is what the position comes to, less it.
    """

    __slots__ = (
        "_cached_value",
        "_common_factor",
        "cost",
        "overrides",
        "quantity",
        "settled",
        "slots",
    )

    def __init__(self) -> None:
        super().__init__()
        self.settled: dict[int, int] = {}
        self.slots: list[Slot] = []
        self.quantity: dict[int, int] = {}
        self.cost: dict[int, int] = {}
        self.overrides: dict[int, int] = {}
        self._cached_value = 0
        # what brings a product of every slot's marks to money, where that is one factor for all of them; else 0
        self._common_factor = 0

    def open_slot(
        self,
        pocket: int,
        marks: Sequence[int],
        mark_scale: int,
        fill_scale: int,
        quantity_scale: int,
        step: int,
        multiplier: int,
        multiplier_scale: int,
        daily_settled: bool = False,
    ) -> int:
        """Registers an asset, booked in a pocket, and returns its slot.

        marks: one price a bar, a buffer of int64 or a list; it must not change any more. step: the smallest quantity,
        scaled. daily_settled: whether gains and losses are settled into cash, as a future's are. Raises InputError
        where a scale, step or multiplier means nothing, MoneyOverflow for a mark of 1e38 or more, scaled.
        """
        check_slot(marks, mark_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale)
        of = self._pockets[pocket]
        slot = Slot(
            of, marks, mark_scale, fill_scale, quantity_scale, step, multiplier, multiplier_scale, daily_settled
        )
        common = not self.slots or self._common_factor == slot.mark_factor
        self._common_factor = slot.mark_factor if common and slot.mark_divisor == 1 else 0
        self.slots.append(slot)
        return len(self.slots) - 1

    def pocket_of(self, slot: int) -> int:
        """The pocket that the money of a slot is in."""
        return self.slots[slot].pocket.number

    # the moment

    def seek(self, bar: int) -> None:
        """Moves to a bar; marks and rates are read there from now on. IndexError for a negative one."""
        if bar < 0:
            raise IndexError(f"there is no bar {bar}")
        self.bar = bar

    def mark(self, slot: int) -> int:
        """The price of a slot at the current bar, at its fill scale."""
        override = self.overrides.get(slot)
        if override is not None:
            return override
        s = self.slots[slot]
        return s.marks[self.bar] * s.mark_to_fill_scale

    def override_mark(self, slot: int, price: int) -> None:
        """Marks a slot at a price of its fill scale until the overrides are cleared."""
        self.overrides[slot] = price
        self._cached_bar = -1

    def clear_overrides(self) -> None:
        """Reads every mark at the bar again."""
        self.overrides.clear()
        self._cached_bar = -1

    # what is booked, in the currency of the pocket

    def notional(self, slot: int, quantity: int, price: int) -> int:
        """Quantity times fill price times multiplier as money; rounded half-even beyond 20 decimals."""
        s = self.slots[slot]
        product = quantity * price * s.multiplier
        return product * s.fill_factor if s.fill_divisor == 1 else div_half_even(product, s.fill_divisor)

    def fill(self, slot: int, quantity: int, price: int) -> int:
        """Books a fill and returns what it posted to cash: minus quantity times price, or nothing if the slot settles.

        A fill that adds to a position adds its notional to the cost; one that reduces it takes the same share of the
        cost away; one that turns it around starts the new position at the fill price.
        """
        # the hottest of these methods: `notional` and `check_money` are written out where nothing is refused
        s = self.slots[slot]
        product = quantity * price * s.multiplier
        notional = product * s.fill_factor if s.fill_divisor == 1 else div_half_even(product, s.fill_divisor)
        pocket = s.pocket
        daily_settled, cash, settled = s.daily_settled, pocket.posted, 0
        if daily_settled:
            settled = check_money(self.settled.get(slot, 0) + notional)
        else:
            cash -= notional
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
                cost = notional
            elif (held > 0) == (quantity > 0):
                cost = self.cost[slot] + notional
            elif (held > 0) == (now > 0):
                cost = div_half_even(self.cost[slot] * now, held)
            else:
                cost = self.notional(slot, now, price)
            if not LEAST < cost < LIMIT:
                check_money(cost)
            self.cost[slot] = cost
            self.quantity[slot] = now
        self._cached_bar = -1
        pocket.posted = cash
        pocket.used = True
        if daily_settled:
            self._keep_settled(slot, settled)
            return 0
        return -notional

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

    def unsettled(self) -> list[int]:
        """The slots that settle and are held or have variation to post: by account, the base currency first, then in
        the order in which they came to it."""
        if self._only is not None:
            return list(self.settled)
        slots = self.slots
        return sorted(self.settled, key=lambda slot: slots[slot].pocket.rank)

    def variation_margin(self, pocket: int) -> int:
        """What is to be settled at the current marks, of all slots of a pocket."""
        return self._variation_margin(self._pockets[pocket])

    def _variation_margin(self, pocket: Pocket) -> int:
        slots = self.slots
        mine = [(slot, settled) for slot, settled in self.settled.items() if slots[slot].pocket is pocket]
        return sum([self._exposure(slot) - settled for slot, settled in mine])

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

    # what is there

    def held(self) -> list[int]:
        """The slots with a position, in the order in which the positions were opened."""
        return list(self.quantity)

    def position(self, slot: int) -> tuple[int, int]:
        """Quantity and total cost of a slot; zeros where nothing is held."""
        return self.quantity.get(slot, 0), self.cost.get(slot, 0)

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

    def cash(self, pocket: int | None = None) -> int:
        """Cash as it stands, with the variation that is not posted yet: of a pocket, in its currency; or all of it."""
        if pocket is None:
            return self._cash_of(None)
        of = self._pockets[pocket]
        return of.posted + self._variation_margin(of) if self.settled else of.posted

    def _cash_of(self, account: str | None) -> int:
        only = self._only
        if only is not None:
            return only.posted + self._variation_margin(only) if self.settled else only.posted
        bar, rates = self.bar, self._rates
        mine = [one for one in self._pockets if account is None or one.account == account]
        return check_money(sum([one.to_base(self.cash(one.number), bar, rates) for one in mine]))

    def exposure(self, slot: int) -> int:
        """What a position comes to at its mark, in the base currency."""
        pocket = self.slots[slot].pocket
        return pocket.to_base(self._exposure(slot), self.bar, self._rates)

    def _exposure(self, slot: int) -> int:
        """The same in the currency of its pocket."""
        return self.notional(slot, self.quantity.get(slot, 0), self.mark(slot))

    def market_value(self, slot: int) -> int:
        """The value of a position at its mark: its exposure, or nothing where it settles."""
        return 0 if self.slots[slot].daily_settled else self.exposure(slot)

    def positions_value(self, account: str | None = None) -> int:
        """The sum of all positions, or of those of an account, at their marks. Kept until bar or positions change."""
        if account is not None and self._one_of_several(account):
            slots = self.slots
            held = [slot for slot in self.quantity if slots[slot].pocket.account == account]
            return check_money(sum([self.market_value(slot) for slot in held]))
        bar = self.bar
        if bar == self._cached_bar:
            return self._cached_value
        total = 0
        if self._only is None or self.overrides or self.settled:
            for slot in self.quantity:
                total += self.market_value(slot)
        elif self._common_factor:
            slots = self.slots
            for slot, quantity in self.quantity.items():
                s = slots[slot]
                total += quantity * s.marks[bar] * s.multiplier
            total *= self._common_factor
        else:
            slots = self.slots
            for slot, quantity in self.quantity.items():
                s = slots[slot]
                product = quantity * s.marks[bar] * s.multiplier
                total += product * s.mark_factor if s.mark_divisor == 1 else div_half_even(product, s.mark_divisor)
        self._cached_value = check_money(total)
        self._cached_bar = bar
        return total

    def equity(self, account: str | None = None) -> int:
        """Cash and all positions at their marks, or those of an account. Raises InputError for an unknown account."""
        if account is not None and self._one_of_several(account):
            return self._cash_of(account) + self.positions_value(account)
        only = self._only
        if self.bar == self._cached_bar and only is not None and not self.settled:
            return only.posted + self._cached_value
        return self._cash_of(None) + self.positions_value()

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
        known = self._only is None or self.overrides or self.settled
        up = 0 if known else self._common_factor
        for slot, quantity in self.quantity.items():
            if known:
                market_value = self.market_value(slot)
            elif up:
                s = slots[slot]
                market_value = quantity * s.marks[bar] * s.multiplier
            else:
                s = slots[slot]
                product = quantity * s.marks[bar] * s.multiplier
                market_value = (
                    product * s.mark_factor if s.mark_divisor == 1 else div_half_even(product, s.mark_divisor)
                )
            if not market_value and not self._exposure(slot):
                continue
            if quantity > 0:
                long_value += market_value
                longs += 1
            else:
                short_value += market_value
                shorts += 1
        if up:
            long_value, short_value = long_value * up, short_value * up
        return long_value, short_value, longs, shorts

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
        if exponent >= 0:
            denominator = price * s.multiplier * (POWERS[exponent] if exponent < len(POWERS) else 10**exponent)
        else:
            money *= 10**-exponent
            denominator = price * s.multiplier
        if target:
            money -= self.quantity.get(slot, 0) * denominator
        return whole_steps(money, denominator * s.step) * s.step

    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int:
        """How many units a share of the value of the slot's account is worth, less what is held if it is a target."""
        value = self.equity() if self._only is not None else self.equity(self.slots[slot].pocket.account)
        return self.size_of_value(slot, value * weight, MONEY_SCALE + weight_scale, price, target)
