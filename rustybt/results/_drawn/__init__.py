"""Pictures of one side of a run each: what is in them, apart from what draws them."""

from rustybt.results._drawn._draw import BACKENDS, KINDS, draw, draw_picture
from rustybt.results._drawn._picture import Heat, Panel, Picture
from rustybt.results._drawn._types import Backend, Kind, Theme
from rustybt.results._report import Line, Marks

__all__ = [
    "BACKENDS",
    "KINDS",
    "Backend",
    "Heat",
    "Kind",
    "Line",
    "Marks",
    "Panel",
    "Picture",
    "Theme",
    "draw",
    "draw_picture",
]
