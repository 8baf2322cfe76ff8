"""Orders for the auctions of a session."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from rustybt.core import Auction, OrderTerms
from rustybt.orders._styles import ExecutionStyle, order_price


class _AtAuction(ExecutionStyle):
    """An order for one auction; what is not filled there is cancelled."""

    at: ClassVar[Auction]

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side."""
        return OrderTerms(limit=self.limit_price, at=self.at)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.limit_price is None else self.limit_price})"


class _AtAuctionLimited(_AtAuction):
    def __init__(self, limit: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(asset, exchange)
        self.limit_price = order_price(limit, "limit")


class MarketOnOpen(_AtAuction):
    """At the open of the next session, whatever `fill_at` says; what does not fill on that bar is cancelled.

    An order of a daily run takes the open of the next bar, one of a minute run that of the next session's first bar.

    >>> MarketOnOpen()
    MarketOnOpen()
    """

    at = Auction.OPEN


class MarketOnClose(_AtAuction):
    """At the close of the session, whatever `fill_at` says; what does not fill on that bar is cancelled.

    An order of a daily run takes the close of the next bar, one of a minute run that of the session's last bar, and if
    it is placed on that one, of the next session's.

    >>> MarketOnClose()
    MarketOnClose()
    """

    at = Auction.CLOSE


class LimitOnOpen(_AtAuctionLimited):
    """As `MarketOnOpen`, at the limit or better.

    limit: int, Decimal, text or float; 0 or more.

    >>> LimitOnOpen("99.5")
    LimitOnOpen(99.5)
    """

    at = Auction.OPEN


class LimitOnClose(_AtAuctionLimited):
    """As `MarketOnClose`, at the limit or better.

    limit: int, Decimal, text or float; 0 or more.

    >>> LimitOnClose("99.5")
    LimitOnClose(99.5)
    """

    at = Auction.CLOSE
