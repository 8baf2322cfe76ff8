"""The base of cancel policies."""

from __future__ import annotations

from typing import Final

SESSION_END: Final = 2
"""The event with which a policy is asked, once a session, at its close; the number that Zipline gives it."""


class CancelPolicy:
    """Whether all open orders are cancelled at an event. A subclass has should_cancel(event).

    warn_on_cancel: whether each order that is cancelled is written to the log.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import cancel_policy
    >>> def handle_data(context, data):
    ...     context.order(context.symbol("IBM"), 1, limit_price=100)
    >>> class EverySecondClose(cancel_policy.CancelPolicy):
    ...     closes = 0
    ...
    ...     def should_cancel(self, event):
    ...         self.closes += 1
    ...         return self.closes % 2 == 0
    >>> blotter = SimulationBlotter(cancel_policy=EverySecondClose())
    >>> run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).orders["status"].to_list()
    ['cancelled', 'open']
    """

    warn_on_cancel: bool = False

    def should_cancel(self, event: int) -> bool:
        """Called at the close of each session, with SESSION_END. True cancels all open orders."""
        raise NotImplementedError(f"{type(self).__name__} has no method should_cancel(event).")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'warn_on_cancel=True' if self.warn_on_cancel else ''})"
