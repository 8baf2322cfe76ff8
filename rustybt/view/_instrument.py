"""A run's own state of an asset, beside the asset's market data."""

from __future__ import annotations

from rustybt.core import Asset
from rustybt.view._track import Track


class Instrument(Track):
    """An asset that a run touches: the columns of its track, which other runs share, and the run's own state.

    asset: as the run looked it up. slot, pocket: its places in the run's books. foreign: whether it trades in another
    currency than the run's. conditional: whether more than its life decides if it can be ordered.
    at_open: by field what is seen of the asset while its orders are worked at the open of a week or month, as value and
    scale; None else.
    """

    __slots__ = ("at_open", "conditional", "foreign", "pocket", "slot")

    def __init__(self, track: Track, asset: Asset) -> None:
        self.asset = asset
        self.slot = -1
        self.pocket = 0
        self.foreign = False
        self.conditional = asset.kind == "index"
        self.at_open: dict[str, tuple[int, int]] | None = None
        self.take(track)

    def take(self, track: Track) -> None:
        """Reads another track of the asset from now on, such as one that reaches further back."""
        # a line each: to set attributes by their names takes six times as long, and a run may have thousands of these
        self._alignment = track._alignment
        self._derived = track._derived
        self._rows = track._rows
        self._traded_rows = track._traded_rows
        self.adjustments = track.adjustments
        self.closing = track.closing
        self.daily_settled = track.daily_settled
        self.dividends = track.dividends
        self.fill_scale = track.fill_scale
        self.first = track.first
        self.has_idle_rows = track.has_idle_rows
        self.is_future = track.is_future
        self.last = track.last
        self.mark_scale = track.mark_scale
        self.mark_to_fill_scale = track.mark_to_fill_scale
        self.multiplier = track.multiplier
        self.multiplier_scale = track.multiplier_scale
        self.present = track.present
        self.price = track.price
        self.price_scale = track.price_scale
        self.priced = track.priced
        self.quantity_scale = track.quantity_scale
        self.raw = track.raw
        self.raw_scale = track.raw_scale
        self.splits = track.splits
        self.start = track.start
        self.step = track.step
        self.tick = track.tick
        self.tradable = track.tradable
        self.volume = track.volume
