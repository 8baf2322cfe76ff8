"""How many sessions a calendar's usual year has, whatever span of it a version stores."""

from __future__ import annotations

from typing import Final

import numpy as np

from rustybt.calendars._session_table import SessionTable

_BY_COUNT: Final = {
    242: "XSHG",
    244: "XBKK XBOG XIDX",
    245: "AIXK XTKS",
    246: "XKLS XPHS XTAE XTAI",
    247: "XBOM XBUE XCYS XHKG XKRX",
    248: "ASEX BVMF XKAR XSAU",
    249: "XBRA XICE XLIT XLJU XSGO XWBO XZAG",
    250: "XBUD XCSE XJSE XWAR",
    251: "XBDA XBSE XHEL XIST XLIM XMOS XNZE XOSL XPRA XRIS XSES XSTO XSWX XTSE",
    252: "XBEL XCBF XMEX XNYS XTAL",
    253: "XASX XLON",
    254: "XDUB XDUS XETR XFRA XHAM XMAD XMIL",
    255: "XEEE XEUR XLIS XSTU",
    256: "XAMS XBRU XLUX XPAR",
    258: "CMES IEPA us_futures",
    261: "24/5",
    365: "24/7",
}
"""The mean of the years 2000 to 2024, or of those among them that exchange_calendars 4.13 knows, rounded."""
_SESSIONS: Final = {name: count for count, names in _BY_COUNT.items() for name in names.split()}
_HOLIDAYS: Final = 9
"""Holidays a year of all other calendars: five days a week are then New York's 252."""
_DAYS_OF_A_YEAR: Final = 365.25


def sessions_per_year(calendar: SessionTable) -> int:
    """Sessions in the usual year of a calendar: it follows from the calendar, not from how many years are stored.

    Those of exchange_calendars, and 24/7, stand in a table: the mean of the years 2000 to 2024. One that is not there
    has the days of the week on which it trades, for 365.25 days, less 9 where some of them are no session: 365, 313 or
    261 for seven, six or five days, with holidays 356, 304 or 252.
    """
    return _SESSIONS.get(calendar.name) or _of_week_days(calendar)


def _of_week_days(calendar: SessionTable) -> int:
    days = calendar.days.astype(np.int64)
    every = np.arange(int(days[0]), int(days[-1]) + 1)
    there, possible = np.bincount(days % 7, minlength=7), np.bincount(every % 7, minlength=7)
    trades = 2 * there > possible
    holidays = _HOLIDAYS if (there < possible)[trades].any() else 0
    return max(1, round(int(trades.sum()) * _DAYS_OF_A_YEAR / 7) - holidays)
