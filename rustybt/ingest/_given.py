"""A digest of all that an ingestion was given: who gives the same again needs no second look at it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from types import NoneType
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.files import stored_at

_ROWS: Final = 1_000_000
"""Of a column that is brought into another form at a time."""
_LIBRARIES: Final = ("polars", "exchange_calendars", "tzdata")
_STEPS: Final = ("calendars", "catalog", "core", "files", "ingest", "validation")
_BLOCK: Final = 2**20
_PLAIN: Final = (str, bool, int, float, Decimal, dt.date, NoneType)

type Update = Callable[[bytes | memoryview | np.ndarray], object]


def digest_of(words: object, *given: Any) -> str | None:
    """SHA-256 over frames, files, folders, mappings of plain values and lists; None where something else is among them.

    words: what has a text that says all of it.
    """
    text = repr(words)
    if " at 0x" in text:  # an object that has no text of its own
        return None
    digest = hashlib.sha256(f"{_makers()}\n{text}".encode())
    return digest.hexdigest() if all(_feed(digest.update, one) for one in given) else None


@functools.cache
def _makers() -> str:
    """The versions of the code that reads input: where one of them changes, the same input is read anew."""
    code = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for step in _STEPS:
        for file in sorted((folder / step).glob("*.py")):
            code.update(file.read_bytes())
    return repr([code.hexdigest(), *((name, _version(name)) for name in _LIBRARIES)])


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _feed(update: Update, given: Any) -> bool:
    """Takes a value in; False where it is of no kind that is known here."""
    update(f"\n{type(given).__name__}:".encode())
    if isinstance(given, pl.DataFrame):
        update(repr((given.height, given.schema)).encode())
        return all(_feed_column(update, column) for column in given.iter_columns())
    if isinstance(given, Path) and stored_at(given) != given:
        update(given.name.encode())
        return _feed_files(update, stored_at(given))
    if isinstance(given, str | Path):
        return _feed_files(update, Path(given).expanduser())
    if isinstance(given, Mapping):  # what is said of every asset
        update(repr(list(given.items())).encode())
        return all(isinstance(one, _PLAIN) for pair in given.items() for one in pair)
    if isinstance(given, list | tuple):
        update(f"{len(given)}".encode())
        return all(_feed(update, one) for one in given)
    return given is None


def _feed_files(update: Update, path: Path) -> bool:
    """Takes in the name and the bytes of a file, or of all files of a folder; False where it is neither.

    A pattern, whose files are others tomorrow, is neither; nor is a folder with links to folders, which may be endless.
    """
    update(f"{path}".encode())
    try:
        if path.is_file():
            return _feed_file(update, str(path))
        if not path.is_dir():
            return False
        for folder, folders, files in os.walk(path):
            folders.sort()
            if any(os.path.islink(os.path.join(folder, name)) for name in folders):
                return False
            # texts: a Path for each of thousands of files takes longer than to read it
            if not all(_feed_file(update, os.path.join(folder, name)) for name in sorted(files)):
                return False
    except OSError:
        return False
    return True


def _feed_file(update: Update, file: str) -> bool:
    with open(file, "rb", buffering=0) as opened:
        update(f"\n{file} {os.fstat(opened.fileno()).st_size}:".encode())
        while block := opened.read(_BLOCK):
            update(block)
    return True


def _feed_column(update: Update, column: pl.Series) -> bool:
    for start in range(0, len(column), _ROWS):
        piece = column.slice(start, _ROWS)
        if piece.null_count():
            update(piece.is_null().to_numpy())
        values = _numbers(update, piece)
        if values is None:
            return False
        update(np.ascontiguousarray(values))
    return True


def _numbers(update: Update, piece: pl.Series) -> np.ndarray | None:
    """The values as numbers of at most 64 bits; of texts their lengths, after the texts themselves."""
    if piece.dtype == pl.String:
        texts = piece.fill_null("")
        update(str(texts.str.join("").item()).encode())
        return texts.str.len_bytes().to_numpy()
    if not (piece.dtype.is_numeric() or piece.dtype.is_temporal() or piece.dtype == pl.Boolean):
        return None
    values = piece.to_physical()
    values = values.fill_null(False if values.dtype == pl.Boolean else 0)
    if values.dtype in (pl.Int128, pl.UInt128):
        narrow = values.cast(pl.Int64, strict=False)
        return None if narrow.null_count() else narrow.to_numpy()
    return values.to_numpy()
