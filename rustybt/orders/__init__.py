"""An intent goes in, an order on the asset's grid or a refusal comes out: styles, ticks, controls."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.orders._book import EventRow, OrderBook
from rustybt.orders._commands import Cancel, Command, Release, Replace
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
from rustybt.orders._gate import OrderGate
from rustybt.orders._instrument import Amounts, Weights
from rustybt.orders._lifecycle import TRANSITIONS, advance, cut
from rustybt.orders._placed import TAGS_OF_FORCED, GoodTill, OrderOptions, TimeInForceName, is_forced, options_of
from rustybt.orders._refusals import ORDERING, not_convertible, wrong_moment
from rustybt.orders._restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    NoRestrictions,
    Restriction,
    Restrictions,
    SecurityListRestrictions,
    StaticRestrictions,
)
from rustybt.orders._styles import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder, terms_of
from rustybt.orders._tick import price_on_tick, terms_after_split, terms_on_tick

if TYPE_CHECKING:
    from rustybt.orders._account_controls import AccountControl, AccountSnapshot, MaxLeverage, MinLeverage
    from rustybt.orders._auction_styles import LimitOnClose, LimitOnOpen, MarketOnClose, MarketOnOpen
    from rustybt.orders._brackets import Bracket, Distance, Percent, attach, one_cancels_others, place_bracket
    from rustybt.orders._touch_styles import LimitIfTouchedOrder, MarketIfTouchedOrder
    from rustybt.orders._trailing_styles import TrailingStopLimitOrder, TrailingStopOrder
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.orders._account_controls": (
                "AccountControl",
                "AccountSnapshot",
                "MaxLeverage",
                "MinLeverage",
            ),
            "rustybt.orders._auction_styles": (
                "LimitOnClose",
                "LimitOnOpen",
                "MarketOnClose",
                "MarketOnOpen",
            ),
            "rustybt.orders._brackets": (
                "Bracket",
                "Distance",
                "Percent",
                "attach",
                "one_cancels_others",
                "place_bracket",
            ),
            "rustybt.orders._touch_styles": (
                "LimitIfTouchedOrder",
                "MarketIfTouchedOrder",
            ),
            "rustybt.orders._trailing_styles": (
                "TrailingStopLimitOrder",
                "TrailingStopOrder",
            ),
        },
    )


__all__ = [
    "ORDERING",
    "RESTRICTION_STATES",
    "TAGS_OF_FORCED",
    "TRANSITIONS",
    "AccountControl",
    "AccountSnapshot",
    "Amounts",
    "AssetDateBounds",
    "Bracket",
    "Cancel",
    "Command",
    "Distance",
    "EventRow",
    "ExecutionStyle",
    "GoodTill",
    "HistoricalRestrictions",
    "Intent",
    "LimitIfTouchedOrder",
    "LimitOnClose",
    "LimitOnOpen",
    "LimitOrder",
    "LongOnly",
    "MarketIfTouchedOrder",
    "MarketOnClose",
    "MarketOnOpen",
    "MarketOrder",
    "MaxLeverage",
    "MaxOrderCount",
    "MaxOrderSize",
    "MaxPositionSize",
    "MinLeverage",
    "NoRestrictions",
    "OrderBook",
    "OrderGate",
    "OrderOptions",
    "Percent",
    "Release",
    "Replace",
    "RestrictedListOrder",
    "Restriction",
    "Restrictions",
    "SecurityListRestrictions",
    "StaticRestrictions",
    "StopLimitOrder",
    "StopOrder",
    "TimeInForceName",
    "TradingControl",
    "TrailingStopLimitOrder",
    "TrailingStopOrder",
    "Weights",
    "advance",
    "attach",
    "cut",
    "is_forced",
    "not_convertible",
    "one_cancels_others",
    "options_of",
    "place_bracket",
    "price_on_tick",
    "terms_after_split",
    "terms_of",
    "terms_on_tick",
    "wrong_moment",
]
