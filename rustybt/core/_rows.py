"""Rows of plain values, thousands of them, as a run adds them. What the native kernel's `Rows` is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


class Rows:
    """Rows of one width, kept end to end in one list: a column is a slice of it, and there is no object per row.

    kinds: a letter per place: "n" for an integer of 64 bits, "w" for one of any size, "t" for text; each may be None.
    add: takes one row, a tuple of such values.

    >>> rows = Rows("nt")
    >>> rows.add((1, "a")), rows.add((2, "b"))
    (None, None)
    >>> rows.columns(), len(rows), list(rows.since(1))
    ([[1, 2], ['a', 'b']], 2, [(2, 'b')])
    """

    __slots__ = ("_values", "add", "width")

    def __init__(self, kinds: str) -> None:
        self.width = len(kinds)
        self._values: list[Any] = []
        self.add: Callable[[Iterable[Any]], None] = self._values.extend

    def __len__(self) -> int:
        return len(self._values) // self.width

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.since(0)

    def take(self, other: Rows) -> None:
        """Becomes the rows of another one of the same kinds, which stays as it is."""
        self._values[:] = other._values

    def since(self, first: int) -> Iterator[tuple[Any, ...]]:
        """The rows from one of them on, oldest first."""
        # a slice, as `islice` goes through all that comes before
        values = iter(self._values[first * self.width :] if first else self._values)
        return zip(*[values] * self.width, strict=True)

    def columns(self) -> list[Any]:
        """The rows as columns: lists here; `columns_of` reads what the native kernel gives."""
        return [self._values[place :: self.width] for place in range(self.width)]


class Columns:
    """Rows that are there as columns already, all of one length; they answer as `Rows` do.

    >>> rows = Columns([[1, 2], ["a", "b"]])
    >>> len(rows), list(rows)
    (2, [(1, 'a'), (2, 'b')])
    """

    __slots__ = ("_columns",)

    def __init__(self, columns: list[list[Any]]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self._columns, strict=True)

    def columns(self) -> list[Any]:
        """The columns, a list each."""
        return list(self._columns)
