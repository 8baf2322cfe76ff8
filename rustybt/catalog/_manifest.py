"""manifest.json and calendar.parquet: all of a version but its bars, so that the index can be rebuilt from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog._chains import MONTH, YEAR
from rustybt.catalog._content import AssetRecord, Manifest, Part, SymbolRange
from rustybt.catalog._layout import CALENDAR, MANIFEST
from rustybt.core import CashDividend, FundingRate, Split, StockDividend, check_process
from rustybt.errors import CatalogCorrupt

FORMAT: Final = 7
"""2 has dividends in shares beside what 1 has, 3 the funding of perpetuals, 4 how much was left out, 5 checksums of the
parts and a digest of the input, 6 the extents of a part as columns, 7 digests that are chains of months."""
READABLE: Final = (1, 2, 3, 4, 5, 6, FORMAT)
_COLUMNS_SINCE: Final = 6
_MONTHS_SINCE: Final = 7
_CALENDAR_COLUMNS: Final = ("open", "close", "break_start", "break_end")


def write_manifest(folder: Path, manifest: Manifest) -> list[Path]:
    """Write both files into the folder; the files written."""
    calendar = folder / CALENDAR
    _calendar_frame(manifest.calendar).write_parquet(calendar)
    document = {
        "format": FORMAT,
        "bundle": manifest.bundle,
        "version": manifest.version,
        "created_ns": manifest.created_ns,
        "hash": manifest.hash,
        "calendar": {"name": manifest.calendar.name, "tz": manifest.calendar.tz, "file": CALENDAR},
        "ranges": {name: list(values) for name, values in manifest.ranges.items()},
        "provenance": dict(manifest.provenance),
        "quarantine": manifest.quarantine,
        "assets": [_asset_document(record) for record in manifest.assets],
        "splits": [_split_document(split) for split in manifest.splits],
        "dividends": [
            [d.sid, d.ex_day, d.pay_day, d.record_day, d.declared_day, str(d.amount), d.scale, d.currency]
            for d in manifest.dividends
        ],
        "stock_dividends": [
            [d.sid, d.ex_day, d.payment_sid, d.numerator, d.denominator, d.pay_day, d.record_day, d.declared_day]
            for d in manifest.stock_dividends
        ],
        "funding": [
            [f.sid, f.stamp, str(f.rate), f.scale, None if f.price is None else str(f.price), f.price_scale]
            for f in manifest.funding
        ],
        "left_out": [list(of_rule) for of_rule in manifest.left_out],
        "input": manifest.input,
        "corrected": manifest.corrected,
        "parts": [_part_document(part) for part in manifest.parts],
        "digests": manifest.digests,
        "chains": manifest.chains,
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    return [calendar, path]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of its two files. Raises CatalogCorrupt where they are missing, unreadable or of a later format."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if document["format"] not in READABLE:
            raise CatalogCorrupt(
                f"{folder} has manifest format {document['format']}, this RustyBT reads {FORMAT}. "
                "Use the RustyBT that wrote it, or ingest the bundle again."
            )
        return _manifest(document, folder)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise CatalogCorrupt(
            f"The manifest in {folder} can't be read ({type(error).__name__}: {error}). "
            "Ingest the bundle again, with mode='replace'."
        ) from error


def _manifest(document: dict[str, Any], folder: Path) -> Manifest:
    calendar = document["calendar"]
    check_process()
    return Manifest(
        bundle=document["bundle"],
        version=document["version"],
        created_ns=document["created_ns"],
        hash=document["hash"],
        calendar=_calendar_table(pl.read_parquet(folder / calendar["file"]), calendar["name"], calendar["tz"]),
        assets=tuple(_asset(values) for values in document["assets"]),
        splits=tuple(Split(*values) for values in document["splits"]),
        dividends=tuple(_dividend(*values) for values in document["dividends"]),
        stock_dividends=tuple(StockDividend(*values) for values in document.get("stock_dividends", ())),
        funding=tuple(_funding(*values) for values in document.get("funding", ())),
        left_out=tuple((symbol, *rest) for symbol, *rest in document.get("left_out", ())),
        input=document.get("input"),
        corrected=document.get("corrected"),
        parts=tuple(_part(values, document["format"]) for values in document["parts"]),
        digests=document["digests"],
        chains={
            frequency: {key: (month, before) for key, (month, before) in keys.items()}
            for frequency, keys in document.get("chains", {}).items()
        },
        unit=MONTH if document["format"] >= _MONTHS_SINCE else YEAR,
        provenance=document["provenance"],
        quarantine=document["quarantine"],
        ranges={name: (first, last, rows) for name, (first, last, rows) in document["ranges"].items()},
    )


def _split_document(split: Split) -> list[Any]:
    plain = [split.sid, split.ex_day, split.numerator, split.denominator]
    return [*plain, True] if split.prices_only else plain


def _asset_document(record: AssetRecord) -> dict[str, Any]:
    return {
        "sid": record.sid,
        "key": record.key,
        "symbols": [[s.symbol, s.first_day, s.last_day] for s in record.symbols],
        "given": dict(record.given),
        "first_day": record.first_day,
        "last_day": record.last_day,
        "price_scale": record.price_scale,
        "volume_scale": record.volume_scale,
    }


def _asset(values: dict[str, Any]) -> AssetRecord:
    return AssetRecord(**{**values, "symbols": tuple(SymbolRange(*symbol) for symbol in values["symbols"])})


def _dividend(sid: int, ex: int, pay: int | None, record: int | None, declared: int | None, *rest: Any) -> CashDividend:
    amount, scale, currency = rest
    return CashDividend(sid, ex, pay, record, declared, int(amount), scale, currency)


def _funding(sid: int, stamp: int, rate: str, scale: int, price: str | None, price_scale: int) -> FundingRate:
    return FundingRate(sid, stamp, int(rate), scale, None if price is None else int(price), price_scale)


def _part_document(part: Part) -> dict[str, Any]:
    names = ("file", "frequency", "period", "rows", "size", "price_scale", "volume_scale", "checksum")
    return {**{name: getattr(part, name) for name in names}, "extents": part.extents}


def _part(values: dict[str, Any], written: int) -> Part:
    """written: the format, before 6 the extents were rows."""
    listed = values["extents"] if written >= _COLUMNS_SINCE else zip(*values["extents"], strict=True)
    sids, offsets, counts, firsts, lasts = map(tuple, listed)
    return Part(**{**values, "extents": (sids, offsets, counts, firsts, lasts)})


def _calendar_frame(table: SessionTable) -> pl.DataFrame:
    columns = (table.opens, table.closes, table.break_starts, table.break_ends)
    stamps = [
        pl.Series(name, values, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))
        for name, values in zip(_CALENDAR_COLUMNS, columns, strict=True)
        if values is not None
    ]
    return pl.DataFrame([pl.Series("session", table.days, dtype=pl.Int32).cast(pl.Date), *stamps])


def _calendar_table(frame: pl.DataFrame, name: str, tz: str) -> SessionTable:
    stamps = [
        frame[column].to_physical().to_numpy() if column in frame.columns else None for column in _CALENDAR_COLUMNS
    ]
    days = frame["session"].to_physical().to_numpy().astype(np.int32)
    return SessionTable(name, tz, days, *stamps)  # type: ignore[arg-type]
