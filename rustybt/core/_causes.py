"""Why an order is where it is: a closed list. Code acts on a cause; the text beside it is for people."""

from __future__ import annotations

import enum
from typing import Final


class Cause(enum.IntEnum):
    """Why something happened to an order, or why an open one did not fill.

    The numbers are those of the native kernel. `label` is how frames write a cause, `sentence` what it means where
    nothing more exact was said.
    """

    PLACED = 0
    NO_TRADE = 1
    LIMIT_NOT_REACHED = 2
    VOLUME_USED_UP = 3
    IMPACT_BEYOND_LIMIT = 4
    PARTLY_FILLED = 5
    STOP_NOT_REACHED = 6
    DECLINED_BY_MODEL = 7
    STOP_REACHED = 8
    LIMIT_REACHED = 9
    SPLIT = 10
    STRATEGY = 11
    SESSION_ENDED = 12
    CLOSED_OUT = 13
    CONTROL = 14
    NOT_TRADABLE = 15
    NO_RATE = 16
    ASSET_ENDED = 17
    EXPIRED = 18
    AUCTION = 19
    TOUCH_NOT_REACHED = 20
    TOUCH_REACHED = 21
    NOT_AT_ONCE = 22
    POST_ONLY = 23
    NOTHING_TO_REDUCE = 24
    LINKED = 25
    HELD = 26
    BUYING_POWER = 27
    NO_BORROW = 28
    MARGIN_CALL = 29
    LIQUIDATION = 30
    RECALLED = 31
    ON_ITS_WAY = 32

    @property
    def label(self) -> str:
        """As frames have it."""
        return LABELS[self]

    @property
    def sentence(self) -> str:
        """Its meaning, as a sentence."""
        return SENTENCES[self]


LABELS: Final[dict[Cause, str]] = {cause: cause.name.lower() for cause in Cause}
SENTENCES: Final[dict[Cause, str]] = {
    Cause.PLACED: "placed at this bar: eligible from the next one",
    Cause.NO_TRADE: "the asset did not trade on the last bar",
    Cause.LIMIT_NOT_REACHED: "the limit was not reached",
    Cause.VOLUME_USED_UP: "the volume share of the bar was used up",
    Cause.IMPACT_BEYOND_LIMIT: "the price with market impact was beyond the limit",
    Cause.PARTLY_FILLED: "the volume share of the bar allowed a part only",
    Cause.STOP_NOT_REACHED: "the stop was not reached",
    Cause.DECLINED_BY_MODEL: "the slippage model did not fill it",
    Cause.STOP_REACHED: "the stop was reached",
    Cause.LIMIT_REACHED: "the limit was reached",
    Cause.SPLIT: "a split restated it",
    Cause.STRATEGY: "cancelled by the strategy",
    Cause.SESSION_ENDED: "the session ended",
    Cause.CLOSED_OUT: "the asset was closed out",
    Cause.CONTROL: "a trading control was violated",
    Cause.NOT_TRADABLE: "the asset can't be ordered",
    Cause.NO_RATE: "there is no rate to convert its currency",
    Cause.ASSET_ENDED: "the asset has ended",
    Cause.EXPIRED: "it was good until then",
    Cause.AUCTION: "it waits for the auction",
    Cause.TOUCH_NOT_REACHED: "the price was not touched",
    Cause.TOUCH_REACHED: "the price was touched",
    Cause.NOT_AT_ONCE: "it was not filled at once",
    Cause.POST_ONLY: "it would have taken liquidity",
    Cause.NOTHING_TO_REDUCE: "there is no position left to reduce",
    Cause.LINKED: "linked order filled",
    Cause.HELD: "it waits for its entry to fill",
    Cause.BUYING_POWER: "the account can't pay for it",
    Cause.NO_BORROW: "there are no shares to borrow",
    Cause.MARGIN_CALL: "margin call",
    Cause.LIQUIDATION: "liquidation",
    Cause.RECALLED: "the borrowed shares were recalled",
    Cause.ON_ITS_WAY: "it is on its way to the exchange",
}
