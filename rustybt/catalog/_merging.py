"""Rows of several pieces as one, at common scales and in order; and rows without some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.catalog._content import PRICES, Rows

_INT64_LIMIT: Final = 2**63


def merge_rows(pieces: Sequence[Rows]) -> Rows:
    """Rows of one frequency, brought to common scales and sorted by (sid, stamp)."""
    price_scale = max(piece.price_scale for piece in pieces)
    volume_scale = max(piece.volume_scale for piece in pieces)
    frames = [at_scales(piece, price_scale, volume_scale) for piece in pieces]
    frame = pl.concat(frames, how="vertical_relaxed", rechunk=True)
    return Rows(pieces[0].frequency, _sorted(frame), price_scale, volume_scale)


def at_scales(rows: Rows, price_scale: int, volume_scale: int) -> pl.DataFrame:
    """The frame with its numbers at scales that are not smaller."""
    shifts = [(name, price_scale - rows.price_scale) for name in PRICES]
    shifts.append(("volume", volume_scale - rows.volume_scale))
    return rows.frame.with_columns(_raised(rows.frame[name], by) for name, by in shifts if by)


def without(rows: Rows, others: pl.DataFrame) -> Rows:
    """The rows but for those whose sid and stamp one of the others has."""
    frame = rows.frame.join(others.select("sid", "stamp"), on=["sid", "stamp"], how="anti", maintain_order="left")
    return Rows(rows.frequency, frame, rows.price_scale, rows.volume_scale)


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """By (sid, stamp). Pieces nearly always come in the order of time: then to put the assets together is enough."""
    sids, stamps = frame["sid"].to_numpy(), frame["stamp"].to_numpy()
    if _ascends(sids, stamps):
        return frame
    order = by_asset(sids)
    return frame[order] if _ascends(sids[order], stamps[order]) else frame.sort("sid", "stamp")


def by_asset(sids: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """The order of rows that puts those of each asset together, as they stand among themselves."""
    # sixteen bits are sorted without comparing them
    return np.argsort(sids.astype(np.uint16) if _is_short(sids) else sids, kind="stable")


def _is_short(sids: npt.NDArray[np.int32]) -> bool:
    return bool(len(sids)) and int(sids.min()) >= 0 and int(sids.max()) < 2**16


def _ascends(sids: npt.NDArray[np.int32], stamps: npt.NDArray[np.int64]) -> bool:
    steps = np.diff(sids)
    return bool(((steps > 0) | ((steps == 0) & (np.diff(stamps) > 0))).all())


def _raised(column: pl.Series, places: int) -> pl.Series:
    """The integers times 10**places; Int64 stays where that is enough."""
    limit = _INT64_LIMIT // 10**places
    if column.dtype == pl.Int64 and (
        not len(column) or max(int(column.max()), -int(column.min())) < limit  # type: ignore[arg-type]
    ):
        raised: pl.Series = column * 10**places
        return raised
    return column.to_frame().select(pl.col(column.name) * power(places)).to_series()


def power(exponent: int) -> pl.Expr:
    return pl.lit(10**exponent, dtype=pl.Int128)
