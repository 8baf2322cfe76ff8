"""The logarithms of a bar's prices."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rustybt.errors import InputError


def logs_of(what: str, **columns: Iterable[Any]) -> list[list[float]]:
    """The natural logarithms of columns of prices, all of one length. Raises InputError."""
    found: list[list[float]] = []
    for name, column in columns.items():
        values = list(column)
        for place, value in enumerate(values):
            if value is None or not float(value) > 0 or math.isinf(float(value)):
                raise InputError(
                    f"{what}({name}=...): the price at place {place} is {value!r}. Pass prices above zero, and leave "
                    "bars without a price out of all columns."
                )
        found.append([math.log(float(value)) for value in values])
    lengths = {name: len(column) for name, column in zip(columns, found, strict=True)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"{what}: the columns have different lengths ({told}). Pass one price a bar in each.")
    return found


def mean(values: list[float]) -> float:
    """The mean of one value or more, summed without rounding between."""
    return math.fsum(values) / len(values)
