"""What others call the columns of bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

STAMP_COLUMNS: Final = ("timestamp", "date")
_ALSO: Final = {"datetime": "timestamp", "date_time": "timestamp", "ticker": "symbol", "vol": "volume"}
_UNNAMED: Final = ("", "unnamed: 0", "column_1")
_DATED: Final = re.compile(r"\s*[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:$|[T ])")
_TIME_OF_DAY: Final = re.compile(r"\s*(?:[0-9]{1,2}:[0-9]{2}|[0-9]{3,6}\s*$)")


def known_names(names: Sequence[str], first_text: Callable[[str], str | None]) -> dict[str, str]:
    """By lower-case name what the column is called here; a name that is taken is given to no other.

    first_text: a column's first value as text. A column time stands for the moment where there is no other that does
    and it says more than a time of day; so does a first column without a name that begins with a date.
    """
    known = {name: name for name in names}
    for name, ours in _ALSO.items():
        if name in known and ours not in known.values():
            known[name] = ours
    if set(STAMP_COLUMNS) & set(known.values()):
        return known
    if "time" in known and not is_time_of_day(first_text("time")):
        known["time"] = "timestamp"
    elif names and names[0] in _UNNAMED and _DATED.match(first_text(names[0]) or ""):
        known[names[0]] = "date"
    return known


def is_time_of_day(text: str | None) -> bool:
    """Whether it is written as one: 9:30, 09:30:00, 0930, 93000."""
    return text is not None and _TIME_OF_DAY.match(text) is not None
