"""The arguments of `ingest`, checked: the request, and the readers of its bars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.catalog import DAILY, MINUTE
from rustybt.core import as_decimal_config, exact_number, frequency_named
from rustybt.errors import InputError
from rustybt.files import as_dialect, check_zone, given_items
from rustybt.ingest._adjusted import ADJ_CLOSE
from rustybt.ingest._auto_close import LAST_BAR
from rustybt.ingest._bars import BarReader
from rustybt.ingest._batch import Batch
from rustybt.ingest._fetched import arguments_of
from rustybt.ingest._one_table import Reading
from rustybt.ingest._write import Actions, IngestRequest
from rustybt.sources import Fetched

_MODES: Final = ("error", "append", "replace", "correct")
_ON_BAD_ROW: Final = ("error", "drop", "drop-most", "quarantine")
DEFAULT_CALENDAR: Final = "XNYS"
_MOST: Final = 10**30
CSVDIR_FOLDERS: Final = {DAILY: "daily", MINUTE: "minute"}
"""The folders of Zipline's csvdir, by frequency."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of `ingest`, sorted. notes: what is to be told of them.

    frequency, calendar: as they were told, None where they were not; the request has what is taken then.
    """

    request: IngestRequest
    bars: Any
    assets: Any
    actions: Actions
    notes: tuple[str, ...] = ()
    frequency: str | None = None
    calendar: str | None = None


def asked(bundle: str, bars: Any, given: Mapping[str, Any]) -> Asked:
    """given: all keyword arguments of `ingest` but root. What a source fetched says what is not given.

    Raises InputError for what can't be meant.
    """
    if given["auto_close"] not in (None, LAST_BAR):
        raise InputError(f"auto_close={given['auto_close']!r}: pass 'last_bar', or nothing.")
    notes: tuple[str, ...] = ()
    if isinstance(bars, Fetched):
        arguments, notes = arguments_of(bars, dict(given))
        given, bars = {**given, "csv": None, **arguments}, arguments["bars"]
    bars = _readable_twice(bars)
    actions = Actions(*(given[name] for name in ("splits", "dividends", "stock_dividends", "funding")))
    request = IngestRequest(
        bundle=bundle,
        frequency=DAILY if given["frequency"] is None else given["frequency"],
        calendar=DEFAULT_CALENDAR if given["calendar"] is None else given["calendar"],
        stamp=given["stamp"],
        symbols=given["symbols"],
        mode=given["mode"],
        on_bad_row=given["on_bad_row"],
        how=_reading(given),
        decimals=as_decimal_config(given["decimals"]),
        dialect=as_dialect(given["csv"]),
        provenance=_provenance(given["provenance"]),
        auto_close=given["auto_close"],
    )
    return Asked(request, bars, given["assets"], actions, notes, given["frequency"], given["calendar"])


def _readable_twice(bars: Any) -> Any:
    """The bars, as something that can be read again: a stream of Arrow can't."""
    known = isinstance(bars, str | Path | list | tuple | Mapping | pl.DataFrame | pl.LazyFrame)
    if known or type(bars).__module__.partition(".")[0] == "pandas" or not hasattr(bars, "__arrow_c_stream__"):
        return bars
    return given_items(bars, "bars")


def batches_of(request: IngestRequest, bars: Any, folder: Path, *, length_told: bool) -> list[Batch]:
    """The bars by frequency, daily ones first. folder: where rows wait that are too many for memory.

    length_told: see `BarReader`.
    """
    return [
        Batch(frequency, _reader(request, frequency, given, length_told=length_told), folder)
        for frequency, given in by_frequency(request, bars)
    ]


def by_frequency(request: IngestRequest, bars: Any) -> list[tuple[str, Any]]:
    """Bars by frequency, daily ones first."""
    if isinstance(bars, Mapping) and bars and all(_is_frequency(name) for name in bars):
        return sorted(bars.items())
    return [(request.frequency, bars)]


def _is_frequency(name: object) -> bool:
    try:
        return bool(frequency_named(str(name)).name)
    except InputError:
        return False


def _reader(request: IngestRequest, frequency: str, bars: Any, *, length_told: bool) -> BarReader:
    return BarReader(
        _folder_of(bars, frequency),
        frequency=frequency,
        calendar=request.calendar,
        stamped=request.stamp,
        symbols=request.symbols,
        how=request.how,
        dialect=request.dialect,
        length_told=length_told,
    )


def _folder_of(bars: Any, frequency: str) -> Any:
    """Of a csvdir, its folder of that frequency."""
    if not isinstance(bars, str | Path):
        return bars
    if frequency not in CSVDIR_FOLDERS:
        return bars
    folder = Path(bars).expanduser() / CSVDIR_FOLDERS[frequency]
    return folder if folder.is_dir() else bars


def check_request(request: IngestRequest, frequencies: Sequence[str]) -> None:
    """Raises InputError for what no bars could be read with."""
    for frequency in frequencies:
        frequency_named(frequency)
    for name, value, allowed in (
        ("mode", request.mode, _MODES),
        ("on_bad_row", request.on_bad_row, _ON_BAD_ROW),
        ("stamp", request.stamp, (None, "start", "end")),
    ):
        if value not in allowed:
            raise InputError(f"{name} is {value!r}. Pass one of {', '.join(str(a) for a in allowed if a)}.")
    if request.stamp is None and not all(frequency_named(frequency).by_session for frequency in frequencies):
        raise InputError(
            "Do the stamps of these bars say when a bar starts, or when it ends? Pass stamp='start' or stamp='end': "
            "a wrong guess lets a strategy see one bar ahead."
        )


def _reading(given: Mapping[str, Any]) -> Reading:
    """Raises InputError for what no rows could be read with."""
    places, symbol, adjusted = given["price_decimals"], given["symbol"], given["adj_close"]
    if places is not None and (type(places) is not int or not 0 <= places <= 20):
        raise InputError(f"price_decimals is {places!r}. Pass a whole number from 0 to 20.")
    if symbol is not None and (not isinstance(symbol, str) or not symbol.strip()):
        raise InputError(f"symbol is {symbol!r}. Pass the name of the asset that all rows are of, as text.")
    if symbol is not None and not symbol.isprintable():
        raise InputError(f"symbol is {symbol!r}, with characters that can't be printed. Pass a name without them.")
    if adjusted not in (None, *ADJ_CLOSE):
        raise InputError(f"adj_close is {adjusted!r}. Pass one of {', '.join(ADJ_CLOSE)}, or leave it out.")
    factor = None if given["price_scale"] is None else exact_number(given["price_scale"], "price_scale")
    if factor is not None and not 0 < factor < _MOST:
        raise InputError(
            f"price_scale is {given['price_scale']!r}, which is beyond any price or not above zero. Pass a number "
            "such as '0.0001'."
        )
    return Reading(check_zone(given["tz"]), places, factor, symbol, bool(given["close_only"]), adjusted)


def _provenance(given: Mapping[str, Any] | str | None) -> dict[str, Any]:
    provenance = {"source": given} if isinstance(given, str) else dict(given or {})
    try:
        json.dumps(provenance)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"provenance can't be written as JSON: {error}. Pass text, numbers, lists and mappings."
        ) from None
    return provenance
