"""Assets and their finder, as in zipline.assets."""

from rustybt.zipline._assets import Asset, ContinuousFuture, Equity, ExchangeInfo, Future
from rustybt.zipline._finder import AssetFinder

__all__ = ["Asset", "AssetFinder", "ContinuousFuture", "Equity", "ExchangeInfo", "Future"]
