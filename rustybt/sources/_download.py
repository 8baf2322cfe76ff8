"""From pages to what was asked for: symbol by symbol, at the agreed pace, with nothing lost on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.calendars import session_days, session_table
from rustybt.core import (
    DAY_NS,
    MAX_DIGITS,
    DateLike,
    check_process,
    date_edges,
    date_of,
    datetime_of,
    frequency_named,
    parse_date,
)
from rustybt.errors import (
    InputError,
    RustyBTError,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.sources._pace import Caller
from rustybt.sources._page import NUMBERS, Page, PageStore, frame_of
from rustybt.sources._source import Failure, Fetched, Progress, Supports, Window, local_date, midnight

_PATIENCE: Final = 3
"""Symbols in a row that can't be reached, after all retries, before the others are not asked for any more."""
_MOST_EMPTY: Final = 1000
"""Pages in a row without a bar; an exchange that was not listed yet, or has a hole, sends some."""
_AROUND: Final = 14
"""Days of sessions beyond the first and last stamp."""
_LATE_START: Final = 10
"""Days after the start that holidays can explain."""
LATE_START: Final = "the vendor's bars begin on"
_MOST_DECIMALS: Final = 20
"""The most that the catalog holds."""
SPLITS: Final = ("symbol", "ex_date", "ratio")
DIVIDENDS: Final = ("symbol", "ex_date", "amount", "currency", "pay_date", "record_date", "declared_date")
FUNDING: Final = ("symbol", "timestamp", "rate", "mark_price")
ASSETS: Final = (
    "symbol",
    "name",
    "type",
    "exchange",
    "country",
    "currency",
    "tick_size",
    "quantity_step",
    "multiplier",
)


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """The arguments of `fetch`, checked."""

    source: str
    supports: Supports
    symbols: tuple[str, ...]
    window: Window
    open_end: bool
    progress: Callable[[Progress], None] | None
    resume: str | Path | None


