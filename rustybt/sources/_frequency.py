"""How long a bar is: text such as "1m", "4h", "1d", "1w", "1mo", and where such a bar ends."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from rustybt.core import DAY_NS, NS, datetime_of
from rustybt.errors import InputError

_FORM: Final = re.compile(r"(\d{1,4})(s|m|h|d|w|wk|mo)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Frequency:
    """A length of bars: `count` of `unit`, one of s, m, h, d, w, mo."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def is_intraday(self) -> bool:
        """Bars of a part of a day carry a time, all others a date."""
        return self.unit in ("s", "m", "h")

    @property
    def seconds(self) -> int:
        """Length in seconds; of a month 31 days, so that it is never too short."""
        return self.count * (31 * 86_400 if self.unit == "mo" else _SECONDS[self.unit])

    def end_of(self, start_ns: int) -> int:
        """The moment at which a bar that starts then is finished. Both in UTC nanoseconds."""
        if self.unit != "mo":
            return start_ns + self.seconds * NS
        # a month that begins at midnight of a zone ahead of UTC begins on the day before in UTC
        inside = (datetime_of(start_ns) + dt.timedelta(days=1)).date()
        months = inside.year * 12 + inside.month - 1 + self.count
        days = dt.date(months // 12, months % 12 + 1, 1) - inside.replace(day=1)
        return start_ns + days.days * DAY_NS


def parse_frequency(text: str) -> Frequency:
    """The frequency that a text stands for. Raises InputError.

    >>> str(parse_frequency("1wk")), parse_frequency("4h").seconds
    ('1w', 14400)
    """
    found = _FORM.fullmatch(str(text))
    if found is None or not int(found[1]):
        raise InputError(f"frequency is {text!r}. Write it like '1m', '15m', '1h', '1d', '1w' or '1mo'.")
    return Frequency(int(found[1]), "w" if found[2] == "wk" else found[2])
