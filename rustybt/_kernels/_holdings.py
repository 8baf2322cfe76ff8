"""What accounts hold, and what it is worth: positions, their marks, and the cash of the pockets beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rustybt._kernels._pocket import Pocket
from rustybt._kernels._pockets import Pockets
from rustybt._kernels._slot import Slot, check_slot
from rustybt.core import check_money, div_half_even


class Holdings(Pockets):
    """The slots of all accounts with their positions, marked on a series of prices per asset.

    `bar` is the position in the series at which marks are read. An override replaces the mark of a slot until
    the overrides are cleared: between a split and the first bar after it there is no mark to read.

    A slot that settles is a future's: a fill posts no cash, and the position is worth nothing by itself. What its
    price has moved by since it was filled or last settled is variation, and part of cash from the moment on at which
    the mark shows it; `settle` posts it. `settled` holds, for each such slot with a position or with something to
    post, the sum of quantity x price x multiplier that is settled: variation is what the position comes to, less it.
    """

    __slots__ = (
        "_cached_value",
        "_cached_values",
        "_common_unit",
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
        # of each position, as `_values` gives them; None where more than marks decided on the value
        self._cached_values: tuple[list[int], int] | None = None
        # the mark_unit of all slots, where it is one and nothing is divided; else 0
        self._common_unit = 0

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
        common = not self.slots or self._common_unit == slot.mark_unit
        self._common_unit = slot.mark_unit if common and slot.mark_divisor == 1 else 0
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

    def notional(self, slot: int, quantity: int, price: int) -> int:
        """Quantity times fill price times multiplier as money; rounded half-even beyond 20 decimals."""
        s = self.slots[slot]
        product = quantity * price * s.fill_unit
        return product if s.fill_divisor == 1 else div_half_even(product, s.fill_divisor)

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

    # what is there

    def held(self) -> list[int]:
        """The slots with a position, in the order in which the positions were opened."""
        return list(self.quantity)

    def position(self, slot: int) -> tuple[int, int]:
        """Quantity and total cost of a slot; zeros where nothing is held."""
        return self.quantity.get(slot, 0), self.cost.get(slot, 0)

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
        kept = None
        if self._only is None or self.overrides or self.settled:
            total = check_money(sum([self.market_value(slot) for slot in self.quantity]))
        else:
            values, unit = kept = self._values()
            total = check_money(sum(values) * unit)
        self._cached_bar, self._cached_value, self._cached_values = bar, total, kept
        return total

    def _values(self) -> tuple[list[int], int]:
        """What each position comes to at its mark, in so many units of money each, where only marks decide on it."""
        bar, slots, unit = self.bar, self.slots, self._common_unit
        if unit:
            return [quantity * slots[slot].marks[bar] for slot, quantity in self.quantity.items()], unit
        values = []
        for slot, quantity in self.quantity.items():
            s = slots[slot]
            product = quantity * s.marks[bar] * s.mark_unit
            values.append(product if s.mark_divisor == 1 else div_half_even(product, s.mark_divisor))
        return values, 1

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
        if self._only is None or self.overrides or self.settled:
            return self._long_and_short(map(self.market_value, self.quantity), 1)
        kept = self._cached_values if self.bar == self._cached_bar else None
        values, unit = kept or self._values()
        if values and min(values) > 0 and min(self.quantity.values()) > 0:
            return sum(values) * unit, 0, len(values), 0
        return self._long_and_short(values, unit)

    def _long_and_short(self, values: Iterable[int], unit: int) -> tuple[int, int, int, int]:
        long_value = short_value = longs = shorts = 0
        for (slot, quantity), value in zip(self.quantity.items(), values, strict=True):
            if not value and not self._exposure(slot):
                continue
            if quantity > 0:
                long_value += value
                longs += 1
            else:
                short_value += value
                shorts += 1
        return long_value * unit, short_value * unit, longs, shorts
