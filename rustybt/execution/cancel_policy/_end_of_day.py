"""Orders for a day."""

from __future__ import annotations

from rustybt.execution.cancel_policy._base import SESSION_END, CancelPolicy


class EODCancel(CancelPolicy):
    """Cancels what is open when a session ends.

    An order that is placed at a session's last bar, and so any order of a daily run, never fills under this policy,
    as it is eligible from the next bar.

    warn_on_cancel: write each cancelled order to the log.
    """

    def __init__(self, warn_on_cancel: bool = True) -> None:
        self.warn_on_cancel = warn_on_cancel

    def should_cancel(self, event: int) -> bool:
        return event == SESSION_END
