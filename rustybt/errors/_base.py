"""The root of the tree of errors."""

from __future__ import annotations


class RustyBTError(Exception):
    """The root of the tree: `except RustyBTError` catches all that RustyBT raises on purpose."""
