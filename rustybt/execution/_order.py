"""Why an order at work did not fill."""

from __future__ import annotations

from typing import Final

NO_TRADE: Final = 1
LIMIT_NOT_REACHED: Final = 2
VOLUME_USED_UP: Final = 3
IMPACT_BEYOND_LIMIT: Final = 4
PARTLY_FILLED: Final = 5
STOP_NOT_REACHED: Final = 6
DECLINED_BY_MODEL: Final = 7

WHY_OPEN: Final = (
    "placed at this bar: eligible from the next one",
    "the asset did not trade on the last bar",
    "the limit was not reached",
    "the volume share of the bar was used up",
    "the price with market impact was beyond the limit",
    "the volume share of the bar allowed a part only",
    "the stop was not reached",
    "the slippage model did not fill it",
)
"""Why an open order did not fill, by the code that the broker leaves on it; 0 before it was first worked."""
