"""Which kernels there are here, and which one a drawn case runs on."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import pytest

from rustybt._kernels import twins

KERNELS: Final = sorted(twins())
needs_native: Final = pytest.mark.skipif(
    "rust" not in KERNELS and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="no native extension in this install",
)


def kernel_of(seed: int) -> str:
    """Odd seeds run on the specification, even ones on the native kernel where there is one."""
    return KERNELS[(seed + 1) % len(KERNELS)]


@contextmanager
def calls() -> Iterator[Counter[str]]:
    """Counts what is called in this thread: the native kernel's methods and functions by name, such as
    "TargetSizer.order", and RustyBT's functions in Python by their module, such as "rustybt.strategy._ordering"."""
    counted: Counter[str] = Counter()

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            module = str(frame.f_globals.get("__name__"))
            if module.startswith("rustybt."):
                counted[module] += 1
        elif event == "c_call":
            owner = getattr(called, "__self__", None)
            if "_rustybt" in type(owner).__module__:
                counted[f"{type(owner).__name__}.{called.__name__}"] += 1
            elif "_rustybt" in str(getattr(called, "__module__", "")):
                counted[called.__name__] += 1

    sys.setprofile(note)
    try:
        yield counted
    finally:
        sys.setprofile(None)
