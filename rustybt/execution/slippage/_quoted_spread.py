"""Half the spread between recorded bid and ask."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from rustybt._kernels import WorkingOrder
from rustybt.core import Asset, CostKind, Notes, PriceParts
from rustybt.errors import InputError
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import DECLINED, EXHAUSTED, Quote, SlippageModel, volume_left, volume_share


class QuotedSpread(SlippageModel):
    """Fills half the spread away from the price of the bar; bid and ask are bars of assets of their own.

    quotes: by asset a pair of the assets whose bars are its bid and its ask, such as two of type index.
    otherwise: the model that fills where a bar has no bid or no ask, where the ask is below the bid, and what `quotes`
    does not name. None: the order does not fill on such a bar, and waits; an asset without quotes is an error. A note
    of the result counts both.
    volume_limit: the share of a bar's volume that all orders of an asset fill together, or a word as
    `slippage.VOLUME_SHARES` has them.
    The spread is that of the same bar: at its close for what fills at the close, at its open for what fills there, and
    the wider of the two for what fills between, or where open and close are the same price. Half of it is rounded up
    at the scale of fills. A limit order is held at its limit.

    >>> import polars as pl
    >>> from rustybt import run
    >>> from rustybt.api import order, set_slippage, slippage, symbol
    >>> days = ["2024-01-02", "2024-01-03"]
    >>> def bars(price):
    ...     flat = {name: [price, price] for name in ("open", "high", "low", "close")}
    ...     return pl.DataFrame({"date": days, **flat, "volume": 1000})
    >>> def initialize(context):
    ...     set_slippage(slippage.QuotedSpread({symbol("X"): (symbol("X_BID"), symbol("X_ASK"))}))
    >>> data = {"X": bars(100), "X_BID": bars("99.99"), "X_ASK": bars("100.03")}
    >>> result = run(lambda context, data: order(symbol("X"), 10), data, initialize=initialize)
    >>> result.transactions["price"][0]
    Decimal('100.02')
    """

    cost_kind = CostKind.SPREAD
    itemised = True
    _set_by_init = ("_share", "counted")

    def __init__(self, quotes: Mapping[Any, Any], otherwise: Any = None, volume_limit: Any = "0.1") -> None:
        if otherwise is not None and (
            not isinstance(otherwise, SlippageModel) or type(otherwise).quote is SlippageModel.quote
        ):
            raise InputError(
                f"QuotedSpread: otherwise={otherwise!r} is no slippage model that has quote(). Pass one that comes "
                "along, such as EstimatedSpread(), or None."
            )
        self.quotes = _checked(quotes)
        self.otherwise: SlippageModel | None = otherwise
        self.volume_limit = volume_limit
        self._share = volume_share(volume_limit, "QuotedSpread(volume_limit)")
        # by symbol: how often an order had no quote, and how often one with the ask below the bid
        self.counted: dict[str, list[int]] = {}
        self._data: Any = None
        self._fell_back = False

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        instrument = order.instrument
        spread = self._spread(order, offer)
        self._fell_back = spread is None
        if spread is None:
            return DECLINED if self.otherwise is None else self.otherwise.quote(order, offer)
        left = volume_left(offer.volume, offer.used, self._share, instrument.step)
        if left <= 0:
            return EXHAUSTED
        away = math.ceil(spread * 10**instrument.fill_scale / 2)
        return (offer.price + away if order.amount > 0 else offer.price - away), min(offer.wanted, left)

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        other = self.otherwise if self._fell_back else None
        if other is not None and other.itemised:
            return other.parts(order, offer, price)
        worse = price - offer.price if order.amount > order.filled else offer.price - price
        return ((self.cost_kind if other is None else other.cost_kind, worse),)

    def _spread(self, order: WorkingOrder, offer: Offer) -> Fraction | None:
        """Ask less bid on the bar; None where they do not make one, which is counted."""
        asset = order.instrument.asset
        pair = self.quotes.get(asset)
        if pair is None:
            if self.otherwise is None:
                raise InputError(
                    f"QuotedSpread has no quotes for {asset.symbol}. Name its bid and its ask, or what fills instead: "
                    "otherwise=EstimatedSpread()."
                )
            return None
        spreads = []
        for field in _fields(order.instrument, offer):
            bid, ask = (self._data.current(one, field, dtype=Decimal, default=None) for one in pair)
            if bid is None or ask is None or bid.is_nan() or ask.is_nan() or ask < bid:
                counts = self.counted.setdefault(asset.symbol, [0, 0])
                counts[0 if bid is None or ask is None or bid.is_nan() or ask.is_nan() else 1] += 1
                return None
            spreads.append(Fraction(ask) - Fraction(bid))
        return max(spreads)

    def bound(self, data: Any) -> Self:
        self._data = data
        if self.otherwise is not None:
            self.otherwise = self.otherwise.bound(data)
        for pair in self.quotes.values():
            for one in pair:
                data.current(one, "price", default=None)  # has it read now, and not at the first fill
        return self

    def _let_go(self) -> None:
        self._data = None
        if self.otherwise is not None:
            self.otherwise._let_go()

    def tell(self, notes: Notes) -> None:
        instead = "the order waited" if self.otherwise is None else f"{self.otherwise!r} filled instead"
        for symbol, (missing, crossed) in self.counted.items():
            notes.add(
                "quote_not_usable",
                f"{symbol}: {missing} times a bar that an order was tried on had no bid or no ask, and {crossed} times "
                f"its ask was below its bid; {instead}.",
                asset=symbol,
                missing=missing,
                crossed=crossed,
            )
        if self.otherwise is not None:
            self.otherwise.tell(notes)

    def parameters(self) -> dict[str, str]:
        pairs = ", ".join(f"{of.symbol}: {bid.symbol}/{ask.symbol}" for of, (bid, ask) in self.quotes.items())
        return {
            "quotes": f"{{{pairs}}}",
            "otherwise": repr(self.otherwise),
            "volume_limit": str(self.volume_limit),
        }


def _checked(quotes: Any) -> dict[Asset, tuple[Asset, Asset]]:
    """Pairs of assets by asset. Raises InputError."""
    wanted = "Pass {asset: (its bid, its ask)}, all three of them assets, as symbol() finds them."
    if not isinstance(quotes, Mapping) or not quotes:
        raise InputError(f"QuotedSpread: quotes is {quotes!r}. {wanted}")
    for of, pair in quotes.items():
        listed = pair if isinstance(pair, tuple | list) else ()
        if not isinstance(of, Asset) or len(listed) != 2 or not all(isinstance(one, Asset) for one in listed):
            raise InputError(f"QuotedSpread: the quotes of {of!r} are {pair!r}. {wanted}")
    return {of: (pair[0], pair[1]) for of, pair in quotes.items()}


def _fields(instrument: Any, offer: Offer) -> tuple[str, ...]:
    """At which prices of the quotes' bars the spread counts for a price of the asset's bar."""
    bar, up = offer.moment.bar, instrument.mark_to_fill_scale
    opened, close = (instrument.column(name)[bar] * up for name in ("open", "close"))
    if opened != close and offer.price in (opened, close):
        return ("open",) if offer.price == opened else ("close",)
    return "open", "close"
