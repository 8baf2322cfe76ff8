"""An intent goes in, an order on the asset's grid or a refusal comes out: styles, ticks, controls."""

from rustybt.orders._account_controls import AccountControl, MaxLeverage, MinLeverage, Standing
from rustybt.orders._controls import (
    AssetDateBounds,
    Intent,
    LongOnly,
    MaxOrderCount,
    MaxOrderSize,
    MaxPositionSize,
    RestrictedListOrder,
    TradingControl,
)
from rustybt.orders._restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    NoRestrictions,
    Restriction,
    Restrictions,
    SecurityListRestrictions,
    StaticRestrictions,
)
from rustybt.orders._styles import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder, style_of
from rustybt.orders._tick import price_on_tick

__all__ = [
    "RESTRICTION_STATES",
    "AccountControl",
    "AssetDateBounds",
    "ExecutionStyle",
    "HistoricalRestrictions",
    "Intent",
    "LimitOrder",
    "LongOnly",
    "MarketOrder",
    "MaxLeverage",
    "MaxOrderCount",
    "MaxOrderSize",
    "MaxPositionSize",
    "MinLeverage",
    "NoRestrictions",
    "RestrictedListOrder",
    "Restriction",
    "Restrictions",
    "SecurityListRestrictions",
    "Standing",
    "StaticRestrictions",
    "StopLimitOrder",
    "StopOrder",
    "TradingControl",
    "price_on_tick",
    "style_of",
]
