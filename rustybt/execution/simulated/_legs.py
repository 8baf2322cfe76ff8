"""A bar as a path: prices from its open to its close, by way of its extremes, and the straight parts of such a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from rustybt.execution.simulated._bars import Bars, Opening

PATHS: Final = ("path:ohlc", "path:olhc", "path:nearest")


class Four(NamedTuple):
    """The prices of a bar at the fill scale."""

    open: int
    high: int
    low: int
    close: int


def four_of(bars: Bars, bar: int) -> Four:
    """The prices of a bar."""
    up = bars.mark_to_fill_scale
    return Four(*(bars.column(name)[bar] * up for name in Four._fields))


def path_named(name: str, four: Four) -> list[int]:
    """The prices between which a named path goes straight. nearest: the extreme nearer to the open, else the high."""
    high_first = name == "path:ohlc" or (name == "path:nearest" and four.high - four.open <= four.open - four.low)
    first, second = (four.high, four.low) if high_first else (four.low, four.high)
    return [four.open, first, second, four.close]


class Leg(Opening):
    """A straight part of a bar, from one price to another: all that lies between comes once, in order."""

    __slots__ = ()
    direct = True

    def __init__(self, bars: Bars, bar: int, start: int, end: int) -> None:
        super().__init__(bars, bar, start)
        prices = {"open": start, "high": max(start, end), "low": min(start, end), "close": end}
        self._prices = {name: {bar: price} for name, price in prices.items()}
        self.price = bars.price if isinstance(bars, Opening) else _Before(bars, bar)

    def column(self, field: str) -> Any:
        """The price of that field."""
        return self._prices[field]

    def after(self, bar: int, price: int) -> Leg:
        """The rest of it from a price on."""
        return Leg(self, bar, price, self._prices["close"][bar])


class _Before:
    """The price of the bar before, at the fill scale."""

    __slots__ = ("_bars",)

    def __init__(self, bars: Bars, bar: int) -> None:
        self._bars = bars

    def __getitem__(self, bar: int) -> int:
        return self._bars.price[bar] * self._bars.mark_to_fill_scale


class Within(Opening):
    """A bar that lies within another one, in its place."""

    __slots__ = ()

    def __init__(self, bars: Bars, bar: int, four: Four) -> None:
        super().__init__(bars, bar, four.open)
        self._prices = {name: {bar: price} for name, price in zip(Four._fields, four, strict=True)}
        self.price = _Before(bars, bar)

    def column(self, field: str) -> Any:
        """The price of that field."""
        return self._prices[field]


def legs_of(bars: Bars, bar: int, path: Sequence[int]) -> Iterator[Leg]:
    """The straight parts of a path; of a bar with one price one without length."""
    found = [(start, end) for start, end in pairwise(path) if start != end] or [(path[0], path[0])]
    for start, end in found:
        yield Leg(bars, bar, start, end)
