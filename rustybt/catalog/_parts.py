"""Parquet parts: one file of bars, sorted by (sid, stamp), so that an asset is one run of rows.

Prices and volumes are Decimal(18, scale) where all of a column fits, Decimal(38, scale) where not; a part's four price
columns share one scale. LZ4 doubles the size against Zstandard and reads in two thirds of the time.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.catalog._bars import Integers, LateBars, RawBars
from rustybt.catalog._content import PRICES, Extent, Part, Rows
from rustybt.catalog._merging import power
from rustybt.core import DAY_NS, UTC_NS, check_process, frequency_named
from rustybt.errors import CatalogCorrupt

ROW_SCHEMA: Final[dict[str, pl.DataType]] = {
    "sid": pl.Int32(),
    "stamp": pl.Int64(),
    **{name: pl.Int128() for name in (*PRICES, "volume")},
}
"""Rows on their way to a part: stamps in ns UTC, prices and volumes as integers at the part's scales."""
COLUMNS: Final = ("stamp", *PRICES, "volume")
RUN: Final = ".arrow"
"""Ends the names of files of `store_run`."""
_AT_ONCE: Final = ("stamp", "close", "volume")
_LATE: Final = ("open", "high", "low")
_INT64_LIMIT: Final = 2**63
_NARROW_DIGITS: Final = 18
_GAP_ROWS: Final = 50_000
"""Two runs that lie no farther apart are read in one go: opening a file costs as much as decoding these rows."""

_GROUP_ROWS: Final = 500_000
"""No more rows are decoded at once, unless one asset has more: while they are, they lie in memory twice. A part of an
ingestion is read in one go: a group that ends amid its pages would have them unpacked once more for the next one."""


def write_part(folder: Path, file: str, period: str, rows: Rows) -> Part:
    """Write one part and tell what is in it."""
    path = folder / file
    store_rows(path, rows)
    sids, offsets, counts, firsts, lasts = (
        tuple(column.tolist()) for column in extent_columns(rows.frame, rows.frequency)
    )
    return Part(
        file=file,
        frequency=rows.frequency,
        period=period,
        rows=rows.frame.height,
        size=path.stat().st_size,
        price_scale=rows.price_scale,
        volume_scale=rows.volume_scale,
        extents=(sids, offsets, counts, firsts, lasts),
        checksum=checksum_of(path),
    )


def checksum_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store_rows(path: Path, rows: Rows) -> None:
    """Write rows as Parquet, prices and volumes as decimals of their scales."""
    prices = _decimal_type(rows.frame.select(PRICES), rows.price_scale)
    volumes = _decimal_type(rows.frame.select("volume"), rows.volume_scale)
    stored = rows.frame.with_columns(
        pl.col("stamp").cast(UTC_NS),
        *(pl.col(name).cast(pl.Int128).reinterpret(dtype=prices) for name in PRICES),
        pl.col("volume").cast(pl.Int128).reinterpret(dtype=volumes),
    )
    stored.write_parquet(path, compression="lz4")


def store_run(path: Path, rows: Rows) -> None:
    """Write rows that wait to become parts: integers, each column as narrow as it can be, nothing packed.

    That takes a fifth of the time of a part, and no more room on the disk.
    """
    pl.DataFrame([column.shrink_dtype() for column in rows.frame.iter_columns()]).write_ipc(path)


def read_part(folder: Path, part: Part) -> Rows:
    """All rows of a part."""
    stored = _scan(folder / part.file).collect(engine="in-memory")
    frame = stored.select(pl.col("sid"), *(pl.col(name).to_physical() for name in COLUMNS)).cast(ROW_SCHEMA)  # type: ignore[arg-type]
    return Rows(part.frequency, frame, part.price_scale, part.volume_scale)


