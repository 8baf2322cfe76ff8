"""The garbage collector during a run."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

FROZEN_AT_START: Final = 5_000
"""An interpreter begins with a few hundred objects frozen; who freezes on purpose has the libraries' beside them."""


class _Frozen:
    """Whose objects are frozen, as far as this process's runs have seen."""

    by_a_run = False
    by_others = False


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """What is alive by now is not looked through for garbage until the block ends.

    A run makes thousands of records that stay. Each full collection goes through all objects of the process, and the
    libraries' alone are a few hundred thousand: that was a fifth of a busy run. Garbage that the strategy makes is
    collected as ever. Where somebody froze objects already (another run in a thread, a server before it forks),
    nothing is changed; who froze once is not asked again, since frozen objects are counted one by one, and a million
    of them take longer than a short run.
    """
    if _Frozen.by_others or _Frozen.by_a_run:
        yield
        return
    if gc.get_freeze_count() > FROZEN_AT_START:
        _Frozen.by_others = True
        yield
        return
    _Frozen.by_a_run = True
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        _Frozen.by_a_run = False
