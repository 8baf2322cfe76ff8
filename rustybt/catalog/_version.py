"""A version of a bundle, opened for reading, and its bars. Nothing here writes, or scans more than it is asked for."""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from rustybt.catalog._content import Extent
from rustybt.catalog._idle import IDLE, Lent
from rustybt.catalog._index import lend_reader
from rustybt.catalog._layout import bundle_path, catalog_root
from rustybt.catalog._lookups import Lookups, json_of
from rustybt.core import DAY_NS, frequency_named
from rustybt.errors import BundleNotFound, CatalogCorrupt, InputError, NoData, VersionNotFound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rustybt.calendars import SessionTable
    from rustybt.catalog._bars import RawBars

_PARQUET_END: Final = b"PAR1"


def open_version(bundle: str, *, version: str | None = None, root: Path | str | None = None) -> Version:
    """Open a bundle for reading: its newest version, or the one named.

    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.
    Raises BundleNotFound, VersionNotFound, CatalogCorrupt.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> with rustybt.open_version("sample") as version:
    ...     print([asset.symbol for asset in version.assets()], version.frequencies)
    ['AAPL', 'FB', 'GOOG', 'MSFT', 'IBM'] ('1d',)
    """
    return opened(Version, bundle, version, root)


def opened[Kind: Version](kind: type[Kind], bundle: str, version: str | None, root: Path | str | None) -> Kind:
    """`open_version`, as one of its kinds."""
    for what, given in (("bundle", bundle), ("version", version)):
        if not isinstance(given, str) and (what == "bundle" or given is not None):
            raise InputError(f"{what}={given!r}: pass its name as text. `rustybt bundles` lists what there is.")
    folder = catalog_root(root)
    lent = lend_reader(folder)
    if lent is None:
        raise _no_bundle(bundle, folder, [])
    connection = lent.connection
    try:
        row = connection.execute(
            "SELECT v.id, v.name, v.hash, v.ranges, v.provenance, v.created_ns, v.quarantine "
            "FROM versions v JOIN bundles b ON v.bundle = b.id "
            "WHERE b.name = ? AND (? IS NULL OR v.name = ?) ORDER BY v.created_ns DESC LIMIT 1",
            (bundle, version, version),
        ).fetchone()
        if row is None:
            raise _missing(connection, bundle, version, folder)
        return kind(lent, bundle, folder, row)
    except BaseException:
        connection.close()
        raise


type Floats = npt.NDArray[np.float64]


