"""What the terms of a run said at each of its bars, for whoever looks at it when it is over."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.core import Asset
from rustybt.view._columns import TermSpec
from rustybt.view._indicator_term import IndicatorTerm
from rustybt.view._market_view import MarketView


class AskedTerm(NamedTuple):
    """What a strategy has asked for with `term`."""

    spec: TermSpec
    assets: tuple[Asset, ...]


class _Over:
    """The phase of a run that is over."""

    phase = "analyze"


_OVER: Final = _Over()


def values_at_bars(market: MarketView, spec: TermSpec, asset: Asset) -> dict[str, npt.NDArray[np.float64]]:
    """At each bar of a run, bar 0 included, what a term of one asset says there, by the name of its column."""
    found: dict[str, Any] = {}
    for place, name in enumerate(spec.kind.outputs or ("",)):
        term = IndicatorTerm(market, _OVER, (asset,), spec, place, single=True)
        found[name] = np.array(term.at_bars())
    return found


def name_of(spec: TermSpec) -> str:
    """Short, for a picture: kind, parameters and what else is not as usual, as in "SMA 20" or "SMA high 10 1w"."""
    given = [f"{value:g}" if isinstance(value, float) else str(value) for _, value in spec.parameters]
    field = spec.field if spec.field != "close" else ""
    against = "" if spec.against is None else spec.against.symbol
    return " ".join(filter(None, (spec.kind.name, field, *given, against, spec.frequency)))
