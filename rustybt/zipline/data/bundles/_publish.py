"""What an ingest function has written, as one version of a bundle."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from rustybt.core import DAY_NS
from rustybt.errors import InputError
from rustybt.ingest import IngestReport, ingest
from rustybt.zipline.data.bundles._writers import Draft
from rustybt.zipline.reader import ZiplineAsset, action_frames, assets_frame, symbols_of, with_keys

_OF_ALL = {"drop": "drop-most"}
"""Zipline's writers leave out whatever lies outside of the calendar, however much it is."""
_POLICIES = {"raise": "error", "warn": "quarantine", "ignore": "drop-most"}


def publish(
    name: str, draft: Draft, *, calendar: str, on_bad_row: str | None, provenance: dict[str, Any]
) -> IngestReport:
    """Puts it in the place of the bundle. on_bad_row: None means what the function asked its writers for.

    Raises InputError where it wrote no bars, and what `ingest` raises; then nothing is published.
    """
    frames = {}
    written = with_keys(draft.finished_assets().values())
    assets = {asset.sid: asset for asset in written}
    for frequency, pieces in draft.bars.items():
        whole = [_with_asset(assets[sid], frame) for sid, frame in pieces if frame.height]
        if whole:
            frames[frequency] = pl.concat(whole)
    if not frames:
        raise InputError(
            f"The ingest function of {name!r} wrote no bars, so nothing was published. It writes them with "
            "daily_bar_writer.write or minute_bar_writer.write: pairs of a sid and a frame."
        )
    present = {sid for pieces in draft.bars.values() for sid, frame in pieces if frame.height}
    kept = {sid: assets[sid] for sid in sorted(present)}
    actions = action_frames(draft.actions, kept)
    counts = {"assets without bars": len(assets) - len(kept), "actions of assets without bars": actions.without_bars}
    return ingest(
        name,
        frames,
        calendar=calendar,
        stamp="end",
        assets=assets_frame(kept.values(), {}),
        splits=actions.splits,
        dividends=actions.dividends,
        stock_dividends=actions.stock_dividends,
        mode="replace",
        on_bad_row=_OF_ALL.get(on_bad_row or "", on_bad_row) or _POLICIES[draft.strictest],  # type: ignore[arg-type]
        provenance=provenance | {"counts": {what: count for what, count in counts.items() if count}},
    )


def _with_asset(asset: ZiplineAsset, frame: pl.DataFrame) -> pl.DataFrame:
    stamps = frame.to_series(0)
    if stamps.dtype == pl.Date:
        days = stamps.to_physical().to_numpy()
    else:
        days = (stamps.to_physical().to_numpy() // DAY_NS).astype(np.int32)
    key = pl.Series("asset_key", [asset.key]).new_from_index(0, frame.height)
    return frame.with_columns(symbols_of(asset, days), key)
