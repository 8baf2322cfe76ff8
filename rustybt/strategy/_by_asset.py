"""A text where an asset is meant: it is equal to no asset, and what asks for it finds nothing, silently."""

from __future__ import annotations

from typing import Any

from rustybt.core import Asset, Notes, when_compared
from rustybt.strategy._current import active, notes_of


def note_text(notes: Notes, where: str, text: str) -> None:
    """Notes that something was asked for a text where it is kept by asset."""
    notes.add(
        "text_for_asset",
        f"{text!r} was looked for in {where}, which has assets and no texts: it is never there. Ask with "
        f"symbol({text!r}).",
        text=text,
        where=where,
    )


def _note_comparison(asset: Asset, other: object) -> None:
    run = active()
    if run is None:
        return
    notes_of(run).add(
        "text_for_asset",
        f"The asset {asset.symbol} was compared with {other!r}, which is no asset: they are never equal. Compare with "
        f"asset.{'symbol' if isinstance(other, str) else 'sid'}, or keep assets instead.",
        asset=asset.symbol,
        text=str(other),
    )


when_compared(_note_comparison)


class ByAsset[T](dict[Asset, T]):
    """A dict by asset that notes where it is asked for a text."""

    __slots__ = ("_notes", "_where")

    def __init__(self, items: dict[Asset, T], notes: Notes, where: str) -> None:
        super().__init__(items)
        self._notes = notes
        self._where = where

    def __contains__(self, asset: object) -> bool:
        if isinstance(asset, str):
            note_text(self._notes, self._where, asset)
        return super().__contains__(asset)

    def get(self, asset: Any, default: Any = None) -> Any:
        """What there is of an asset, or the default."""
        if isinstance(asset, str):
            note_text(self._notes, self._where, asset)
        return super().get(asset, default)
