"""Whether a version still is what was written, and the figures of its bars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import DAILY, Manifest, Rows
from rustybt.catalog._content_digests import digests_of_version
from rustybt.catalog._digests import assets_of
from rustybt.catalog._hashing import version_hash
from rustybt.catalog._manifest import read_manifest
from rustybt.catalog._parts import checksum_of
from rustybt.catalog._quality import FIGURES
from rustybt.catalog._stored_rows import StoredRows
from rustybt.catalog._version import Version
from rustybt.core import DAY_NS, frequency_named
from rustybt.errors import CatalogCorrupt


def verify(version: Version) -> list[str]:
    """The faults of a version, as sentences; none where every bar is the one that was written.

    Reads all of it: each part's size and rows, each asset's bars against the digests of the manifest, the manifest
    against the version's hash, and the index against the manifest.

    >>> import rustybt
    >>> from rustybt.catalog import open_version, verify
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(verify(version))
    []
    """
    try:
        manifest = read_manifest(version.path)
    except CatalogCorrupt as error:
        return [str(error)]
    return [*_of_index(version, manifest), *_of_parts(version, manifest), *_of_bars(version, manifest)]


def unharmed(version: Version, manifest: Manifest) -> bool:
    """Whether a version is what was written, by the checksums of its files; by its bars where it has none."""
    if any(part.checksum is None for part in manifest.parts):
        return not verify(version)
    return not [*_of_index(version, manifest), *_of_parts(version, manifest)] and all(
        checksum_of(version.path / part.file) == part.checksum for part in manifest.parts
    )


def _of_index(version: Version, manifest: Manifest) -> Iterator[str]:
    actions = manifest.splits, manifest.dividends, manifest.stock_dividends, manifest.funding
    stated = version_hash(manifest.calendar, manifest.assets, actions, manifest.digests, manifest.unit)
    if stated != manifest.hash:
        yield f"manifest.json was changed: its contents have hash {stated[:16]}, it says {manifest.hash[:16]}."
    if version.hash != manifest.hash:
        yield f"The index has hash {version.hash[:16]}, the manifest {manifest.hash[:16]}: `rustybt catalog reindex`."
    indexed = {(asset.sid, asset.key) for asset in version.assets()}
    if indexed != {(record.sid, record.key) for record in manifest.assets}:
        yield "The index lists other assets than the manifest: `rustybt catalog reindex`."


def _of_parts(version: Version, manifest: Manifest) -> Iterator[str]:
    for part in manifest.parts:
        path = version.path / part.file
        if not path.is_file():
            yield f"{part.file} is missing."
        elif path.stat().st_size != part.size:
            yield f"{part.file} has {path.stat().st_size:,} bytes, {part.size:,} were written."


def _of_bars(version: Version, manifest: Manifest) -> Iterator[str]:
    symbols = {record.key: record.symbol for record in manifest.assets}
    try:
        digests, chains = digests_of_version(version, manifest, manifest.unit)
    except CatalogCorrupt as error:
        yield str(error)
        return
    for frequency, stated in manifest.digests.items():
        found = digests.get(frequency, {})
        for key, years in stated.items():
            mine = found.get(key, {})
            wrong = sorted(year for year in {*years, *mine} if years.get(year) != mine.get(year))
            if wrong:
                yield f"{symbols[key]}: the {frequency!r} bars of {', '.join(wrong)} are not those that were written."
            elif chains.get(frequency, {}).get(key) != manifest.chains.get(frequency, {}).get(key):
                yield f"{symbols[key]}: its last link in manifest.json is not that of its {frequency!r} bars."


def coverage_figures(version: Version) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Sid, frequency and `FIGURES` of all that has bars, from the bars themselves."""
    for frequency in version.frequencies:
        for chunk in StoredRows(version, frequency).chunks():
            yield from ((sid, frequency, of) for sid, of in figures_of_rows(chunk.rows(), version.calendar))


def figures_of_rows(rows: Rows, calendar: SessionTable) -> Iterator[tuple[int, dict[str, int]]]:
    """Sid and `FIGURES` of each asset that has rows. rows: sorted by (sid, stamp)."""
    if rows.frequency != DAILY:
        for sid, bars in assets_of(rows):
            yield sid, figures_of(bars, rows.frequency, calendar)
        return
    sids, days = rows.frame["sid"].to_numpy(), rows.frame["stamp"].to_numpy() // DAY_NS
    starts = np.flatnonzero(np.diff(sids, prepend=-1))
    ends = np.append(starts[1:], len(sids)) - 1
    places = np.searchsorted(calendar.days, days)
    steps = np.diff(places, prepend=0)
    steps[starts] = 1
    gaps = np.maximum(np.maximum.reduceat(steps, starts), 1) - 1 if len(starts) else starts
    idle = np.add.reduceat((rows.frame["volume"] == 0).to_numpy().astype(np.int64), starts) if len(starts) else starts
    counts, expected = ends - starts + 1, places[ends] - places[starts] + 1
    columns = (days[starts], days[ends], counts, expected, expected - counts, idle, gaps, gaps)
    for sid, *values in zip(sids[starts].tolist(), *(column.tolist() for column in columns), strict=True):
        yield sid, dict(zip(FIGURES, values, strict=True))


def figures_of(bars: RawBars, frequency: str, calendar: SessionTable) -> dict[str, int]:
    """`FIGURES` of the bars of one asset, one at least."""
    length = frequency_named(frequency)
    days = bars.stamps // DAY_NS if length.by_session else calendar.session_days_of(bars.stamps)
    low, high = np.searchsorted(calendar.days, [days[0], days[-1]])
    if length.step_ns is None:
        periods = np.unique(calendar.last_days_of(str(length.period))[low : high + 1])
        expected, numbers = len(periods), np.searchsorted(periods, days)
    else:
        expected = calendar.count_bars(length.step_ns, int(low), int(high))
        numbers = calendar.bar_numbers(bars.stamps, length.step_ns, int(low), int(high))
    places = np.unique(np.searchsorted(calendar.days, days))
    return {
        "first_day": int(days[0]),
        "last_day": int(days[-1]),
        "bars": len(bars),
        "expected": int(expected),
        "missing": int(expected) - len(bars),
        "idle": _idle(bars),
        "longest_gap": int(np.diff(places).max(initial=1)) - 1,
        "longest_missing": int(np.diff(numbers).max(initial=1)) - 1,
    }


def _idle(bars: RawBars) -> int:
    volume = bars.volume
    return sum(1 for value in volume if value == 0) if isinstance(volume, list) else int((volume == 0).sum())
