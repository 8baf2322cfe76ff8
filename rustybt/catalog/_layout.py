"""The paths of the catalog on the disk.

<root>/catalog.sqlite                        the index over everything
<root>/bundles/<bundle>/<version id>/        one immutable version
    manifest.json  calendar.parquet  1d-0001.parquet  1m-2024-0001.parquet ...
<root>/bundles/<bundle>/.tmp-*               a version being written; what a crash leaves is swept at the next write
<root>/bundles/<bundle>/.trash-*             a version being deleted, likewise
<root>/incoming/<number>/                    rows of an ingestion too many for memory; swept a day after a crash
<root>/cache/<key>-<number>.parquet          bars of one symbol as a source gave them; may be deleted at any time
<root>/mapped/<bundle>-<version>-<key>.columns  bars of a version that processes share; may be deleted at any time
<root>/mapped/<bundle>-<version>-<key>.terms    indicators of it, likewise; and .lock-<number>, for who computes one
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Final

from rustybt.core import data_root
from rustybt.errors import InputError

INDEX: Final = "catalog.sqlite"
MANIFEST: Final = "manifest.json"
CALENDAR: Final = "calendar.parquet"
QUARANTINE: Final = "quarantine.parquet"
TEMPORARY: Final = ".tmp-"
TRASH: Final = ".trash-"
COMPUTED: Final = ".terms"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def catalog_root(root: Path | str | None = None) -> Path:
    """The catalog's folder: `root`, else the variable RUSTYBT_ROOT, else the user's data folder. It need not exist.

    >>> import pathlib, tempfile
    >>> from rustybt.catalog import catalog_root
    >>> folder = tempfile.mkdtemp()
    >>> catalog_root(folder) == pathlib.Path(folder)
    True
    """
    return data_root(root)


def index_path(root: Path) -> Path:
    """The SQLite file of a catalog."""
    return root / INDEX


def bundles_path(root: Path) -> Path:
    """The folder that holds one folder per bundle."""
    return root / "bundles"


def spills_path(root: Path) -> Path:
    """The folder of what ingestions under way have read."""
    return root / "incoming"


def spill_folder(root: Path) -> Path:
    """A new name in it, for one ingestion; the folder does not exist yet."""
    return spills_path(root) / uuid.uuid4().hex


def cache_path(root: Path) -> Path:
    """The folder of what sources gave."""
    return root / "cache"


def mapped_folder(root: Path) -> Path:
    """The folder of files that processes map into memory."""
    return root / "mapped"


def computed_name(bundle: str, version: str, key: str) -> str:
    """The name of a file of what is computed of a version, without its suffix; key: what, in hexadecimal digits."""
    return f"{bundle}-{version}-{key}"


def mapped_path(root: Path, bundle: str, version: str, key: str) -> Path:
    """The file of bars of a version that processes map into memory; key: which bars."""
    return mapped_folder(root) / f"{bundle}-{version}-{key}.columns"


def mapped_paths(root: Path, bundle: str, version: str) -> list[Path]:
    """All files of a version there, unfinished ones too."""
    return [file for hidden in ("", ".") for file in mapped_folder(root).glob(f"{hidden}{bundle}-{version}-*")]


def bundle_path(root: Path, bundle: str) -> Path:
    """The folder of a bundle's versions."""
    return bundles_path(root) / bundle


def check_bundle_name(bundle: object) -> str:
    """The name, where it can be a folder's. Raises InputError."""
    if isinstance(bundle, str) and _NAME.fullmatch(bundle):
        return bundle
    raise InputError(
        f"{bundle!r} can't be a bundle's name. "
        "Take letters, digits, '.', '_' and '-', a letter or digit first, at most 100 of them."
    )
