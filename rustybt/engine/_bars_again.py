"""The market of a run that is over, opened again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rustybt.core import Notes, StockDividend
from rustybt.engine._compat import Compat
from rustybt.engine._market import Market, Reference, axis_of, reopened, tracks_on
from rustybt.engine._run_terms import terms_said
from rustybt.view import Axis, MarketView

if TYPE_CHECKING:
    from rustybt.core import AssetBars, RunBars


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarketAgain:
    """Where a run's market is, and how to look at it once more.

    market: the market of data at hand, or where that of a bundle is. span: start, end and calendar as the run was given
    them.
    """

    market: Market | Reference
    span: tuple[Any, Any, Any]
    compat: Compat

    def view(self) -> MarketView:
        """The market as the run saw it. Raises BundleNotFound and VersionNotFound where the data are gone."""
        market = reopened(self.market) if isinstance(self.market, Reference) else self.market
        return MarketView(tracks_on(market, axis_of(market, *self.span, Notes()), self.compat))

    def bars(self, terms: Sequence[Any] = ()) -> RunBars:
        """The bars of the run, and what terms said at them. Raises as `view` does."""
        view = self.view()
        axis = view.axis
        stock = view.version.stock_dividends()
        of, said = functools.partial(_bars_of, view, stock), functools.partial(terms_said, view, terms)
        from rustybt.core import RunBars

        return RunBars(axis.stamps, axis.starts, axis.days, of, said, functools.partial(_read, view))


def _read(view: MarketView, sids: Sequence[int]) -> None:
    view.tracks.of([view.version.asset(sid) for sid in sids])


def _bars_of(view: MarketView, stock: Sequence[StockDividend], sid: int) -> AssetBars:
    (track,) = view.tracks.of([view.version.asset(sid)])
    axis, count = view.axis, len(view.axis.keys)
    here = np.frombuffer(bytes(track.present), dtype=np.bool_)
    prices = {field: _floats(track.column(field), track.mark_scale, here) for field in ("open", "high", "low", "close")}
    splits = [(one.ex_day, Fraction(one.denominator, one.numerator)) for one in track.splits if not one.prices_only]
    splits += [
        (one.ex_day, 1 + Fraction(one.numerator, one.denominator)) for one in stock if one.sid == one.payment_sid == sid
    ]
    dividends = [(one.ex_day, Fraction(one.amount, 10**one.scale)) for one in track.dividends]
    restated = (int(np.searchsorted(axis.keys, one.key)) for one in track.adjustments)
    from rustybt.core import AssetBars

    return AssetBars(
        asset=track.asset,
        here=here,
        **prices,
        volume=_floats(track.volume, track.quantity_scale, here),
        price=track.price,
        scale=track.mark_scale,
        first=track.first,
        last=track.last,
        splits=_within(axis, splits),
        dividends=_within(axis, dividends),
        jumps=tuple(bar for bar in restated if 0 < bar < count),
    )


def _floats(values: Any, scale: int, here: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    if isinstance(values, list):  # beyond 64 bits
        found = np.array([value / 10**scale for value in values], dtype=np.float64)
    else:
        found = np.asarray(values, dtype=np.float64) / 10.0**scale
    found[~here] = np.nan
    return found


def _within(axis: Axis, actions: Iterable[tuple[int, Fraction]]) -> tuple[tuple[int, Fraction], ...]:
    """Those that take effect with a bar of the run, by bar."""
    days, _ = axis.action_days()
    found = []
    for day, amount in actions:
        place = int(np.searchsorted(days, day, side="left"))
        bar = len(axis.keys) if place == len(days) else int(np.searchsorted(axis.keys, axis.action_key(place)))
        if 0 < bar < len(axis.keys):
            found.append((bar, amount))
    return tuple(sorted(found))
