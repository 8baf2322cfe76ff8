"""Orders that wait until they fill."""

from __future__ import annotations

from rustybt.execution.cancel_policy._base import CancelPolicy


class NeverCancel(CancelPolicy):
    """Cancels nothing. The default, as in Zipline.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import cancel_policy
    >>> def handle_data(context, data):
    ...     context.order(context.symbol("IBM"), 1, limit_price=100)
    >>> blotter = SimulationBlotter(cancel_policy=cancel_policy.NeverCancel())
    >>> run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).orders["status"].to_list()
    ['open', 'open']
    """

    def should_cancel(self, event: int) -> bool:
        return False
