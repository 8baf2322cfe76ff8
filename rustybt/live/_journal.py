"""The journal of a session: an append-only file of chained lines, of what reached the session and what left it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from rustybt.core import check_regular, taken, writing
from rustybt.errors import JournalError

CHAIN: Final = b"rustybt-audit-1\n"
"""What is hashed before each line, so that no hash of something else can stand for one."""
FIRST: Final = "0" * 64
"""The `prev` of the first line."""
BEGINS: Final = (b'{"at":"', b'{"hash":"')
"""What a first line begins with, that of a session and one of no session."""
LONGEST_BEGIN: Final = max(map(len, BEGINS))

type Entry = Mapping[str, Any]


class Journal:
    """Lines of a session in the order in which they were written, each with its number and the hash of the one before.

    A line is canonical JSON (sorted keys, no spaces, UTF-8): `kind`, its fields, which are text, the number `n`, `prev`
    and `hash`, which is SHA-256 of `rustybt-audit-1`, a line feed and the line without `hash`.

    One process writes at a time: a lock on the file holds the others off. A line that was cut off at the end of the
    file, as a killed process leaves it, is taken off and counted in `torn`; damage anywhere else is refused.
    """

    __slots__ = ("_file", "_unsynced", "head", "length", "path", "torn")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens a journal to go on with, or makes it.

        Raises JournalError where another process writes it, where it is damaged, or where it can't be written to.
        """
        self.path = Path(path)
        if not self.path.is_dir():  # of which the system says what is wrong
            check_regular(JournalError, self.path)
        with writing(JournalError, self.path, "name another file with journal=."):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if not taken(descriptor):
            os.close(descriptor)
            raise JournalError(
                f"{self.path} is being written by another process. Wait for its end, or name another journal."
            )
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self.head, self.length, self.torn, self._unsynced = FIRST, 0, 0, False
        try:
            self._go_to_the_end()
        except BaseException:
            self.close()
            raise

    def _go_to_the_end(self) -> None:
        end = 0
        for entry, end in _checked(self.path, repair=True):  # noqa: B007  `end` is needed after the loop
            self.head = entry["hash"]
            self.length += 1
        self.torn = self.path.stat().st_size - end
        if self.torn:
            if not end:
                self._check_begun()
            self._file.truncate(end)
        self._file.seek(end)

    def _check_begun(self) -> None:
        """A file without a whole line is taken for a journal only where it begins as one does."""
        self._file.seek(0)
        found = self._file.read(LONGEST_BEGIN)
        if not any(found.startswith(begin) or begin.startswith(found) for begin in BEGINS):
            raise JournalError(f"{self.path} is no journal, and is left as it is. Name another file with journal=.")

    def append(self, kind: str, **fields: str) -> int:
        """Adds a line and returns its number. It is not safe from a power failure before `commit`."""
        line: dict[str, Any] = {**fields, "kind": kind, "n": self.length + 1, "prev": self.head}
        line["hash"] = _hash(line)
        with writing(JournalError, self.path, "name another file with journal=."):
            _write(self._file.fileno(), _canonical(line) + b"\n")
        self.head, self._unsynced = line["hash"], True
        self.length += 1
        return self.length

    def commit(self) -> None:
        """Returns when all lines so far are on the disk. Nothing may leave the process before."""
        if self._unsynced:
            self._check_there()
            with writing(JournalError, self.path, "name another file with journal=."):
                _sync(self._file.fileno())
            self._unsynced = False

    def check_open(self) -> None:
        """Raises JournalError where it is closed."""
        if self._file.closed:
            raise JournalError(f"{self.path} is closed. Begin the session again with it: it goes on where it ended.")

    def _check_there(self) -> None:
        """A file that was deleted takes lines, and keeps none."""
        self.check_open()
        if not os.fstat(self._file.fileno()).st_nlink:
            raise JournalError(
                f"{self.path} was deleted or replaced while the session wrote it: what was written is lost. Begin "
                "another session."
            )

    def entries(self) -> Iterator[Entry]:
        """The lines so far, oldest first."""
        return read_journal(self.path)

    def close(self) -> None:
        """Gives the file free. What was written stays."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_journal(path: str | os.PathLike[str]) -> Iterator[Entry]:
    """The whole lines of a journal, oldest first, checked. Raises JournalError at the first that is damaged.

    >>> import tempfile, pathlib
    >>> from rustybt.live import PaperSession, read_journal
    >>> journal = pathlib.Path(tempfile.mkdtemp()) / "session.journal"
    >>> idle = lambda context, data: None
    >>> with PaperSession(journal, start="2010-01-04", end="2010-01-04", handle_data=idle) as session:
    ...     _ = session.run()
    >>> [entry["kind"] for entry in read_journal(journal)]
    ['session', 'moment', 'moment', 'moment', 'end']
    """
    return (entry for entry, _ in _checked(Path(path), repair=False))


def _write(descriptor: int, text: bytes) -> None:
    """The whole text; the operating system may take it in parts."""
    while text:
        text = text[os.write(descriptor, text) :]


def _sync(descriptor: int) -> None:
    if sys.platform == "linux":
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def _checked(path: Path, *, repair: bool) -> Iterator[tuple[Entry, int]]:
    """Each line with the offset at which it ends. repair: whether the advice is for the one who goes on with it."""
    head, end = FIRST, 0
    try:
        opened = path.open("rb")
    except OSError as error:
        raise JournalError(f"{path} can't be read: {error.strerror}. Name the file of a journal.") from None
    with opened as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):  # cut off in the middle: what a killed writer leaves
                return
            entry = _entry(text)
            if entry is None or entry.get("prev") != head or entry["n"] != number:
                advice = "Keep the file for whoever looks into it, and begin a new journal" if repair else "Restore it"
                raise JournalError(
                    f"{path}, line {number} is damaged: it does not follow from the line before. {advice}, or go back "
                    "to a copy of it."
                )
            head = entry["hash"]
            end += len(text)
            yield entry, end


def _entry(text: bytes) -> dict[str, Any] | None:
    """A line that says what its hash says; None where it doesn't."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not {"kind", "n", "prev", "hash"} <= line.keys():
        return None
    said = line.pop("hash", None)
    if said != _hash(line):
        return None
    line["hash"] = said
    return line if _canonical(line) + b"\n" == text else None


def _canonical(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _hash(line: Mapping[str, Any]) -> str:
    return hashlib.sha256(CHAIN + _canonical(line)).hexdigest()
