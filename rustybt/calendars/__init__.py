"""Sessions and trading minutes: what a version stores and a run reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.calendars._span import hashed_span, stored_span

if TYPE_CHECKING:
    from rustybt.calendars._build import (
        ALWAYS_OPEN,
        calendar_names,
        calendar_zone,
        check_calendar,
        library_calendar,
        named_table,
        session_table,
    )
    from rustybt.calendars._labels import session_days
    from rustybt.calendars._session_table import SessionTable
    from rustybt.calendars._year import sessions_per_year
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.calendars._build": (
                "ALWAYS_OPEN",
                "calendar_names",
                "calendar_zone",
                "check_calendar",
                "library_calendar",
                "named_table",
                "session_table",
            ),
            "rustybt.calendars._labels": ("session_days",),
            "rustybt.calendars._session_table": ("SessionTable",),
            "rustybt.calendars._year": ("sessions_per_year",),
        },
    )

__all__ = [
    "ALWAYS_OPEN",
    "SessionTable",
    "calendar_names",
    "calendar_zone",
    "check_calendar",
    "hashed_span",
    "library_calendar",
    "named_table",
    "session_days",
    "session_table",
    "sessions_per_year",
    "stored_span",
]


def __dir__() -> list[str]:
    return sorted(__all__)
