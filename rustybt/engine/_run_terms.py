"""The terms of a run that is over: what they said at its bars, and how a saved result has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rustybt.errors import HistoryWindowStartsBeforeData

if TYPE_CHECKING:
    from rustybt.core import TermValues
    from rustybt.view import AskedTerm, MarketView, TermSpec

type Page = Mapping[str, Any]
"""A term as JSON can hold it."""


def pages_of(terms: Iterable[AskedTerm]) -> list[dict[str, Any]]:
    """The terms for a saved result. Of an indicator that is not the library's there is the name alone."""
    from rustybt.view import name_of

    found = []
    for spec, assets in terms:
        page: dict[str, Any] = {"name": name_of(spec), "sids": [asset.sid for asset in assets]}
        if spec.kind.of_library:
            page |= {
                "kind": spec.kind.name,
                "field": spec.field,
                "parameters": dict(spec.parameters),
                "frequency": spec.frequency,
                "against": None if spec.against is None else spec.against.sid,
            }
        found.append(page)
    return found


def terms_said(view: MarketView, terms: Sequence[AskedTerm | Page], sid: int) -> list[TermValues]:
    """What terms said of an asset, each once. They are those of the run, or those that a saved result has of it."""
    from rustybt.core import TermValues

    found: dict[Any, TermValues] = {}
    for one in terms:
        if sid not in _sids(one):
            continue
        spec = _spec(view, one)
        if spec is None:
            name = str(_page(one)["name"])
            found[name] = TermValues(name, told="own code is not saved")
        elif spec not in found:
            said = _said(view, spec, sid)
            if said is not None:
                found[spec] = said
    return list(found.values())


def _said(view: MarketView, spec: TermSpec, sid: int) -> TermValues | None:
    """None of a term that has no value up to the run's end, which the strategy can't have read."""
    from rustybt.core import TermValues
    from rustybt.view import name_of, values_at_bars

    name = name_of(spec)
    try:
        values = values_at_bars(view, spec, view.version.asset(sid))
    except HistoryWindowStartsBeforeData:
        return None
    except Exception as error:
        if spec.kind.of_library:
            raise
        # code of the user's, which may do anything now
        return TermValues(name, told=f"its code raised {type(error).__name__}")
    return TermValues(name, values, None if spec.kind.own else spec.unit == "price")


def _sids(one: AskedTerm | Page) -> list[int]:
    return list(one["sids"]) if isinstance(one, Mapping) else [asset.sid for asset in one.assets]


def _page(one: AskedTerm | Page) -> Page:
    return one if isinstance(one, Mapping) else {}


def _spec(view: MarketView, one: AskedTerm | Page) -> TermSpec | None:
    """None where the code of the indicator is not known."""
    if not isinstance(one, Mapping):
        return one.spec
    from rustybt import indicators
    from rustybt.view import TermSpec

    kind = getattr(indicators, str(one.get("kind")), None)
    if not isinstance(kind, indicators.Indicator):
        return None
    against = None if one["against"] is None else view.version.asset(one["against"])
    return TermSpec(kind, one["field"], tuple(one["parameters"].items()), one["frequency"], against)
