"""Temporary folders that go with the process that made them, however it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PREFIX: Final = "rustybt-"
OWNER: Final = "owner"
"""A file in each of them, which is locked as long as a process uses the folder."""
_SAYS: Final = b"a temporary folder of RustyBT\n"

_swept: set[str] = set()


class Scratch:
    """A new temporary folder, until `remove`; where this process is killed, the next one that needs one removes it."""

    def __init__(self) -> None:
        import tempfile

        _sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._descriptor = _owned(self.path)

    def remove(self) -> None:
        """Deletes the folder. Again it does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
        shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for the time of a `with`."""
    scratch = Scratch()
    try:
        yield scratch.path
    finally:
        scratch.remove()


def hold(folder: Path) -> int | None:
    """Keeps another process's temporary folder for this one too, as long as the descriptor is open; None where it can't
    be kept."""
    try:
        descriptor = os.open(folder / OWNER, os.O_RDONLY)
    except OSError:
        return None
    if _locked(descriptor, alone=False):
        return descriptor
    _close(descriptor)
    return None


def _owned(folder: Path) -> int | None:
    """The owner's file, locked; None, and no such file, where it can't be had: nobody removes the folder then."""
    new = folder / f"{OWNER}.new"
    descriptor = None
    try:
        new.write_bytes(_SAYS)
        descriptor = os.open(new, os.O_RDONLY)
        if sys.platform == "win32":
            os.close(descriptor)  # what is open can't be renamed there
            new.rename(folder / OWNER)
            return os.open(folder / OWNER, os.O_RDONLY)
        # it has its name only once it is locked: nobody finds it before
        if _locked(descriptor, alone=False):
            new.rename(folder / OWNER)
            return descriptor
    except OSError:
        pass
    new.unlink(missing_ok=True)
    if descriptor is not None:
        _close(descriptor)
    return None


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)


def _locked(descriptor: int, *, alone: bool) -> bool:
    """Whether this process has the lock now. alone: and no other one may."""
    if sys.platform == "win32":
        return True  # a file that is open can't be deleted there
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep() -> None:
    """Once a process: removes the folders of this user whose processes are gone."""
    import tempfile

    where = tempfile.gettempdir()
    if where in _swept:
        return
    _swept.add(where)
    with contextlib.suppress(OSError), os.scandir(where) as found:
        for entry in found:
            if entry.name.startswith(PREFIX) and _is_mine(Path(entry.path)):
                _remove_left(Path(entry.path))


def _is_mine(folder: Path) -> bool:
    try:
        told = folder.lstat()
        owner = (folder / OWNER).lstat()
    except OSError:
        return False
    mine = sys.platform == "win32" or told.st_uid == owner.st_uid == os.getuid()
    return stat.S_ISDIR(told.st_mode) and stat.S_ISREG(owner.st_mode) and owner.st_size == len(_SAYS) and mine


def _remove_left(folder: Path) -> None:
    try:
        descriptor = os.open(folder / OWNER, os.O_RDONLY)
    except OSError:
        return
    try:
        if os.read(descriptor, len(_SAYS)) != _SAYS or not _locked(descriptor, alone=True):
            return
        if sys.platform == "win32":
            os.close(descriptor)
            (folder / OWNER).unlink()  # raises where a process has it open
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass
    finally:
        _close(descriptor)
