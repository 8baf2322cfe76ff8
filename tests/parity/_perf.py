"""A performance frame as plain values, so that those of two processes and of two libraries can be compared."""

from __future__ import annotations

import math
from typing import Any


def plain_frame(perf: Any) -> dict[str, Any]:
    """Columns by name as lists, the index as ns, the types of the columns, and each column as pandas prints it.

    Ids of orders become their number in the order in which they first show up in `orders`.
    """
    numbers: dict[str, int] = {}
    for day in perf["orders"]:
        for order in sorted(day, key=_first_seen):
            numbers.setdefault(order["id"], len(numbers))
    ids = {"id": numbers, "order_id": numbers}
    plain = perf.copy()
    for name in ("orders", "transactions", "positions"):
        plain[name] = [sorted((_row(row, ids) for row in day), key=_place) for day in perf[name]]
    columns = {str(name): [_value(value) for value in plain[name]] for name in plain.columns}
    return {
        "index": [int(stamp.value) for stamp in perf.index],
        "columns": columns,
        "types": {str(name): str(perf[name].dtype) for name in perf.columns},
        "printed": {name: plain[name].to_string() for name in plain.columns if name not in ids},
    }


def _row(row: dict[str, Any], ids: dict[str, dict[str, int]]) -> dict[str, Any]:
    return {key: ids[key].get(value, value) if key in ids else _value(value) for key, value in row.items()}


def _first_seen(order: dict[str, Any]) -> tuple[Any, ...]:
    return order["created"], int(order["sid"].sid), order["amount"], order["limit"] or 0.0, order["stop"] or 0.0


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    """What rows of a day are sorted by: neither library promises an order."""
    return row.get("dt", 0), row.get("id", row.get("order_id", 0)), row["sid"]


def _value(value: Any) -> Any:
    if isinstance(value, list | dict):
        return value
    if hasattr(value, "value") and hasattr(value, "tzinfo"):
        return int(value.value)
    if hasattr(value, "sid"):
        return value.symbol
    if value is None or isinstance(value, str | bool):
        return value
    if hasattr(value, "item"):
        return _value(value.item())
    number = float(value)
    return None if math.isnan(number) else int(number) if number.is_integer() else number
