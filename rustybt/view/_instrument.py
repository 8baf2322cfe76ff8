"""A run's own state of an asset, beside the asset's market data."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from rustybt.core import Asset
from rustybt.view._track import Track

_SHARED: Final = tuple(name for name in Track.__slots__ if name != "asset")
_shared_of: Final = attrgetter(*_SHARED)


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
        for name, value in zip(_SHARED, _shared_of(track), strict=True):
            setattr(self, name, value)
