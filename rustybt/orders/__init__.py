"""An intent goes in, an order on the asset's grid comes out: styles and ticks."""

from rustybt.orders._styles import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder, style_of
from rustybt.orders._tick import price_on_tick

__all__ = [
    "ExecutionStyle",
    "LimitOrder",
    "MarketOrder",
    "StopLimitOrder",
    "StopOrder",
    "price_on_tick",
    "style_of",
]
