"""The numbers of a session's events: a cancel policy is asked with SESSION_END."""

from rustybt.execution.cancel_policy import SESSION_END

__all__ = ["BAR", "BEFORE_TRADING_START_BAR", "MINUTE_END", "SESSION_END", "SESSION_START"]

BAR = 0
SESSION_START = 1
MINUTE_END = 3
BEFORE_TRADING_START_BAR = 4
