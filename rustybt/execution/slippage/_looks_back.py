"""The base of models that look at sessions before the current one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, Self

from rustybt.errors import HistoryWindowStartsBeforeData, NoData
from rustybt.execution.slippage._base import SlippageModel

SESSIONS: Final = 20


class LooksBack(SlippageModel):
    """A model that looks at what was traded before. It sees whole sessions before the current one, and no others."""

    def bound(self, data: Any) -> Self:
        self._data: Any = data
        self._windows: dict[int, tuple[Any, tuple[Fraction, Fraction | None]]] = {}
        return self

    def _let_go(self) -> None:
        self._data, self._windows = None, {}

    def window(self, asset: Any) -> tuple[Fraction, Fraction | None]:
        """Mean volume, and variance of the returns, of the twenty sessions before the current one.

        A session without a trade has no volume and no return. The variance is None, and the mean 0, where the bundle
        does not reach back that far, and in a run on weeks or months; the variance alone where the asset does not.
        """
        session = self._data.current_session
        known = self._windows.get(asset.sid)
        if known is None or known[0] != session:
            known = self._windows[asset.sid] = (session, self._window(asset))
        return known[1]

    def _window(self, asset: Any) -> tuple[Fraction, Fraction | None]:
        try:
            volumes, closes = self._past(asset, ("volume", "close"), SESSIONS)
        except (HistoryWindowStartsBeforeData, NoData):
            # before the data begin, or in a run on weeks or months, which has no sessions to look at
            return Fraction(0), None
        mean = sum((Fraction(volume or 0) for volume in volumes), Fraction(0)) / SESSIONS
        prices: list[Fraction] = []
        for close in closes:
            if close is None and not prices:
                return mean, None
            prices.append(prices[-1] if close is None else Fraction(close))
        if 0 in prices:
            return mean, None
        returns = [now / before - 1 for before, now in pairwise(prices)]
        middle = sum(returns, Fraction(0)) / len(returns)
        return mean, sum(((one - middle) ** 2 for one in returns), Fraction(0)) / (len(returns) - 1)

    def _past(self, asset: Any, fields: Sequence[str], sessions: int) -> list[list[Decimal | None]]:
        """Columns of so many sessions before the current one, restated as of now; None where there was no bar.

        Raises HistoryWindowStartsBeforeData, NoData.
        """
        return [self._data.history(asset, field, sessions + 1, "1d", dtype=Decimal).to_list()[:-1] for field in fields]


def root_half_even(square: Fraction, scale: int) -> int:
    """The square root of a fraction of 0 or more at a scale, rounded once, half-even.

    >>> root_half_even(Fraction(2), 3), root_half_even(Fraction(1, 4), 0), root_half_even(Fraction(9, 4), 0)
    (1414, 0, 2)
    """
    up = square * 100**scale
    root = math.isqrt(up.numerator // up.denominator)
    # root <= exact < root + 1: compare with root + 1/2
    middle = Fraction(2 * root + 1, 2) ** 2
    return root + 1 if up > middle or (up == middle and root & 1) else root
