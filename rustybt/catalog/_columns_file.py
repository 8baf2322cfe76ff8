"""Bars as int64 columns in a file that processes map into memory and share; made from a version, and disposable.

A file as `_mapped_file.py` has it. The header says which version they are of, from which moment to which moment, and of
each asset how many rows there are and where its columns begin. A column that needs more than 64 bits stands in the
header, as numbers of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.catalog._bars import Integers, RawBars
from rustybt.catalog._mapped_file import map_file, temporary_beside, write_file

COLUMNS: Final = ("stamps", "open", "high", "low", "close", "volume")


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
    write_file(path, temporary_beside(path), {"made_of": made_of, "assets": assets}, columns)


def map_columns(path: Path, made_of: Mapping[str, Any]) -> dict[int, RawBars] | None:
    """The bars of a file, mapped into memory; None where there is none, where it is of something else, or cut short."""
    found = map_file(path, made_of)
    if found is None:
        return None
    header, whole = found
    try:
        return {int(sid): _bars(whole, *asset) for sid, asset in header["assets"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _bars(whole: npt.NDArray[np.int64], count: int, extra: int, *places: int | list[int]) -> RawBars:
    stamps, *prices, volume = [one if isinstance(one, list) else whole[one : one + count] for one in places]
    return RawBars.of(np.asarray(stamps, dtype=np.int64), prices, volume, extra)
