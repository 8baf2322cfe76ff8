"""Windows of assets or of continuous futures, one column or many, from whichever history has the bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import check_process
from rustybt.view._asked import as_columns
from rustybt.view._continuous import Splice
from rustybt.view._history import History

if TYPE_CHECKING:
    from rustybt.view._sessions import SessionHistory

type Windows = History | SessionHistory


def cut(history: Windows, listing: Any, field: str, start: int, count: int, exact: bool) -> pl.Series:
    """A window of one field of an asset, or of a continuous future."""
    if isinstance(listing, Splice):
        return listing.cut(history, field, start, count, exact)
    if exact:
        return history.exact(listing, field, start, count)
    return history.series(listing, field, start, count)


def long_frame(
    history: Windows,
    listings: list[Any],
    name: Callable[[Any], str],
    fields: list[str],
    start: int,
    count: int,
    exact: bool,
) -> pl.DataFrame:
    """A row for each bar and asset, a column for each field."""
    check_process()  # the one window that is made with Polars' threads
    stamps = history.stamps(start, count)
    parts = []
    for listing in listings:
        columns = [cut(history, listing, field, start, count, exact) for field in fields]
        parts.append(as_columns([stamps, pl.Series("symbol", [name(listing.asset)] * count), *columns]))
    if exact:
        # a vertical concat rounds to the first part's scale: bring all to one first
        schemas = [part.schema for part in parts]
        widest = {f: max(getattr(s[f], "scale", 0) for s in schemas) for f in fields}
        parts = [p.with_columns(pl.col(f).cast(pl.Decimal(38, k)) for f, k in widest.items()) for p in parts]
    return pl.concat(parts).sort("timestamp", maintain_order=True)
