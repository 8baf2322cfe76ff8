"""Pictures of one side of a run each: what is in them, apart from what draws them."""

from rustybt.results._drawn._draw import BACKENDS, KINDS, draw
from rustybt.results._drawn._types import Backend, Kind, Theme

__all__ = ["BACKENDS", "KINDS", "Backend", "Kind", "Theme", "draw"]
