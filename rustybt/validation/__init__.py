"""Checks on bars: one file per rule; a check neither changes nor drops a row.

What comes in is checked as a frame of text and integers, findings out; what is stored as arrays of one asset, hits out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.validation._policy import LAYERS, SEVERITIES, Policy, as_policy

if TYPE_CHECKING:
    from rustybt.validation._anomalies import anomalies
    from rustybt.validation._finding import FOUND_SCHEMA, Finding, found, nothing_found
    from rustybt.validation._numbers import not_a_number
    from rustybt.validation._precision import (
        FLOAT_DIGITS,
        MOST_DECIMALS,
        MOST_INTEGER_DIGITS,
        beyond_the_digits,
        too_precise_for_float,
    )
    from rustybt.validation._prices import not_above_zero, outside_of_range
    from rustybt.validation._relations import relations
    from rustybt.validation._report import ValidationReport
    from rustybt.validation._screen import Check, suspects
    from rustybt.validation._sessions import outside_of_calendar
    from rustybt.validation._stamps import out_of_sequence, unreadable_stamp, unsure_stamp
    from rustybt.validation._stored import Hit, Ints, StoredBars
    from rustybt.validation._timing import timing
    from rustybt.validation._volumes import negative_volume
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.validation._anomalies": ("anomalies",),
            "rustybt.validation._finding": (
                "FOUND_SCHEMA",
                "Finding",
                "found",
                "nothing_found",
            ),
            "rustybt.validation._numbers": ("not_a_number",),
            "rustybt.validation._precision": (
                "FLOAT_DIGITS",
                "MOST_DECIMALS",
                "MOST_INTEGER_DIGITS",
                "beyond_the_digits",
                "too_precise_for_float",
            ),
            "rustybt.validation._prices": (
                "not_above_zero",
                "outside_of_range",
            ),
            "rustybt.validation._relations": ("relations",),
            "rustybt.validation._report": ("ValidationReport",),
            "rustybt.validation._screen": (
                "Check",
                "suspects",
            ),
            "rustybt.validation._sessions": ("outside_of_calendar",),
            "rustybt.validation._stamps": (
                "out_of_sequence",
                "unreadable_stamp",
                "unsure_stamp",
            ),
            "rustybt.validation._stored": (
                "Hit",
                "Ints",
                "StoredBars",
            ),
            "rustybt.validation._timing": ("timing",),
            "rustybt.validation._volumes": ("negative_volume",),
        },
    )

RULES = {
    "fields": "a line of a file with more or fewer fields than there are columns",
    "number": "a price or volume that is missing, NaN, infinite or no number",
    "precision": "digits that would be lost, or that only a computation with floats leaves behind",
    "price": "a price of zero or below",
    "range": "high below low, or open or close outside of them",
    "volume": "a negative volume",
    "stamp": "a stamp that can't be read, or a day that can't be told for certain",
    "duplicate": "a row whose asset and stamp an earlier row has",
    "unsorted": "a row that comes after a later one of its asset",
    "calendar": "a day that is no session, a minute outside of the trading hours",
    "symbol": "a row without a symbol, or an action of an asset without bars",
    "conflict": "a row that says otherwise than what is stored",
    "unknown": "a correction of a bar that is not stored",
    "action": "a ratio, amount or date of a split or dividend that means nothing",
    "spike": "a return far from the asset's others",
    "jump": "a price that moves like a split of which nobody told",
    "split": "a split that is recorded, and that the prices know nothing of: they may be adjusted already",
    "stale": "many bars in a row with one price",
    "turnover": "a volume many times the median",
    "future": "a bar later than the moment at which it was stored",
    "gap": "sessions without a bar between the first and the last",
    "thin": "a session with few of its minutes",
    "partial": "a bar that was made of fewer shorter ones than its time has",
}
"""Every rule, and what breaks it."""

__all__ = [
    "FLOAT_DIGITS",
    "FOUND_SCHEMA",
    "LAYERS",
    "MOST_DECIMALS",
    "MOST_INTEGER_DIGITS",
    "RULES",
    "SEVERITIES",
    "Check",
    "Finding",
    "Hit",
    "Ints",
    "Policy",
    "StoredBars",
    "ValidationReport",
    "anomalies",
    "as_policy",
    "beyond_the_digits",
    "found",
    "negative_volume",
    "not_a_number",
    "not_above_zero",
    "nothing_found",
    "out_of_sequence",
    "outside_of_calendar",
    "outside_of_range",
    "relations",
    "suspects",
    "timing",
    "too_precise_for_float",
    "unreadable_stamp",
    "unsure_stamp",
]


def __dir__() -> list[str]:
    return sorted(__all__)
