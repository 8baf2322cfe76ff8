"""Controls on orders and on the account: RustyBT's own, under Zipline's names."""

from rustybt.orders import (
    AccountControl,
    AssetDateBounds,
    LongOnly,
    MaxLeverage,
    MaxOrderCount,
    MaxOrderSize,
    MaxPositionSize,
    MinLeverage,
    RestrictedListOrder,
    TradingControl,
)

__all__ = [
    "AccountControl",
    "AssetDateBounds",
    "LongOnly",
    "MaxLeverage",
    "MaxOrderCount",
    "MaxOrderSize",
    "MaxPositionSize",
    "MinLeverage",
    "RestrictedListOrder",
    "TradingControl",
]
