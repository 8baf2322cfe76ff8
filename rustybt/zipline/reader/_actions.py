"""Splits, dividends and mergers of a bundle. Floats cross by their shortest repr; `ingest` makes ratios of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.core import date_of
from rustybt.zipline.reader._assets import ZiplineAsset
from rustybt.zipline.reader._database import Database, day_of_stamp, open_database

_DATES: Final = ("ex_date", "pay_date", "record_date", "declared_date")


@dataclass(frozen=True, slots=True, eq=False)
class Actions:
    """Frames as `ingest` takes them, None where there is nothing; and how many rows belong to assets without bars."""

    splits: pl.DataFrame | None
    dividends: pl.DataFrame | None
    stock_dividends: pl.DataFrame | None
    mergers: pl.DataFrame | None
    without_bars: int


def read_actions(path: Path, assets: Mapping[int, ZiplineAsset]) -> Actions:
    """The adjustments file. assets: those that have bars, by sid. Raises InputError naming the file."""
    with open_database(path) as database:
        left: list[int] = []
        return Actions(
            splits=_ratios(database, "splits", assets, left),
            dividends=_payouts(database, "dividend_payouts", "amount", assets, left),
            stock_dividends=_payouts(database, "stock_dividend_payouts", "ratio", assets, left),
            mergers=_ratios(database, "mergers", assets, left),
            without_bars=len(left),
        )


def _ratios(database: Database, table: str, assets: Mapping[int, ZiplineAsset], left: list[int]) -> pl.DataFrame | None:
    rows = []
    for row in database.rows(table, "sid", "effective_date", "ratio"):
        asset = assets.get(int(row["sid"]))
        if asset is None:
            left.append(int(row["sid"]))
            continue
        rows.append({"asset_key": asset.key, "ex_date": _date(row["effective_date"]), "ratio": _text(row["ratio"])})
    return pl.DataFrame(rows, infer_schema_length=None) if rows else None


def _payouts(
    database: Database, table: str, value: str, assets: Mapping[int, ZiplineAsset], left: list[int]
) -> pl.DataFrame | None:
    rows = []
    for row in database.rows(table, "sid", "payment_sid", value, *_DATES):
        asset = assets.get(int(row["sid"]))
        payment = row["payment_sid"]
        paid_in = None if payment is None else assets.get(int(payment))
        if asset is None or (payment is not None and paid_in is None):
            left.append(int(row["sid"]))
            continue
        record: dict[str, Any] = {"asset_key": asset.key, value: _text(row[value])}
        record |= {name: _date(row[name]) for name in _DATES}
        if paid_in is not None:
            record["payment_asset_key"] = paid_in.key
        rows.append(record)
    return pl.DataFrame(rows, infer_schema_length=None) if rows else None


def _date(stamp: Any) -> str | None:
    day = day_of_stamp(stamp)
    return None if day is None else str(date_of(day))


def _text(number: Any) -> str | None:
    return None if number is None else repr(float(number))
