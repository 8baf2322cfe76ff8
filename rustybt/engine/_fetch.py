"""`fetch_csv`: a file or an address read with pandas, its dates and symbols found, its columns placed in time."""

from __future__ import annotations

import base64
import http.client
import logging
import math
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from rustybt.core import DAY_NS, Asset, time_zone
from rustybt.errors import InputError, LookupFailed, MissingExtra, MultipleSymbolsFound, NoData
from rustybt.view import Fetched, MarketView

OF_REQUEST: Final = ("params", "headers", "auth", "cert")
TIMEOUT_SECONDS: Final = 30
MOST_BYTES: Final = 100 * 1024 * 1024
SHOWN: Final = 60
LOG: Final = logging.getLogger("rustybt.fetch_csv")

type Hook = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class FetchedCSV:
    """What `fetch_csv` read.

    df: the rows as they were taken over, by moment (UTC). dropped: how many had no date or no asset.
    """

    df: Any
    dropped: int

    @property
    def fields(self) -> list[str]:
        """The columns, as `data.current` knows them."""
        return [str(name) for name in self.df.columns if name != "sid"]


@dataclass(frozen=True, slots=True)
class CsvRequest:
    """The parameters of `fetch_csv`, as it documents them. more: for the address and for pandas.read_csv."""

    url: Any
    pre_func: Hook | None
    post_func: Hook | None
    date_column: str
    date_format: str | None
    timezone: Any
    symbol: str | None
    mask: bool
    symbol_column: str | None
    special_params_checker: Callable[[str], Any] | None
    country_code: str | None
    more: dict[str, Any]


def fetch_csv(market: MarketView, request: CsvRequest) -> FetchedCSV:
    """Reads, places and keeps the columns of a CSV. See `rustybt.api.fetch_csv`."""
    pandas = _pandas()
    frame = _hooked(pandas, request.pre_func, "pre_func", _table(pandas, request))
    read = len(frame)
    stamps, whole = _moments(pandas, frame, request)
    _tell_undated(frame, stamps, request)
    frame = frame.assign(**{"dt": stamps, " whole": whole})[stamps.notna()]
    symbol_column = request.symbol_column or "symbol"
    if request.symbol is not None:
        frame = frame.assign(sid=request.symbol)
    elif symbol_column not in frame.columns:
        raise _no_column(frame, symbol_column, "symbol_column=")
    else:
        frame = frame.assign(sid=_owners(market, frame, symbol_column, request))
    kept = frame[frame["sid"].notna()]
    dropped = read - len(kept)
    kept = kept.sort_values("dt", kind="stable").set_index("dt")
    whole_days = dict(zip(zip(kept.index, kept["sid"], strict=True), kept[" whole"], strict=True))
    used = {request.date_column, " whole"} | ({symbol_column} if request.symbol is None else set())
    kept = kept[[name for name in kept.columns if name not in used]]
    kept = _hooked(pandas, request.post_func, "post_func", kept)
    _keep(market, kept, whole_days)
    return FetchedCSV(kept, dropped)


# reading


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra(
            'fetch_csv reads with pandas, which is not installed. Install it with: pip install "rustybt[pandas]"'
        ) from None
    return pd


def _table(pandas: Any, request: CsvRequest) -> Any:
    text = _text(request)
    try:
        return pandas.read_csv(StringIO(text), **_reading(request))
    except (pandas.errors.EmptyDataError, pandas.errors.ParserError) as error:
        raise InputError(
            f"fetch_csv: {request.url} is not a table that pandas.read_csv reads ({str(error).strip()}); it "
            f"begins with {text[:SHOWN]!r}. Check the file, or say how it is written, for instance with sep=';'."
        ) from None


def _hooked(pandas: Any, hook: Hook | None, name: str, frame: Any) -> Any:
    """The frame as pre_func or post_func gives it back."""
    if hook is None:
        return frame
    if not callable(hook):
        raise InputError(f"fetch_csv({name}={hook!r}): pass a function that takes a frame and returns one.")
    changed = hook(frame)
    if not isinstance(changed, pandas.DataFrame):
        raise InputError(f"fetch_csv: {name} returned {type(changed).__name__}, not a pandas frame. Return the frame.")
    return changed


