"""Columns of two levels, fields and symbols, as pandas writes them: a row a symbol and moment."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rustybt.files._names import is_header


def stacked(frame: pl.DataFrame, levels: Sequence[Sequence[str]]) -> pl.DataFrame:
    """The rows under the names of the fields, with a column symbol; as it stands where there are no levels.

    levels: the fields of the two lines of names, and of the line that names the index. A row without a value is that
    of an asset without a bar, and is left out.
    """
    if not levels:
        return frame
    top, second, index = levels
    fields, symbols = (top, second) if is_header(top[1:]) else (second, top)
    moment = frame.columns[0]
    parts = []
    for symbol in dict.fromkeys(symbols[1:]):
        own = {
            name: field
            for name, field, of in zip(frame.columns[1:], fields[1:], symbols[1:], strict=True)
            if of == symbol
        }
        rows = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in own))
        named = rows.select(pl.col(moment).alias(index[0]), *(pl.col(name).alias(field) for name, field in own.items()))
        parts.append(named.with_columns(pl.lit(symbol).alias("symbol")))
    return pl.concat(parts, how="diagonal") if parts else frame
