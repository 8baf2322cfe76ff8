"""Tells a strategy what happens to its orders: its `on_order` is called with each event, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import Phase
from rustybt.errors import InputError
from rustybt.orders import OrderBook
from rustybt.strategy import OrderViews

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop

type Callback = Callable[[Any, Any], Any]
MOST: Final = 100_000
"""Events of one moment, beyond which a strategy is taken to answer each event with another one."""


class Teller:
    """Calls `on_order` with the events that it was not told yet.

    It reads the order book's list, so that nothing is done where there is no on_order. told: how many events were.
    """

    __slots__ = ("_book", "_on_order", "_telling", "_views", "told")

    def __init__(self, on_order: Callback, book: OrderBook, views: OrderViews[Any]) -> None:
        self._on_order = on_order
        self._book = book
        self._views = views
        self._telling = False
        self.told = 0

    def __call__(self, context: Any, data: Any) -> None:
        """Tells what is new; what the strategy does to orders meanwhile comes after it."""
        rows = self._book.rows
        if self._telling:
            return
        self._telling, last = True, self.told + MOST
        try:
            while self.told < len(rows):
                if self.told >= last:
                    raise InputError(
                        f"on_order was called {MOST:,} times at one moment: it answers each event with a new one. Look "
                        "at event.kind before you place or cancel an order there."
                    )
                for row in list(rows.since(self.told)):
                    self.told += 1
                    self._on_order(context, self._views.event(row))
        finally:
            self._telling = False

    def join(self, loop: Loop) -> None:
        """Is called before and after whatever else the strategy is called for."""
        loop.tell = self
        loop.handle_data = self.around(loop.handle_data)
        loop.before_trading_start = self.around(loop.before_trading_start)
        loop.agenda.every(Phase.CLOSE, self)

    def around(self, callback: Callback | None) -> Callback:
        """A callback of the strategy with what happened before it told before it, and what it did after it."""

        def told(context: Any, data: Any) -> None:
            self(context, data)
            if callback is not None:
                callback(context, data)
                self(context, data)

        return told