def _reading(request: CsvRequest) -> dict[str, Any]:
    """What pandas.read_csv is told. As in Zipline, nothing counts as missing by its text: NA may be a symbol."""
    more = {name: value for name, value in request.more.items() if name not in OF_REQUEST}
    columns = more.get("usecols")
    if columns is not None and request.date_column not in columns:
        more["usecols"] = [*columns, request.date_column]
    more.setdefault("keep_default_na", False)
    more.setdefault("na_values", {"symbol": []})
    return more


def _text(request: CsvRequest) -> str:
    url, params = request.url, dict(request.more.get("params") or {})
    if request.special_params_checker is not None:
        url, more = request.special_params_checker(url)
        params |= more or {}
    address = str(url)
    if address.startswith(("http://", "https://")):
        return _download(address, params, request.more)
    path = Path(urllib.parse.urlsplit(address).path if address.startswith("file://") else address).expanduser()
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NoData(f"fetch_csv can't read {path}: {reason}. Pass a file, or an http or https address.") from None
    return _decoded(content, request.more.get("encoding") or "utf-8", path)


def _decoded(content: bytes, encoding: str, where: object) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(
            f"fetch_csv: {where} is not text in {encoding}: {error}. Pass its encoding, like encoding='latin-1', and "
            "unpack what is compressed."
        ) from None


