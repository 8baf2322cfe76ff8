"""Orders for a day."""

from __future__ import annotations

from rustybt.execution.cancel_policy._base import SESSION_END, CancelPolicy


class EODCancel(CancelPolicy):
    """Cancels what is open when a session ends.

    An order that is placed at a session's last bar, and so any order of a daily run, never fills under this policy,
    as it is eligible from the next bar.

    warn_on_cancel: write each cancelled order to the log.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import cancel_policy
    >>> def handle_data(context, data):
    ...     context.order(context.symbol("IBM"), 1, limit_price=100)
    >>> blotter = SimulationBlotter(cancel_policy=cancel_policy.EODCancel(warn_on_cancel=False))
    >>> run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).orders["status"].to_list()
    ['cancelled', 'open']
    """

    def __init__(self, warn_on_cancel: bool = True) -> None:
        self.warn_on_cancel = warn_on_cancel

    def should_cancel(self, event: int) -> bool:
        return event == SESSION_END
