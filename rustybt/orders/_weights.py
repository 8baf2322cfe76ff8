"""Orders of weights for assets whose orders nothing but their prices and the account's value decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from rustybt.core import Asset
from rustybt.orders._book import OrderBook
from rustybt.orders._instrument import Instrument, Market, Phased, Sizer

MEMO_SIZE: Final = 4096
LATER: Final = "later"
"""Of `TargetSizer.order`: a target that is placed later."""


class Books(Sizer, Protocol):
    """The books in Python, which tell without a call what is held: the quantity by slot, none of them zero."""

    @property
    def quantity(self) -> Mapping[int, int]: ...


class TargetSizer:
    """Places market orders of weights, quickly: the twin of the native one, and its specification.

    It does what the order gate would, for assets that it has learnt of, at moments at which orders may be placed and no
    control looks at them. What it can't do it leaves alone, and answers NotImplemented before it has changed anything.
    scaled: a number as value and scale. large: sizes from which on the gate looks closer.
    """

    __slots__ = (
        "_book",
        "_books",
        "_controls",
        "_known",
        "_large",
        "_least",
        "_market",
        "_moment",
        "_scaled",
        "_weights",
    )

    def __init__(
        self,
        moment: Phased,
        market: Market,
        books: Books,
        book: OrderBook,
        controls: Sequence[object],
        scaled: Callable[[Any, str], tuple[int, int]],
        large: int,
    ) -> None:
        self._moment = moment
        self._market = market
        self._books = books
        self._book = book
        self._controls = controls
        self._scaled = scaled
        self._least, self._large = -large, large
        # by sid, what an order needs of an asset
        self._known: dict[int, tuple[Asset, Instrument, Sequence[int], int, int, int, int]] = {}
        self._weights: dict[float, tuple[int, int]] = {}

    def register(self, asset: Asset, instrument: Instrument) -> None:
        """Takes the orders of an asset from now on."""
        prices, up = instrument.price, instrument.mark_to_fill_scale
        self._known[asset.sid] = asset, instrument, prices, up, instrument.slot, instrument.priced, instrument.closing

    def order(self, asset: Any, weight: Any, target: Any) -> Any:
        """Places an order. Returns its id; None where the size comes to zero.

        target: whether the weight is one; LATER: it is, and instead of placing it the instrument and size are returned.
        """
        if self._controls or self._moment.phase != "bar":
            return NotImplemented
        bar = self._market.bar
        try:
            known, instrument, prices, up, slot, priced, closing = self._known[asset.sid]
        except (AttributeError, KeyError):
            return NotImplemented
        if known is not asset or bar < priced or bar > closing:
            return NotImplemented
        if type(weight) is float:
            try:
                amount, scale = self._weights[weight]
            except KeyError:
                amount, scale = self._note(weight)
        elif type(weight) is int:
            amount, scale = weight, 0
        else:
            return NotImplemented
        books = self._books
        # most targets of a large universe are none of something that is not held: no value has to be known
        if target and not amount and slot not in books.quantity:
            return None
        price = prices[bar] * up
        size = books.size_of_weight(slot, amount, scale, price, target) if price else 0
        if not size:
            return None
        if not self._least < size < self._large:
            return NotImplemented
        if target is LATER:
            return instrument, size
        # as `_accept` does: a call more would be a tenth of all this
        book = self._book
        return f"{book.prefix}{book.accept(instrument, size, None, self._market.axis.times[bar]).number}"

    def order_targets(
        self,
        pairs: Iterable[Any],
        prepare: Callable[[Any], Callable[[], str | None] | None],
    ) -> list[str]:
        """Places an order towards the weight of each pair of an asset and its weight, once all of them have a size.

        prepare: sizes the others; what it returns places them, None where there is nothing to do.
        """
        sized: list[Any] = []
        for pair in pairs:
            one: Any = NotImplemented
            if type(pair) is tuple and len(pair) == 2:
                one = self.order(pair[0], pair[1], LATER)
            if one is NotImplemented:
                one = prepare(pair)
            if one is not None:
                sized.append(one)
        placed = (self._accept(*one) if type(one) is tuple else one() for one in sized)
        return [order_id for order_id in placed if order_id is not None]

    def _accept(self, instrument: Instrument, size: int) -> str:
        book = self._book
        stamp = self._market.axis.times[self._market.bar]
        return f"{book.prefix}{book.accept(instrument, size, None, stamp).number}"

    def _note(self, weight: float) -> tuple[int, int]:
        exact = self._scaled(weight, "percent")
        if len(self._weights) >= MEMO_SIZE:
            self._weights.clear()
        self._weights[weight] = exact
        return exact
