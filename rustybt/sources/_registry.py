"""Sources by name: ours, and those that other packages register as entry points of "rustybt.sources"."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.sources._source import Source

GROUP: Final = "rustybt.sources"
_OURS: Final = {
    "alpaca": "Alpaca",
    "alphavantage": "AlphaVantage",
    "ccxt": "CCXT",
    "csv": "CSV",
    "massive": "Polygon",
    "polygon": "Polygon",
    "yfinance": "YFinance",
}


def source_names() -> tuple[str, ...]:
    """The names that `make_source` knows, sorted."""
    return tuple(sorted({*_OURS, *_third_parties()}))


def make_source(name: str, *arguments: Any, **options: Any) -> Source:
    """A source by its name, made with the arguments of its class. Raises InputError, and what its class raises.

    Names of ours can't be taken by other packages.
    """
    if name in _OURS:
        factory = getattr(importlib.import_module("rustybt.sources"), _OURS[name])
    else:
        others = _third_parties()
        if name not in others:
            raise InputError(f"there is no source {name!r}. Give one of {', '.join(source_names())}.")
        factory = others[name]()
    made = factory(*arguments, **options)
    if not isinstance(made, Source):
        raise InputError(
            f"source {name!r} made a {type(made).__name__}, which lacks name, supports, vendor_symbol or fetch. "
            "See docs/sources/writing_a_source.md."
        )
    return made


def _third_parties() -> dict[str, Callable[[], Callable[..., Any]]]:
    from importlib.metadata import entry_points

    return {point.name: point.load for point in entry_points(group=GROUP)}
