"""What a cancel policy is asked."""

from __future__ import annotations

from typing import Final

SESSION_END: Final = 2
"""The event with which a policy is asked, once a session, at its close; the number that Zipline gives it."""


class CancelPolicy:
    """Whether all open orders are cancelled at an event. A subclass has should_cancel(event).

    warn_on_cancel: whether each order that is cancelled is written to the log.
    """

    warn_on_cancel: bool = False

    def should_cancel(self, event: int) -> bool:
        """Called at the close of each session, with SESSION_END. True cancels all open orders."""
        raise NotImplementedError(f"{type(self).__name__} has no method should_cancel(event).")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'warn_on_cancel=True' if self.warn_on_cancel else ''})"
