"""A version's bars as a lazy Polars frame, and as files for others."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.catalog._content import DAILY, PRICES, Part
from rustybt.catalog._manifest import read_manifest
from rustybt.catalog._version import Version
from rustybt.core import DAY_NS, Asset, check_process, datetime_column, decimal_column, frequency_named, writing
from rustybt.errors import InputError, NoData

WIDEST: Final = 38
"""Digits that a Decimal of Polars holds."""
FORMATS: Final = ("parquet", "arrow", "csv")


def scan(version: Version, frequency: str = DAILY, symbols: Iterable[str] | None = None) -> pl.LazyFrame:
    """The bars of a version as a lazy frame, sorted by asset and time: sid, symbol, timestamp, prices, volume.

    symbols: only these, by the name that each carries last; None means all.
    frequency: one that is stored, or that can be made of one; those are read at once, not lazily.
    timestamp: Date of the last session for "1d" and longer, else the bar's end as Datetime("ns", "UTC"). Prices and
    volume are Decimal(38, s), s the finest scale of the version, exactly as stored; a week or month that is made of
    shorter bars is in the shares of its end, with up to 10 more decimals where a split lies within it.
    Collect it with engine="in-memory" where rows shall keep their order.
    Raises NoData for a frequency that is not there, SymbolNotFound.

    >>> import polars as pl, rustybt
    >>> from rustybt.catalog import open_version, scan
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(scan(version, symbols=["IBM"]).select(pl.col("close").max()).collect().item())
    211.0000
    """
    if version.source_of(frequency) != frequency:
        return _made(version, frequency, symbols)
    parts = [part for part in read_manifest(version.path).parts if part.frequency == frequency]
    price_scale = max(part.price_scale for part in parts)
    volume_scale = max(part.volume_scale for part in parts)
    frames = [_scan_part(version.path, part, price_scale, volume_scale) for part in parts]
    wanted = _wanted(version, symbols)
    names = pl.LazyFrame(
        {
            "sid": pl.Series([asset.sid for asset in wanted], dtype=pl.Int32),
            "symbol": pl.Series([asset.symbol for asset in wanted], dtype=pl.String),
        }
    )
    stamp = pl.col("stamp").dt.date() if frequency_named(frequency).by_session else pl.col("stamp")
    frame = pl.concat(frames).join(names, on="sid", how="inner").sort("sid", "stamp")
    return frame.select("sid", "symbol", stamp.alias("timestamp"), *PRICES, "volume")


def _wanted(version: Version, symbols: Iterable[str] | None) -> list[Asset]:
    if symbols is None:
        return version.assets()
    return sorted({version.lookup_symbol(symbol, version.last_day) for symbol in symbols})


def _made(version: Version, frequency: str, symbols: Iterable[str] | None) -> pl.LazyFrame:
    """The frame of bars that are made of shorter ones."""
    assets = _wanted(version, symbols)
    loaded = version.load([asset.sid for asset in assets], frequency, -(2**63), 2**63 - 1)
    scale = max(asset.price_scale + loaded[asset.sid].extra for asset in assets)
    volume_scale = max(asset.volume_scale for asset in assets)
    frames = []
    for asset in assets:
        bars = loaded[asset.sid]
        up, volume_up = 10 ** (scale - asset.price_scale - bars.extra), 10 ** (volume_scale - asset.volume_scale)
        stamps = datetime_column("timestamp", bars.stamps)
        prices = zip(PRICES, bars.prices, strict=True)
        frames.append(
            pl.DataFrame(
                [
                    pl.Series("sid", [asset.sid] * len(bars), dtype=pl.Int32),
                    pl.Series("symbol", [asset.symbol] * len(bars), dtype=pl.String),
                    stamps.dt.date() if frequency_named(frequency).by_session else stamps,
                    *(decimal_column(name, [int(v) * up for v in column], scale) for name, column in prices),
                    decimal_column("volume", [int(v) * volume_up for v in bars.volume], volume_scale),
                ]
            )
        )
    return pl.concat(frames).lazy()


def _scan_part(folder: Path, part: Part, price_scale: int, volume_scale: int) -> pl.LazyFrame:
    check_process()
    path = folder / part.file
    if not path.is_file():
        raise NoData(f"{path} is missing. `rustybt catalog verify` tells what else is; ingest the bundle again.")
    frame = pl.scan_parquet(path, glob=False)
    columns = [(name, price_scale) for name in PRICES] + [("volume", volume_scale)]
    # to a finer scale a cast adds zeros, and what was ingested has at most 18 digits before the point and 20 after it
    return frame.with_columns(pl.col(name).cast(pl.Decimal(WIDEST, scale)) for name, scale in columns)


def export(
    version: Version,
    path: Path | str,
    *,
    frequency: str | None = None,
    symbols: Iterable[str] | None = None,
    first_day: int | None = None,
    last_day: int | None = None,
    file_format: str | None = None,
) -> Path:
    """Writes a version's bars to one file: Parquet, Arrow IPC or CSV, by the path's ending or `file_format`.

    frequency: one that is stored, or that can be made of one; None means days where they are stored, else the
        shortest that is.
    first_day, last_day: only these days (since 1970-01-01, UTC of the stamp), both included. The file appears whole or
    not at all; one that is there already is replaced. Raises as `scan` does, InputError for an unknown
    ending, and NoData where there is not one bar.

    >>> import pathlib, tempfile
    >>> import rustybt
    >>> from rustybt.catalog import export, open_version
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(export(version, pathlib.Path(tempfile.mkdtemp()) / "ibm.parquet", symbols=["IBM"]).name)
    ibm.parquet
    """
    place = Path(path).expanduser()
    kind = file_format or {".parquet": "parquet", ".arrow": "arrow", ".ipc": "arrow", ".csv": "csv"}.get(place.suffix)
    if kind not in FORMATS:
        raise InputError(f"{place}: what format is that? End it on .parquet, .arrow or .csv, or name the format.")
    if frequency is None:
        stored = version.frequencies
        frequency = DAILY if DAILY in stored else min(stored, key=lambda name: frequency_named(name).span_ns)
    frame = scan(version, frequency, symbols)
    stamp = pl.col("timestamp").cast(pl.Datetime("ns")).cast(pl.Int64)
    if first_day is not None:
        frame = frame.filter(stamp >= first_day * DAY_NS)
    if last_day is not None:
        frame = frame.filter(stamp < (last_day + 1) * DAY_NS)
    bars = frame.collect(engine="in-memory")
    if not bars.height:
        raise NoData(
            f"{place}: bundle {version.bundle!r} has no bar of {frequency} then. Choose other days or symbols."
        )
    temporary = place.with_name(f".{place.name}.tmp-{uuid.uuid4().hex[:12]}")
    with writing(InputError, place, "pass another path."):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if kind == "parquet":
                bars.write_parquet(temporary)
            elif kind == "arrow":
                bars.write_ipc(temporary)
            else:
                bars.write_csv(temporary)
            os.replace(temporary, place)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return place