class Version(Lookups):
    """One immutable version of a bundle, read through the catalog's index.

    bundle, id: its name; hash: SHA-256 over its logical values; path: its folder; provenance: what the writer was told.
    frequencies: of "1d" and "1m"; first_day, last_day: first and last session with data, days since 1970-01-01.
    Safe to use from several threads; another process opens its own.
    """

    def __init__(self, lent: Lent, bundle: str, root: Path, row: tuple[Any, ...]) -> None:
        super().__init__(lent.connection, row[0], bundle)
        self._left = weakref.finalize(self, IDLE.give, lent)
        self._ranges: dict[str, tuple[int, int, int]] = json.loads(row[3])
        self._calendar: SessionTable | None = None
        self.id: str = row[1]
        self.hash: str = row[2]
        self.provenance: dict[str, Any] = json.loads(row[4])
        self.created_ns: int = row[5]
        self.path = bundle_path(root, bundle) / self.id
        self.quarantine: Path | None = self.path / row[6] if row[6] else None
        self.frequencies: tuple[str, ...] = tuple(sorted(self._ranges))
        self.first_day = min(first for first, _, _ in self._ranges.values())
        self.last_day = max(last for _, last, _ in self._ranges.values())

    def __repr__(self) -> str:
        return f"Version({self.bundle!r}, {self.id!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index; when the object goes its connection serves the next one."""
        if self._left.detach() is not None:
            self._connection.close()

    @property
    def calendar_name(self) -> str:
        """The name of `calendar`, without its sessions."""
        return str(self._query("SELECT name FROM calendars WHERE version = ?", (self._row_id,))[0][0])

    @property
    def calendar(self) -> SessionTable:
        """The sessions that the data was ingested with: whole years around it, and a month more on either side."""
        if self._calendar is None:
            import numpy as np

            from rustybt.calendars import SessionTable

            name, tz, days, *stamps = self._query(
                "SELECT name, tz, days, opens, closes, break_starts, break_ends FROM calendars WHERE version = ?",
                (self._row_id,),
            )[0]
            columns = [None if blob is None else np.frombuffer(blob, dtype="<i8") for blob in stamps]
            self._calendar = SessionTable(name, tz, np.frombuffer(days, dtype="<i4"), *columns)  # type: ignore[arg-type]
        return self._calendar

    def source_of(self, frequency: str) -> str:
        """The stored frequency that bars of a frequency come from: itself, or the longest that they can be made of.

        Raises NoData where there is none, InputError for what is no frequency.
        """
        if frequency in self._ranges:
            return frequency
        wanted = frequency_named(frequency)
        stored = [one for one in map(frequency_named, self._ranges) if wanted.holds(one)]
        if not stored:
            raise NoData(
                f"Bundle {self.bundle!r} has no {frequency!r} bars, only {', '.join(self.frequencies)}, and they can't "
                f"be made of those. Ingest them: rustybt.ingest({self.bundle!r}, bars, frequency={frequency!r}, "
                f"mode='append', ...), or run with data_frequency={self._shortest()!r}."
            )
        return max(stored, key=lambda one: one.step_ns or DAY_NS).name

    def _shortest(self) -> str:
        return min(self.frequencies, key=lambda name: frequency_named(name).span_ns)

    def first_day_of(self, frequency: str) -> int:
        """First session that a bar of that frequency is of. Raises NoData."""
        first = self._ranges[self.source_of(frequency)][0]
        return first if frequency in self._ranges else self._last_day_of_period(frequency, first)

    def last_day_of(self, frequency: str) -> int:
        """Last session that a bar of that frequency is of: of a week or month only if it is whole. Raises NoData."""
        last = self._ranges[self.source_of(frequency)][1]
        if frequency in self._ranges or frequency_named(frequency).period in (None, "session"):
            return last
        days = self.calendar.last_days_of(str(frequency_named(frequency).period))
        return int(days[days.searchsorted(last, side="right") - 1])

    def row_count_of(self, frequency: str) -> int:
        """Number of bars that are stored at that frequency. Raises NoData."""
        self.source_of(frequency)
        return self._ranges[frequency][2] if frequency in self._ranges else 0

    def _last_day_of_period(self, frequency: str, day: int) -> int:
        period = frequency_named(frequency).period
        calendar = self.calendar
        return day if period is None else int(calendar.last_days_of(period)[calendar.days.searchsorted(day)])

    def check_parts(self) -> None:
        """A look at every part's last bytes: is it there, and was it written to its end? Raises CatalogCorrupt.

        It costs microseconds a part, so that a run can afford it before it begins; `rustybt catalog verify` reads all.
        """
        for (file,) in self._query("SELECT file FROM parts WHERE version = ?", (self._row_id,)):
            path = self.path / file
            try:
                with path.open("rb") as part:
                    part.seek(-len(_PARQUET_END), os.SEEK_END)
                    whole = part.read() == _PARQUET_END
            except OSError:
                raise CatalogCorrupt(
                    f"{path} is missing or can't be read. "
                    "Ingest the bundle again, with mode='replace', or name another of its versions."
                ) from None
            if not whole:
                raise CatalogCorrupt(
                    f"{path} is cut short. "
                    "Ingest the bundle again, with mode='replace', or name another of its versions."
                )

    def stamps(self, frequency: str, first_ns: int, last_ns: int) -> npt.NDArray[np.int64]:
        """Every stamp from first_ns to last_ns at which some asset has a stored bar, ascending."""
        from rustybt.catalog._parts import read_stamps

        rows = self._query(
            "SELECT DISTINCT p.file FROM parts p JOIN extents e ON e.part = p.id WHERE p.version = ? "
            "AND p.frequency = ? AND e.last_ns >= ? AND e.first_ns <= ?",
            (self._row_id, frequency, first_ns, last_ns),
        )
        return read_stamps([self.path / file for (file,) in rows], first_ns, last_ns)

    def extents(self, frequency: str) -> tuple[list[tuple[str, int, int]], list[list[tuple[int, ...]]]]:
        """The parts of a stored frequency: file, price and volume scale; and the runs of rows of each.

        Of a run sid, rows, first and last stamp.
        """
        parts = self._query(
            "SELECT id, file, price_scale, volume_scale FROM parts WHERE version = ? AND frequency = ? ORDER BY id",
            (self._row_id, frequency),
        )
        runs = [
            self._query(
                "SELECT sid, row_count, first_ns, last_ns FROM extents WHERE part = ? ORDER BY sid, row_offset",
                (number,),
            )
            for number, *_ in parts
        ]
        return [(file, price, volume) for _, file, price, volume in parts], runs

    def load(
        self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool = False
    ) -> dict[int, RawBars]:
        """The bars with first_ns <= stamp <= last_ns of each asset, in the order of `sids`.

        frequency: one that is stored, or that can be made of one: "5m", "1h" (stamps are the bar's end), "1d",
        "1w" or "1mo" (stamps are midnight UTC of the last session).
        A bar that is made of several sessions is in the shares of its last one: see `RawBars.extra`.
        An asset without such bars has an empty RawBars. late: the opens, highs and lows of stored bars are read when
        they are first asked for.
        Raises NoData for a frequency that the bundle does not have, SidsNotFound, CatalogCorrupt.
        """
        if self.source_of(frequency) != frequency:
            from rustybt.catalog._aggregate import load_aggregated

            return load_aggregated(self, sids, frequency, first_ns, last_ns)
        return self.load_stored(sids, frequency, first_ns, last_ns, late=late)

    def computed(
        self, made_of: Callable[[], dict[str, Any]], shape: tuple[int, int], make: Callable[[], Sequence[Floats]]
    ) -> Sequence[Floats]:
        """Columns that are made of this version's bars. made_of: what they depend on besides, for JSON; it is called
        where that matters."""
        return make()

    def load_stored(
        self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool = False
    ) -> dict[int, RawBars]:
        """`load` of a frequency that is stored."""
        from rustybt.catalog._parts import EMPTY, Sharing, Wanted, join_bars, read_runs

        pieces: dict[int, list[RawBars]] = {int(sid): [] for sid in sids}
        if len(pieces) > 20 and not pieces.keys() <= self._assets.keys():
            self.assets()
        scales = {sid: (asset.price_scale, asset.volume_scale) for sid in pieces for asset in (self.asset(sid),)}
        rows = self._query(
            "SELECT p.id, p.file, p.price_scale, p.volume_scale, e.sid, e.row_offset, e.row_count, "
            "e.first_ns, e.last_ns FROM parts p JOIN extents e ON e.part = p.id "
            "WHERE p.version = ? AND p.frequency = ? AND e.sid IN (SELECT value FROM json_each(?)) "
            "AND e.last_ns >= ? AND e.first_ns <= ? ORDER BY p.id, e.row_offset",
            (self._row_id, frequency, json_of(pieces), first_ns, last_ns),
        )
        by_part: dict[int, list[tuple[Any, ...]]] = {}
        for row in rows:
            by_part.setdefault(row[0], []).append(row)
        sharing = Sharing()
        for found in by_part.values():
            _, file, *part_scales = found[0][:4]
            runs = [Wanted(extent, *scales[extent.sid]) for extent in _joined(found)]
            scale = part_scales[0], part_scales[1]
            for sid, bars in read_runs(self.path / file, scale, runs, first_ns, last_ns, late=late, sharing=sharing):
                pieces[sid].append(bars)
        return {sid: join_bars(found, sharing) if found else EMPTY for sid, found in pieces.items()}


