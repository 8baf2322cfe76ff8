"""A picture in a window of its own, where the process has a screen."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Final

from matplotlib.figure import Figure

from rustybt.core import in_notebook
from rustybt.results._figure import NotebookFigure

DPI: Final = 80
"""Of a window at most: 11 by 9 inches fit on the screen of a laptop."""


def window_for(**options: Any) -> Figure | None:
    """An empty figure that has a window, which `show_windows` opens; None where there is no screen.

    Pyplot finds the window system, as `matplotlib.use` or the variable MPLBACKEND say; it is not loaded where there can
    be none. A notebook shows a figure by itself, and windows belong to the main thread.
    """
    if in_notebook() or threading.current_thread() is not threading.main_thread() or not _screen():
        return None
    from matplotlib import pyplot as plt

    options["dpi"] = min(options["dpi"], DPI)
    try:
        figure: Figure = plt.figure(FigureClass=NotebookFigure, **options)
    except ImportError:  # the backend that was named has no screen here
        return None
    if getattr(type(figure.canvas), "required_interactive_framework", None) is not None:
        return figure
    plt.close(figure)
    return None


def show_windows() -> None:
    """Opens them. In a script it returns when they are closed, in interactive mode at once."""
    from matplotlib import pyplot as plt

    plt.show()


def _screen() -> bool:
    """Whether there may be one: everywhere but on Unix without X and Wayland, where nobody named a backend."""
    named = "matplotlib.pyplot" in sys.modules or os.environ.get("MPLBACKEND")
    if named or sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
