"""The place where the process shows what it says: a notebook, a terminal, or one where nobody looks."""

from __future__ import annotations

import os
import sys


def in_notebook() -> bool:
    """Whether this is the process of a notebook: Jupyter's, VS Code's, and whatever else speaks to IPython's kernel."""
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return find is not None and hasattr(find(), "kernel")


def on_terminal() -> bool:
    """Whether somebody sees both streams on a terminal that can write over a line."""
    streams = (sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"
