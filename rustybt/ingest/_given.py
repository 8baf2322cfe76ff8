"""A digest of all that an ingestion was given: who gives the same again needs no second look at it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

_ROWS: Final = 1_000_000
"""Of a column that is brought into another form at a time."""
_LIBRARIES: Final = ("polars", "exchange_calendars", "tzdata")
_STEPS: Final = ("calendars", "catalog", "core", "files", "ingest", "validation")
_BLOCK: Final = 2**20

type Update = Callable[[bytes | memoryview | np.ndarray], object]


def digest_of(words: object, *given: Any) -> str | None:
    """SHA-256 over frames, files, mappings, lists and plain values; None where something else is among them.

    words: what has a text that says all of it.
    """
    text = repr(words)
    if " at 0x" in text:  # an object that has no text of its own
        return None
    digest = hashlib.sha256(f"{_makers()}\n{text}".encode())
    return digest.hexdigest() if all(_feed(digest.update, one) for one in given) else None


@functools.cache
def _makers() -> str:
    """What decides how the same is read, the code among it: where one of these is another one, it is looked at anew."""
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
    if isinstance(given, Path):
        return _feed_files(update, given)
    if isinstance(given, str):
        update(given.encode())
        return _feed_files(update, Path(given))
    if isinstance(given, Mapping):
        update(f"{len(given)}".encode())
        return all(isinstance(name, str) and _feed(update, name) and _feed(update, one) for name, one in given.items())
    if isinstance(given, list | tuple):
        update(f"{len(given)}".encode())
        return all(_feed(update, one) for one in given)
    if given is None or isinstance(given, bool | int | float):
        update(repr(given).encode())
        return True
    return False


def _feed_files(update: Update, given: Path) -> bool:
    """Takes in the bytes of the file or folder of that name, where there is one."""
    path = given.expanduser()
    try:
        files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
        begins = len(str(path))
        for file in files:
            update(f"\n{str(file)[begins:]} {file.stat().st_size}:".encode())
            with file.open("rb") as opened:
                while block := opened.read(_BLOCK):
                    update(block)
    except (OSError, ValueError):  # a text that can't be a path is a text
        return False
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
