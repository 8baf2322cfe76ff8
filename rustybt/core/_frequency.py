"""How long a bar is: from a millisecond to a month."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rustybt.core._time import DAY_NS, datetime_of
from rustybt.errors import InputError

_UNITS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9}
_BY_SESSION: Final = {"1d": "session", "1w": "week", "1mo": "month"}
_PATTERN: Final = re.compile(r"([1-9][0-9]{0,6})(ms|s|m|h)")
_DAY: Final = DAY_NS
_DAYS: Final = {"session": 1, "week": 7, "month": 31}


@dataclass(frozen=True, slots=True)
class Frequency:
    """The length of a bar.

    name: "1d", "5m", "250ms". step_ns: its length; None where a bar is a session or several. period: "session", "week"
    or "month" where it is; None for those within a session.

    A bar within a session is stamped with its end, ns UTC. One of a session, week or month is labelled with midnight
    UTC of its last session.
    """

    name: str
    step_ns: int | None
    period: str | None

    @property
    def by_session(self) -> bool:
        """Whether a bar is a session or several, and so labelled with a day."""
        return self.step_ns is None

    def __str__(self) -> str:
        return self.name

    @property
    def count(self) -> int:
        """How many of the unit: 5 of "5m"."""
        return int(self.name.rstrip("dhmosw"))

    @property
    def unit(self) -> str:
        """ms, s, m, h, d, w or mo."""
        return self.name.lstrip("0123456789")

    @property
    def span_ns(self) -> int:
        """Its length by the clock in ns; of a month 31 days, so that it is never too short."""
        return self.step_ns or _DAYS[str(self.period)] * _DAY

    def end_of(self, start_ns: int) -> int:
        """When a bar that starts then is over, by the clock: sessions are not asked. Both ns UTC."""
        if self.step_ns is not None:
            return start_ns + self.step_ns
        if self.period != "month":
            return start_ns + _DAYS[str(self.period)] * _DAY
        # a month that begins at midnight of a zone ahead of UTC begins on the day before in UTC
        inside = (datetime_of(start_ns) + dt.timedelta(days=1)).date()
        months = inside.year * 12 + inside.month
        days = dt.date(months // 12, months % 12 + 1, 1) - inside.replace(day=1)
        return start_ns + days.days * _DAY

    def holds(self, finer: Frequency) -> bool:
        """Whether its bars can be put together from whole bars of another frequency, shorter than it."""
        if self == finer:
            return False
        if finer.step_ns is not None:
            return self.step_ns is None or (self.step_ns > finer.step_ns and self.step_ns % finer.step_ns == 0)
        return finer.period == "session" and self.period in ("week", "month")


@lru_cache(maxsize=256)
def frequency_named(name: str) -> Frequency:
    """The frequency of a name: a count of ms, s, m or h up to 24 hours, or "1d", "1w", "1mo". Raises InputError.

    >>> frequency_named("5m").step_ns
    300000000000
    >>> frequency_named("1mo").period
    'month'
    """
    if name in _BY_SESSION:
        return Frequency(name, None, _BY_SESSION[name])
    found = _PATTERN.fullmatch(str(name))
    step = int(found.group(1)) * _UNITS[found.group(2)] if found else 0
    if not 0 < step <= _DAY:
        raise InputError(
            f"{name!r} is no frequency. Pass a number of ms, s, m or h up to 24 hours, like '5m' or '250ms', or one of "
            f"{', '.join(repr(known) for known in _BY_SESSION)}."
        )
    return Frequency(name, step, None)
