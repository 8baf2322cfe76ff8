"""Splits and dividends as vendors tell them, in the words of `ingest`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from rustybt.errors import SourceMalformed
from rustybt.sources._page import plain_number
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


def text_or_none(value: object) -> str | None:
    """What a vendor writes where it knows nothing ("None", "", null) is nothing."""
    text = "" if value is None else str(value).strip()
    return None if text in ("", "None", "null", "0000-00-00") else text


def within(found: Iterable[Action], window: Window) -> tuple[Action, ...]:
    """The actions whose ex-date lies in the window."""
    first, last = str(window.first_date), str(window.last_date)
    return tuple(action for action in found if first <= (action["ex_date"] or "") <= last)
