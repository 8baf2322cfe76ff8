"""Splits and dividends as vendors tell them, in the words of `ingest`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction

from rustybt.errors import SourceMalformed
from rustybt.sources._page import need, plain_number
from rustybt.sources._source import Window

type Action = dict[str, str | None]
"""Columns of a frame of splits or dividends but the symbol."""


def ratio(old: object, new: object) -> str:
    """`new` shares for `old` ones as Zipline's ratio, exactly: old prices times it compare with new ones.

    >>> ratio(1, 4), ratio("1", "1.5")
    ('1/4', '2/3')
    """
    shares = []
    for number in (old, new):
        text = plain_number(number, "a split")
        if text is None or Fraction(text) <= 0:
            raise SourceMalformed(f"a split of {new} shares for {old} means nothing. Leave the symbol out, or splits.")
        shares.append(Fraction(text))
    value = shares[0] / shares[1]
    return f"{value.numerator}/{value.denominator}"


def day_in(record: object, name: str, what: str) -> str:
    """The day on which an action takes effect. Raises SourceMalformed where the field is missing or no date.

    An action without its day can't be left out in silence: without a split every price before it is another one.
    """
    found = need(record, name, what)
    try:
        return dt.date.fromisoformat(str(found)).isoformat()
    except ValueError:
        raise SourceMalformed(
            f"{what} has the {name} {str(found)[:50]!r}, which is no date. Run the same again; if it stays, "
            "leave the symbol out."
        ) from None


def records_in(found: object, what: str) -> list[object]:
    """A list of JSON objects, empty where there is nothing. Raises SourceMalformed for anything else."""
    if found is None:
        return []
    if not isinstance(found, list):
        raise SourceMalformed(f"{what} are {str(found)[:100]!r}, which is no list. Try later.")
    return found


def text_or_none(value: object) -> str | None:
    """None for what a vendor writes where it knows nothing ("None", "", null)."""
    text = "" if value is None else str(value).strip()
    return None if text in ("", "None", "null", "0000-00-00") else text


def within(found: Iterable[Action], window: Window) -> tuple[Action, ...]:
    """The actions whose ex-date lies in the window."""
    first, last = str(window.first_date), str(window.last_date)
    return tuple(action for action in found if first <= (action["ex_date"] or "") <= last)
