"""Joins a source with the catalog's cache."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rustybt.catalog import BarCache, catalog_root
from rustybt.sources import Cached, Source

_STORES: Final[dict[tuple[Path, int | None], BarCache]] = {}
"""One for each catalog: what a process holds in memory serves all its sources."""
_LOCK: Final = threading.Lock()


def cached(source: Source, *, root: str | Path | None = None, max_bytes: int | None = None, **options: Any) -> Cached:
    """The source, with what it gives kept in the catalog, so that nothing is fetched twice.

    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.
    max_bytes: of the files; None means RUSTYBT_CACHE_SIZE ("500MB", "10GB"), else 4 GB.
    options: identity, overlap, settle, fresh, clock; see `rustybt.sources.Cached`.

    >>> source = cached(make_source("ccxt", "kraken"))  # doctest: +SKIP
    >>> source.fetch(["BTC/USD"], "2020-01-01")  # doctest: +SKIP
    """
    key = (catalog_root(root).absolute(), max_bytes)
    with _LOCK:
        store = _STORES.get(key)
        if store is None:
            store = _STORES[key] = BarCache(key[0], max_bytes=max_bytes)
    return Cached(source, store, **options)


def with_cache_of(given: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of a version that something was appended to: the new one, and what of the cache is in it by now.

    given: {} where nothing was said. before: of the version that is appended to, {} where there is none.
    """
    if not given:
        return dict(before)
    mine, earlier = given.get("cache"), before.get("cache")
    if not isinstance(earlier, dict) or not isinstance(mine, dict | None):
        return given
    entries = [*earlier.get("entries", []), *(mine or {}).get("entries", [])]
    unique = [entry for at, entry in enumerate(entries) if entry not in entries[:at]]
    return {**given, "cache": {**(mine or {}), "entries": unique}}
