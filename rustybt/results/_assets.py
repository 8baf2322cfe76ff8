"""Assets as a frame, a row each, and back: how a Result keeps what its sids stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from rustybt.core import ASSET_TYPES, Asset

_FIRST: Final = ("sid", "key", "symbol", "name", "currency")


def assets_frame(assets: Sequence[Asset]) -> pl.DataFrame:
    """A row for each asset, by sid: its kind and every field; null where its kind has no such field.

    Dates are Date, numbers that are no integers are text.
    """
    rows = sorted(assets, key=lambda asset: asset.sid)
    types: dict[str, str] = {field.name: str(field.type) for field in dataclasses.fields(Asset)}
    for kind in dict.fromkeys(type(asset) for asset in rows):
        types |= {field.name: str(field.type) for field in dataclasses.fields(kind)}
    names = [*_FIRST, *(name for name in types if name not in _FIRST)]
    columns = [_column(name, types[name], [getattr(asset, name, None) for asset in rows]) for name in names]
    kinds = pl.Series("type", [asset.kind for asset in rows], dtype=pl.String)
    return pl.DataFrame([*columns[: len(_FIRST)], kinds, *columns[len(_FIRST) :]])


def assets_by_sid(frame: pl.DataFrame) -> dict[int, Asset]:
    """The assets of such a frame; empty where it lacks fields, as frames saved by the first version do."""
    found: dict[int, Asset] = {}
    for row in frame.iter_rows(named=True):
        kind = ASSET_TYPES.get(row.get("type", ""))
        if kind is None:
            return {}
        fields = {field.name: str(field.type) for field in dataclasses.fields(kind)}
        values = {name: _value(row[name], annotation) for name, annotation in fields.items() if name in row}
        if len(values) < len(fields):
            return {}
        found[row["sid"]] = kind(**values)
    return found


def _column(name: str, annotation: str, values: list[Any]) -> pl.Series:
    if annotation.startswith("dt.date"):
        return pl.Series(name, values, dtype=pl.Date)
    if annotation.startswith("int"):
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)


def _value(value: Any, annotation: str) -> Any:
    return Decimal(value) if annotation.startswith("Decimal") and value is not None else value
