"""The sessions of New York, without the library: to import it and to build a calendar takes most of a first run's time.

They are those of one release of exchange_calendars. Where another one is installed, or days beyond are asked for, the
library tells; so the same installation never tells two things. After an upgrade `python -m
tests.unit.calendars.test_new_york` writes the days anew.
"""

from __future__ import annotations

import datetime as dt
import functools
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import numpy as np
import polars as pl

from rustybt.calendars._session_table import Days, SessionTable, Stamps
from rustybt.core import MINUTE_NS, day_of

AS_OF: Final = "4.13.2"
"""The release that they are those of."""
NAME: Final = "XNYS"
_ZONE: Final = "America/New_York"
_OPEN: Final = 9 * 60 + 30
_CLOSE: Final = 16 * 60
"""Minutes after midnight there."""
FIRST: Final = day_of(dt.date(1990, 1, 1))
LAST: Final = day_of(dt.date(2029, 12, 31))
CLOSED: Final = """
1990 0101 0219 0413 0528 0704 0903 1122 1225
1991 0101 0218 0329 0527 0704 0902 1128 1225
1992 0101 0217 0417 0525 0703 0907 1126 1225
1993 0101 0215 0409 0531 0705 0906 1125 1224
1994 0221 0401 0427 0530 0704 0905 1124 1226
1995 0102 0220 0414 0529 0704 0904 1123 1225
1996 0101 0219 0405 0527 0704 0902 1128 1225
1997 0101 0217 0328 0526 0704 0901 1127 1225
1998 0101 0119 0216 0410 0525 0703 0907 1126 1225
1999 0101 0118 0215 0402 0531 0705 0906 1125 1224
2000 0117 0221 0421 0529 0704 0904 1123 1225
2001 0101 0115 0219 0413 0528 0704 0903 0911 0912 0913 0914 1122 1225
2002 0101 0121 0218 0329 0527 0704 0902 1128 1225
2003 0101 0120 0217 0418 0526 0704 0901 1127 1225
2004 0101 0119 0216 0409 0531 0611 0705 0906 1125 1224
2005 0117 0221 0325 0530 0704 0905 1124 1226
2006 0102 0116 0220 0414 0529 0704 0904 1123 1225
2007 0101 0102 0115 0219 0406 0528 0704 0903 1122 1225
2008 0101 0121 0218 0321 0526 0704 0901 1127 1225
2009 0101 0119 0216 0410 0525 0703 0907 1126 1225
2010 0101 0118 0215 0402 0531 0705 0906 1125 1224
2011 0117 0221 0422 0530 0704 0905 1124 1226
2012 0102 0116 0220 0406 0528 0704 0903 1029 1030 1122 1225
2013 0101 0121 0218 0329 0527 0704 0902 1128 1225
2014 0101 0120 0217 0418 0526 0704 0901 1127 1225
2015 0101 0119 0216 0403 0525 0703 0907 1126 1225
2016 0101 0118 0215 0325 0530 0704 0905 1124 1226
2017 0102 0116 0220 0414 0529 0704 0904 1123 1225
2018 0101 0115 0219 0330 0528 0704 0903 1122 1205 1225
2019 0101 0121 0218 0419 0527 0704 0902 1128 1225
2020 0101 0120 0217 0410 0525 0703 0907 1126 1225
2021 0101 0118 0215 0402 0531 0705 0906 1125 1224
2022 0117 0221 0415 0530 0620 0704 0905 1124 1226
2023 0102 0116 0220 0407 0529 0619 0704 0904 1123 1225
2024 0101 0115 0219 0329 0527 0619 0704 0902 1128 1225
2025 0101 0109 0120 0217 0418 0526 0619 0704 0901 1127 1225
2026 0101 0119 0216 0403 0525 0619 0703 0907 1126 1225
2027 0101 0118 0215 0326 0531 0618 0705 0906 1125 1224
2028 0117 0221 0414 0529 0619 0704 0904 1123 1225
2029 0101 0115 0219 0330 0528 0619 0704 0903 1122 1225
"""
"""Weekdays without a session: a year, then its months and days."""
EARLY: Final = {
    13 * 60: """
1993 1126
1994 1125
1995 0703 1124
1996 0705 1129 1224
1997 0703 1128 1224 1226
1998 1127 1224
1999 1126 1231
2000 0703 1124
2001 0703 1123 1224
2002 0705 1129 1224
2003 0703 1128 1224 1226
2004 1126
2005 1125
2006 0703 1124
2007 0703 1123 1224
2008 0703 1128 1224
2009 1127 1224
2010 1126
2011 1125
2012 0703 1123 1224
2013 0703 1129 1224
2014 0703 1128 1224
2015 1127 1224
2016 1125
2017 0703 1124
2018 0703 1123 1224
2019 0703 1129 1224
2020 1127 1224
2021 1126
2022 1125
2023 0703 1124
2024 0703 1129 1224
2025 0703 1128 1224
2026 1127 1224
2027 1126
2028 0703 1124
2029 0703 1123 1224
""",
    14 * 60: """
1990 1224
1991 1224
1992 1127 1224
""",
}
"""Sessions that close early, by minutes after midnight."""


def new_york(first_day: int, last_day: int) -> SessionTable | None:
    """The sessions from first_day to last_day, both included; None where the library has to tell.

    first_day, last_day: days since 1970-01-01.
    """
    if first_day < FIRST or last_day > LAST or not _is_as_of():
        return None
    table = _whole()
    first, end = np.searchsorted(table.days, (first_day, last_day + 1))
    if first == end:
        return None
    days, opens, closes = (table.days[first:end], table.opens[first:end], table.closes[first:end])
    return SessionTable(NAME, _ZONE, days.copy(), opens.copy(), closes.copy())


@functools.cache
def _is_as_of() -> bool:
    try:
        return version("exchange_calendars") == AS_OF
    except PackageNotFoundError:
        return False


@functools.cache
def _whole() -> SessionTable:
    weekdays = np.arange(FIRST, LAST + 1, dtype=np.int32)
    weekdays = weekdays[(weekdays + 3) % 7 < 5]  # 1970-01-01 was a Thursday
    days: Days = weekdays[~np.isin(weekdays, days_of(CLOSED))]
    minutes = np.full(len(days), _CLOSE, dtype=np.int64)
    for minute, text in EARLY.items():
        minutes[np.isin(days, days_of(text))] = minute
    return SessionTable(NAME, _ZONE, days, _moments(days, np.full(len(days), _OPEN)), _moments(days, minutes))


def days_of(text: str) -> list[int]:
    """The days that `CLOSED` and `EARLY` have, since 1970-01-01."""
    return [
        day_of(dt.date(int(year), int(day[:2]), int(day[2:])))
        for year, *found in map(str.split, text.strip().splitlines())
        for day in found
    ]


def _moments(days: Days, minutes: Stamps) -> Stamps:
    """Minutes after midnight there, as ns UTC."""
    walls = pl.Series(days.astype(np.int64) * (24 * 60 * MINUTE_NS) + minutes * MINUTE_NS).cast(pl.Datetime("ns"))
    stamps: Stamps = walls.dt.replace_time_zone(_ZONE).dt.convert_time_zone("UTC").to_physical().to_numpy()
    return stamps
