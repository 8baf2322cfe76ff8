"""The protocol of sources, and their downloads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import polars as pl

from rustybt.core import DateLike, Frequency

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Supports:
    """The capabilities of a source.

    frequencies: names as `frequency_named` writes them ("1m", "1d", "1mo").
    calendar: whose sessions its bars belong to, unless the user knows better.
    tz: the zone in which it counts days. splits, dividends: whether it tells of them.
    extended_hours: its bars below a day go beyond the calendar's trading hours.
    needs_key: whether it can be asked without a key.
    funding: whether it tells what perpetuals paid.
    intraday_calendar: whose sessions its bars below a day belong to, where those are others than its days'.
    """

    frequencies: tuple[str, ...]
    calendar: str
    tz: str
    splits: bool = False
    dividends: bool = False
    extended_hours: bool = False
    needs_key: bool = False
    funding: bool = False
    intraday_calendar: str | None = None

    def calendar_of(self, frequency: Frequency) -> str:
        """Whose sessions bars of that length belong to."""
        return self.calendar if frequency.by_session else self.intraday_calendar or self.calendar


@dataclass(frozen=True, slots=True)
class Failure:
    """A symbol that could not be fetched whole. rows: bars of it that had come before, and are not in the result."""

    symbol: str
    reason: str
    rows: int = 0

    def __str__(self) -> str:
        return f"{self.symbol}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Told after each page: symbol number `done` + 1 of `total` is under way, `rows` bars of it have come."""

    symbol: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fetched:
    """A download of a source. `rustybt.ingest(bundle, fetched)` stores it.

    bars: symbol, date (of days and more) or timestamp (of less: UTC, the START of the bar), open, high, low, close,
        volume as Decimal with the digits that the vendor sent; sorted by symbol and time, no bar twice.
    frequency: of the bars. calendar, extended_hours: as the source says of itself.
    splits: symbol, ex_date, ratio ("1/4" is a four-for-one). dividends: symbol, ex_date, amount, currency and where
        known pay_date, record_date, declared_date. funding: of perpetuals symbol, timestamp (UTC), rate and where known
        mark_price. assets: symbol and what the vendor says of it.
    failures: symbols of which nothing is in here. notes: what a careful reader should know.
    provenance: where it all came from, and when.
    """

    bars: pl.DataFrame
    frequency: str
    calendar: str
    extended_hours: bool
    splits: pl.DataFrame | None = None
    dividends: pl.DataFrame | None = None
    funding: pl.DataFrame | None = None
    assets: pl.DataFrame | None = None
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def partial(self) -> Fetched:
        """The same without its failures, for who wants to go on with what came; the provenance keeps their names."""
        if not self.failures:
            return self
        failed = {failure.symbol: failure.reason for failure in self.failures}
        return replace(self, failures=(), provenance={**self.provenance, "failed": failed})

    def __repr__(self) -> str:
        source, symbols = self.provenance.get("source", "a source"), self.bars["symbol"].n_unique()
        what = f"{self.bars.height:,} bars of {self.frequency}, {symbols} symbol{'s' if symbols != 1 else ''}"
        lines = [f"Fetched from {source}: {what}"]
        told = (("splits", self.splits), ("dividends", self.dividends), ("funding rates", self.funding))
        lines += [f"  {frame.height:,} {what}" for what, frame in told if frame is not None and frame.height]
        lines += [f"  note: {note}" for note in self.notes[:_SHOWN]]
        lines += [f"  failed: {failure}" for failure in self.failures[:_SHOWN]]
        if len(self.failures) > _SHOWN:
            lines.append(f"  ... and {len(self.failures) - _SHOWN} more")
        return "\n".join(lines)


@runtime_checkable
class Source(Protocol):
    """A source of bars. One object is used by one thread at a time.

    Third parties register theirs under the entry point group "rustybt.sources"; `rustybt.testing.SourceContract`
    holds the promises as tests.
    """

    @property
    def name(self) -> str:
        """Its name in lower case, as in `rustybt ingest NAME`."""
        ...

    @property
    def supports(self) -> Supports:
        """Its capabilities. Asks nobody."""
        ...

    def vendor_symbol(self, symbol: str) -> str:
        """The vendor's name of the asset that users of RustyBT call `symbol`. Asks nobody."""
        ...

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
        """Finished bars of the symbols, from `start` through `end` (both included, None: until now).

        start, end: dates in the source's zone, or for bars below a day aware moments.
        progress: called after each page. resume: a folder that keeps the pages until all is there; the same
            call with the same folder goes on where an earlier one ended.
        Symbols that can't be had are `failures`, and the others are returned. Raises a SourceError where not one
        could be had, InputError for a frequency or dates that mean nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """The range of a download: from start_ns up to but not including end_ns (UTC), of bars of `frequency`."""

    start_ns: int
    end_ns: int
    frequency: Frequency
    tz: str

    @property
    def first_date(self) -> dt.date:
        """The first day, in the source's zone."""
        return local_date(self.start_ns, self.tz)

    @property
    def last_date(self) -> dt.date:
        """The last day, in the source's zone."""
        return local_date(self.end_ns - 1, self.tz)


def local_date(ns: int, tz: str) -> dt.date:
    """The date of a moment in a zone."""
    import zoneinfo

    from rustybt.core import datetime_of

    return datetime_of(ns).astimezone(zoneinfo.ZoneInfo(tz)).date()


def midnight(day: dt.date, tz: str) -> int:
    """The moment at which a day begins in a zone, in UTC nanoseconds."""
    import zoneinfo

    moment = dt.datetime.combine(day, dt.time(), zoneinfo.ZoneInfo(tz))
    return int(moment.timestamp()) * 1_000_000_000
