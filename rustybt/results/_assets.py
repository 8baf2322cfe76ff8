"""Assets as a frame, a row each, and back: how a Result keeps what its sids stand for."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter
from types import NoneType
from typing import Any, Final

import polars as pl

from rustybt._kernels import Kernel
from rustybt.core import ASSET_TYPES, Asset

_FIRST: Final = ("sid", "key", "symbol", "name", "currency")
_TYPES: Final = {"day": pl.Date(), "whole": pl.Int64(), "text": pl.String()}
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


def assets_frame(assets: Sequence[Asset], kernel: Kernel) -> pl.DataFrame:
    """A row for each asset, by sid: its kind and every field; null where its kind has no such field.

    kernel: of the run, which lays the frame out. Dates are Date, numbers that are no integers are text.
    """
    rows = sorted(assets, key=lambda asset: asset.sid)
    types: dict[str, str] = {field.name: str(field.type) for field in dataclasses.fields(Asset)}
    for kind in dict.fromkeys(type(asset) for asset in rows):
        types |= {field.name: str(field.type) for field in dataclasses.fields(kind)}
    names = [*_FIRST, "type", *(name for name in types if name not in _FIRST)]
    kinds = ["text" if name == "type" else _kind(types[name]) for name in names]
    values = [_values(kind, column) for kind, column in zip(kinds, _columns(names, rows), strict=True)]
    if kernel.asset_table is None:
        return pl.DataFrame([pl.Series(*column) for column in zip(names, values, map(_TYPES.get, kinds), strict=True)])
    kept: Any = kernel.rows("".join("t" if kind == "text" else "n" for kind in kinds))
    for row in zip(*values, strict=True):
        kept.add(row)
    columns = [(name, kind, place, None) for place, (name, kind) in enumerate(zip(names, kinds, strict=True))]
    return pl.DataFrame(kept.frame(kernel.asset_table([], [], [], [], [], [], "", 0, []), names.index("sid"), columns))


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


def _kind(annotation: str) -> str:
    return "day" if annotation.startswith("dt.date") else "whole" if annotation.startswith("int") else "text"


def _columns(names: list[str], rows: Sequence[Asset]) -> list[Sequence[Any]]:
    """The fields of the assets by name, None where a kind has no such field."""
    fields = ["kind" if name == "type" else name for name in names]
    # all fields of an asset in one call: asked one by one they are the dearest of a large universe's frames
    of_kinds: dict[type[Asset], tuple[Callable[[Asset], tuple[Any, ...]], list[str]]] = {}
    for kind in dict.fromkeys(type(asset) for asset in rows):
        there = [field for field in fields if hasattr(kind, field)]
        of_kinds[kind] = attrgetter(*there), there
    found: list[tuple[Any, ...]] = []
    for asset in rows:
        get, there = of_kinds[type(asset)]
        values = get(asset)
        whole = len(there) == len(fields)
        found.append(values if whole else tuple(map(dict(zip(there, values, strict=True)).get, fields)))
    return list(zip(*found, strict=True)) if found else [()] * len(fields)


def _values(kind: str, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a field as a column of the kind holds them."""
    types = set(map(type, values))
    if kind == "whole" or types <= {NoneType} or (kind == "text" and types <= {str}):
        return values
    if kind == "day":
        return [None if value is None else value.toordinal() - _EPOCH for value in values]
    return [None if value is None else str(value) for value in values]


def _value(value: Any, annotation: str) -> Any:
    return Decimal(value) if annotation.startswith("Decimal") and value is not None else value
