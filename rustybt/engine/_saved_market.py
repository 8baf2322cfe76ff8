"""What is saved with a result to look at its run once more, and the market of a saved result, found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.catalog import catalog_root
from rustybt.core import OrderTerms, date_of, terms_from
from rustybt.engine._bars_again import MarketAgain
from rustybt.engine._compat import Compat
from rustybt.engine._market import Market, Reference, reopened
from rustybt.errors import LookupFailed, ResultError, VersionNotFound
from rustybt.execution import Meeting
from rustybt.view import Axis, MarketView

_TERMS: Final = "order_terms"
_ARRIVALS: Final = "order_arrivals"


def shape_of(axis: Axis) -> tuple[int, int]:
    """What tells one run's bars from another's: how many they are, and the sum of their stamps."""
    return len(axis.stamps), int(axis.stamps.sum())


def place_of(market: Market, axis: Axis, trading_calendar: Any) -> dict[str, Any]:
    """Where the market of a run is, as JSON can hold it. Data at hand are in no catalog."""
    if market.at_hand:
        return {"at_hand": True}
    named = trading_calendar is None or isinstance(trading_calendar, str)
    return {
        "root": str(market.root),
        "bundle": market.bundle,
        "version": market.version,
        "hash": market.data.hash,
        "data_frequency": market.data_frequency,
        "length": market.length,
        "start": date_of(axis.days[0]).isoformat(),
        "end": date_of(axis.days[-1]).isoformat(),
        "calendar": trading_calendar if named else axis.calendar.name,
        "bars": shape_of(axis),
    }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SavedMarket(MarketAgain):
    """The market of a saved result: in the catalog of now where that has the very data, else where the run found it."""

    market: Reference
    hash: str
    shape: tuple[int, int]

    def view(self) -> MarketView:
        """Raises VersionNotFound where the data are gone, ResultError where the bars are not those of the run."""
        there = self._found()
        # named by the base: a class with slots has no `super()` without them
        view = MarketAgain(there, self.span, self.compat).view()
        if shape_of(view.axis) != self.shape:
            raise ResultError(
                f"Bundle {there.bundle!r} {there.version} has other bars on the calendar {view.axis.calendar.name!r} "
                "than the run went over: its calendar was an object of the caller's. Run it again."
            )
        return view

    def _found(self) -> Market:
        bundle, version = self.market.bundle, self.market.version
        places = dict.fromkeys((catalog_root(), self.market.root))
        for root in places:
            try:
                market = reopened(self.market._replace(root=root))
            except LookupFailed:
                continue
            if market.data.hash == self.hash:
                return market
        looked = " and ".join(str(root) for root in places)
        raise VersionNotFound(
            f"version {version} of bundle {bundle!r}, with the data of hash {self.hash[:16]}, is not in {looked}. Set "
            "RUSTYBT_ROOT to the catalog that has it, or run the strategy again on data that are there."
        )


def saved_market(saved: Mapping[str, Any], compat: Mapping[str, Any]) -> SavedMarket:
    """The market of which `place_of` told. compat: of the run, by field."""
    known = {name: value for name, value in compat.items() if name in Compat.__dataclass_fields__}
    bundle, version, frequency, length = (saved[name] for name in ("bundle", "version", "data_frequency", "length"))
    reference = Reference(Path(saved["root"]), bundle, version, frequency, length, None, None, None, False, [])
    span = saved["start"], saved["end"], saved["calendar"]
    return SavedMarket(reference, span, Compat(**known), saved["hash"], tuple(saved["bars"]))


def order_frames(
    special: Mapping[int, list[tuple[int, OrderTerms[int]]]], met: Mapping[int, Meeting]
) -> dict[str, pl.DataFrame]:
    """What orders said besides prices, and when those arrived that were on their way: what a result does not have."""
    terms = [(number, place, json.dumps(one.plain())) for number, had in special.items() for place, one in had]
    arrivals = [(number, *due) for number, due in met.items()]
    schemas: dict[str, tuple[list[Any], dict[str, Any]]] = {
        _TERMS: (terms, {"number": pl.Int64, "place": pl.Int64, "terms": pl.String}),
        _ARRIVALS: (arrivals, {"number": pl.Int64, "bar": pl.Int64, "only_close": pl.Boolean}),
    }
    return {name: pl.DataFrame(rows, schema, orient="row") for name, (rows, schema) in schemas.items() if rows}


def orders_from(
    frames: Mapping[str, pl.DataFrame],
) -> tuple[dict[int, list[tuple[int, OrderTerms[int]]]], dict[int, Meeting]]:
    """What `order_frames` was made of."""
    special: dict[int, list[tuple[int, OrderTerms[int]]]] = {}
    for number, place, plain in frames[_TERMS].iter_rows() if _TERMS in frames else ():
        special.setdefault(number, []).append((place, terms_from(json.loads(plain))))
    arrivals = frames[_ARRIVALS].iter_rows() if _ARRIVALS in frames else ()
    return special, {number: (bar, only_close) for number, bar, only_close in arrivals}
