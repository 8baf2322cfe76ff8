"""The kinds of file that are read, by the endings of their names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rustybt.errors import InputError

PLAIN_TEXT: Final = (".csv", ".tsv", ".txt")
CSV: Final = tuple(kind + packed for kind in PLAIN_TEXT for packed in ("", ".gz", ".zst"))
PARQUET: Final = (".parquet", ".pq")
ARROW: Final = (".feather", ".arrow", ".arrows", ".ipc")
JSON: Final = tuple(kind + packed for kind in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz"))
EXCEL: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ARCHIVE: Final = ".zip"
KINDS: Final = {"CSV": CSV, "Parquet": PARQUET, "Arrow": ARROW, "JSON": JSON, "workbook": EXCEL}
"""The kinds of tables, by the endings of their files; an archive is a folder of such files."""


def kind_of(path: Path) -> str | None:
    """One of `KINDS`, None for a file of none of them."""
    name = path.name.lower()
    return next((kind for kind, endings in KINDS.items() if name.endswith(endings)), None)


def ending_of(path: Path, what: str) -> str:
    """How the name ends that says what the file is. what: the argument's name. Raises InputError where none does."""
    name = path.name.lower()
    ending = next((one for endings in KINDS.values() for one in endings if name.endswith(one)), None)
    if ending is None:
        raise InputError(
            f"{what}: {path} is neither CSV nor Parquet, nor Arrow, JSON, a workbook or a zip archive. Pass one that "
            "ends in .csv, .parquet, .feather, .json, .xlsx or .zip."
        )
    return path.name[-len(ending) :]
