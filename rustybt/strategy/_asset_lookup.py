"""The assets of a run, as a strategy finds them, and as frames call them."""

from __future__ import annotations

from rustybt.core import Asset
from rustybt.view import Continuous, MarketView


class Labels:
    """How frames call an asset: by its symbol, with its key where another asset had the symbol first."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def state(self) -> dict[str, str]:
        """Who has which symbol, as plain values."""
        return dict(self._owners)

    def restore(self, state: dict[str, str]) -> None:
        """Takes over what `state` gave."""
        self._owners = dict(state)

    def of(self, asset: Asset) -> str:
        """The label of an asset."""
        owner = self._owners.setdefault(asset.symbol, asset.key)
        return asset.symbol if owner == asset.key else f"{asset.symbol}#{asset.key}"


class AssetLookup:
    """Where a strategy looks up assets. day: on which one carries its symbol, in days since 1970."""

    __slots__ = ("_market", "continuous", "day", "labels")

    def __init__(self, market: MarketView, continuous: Continuous, labels: Labels, day: int) -> None:
        self._market = market
        self.continuous = continuous
        self.labels = labels
        self.day = day

    def symbol(self, symbol: str, country: str | None) -> Asset:
        """The asset that carries a symbol on the day. Raises SymbolNotFound, MultipleSymbolsFound."""
        return self._known(self._market.version.lookup_symbol(symbol, self.day, country=country))

    def read_ahead(self, symbols: tuple[str, ...], country: str | None) -> None:
        """Reads several symbols at once that are looked up one by one then."""
        self._market.version.read_ahead(symbols, country)

    def future(self, symbol: str) -> Asset:
        """The contract of that symbol. Raises SymbolNotFound."""
        return self._known(self._market.version.lookup_future(symbol, self.day))

    def sid(self, sid: int) -> Asset:
        """The asset of that number. Raises SidsNotFound."""
        return self._known(self._market.version.asset(sid))

    def _known(self, asset: Asset) -> Asset:
        instrument = self._market.instruments.get(asset.sid)
        if instrument is not None:
            return instrument.asset
        self.labels.of(asset)
        self._market.want(asset)
        return asset
