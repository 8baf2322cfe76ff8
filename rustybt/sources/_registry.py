"""Sources by name: ours, and those that other packages register as entry points of "rustybt.sources"."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from rustybt.errors import InputError
from rustybt.sources._source import Source

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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

_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def source_names() -> tuple[str, ...]:
    """The names that `make_source` knows, sorted.

    >>> from rustybt.sources import source_names
    >>> source_names()[:3]
    ('alpaca', 'alphavantage', 'ccxt')
    """
    return tuple(sorted({*_OURS, *_third_parties()}))


def make_source(name: str, *arguments: Any, **options: Any) -> Source:
    """A source by its name, made with the arguments of its class. Raises InputError, and what its class raises.

    Names of ours can't be taken by other packages.

    >>> import pathlib, tempfile
    >>> from rustybt.sources import make_source
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ACME.csv"
    >>> _ = path.write_text("date,open,high,low,close,volume\\n2024-01-02,10,11,9,10.5,100\\n")
    >>> make_source("csv", path).fetch(["ACME"], "2024-01-01", "2024-01-31").bars.height
    1
    """
    factory = _factory(name)
    if (form := _form(factory)) is not None:
        try:
            form.bind(*arguments, **options)
        except TypeError as error:
            raise InputError(f"source {name!r}: {error}. It takes {', '.join(form.parameters) or 'none'}.") from None
    made = factory(*arguments, **options)
    if not isinstance(made, Source):
        raise InputError(
            f"source {name!r} made a {type(made).__name__}, which lacks name, supports, vendor_symbol or fetch. "
            "See docs/sources/writing_a_source.md."
        )
    return made


def options_of(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of a source's class that were written as text, as what its annotations ask for.

    true, false and numbers for bool, int and float, JSON for a mapping; what has another annotation or none stays
    text. Raises InputError.

    >>> from rustybt.sources import options_of
    >>> options_of("yfinance", {"timeout": "5"})
    {'timeout': 5.0}
    """
    form = _form(_factory(name))
    known = {} if form is None else form.parameters
    return {
        option: _as_asked(f"{name}: {option}", text, str(known[option].annotation) if option in known else "")
        for option, text in texts.items()
    }


def _as_asked(what: str, text: str, annotation: str) -> Any:
    asked = re.findall(r"bool|int|float|Mapping|dict|str", annotation)
    if not asked or "str" in asked[:1]:
        return text
    try:
        if asked[0] == "bool":
            return _TRUTH[text.strip().lower()]
        if asked[0] in ("int", "float"):
            return int(text) if asked[0] == "int" else float(text)
        found = json.loads(text)
    except (KeyError, ValueError):
        found = None
    if not isinstance(found, dict):
        like = {"bool": "true or false", "int": "a whole number", "float": "a number"}.get(asked[0], '{"name": value}')
        raise InputError(f"{what} is {text!r}. Write it as {like}.")
    return found


def _factory(name: str) -> Callable[..., Any]:
    if name in _OURS:
        ours: Callable[..., Any] = getattr(importlib.import_module("rustybt.sources"), _OURS[name])
        return ours
    points = _third_parties()
    if name not in points:
        raise InputError(f"there is no source {name!r}. Pass one of {', '.join(source_names())}.")
    try:
        found: Callable[..., Any] = points[name].load()
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"source {name!r} is registered as {points[name].value}, which can't be loaded: {error}. "
            "Install that package anew, or remove it."
        ) from error
    return found


def _form(factory: Callable[..., Any]) -> inspect.Signature | None:
    """Its parameters; None where Python can't tell."""
    try:
        return inspect.signature(factory)
    except (TypeError, ValueError):
        return None


def _third_parties() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
