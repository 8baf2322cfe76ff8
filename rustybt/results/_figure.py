"""A matplotlib Figure that a notebook shows by itself. Imported only where a picture is drawn."""

from __future__ import annotations

import io

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

__all__ = ["ConstrainedLayoutEngine", "NotebookFigure"]


class NotebookFigure(Figure):
    """Drawn by Agg, known to no window system, and shown as PNG where it is the value of a cell."""

    def _repr_png_(self) -> bytes:
        target = io.BytesIO()
        self.savefig(target, format="png")
        return target.getvalue()
