"""Points of Sobol's sequence: they fill a space more evenly than random ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rustybt.errors import InputError
from rustybt.optimize._random_search import ATTEMPTS
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial

BITS: Final = 32
DIRECTIONS: Final = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
    (6, 19, (1, 1, 1, 15, 7, 5)),
    (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)),
    (7, 1, (1, 3, 7, 11, 23, 15, 103)),
    (7, 4, (1, 3, 7, 13, 13, 15, 69)),
)
"""Degree and coefficients of the primitive polynomial, and the first direction numbers, of dimension 2 and on (Joe and
Kuo, 2008, the set new-joe-kuo-6)."""
MOST: Final = len(DIRECTIONS) + 1


class Sobol:
    """Points of Sobol's sequence, shifted by the seed: as random as random ones, and more even.

    shift=False takes the sequence as it is; its first point is the lower corner. Points that `where` refuses and those
    that were there are passed over. For at most 21 parameters: Sobol, "On the distribution of points in a cube and the
    approximate evaluation of integrals", 1967; the digital shift: L'Ecuyer and Lemieux, 2002.

    >>> from rustybt.optimize import ParameterSpace, Real, Sobol
    >>> space = ParameterSpace(x=Real(0, 1), y=Real(0, 1))
    >>> [tuple(point.values()) for point in Sobol(shift=False).on(space).ask(4)]
    [(0.0, 0.0), (0.5, 0.5), (0.75, 0.25), (0.25, 0.75)]
    """

    batch = None

    def __init__(self, *, shift: bool = True) -> None:
        self.shift = shift

    def __repr__(self) -> str:
        return "Sobol()" if self.shift else "Sobol(shift=False)"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> _SobolSearcher:
        """A searcher. Raises InputError for more than 21 parameters."""
        if len(space.names) > MOST:
            raise InputError(
                f"The space has {len(space.names)} parameters, and Sobol() up to {MOST}: use RandomSearch()."
            )
        return _SobolSearcher(space, seed if self.shift else None)


class _SobolSearcher:
    def __init__(self, space: ParameterSpace, seed: int | None) -> None:
        self._space = space
        count = len(space.names)
        self._directions = [directions_of(dimension) for dimension in range(count)]
        self._state = [0] * count
        self._shift = [0] * count
        if seed is not None:
            drawn = np.random.PCG64(np.random.SeedSequence([seed, count]))
            self._shift = [int(drawn.random_raw()) >> (64 - BITS) for _ in range(count)]
        self._place = 0
        self._seen: set[str] = set()
        self._over = False

    @property
    def done(self) -> bool:
        return self._over or len(self._seen) == self._space.size

    def ask(self, count: int) -> list[Params]:
        found: list[Params] = []
        passed = 0
        while len(found) < count and not self.done:
            point = self._space.at(self._shares())
            if point is not None and (text := canonical(point)) not in self._seen:
                self._seen.add(text)
                found.append(point)
                passed = 0
                continue
            passed += 1
            if passed == ATTEMPTS:
                if not self._seen:
                    raise InputError(
                        f"where= refused all of {ATTEMPTS} points: it contradicts the ranges of the parameters."
                    )
                self._over = True
        return found

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing depends on it."""

    def _shares(self) -> list[float]:
        """The next point of the sequence, by Gray's code: each differs from the one before in one direction number."""
        shares = [(state ^ shift) * 2.0**-BITS for state, shift in zip(self._state, self._shift, strict=True)]
        flipped = (~self._place & (self._place + 1)).bit_length() - 1
        self._place += 1
        for dimension, directions in enumerate(self._directions):
            self._state[dimension] ^= directions[flipped % BITS]
        return shares


def directions_of(dimension: int) -> list[int]:
    """The direction numbers of a dimension, counted from 0, as integers of 32 bits."""
    if dimension == 0:
        return [1 << (BITS - 1 - place) for place in range(BITS)]
    degree, coefficients, first = DIRECTIONS[dimension - 1]
    found = [number << (BITS - 1 - place) for place, number in enumerate(first)]
    for place in range(degree, BITS):
        number = found[place - degree] ^ (found[place - degree] >> degree)
        for bit in range(1, degree):
            if coefficients >> (degree - 1 - bit) & 1:
                number ^= found[place - bit]
        found.append(number)
    return found
