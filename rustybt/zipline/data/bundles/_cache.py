"""The cache that an ingest function is given: after a failure, what it kept there is found again."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from rustybt.core import ROOT_VARIABLE, writing
from rustybt.errors import CatalogUnavailable


class Cache(MutableMapping[str, Any]):
    """Objects by name, pickled into a folder that goes after a successful ingestion."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _file(self, key: str) -> Path:
        return self._folder / quote(key, safe="")

    def __getitem__(self, key: str) -> Any:
        try:
            packed = self._file(key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None
        return pickle.loads(packed)

    def __setitem__(self, key: str, value: Any) -> None:
        whole, packed = self._file(key), pickle.dumps(value)
        # renamed when it is whole: an ingestion may be stopped at any moment
        part = whole.with_name(whole.name + "%part")
        with writing(CatalogUnavailable, self._folder, f"set {ROOT_VARIABLE} to a folder of yours."):
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(packed)
            part.replace(whole)

    def __delitem__(self, key: str) -> None:
        try:
            self._file(key).unlink()
        except FileNotFoundError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        if self._folder.is_dir():
            yield from sorted(unquote(path.name) for path in self._folder.iterdir() if not path.name.endswith("%part"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
