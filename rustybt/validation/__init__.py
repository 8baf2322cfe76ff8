"""Checks on bars: a frame in, findings out. One file per rule; a check neither changes nor drops a row."""

from rustybt.validation._finding import FOUND_SCHEMA, Finding, found, nothing_found
from rustybt.validation._numbers import is_number, not_a_number
from rustybt.validation._precision import MOST_DECIMALS, beyond_the_digits, decimals, too_precise_for_float
from rustybt.validation._prices import not_above_zero, outside_of_range
from rustybt.validation._sessions import outside_of_calendar
from rustybt.validation._stamps import duplicate_stamp, unreadable_stamp, unsorted_stamp
from rustybt.validation._volumes import negative_volume

RULES = {
    "number": "a price or volume that is missing, NaN, infinite or no number",
    "precision": "digits that would be lost, or that only a computation with floats leaves behind",
    "price": "a price of zero or below",
    "range": "high below low, or open or close outside of them",
    "volume": "a negative volume",
    "stamp": "a stamp that can't be read",
    "duplicate": "a row whose asset and stamp an earlier row has",
    "unsorted": "a row that comes after a later one of its asset",
    "calendar": "a day that is no session, a minute outside of the trading hours",
    "symbol": "a row without a symbol, or an action of an asset without bars",
    "conflict": "a row that says otherwise than what is stored",
    "action": "a ratio, amount or date of a split or dividend that means nothing",
}
"""Every rule, and what breaks it."""

__all__ = [
    "FOUND_SCHEMA",
    "MOST_DECIMALS",
    "RULES",
    "Finding",
    "beyond_the_digits",
    "decimals",
    "duplicate_stamp",
    "found",
    "is_number",
    "negative_volume",
    "not_a_number",
    "not_above_zero",
    "nothing_found",
    "outside_of_calendar",
    "outside_of_range",
    "too_precise_for_float",
    "unreadable_stamp",
    "unsorted_stamp",
]
