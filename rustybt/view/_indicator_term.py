"""Terms that are a column of an indicator."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS, Asset
from rustybt.errors import WrongType
from rustybt.view._columns import Columns, IndicatorColumns, TermSpec, columns_for
from rustybt.view._longer import factors_of, keys_known, keys_over, last_keys
from rustybt.view._market_view import MarketView
from rustybt.view._term import Phase, Term

type Floats = npt.NDArray[np.float64]


class IndicatorTerm(Term):
    """One column of an indicator."""

    __slots__ = ("_from", "_laid", "_more", "_output", "_spec")

    def __init__(
        self, market: MarketView, phase: Phase, assets: tuple[Asset, ...], spec: TermSpec, output: int, *, single: bool
    ) -> None:
        super().__init__(market, phase, assets, single=single)
        self._spec = spec
        self._output = output
        self._more = 1
        self._from: Columns | None = None
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
            self._from = columns_for(self._market.tracks, self._spec, self._more)
            self._laid = self._from.laid(self._spec, self.assets, self._market.kernel)
        return self._laid

    @property
    def frequency(self) -> str:
        return self._spec.frequency

    def _columns(self) -> Columns:
        """Where its columns are from: others may reach further back by now, and count places from another bar."""
        return self._from or columns_for(self._market.tracks, self._spec, self._more)

    def _moment(self) -> tuple[int, int]:
        """The largest key of a bar that is over now, and of an action that has taken effect."""
        market = self._market
        if self.frequency and self._columns().axis.daily and not market.axis.daily:
            day = market.axis.days[market.session] * DAY_NS
            return day - 1, day
        return int(market.axis.keys[market.bar]), market.now_key()

    def _window(self, count: int) -> npt.NDArray[Any]:
        bar = self._market.bar
        if self.frequency:
            bar = int(np.searchsorted(self._columns().axis.keys[1:], self._moment()[0], side="right"))
        laid = self._reach(count - bar + 1)
        place = laid.grid.offset + bar - 1
        first = place + 1 - count
        window = _rows(laid.values[self._output], first, count)
        if laid.before is not None:
            return self._own_window(laid, window, first, place)
        if laid.factors is None:
            return window
        now = _rows(laid.factors, max(place, 0), 1)
        if self._market.before_open or self.frequency:
            now = factors_of(laid.places, self._spec.unit, np.array([self._moment()[1]]))
        restated: npt.NDArray[Any] = window * now
        return restated

    def _own_window(self, laid: IndicatorColumns, window: npt.NDArray[Any], first: int, place: int) -> npt.NDArray[Any]:
        """A user's indicator, whose windows are made anew where something has restated them since."""
        key = self._moment()[1]
        if not any(first < one[0] and one[3] <= key for places in laid.places for one in places):
            return window
        made = self._columns().own_window(self._spec, self.assets, max(first, 0), place + 1, key)
        return _rows(made, min(first, 0), len(window))

    def _window_of_run(self, count: int) -> npt.NDArray[Any]:
        if not self.frequency:
            return self._window(count)
        axis, columns = self._market.axis, self._columns()
        over, key = self._moment()
        keys = keys_over(axis, last_keys(axis, self._market.bar, count), by_session=columns.axis.daily)
        keys = np.append(keys[:-1], over)
        laid = self._reach(count + 1)
        places = np.searchsorted(laid.grid.keys, keys, side="right") - 1
        found = self._at(laid, places, np.full(len(places), key, dtype=np.int64))
        return _rows(found, len(found) - count, count)

    def _readable(self) -> Any:
        if self._single or self.frequency:
            return super()._readable()
        laid = self._reach(2)
        return _Rows(laid.values[self._output], laid.factors, laid.grid.offset - 1)

    def _column(self, back: int) -> npt.NDArray[Any]:
        laid, axis = self._reach(back + 2), self._market.axis
        values, bars = laid.values[self._output], len(axis.stamps)
        if not self.frequency:
            if back and laid.before is not None:
                values, back = laid.before, back - 1
            first = laid.grid.offset - 1
            column = _rows(values, first - back, bars)
            return column if laid.factors is None else column * _rows(laid.factors, first, bars, missing=1.0)
        by_session = self._columns().axis.daily
        keys = keys_over(axis, axis.keys, by_session=by_session)
        places = np.searchsorted(laid.grid.keys, keys, side="right") - 1
        earlier = np.concatenate([np.repeat(places[:1], back), places])[:bars]
        return self._at(laid, earlier, keys_known(axis, axis.keys, by_session=by_session))

    def _at(
        self, laid: IndicatorColumns, places: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]
    ) -> npt.NDArray[Any]:
        """The values of places, each as of a key; NaN before the first place."""
        values = laid.values[self._output]
        found: npt.NDArray[Any] = np.where((places >= 0)[:, None], values[np.maximum(places, 0)], np.nan)
        if laid.before is not None:
            self._make_anew(found, laid, places, keys)
        elif laid.factors is not None:
            found *= factors_of(laid.places, self._spec.unit, keys)
        return found

    def _make_anew(
        self, found: Floats, laid: IndicatorColumns, places: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]
    ) -> None:
        """A user's indicator, where something takes effect between a place and a key."""
        for column, asset in enumerate(self.assets):
            known = np.array([one[3] for one in laid.places[column]], dtype=np.int64)
            effective = np.searchsorted(known, keys, side="right")
            stale = np.zeros(len(places), dtype=np.bool_)
            for place, _, _, key in laid.places[column]:
                stale |= (places >= 0) & (places < place) & (keys >= key)
            made: dict[tuple[int, int], float] = {}
            for row in np.flatnonzero(stale).tolist():
                what = int(places[row]), int(effective[row])
                if what not in made:
                    window = self._columns().own_window(self._spec, [asset], what[0], what[0] + 1, int(keys[row]))
                    made[what] = float(window[0, 0])
                found[row, column] = made[what]


class _Rows:
    """The values of several assets by bar, from bar 0 on, as of each bar: of thousands a column is not laid anew."""

    __slots__ = ("_factors", "_first", "_values")

    def __init__(self, values: Floats, factors: Floats | None, first: int) -> None:
        self._values = values
        self._factors = factors
        self._first = first

    def __getitem__(self, bar: int) -> Floats:
        place = self._first + bar
        if place < 0:
            return np.full(self._values.shape[1], np.nan)
        row: Floats = self._values[place]
        return row if self._factors is None else row * self._factors[place]


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

    def _has_several(self, _: object) -> NoReturn:
        raise WrongType(f"{self!r} has several columns. Take one of them: {', '.join(self._terms)}.")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __truediv__ = _has_several
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = _has_several

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
