"""The parts of a version that is being written: new ones, those of its base as links, and what is folded or corrected.

An append adds a part of its own. Where a period has `MOST_PARTS` small ones, they and the new one become one, so that
a version has few files however often something small is appended; a part of `FOLDED_ROWS` rows stays as it is.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.catalog._content import Content, Manifest, NewRows, Part, Rows
from rustybt.catalog._merging import merge_rows, without
from rustybt.catalog._parts import read_part, write_part
from rustybt.catalog._version import Version
from rustybt.core import frequency_named
from rustybt.errors import CatalogCorrupt

MOST_PARTS: Final = 8
"""Small parts of one frequency and period that a version holds; an append beyond that folds them into one."""
FOLDED_ROWS: Final = 250_000
"""A part of so many rows is not small."""


def write_parts(folder: Path, content: Content, base: tuple[Version, Manifest] | None) -> tuple[Part, ...]:
    """Writes and links the parts of a version into its folder."""
    version, manifest = base or (None, None)
    names = _Names(folder, manifest.parts if manifest else ())
    kept: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in manifest.parts if manifest else ():
        kept[part.frequency, part.period].append(part)
    written = []
    for rows in content.rows:
        if content.corrects and version:
            written += _correct(version, kept, rows, names)
            continue
        for block in rows.blocks:
            earlier = kept[rows.frequency, block.period]
            small = [part for part in earlier if part.rows < FOLDED_ROWS]
            piece = block.read()
            if version and len(small) >= MOST_PARTS:
                piece = merge_rows([*(read_part(version.path, part) for part in small), piece])
                earlier[:] = [part for part in earlier if part not in small]
            written.append(names.write(block.period, piece))
    taken_over = [part for parts in kept.values() for part in parts]
    for part in taken_over:
        if version:
            _link(version.path / part.file, folder / part.file)
    return tuple(sorted((*taken_over, *written), key=lambda part: (part.frequency, part.period, part.file)))


class _Names:
    """Writes parts under names that no part of the version before has."""

    def __init__(self, folder: Path, earlier: Iterable[Part]) -> None:
        self._folder = folder
        last = max((int(part.file.rsplit("-", 1)[1].split(".")[0]) for part in earlier), default=0)
        self._numbers: dict[str, int] = defaultdict(lambda: last)

    def write(self, period: str, rows: Rows) -> Part:
        """Writes one part."""
        by_session = frequency_named(rows.frequency).by_session
        label = rows.frequency if by_session else f"{rows.frequency}-{period}"
        self._numbers[label] += 1
        return write_part(self._folder, f"{label}-{self._numbers[label]:04}.parquet", period, rows)


def _correct(version: Version, kept: dict[tuple[str, str], list[Part]], rows: NewRows, names: _Names) -> list[Part]:
    """Each part that has some of the bars anew, those in place of its own; it is taken out of `kept`."""
    written = []
    for (frequency, period), parts in kept.items():
        for part in list(parts) if frequency == rows.frequency else ():
            stored = read_part(version.path, part)
            mine = [piece for block in rows.blocks if (piece := _among(block.read(), stored.frame)).frame.height]
            if mine:
                rest = without(stored, pl.concat([piece.frame.select("sid", "stamp") for piece in mine]))
                written.append(names.write(period, merge_rows([rest, *mine])))
                parts.remove(part)
    return written


def _among(rows: Rows, stored: pl.DataFrame) -> Rows:
    """Those of the rows whose sid and stamp a stored one has."""
    frame = rows.frame.join(stored.select("sid", "stamp"), on=["sid", "stamp"], how="semi", maintain_order="left")
    return Rows(rows.frequency, frame, rows.price_scale, rows.volume_scale)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise CatalogCorrupt(
            f"{source} is missing, and the version can't be appended to without it. "
            "Pass mode='replace' with all of the data."
        ) from error
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
