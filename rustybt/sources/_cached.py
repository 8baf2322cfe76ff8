"""A source that fetches nothing twice: what is kept is read, what is missing is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from rustybt.core import CachedBars, DateLike
from rustybt.errors import InputError, SourceError, SourceUnknownSymbol
from rustybt.sources._checked import check_fetched
from rustybt.sources._clock import Clock, WallClock
from rustybt.sources._download import DownloadRequest, make_request, plan_of
from rustybt.sources._page import PageStore
from rustybt.sources._pieces import Restated, extended, fetched_of, pieces_of
from rustybt.sources._source import Failure, Fetched, Progress, Source, Supports, Window, local_date, midnight
from rustybt.sources._spans import Rules, Span, missing, range_of, settle_time, within

_OVERLAP: Final = 5
_FRESH: Final = dt.timedelta(hours=1)


class BarStore(Protocol):
    """A store of bars; `rustybt.catalog.BarCache` is one. `source` says all that decides about the bars."""

    def find(
        self, source: str, frequency: str, symbols: Sequence[str], start_ns: int, end_ns: int
    ) -> tuple[dict[str, CachedBars], list[str]]:
        """The entries of the symbols that have most of the range, and notes on what was lost."""
        ...

    def keep(self, source: str, frequency: str, kept: Sequence[CachedBars]) -> list[str]:
        """Keep these in place of what overlaps with them; notes where that was not possible."""
        ...

    def drop(self, source: str, frequency: str, symbols: Sequence[str]) -> None:
        """Forget all of the symbols."""
        ...

    def count(self, source: str, frequency: str, answered: dict[str, str]) -> None:
        """By symbol "hit", "partial", "miss" or "restated"."""
        ...

    def runs(self, source: str, frequency: str, symbol: str) -> Sequence[Path]:
        """Saved results that used what is kept of a symbol."""
        ...


@dataclass(slots=True)
class _Work:
    """One call of `fetch`. now: of this call; as_of: the end of what is fetched "until now"."""

    request: DownloadRequest
    window: Window
    opened: bool
    now: int
    as_of: int
    known: dict[str, CachedBars]
    notes: list[str]
    answered: dict[str, str] = field(default_factory=dict)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    restated: dict[str, Span] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    errors: list[SourceError] = field(default_factory=list)
    done: int = 0


class Cached:
    """A source whose bars are kept: the same protocol, the same answers, fewer requests.

    store: where they are kept. `rustybt.cached(source)` joins a source with the catalog's cache.
    identity: what beside symbol and frequency decides about its bars, as text; None means the source's own `identity`.
    overlap: so many bars at the edges of what is kept are fetched again where a request goes beyond them. If one is
        another now, the vendor has restated its history: all of the symbol is fetched anew, and a note says so.
    settle: bars that ended less than that before they were fetched are fetched again; None means a day for bars
        shorter than a day, else three days.
    fresh: for that long after a fetch until now, at most for one bar, the same question asks nobody.
    """

    def __init__(
        self,
        source: Source,
        store: BarStore,
        *,
        identity: str | None = None,
        overlap: int = _OVERLAP,
        settle: dt.timedelta | None = None,
        fresh: dt.timedelta = _FRESH,
        clock: Clock | None = None,
    ) -> None:
        told = getattr(source, "identity", None) if identity is None else identity
        if not isinstance(told, str) or not told:
            raise InputError(
                f"Source {source.name!r} does not say what decides about its bars. Pass identity=, a text that differs "
                "where its options lead to other bars, such as 'mine market=crypto'."
            )
        if overlap < 1:
            raise InputError(f"overlap is {overlap}. Pass 1 or more: without it no restated history is seen.")
        self.source = source
        self.store = store
        self.identity = told
        self._overlap = overlap
        self._settle = settle
        self._fresh = fresh
        self._clock = clock or WallClock()

    @property
    def name(self) -> str:
        """The source's."""
        return self.source.name

    @property
    def supports(self) -> Supports:
        """The source's."""
        return self.source.supports

    def vendor_symbol(self, symbol: str) -> str:
        """The source's."""
        return self.source.vendor_symbol(symbol)

    def fetch(
        self,
        symbols: Sequence[str],
        start: DateLike,
        end: DateLike | None = None,
        frequency: str = "1d",
        *,
        progress: Callable[[Progress], None] | None = None,
        resume: str | Path | None = None,
    ) -> Fetched:
        """See `Source.fetch`. `provenance["cache"]` says what was read and what was asked for."""
        now = self._clock.now()
        request = make_request(
            self.name, self.supports, symbols, start, end, frequency, now, progress=progress, resume=resume
        )
        work = self._begin(request, now)
        self._plan(work)
        try:
            self._fetch_spans(work)
            self._fetch_restated(work)
        finally:
            self.store.count(self.identity, str(request.window.frequency), work.answered)
        return self._answer(work)

    def _begin(self, request: DownloadRequest, now: int) -> _Work:
        window, as_of = request.window, now
        opened = request.open_end or window.end_ns >= now
        if request.resume is not None:
            pages = PageStore(request.resume, plan_of(replace(request, open_end=opened)))
            if opened:  # a download until now that goes on later still ends where it was going to end
                as_of = min(now, int(pages.plan["end_ns"]))
                window = replace(window, end_ns=as_of)
        known, notes = self.store.find(
            self.identity, str(window.frequency), request.symbols, window.start_ns, window.end_ns
        )
        if self.supports.funding:
            # kept before funding was fetched: it would look as if nothing had been paid
            known = {symbol: kept for symbol, kept in known.items() if "funding" in kept.metadata}
        return _Work(request, window, opened, now, as_of, known, notes)

    def _plan(self, work: _Work) -> None:
        rules = self._rules(work)
        total = len(work.request.symbols)
        last = None if work.opened else work.window.last_date
        for symbol in work.request.symbols:
            kept = work.known.get(symbol)
            spans = None if kept is None else missing(kept, work.window, work.now, rules, last=last)
            if kept is not None and spans == []:
                work.answered[symbol] = "hit"
                if work.request.progress is not None:
                    work.request.progress(Progress(symbol, work.done, total, kept.bars.height))
                work.done += 1
                continue
            if spans is None:
                work.known.pop(symbol, None)
            work.answered[symbol] = "miss" if spans is None else "partial"
            work.spans[symbol] = [Span(work.window.first_date, last)] if spans is None else spans

    def _rules(self, work: _Work) -> Rules:
        settle = settle_time(work.window.frequency) if self._settle is None else self._settle
        return Rules(self._overlap, settle, self._fresh)

    def _fetch_spans(self, work: _Work) -> None:
        """Asks for what is missing, symbols with the same days together, and keeps it."""
        rules = self._rules(work)
        while groups := _groups(work.spans):
            span, symbols = groups[0]
            pieces = self._ask(work, span, symbols)
            finished: list[CachedBars] = []
            for symbol in symbols:
                work.spans[symbol].remove(span)
                if symbol in work.failures or symbol not in pieces:
                    work.spans[symbol].clear()
                    continue
                kept, piece = work.known.get(symbol), pieces[symbol]
                if kept is not None:
                    settled = rules.settled_until(kept, work.window.frequency)
                    whole = extended(kept, piece, work.window, settled)
                    if isinstance(whole, Restated):
                        self._note_restated(work, kept, whole)
                        continue
                    piece = whole
                work.known[symbol] = piece
                if not work.spans[symbol]:
                    finished.append(piece)
            self._keep(work, finished)

    def _note_restated(self, work: _Work, kept: CachedBars, restated: Restated) -> None:
        symbol, tz = kept.symbol, work.window.tz
        work.spans[symbol].clear()
        work.answered[symbol] = "restated"
        first = min(local_date(kept.start_ns, tz), work.window.first_date)
        last = max(local_date(kept.end_ns - 1, tz), work.window.last_date)
        opened = work.opened or midnight(last + dt.timedelta(days=1), tz) >= work.now
        work.restated[symbol] = Span(first, None if opened else last)
        runs = self.store.runs(self.identity, str(work.window.frequency), symbol)
        used = f"; saved runs used what it said before: {', '.join(str(run) for run in runs)}" if runs else ""
        work.notes.append(
            f"{symbol}: {self.name} has restated its history ({restated.what}), and all of it is fetched anew{used}"
        )

    def _fetch_restated(self, work: _Work) -> None:
        if not work.restated:
            return
        self.store.drop(self.identity, str(work.window.frequency), list(work.restated))
        for symbol in work.restated:
            del work.known[symbol]
        for span, symbols in _groups({symbol: [span] for symbol, span in work.restated.items()}):
            pieces = self._ask(work, span, symbols)
            work.known |= pieces
            self._keep(work, list(pieces.values()))

    def _ask(self, work: _Work, span: Span, symbols: Sequence[str]) -> dict[str, CachedBars]:
        """The source's bars of these days, by symbol. Failures are noted, whatever was kept before."""
        request = work.request
        before, total = work.done, len(request.symbols)

        def told(progress: Progress) -> None:
            if request.progress is not None:
                done = min(before + progress.done, total - 1)
                request.progress(Progress(progress.symbol, done, total, progress.rows))

        folder = None if request.resume is None else Path(request.resume) / str(span)
        try:
            if work.errors and work.errors[-1].stops:
                raise work.errors[-1]
            fetched = self.source.fetch(
                symbols, span.first, span.last, str(work.window.frequency), progress=told, resume=folder
            )
            start_ns, _ = range_of(span, work.window.tz, work.as_of)
            check_fetched(fetched, self.name, symbols, replace(work.window, start_ns=start_ns, end_ns=_end(span, work)))
        except SourceError as error:
            work.errors.append(error)
            for symbol in symbols:
                work.failures[symbol] = Failure(symbol, str(error))
                work.known.pop(symbol, None)
            return {}
        work.done = min(before + len(symbols), total - 1)
        pieces = pieces_of(fetched, span, work.window.tz, work.as_of)
        failed = {failure.symbol: failure for failure in fetched.failures}
        for symbol in symbols:
            if symbol not in pieces:
                nothing = Failure(symbol, f"{self.name} gave nothing, and did not say why.")
                work.failures[symbol] = failed.get(symbol, nothing)
                work.known.pop(symbol, None)
        work.notes += [note for note in fetched.notes if not note.startswith(tuple(f"{s}: " for s in symbols))]
        return pieces

    def _keep(self, work: _Work, kept: Sequence[CachedBars]) -> None:
        if kept:
            work.notes += self.store.keep(self.identity, str(work.window.frequency), kept)

    def _answer(self, work: _Work) -> Fetched:
        window = work.window
        answers = []
        for symbol in work.request.symbols:
            if symbol in work.failures:
                continue
            kept = work.known[symbol]
            if within(kept.bars, window.start_ns, window.end_ns, window.tz).height:
                answers.append(kept)
                continue
            error = SourceUnknownSymbol(
                f"{self.name} has no {window.frequency} bars of {symbol} between {window.first_date} and "
                f"{window.last_date}. Check the spelling and the dates."
            )
            work.errors.append(error)
            work.failures[symbol] = Failure(symbol, str(error))
        failures = [work.failures[symbol] for symbol in work.request.symbols if symbol in work.failures]
        if not answers:
            self._raise(work, failures)
        provenance = {"source": self.name, "cache": self._told(work, [one.symbol for one in answers])}
        return fetched_of(work.request, window, answers, failures, work.notes, provenance)

    def _told(self, work: _Work, symbols: list[str]) -> dict[str, Any]:
        entries = {"source": self.identity, "frequency": str(work.window.frequency), "symbols": symbols}
        words = list(work.answered.values())
        return {"entries": [entries], **{word: words.count(word) for word in dict.fromkeys(words)}}

    def _raise(self, work: _Work, failures: Sequence[Failure]) -> None:
        if not work.errors:
            raise SourceUnknownSymbol(f"{failures[0].reason}")
        error = work.errors[0]
        for failure in failures[1:11]:
            if str(failure) not in getattr(error, "__notes__", ()):
                error.add_note(str(failure))
        raise error


def _end(span: Span, work: _Work) -> int:
    """The end of the range that was asked for; of "until now" the moment of the source's own clock."""
    return 2**63 - 1 if span.last is None else midnight(span.last + dt.timedelta(days=1), work.window.tz)


def _groups(spans: dict[str, list[Span]]) -> list[tuple[Span, list[str]]]:
    """Symbols by what is to be asked for first of each."""
    groups: dict[Span, list[str]] = {}
    for symbol, missing_spans in spans.items():
        if missing_spans:
            groups.setdefault(missing_spans[0], []).append(symbol)
    return list(groups.items())