def _download(address: str, params: dict[str, Any], more: dict[str, Any]) -> str:
    if params:
        address += ("&" if "?" in address else "?") + urllib.parse.urlencode(params)
    asked = urllib.request.Request(address, headers=dict(more.get("headers") or {}))
    if more.get("auth") is not None:
        user, password = more["auth"]
        asked.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
    context = None
    if more.get("cert") is not None:
        context = ssl.create_default_context()
        certificate = more["cert"]
        context.load_cert_chain(*((certificate,) if isinstance(certificate, str) else certificate))
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS, context=context) as answer:
            content = answer.read(MOST_BYTES + 1)
            announced = answer.headers.get("Content-Length")
            encoding = more.get("encoding") or answer.headers.get_content_charset() or "utf-8"
    except urllib.error.HTTPError as error:
        raise NoData(f"fetch_csv: {address} answered {error.code} {error.reason}. Check the address.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NoData(f"fetch_csv: {address} can't be reached: {reason}. Check the address and the network.") from None
    if len(content) > MOST_BYTES:
        raise NoData(f"fetch_csv: {address} has more than 100 MB. Download it, and ingest it or pass a smaller file.")
    if announced is not None and announced.isdecimal() and len(content) < int(announced):
        raise NoData(
            f"fetch_csv: {address} broke off: {len(content)} of {announced} bytes came. Try again, or download it "
            "first."
        )
    return _decoded(content, encoding, address)


# dates and symbols


def _moments(pandas: Any, frame: Any, request: CsvRequest) -> tuple[Any, Any]:
    """The rows' moments in UTC, missing where there is no date, and which of them are whole days."""
    if request.date_column not in frame.columns:
        raise _no_column(frame, request.date_column, "date_column=")
    written = frame[request.date_column].to_numpy()
    utc = _is_utc(request.timezone)
    try:
        times = pandas.to_datetime(written, format=request.date_format, errors="coerce", utc=utc)
    except ValueError as error:
        raise InputError(
            f"fetch_csv(date_format={request.date_format!r}): {error}. Write it like '%d.%m.%Y'."
        ) from None
    if request.date_format is None and times.isna().any():
        # pandas takes the first row's way of writing for all; some with and some without a time are two ways
        again = pandas.to_datetime(written, format="ISO8601", errors="coerce", utc=utc)
        times = again if again.isna().sum() < times.isna().sum() else times
    if times.tz is None:
        zone = time_zone(request.timezone, "fetch_csv(timezone=...)")
        times = times.tz_localize(zone)
    midnight = np.asarray(times == times.normalize())
    # a date without a time names that day, wherever it is
    days = times.tz_localize(None).tz_localize("UTC")
    moments = pandas.Series(times.tz_convert("UTC"), index=frame.index).astype("datetime64[ns, UTC]")
    whole = pandas.Series(days, index=frame.index).astype("datetime64[ns, UTC]")
    return moments.where(~midnight, whole), midnight


def _tell_undated(frame: Any, stamps: Any, request: CsvRequest) -> None:
    """Rows without a date are left out, as in Zipline, but not in silence; raises where no row has one."""
    written = frame[request.date_column][stamps.isna()]
    if not len(written):
        return
    found = f"{len(written)} of {len(frame)} rows of {request.url} have no date in {request.date_column!r}"
    hint = f"the first of them has {str(written.iloc[0])!r}. Pass date_format=, like '%d.%m.%Y', or fix them"
    if len(written) == len(frame):
        raise InputError(f"fetch_csv: {found}; {hint}.")
    LOG.warning("fetch_csv: %s and are left out; %s.", found, hint)


def _is_utc(zone: Any) -> bool:
    return str(zone).upper() in ("UTC", "UTC+00:00", "ETC/UTC")


def _owners(market: MarketView, frame: Any, symbol_column: str, request: CsvRequest) -> list[Any]:
    """The asset of each row, by its symbol on its date; None where there is none, or, without mask, the symbol."""
    known: dict[tuple[Any, int], Any] = {}
    owners = []
    version = market.version
    for symbol, moment in zip(frame[symbol_column], frame["dt"], strict=True):
        key = (symbol, int(moment.value) // DAY_NS)
        if key not in known:
            try:
                known[key] = _owner(version, symbol, key[1], request.country_code)
            except (LookupFailed, AttributeError):
                known[key] = None if request.mask or not isinstance(symbol, str) else symbol
        owners.append(known[key])
    return owners


def _owner(version: Any, symbol: Any, day: int, country: str | None) -> Asset:
    """The one asset that ever carried a symbol, on whatever day; of several the one that carried it on that day."""
    try:
        found: Asset = version.lookup_symbol(symbol, None, country=country)
    except MultipleSymbolsFound:
        found = version.lookup_symbol(symbol, day, country=country)
    return found


def _no_column(frame: Any, name: str, parameter: str) -> InputError:
    there = ", ".join(map(str, frame.columns))
    return InputError(f"fetch_csv: there is no column {name!r}, only {there}. Name the right one with {parameter}")


# keeping


def _keep(market: MarketView, frame: Any, whole_days: dict[tuple[Any, Any], bool]) -> None:
    if "sid" not in frame.columns:
        raise InputError("fetch_csv: post_func returned a frame without the column 'sid'. Leave it in.")
    if market.fetched is None:
        market.fetched = Fetched(market.axis)
    fetched = market.fetched
    frame = frame.sort_index(kind="stable")
    fields = [name for name in frame.columns if name != "sid"]
    rows: dict[Any, list[int]] = {}
    for at, owner in enumerate(frame["sid"]):
        rows.setdefault(owner, []).append(at)
    values = {str(name): [_plain(value) for value in frame[name].tolist()] for name in fields}
    begun: list[tuple[int, Asset]] = []
    for owner, numbers in rows.items():
        placed = []
        for at in numbers:
            moment = frame.index[at]
            whole = whole_days.get((moment, owner), moment == moment.normalize())
            placed.append((fetched.place(int(moment.value), whole_day=bool(whole)), at))
        placed.sort(key=lambda pair: pair[0])
        places = [place for place, _ in placed]
        fetched.add(owner, places, {name: [column[at] for _, at in placed] for name, column in values.items()})
        if isinstance(owner, Asset):
            begun.append((places[0], owner))
    fetched.begin(begun)


def _plain(value: Any) -> Any:
    """A cell as Python has it; None where it is missing."""
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in ("NaTType", "NAType")
    ):
        return None
    return value.item() if hasattr(value, "item") else value
