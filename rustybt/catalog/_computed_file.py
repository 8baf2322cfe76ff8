"""Columns that are computed of a version, in files that processes map into memory and share; disposable.

One file for each computation, as `_mapped_file.py` has it, of floats and with a sum. Who computes one holds a lock
meanwhile, which the operating system takes away from a process that dies; whoever wants the same waits, and maps it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.catalog._layout import COMPUTED
from rustybt.catalog._mapped_file import map_file, write_file
from rustybt.core import released, taken

type Floats = npt.NDArray[np.float64]

MOST_ON_DISK: Final = 4 * 2**30
"""Bytes of such files in a catalog; the ones that were not used for longest go first."""
LOCKS: Final = 64
MOST_WAITING: Final = 60.0
"""Seconds to wait for another process that computes the same."""
_FEW: Final = 16
_ABANDONED: Final = 3600
"""Seconds after which an unfinished file is one of a process that died."""


class ComputedFiles:
    """Such files in a folder. Where one can't be written, or waiting takes too long, no more are written from here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writes = True
        # written since the files were last counted: how many, and bytes
        self._number = self._bytes = 0

    def columns(
        self, name: str, made_of: Mapping[str, Any], shape: tuple[int, int], make: Callable[[], Sequence[Floats]]
    ) -> Sequence[Floats]:
        """Columns of a shape, out of their file, or made now and written there."""
        path = self._folder / f"{name}{COMPUTED}"
        found = self._mapped(path, made_of, shape)
        if found is not None or not self._writes:
            return make() if found is None else found
        with self._alone(name) as alone:
            found = self._mapped(path, made_of, shape) if alone else None
            if found is not None:
                return found
            made = make()
            if alone:
                self._write(path, made_of, made)
        return self._mapped(path, made_of, shape) or made

    def _mapped(self, path: Path, made_of: Mapping[str, Any], shape: tuple[int, int]) -> list[Floats] | None:
        found = map_file(path, made_of)
        size = shape[0] * shape[1]
        if found is None or "sum" not in found[0] or not size or len(found[1]) % size:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return [one.view(np.float64).reshape(shape) for one in found[1].reshape(-1, size)]

    def _write(self, path: Path, made_of: Mapping[str, Any], made: Sequence[Floats]) -> None:
        size = sum(one.nbytes for one in made)
        if not 0 < size <= MOST_ON_DISK:
            return
        words = [np.ascontiguousarray(one).reshape(-1).view(np.int64) for one in made]
        try:
            write_file(path, path.with_name(f".{path.name}.tmp"), {"made_of": made_of}, words, summed=True)
            self._number, self._bytes = self._number + 1, self._bytes + size
            if self._number == 1 or self._number >= _FEW or self._bytes > MOST_ON_DISK // _FEW:
                self._number, self._bytes = 1, 0
                self._trim(path)
        except OSError:
            self._writes = False

    def _trim(self, newest: Path) -> None:
        """Deletes what was not used for longest, down to the bound, and what processes left that died."""
        files = []
        for path in self._folder.glob(f"*{COMPUTED}*"):
            with contextlib.suppress(OSError):
                told = path.stat()
                files.append((told.st_mtime, told.st_size, path))
        total, now = sum(size for _, size, _ in files), time.time()
        for used, size, path in sorted(files):
            unfinished = path.name.startswith(".")
            if path != newest and (now - used > _ABANDONED if unfinished else total > MOST_ON_DISK):
                total -= size
                with contextlib.suppress(OSError):  # one that is mapped can't go on Windows
                    path.unlink()

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[bool]:
        """Whether this process is the only one now that computes what has this name."""
        number = int(name[-4:], 16) % LOCKS
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / f".lock-{number:02}", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            self._writes = False
            yield False
            return
        try:
            alone = self._writes = _waited(descriptor)
            try:
                yield alone
            finally:
                if alone:
                    released(descriptor)
        finally:
            os.close(descriptor)


def _waited(descriptor: int) -> bool:
    end, pause = time.monotonic() + MOST_WAITING, 0.001
    while not taken(descriptor):
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return True
