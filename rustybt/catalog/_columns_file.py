"""Bars as int64 columns in a file that processes map into memory and share; made from a version, and disposable.

magic, the length of the header (8 bytes, little-endian), the header (JSON), then columns of int64, little-endian, each
at a multiple of 8 bytes. The header says which version they are of, from which moment to which moment, and of each
asset how many rows there are and where its columns begin. A column that needs more than 64 bits stands in the header,
as numbers of any size.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.catalog._bars import Integers, RawBars

FORMAT: Final = 1
MAGIC: Final = b"RBTCOLS\n"
COLUMNS: Final = ("stamps", "open", "high", "low", "close", "volume")
_STORED: Final = np.dtype("<i8")


def write_columns(path: Path, made_of: Mapping[str, Any], bars: Mapping[int, RawBars]) -> None:
    """Writes bars beside their place, then renames them there. made_of: what a reader must ask for to be given them."""
    columns: list[npt.NDArray[np.int64]] = []
    places: dict[int, int] = {}
    rows = 0

    def placed(column: Integers) -> int | list[int]:
        nonlocal rows
        if isinstance(column, list):
            return column
        # assets of one market share their stamps
        place = places.get(id(column))
        if place is None:
            place = places[id(column)] = rows
            columns.append(column)
            rows += len(column)
        return place

    assets = {
        sid: [len(one), one.extra, *(placed(getattr(one, name)) for name in COLUMNS)] for sid, one in bars.items()
    }
    header = json.dumps({"format": FORMAT, "made_of": made_of, "rows": rows, "assets": assets}).encode()
    header += b" " * (-(len(MAGIC) + 8 + len(header)) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp-{uuid.uuid4().hex[:12]}")
    try:
        with temporary.open("wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + header)
            for column in columns:
                file.write(np.ascontiguousarray(column, dtype=_STORED).data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def map_columns(path: Path, made_of: Mapping[str, Any]) -> dict[int, RawBars] | None:
    """The bars of a file, mapped into memory; None where there is none, where it is of something else, or cut short."""
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
        whole: npt.NDArray[np.int64] = (
            np.memmap(path, dtype=_STORED, mode="r", offset=start, shape=(rows,)) if rows else np.empty(0, np.int64)
        )
        # a plain view: the arithmetic of a memmap is slower
        whole = np.asarray(whole)
        return {int(sid): _bars(whole, *asset) for sid, asset in header["assets"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _bars(whole: npt.NDArray[np.int64], count: int, extra: int, *places: int | list[int]) -> RawBars:
    stamps, *prices, volume = [one if isinstance(one, list) else whole[one : one + count] for one in places]
    return RawBars.of(np.asarray(stamps, dtype=np.int64), prices, volume, extra)
