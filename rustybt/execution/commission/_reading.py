"""Keys of a fee schedule, read and judged: each error says where the key stands, what is wrong, and what to write."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

from rustybt.core import exact_number
from rustybt.errors import InputError, NonFiniteInput

type Where = Callable[[str], str]
"""How to call a key in a message: where it stands."""


def check_keys(given: Mapping[str, Any], known: Collection[str], where: Where) -> None:
    """Raises InputError for a key that does not exist."""
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{where(key)}: there is no such key.{meant} The keys are {', '.join(known)}.")


def number_of(value: Any, key: str, where: Where, *, negative: bool = False) -> Fraction:
    """A number as a fraction. Raises InputError for what is none, and below zero unless that is allowed."""
    try:
        number = Fraction(exact_number(value, "the number"))
    except NonFiniteInput as error:
        raise InputError(f"{where(key)} is {value!r}: {error}") from error
    if number < 0 and not negative:
        raise InputError(f"{where(key)} is {value!r}: write a number of 0 or more.")
    return number


def maybe_number(given: Mapping[str, Any], key: str, where: Where) -> Fraction | None:
    """The number under a key; None where there is none."""
    value = given.get(key)
    return None if value is None else number_of(value, key, where)


def choice_of(given: Mapping[str, Any], key: str, choices: Collection[str], default: str, where: Where) -> str:
    """One of a few words."""
    value = given.get(key, default)
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, 1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{where(key)} is {value!r}.{meant} Choose one of {', '.join(map(repr, choices))}.")
    return str(value)


def word_of(given: Mapping[str, Any], key: str, default: str, where: Where) -> str:
    """A word, such as the kind of a fee."""
    value = given.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where(key)} is {value!r}: write a word, such as {default or 'exchange_fee'!r}.")
    return value


def date_from(value: Any, key: str, where: Where) -> dt.date:
    """A date, or one in ISO text."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{where(key)} is {value!r}: write a date, such as 2024-05-22.") from None
