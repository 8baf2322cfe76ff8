"""Columns of bars that nothing reads, and which of them look as if something should."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from rustybt.files._names import STAMP_COLUMNS

_READ: Final = ("symbol", "asset_key", "open", "high", "low", "close", "volume")
CARRIED: Final = ("dividend", "split")
"""Columns in which bars carry what was paid and split on their days."""


ADJUSTED_CLOSES: Final = ("adj close", "adj_close", "adjclose", "adj. close", "adjusted close", "adjusted_close")


def unread_columns(columns: Iterable[str], *, carried: bool) -> list[str]:
    """Those that nothing reads. carried: whether the columns dividend and split are read."""
    names = list(columns)
    stamp = next((name for name in STAMP_COLUMNS if name in names), None)
    known = {*_READ, *(CARRIED if carried else ()), stamp}
    return [name for name in names if name not in known]


def unread_note(unread: Collection[str], columns: Collection[str]) -> str:
    """The note on them. columns: all of the table's."""
    note = f"columns that are not read: {', '.join(name or 'one without a name' for name in unread)}"
    adjusted = next((name for name in unread if name in ADJUSTED_CLOSES), None)
    if adjusted is not None:
        note += (
            f"; {adjusted} is the close less what was paid and split later: adj_close='dividends' (--adj-close "
            "dividends) makes dividends of it, 'splits' splits"
        )
    like = {name: ours for ours in CARRIED if ours not in columns for name in _like(unread, ours)}
    if like:
        pairs = ",".join(f"{name}={ours}" for name, ours in like.items())
        note += (
            f"; {' and '.join(like)} may hold what was paid and split: where prices are as traded, call them dividend "
            f'and split (--columns "{pairs}"), or pass splits= and dividends='
        )
    return note


def _like(names: Iterable[str], ours: str) -> list[str]:
    """At most one."""
    return [name for name in names if ours in name or (ours == "dividend" and name in ("div", "divcash"))][:1]
