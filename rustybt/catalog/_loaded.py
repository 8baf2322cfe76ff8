"""A version that keeps what it has read, for any number of runs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import LateBars, RawBars
from rustybt.catalog._idle import Lent
from rustybt.catalog._layout import computed_name, mapped_folder, mapped_path
from rustybt.catalog._version import Version, opened
from rustybt.core import Asset, CashDividend, FundingRate, Future, Split, StockDividend

if TYPE_CHECKING:
    from rustybt.catalog._computed_file import ComputedFiles

type Floats = npt.NDArray[np.float64]


class Span(NamedTuple):
    """The bars of an asset from one moment to another, both included, ns UTC: all that the version has there."""

    first_ns: int
    last_ns: int
    bars: RawBars


class LoadedVersion(Version):
    """A version in memory: bars, actions and look-ups are read once and then answered from what was read.

    late: opens, highs and lows are read when they are first asked for; else with all other columns.
    rows_read: bars that were read from files, those that were read again included.
    shares: whether its bars are those of a file that processes share, so that they share what is computed of them.
    """

    def __init__(self, lent: Lent, bundle: str, root: Path, row: tuple[Any, ...]) -> None:
        super().__init__(lent, bundle, root, row)
        self.late = True
        self.rows_read = 0
        self.shares = False
        self._files: ComputedFiles | None = None
        self._reading = threading.RLock()
        self._spans: dict[str, dict[int, Span]] = {}
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._splits_of: dict[int, list[Split]] = {}
        self._dividends_of: dict[int, list[CashDividend]] = {}
        self._funding_of: dict[int, list[FundingRate]] = {}

    def load(
        self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool = False
    ) -> dict[int, RawBars]:
        """`Version.load`: reads what is not there yet, and cuts the rest out of what was read before."""
        with self._reading:
            spans = self._spans.setdefault(frequency, {})
            missing = [
                sid
                for sid in map(int, sids)
                if (span := spans.get(sid)) is None or first_ns < span.first_ns or last_ns > span.last_ns
            ]
            if missing:
                known = [spans[sid] for sid in missing if sid in spans]
                first = min(first_ns, *(span.first_ns for span in known)) if known else first_ns
                last = max(last_ns, *(span.last_ns for span in known)) if known else last_ns
                read = super().load(missing, frequency, first, last, late=self.late and late)
                self.rows_read += sum(map(len, read.values()))
                self.keep(frequency, first, last, read)
            return {int(sid): _between(spans[int(sid)], first_ns, last_ns) for sid in sids}

    def keep(self, frequency: str, first_ns: int, last_ns: int, bars: Mapping[int, RawBars]) -> None:
        """Takes bars that were read: of each asset all that the version has from one moment to another."""
        spans = self._spans.setdefault(frequency, {})
        spans |= {sid: Span(first_ns, last_ns, one) for sid, one in bars.items()}

    def map_bars(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int) -> bool:
        """Takes the bars out of a file that `share_bars` has written, if there is one of this version."""
        from rustybt.catalog._columns_file import map_columns

        path, made_of = self._shared(sids, frequency, first_ns, last_ns)
        mapped = map_columns(path, made_of)
        if mapped is not None:
            with self._reading:
                self.keep(frequency, first_ns, last_ns, mapped)
                self.shares = True
        return mapped is not None

    def computed(
        self, made_of: Callable[[], dict[str, Any]], shape: tuple[int, int], make: Callable[[], Sequence[Floats]]
    ) -> Sequence[Floats]:
        """Those of another process, mapped from its file, where this one shares its bars with others."""
        if not self.shares:
            return make()
        whole = {"version": self.id, "hash": self.hash, **made_of()}
        name = computed_name(self.bundle, self.id, _key(whole))
        if self._files is None:
            from rustybt.catalog._computed_file import ComputedFiles

            self._files = ComputedFiles(mapped_folder(self.path.parents[2]))
        return self._files.columns(name, json.loads(json.dumps(whole)), shape, make)

    def share_bars(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int) -> None:
        """Writes bars into a file that other processes map, where it is not there yet, and maps it here too.

        Raises OSError where the catalog can't be written to.
        """
        from rustybt.catalog._columns_file import write_columns

        if not self.map_bars(sids, frequency, first_ns, last_ns):
            path, made_of = self._shared(sids, frequency, first_ns, last_ns)
            write_columns(path, made_of, self.load(sids, frequency, first_ns, last_ns))
            self.map_bars(sids, frequency, first_ns, last_ns)

    def _shared(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int) -> tuple[Path, dict[str, Any]]:
        """The file of some bars, and what it must say that it is made of."""
        made_of = {
            "version": self.id,
            "hash": self.hash,
            "frequency": frequency,
            "first_ns": first_ns,
            "last_ns": last_ns,
            "sids": sorted(map(int, sids)),
        }
        return mapped_path(self.path.parents[2], self.bundle, self.id, _key(made_of)), made_of

    def _once[Answer](self, key: tuple[Any, ...], ask: Callable[[], Answer]) -> Answer:
        """The answer to a question, asked of the index the first time only."""
        try:
            found: Answer = self._answers[key]
        except KeyError:
            found = self._answers[key] = ask()
        return found

    @property
    def currencies(self) -> tuple[str, ...]:
        return self._once(("currencies",), lambda: super(LoadedVersion, self).currencies)

    def assets(self, *, kinds: Sequence[str] | None = None) -> list[Asset]:
        key = ("assets", None if kinds is None else tuple(kinds))
        return list(self._once(key, lambda: Version.assets(self, kinds=kinds)))

    def lookup_symbol(self, symbol: str, as_of_day: int | None, *, country: str | None = None) -> Asset:
        key = ("symbol", symbol, as_of_day, country)
        return self._once(key, lambda: Version.lookup_symbol(self, symbol, as_of_day, country=country))

    def contracts(self, root_symbol: str) -> list[Future]:
        return list(self._once(("contracts", root_symbol), lambda: Version.contracts(self, root_symbol)))

    def stock_dividends(self) -> list[StockDividend]:
        return self._once(("stock dividends",), lambda: Version.stock_dividends(self))

    def last_day_of(self, frequency: str) -> int:
        return self._once(("last day", frequency), lambda: Version.last_day_of(self, frequency))

    def collapsed(self, period: str) -> SessionTable:
        """The calendar in weeks or months."""
        return self._once(("calendar", period), lambda: self.calendar.collapsed(period))

    def splits(self, sids: Iterable[int]) -> list[Split]:
        return _by_sid(self._splits_of, sids, super().splits)

    def dividends(self, sids: Iterable[int]) -> list[CashDividend]:
        return _by_sid(self._dividends_of, sids, super().dividends)

    def funding(self, sids: Iterable[int]) -> list[FundingRate]:
        return _by_sid(self._funding_of, sids, super().funding)


def _key(made_of: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def open_loaded(bundle: str, *, version: str | None = None, root: Path | str | None = None) -> LoadedVersion:
    """`open_version`, of a version that keeps what it reads."""
    return opened(LoadedVersion, bundle, version, root)


def _by_sid[Of: (Split, CashDividend, FundingRate)](
    known: dict[int, list[Of]], sids: Iterable[int], read: Callable[[Iterable[int]], list[Of]]
) -> list[Of]:
    """The values of some assets, sorted by sid; those that are not known yet are read at once."""
    wanted = list(map(int, sids))
    missing = [sid for sid in wanted if sid not in known]
    if missing:
        found: dict[int, list[Of]] = {sid: [] for sid in missing}
        for one in read(missing):
            found[one.sid].append(one)
        known |= found
    return [one for sid in sorted(filter(known.get, set(wanted))) for one in known[sid]]


def _between(span: Span, first_ns: int, last_ns: int) -> RawBars:
    """The bars from one moment to another, both included; the columns are views."""
    bars = span.bars
    low, high = np.searchsorted(bars.stamps, [first_ns, last_ns + 1]).tolist()
    if low == 0 and high == len(bars):
        return bars
    cut = slice(low, high)
    if isinstance(bars, LateBars):
        return LateBars(
            bars.stamps[cut],
            bars.close[cut],
            bars.volume[cut],
            lambda: [column[cut] for column in (bars.open, bars.high, bars.low)],
            extra=bars.extra,
        )
    return RawBars.of(bars.stamps[cut], [column[cut] for column in bars.prices], bars.volume[cut], bars.extra)
