"""Funding of a run: what perpetuals pay at moments of their own, by the bar with which it is booked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from rustybt.core import FundingRate, Phase
from rustybt.engine._agenda import Agenda
from rustybt.ledger import Ledger
from rustybt.view import Instrument, MarketView

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop

type Due = tuple[int, str, Instrument, FundingRate]


class FundingPayments:
    """The rates of the perpetuals that a run touches.

    With a bar those of the moments after the bar before it and up to its end are due. They are booked before the bar's
    fills: who pays is who held when the bar before was over.
    """

    def __init__(self, market: MarketView, agenda: Agenda) -> None:
        self._market = market
        self._agenda = agenda
        self._due: dict[int, list[Due]] = {}
        market.on_load(self._register)

    def _register(self, instrument: Instrument) -> None:
        if instrument.asset.kind != "perpetual":
            return
        axis = self._market.axis
        for rate in self._market.version.funding([instrument.asset.sid]):
            bar = int(np.searchsorted(axis.stamps, rate.stamp, side="left"))
            while bar < len(axis.stamps) and not axis.runs(bar):
                bar += 1
            if 0 < bar < len(axis.stamps):
                # within weeks and months each day pays its own
                if bar not in self._due and axis.steps is None:
                    self._agenda.at(bar, Phase.FUNDING, _pay)
                self._due.setdefault(bar, []).append((rate.stamp, instrument.asset.key, instrument, rate))

    def falls_due(self, bar: int) -> bool:
        """Whether something is due with a bar."""
        return bar in self._due

    def pay(self, session: int, bar: int, ledger: Ledger, books: Any) -> None:
        """Books what is due with a bar, in the order of its moments. Without a price of its own a rate is of the money
        at the last close up to its moment. Leaves the books at another bar than they were."""
        axis = self._market.axis
        opens = int(axis.calendar.opens[axis.first_session + session])

        def last_close(instrument: Instrument, stamp: int) -> int:
            books.seek(min(bar, int(np.searchsorted(axis.stamps, stamp, side="right")) - 1))
            return int(books.mark(instrument.slot))

        self._pay(sorted(self._due[bar], key=_when), opens, last_close, ledger)

    def pay_between(
        self, bar: int, after: int, until: int, opens: int, mark: Callable[[Instrument, int], int], ledger: Ledger
    ) -> None:
        """Of what is due with a bar, books the moments after one and up to another.

        opens: nothing is booked before it. mark: the last close of an asset up to a moment.
        """
        due = [one for one in self._due.get(bar, ()) if after < one[0] <= until]
        self._pay(sorted(due, key=_when), opens, mark, ledger)

    @staticmethod
    def _pay(due: list[Due], opens: int, mark: Callable[[Instrument, int], int], ledger: Ledger) -> None:
        for stamp, _, instrument, rate in due:
            if not ledger.books.position(instrument.slot)[0]:
                continue
            price, scale = rate.price, rate.price_scale
            if price is None:
                price, scale = mark(instrument, stamp), instrument.fill_scale
            # what was due while markets were closed is booked with the session
            ledger.pay_funding(max(stamp, opens), instrument, price, scale, rate.rate, rate.scale)


def _pay(loop: Loop) -> None:
    loop.funding.pay(loop.cursor.session, loop.cursor.bar, loop.ledger, loop.run.books)


def _when(due: Due) -> tuple[int, str]:
    return due[:2]
