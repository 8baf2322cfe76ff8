"""Zipline's outcomes of cases, kept from one run of the tests to the next.

Zipline takes over a second for a case, and gives the same outcome each time. An outcome is read again where nothing
that it depends on has changed: the case, what runs it (the harness), and the libraries. The nightly run sets
RUSTYBT_PARITY_LIVE=1 and asks Zipline every time.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HARNESS = ("_case", "_edges", "_models", "_script", "_setup", "_zipline", "_zipline_data")
"""The modules that decide what Zipline is asked and how its answer is written down."""
LIBRARIES = ("zipline-reloaded", "exchange-calendars", "numpy", "pandas", "empyrical-reloaded")
MOST = 5_000
"""Files in the folder before the oldest are removed; one has some 30 KB."""


def folder() -> Path | None:
    """Where outcomes are kept; None where Zipline is to be asked each time."""
    if os.environ.get("RUSTYBT_PARITY_LIVE"):
        return None
    named = os.environ.get("RUSTYBT_PARITY_OUTCOMES")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(cache) / "rustybt" / "parity"


@functools.cache
def surroundings() -> str:
    """What every outcome depends on: Python, the libraries, and the text of the harness."""
    parts = [sys.version.split()[0], *(f"{name} {version(name)}" for name in LIBRARIES)]
    parts += [(HERE / f"{name}.py").read_text(encoding="utf-8") for name in HARNESS]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def kept(question: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The outcome of a question, from an earlier run or from `ask`; an error of `ask` is not kept."""
    place = folder()
    if place is None:
        return ask()
    key = hashlib.sha256(f"{surroundings()}\0{question}".encode()).hexdigest()
    file = place / f"{key}.json.gz"
    try:
        found: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, ValueError):
        # not there yet, or cut short
        found = ask()
        _keep(file, found)
    return found


def _keep(file: Path, outcome: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(gzip.compress(json.dumps(outcome).encode(), 6, mtime=0))
    part.replace(file)


def prune(most: int = MOST) -> None:
    """Removes the oldest outcomes beyond a number."""
    place = folder()
    if place is None or not place.is_dir():
        return
    files = sorted(place.glob("*.json.gz"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(len(files) - most, 0)]:
        file.unlink(missing_ok=True)
