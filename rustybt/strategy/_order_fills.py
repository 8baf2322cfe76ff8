"""What orders have filled at: reckoned from the list of events, for whoever asks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import OrderEventKind, div_half_even
from rustybt.orders import OrderBook, cut

FILLED: Final = OrderEventKind.FILLED.value
PART: Final = OrderEventKind.PARTIALLY_FILLED.value
ADJUSTED: Final = OrderEventKind.ADJUSTED.value
DECIMALS: Final = 18


class _Step(NamedTuple):
    """A fill, units and price; or a split, numerator and denominator of prices."""

    is_fill: bool
    first: int
    second: int


class OrderFills:
    """The fills of a run's orders by number. Events are read once, when an average is first asked for, and then on."""

    __slots__ = ("_book", "_read", "_steps")

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self._read = 0
        self._steps: dict[int, list[_Step]] = {}

    def average(self, order: WorkingOrder) -> int | None:
        """The value of an order's fills over their units, at 18 decimals, rounded once, half-even; None without a fill.

        order: as it was at the moment that is meant. Fills before a split count in the units of after it.
        """
        if not order.units_charged:
            return None
        self._read_on()
        value, units, filled, charged = 0, Fraction(0), 0, 0
        for step in self._steps.get(order.number, ()):
            if charged and filled == order.filled and charged == order.units_charged:
                break
            if step.is_fill:
                value += step.first * step.second
                units += step.first
                filled += step.first
                charged += abs(step.first)
            else:
                units = units * step.second / step.first
                whole = order.instrument.step
                filled = cut(filled * step.second, step.first * whole) * whole
        exact = Fraction(value * 10**DECIMALS, 10**order.instrument.fill_scale) / units
        return div_half_even(exact.numerator, exact.denominator)

    def _read_on(self) -> None:
        rows: Any = self._book.rows
        for number, _, kind, quantity, price, _, _, ratio, _ in rows.since(self._read):
            if kind in (FILLED, PART):
                self._steps.setdefault(number, []).append(_Step(True, quantity, price))
            elif kind == ADJUSTED and ratio is not None:
                numerator, denominator = ratio.split("/")
                self._steps.setdefault(number, []).append(_Step(False, int(numerator), int(denominator)))
        self._read = len(rows)
