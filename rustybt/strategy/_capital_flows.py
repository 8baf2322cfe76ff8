"""Capital flows of a run, and the returns linked across them."""

from __future__ import annotations

from rustybt.core import RATIO_SCALE, div_half_even

_GUARD_SCALE = 36
_GUARD = 10**_GUARD_SCALE


class CapitalFlows:
    """The capital of a run. Returns are linked over its changes, so that a change itself is no gain and no loss.

    added: what came after the start, less what went; money. growth: what one unit had become before the last change,
    at 36 decimals. base: the value of the portfolio right after it, money.
    """

    __slots__ = ("added", "base", "growth", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.added = 0
        self.growth = _GUARD
        self.base = start

    def change(self, value: int, amount: int) -> None:
        """Notes that an amount came, or, negative, went, when the portfolio was worth `value`."""
        self.growth = div_half_even(self.growth * value, self.base) if self.base else 0
        self.base = value + amount
        self.added += amount

    def gain(self, value: int) -> int:
        """Value less all capital, as money."""
        return value - self.start - self.added

    def returns(self, value: int) -> int:
        """The return since the start at this value, scaled as ratios are; 0 where there is no capital to return on."""
        if not self.base:
            return 0
        if self.growth == _GUARD:
            return div_half_even((value - self.base) * 10**RATIO_SCALE, self.base)
        grown = div_half_even(self.growth * value * 10**RATIO_SCALE, self.base * _GUARD)
        return grown - 10**RATIO_SCALE

    def state(self) -> tuple[int, int, int]:
        """What changes, as plain values."""
        return self.added, self.growth, self.base

    def restore(self, state: tuple[int, int, int]) -> None:
        """Takes over what `state` gave."""
        self.added, self.growth, self.base = state
