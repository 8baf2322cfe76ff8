"""A fee schedule in words and tables, for the command line and the pages of the documentation."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from rustybt.core import as_plain_decimal
from rustybt.execution.commission._charge import Charge
from rustybt.execution.commission._rates import Rates
from rustybt.execution.commission._volume import DAY_NS, HOUR_NS, Window

COLUMNS: Final = ("from", "above volume", "maker", "taker", "bounds", "verified", "read on", "source")


class ToldCharge(NamedTuple):
    """A charge in words: what it is, the rows of its table with the names of their columns, and notes on them."""

    headline: str
    rows: list[tuple[str, ...]]
    notes: list[str]
    columns: tuple[str, ...] = COLUMNS


def told(charge: Charge) -> ToldCharge:
    """A charge in words."""
    rows, notes = [], []
    for rates in charge.rows:
        rows += _rows_of(rates, charge)
        if rates.note:
            notes.append(f"{rates.begins}: {rates.note}" if rates.begins else rates.note)
    return ToldCharge(_headline(charge), rows, notes)


def _headline(charge: Charge) -> str:
    first = f"{charge.kind}, {'in per cent' if charge.per == 'percent' else f'per {charge.per}'}"
    if charge.per == "million":
        first += " of money"
    if charge.of is not None:
        first += f" of the {charge.of}"
    if charge.side != "both":
        first += f" of {'purchases' if charge.side == 'buy' else 'sales'}"
    words = [first]
    if charge.assets is not None:
        words.append(f"for {', '.join(sorted(charge.assets))}")
    if charge.window is not None:
        words.append(_tiers_told(charge, charge.window))
    if charge.rounding != "none":
        words.append(f"rounded {charge.rounding.replace('_', ' ')}")
    if charge.each == "fill":
        words.append("each fill by itself")
    if charge.paid_in == "received":
        words.append("of a purchase taken from what arrives")
    return "; ".join(words)


def _tiers_told(charge: Charge, window: Window) -> str:
    what = "units" if charge.counts == "units" else "money traded"
    when = "the calendar month" if window.days is None else f"the last {window.days} days"
    told = [f"{'each part by its own tier' if charge.tier == 'marginal' else 'tier'} by {what} of {when}"]
    if window.every is not None:
        at = "each hour" if window.every == HOUR_NS else f"each day at {_time(window.offset)}"
        told.append(f"looked at {at}")
    if window.lag:
        told.append(f"in force at {_time((window.offset + window.lag) % DAY_NS)}")
    if charge.fixed == "at_placement":
        told.append("as of when the order was placed")
    if charge.pool is not None:
        told.append(f"together with others of {charge.pool!r}, times {text_of(charge.weight)}")
    return ", ".join(told)


def _time(ns: int) -> str:
    minutes = ns // (60 * 10**9)
    return f"{minutes // 60:02}:{minutes % 60:02} UTC"


def _rows_of(rates: Rates, charge: Charge) -> list[tuple[str, ...]]:
    up = {"percent": 100, "million": 1_000_000}.get(charge.per, 1)
    found: list[tuple[str, ...]] = []
    for place, tier in enumerate(rates.tiers):
        numbers = text_of(tier.maker * up), text_of(tier.taker * up)
        last = (_bounds(rates), "yes" if rates.verified else "no", str(rates.read_on or ""), rates.source)
        begins = str(rates.begins or "always")
        above = f"{int(tier.above):,}" if tier.above else ""
        found.append((begins, above, *numbers, *last) if not place else ("", above, *numbers, "", "", "", ""))
    return found


def _bounds(rates: Rates) -> str:
    words = []
    if rates.minimum is not None:
        words.append(f"at least {text_of(rates.minimum)}")
    if rates.maximum is not None:
        words.append(f"at most {text_of(rates.maximum)}")
    if rates.maximum_percent is not None:
        words.append(f"at most {text_of(rates.maximum_percent)} % of the value")
    if rates.above is not None:
        words.append(f"on values above {text_of(rates.above)}")
    return ", ".join(words)


def text_of(number: Fraction) -> str:
    """A number that has a finite decimal, as text."""
    scale = 0
    while (number * 10**scale).denominator != 1:
        scale += 1
    return str(as_plain_decimal(int(number * 10**scale), scale))
