"""Another process, started once, in which saved runs are gone on with."""

from __future__ import annotations

import atexit
import functools
import importlib
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import rustybt
from rustybt.errors import RustyBTError

type Outcome = tuple[Any, ...]


def outcome(finish: Callable[[], rustybt.Result]) -> Outcome:
    """All that a run leaves behind, or what it raised."""
    try:
        result = finish()
    except RustyBTError as error:
        return type(error).__name__, str(error)
    manifest = {name: value for name, value in result.manifest.items() if name not in ("kernel", "strategy")}
    frames = {name: frame.to_dict(as_series=False) for name, frame in result.frames().items()}
    return result.ledger_hash, frames, result.notes, manifest


def there(path: str, kernel: str, make: Callable[..., dict[str, Any]], *arguments: Any) -> Outcome:
    """The outcome of a saved run that the other process finishes. make: gives the strategy, by name and module."""
    root = os.environ["RUSTYBT_ROOT"]
    asked = root, path, kernel, make.__module__, make.__qualname__, arguments
    found: Outcome = _process().submit(_finish, *asked).result()
    return found


@functools.cache
def _process() -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    atexit.register(pool.shutdown)
    return pool


def _finish(root: str, path: str, kernel: str, module: str, name: str, arguments: tuple[Any, ...]) -> Outcome:
    os.environ["RUSTYBT_ROOT"] = root
    strategy = getattr(importlib.import_module(module), name)(*arguments)
    return outcome(lambda: rustybt.Run.restore(rustybt.Snapshot.load(path), kernel=kernel, **strategy).finish())
