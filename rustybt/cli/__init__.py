"""The `rustybt` command, and the notebook magic of the same name."""

from rustybt.cli._magic import load_magic
from rustybt.cli._main import main

__all__ = ["load_magic", "main"]
