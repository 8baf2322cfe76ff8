"""What the books would be if money were a float: for comparison only, to know what exactness costs.

The same interface as `rustybt._kernels._books.Books`, the specification, and the same way through each method. Cash,
costs, values, the notional of a fill and sizes are binary floats here. They count units of 1e-20, as the integers do,
so that nothing is scaled on the way: a float does not mind. Quantities stay integers. What the rest of the engine takes
integers for, a few numbers a session, is converted when it asks.

Equities only: of the futures' methods there are those that a run without futures calls.
"""

from __future__ import annotations

from collections.abc import Sequence

from rustybt.core import MONEY_SCALE, Rows

NEAR_UNIT = 1 - 1e-4
"""A size within 1/10,000 of the next whole unit is that unit."""


class FloatBooks:
    """Cash and positions of one account, in floats."""

    __slots__ = (
        "_cached_bar",
        "_cached_value",
        "account",
        "bar",
        "cost",
        "currency",
        "money",
        "overrides",
        "quantity",
        "slots",
    )

    def __init__(self) -> None:
        self.money = 0.0
        self.account, self.currency = "", ""
        self.slots: list[_Slot] = []
        self.quantity: dict[int, int] = {}
        self.cost: dict[int, float] = {}
        self.overrides: dict[int, int] = {}
        self.bar = 0
        self._cached_bar = -1
        self._cached_value = 0.0

    def open_pocket(self, account: str, currency: str, cash: int) -> int:
        self.account, self.currency, self.money = account, currency, float(cash)
        return 0

    def pocket(self, account: str, currency: str) -> int | None:
        return 0 if (account, currency) == (self.account, self.currency) else None

    def pockets(self) -> list[tuple[str, str]]:
        return [(self.account, self.currency)]

    def used(self) -> list[int]:
        return [0]

    def in_base(self, pocket: int, amount: int) -> int:
        return amount

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
        if daily_settled:
            raise NotImplementedError("the float books are for comparison, and know no futures")
        unit = multiplier * 10.0 ** (MONEY_SCALE - quantity_scale - multiplier_scale)
        self.slots.append(_Slot(marks, 10 ** (fill_scale - mark_scale), unit, mark_scale, fill_scale, step))
        return len(self.slots) - 1

    def posted(self, pocket: int) -> float:
        return self.money

    def cash(self, pocket: int | None = None) -> int:
        return int(self.money)

    def seek(self, bar: int) -> None:
        self.bar = bar

    def mark(self, slot: int) -> int:
        override = self.overrides.get(slot)
        if override is not None:
            return override
        s = self.slots[slot]
        return s.marks[self.bar] * s.mark_to_fill_scale

    def override_mark(self, slot: int, price: int) -> None:
        self.overrides[slot] = price
        self._cached_bar = -1

    def clear_overrides(self) -> None:
        self.overrides.clear()
        self._cached_bar = -1

    def notional(self, slot: int, quantity: int, price: int) -> float:
        return quantity * (price * self.slots[slot].fill_unit)

    def fill(self, slot: int, quantity: int, price: int) -> float:
        notional = quantity * (price * self.slots[slot].fill_unit)
        held = self.quantity.get(slot, 0)
        now = held + quantity
        if now == 0:
            self.quantity.pop(slot, None)
            self.cost.pop(slot, None)
        else:
            if held == 0:
                cost = notional
            elif (held > 0) == (quantity > 0):
                cost = self.cost[slot] + notional
            elif (held > 0) == (now > 0):
                cost = self.cost[slot] * now / held
            else:
                cost = self.notional(slot, now, price)
            self.cost[slot] = cost
            self.quantity[slot] = now
        self._cached_bar = -1
        self.money -= notional
        return -notional

    def charge(self, slot: int, amount: int) -> None:
        if slot in self.cost:
            self.cost[slot] += amount
        self.money -= amount

    def post(self, pocket: int, amount: int) -> None:
        self.money += amount

    @staticmethod
    def unsettled() -> list[int]:
        return []

    def set_position(self, slot: int, quantity: int, cost: int) -> None:
        if quantity == 0:
            self.quantity.pop(slot, None)
            self.cost.pop(slot, None)
        else:
            self.cost[slot] = float(cost)
            self.quantity[slot] = quantity
        self._cached_bar = -1

    def held(self) -> list[int]:
        return list(self.quantity)

    def position(self, slot: int) -> tuple[int, int]:
        return self.quantity.get(slot, 0), int(self.cost.get(slot, 0))

    def write_positions(self, rows: Rows) -> None:
        cost = self.cost
        for slot, quantity in self.quantity.items():
            rows.add((slot, quantity, cost[slot]))

    def exposure(self, slot: int) -> int:
        return int(self.notional(slot, self.quantity.get(slot, 0), self.mark(slot)))

    market_value = exposure

    def positions_value(self, account: str | None = None) -> int:
        return int(self._positions_value())

    def _positions_value(self) -> float:
        bar = self.bar
        if bar == self._cached_bar:
            return self._cached_value
        total = 0.0
        if self.overrides:
            for slot, quantity in self.quantity.items():
                total += self.notional(slot, quantity, self.mark(slot))
        else:
            slots = self.slots
            for slot, quantity in self.quantity.items():
                s = slots[slot]
                total += quantity * (s.marks[bar] * s.mark_unit)
        self._cached_value = total
        self._cached_bar = bar
        return total

    def equity(self, account: str | None = None) -> int:
        return int(self.money + self._positions_value())

    def long_and_short_exposure(self) -> tuple[int, int]:
        long_value, short_value, _, _ = self.long_and_short()
        return long_value, short_value

    def long_and_short(self) -> tuple[int, int, int, int]:
        long_value = short_value = 0.0
        longs = shorts = 0
        for slot, quantity in self.quantity.items():
            market_value = self.notional(slot, quantity, self.mark(slot))
            if quantity > 0:
                long_value += market_value
                longs += 1
            else:
                short_value += market_value
                shorts += 1
        return int(long_value), int(short_value), longs, shorts

    def size_of_value(self, slot: int, money: int, money_scale: int, price: int, target: bool) -> int:
        return self._size(slot, money * 10.0 ** (MONEY_SCALE - money_scale), price, target)

    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int:
        return self._size(slot, (self.money + self._positions_value()) * (weight / 10.0**weight_scale), price, target)

    def _size(self, slot: int, money: float, price: int, target: bool) -> int:
        s = self.slots[slot]
        units = money / (price * s.fill_unit)
        if target:
            units -= self.quantity.get(slot, 0)
        units /= s.step
        whole = int(units)
        rest = units - whole
        if rest >= NEAR_UNIT:
            whole += 1
        elif rest <= -NEAR_UNIT:
            whole -= 1
        return whole * s.step


class _Slot:
    """An asset: its marks, and what a quantity of 1 at a price of 1 comes to, of the marks and of a fill."""

    __slots__ = ("fill_unit", "mark_to_fill_scale", "mark_unit", "marks", "step")

    def __init__(
        self, marks: Sequence[int], mark_to_fill_scale: int, unit: float, mark_scale: int, fill_scale: int, step: int
    ) -> None:
        self.marks = marks
        self.step = step
        self.mark_to_fill_scale = mark_to_fill_scale
        self.mark_unit = unit / 10.0**mark_scale
        self.fill_unit = unit / 10.0**fill_scale
