"""Where results were saved outside of the folder of saved runs: a list of paths beside it, a line for each."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final

from rustybt.core import data_root, replacing

_FILE: Final = "elsewhere.jsonl"
_MOST: Final = 10_000
"""Lines beyond which those of folders that are gone are taken out."""


def note_elsewhere(place: Path) -> None:
    """Notes a folder that a result was saved to. One that can't be noted is found by its path all the same."""
    runs, path = data_root() / "runs", place.absolute()
    if path.parent == runs.absolute():
        return
    with contextlib.suppress(OSError):
        runs.mkdir(parents=True, exist_ok=True)
        with (runs / _FILE).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(str(path))}\n")


def saved_elsewhere() -> list[Path]:
    """The folders that were noted, each once; some may be gone."""
    file = data_root() / "runs" / _FILE
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = dict.fromkeys(path for line in lines if (path := _path(line)) is not None)
    if len(lines) > _MOST:
        found = dict.fromkeys(path for path in found if path.is_dir())
        with contextlib.suppress(OSError), replacing(file) as beside:
            beside.write_text("".join(f"{json.dumps(str(path))}\n" for path in found), encoding="utf-8")
    return list(found)


def _path(line: str) -> Path | None:
    """None for a line that was cut short."""
    try:
        path = json.loads(line)
    except ValueError:
        return None
    return Path(path) if isinstance(path, str) else None
