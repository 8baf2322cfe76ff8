"""Rows of plain values, thousands of them, as a run adds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any


class Rows:
    """Rows of one width, kept end to end in one list: a column is a slice of it, and there is no object per row.

    add: takes one row, a tuple of that width, of numbers, text and None.

    >>> rows = Rows(2)
    >>> rows.add((1, "a")), rows.add((2, "b"))
    (None, None)
    >>> rows.columns(), len(rows), list(rows.since(1))
    ([[1, 2], ['a', 'b']], 2, [(2, 'b')])
    """

    __slots__ = ("_values", "add", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self._values: list[Any] = []
        self.add: Callable[[Iterable[Any]], None] = self._values.extend

    def __len__(self) -> int:
        return len(self._values) // self.width

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.since(0)

    def since(self, first: int) -> Iterator[tuple[Any, ...]]:
        """The rows from one of them on, oldest first."""
        values = islice(self._values, first * self.width, None)
        return zip(*[values] * self.width, strict=True)

    def columns(self) -> list[list[Any]]:
        """The rows as columns."""
        return [self._values[place :: self.width] for place in range(self.width)]
