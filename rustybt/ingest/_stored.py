"""New rows against those that are stored: what is there already, what contradicts it, and what corrects it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from rustybt.catalog import PRICES, AssetRecord, StoredRows
from rustybt.core import DAY_NS, as_plain_decimal, date_of, datetime_of, frequency_named
from rustybt.ingest._report import Change
from rustybt.validation import found, nothing_found

_NUMBERS = (*PRICES, "volume")
_DIFFERS = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_stored") for name in _NUMBERS)


def against_stored(
    stored: StoredRows, known: Mapping[str, AssetRecord], frame: pl.DataFrame, scales: tuple[int, int]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are not stored yet, and findings for those that say otherwise than the stored row of their stamp.

    frame: `row`, `key`, `stamp`, prices and volume at `scales`, only good rows. One stored just so is neither.
    """
    both, _ = _both(stored, known, frame, scales)
    if both is None:
        return frame, nothing_found()
    remedy = "pass mode='correct' to put this one in its place, or mode='replace' with all of the data"
    message = f"the bundle holds another bar of this stamp: {remedy}"
    conflicts = found(both, _DIFFERS, "conflict", "stamp_text", message)
    return frame.filter(~pl.col("row").is_in(both["row"].implode())), conflicts


def corrections(
    stored: StoredRows, known: Mapping[str, AssetRecord], frame: pl.DataFrame, scales: tuple[int, int]
) -> tuple[pl.DataFrame, pl.DataFrame, list[Change]]:
    """The rows that say otherwise than what is stored, findings for those of which nothing is, and what changes.

    frame: as in `against_stored`.
    """
    both, (price_scale, volume_scale) = _both(stored, known, frame, scales)
    nothing = pl.Series([False] * frame.height, dtype=pl.Boolean)
    there = nothing if both is None else frame["row"].is_in(both["row"].implode())
    message = "the bundle holds no bar of this asset and stamp to correct: add it with mode='append'"
    unknown = found(frame.filter(~there), pl.lit(True), "unknown", "stamp_text", message)
    if both is None:
        return frame.clear(), unknown, []
    changed = both.filter(_DIFFERS)
    by_session = frequency_named(stored.frequency).by_session
    changes = []
    for symbol, stamp, *numbers in changed.select(
        "symbol", "stamp", *_NUMBERS, *(f"{name}_stored" for name in _NUMBERS)
    ).iter_rows():
        when = date_of(stamp // DAY_NS) if by_session else datetime_of(stamp)
        for name, now, before in zip(_NUMBERS, numbers[:5], numbers[5:], strict=True):
            if now != before:
                scale = volume_scale if name == "volume" else price_scale
                values = as_plain_decimal(before, scale), as_plain_decimal(now, scale)
                changes.append(Change(symbol, when, stored.frequency, name, *values))
    return frame.filter(pl.col("row").is_in(changed["row"].implode())), unknown, changes


def _both(
    stored: StoredRows, known: Mapping[str, AssetRecord], frame: pl.DataFrame, scales: tuple[int, int]
) -> tuple[pl.DataFrame | None, tuple[int, int]]:
    """The rows of which one is stored, its numbers beside theirs as `open_stored`, ..., and the scales of both."""
    sids = {key: known[key].sid for key in frame["key"].unique().to_list() if key in known}
    if not sids:
        return None, scales
    first, last = frame.select(pl.col("stamp").min().alias("a"), pl.col("stamp").max().alias("b")).row(0)
    pieces = stored.within(pl.Series(list(sids.values())).to_numpy(), first, last).read()
    if not pieces:
        return None, scales
    price_scale = max(scales[0], *(piece.price_scale for piece in pieces))
    volume_scale = max(scales[1], *(piece.volume_scale for piece in pieces))
    sid = pl.col("key").replace_strict(sids, default=None, return_dtype=pl.Int32).alias("sid")
    mine = _at(frame.with_columns(sid), scales, price_scale, volume_scale)
    hits = []
    for piece in pieces:
        its = _at(piece.frame, (piece.price_scale, piece.volume_scale), price_scale, volume_scale)
        hits.append(mine.join(its, on=["sid", "stamp"], suffix="_stored", how="inner", maintain_order="left"))
    both = pl.concat(hits)
    return (both.sort("row") if both.height else None), (price_scale, volume_scale)


def _at(frame: pl.DataFrame, scales: tuple[int, int], price_scale: int, volume_scale: int) -> pl.DataFrame:
    price_unit = pl.lit(10 ** (price_scale - scales[0]), dtype=pl.Int128)
    volume_unit = pl.lit(10 ** (volume_scale - scales[1]), dtype=pl.Int128)
    return frame.with_columns(*(pl.col(name) * price_unit for name in PRICES), pl.col("volume") * volume_unit)
