"""The part of `Result` that matches what was bought and sold."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from rustybt.core import check_process

if TYPE_CHECKING:
    from rustybt.results._lots import Method
    from rustybt.results._result import Result


class Traded:
    """The trades of a result."""

    __slots__ = ("_trades",)

    @property
    def trades(self) -> pl.DataFrame:
        """`round_trips("fifo")`: a row for each part of a buy that a sale closed, first in, first out.

        It is matched when it is first looked at.
        """
        try:
            return self._trades
        except AttributeError:  # nor has a copy from another process
            self._trades: pl.DataFrame = self.round_trips()
        return self._trades

    def round_trips(self, method: Method = "fifo") -> pl.DataFrame:
        """What was bought and sold, matched: a row for each trade, in the order of their entries.

        method: "fifo" and "lifo" close the oldest and the newest units first, a row for each pair of fills; "average"
            at the mean entry price of what is held, a row for each fill that closes; "flat" has one row from the first
            unit to the last.
        Returns a frame: entry, exit (moments; null where it is open), symbol, sid, side ("long", "short"), quantity,
        entry_price and exit_price (per unit, in what a unit is at the exit, 18 decimals; of what is open, the last
        close), gross (of prices, dividends and cash for parts of shares), costs (fees, borrow, funding), net, all three
        in the asset's `currency`, duration, sessions (closes it was held over), tag and order_id of the order that
        opened it, exit_tag and exit_order_id of the one that closed it, mae and mfe (how far it was down and up, in
        money, at the closes of sessions and its exit, by prices alone; null where a row has units of several fills
        or ends, or was held over no close), r_multiple (net over what was at risk: the money from its entry to the
        protective stop that was there when it filled, such as that of its bracket; null without one), entry_quality and
        exit_quality (from 0 to 1: where between the worst and the best of those closes it was entered and left; 1 is
        the best), open.
        Splits, dividends in shares, multipliers and part fills are restated: the sum of net is what the ledger booked
        of these assets and what they are worth at the end, to the last digit. A dividend goes to what was held at its
        ex-date. Raises InputError for an unknown method.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 100 if data.current_session.day < 15 else 0)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-29")
        >>> result.trades.select("symbol", "side", "quantity", "net", "open").rows()
        [('IBM', 'long', Decimal('100'), Decimal('315.55050000000000000000'), False)]
        """
        from rustybt.results._trades import round_trips

        check_process()
        return round_trips(cast("Result", self), method)

    @property
    def shortfall(self) -> pl.DataFrame:
        """What each fill cost against the price at which it was decided on: a row for each row of `transactions`.

        decision: the asset's last price when the order was placed, restated for splits since; reference: what the bar
        offered when it filled; price: what was had. delay, spread, slippage, impact and fees (commission, duties) add
        up to total, to the last digit: what was paid more than at the decision price, in the asset's money. delay
        is what the price moved by until it could fill, below zero where that was to the good. Without an order, or a
        price before it, decision, delay and total are null. day_low and day_high: of the session; quality: where
        between them the fill was, 1 at the best and 0 at the worst price, beyond where slippage led there.
        Worked out when asked for, of the bars of the run. Raises ResultError for a result that was loaded.
        Source: Perold (1988), implementation shortfall.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 100)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-29")
        >>> result.shortfall.select("decision", "reference", "price").row(0)
        (Decimal('132.450000'), Decimal('130.850000'), Decimal('130.915425'))
        >>> [str(round(part, 4)) for part in result.shortfall.select("delay", "slippage", "fees", "total").row(0)]
        ['-160.0000', '6.5425', '0.1000', '-153.3575']
        """
        from rustybt.results._shortfall import shortfall

        check_process()
        return shortfall(cast("Result", self))
