"""Prices that `data.current` was asked for before, so that they are answered at once when they are asked for again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rustybt._kernels import Kernel
from rustybt.core import Asset
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView

OF_A_BAR: Final = frozenset(("open", "high", "low", "close"))


class Numbers(dict[int, Any]):
    """Prices of one scale as a strategy gets them, made when they are first asked for."""

    __slots__ = ("_number", "_scale")

    def __init__(self, number: Callable[[int, int], Any], scale: int) -> None:
        self._number = number
        self._scale = scale

    def __missing__(self, price: int) -> Any:
        number = self[price] = self._number(price, self._scale)
        return number


type Priced = tuple[Asset, MarketView, Sequence[int], Numbers]
"""All that an answer needs: the asset, the market that knows the bar, the prices by bar, and those as numbers."""


class PriceCache:
    """Assets that have had a price by now, whose prices are at their own scale.

    priced: by sid what answers for an asset, whose prices go up to its last bar. kernel: has the same, and the other
    fields that were asked for; None where the run's kernel has no `prices`.
    """

    __slots__ = ("_market", "_number", "_numbers", "_taught", "kernel", "priced")

    def __init__(self, market: MarketView, number: Callable[[int, int], Any], kernel: Kernel) -> None:
        self._market = market
        self._number = number
        # by scale
        self._numbers: dict[int, Numbers] = {}
        self._taught: set[tuple[int, str]] = set()
        self.priced: dict[int, Priced] = {}
        self.kernel: Any = None if kernel.prices is None else kernel.prices(market)

    def add_price(self, asset: Any) -> None:
        """Keeps what the next question for an asset's price needs."""
        sid = getattr(asset, "sid", None)
        instrument = self._market.instruments.get(sid) if isinstance(sid, int) else None
        if instrument is None or not self._is_plain(instrument):
            return
        prices, numbers = instrument.price[: instrument.last + 1], self._numbers_of(instrument)
        self.priced[instrument.asset.sid] = instrument.asset, self._market, prices, numbers
        if self.kernel is not None:
            self.kernel.add(instrument.asset, "price", prices, numbers)

    def add(self, instrument: Instrument, field: str) -> None:
        """Tells the kernel of another field of an asset. A bar that has none has 0 there, which it passes on."""
        if field not in OF_A_BAR or (instrument.asset.sid, field) in self._taught or not self._is_plain(instrument):
            return
        self._taught.add((instrument.asset.sid, field))
        self.kernel.add(
            instrument.asset, field, instrument.column(field)[: instrument.last + 1], self._numbers_of(instrument)
        )

    def _is_plain(self, instrument: Instrument) -> bool:
        return instrument.mark_scale == instrument.price_scale and self._market.bar >= instrument.priced

    def _numbers_of(self, instrument: Instrument) -> Numbers:
        scale = instrument.price_scale
        return self._numbers.setdefault(scale, Numbers(self._number, scale))
