"""Findings: one per row and rule."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

FOUND_SCHEMA: Final = {"row": pl.Int64, "rule": pl.String, "value": pl.String, "message": pl.String}
"""The columns of a check's findings: position of the row in the input, rule, offending value as text, message."""

_NO_FRACTION: Final = re.compile(r"(:\d\d)\.0{6,}$")
_LONGEST_SHOWN: Final = 60

type Check = tuple[pl.Expr, str, str, str, tuple[str, ...]]
"""Arguments of `found`: where it is bad, rule, column of the value, message, columns that it shows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one row.

    symbol, stamp: of the row, None where it has none that can be read. Stamps are aware datetimes, dates in daily data.
    rule: a name from `RULES`. value: what stood there, as text. message: the fact, in words.
    severity: "error", "warning" or "info". What ingestion finds are errors: the row is not stored.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> finding = rustybt.validate("sample", symbols=["AAPL"]).findings[0]
    >>> finding.rule, finding.severity, finding.symbol
    ('spike', 'warning', 'AAPL')
    """

    symbol: str | None
    stamp: dt.date | dt.datetime | None
    rule: str
    value: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        where = " ".join(str(part) for part in (self.symbol, self.stamp) if part is not None)
        if not where and self.rule == "fields":  # which tells file and line
            return f"{self.message} [{self.rule}]"
        return f"{where or 'a row'}: {self.message} [{self.rule}]"


def found(frame: pl.DataFrame, bad: pl.Expr, rule: str, value: str, message: str, *columns: str) -> pl.DataFrame:
    """The rows of `frame` where `bad` holds, in the shape that every check returns.

    value: the column that the offending value stands in.
    message: its `{}` are filled with the values of `columns`.
    """
    rows = frame.filter(bad.fill_null(False)).select("row", pl.col(value).cast(pl.String), *_as_text(columns))
    findings = [
        (row, rule, "null" if said is None else said, message.format(*map(_shown, values)))
        for row, said, *values in rows.iter_rows()
    ]
    return pl.DataFrame(findings, schema=FOUND_SCHEMA, orient="row")


def found_among(frame: pl.DataFrame, checks: Sequence[Check]) -> pl.DataFrame:
    """The findings of all of the checks. One pass over the frame, on all cores, tells which of them find anything."""
    if not frame.height or not checks:
        return nothing_found()
    flags = frame.select(bad.fill_null(False).any().alias(str(at)) for at, (bad, *_) in enumerate(checks)).row(0)
    hits = [found(frame, *check[:4], *check[4]) for check, flag in zip(checks, flags, strict=True) if flag]
    return pl.concat([nothing_found(), *hits])


def _shown(value: str | None) -> str:
    """A value cut to what a message shows; the finding has all of it."""
    if value is None:
        return "missing"
    value = _NO_FRACTION.sub(r"\1", value)
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."


def _as_text(columns: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.col(name).cast(pl.String).alias(f"_{position}") for position, name in enumerate(columns)]


def nothing_found() -> pl.DataFrame:
    """An empty frame of findings."""
    return pl.DataFrame(schema=FOUND_SCHEMA)
