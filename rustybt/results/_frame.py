"""The frames of a result: what there is, and how an attribute of `Result` finds its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, Self, overload

import polars as pl

FRAMES: Final[list[str]] = []
"""Their names in their order: those of the attributes of `Result`."""
SPARED: Final[set[str]] = set()
"""Absent from some results: of the first version, which had no measures, and of runs in one currency."""


class Framed(Protocol):
    """An object that has frames by name."""

    _frames: Mapping[str, pl.DataFrame]


class Frame[Owner: Framed]:
    """An attribute that is a frame; it is made when it is first looked at.

    spare: makes what stands for it in a result that has none; None for a frame that each result has.
    """

    __slots__ = ("_name", "_spare")

    def __init__(self, spare: Callable[[Owner], pl.DataFrame] | None = None) -> None:
        self._spare = spare
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        FRAMES.append(name)
        if self._spare is not None:
            SPARED.add(name)

    @overload
    def __get__(self, result: None, owner: type) -> Self: ...
    @overload
    def __get__(self, result: Owner, owner: type) -> pl.DataFrame: ...
    def __get__(self, result: Owner | None, owner: type) -> Self | pl.DataFrame:
        if result is None:
            return self
        frames = result._frames
        return frames[self._name] if self._spare is None or self._name in frames else self._spare(result)

    def __set__(self, result: Owner, frame: pl.DataFrame) -> None:
        raise AttributeError(f"{self._name} is a frame of the result, and is not set. Make a frame of your own of it.")
