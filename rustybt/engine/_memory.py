"""Memory that a run lets go of stays with the process."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np

MOST: Final = 31 * 2**20
"""Bytes. The C library of Linux learns from pieces of up to 32 MiB."""


@functools.cache
def keep_freed_memory() -> None:
    """Teaches the C library to keep what is freed for what is asked for next.

    On Linux, malloc gives each large array back to the system as soon as it is freed, and the next one costs a page
    fault for each 4 KiB: windows of 1 MB made a third of a run's time. Once it has seen a large piece go, it keeps
    pieces of that size. This one is never written to, so no memory is behind it. Elsewhere nothing changes.
    """
    np.empty(MOST, dtype=np.uint8)
