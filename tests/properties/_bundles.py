"""Bundles of drawn markets, each ingested once per test session and process, when it is first needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.properties._market import Market, ingest

_HOLDER = tempfile.TemporaryDirectory(prefix="rustybt-properties-")
ROOT = Path(_HOLDER.name)
_NAMES: dict[Hashable, str] = {}


@contextmanager
def root() -> Iterator[None]:
    """RUSTYBT_ROOT is the folder of these bundles."""
    before = os.environ.get("RUSTYBT_ROOT")
    os.environ["RUSTYBT_ROOT"] = str(ROOT)
    try:
        yield
    finally:
        if before is None:
            del os.environ["RUSTYBT_ROOT"]
        else:
            os.environ["RUSTYBT_ROOT"] = before


def bundle_of(key: Hashable, market: Market) -> str:
    """The name of the market's bundle; key: what the market was made from."""
    if key not in _NAMES:
        name = f"market-{len(_NAMES)}"
        ingest(market, name)
        _NAMES[key] = name
    return _NAMES[key]