def read_rows(path: Path, sids: npt.NDArray[np.int64], span: tuple[int, int] | None) -> pl.DataFrame:
    """The rows of some assets of a part, in its order, as integers at its scales. sids: ascending, each once.

    span: first and last stamp; None means all that there are.
    """
    kept = pl.col("sid").is_between(int(sids[0]), int(sids[-1]))
    if len(sids) <= int(sids[-1]) - int(sids[0]):
        kept &= pl.col("sid").is_in(sids.tolist())
    if span is not None:
        first, last = (pl.lit(stamp, dtype=pl.Int64).cast(UTC_NS) for stamp in span)
        kept &= pl.col("stamp").is_between(first, last)
    try:
        frame = _scan(path).filter(kept).select("sid", *COLUMNS).collect(engine="in-memory")
    except (FileNotFoundError, pl.exceptions.PolarsError) as error:
        raise _corrupt(path, error) from error
    return frame.select("sid", *(_physical(frame[name]) for name in COLUMNS))


def read_places(path: Path, offsets: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> pl.DataFrame:
    """The rows of a run at some places, `COLUMNS` as integers: counts[i] of them from offsets[i] on, ascending."""
    first, last = int(offsets[0]), int(offsets[-1] + counts[-1])
    rows = _scan(path).slice(first, last - first).select(COLUMNS).collect(engine="in-memory")
    if int(counts.sum()) < last - first:
        places = np.repeat(offsets - first - np.cumsum(counts) + counts, counts)
        rows = rows[places + np.arange(len(places))]
    return rows.with_columns(pl.col(name).cast(pl.Int64) for name, kind in rows.schema.items() if kind != pl.Int128)


def _physical(column: pl.Series) -> pl.Series:
    """A stored column as integers, Int64 where that is enough by its type."""
    values = column.to_physical()
    if isinstance(column.dtype, pl.Decimal) and column.dtype.precision <= _NARROW_DIGITS:
        # each has fewer digits than 64 bits hold
        return values.cast(pl.Int64, wrap_numerical=True)
    return values


def narrow(column: pl.Series) -> npt.NDArray[np.int64] | pl.Series:
    """The integers as int64, or as they are where that is too narrow."""
    if column.dtype == pl.Int64:
        return column.to_numpy()
    values = column.cast(pl.Int64, strict=False)
    return column if values.null_count() else values.to_numpy()


def _decimal_type(columns: pl.DataFrame, scale: int) -> pl.Decimal:
    limit = 10**_NARROW_DIGITS
    fits = scale <= _NARROW_DIGITS and all(
        -limit < int(column.min() or 0) and int(column.max() or 0) < limit  # type: ignore[arg-type]
        for column in columns
    )
    return pl.Decimal(_NARROW_DIGITS if fits else 38, scale)


def extent_columns(frame: pl.DataFrame, frequency: str) -> tuple[npt.NDArray[np.int64], ...]:
    """Runs of rows: one per asset in daily parts, one per asset and month in minute parts, so that a month is found.

    Their sids, offsets, counts, first and last stamps.
    """
    sids, stamps = frame["sid"].to_numpy(), frame["stamp"].to_numpy()
    starts = np.diff(sids, prepend=-1) != 0
    if not frequency_named(frequency).by_session:
        days = stamps // DAY_NS
        first = int(days.min(initial=days[0]))
        # the month of each day once, not of each row
        table = np.arange(first, int(days.max(initial=first)) + 1).astype("datetime64[D]").astype("datetime64[M]")
        months = table.astype(np.int64)[days - first]
        starts |= np.diff(months, prepend=-1) != 0
    offsets = np.flatnonzero(starts)
    ends = np.append(offsets[1:], len(sids))
    columns = (sids[offsets], offsets, ends - offsets, stamps[offsets], stamps[ends - 1])
    return tuple(column.astype(np.int64) for column in columns)


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run of rows to read, and the scales that its asset shall come out with."""

    extent: Extent
    price_scale: int
    volume_scale: int


class Sharing:
    """Stamps that equal those of another asset are those: assets of one market have the same, and keep them once."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], npt.NDArray[np.int64]] = {}

    def of(self, stamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The same values: those of another asset, or a column of their own, which keeps no other asset's alive."""
        if not len(stamps):
            return _NOTHING
        place = len(stamps), int(stamps[0]), int(stamps[-1])
        known = self._known.get(place)
        if known is None or not (known == stamps).all():
            known = self._known[place] = stamps if stamps.base is None else stamps.copy()
        return known


type _Columns = list[npt.NDArray[np.int64] | pl.Series]


def read_runs(
    path: Path,
    part_scales: tuple[int, int],
    runs: Sequence[Wanted],
    first_ns: int,
    last_ns: int,
    *,
    late: bool = False,
    sharing: Sharing | None = None,
) -> list[tuple[int, RawBars]]:
    """Sid and bars of each run, cut to first_ns <= stamp <= last_ns. runs: ascending by offset.

    late: opens, highs and lows are read when they are first asked for, those of neighbours together.
    sharing: what other files gave, to share stamps with.
    """
    result = []
    sharing = sharing or Sharing()
    for group in _groups(runs):
        start = group[0].extent.offset
        count = group[-1].extent.offset + group[-1].extent.count - start
        columns = _read(path, start, count, _AT_ONCE if late else (*_AT_ONCE, *_LATE))
        read_others = functools.cache(_others(columns, path, start, count, late=late))
        for run in group:
            bars = _cut(columns, start, run, part_scales, first_ns, last_ns, sharing, read_others)
            result.append((run.extent.sid, bars if late else bars.whole()))
    return result


def _others(columns: _Columns, path: Path, start: int, count: int, *, late: bool) -> Callable[[], _Columns]:
    if late:
        return functools.partial(_read, path, start, count, _LATE)
    return lambda: columns[len(_AT_ONCE) :]


def read_stamps(paths: Sequence[Path], first_ns: int, last_ns: int) -> npt.NDArray[np.int64]:
    """The stamps of some parts from first_ns to last_ns, each once, ascending."""
    found = [np.empty(0, dtype=np.int64)]
    for path in paths:
        try:
            column = _scan(path).select(pl.col("stamp").to_physical().unique()).collect(engine="in-memory")["stamp"]
        except (FileNotFoundError, pl.exceptions.PolarsError) as error:
            raise _corrupt(path, error) from error
        stamps = column.to_numpy()
        found.append(stamps[(stamps >= first_ns) & (stamps <= last_ns)])
    return np.unique(np.concatenate(found))


def _groups(runs: Sequence[Wanted]) -> list[list[Wanted]]:
    groups: list[list[Wanted]] = []
    end = 0
    for run in runs:
        near = groups and run.extent.offset - end <= _GAP_ROWS
        if near and run.extent.offset + run.extent.count - groups[-1][0].extent.offset <= _GROUP_ROWS:
            groups[-1].append(run)
        else:
            groups.append([run])
        end = run.extent.offset + run.extent.count
    return groups


def _read(path: Path, offset: int, count: int, names: Sequence[str]) -> _Columns:
    """Some columns of a span of rows: int64, or an Int128 series where that is too narrow."""
    try:
        frame = _scan(path).slice(offset, count).select(names).collect(engine="in-memory")
    except (FileNotFoundError, pl.exceptions.PolarsError) as error:
        raise _corrupt(path, error) from error
    columns: _Columns = []
    for name in names:
        column = frame.drop_in_place(name)
        values, kind = column.to_physical(), column.dtype
        if isinstance(kind, pl.Decimal) and kind.precision <= _NARROW_DIGITS and not values.null_count():
            # each has fewer digits than 64 bits hold, so that none needs a look
            columns.append(values.cast(pl.Int64, wrap_numerical=True).to_numpy())
            continue
        narrow = values.cast(pl.Int64, strict=False)
        columns.append(values if narrow.null_count() else narrow.to_numpy())
    return columns


def _cut(
    columns: _Columns,
    start: int,
    run: Wanted,
    part_scales: tuple[int, int],
    first_ns: int,
    last_ns: int,
    sharing: Sharing,
    read_others: Callable[[], _Columns],
) -> LateBars:
    extent = run.extent
    low, high = extent.offset - start, extent.offset - start + extent.count
    stamps = columns[0][low:high]
    if not isinstance(stamps, np.ndarray):
        raise CatalogCorrupt("A stamp lies beyond 64 bits. Ingest the bundle again.")
    if extent.first < first_ns:
        low += int(np.searchsorted(stamps, first_ns, side="left"))
    if extent.last > last_ns:
        high -= len(stamps) - int(np.searchsorted(stamps, last_ns, side="right"))
    price_shift = run.price_scale - part_scales[0]

    def others() -> list[Integers]:
        return [rescaled(column[low:high], price_shift) for column in read_others()]

    close = rescaled(columns[1][low:high], price_shift)
    volume = rescaled(columns[2][low:high], run.volume_scale - part_scales[1])
    return LateBars(sharing.of(columns[0][low:high]), close, volume, others)  # type: ignore[arg-type]


def rescaled(column: npt.NDArray[np.int64] | pl.Series, shift: int) -> Integers:
    """The values times 10**shift, exactly; Python ints where 64 bits are too few. Digits that go are zeros."""
    if isinstance(column, np.ndarray):
        if shift == 0 or not len(column):
            return column
        result: npt.NDArray[np.int64]
        if shift < 0:
            # 64 bits hold no multiple of 10**19 but zero
            result = column // 10**-shift if shift > -19 else np.zeros_like(column)
            return result
        factor = 10**shift
        if max(int(column.max()), -int(column.min())) < _INT64_LIMIT // factor:
            result = column * factor
            return result
        return [value * factor for value in column.tolist()]
    if shift < 0:
        column = column.to_frame("x").select(pl.col("x") // power(-shift)).to_series()
        shift = 0
    narrow = column.cast(pl.Int64, strict=False)
    if not narrow.null_count():
        return rescaled(narrow.to_numpy(), shift)
    return [value * 10**shift for value in column.to_list()]


def join_bars(pieces: list[RawBars], sharing: Sharing | None = None) -> RawBars:
    """Pieces of one asset as one, ascending."""
    if len(pieces) == 1:
        return pieces[0]
    pieces = sorted((piece for piece in pieces if len(piece)), key=lambda piece: int(piece.stamps[0]))
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return EMPTY
    stamps = np.concatenate([piece.stamps for piece in pieces])
    order = None if (np.diff(stamps) > 0).all() else np.argsort(stamps, kind="stable")
    if order is not None:
        stamps = stamps[order]

    def joined(name: str) -> Integers:
        column = _join([getattr(piece, name) for piece in pieces])
        return column if order is None else _ordered(column, order)

    bars = LateBars(
        stamps if sharing is None else sharing.of(stamps),
        joined("close"),
        joined("volume"),
        lambda: [joined(name) for name in _LATE],
    )
    return bars if any(isinstance(piece, LateBars) for piece in pieces) else bars.whole()


def _join(columns: list[Integers]) -> Integers:
    if any(isinstance(column, list) for column in columns):
        return [int(value) for column in columns for value in column]
    return np.concatenate([np.asarray(column) for column in columns])


def _ordered(column: Integers, order: npt.NDArray[np.intp]) -> Integers:
    return [column[int(at)] for at in order] if isinstance(column, list) else column[order]


def _scan(path: Path) -> pl.LazyFrame:
    check_process()
    return pl.scan_ipc(path, glob=False) if path.suffix == RUN else pl.scan_parquet(path, glob=False)


def _corrupt(path: Path, error: Exception) -> CatalogCorrupt:
    return CatalogCorrupt(
        f"{path} can't be read: {str(error).splitlines()[0]}. "
        "Ingest the bundle again, with mode='replace', or open another of its versions (`rustybt bundles` lists them)."
    )


_NOTHING: Final = np.empty(0, dtype=np.int64)
EMPTY: Final = RawBars(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)
"""An asset without rows."""
