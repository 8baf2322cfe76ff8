"""Orders that wait until they fill."""

from __future__ import annotations

from rustybt.execution.cancel_policy._base import CancelPolicy


class NeverCancel(CancelPolicy):
    """Cancels nothing. The default, as in Zipline."""

    def should_cancel(self, event: int) -> bool:
        return False
