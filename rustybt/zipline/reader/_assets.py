"""The assets of a bundle: who they are, and the symbols that they carried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.core import date_of
from rustybt.zipline.reader._database import Database, day_of_stamp, open_database

_UNKNOWN_COUNTRY: Final = "??"
_DATES: Final = ("start_date", "end_date", "auto_close_date", "notice_date", "expiration_date")


@dataclass(frozen=True, slots=True)
class Carried:
    """A symbol that an asset carried from one day to another, as days since 1970; None where the file says nothing."""

    symbol: str
    first_day: int | None
    last_day: int | None


@dataclass(frozen=True, slots=True)
class ZiplineAsset:
    """One asset of the database.

    kind: "equity" or "future". key: its identity in RustyBT. symbols: oldest first. given: columns of an assets frame.
    """

    sid: int
    kind: str
    key: str
    symbols: tuple[Carried, ...]
    given: dict[str, str | None]

    def symbol_on(self, day: int) -> str:
        """The symbol that it carried on a day: of that day, else the last one before, else the first one after."""
        chosen = self.symbols[0]
        for carried in self.symbols:
            if carried.first_day is None or carried.first_day <= day:
                chosen = carried
        return chosen.symbol


@dataclass(frozen=True, slots=True)
class AssetFile:
    """What an asset database holds. roots: rows of futures_root_symbols; supplementary: rows that RustyBT has no use
    for; version: of its schema."""

    assets: dict[int, ZiplineAsset]
    roots: list[dict[str, Any]]
    supplementary: int
    version: int | None


def read_assets(path: Path) -> AssetFile:
    """The asset database, of any version. Raises InputError naming the file."""
    with open_database(path) as database:
        exchanges = _exchanges(database)
        found = [*_equities(database, exchanges), *_futures(database, exchanges)]
        versions = database.rows("version_info", "version")
        return AssetFile(
            assets={asset.sid: asset for asset in with_keys(found)},
            roots=database.rows(
                "futures_root_symbols", "root_symbol", "root_symbol_id", "sector", "description", "exchange"
            ),
            supplementary=database.count("equity_supplementary_mappings"),
            version=int(versions[0]["version"]) if versions else None,
        )


def _exchanges(database: Database) -> dict[str, tuple[str, str]]:
    """Canonical name and country by exchange; before schema 7 only equities of the US could be stored."""
    rows = database.rows("exchanges", "exchange", "canonical_name", "country_code")
    return {
        row["exchange"]: (
            row["canonical_name"] or row["exchange"],
            "" if row["country_code"] in (None, _UNKNOWN_COUNTRY) else row["country_code"],
        )
        for row in rows
    }


def _equities(database: Database, exchanges: dict[str, tuple[str, str]]) -> list[ZiplineAsset]:
    carried: dict[int, list[Carried]] = {}
    for row in database.rows("equity_symbol_mappings", "sid", "symbol", "start_date", "end_date"):
        if row["symbol"]:
            held = Carried(row["symbol"], _start(row["start_date"]), day_of_stamp(row["end_date"]))
            carried.setdefault(int(row["sid"]), []).append(held)
    assets = []
    for row in database.rows(
        "equities", "sid", "symbol", "asset_name", "start_date", "end_date", "auto_close_date", "exchange"
    ):
        sid = int(row["sid"])
        own = carried.get(sid) or [Carried(row["symbol"] or f"SID{sid}", None, None)]
        name, country = exchanges.get(row["exchange"], (row["exchange"] or "", "" if exchanges else "US"))
        # Zipline's grid of order prices is a cent, also where bars have thousandths
        given = _given(row) | {"exchange": name, "country": country, "tick_size": "0.01"}
        assets.append(make_asset(sid, "equity", own, given))
    return assets


def _futures(database: Database, exchanges: dict[str, tuple[str, str]]) -> list[ZiplineAsset]:
    there = database.columns("futures_contracts")
    multiplier = "contract_multiplier" if "contract_multiplier" in there else "multiplier"  # schema 0
    wanted = ("sid", "symbol", "root_symbol", "asset_name", "exchange", "tick_size", multiplier, *_DATES)
    assets = []
    for row in database.rows("futures_contracts", *wanted):
        sid = int(row["sid"])
        name, country = exchanges.get(row["exchange"], (row["exchange"] or "", ""))
        given = _given(row) | {
            "exchange": name,
            "country": country,
            "multiplier": _number(row[multiplier]),
            "tick_size": _number(row["tick_size"]),
            "root_symbol": row["root_symbol"],
        }
        assets.append(make_asset(sid, "future", [Carried(row["symbol"] or f"SID{sid}", None, None)], given))
    return assets


def _given(row: dict[str, Any]) -> dict[str, str | None]:
    given: dict[str, str | None] = {"name": row["asset_name"] or None}
    for name in _DATES:
        day = _start(row.get(name)) if name == "start_date" else day_of_stamp(row.get(name))
        given[name] = None if day is None else str(date_of(day))
    return given


def _start(stamp: Any) -> int | None:
    """Zipline writes 0 where a start is not known."""
    return None if stamp == 0 else day_of_stamp(stamp)


def _number(value: Any) -> str | None:
    """A float by its shortest repr; None for none, and for what is no size."""
    return repr(float(value)) if value is not None and float(value) > 0 else None


def make_asset(sid: int, kind: str, carried: list[Carried], given: dict[str, str | None]) -> ZiplineAsset:
    """An asset without its key; its symbols sorted."""
    ordered = sorted(carried, key=lambda held: (held.first_day is not None, held.first_day or 0, held.last_day or 0))
    return ZiplineAsset(sid, kind, "", tuple(ordered), given)


def with_keys(assets: Iterable[ZiplineAsset]) -> list[ZiplineAsset]:
    """Keys as exchange and last symbol; with the sid where several assets would share one."""
    listed = list(assets)
    names = [f"{asset.given['exchange'] or 'ZIPLINE'}:{asset.symbols[-1].symbol}" for asset in listed]
    shared = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return [
        ZiplineAsset(a.sid, a.kind, f"{name}:{a.sid}" if name in shared else name, a.symbols, a.given)
        for a, name in zip(listed, names, strict=True)
    ]


def assets_frame(assets: Iterable[ZiplineAsset], currencies: dict[int, str]) -> pl.DataFrame:
    """The frame that `ingest` takes. currencies: by sid, where a file names them."""
    rows = [
        {
            "symbol": asset.symbols[-1].symbol,
            "asset_key": asset.key,
            "sid": str(asset.sid),
            "type": asset.kind,
            "currency": currencies.get(asset.sid),
            **{name: value or None for name, value in asset.given.items()},
        }
        for asset in assets
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
