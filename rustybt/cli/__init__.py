"""The `rustybt` command."""

from rustybt.cli._main import main

__all__ = ["main"]
