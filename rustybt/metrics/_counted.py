"""What the native kernel counts of a run's returns and money, in the place of the twins beside it.

Whoever asks for a measure has no run, and so no kernel: it is the one that RUSTYBT_KERNELS says. The figures are the
same on both.
"""

from __future__ import annotations

from functools import cached_property

import polars as pl

from rustybt._kernels import Returns, kernel_named
from rustybt.core import RATIO_SCALE
from rustybt.metrics._sample import Sample


def counted(returns: pl.Series) -> Sample | None:
    """Returns at scale 18; None without the native kernel, where one is missing, and where one is 9.2 or larger."""
    read = kernel_named("auto").returns_of
    known = None if read is None else read(returns)
    return None if known is None else Counted(known)


def shares(parts: pl.Series, wholes: pl.Series) -> tuple[int, int] | None:
    """The sum of what parts are of wholes above 0, with 40 decimals, and how many there are, of columns of one scale;
    None where the twin has to count."""
    count = kernel_named("auto").shares
    alike = isinstance(parts.dtype, pl.Decimal) and parts.dtype == wholes.dtype
    return count(parts, wholes) if count is not None and alike else None


def grows_by_values(values: pl.Series, pnl: pl.Series, returns: pl.Series) -> bool:
    """Whether `growth_path` is the values themselves, as far as the native kernel says so."""
    says = kernel_named("auto").grows_by_values
    return bool(says is not None and says(values, pnl, returns))


class Counted(Sample):
    """A sample that the native kernel counted; what it can't count is counted by the twin."""

    def __init__(self, known: Returns) -> None:
        self.__dict__.update(scale=RATIO_SCALE, known=known, count=len(known))

    @cached_property
    def values(self) -> list[int]:
        return self._known.values()

    @property
    def _known(self) -> Returns:
        known: Returns = self.__dict__["known"]
        return known

    @cached_property
    def _sums(self) -> tuple[list[int], list[int], list[int]]:
        return self._known.sums()

    @cached_property
    def loses_all(self) -> bool:
        lowest = self._known.lowest()
        return lowest is not None and lowest <= -self.one

    @cached_property
    def total(self) -> int:
        return self._sums[0][0]

    @cached_property
    def squares(self) -> int:
        return self._sums[0][1]

    @cached_property
    def cubes(self) -> int:
        return self._sums[0][2]

    @cached_property
    def fourths(self) -> int:
        return self._sums[0][3]

    @cached_property
    def lost(self) -> int:
        return self._sums[1][0]

    @cached_property
    def squares_lost(self) -> int:
        return self._sums[1][1]

    @cached_property
    def wins(self) -> int:
        return self._sums[2][0]

    @cached_property
    def losers(self) -> int:
        return self._sums[2][1]

    @cached_property
    def streaks(self) -> tuple[int, int]:
        return self._known.streaks()

    @cached_property
    def ascending(self) -> list[int]:
        return self._known.ascending()

    def products(self, other: Sample) -> int:
        found = self._known.products(other._known) if isinstance(other, Counted) else None
        return super().products(other) if found is None else found

    def less(self, other: Sample) -> Sample:
        known = self._known.less(other._known) if isinstance(other, Counted) else None
        return super().less(other) if known is None else Counted(known)

    def picked(self, other: Sample, *, above: bool) -> Sample:
        known = self._known.picked(other._known, above) if isinstance(other, Counted) else None
        return super().picked(other, above=above) if known is None else Counted(known)

    @cached_property
    def _path(self) -> tuple[int, int, int, int, int, int] | None:
        return self._known.path()

    @cached_property
    def last(self) -> int:
        return super().last if self._path is None else self._path[0]

    @cached_property
    def lowest(self) -> int:
        return super().lowest if self._path is None else self._path[1]

    @cached_property
    def deepest(self) -> int:
        return super().deepest if self._path is None else self._path[2]

    @cached_property
    def squared_falls(self) -> int:
        return super().squared_falls if self._path is None else self._path[3]

    @cached_property
    def under_water(self) -> tuple[int, int]:
        return super().under_water if self._path is None else self._path[4:]

    @cached_property
    def growth_parts(self) -> list[tuple[int, int, int]]:
        found = self._known.growth()
        return super().growth_parts if found is None else found
