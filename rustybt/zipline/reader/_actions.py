"""Splits, dividends and mergers of a bundle. Floats cross by their shortest repr; `ingest` makes ratios of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    """Frames as `ingest` takes them, None where there is nothing; and how many rows belong to assets without bars.

    splits: mergers among them. mergers: how many those are.
    """

    splits: pl.DataFrame | None
    dividends: pl.DataFrame | None
    stock_dividends: pl.DataFrame | None
    mergers: int
    without_bars: int


def read_actions(path: Path, assets: Mapping[int, ZiplineAsset]) -> Actions:
    """The adjustments file. assets: those that have bars, by sid. Raises InputError naming the file."""
    with open_database(path) as database:
        rows = {kind: list(_ratios(database, kind)) for kind in ("splits", "mergers")}
        rows["dividends"] = list(_payouts(database, "dividend_payouts", "amount"))
        rows["stock_dividends"] = list(_payouts(database, "stock_dividend_payouts", "ratio"))
    return action_frames(rows, assets)


def action_frames(rows: Mapping[str, Iterable[Mapping[str, Any]]], assets: Mapping[int, ZiplineAsset]) -> Actions:
    """Rows by kind, with a sid, as frames with the keys of assets. assets: those that have bars, by sid."""
    frames: dict[str, pl.DataFrame | None] = {}
    without_bars = 0
    for kind in ("splits", "mergers", "dividends", "stock_dividends"):
        kept = []
        for row in rows.get(kind, ()):
            values = dict(row)
            asset = assets.get(values.pop("sid"))
            payment = values.pop("payment_sid", None)
            paid_in = None if payment is None else assets.get(payment)
            if asset is None or (payment is not None and paid_in is None):
                without_bars += 1
                continue
            values["asset_key"] = asset.key
            if kind == "mergers":
                values["prices_only"] = "true"
            if paid_in is not None:
                values["payment_asset_key"] = paid_in.key
            kept.append(values)
        frames[kind] = pl.DataFrame(kept, infer_schema_length=None) if kept else None
    both = [frame for frame in (frames["splits"], frames["mergers"]) if frame is not None]
    mergers = frames["mergers"]
    return Actions(
        pl.concat(both, how="diagonal") if both else None,
        frames["dividends"],
        frames["stock_dividends"],
        0 if mergers is None else mergers.height,
        without_bars,
    )


def _ratios(database: Database, table: str) -> Iterator[dict[str, Any]]:
    for row in database.rows(table, "sid", "effective_date", "ratio"):
        yield {"sid": int(row["sid"]), "ex_date": _date(row["effective_date"]), "ratio": _text(row["ratio"])}


def _payouts(database: Database, table: str, value: str) -> Iterator[dict[str, Any]]:
    for row in database.rows(table, "sid", "payment_sid", value, *_DATES):
        record: dict[str, Any] = {"sid": int(row["sid"]), value: _text(row[value])}
        if row["payment_sid"] is not None:
            record["payment_sid"] = int(row["payment_sid"])
        yield record | {name: _date(row[name]) for name in _DATES}


def _date(stamp: Any) -> str | None:
    day = day_of_stamp(stamp)
    return None if day is None else str(date_of(day))


def _text(number: Any) -> str | None:
    return None if number is None else repr(float(number))
