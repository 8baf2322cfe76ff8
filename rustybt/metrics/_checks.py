"""What a measure refuses before it looks at a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from rustybt.errors import InputError


def check_rows(numbers: Any, what: str) -> None:
    """Raises InputError for what has no rows of numbers."""
    if isinstance(numbers, str | bytes | Mapping | pl.DataFrame) or not isinstance(numbers, Iterable):
        raise InputError(f"{what}: {_kind(numbers)} is no series of numbers. Pass a Polars Series or a list.")


def check_frame(frame: Any, names: Iterable[str], what: str = "daily", *, exact: Iterable[str] = ()) -> None:
    """Raises InputError for what is no frame with these columns. exact: those of Decimals among them."""
    if not isinstance(frame, pl.DataFrame):
        raise InputError(f"{what}: {_kind(frame)} is no frame of Polars. Pass one with {', '.join(names)}.")
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(f"{what}: there is no column {missing[0]!r}, only {frame.columns}.")
    for name in exact:
        if not isinstance(frame[name].dtype, pl.Decimal):
            raise InputError(f"{what}: {name!r} is {frame[name].dtype}. Pass Decimals, as result.daily has them.")


def check_names(given: Any, what: str) -> None:
    """Raises InputError for what is no dict by names."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(f"{what}: {_kind(given)} is no dict by names. Pass one, such as {{'A': ...}}.")


def check_choice(given: Any, known: Iterable[str], what: str, otherwise: str = "") -> None:
    """Raises InputError for what is none of some texts."""
    if not isinstance(given, str) or given not in known:
        raise InputError(f"{what}: {given!r} is unknown. Pass one of {', '.join(map(repr, known))}{otherwise}.")


def labels_of(sessions: Sequence[date] | pl.Series | None, count: int, name: str = "session") -> pl.Series:
    """The dates of so many sessions, or numbers from 0 in their place. Raises InputError where they are not as many."""
    if sessions is None:
        return pl.Series(name, range(count), dtype=pl.Int64)
    try:
        labels = pl.Series(name, sessions)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        raise InputError(f"sessions: {_kind(sessions)} is no series of dates. Pass one for each return.") from None
    if len(labels) != count:
        raise InputError(f"sessions: {len(labels)} for {count} returns. Pass one for each.")
    return labels


def dates_of(sessions: Sequence[date] | pl.Series, count: int) -> list[date]:
    """The dates of so many sessions. Raises InputError where they are not as many, or no dates."""
    labels = labels_of(sessions, count)
    if count and (not isinstance(labels.dtype, pl.Date | pl.Datetime) or labels.null_count()):
        raise InputError("sessions: some are no dates. Pass datetime.date objects, or a column of them.")
    return [] if not count else labels.cast(pl.Date).to_list()


def check_count(count: object, what: str) -> int:
    """Returns it. Raises InputError where it is no whole number from 0 on."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise InputError(f"{what}: {count!r} is no whole number from 0 on.")
    return count


def _kind(given: Any) -> str:
    """A value in words: a short one as it is."""
    shown = repr(given) if isinstance(given, str | bytes | int | float | None) else ""
    return shown if 0 < len(shown) < 40 else f"of type {type(given).__name__}, it"
