"""The modules that a command imports, in a process that does nothing else."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Imports in this block are not searched for garbage, then or later: there is none in modules.

    The libraries are a few hundred thousand objects. To go through them again and again while they come, and once more
    when the process ends, takes a tenth of the time of a short run. Where they are there already (a notebook, a test)
    it is not for a command to freeze what others made.
    """
    if "polars" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
