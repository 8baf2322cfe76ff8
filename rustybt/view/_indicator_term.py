"""Terms that are a column of an indicator."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.core import Asset
from rustybt.view._columns import IndicatorColumns, TermSpec, columns_for
from rustybt.view._market_view import MarketView
from rustybt.view._term import Phase, Term

type Floats = npt.NDArray[np.float64]


class IndicatorTerm(Term):
    """One column of an indicator."""

    __slots__ = ("_laid", "_more", "_output", "_spec")

    def __init__(
        self, market: MarketView, phase: Phase, assets: tuple[Asset, ...], spec: TermSpec, output: int, *, single: bool
    ) -> None:
        super().__init__(market, phase, assets, single=single)
        self._spec = spec
        self._output = output
        self._more = 1
        self._laid: IndicatorColumns | None = None

    def __repr__(self) -> str:
        spec = self._spec
        symbols = ", ".join([asset.symbol for asset in self.assets[:3]] + ["..."] * (len(self.assets) > 3))
        given = "".join(f", {name}={value}" for name, value in spec.parameters)
        column = f".{spec.kind.outputs[self._output]}" if spec.kind.outputs else ""
        return f"{spec.kind.name}({symbols}{given}){column}"

    def __getstate__(self) -> Any:
        return self._market, self._phase, self.assets, self._spec, self._output, self._single

    def __setstate__(self, state: Any) -> None:
        market, phase, assets, spec, output, single = state
        self.__init__(market, phase, assets, spec, output, single=single)  # type: ignore[misc]

    def _reach(self, more: int) -> IndicatorColumns:
        """Its columns, with so many bars before the run's first one."""
        if self._laid is None or more > self._more:
            self._more = max(more, self._more)
            columns = columns_for(self._market.tracks, self._spec, self._more)
            self._laid = columns.laid(self._spec, self.assets, self._market.kernel)
        return self._laid

    def _window(self, count: int) -> npt.NDArray[Any]:
        market, daily = self._market, self._spec.daily
        bar = market.session if daily else market.bar
        laid = self._reach(count - bar + 1)
        place = laid.grid.offset + bar - 1
        first = place + 1 - count
        window = _rows(laid.values[self._output], first, count)
        if laid.before is not None:
            return self._own_window(laid, window, first, place)
        if laid.factors is None:
            return window
        now = _rows(laid.factors, max(place, 0), 1)
        if market.before_open or daily:
            axis = columns_for(market.tracks, self._spec, self._more).axis if daily else market.axis
            key = axis.first_key(axis.first_session + market.session)
            now = now * self._coming(laid, place, key)
        restated: npt.NDArray[Any] = window * now
        return restated

    def _own_window(self, laid: IndicatorColumns, window: npt.NDArray[Any], first: int, place: int) -> npt.NDArray[Any]:
        """A user's indicator, whose windows are made anew where something has restated them since."""
        market = self._market
        axis = columns_for(market.tracks, self._spec, self._more).axis
        key = axis.first_key(axis.first_session + market.session)
        coming = place + 1 if market.before_open or self._spec.daily else place
        if not any(first < one[0] <= coming and one[3] <= key for places in laid.places for one in places):
            return window
        columns = columns_for(market.tracks, self._spec, self._more)
        end, now = place + 1, min(coming, len(laid.grid.keys) - 1)
        made = columns.own_window(self._spec, self.assets, max(first, 0), end, now)
        return _rows(made, min(first, 0), len(window))

    def _coming(self, laid: IndicatorColumns, place: int, key: int) -> Floats:
        """What restates the values of a place as of a later key, by asset."""
        volume = self._spec.unit == "volume"
        found = np.ones(len(self.assets))
        for column, places in enumerate(laid.places):
            factor = Fraction(1)
            for one in places:
                if one[0] > max(place, 0) and one[3] <= key:
                    factor *= 1 / one[2] if volume else one[1]
            found[column] = float(factor)
        return found

    def _column(self, back: int) -> npt.NDArray[Any]:
        laid, axis = self._reach(back + 2), self._market.axis
        values, bars = laid.values[self._output], len(axis.stamps)
        if back and laid.before is not None:
            values, back = laid.before, back - 1
        if not self._spec.daily:
            first = laid.grid.offset - 1
            column = _rows(values, first - back, bars)
            return column if laid.factors is None else column * _rows(laid.factors, first, bars, missing=1.0)
        sessions = np.searchsorted(np.array(axis.starts), np.arange(bars), side="right") - 1
        places = laid.grid.offset + sessions - 1
        earlier = np.concatenate([np.repeat(places[:1], back), places])[:bars]
        column = np.where((earlier >= 0)[:, None], values[np.maximum(earlier, 0)], np.nan)
        if laid.factors is None:
            return column
        return column * laid.factors[np.clip(places + 1, 0, len(laid.factors) - 1)]


class SeveralTerms:
    """An indicator of several columns, each a term: `bands.upper`.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import symbol, term
    >>> from rustybt.indicators import BollingerBands
    >>> def initialize(context):
    ...     context.bands = term(BollingerBands, symbol("AAPL"), window=20)
    >>> def handle_data(context, data):
    ...     print(round(context.bands.upper.now, 3), round(context.bands.now["lower"], 3))
    >>> result = run_algorithm("2010-01-12", "2010-01-12", initialize=initialize, handle_data=handle_data)
    220.074 190.529
    """

    __slots__ = ("_terms",)

    def __init__(self, terms: dict[str, Term]) -> None:
        self._terms = terms

    def __getattr__(self, name: str) -> Term:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._terms[name]
        except KeyError:
            raise AttributeError(f"There is no {name!r} here; there are {', '.join(self._terms)}.") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._terms]

    def __getstate__(self) -> Any:
        return self._terms

    def __setstate__(self, state: Any) -> None:
        self._terms = state

    @property
    def now(self) -> dict[str, Any]:
        """The value of each column at the moment, by its name."""
        return {name: term.now for name, term in self._terms.items()}

    def __repr__(self) -> str:
        return f"<{', '.join(map(repr, self._terms.values()))}>"


def _rows(values: npt.NDArray[Any], first: int, count: int, missing: float = np.nan) -> npt.NDArray[Any]:
    """So many rows from one on; `missing` before the first one."""
    if first >= 0:
        return values[first : first + count]
    lead = np.full((min(-first, count), values.shape[1]), missing)
    return np.concatenate([lead, values[: max(count + first, 0)]])
