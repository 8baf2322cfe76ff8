"""The `rustybt` command, and the notebook magic of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.cli._main import main

if TYPE_CHECKING:
    from rustybt.cli._magic import load_magic
else:
    __getattr__ = when_asked(__name__, {"rustybt.cli._magic": ("load_magic",)})

__all__ = ["load_magic", "main"]
