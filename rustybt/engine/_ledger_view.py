"""What a metric sees of the books: everything, and nothing to change."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.core import RATIO_SCALE, Order, datetime_of
from rustybt.engine._recorder import Recorder
from rustybt.orders import OrderBook
from rustybt.strategy import Account, AccountState, OrderViews, Portfolio


@dataclass(frozen=True, slots=True)
class PositionStats:
    """The positions of a moment, summed: money in the run's numbers, and counts."""

    gross_exposure: Any
    gross_value: Any
    long_exposure: Any
    long_value: Any
    net_exposure: Any
    net_value: Any
    short_exposure: Any
    short_value: Any
    longs_count: int
    shorts_count: int


class PositionTracker:
    """The positions by asset, and their sums."""

    def __init__(self, state: AccountState, portfolio: Portfolio) -> None:
        self._state = state
        self._portfolio = portfolio

    @property
    def positions(self) -> Any:
        """The open positions by asset."""
        return self._portfolio.positions

    @property
    def stats(self) -> PositionStats:
        """Their sums, now."""
        money = self._state.numbers.money
        books = self._state.books
        long_value, short_value, longs, shorts = books.long_and_short()
        long_exposure, short_exposure = books.long_and_short_exposure()
        return PositionStats(
            gross_exposure=money(long_exposure - short_exposure),
            gross_value=money(long_value - short_value),
            long_exposure=money(long_exposure),
            long_value=money(long_value),
            net_exposure=money(long_exposure + short_exposure),
            net_value=money(long_value + short_value),
            short_exposure=money(short_exposure),
            short_value=money(short_value),
            longs_count=longs,
            shorts_count=shorts,
        )


class LedgerView:
    """The ledger as Zipline's metrics know it. Scalars are the run's numbers, arrays are floats.

    portfolio, account: as on `context`. daily_returns_array: a float a session, NaN for those to come; read-only.
    """

    def __init__(
        self,
        state: AccountState,
        book: OrderBook,
        views: OrderViews,
        recorder: Recorder,
        sessions: Sequence[dt.date],
    ) -> None:
        self._state = state
        self._book = book
        self._views = views
        self._recorder = recorder
        self._sessions = sessions
        self._first_transaction = 0
        self._session = 0
        self._returns = np.full(len(sessions), np.nan)
        self.daily_returns_array: npt.NDArray[np.float64] = self._returns.view()
        self.daily_returns_array.flags.writeable = False
        self.portfolio = Portfolio(state)
        self.account = Account(state)
        self.position_tracker = PositionTracker(state, self.portfolio)

    def state(self) -> tuple[int, int, list[float]]:
        """What changes, as plain values."""
        return self._first_transaction, self._session, self._returns.tolist()

    def restore(self, state: tuple[int, int, list[float]]) -> None:
        """Takes over what `state` gave."""
        self._first_transaction, self._session, self._returns[:] = state

    def open_session(self, session: int) -> None:
        """Forgets the transactions of the session before."""
        self._session = session
        self._first_transaction = len(self._recorder.transactions)

    def update(self, session: int) -> None:
        """Takes the session's return so far into the array."""
        self._returns[session] = self._recorder.returns_of(session) / 10**RATIO_SCALE

    @property
    def todays_returns(self) -> Any:
        """The session's return so far."""
        return self._state.numbers.ratio(self._recorder.returns_of(self._session))

    @property
    def daily_returns_series(self) -> Any:
        """The array as a pandas Series by session. Needs pandas."""
        import pandas as pd

        return pd.Series(self.daily_returns_array, index=pd.DatetimeIndex(self._sessions))

    @property
    def positions(self) -> list[dict[str, Any]]:
        """The open positions as Zipline's dicts."""
        return [
            {"sid": p.asset, "amount": p.amount, "cost_basis": p.cost_basis, "last_sale_price": p.last_sale_price}
            for p in self.portfolio.positions.values()
        ]

    def transactions(self, dt: dt.datetime | None = None) -> list[dict[str, Any]]:
        """The session's fills as Zipline's dicts; those of one moment where one is given."""
        state, numbers = self._state, self._state.numbers
        found = []
        for _, stamp, number, slot, quantity, price, _ in self._recorder.transactions.since(self._first_transaction):
            instrument, when = state.instruments[slot], datetime_of(stamp)
            if dt is not None and when != dt:
                continue
            found.append(
                {
                    "sid": instrument.asset,
                    "amount": numbers.quantity(quantity, instrument.quantity_scale),
                    "dt": when,
                    "price": numbers.price(price, instrument.fill_scale),
                    "order_id": None if number is None else self._book.order_id(number),
                    "commission": None,
                }
            )
        return found

    def orders(self, dt: dt.datetime | None = None) -> list[dict[str, Any]]:
        """The orders that changed in the session, as dicts; those that changed at one moment where one is given."""
        return [
            {field.name: getattr(view, field.name) for field in dataclasses.fields(view)} | {"sid": view.asset}
            for view in self.order_views(dt)
        ]

    def order_views(self, dt: dt.datetime | None = None) -> list[Order]:
        """The same as snapshots."""
        axis = self._state.market.axis
        start = datetime_of(int(axis.calendar.opens[axis.first_session + self._session]))
        views = [self._views.of(order) for order in self._book.orders if datetime_of(order.changed) >= start]
        return [view for view in views if dt is None or view.dt == dt]
