"""A file of 64-bit words that processes map into memory and share: made of a version, and disposable.

magic, the length of the header (8 bytes, little-endian), the header (JSON), then columns of words, little-endian, each
at a multiple of 8 bytes. The header says what they are made of, and whoever asks for anything else does not get them.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

type Words = npt.NDArray[np.int64]

FORMAT: Final = 1
MAGIC: Final = b"RBTCOLS\n"
_STORED: Final = np.dtype("<i8")


def temporary_beside(path: Path) -> Path:
    """A new name beside a file, that is hidden."""
    return path.with_name(f".{path.name}.tmp-{uuid.uuid4().hex[:12]}")


def write_file(
    path: Path, temporary: Path, header: Mapping[str, Any], columns: Sequence[Words], *, summed: bool = False
) -> None:
    """Writes a file beside its place, then renames it there. header: with `made_of`, what a reader must ask for.

    summed: its words are checked by a sum when they are mapped, in place of being flushed to the disk now.
    """
    whole = dict(header) | {"format": FORMAT, "rows": sum(map(len, columns))}
    stored = [np.ascontiguousarray(column, dtype=_STORED) for column in columns]
    if summed:
        whole["sum"] = _sum(stored)
    text = json.dumps(whole).encode()
    text += b" " * (-(len(MAGIC) + 8 + len(text)) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb") as file:
            file.write(MAGIC + len(text).to_bytes(8, "little") + text)
            for column in stored:
                file.write(column.data)
            file.flush()
            if not summed:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def map_file(path: Path, made_of: Mapping[str, Any]) -> tuple[dict[str, Any], Words] | None:
    """The header and the words of a file; None where there is none, where it is of something else, damaged or cut."""
    if sys.byteorder != "little":
        return None
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            length = int.from_bytes(file.read(8), "little")
            start = len(MAGIC) + 8 + length
            if not 0 < length <= path.stat().st_size:
                return None
            header = json.loads(file.read(length))
        if header["format"] != FORMAT or header["made_of"] != dict(made_of):
            return None
        rows: int = header["rows"]
        if path.stat().st_size != start + rows * _STORED.itemsize:
            return None
        # a plain view: the arithmetic of a memmap is slower
        whole: Words = (
            np.asarray(np.memmap(path, dtype=_STORED, mode="r", offset=start, shape=(rows,)))
            if rows
            else np.empty(0, np.int64)
        )
        if header.get("sum") not in (None, _sum([whole])):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return header, whole


def _sum(columns: Sequence[Words]) -> int:
    found = 0
    for column in columns:
        found = zlib.crc32(column.data, found)
    return found
