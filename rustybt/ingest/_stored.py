"""New rows against those that are stored: what is there already, and what contradicts it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rustybt.catalog import PRICES, ROW_SCHEMA, AssetRecord, RawBars, Version
from rustybt.validation import found, nothing_found


def against_stored(
    version: Version,
    known: Mapping[str, AssetRecord],
    frequency: str,
    frame: pl.DataFrame,
    scales: tuple[int, int],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are not stored yet, and findings for those that say otherwise than the stored row of their stamp.

    frame: `row`, `key`, `stamp`, prices and volume at `scales`, only good rows. One stored just so is neither.
    """
    stored = _stored_rows(version, known, frequency, frame)
    if stored is None:
        return frame, nothing_found()
    rows, stored_scales = stored
    price_scale, volume_scale = max(scales[0], stored_scales[0]), max(scales[1], stored_scales[1])
    mine = _at(frame.select("row", "key", "stamp", "stamp_text", *PRICES, "volume"), scales, price_scale, volume_scale)
    its = _at(rows, stored_scales, price_scale, volume_scale)
    both = mine.join(its, on=["key", "stamp"], how="inner", suffix="_stored", maintain_order="left")
    if not both.height:
        return frame, nothing_found()
    columns = (*PRICES, "volume")
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_stored") for name in columns)
    conflicts = found(
        both,
        differs,
        "conflict",
        "stamp_text",
        "the bundle holds another bar of this stamp: give mode='replace' with all of the data to correct it",
    )
    return frame.filter(~pl.col("row").is_in(both["row"].implode())), conflicts


def _stored_rows(
    version: Version, known: Mapping[str, AssetRecord], frequency: str, frame: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[int, int]] | None:
    """Stored rows of the frame's assets within its stamps, and their common scales; None where there are none."""
    keys = [key for key in frame["key"].unique().to_list() if key in known]
    if frequency not in version.frequencies or not keys:
        return None
    first, last = frame.select(pl.col("stamp").min().alias("a"), pl.col("stamp").max().alias("b")).row(0)
    loaded = version.load([known[key].sid for key in keys], frequency, first, last)
    pieces = [(key, known[key], loaded[known[key].sid]) for key in keys]
    pieces = [piece for piece in pieces if len(piece[2])]
    if not pieces:
        return None
    price_scale = max(record.price_scale for _, record, _ in pieces)
    volume_scale = max(record.volume_scale for _, record, _ in pieces)
    frames = [
        _at(_frame(key, bars), (record.price_scale, record.volume_scale), price_scale, volume_scale)
        for key, record, bars in pieces
    ]
    return pl.concat(frames), (price_scale, volume_scale)


def _frame(key: str, bars: RawBars) -> pl.DataFrame:
    columns = {"stamp": bars.stamps, **{name: getattr(bars, name) for name in (*PRICES, "volume")}}
    return pl.DataFrame(
        [
            pl.Series(name, values).cast(ROW_SCHEMA[name])
            if not isinstance(values, list)
            else pl.Series(name, values, dtype=ROW_SCHEMA[name])
            for name, values in columns.items()
        ]
    ).with_columns(pl.lit(key).alias("key"))


def _at(frame: pl.DataFrame, scales: tuple[int, int], price_scale: int, volume_scale: int) -> pl.DataFrame:
    price_unit = pl.lit(10 ** (price_scale - scales[0]), dtype=pl.Int128)
    volume_unit = pl.lit(10 ** (volume_scale - scales[1]), dtype=pl.Int128)
    return frame.with_columns(*(pl.col(name) * price_unit for name in PRICES), pl.col("volume") * volume_unit)
