"""The folder in which RustyBT keeps what it stores for a user."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

ROOT_VARIABLE: Final = "RUSTYBT_ROOT"


def data_root(root: Path | str | None = None) -> Path:
    """`root`, else the variable RUSTYBT_ROOT, else the user's data folder. It need not exist."""
    if root is not None:
        return Path(root).expanduser()
    if configured := os.environ.get(ROOT_VARIABLE):
        return Path(configured).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "rustybt"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "rustybt"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "rustybt"
