"""Sessions and trading minutes: what a version stores and a run reads."""

from rustybt.calendars._build import (
    ALWAYS_OPEN,
    calendar_names,
    check_calendar,
    library_calendar,
    named_table,
    session_table,
)
from rustybt.calendars._session_table import SessionTable

__all__ = [
    "ALWAYS_OPEN",
    "SessionTable",
    "calendar_names",
    "check_calendar",
    "library_calendar",
    "named_table",
    "session_table",
]