def _joined(rows: list[tuple[Any, ...]]) -> list[Extent]:
    """Runs of a part, those of one asset that follow each other as one."""
    extents: list[Extent] = []
    for row in rows:
        sid, offset, count, first, last = row[4:]
        if extents and extents[-1].sid == sid and extents[-1].offset + extents[-1].count == offset:
            before = extents.pop()
            offset, count, first = before.offset, before.count + count, before.first
        extents.append(Extent(sid, offset, count, first, last))
    return extents


def _missing(connection: sqlite3.Connection, bundle: str, version: str | None, root: Path) -> Exception:
    rows = connection.execute(
        "SELECT v.name FROM versions v JOIN bundles b ON v.bundle = b.id WHERE b.name = ? ORDER BY v.created_ns DESC",
        (bundle,),
    ).fetchall()
    if version is not None and rows:
        return VersionNotFound(
            f"Bundle {bundle!r} has no version {version!r}. It has {', '.join(row[0] for row in rows[:5])}"
            f"{' and older ones' if len(rows) > 5 else ''}."
        )
    names = [
        row[0] for row in connection.execute("SELECT DISTINCT b.name FROM bundles b JOIN versions v ON v.bundle = b.id")
    ]
    return _no_bundle(bundle, root, names)


def _no_bundle(bundle: str, root: Path, names: list[str]) -> BundleNotFound:
    command = "rustybt ingest sample" if bundle == "sample" else f"rustybt ingest csv PATH --bundle {bundle}"
    there = f"There are: {', '.join(sorted(names))}." if names else "There is none yet."
    remedy = f"Ingest it first: {command}"
    folder = bundle_path(root, bundle)
    if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        remedy = f"Its folder {folder} is there, and the index does not know it: `rustybt catalog reindex`."
    return BundleNotFound(f"No bundle {bundle!r} in the catalog at {root}. {there} {remedy}")