@dataclass(slots=True)
class _Gathered:
    frames: list[pl.DataFrame] = field(default_factory=list)
    splits: list[dict[str, str | None]] = field(default_factory=list)
    dividends: list[dict[str, str | None]] = field(default_factory=list)
    funding: list[dict[str, str | None]] = field(default_factory=list)
    assets: list[dict[str, str | None]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    unreached: int = 0
    stopped: str | None = None


def make_request(
    source: str,
    supports: Supports,
    symbols: Sequence[str],
    start: DateLike,
    end: DateLike | None,
    frequency: str,
    now: int,
    *,
    progress: Callable[[Progress], None] | None = None,
    resume: str | Path | None = None,
) -> DownloadRequest:
    """Checks the arguments of `fetch`. Raises InputError."""
    check_process()
    if isinstance(symbols, str) or not symbols or not all(str(symbol).strip() for symbol in symbols):
        raise InputError(f"symbols is {symbols!r}. Pass a list of names, such as ['AAPL', 'SPY'].")
    wanted = frequency_named(frequency)
    if str(wanted) not in supports.frequencies:
        raise InputError(
            f"{source} has no bars of {wanted}; it has {', '.join(supports.frequencies)}. Ask for one of these."
        )
    first, last = _moment(start, "start", supports.tz, 0), now
    if end is not None:
        last = min(_moment(end, "end", supports.tz, 1), now)
    if first >= last:
        raise InputError(f"start {start} is not before end {end or 'now'}. Pass an earlier start.")
    window = Window(first, last, wanted, supports.tz)
    unique = tuple(dict.fromkeys(str(symbol).strip() for symbol in symbols))
    return DownloadRequest(source, supports, unique, window, end is None, progress, resume)


def _moment(when: DateLike, what: str, tz: str, days_more: int) -> int:
    """The beginning of a date, or of the one after it; a moment that names its zone as it stands."""
    if isinstance(when, str) and ":" in when:
        try:
            when = dt.datetime.fromisoformat(when.strip())
        except ValueError:
            raise InputError(f"{what} is {when!r}. Write it like 2024-07-04 or 2024-07-04T14:30:00Z.") from None
    if isinstance(when, dt.datetime) and (when.hour, when.minute, when.second) != (0, 0, 0):
        if when.utcoffset() is None:
            raise InputError(f"{what} is {when}, which names no time zone. Write it like 2024-07-04T14:30:00Z.")
        return int(when.timestamp()) * 1_000_000_000
    return midnight(parse_date(when, what) + dt.timedelta(days=days_more), tz)


def download(
    request: DownloadRequest,
    caller: Caller,
    page_of: Callable[[str, Window, str | None], Page],
    provenance: dict[str, Any],
) -> Fetched:
    """All pages of all symbols.

    page_of: asks the vendor once: symbol, window, and `next` of the page before (None for the first). It may be called
        again for the same page, in another process.
    Raises the first SourceError where not one symbol could be had.
    """
    store = None
    window = request.window
    if request.resume is not None:
        store = PageStore(request.resume, plan_of(request))
        # a download until now that goes on later still ends where it was going to end
        window = replace(window, end_ns=store.plan["end_ns"])
    gathered = _Gathered()
    for done, symbol in enumerate(request.symbols):
        if gathered.stopped is not None:
            gathered.failures.append(Failure(symbol, f"not asked for, as others failed: {gathered.stopped}"))
            continue
        _one_symbol(symbol, done, request, window, caller, page_of, store, gathered)
    if len(gathered.failures) == len(request.symbols):
        error = gathered.errors[0]
        for failure in gathered.failures[1:11]:
            error.add_note(str(failure))
        raise error
    return _fetched(request, gathered, caller.clock.now(), provenance)


def _note_failure(gathered: _Gathered, error: SourceError) -> None:
    """Keeps the error, and sees whether the other symbols need be asked for."""
    gathered.errors.append(error)
    passing = isinstance(error, SourceUnavailable | SourceRateLimited)
    gathered.unreached = gathered.unreached + 1 if passing else 0
    if error.stops or gathered.unreached == _PATIENCE:
        gathered.stopped = str(error)


def _one_symbol(
    symbol: str,
    done: int,
    request: DownloadRequest,
    window: Window,
    caller: Caller,
    page_of: Callable[[str, Window, str | None], Page],
    store: PageStore | None,
    gathered: _Gathered,
) -> None:
    pages = store.pages(symbol) if store else []
    seen: set[str | None] = {page.next for page in pages}
    rows = sum(page.rows.height for page in pages)
    empty = 0
    try:
        while not pages or pages[-1].next is not None:
            cursor = pages[-1].next if pages else None
            page = caller.call(lambda at=cursor: _page(page_of, request.source, symbol, window, at))  # type: ignore[misc]
            if page.next is not None and page.next in seen:
                raise SourceMalformed(f"{request.source} sends the same pages of {symbol} over and over. Try later.")
            empty = 0 if page.rows.height else empty + 1
            if empty > _MOST_EMPTY:
                raise SourceMalformed(f"{request.source} sends page after page of {symbol} without a bar. Try later.")
            seen.add(page.next)
            if store:
                store.add(symbol, len(pages), page)
            pages.append(page)
            rows += page.rows.height
            if request.progress is not None:
                request.progress(Progress(symbol, done, len(request.symbols), rows))
        frame = _joined(symbol, pages, window, caller.clock.now(), gathered.notes)
        if window.frequency.by_session:
            frame = _on_days(frame, symbol, request)
        if not frame.height:
            if store:  # the vendor may have some when it is asked again
                store.forget(symbol)
            raise SourceUnknownSymbol(
                f"{request.source} has no {window.frequency} bars of {symbol} between {window.first_date} and "
                f"{window.last_date}. Check the spelling and the dates."
            )
    except SourceError as error:
        _note_failure(gathered, error)
        gathered.failures.append(Failure(symbol, str(error), rows))
        return
    gathered.unreached = 0
    gathered.frames.append(frame)
    _gather(gathered, symbol, pages)


def _gather(gathered: _Gathered, symbol: str, pages: Sequence[Page]) -> None:
    """Takes what pages have beside bars."""
    for page in pages:
        gathered.splits += [{"symbol": symbol, **split} for split in page.splits]
        gathered.dividends += [{"symbol": symbol, **dividend} for dividend in page.dividends]
        gathered.funding += [{"symbol": symbol, **paid} for paid in page.funding]
        gathered.notes += [f"{symbol}: {note}" for note in page.notes]
        if page.asset is not None:
            gathered.assets.append({"symbol": symbol, **page.asset})


def _page(
    page_of: Callable[[str, Window, str | None], Page], source: str, symbol: str, window: Window, cursor: str | None
) -> Page:
    """A page. What a reply of another shape than it knows makes of a source is an error of that symbol, not of all."""
    try:
        return page_of(symbol, window, cursor)
    except RustyBTError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise SourceMalformed(
            f"{source} sent of {symbol} what can't be read ({type(error).__name__}: {str(error)[:100]}). "
            "Run the same again later; if it stays, leave the symbol out."
        ) from error


def _joined(symbol: str, pages: Sequence[Page], window: Window, now: int, notes: list[str]) -> pl.DataFrame:
    """The rows of all pages, sorted, each stamp once, only what was asked for and is finished."""
    rows = pl.concat([page.rows for page in pages])
    inside = (pl.col("stamp") >= window.start_ns) & (pl.col("stamp") < window.end_ns)
    rows = rows.filter(inside)
    distinct = rows.unique(maintain_order=True)
    last = distinct.unique("stamp", keep="last", maintain_order=True)
    if last.height < distinct.height:
        notes.append(
            f"{symbol}: {distinct.height - last.height} bars came twice with other numbers; the later reply counts"
        )
    last = last.sort("stamp")
    if last.height:
        notes += late_start(symbol, local_date(last["stamp"][0], window.tz), window)
    unfinished = sum(window.frequency.end_of(stamp) > now for stamp in last["stamp"].tail(3).to_list())
    last = last.head(last.height - unfinished)
    return last.select(pl.lit(symbol).alias("symbol"), pl.all())


def _on_days(rows: pl.DataFrame, symbol: str, request: DownloadRequest) -> pl.DataFrame:
    """Days, weeks and months with their stamps at midnight of the source's zone.

    A day that begins at another moment belongs to the session of which that is sure, by the rule of
    `rustybt.calendars.session_days`. Raises SourceMalformed where there is none.
    """
    zone = request.supports.tz
    day = date_edges(rows["stamp"], zone)
    if not day.null_count():
        return rows
    first, last = (int(edge) // DAY_NS for edge in (rows["stamp"].min(), rows["stamp"].max()))  # type: ignore[arg-type]
    sessions = session_table(request.supports.calendar, first - _AROUND, last + _AROUND)
    stamps = pl.DataFrame([day.cast(pl.Int32).alias("day"), rows["stamp"].alias("instant")])
    days = session_days(stamps, sessions)
    if days.null_count():
        odd = datetime_of(rows["stamp"].filter(days.is_null())[0])
        raise SourceMalformed(
            f"{request.source} begins a day of {symbol} at {odd:%Y-%m-%d %H:%M} UTC, neither midnight in {zone} nor "
            f"within one session of {sessions.name}: which day it is can't be told. Set tz= of the "
            "source, the zone at whose midnights its days begin, where it takes one, or fetch shorter bars."
        )
    midnights = {number: midnight(date_of(number), zone) for number in days.unique().to_list()}
    return rows.with_columns(days.replace_strict(midnights, return_dtype=pl.Int64).alias("stamp"))


def late_start(symbol: str, first: dt.date, window: Window) -> list[str]:
    """A note where the first bar comes later than holidays explain."""
    if (first - window.first_date).days <= _LATE_START:
        return []
    return [f"{symbol}: {LATE_START} {first}, and {window.first_date} was asked for"]


def _fetched(request: DownloadRequest, gathered: _Gathered, now: int, provenance: dict[str, Any]) -> Fetched:
    window = request.window
    rows = pl.concat(gathered.frames).sort("symbol", "stamp", maintain_order=True)
    moment = pl.col("stamp").cast(pl.Datetime("ns", "UTC"))
    stamp = moment.alias("timestamp")
    if window.frequency.by_session:
        stamp = moment.dt.convert_time_zone(window.tz).dt.date().alias("date")
    prices, volume = decimal_columns(rows, NUMBERS[:4]), decimal_columns(rows, NUMBERS[4:])
    told = {
        **provenance,
        "symbols": list(request.symbols),
        "start": str(window.first_date),
        "end": str(window.last_date),
        "frequency": str(window.frequency),
        "fetched_at": datetime_of(now).isoformat(),
    }
    return Fetched(
        bars=rows.select("symbol", stamp).hstack(prices).hstack(volume),
        frequency=str(window.frequency),
        calendar=request.supports.calendar_of(window.frequency),
        extended_hours=request.supports.extended_hours and window.frequency.step_ns is not None,
        splits=frame_of(unique_records(gathered.splits), SPLITS),
        dividends=frame_of(unique_records(gathered.dividends), DIVIDENDS),
        funding=frame_of(unique_records(gathered.funding), FUNDING),
        assets=frame_of(unique_records(gathered.assets), ASSETS),
        failures=tuple(gathered.failures),
        notes=tuple(gathered.notes),
        provenance={"source": request.source, **told},
    )


def unique_records(records: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    """Each once, and sorted by symbol and date: pages may overlap."""
    kept = {tuple(sorted((k, v) for k, v in record.items() if v is not None)): record for record in records}
    return sorted(kept.values(), key=lambda r: (r["symbol"] or "", r.get("ex_date") or r.get("timestamp") or ""))


def decimal_columns(frame: pl.DataFrame, names: Sequence[str]) -> list[pl.Series]:
    """Plain numbers as Decimal columns of one scale, which shows every digit. Raises SourceMalformed."""
    decimals = pl.max_horizontal(
        pl.col(name).str.extract(r"\.(\d*)", 1).str.strip_chars_end("0").str.len_bytes().max().fill_null(0)
        for name in names
    )
    scale = int(frame.select(decimals).item() or 0)
    columns = []
    for name in names:
        exact = frame[name].str.to_decimal(scale=min(scale, _MOST_DECIMALS))
        if scale > _MOST_DECIMALS or exact.null_count() != frame[name].null_count():
            raise SourceMalformed(
                f"column {name} has numbers of more than {_MOST_DECIMALS} decimals, or {MAX_DIGITS} digits in all. "
                "Leave the symbols out that have them."
            )
        columns.append(exact)
    return columns


def plan_of(request: DownloadRequest) -> dict[str, Any]:
    """The request that a folder of pages belongs to."""
    window = request.window
    return {
        "source": request.source,
        "frequency": str(window.frequency),
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "open_end": request.open_end,
    }
