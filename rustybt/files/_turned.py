"""The pieces of a file from the last to the first, however large it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from rustybt.core import Scratch
from rustybt.files._uneven import UnevenLine

type Piece = tuple[pl.DataFrame, list[UnevenLine]]
"""Rows, and the lines among them that are none."""


class Turned:
    """Pieces backwards, and the rows in each; as often as it is asked for them.

    begin: the first pieces, which stay in memory; those after them wait in a temporary folder until the `with` ends.
    """

    def __init__(self, begin: Sequence[Piece], others: Iterable[Piece]) -> None:
        self._begin = begin
        self._others = others
        self._kept: list[tuple[Path, list[UnevenLine]]] = []

    def __enter__(self) -> Self:
        self._folder = Scratch()
        for number, (frame, uneven) in enumerate(self._others):
            path = self._folder.path / f"{number}.arrow"
            frame.write_ipc(path)
            self._kept.append((path, uneven))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.remove()

    def __iter__(self) -> Iterator[Piece]:
        for path, uneven in reversed(self._kept):
            yield pl.read_ipc(path).reverse(), uneven
        yield from ((frame.reverse(), uneven) for frame, uneven in reversed(self._begin))
