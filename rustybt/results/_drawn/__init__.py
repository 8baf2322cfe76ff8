"""Pictures of one side of a run each: what is in them, apart from what draws them."""

from rustybt.results._drawn._draw import BACKENDS, KINDS, draw

__all__ = ["BACKENDS", "KINDS", "draw"]
