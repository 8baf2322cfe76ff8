"""The bars that two versions have differently, of many assets at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.catalog._content import PRICES, Manifest, Rows
from rustybt.catalog._merging import at_scales, merge_rows
from rustybt.catalog._stored_rows import StoredRows
from rustybt.catalog._version import Version
from rustybt.core import DAY_NS, as_plain_decimal, date_of, frequency_named

_CHUNK_ROWS: Final = 1_000_000
"""Rows that are compared at a time, about."""
_NUMBERS: Final = (*PRICES, "volume")

type Side = tuple[Version, Manifest]


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """frame: key, stamp, day, and of each number `open_old`, `open_new`, ..., null where a side has no such bar."""

    frame: pl.DataFrame
    price_scale: int
    volume_scale: int


def differences(frequency: str, old: Side, new: Side) -> Iterator[Differences]:
    """The bars of which one side has none, or another; some assets at a time."""
    digests = [manifest.digests.get(frequency, {}) for _, manifest in (old, new)]
    keys = [key for key in sorted({*digests[0], *digests[1]}) if digests[0].get(key) != digests[1].get(key)]
    stored = [
        StoredRows(version if of_side else None, frequency)
        for (version, _), of_side in zip((old, new), digests, strict=True)
    ]
    sids = [{record.key: record.sid for record in manifest.assets} for _, manifest in (old, new)]
    for chunk in _chunks(keys, stored, sids):
        span = _span(digests, chunk)
        sides = [_rows(one, of_side, chunk, span) for one, of_side in zip(stored, sids, strict=True)]
        there = [rows for rows in sides if rows is not None]
        if not there:  # digests that speak of bars which the files do not have: `verify` tells
            continue
        scales = max(rows.price_scale for rows in there), max(rows.volume_scale for rows in there)
        frames = [
            _empty() if rows is None else _keyed(at_scales(rows, *scales), of_side, chunk)
            for rows, of_side in zip(sides, sids, strict=True)
        ]
        frame = _apart(frames[0], frames[1])
        if frame.height:
            yield Differences(frame.with_columns(_day(frame, frequency, old[0], new[0])), *scales)


def counts_of(found: Differences) -> Iterator[tuple[Any, ...]]:
    """Of each key: rows added, removed and changed, first and last day."""
    gone, came = pl.col("open_new").is_null(), pl.col("open_old").is_null()
    counts = found.frame.group_by("key").agg(
        came.sum().alias("added"),
        gone.sum().alias("removed"),
        (~came & ~gone).sum().alias("changed"),
        pl.col("day").min().alias("first"),
        pl.col("day").max().alias("last"),
    )
    for key, added, removed, changed, first, last in counts.sort("key").iter_rows():
        yield key, added, removed, changed, date_of(first), date_of(last)


def changes_of(found: Differences) -> Iterator[tuple[Any, ...]]:
    """Of each number that both sides have and that is another one now: key, stamp, field, before and after as text."""
    frame = found.frame.filter(pl.col("open_old").is_not_null() & pl.col("open_new").is_not_null())
    stamps = frame["stamp"].cast(pl.Datetime("ns", "UTC"))
    columns = [frame[f"{name}_{side}"] for name in _NUMBERS for side in ("old", "new")]
    for key, stamp, *numbers in zip(frame["key"], stamps, *columns, strict=True):
        for at, name in enumerate(_NUMBERS):
            before, after = numbers[2 * at : 2 * at + 2]
            if before != after:
                scale = found.volume_scale if name == "volume" else found.price_scale
                yield key, stamp, name, str(as_plain_decimal(before, scale)), str(as_plain_decimal(after, scale))


def _chunks(
    keys: Sequence[str], stored: Sequence[StoredRows], sids: Sequence[Mapping[str, int]]
) -> Iterator[list[str]]:
    """Keys together, as long as they have few rows."""
    counts = [one.counts() for one in stored]
    chunk: list[str] = []
    rows = 0
    for key in keys:
        its = sum(count.get(of_side.get(key, -1), 0) for count, of_side in zip(counts, sids, strict=True))
        if chunk and rows + its > _CHUNK_ROWS:
            yield chunk
            chunk, rows = [], 0
        chunk.append(key)
        rows += its
    if chunk:
        yield chunk


def _span(digests: Sequence[Mapping[str, Mapping[str, str]]], keys: Sequence[str]) -> tuple[int, int]:
    """First and last stamp of the years whose digests differ."""
    pairs = [[side.get(key, {}) for side in digests] for key in keys]
    years = [int(year) for old, new in pairs for year in {*old, *new} if old.get(year) != new.get(year)]
    edges = np.array([min(years) - 1970, max(years) - 1969], dtype="datetime64[Y]").astype("datetime64[ns]")
    first, end = edges.astype(np.int64).tolist()
    return first, end - 1


def _rows(stored: StoredRows, sids: Mapping[str, int], keys: Sequence[str], span: tuple[int, int]) -> Rows | None:
    """Those of some assets and years; None where there are none."""
    wanted = np.array([sids[key] for key in keys if key in sids], dtype=np.int64)
    pieces = stored.within(wanted, *span).read()
    return merge_rows(pieces) if pieces else None


def _keyed(frame: pl.DataFrame, sids: Mapping[str, int], keys: Sequence[str]) -> pl.DataFrame:
    names = {sids[key]: key for key in keys if key in sids}
    key = pl.col("sid").replace_strict(names, return_dtype=pl.String).alias("key")
    return frame.select(key, "stamp", *(pl.col(name).cast(pl.Int128) for name in _NUMBERS))


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema={"key": pl.String, "stamp": pl.Int64, **dict.fromkeys(_NUMBERS, pl.Int128)})


def _apart(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    named = [
        frame.rename({name: f"{name}_{side}" for name in _NUMBERS}) for frame, side in ((old, "old"), (new, "new"))
    ]
    joined = named[0].join(named[1], on=["key", "stamp"], how="full", coalesce=True)
    differs = pl.any_horizontal(pl.col(f"{name}_old").ne_missing(pl.col(f"{name}_new")) for name in _NUMBERS)
    return joined.filter(differs).sort("key", "stamp")


def _day(frame: pl.DataFrame, frequency: str, old: Version, new: Version) -> pl.Series:
    """The session of each bar, by the calendar of a version that has it."""
    stamps = frame["stamp"].to_numpy()
    if frequency_named(frequency).by_session:
        return pl.Series("day", stamps // DAY_NS)
    days = np.empty(len(stamps), dtype=np.int64)
    in_new = frame["open_new"].is_not_null().to_numpy()
    for mine, version in ((in_new, new), (~in_new, old)):
        days[mine] = version.calendar.session_days_of(stamps[mine])
    return pl.Series("day", days)
