"""Refusals of a disk, as an error of ours that says why and what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rustybt.errors import RustyBTError

_FULL: Final = "Make room on that disk"
_FORBIDDEN: Final = "Check who may write there"
_IN_THE_WAY: Final = "Move what lies in the way to another place"
_REMEDIES: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "Lift the limit on the size of files",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
}

_OF_WRITERS: Final = ("transport error", "IO error")
"""What Polars says where a write came to no end, and its cause is lost."""


@contextlib.contextmanager
def writing(kind: type[RustyBTError], place: object, otherwise: str) -> Iterator[None]:
    """Raises `kind` where the operating system refuses to write.

    place: what could not be written to. otherwise: what helps in any case, such as another place.
    """
    try:
        yield
    except _refusals() as error:
        number = _number_of(error)
        if number is None and not isinstance(error, OSError) and not any(word in str(error) for word in _OF_WRITERS):
            raise
        remedy = _REMEDIES.get(number or 0, "See to it that the disk is there and has room")
        raise kind(f"{place} can't be written to: {_reason(error, number)}. {remedy}, or {otherwise}") from error


def _refusals() -> tuple[type[Exception], ...]:
    """What a disk that refuses is told as; of Polars, where anybody imported it."""
    polars = sys.modules.get("polars")
    return (OSError,) if polars is None else (OSError, polars.exceptions.PolarsError)


@contextlib.contextmanager
def replacing(place: Path) -> Iterator[Path]:
    """A file beside one, of the same endings, that takes its place when it is whole; what was there stays till then.

    A link stays one. What is there and is no file, such as a device, is written to itself.
    """
    if place.exists() and not place.is_file() and not place.is_dir():
        yield place
        return
    whole = place.resolve() if place.is_symlink() else place
    beside = whole.with_name(f".tmp-{os.urandom(6).hex()}-{whole.name[-100:]}")
    try:
        yield beside
        beside.replace(whole)
    finally:
        beside.unlink(missing_ok=True)


def check_regular(kind: type[RustyBTError], place: Path) -> None:
    """Raises `kind` where something is at a place that is no file, such as a device or a pipe."""
    if place.exists() and not place.is_file():
        raise kind(f"{place} is there already and is no file. Name another place.")


def _number_of(error: Exception) -> int | None:
    """The operating system's number of an error; what Polars raises has it in its text only."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else None


def _reason(error: Exception, number: int | None) -> str:
    words = os.strerror(number) if number is not None else str(error)
    where = getattr(error, "filename", None)
    return f"{words} ({where})" if where else words
