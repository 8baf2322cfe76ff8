"""A lock on an open file, which the operating system takes away from a process that dies."""

from __future__ import annotations

import sys


def taken(descriptor: int) -> bool:
    """Takes the lock for this process; False where another one has it. It goes with the descriptor."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def released(descriptor: int) -> None:
    """Gives the lock back, for other descriptors of the same opening too: a process that was forked has them."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)
