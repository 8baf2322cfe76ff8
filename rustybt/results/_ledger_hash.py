"""The ledger hash: one number for all that happened in a run. docs/decisions/ledger-hash.md has the form in words."""

from __future__ import annotations

import hashlib
from typing import Final

import polars as pl

LEDGER_HASH_VERSION: Final = 2
_HEADER: Final = f"rustybt ledger {LEDGER_HASH_VERSION}\n"
_NULL: Final = "\\N"
_ENTRY: Final = ("stamp", "kind", "asset", "quantity", "amount", "currency", "account", "order_id")
_EVENT: Final = ("seq", "stamp", "kind", "order_id", "asset", "quantity", "price", "stop")


def ledger_hash(entries: pl.DataFrame, order_events: pl.DataFrame, orders: pl.DataFrame, assets: pl.DataFrame) -> str:
    """SHA-256, in hex, over the canonical lines of all entries, then of all order events, in the order given.

    entries, order_events, orders, assets: a Result's frames.
    Sids, symbols and reasons do not count: asset keys do, so the same books have the same hash in any bundle.
    """
    key_of_order = dict(orders.select("id", orders["sid"].replace_strict(assets["sid"], assets["key"])).iter_rows())
    keys = [key_of_order.get(order) for order in order_events["order_id"].to_list()]
    events = order_events.with_columns(pl.Series("asset", keys, dtype=pl.String))
    digest = hashlib.sha256(_HEADER.encode())
    for letter, frame, names in (("E", entries, _ENTRY), ("O", events, _EVENT)):
        digest.update(_lines(letter, frame, names).encode())
    return digest.hexdigest()


def _lines(letter: str, frame: pl.DataFrame, names: tuple[str, ...]) -> str:
    if not frame.height:
        return ""
    texts = pl.DataFrame([_text(frame[name]).alias(name) for name in names])
    lines = texts.select(pl.concat_str(pl.lit(letter), *names, separator="\t")).to_series()
    return "\n".join(lines.to_list()) + "\n"


def _text(column: pl.Series) -> pl.Series:
    """Each value in its one canonical spelling."""
    kind = column.dtype
    if isinstance(kind, pl.Decimal):
        text = column.cast(pl.String)
        if kind.scale:
            text = text.str.strip_chars_end("0").str.strip_chars_end(".")
    elif isinstance(kind, pl.Datetime):
        text = column.to_physical().cast(pl.String)
    else:
        text = column.cast(pl.String)
        if text.str.contains(r"[\\\t\n\r]").any():
            text = text.str.replace_many(["\\", "\t", "\n", "\r"], ["\\\\", "\\t", "\\n", "\\r"])
    return text.fill_null(_NULL)
