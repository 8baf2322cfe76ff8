"""bcolz tables on the disk, as far as Zipline writes them.

A table is a folder: `__rootdirs__` lists its columns, `__attrs__` holds what the writer said of it, both JSON. A column
is a folder too: `meta/storage` and `meta/sizes` (JSON), and `data/__0.blp`, `data/__1.blp`, ...: 16 bytes of
a header, then one Blosc buffer. blosc2 reads those; bcolz itself has wheels for few platforms.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.errors import InputError, MissingExtra

_HEADER: Final = 16
_LENGTH: Final = slice(28, 32)  # bytes 12 to 15 of the Blosc buffer, its own header counted
_MAGIC: Final = b"blpk"


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file of a bundle says. Raises InputError naming the file where it is missing or broken."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise broken(path, error.strerror or "it can't be opened") from error
    except ValueError as error:
        raise broken(path, f"it is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise broken(path, f"it holds {type(document).__name__}, not a mapping")
    return document


def broken(path: Path, why: str) -> InputError:
    """The error that names a file of a bundle which can't be read."""
    return InputError(f"{path} can't be read ({why}). Nothing was ingested. Ingest the bundle with Zipline again.")


def read_attrs(table: Path) -> dict[str, Any]:
    """What the writer said of a table."""
    return read_json(table / "__attrs__")


def read_column(table: Path, name: str) -> npt.NDArray[Any]:
    """One column of a table. Raises InputError where a file of it is missing or broken, MissingExtra."""
    folder = table / name
    sizes, storage = read_json(folder / "meta" / "sizes"), read_json(folder / "meta" / "storage")
    try:
        length, dtype, chunk = int(sizes["shape"][0]), np.dtype(storage["dtype"]), int(storage["chunklen"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise broken(folder / "meta", f"{type(error).__name__}: {error}") from error
    pieces = [_chunk(folder / "data" / f"__{at}.blp", dtype) for at in range(-(-length // chunk))]
    values = np.concatenate(pieces)[:length] if pieces else np.empty(0, dtype)
    if len(values) != length:
        raise broken(folder, f"it holds {len(values)} values, and should hold {length}")
    return values


def _chunk(path: Path, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    try:
        import blosc2
    except ImportError:
        raise MissingExtra(
            "Zipline's bars are compressed with Blosc, and blosc2 is not installed: pip install 'rustybt[zipline]'"
        ) from None
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise broken(path, error.strerror or "it can't be opened") from error
    if packed[:4] != _MAGIC:
        raise broken(path, "it is no bcolz chunk")
    # Blosc goes by the length that its header has, and would read on beyond the end of a buffer that was cut
    length = max(int.from_bytes(packed[_LENGTH], "little"), _HEADER)
    if len(packed) - _HEADER < length:
        raise broken(path, f"it was cut: its buffer has {len(packed) - _HEADER} bytes of {length}")
    try:
        return np.frombuffer(blosc2.decompress(packed[_HEADER:]), dtype)
    except (RuntimeError, ValueError, TypeError) as error:
        raise broken(path, str(error)) from error
