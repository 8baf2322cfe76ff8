"""A matplotlib Figure that a notebook shows by itself. Imported only where a picture is drawn."""

from __future__ import annotations

import io
from typing import Any, Final

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text

from rustybt.results._panels import GRID, INK

__all__ = ["ConstrainedLayoutEngine", "NotebookFigure"]


_ON_ANY_GROUND: Final = {INK: "#7f8b97", GRID: "#7f8b9755"}
"""Colours that are read on a light and on a dark page, for those that are not."""


class NotebookFigure(Figure):
    """Drawn by Agg, known to no window system, and shown as PNG where it is the value of a cell."""

    own_ground = False

    def _repr_png_(self) -> bytes:
        """Without a ground of its own, in colours for light and dark pages; a file that is written stays on white."""
        target = io.BytesIO()
        if self.own_ground:
            self.savefig(target, format="png")
            return target.getvalue()
        coloured: list[Any] = self.findobj(_has_colour)
        changed = []
        for artist in coloured:
            colour = _ON_ANY_GROUND.get(to_hex(artist.get_color()))
            if colour is not None:
                changed.append((artist, artist.get_color()))
                artist.set_color(colour)
        try:
            self.savefig(target, format="png", transparent=True)
        finally:
            for artist, colour in changed:
                artist.set_color(colour)
        return target.getvalue()


def _has_colour(artist: Any) -> bool:
    """Whether it is a text or a line."""
    return isinstance(artist, Text | Line2D)
