"""Whether a version still is what was written, and what it holds of each asset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import Manifest
from rustybt.catalog._hashing import digests_by_year, version_hash
from rustybt.catalog._manifest import read_manifest
from rustybt.catalog._quality import FIGURES, stored_quality
from rustybt.catalog._version import Version
from rustybt.core import DAY_NS, date_of, frequency_named
from rustybt.errors import CatalogCorrupt

EVERYTHING = (-(2**63), 2**63 - 1)


def verify(version: Version) -> list[str]:
    """What is wrong with a version, as sentences; nothing where every bar is the one that was written.

    Reads all of it: each part's size and rows, each asset's bars against the digests of the manifest, the manifest
    against the version's hash, and the index against the manifest.
    """
    try:
        manifest = read_manifest(version.path)
    except CatalogCorrupt as error:
        return [str(error)]
    return [*_of_index(version, manifest), *_of_parts(version, manifest), *_of_bars(version, manifest)]


def _of_index(version: Version, manifest: Manifest) -> Iterator[str]:
    actions = manifest.splits, manifest.dividends, manifest.stock_dividends, manifest.funding
    stated = version_hash(manifest.calendar, manifest.assets, actions, manifest.digests)
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
    records = {record.key: record for record in manifest.assets}
    for frequency, of_assets in manifest.digests.items():
        for key, years in of_assets.items():
            record = records[key]
            try:
                bars = version.load([record.sid], frequency, *EVERYTHING)[record.sid]
            except CatalogCorrupt as error:
                yield str(error)
                return
            found = dict(digests_by_year(bars, record.price_scale, record.volume_scale)) if len(bars) else {}
            wrong = sorted(year for year in {*years, *found} if years.get(year) != found.get(year))
            if wrong:
                yield f"{record.symbol}: the {frequency!r} bars of {', '.join(wrong)} are not those that were written."


def coverage(version: Version) -> pl.DataFrame:
    """What there is of each asset and frequency, a row each.

    Columns: symbol, key, type, currency, frequency, first and last (Date of the sessions), bars; expected: bars that
    the version's calendar has between them; missing: those without a row; idle: rows without a volume; longest_gap:
    most sessions in a row without one bar; longest_missing: most bars in a row without a row; splits, dividends,
    funding (rates): how many.
    """
    actions = {
        "splits": [split.sid for split in version.splits(asset.sid for asset in version.assets())],
        "dividends": [dividend.sid for dividend in version.dividends(asset.sid for asset in version.assets())]
        + [dividend.sid for dividend in version.stock_dividends()],
        "funding": [rate.sid for rate in version.funding([asset.sid for asset in version.assets()])],
    }
    stored = stored_quality(version)
    figures = stored.figures if stored else {(sid, name): of for sid, name, of in coverage_figures(version)}
    rows = []
    for frequency in version.frequencies:
        for asset in version.assets():
            found = figures.get((asset.sid, frequency))
            if found is None:
                continue
            about = {"symbol": asset.symbol, "key": asset.key, "type": asset.kind, "currency": asset.currency}
            days = {"first": date_of(found["first_day"]), "last": date_of(found["last_day"])}
            others = {name: found[name] for name in FIGURES[2:]}
            counts = {name: sids.count(asset.sid) for name, sids in actions.items()}
            rows.append({**about, "frequency": frequency, **days, **others, **counts})
    return pl.DataFrame(rows)


def coverage_figures(version: Version) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Sid, frequency and `FIGURES` of all that has bars, from the bars themselves."""
    for frequency in version.frequencies:
        for asset in version.assets():
            bars = version.load([asset.sid], frequency, *EVERYTHING)[asset.sid]
            if len(bars):
                yield asset.sid, frequency, figures_of(bars, frequency, version.calendar)


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
