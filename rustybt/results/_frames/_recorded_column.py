"""The recorded values of a strategy or a metric, as a column."""

from __future__ import annotations

from typing import Any

import polars as pl

from rustybt.core import decimal_column, exact_number, scaled, text_of_object

MAX_RECORDED_SCALE = 28


def recorded_column(name: str, values: list[Any]) -> pl.Series:
    """A recorded name as a column: exact numbers where all are, floats where one is, else what Polars makes of them;
    text of what nothing can be made of."""
    try:
        return _recorded_column(name, values)
    except Exception:  # noqa: BLE001  values of any kind were recorded, and a result is not lost for them
        return pl.Series(name, [None if v is None else text_of_object(v) for v in values], dtype=pl.String)


def _recorded_column(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds and all(kind.__name__ == "Decimal" or kind is int for kind in kinds) and kinds != {int}:
        pairs = [None if v is None or not _is_finite(v) else scaled(exact_number(v)) for v in values]
        scale = max((pair[1] for pair in pairs if pair is not None), default=0)
        if scale <= MAX_RECORDED_SCALE:
            return decimal_column(name, [None if p is None else p[0] * 10 ** (scale - p[1]) for p in pairs], scale)
    if float in kinds and all(kind in (float, int) or kind.__name__ == "Decimal" for kind in kinds):
        return pl.Series(name, [None if v is None else float(v) for v in values], dtype=pl.Float64)
    return pl.Series(name, values)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int) or bool(value.is_finite())
