"""Assets: frozen descriptions of what can be held, one object per asset and run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Self

from rustybt.core._html import facts_html

_TOLD: list[Callable[[Asset, object], None]] = []


def when_compared(tell: Callable[[Asset, object], None]) -> None:
    """Calls tell(asset, other) wherever an asset is compared with a text or a number, which is equal to none."""
    _TOLD.append(tell)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Asset:
    """One instrument of a bundle.

    Its identity is `key`; `sid` is that key's number within the bundle; `symbol` is the name that it carries at
    the run's look-up date.

    start_date, end_date: first and last session with data.
    auto_close_date: the session at whose close what is still held is closed out; None means never.
    tick_size: the grid of order prices, in units of the currency.
    quantity_step: the smallest quantity that can be ordered.
    multiplier: money per unit of price and quantity.
    price_scale, volume_scale: decimals of the prices and the volumes, as the source's text had them.

    >>> from rustybt import Asset, BarData, Context, run
    >>> def handle_data(context: Context, data: BarData) -> None:
    ...     apple: Asset = context.symbol("AAPL")
    ...     print(apple.symbol, apple.exchange, apple.tick_size, apple.start_date, apple.end_date)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    AAPL XNAS 0.01 2000-03-01 2013-03-01
    """

    kind: ClassVar[str] = "asset"

    sid: int
    key: str
    symbol: str
    name: str
    exchange: str
    country: str
    currency: str
    start_date: dt.date
    end_date: dt.date
    auto_close_date: dt.date | None
    tick_size: Decimal
    quantity_step: Decimal
    multiplier: Decimal
    price_scale: int
    volume_scale: int
    first_day: int = field(default=0)
    last_day: int = field(default=0)

    def __hash__(self) -> int:
        return self.sid

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Asset):
            return self.key == other.key and self.sid == other.sid
        if isinstance(other, str | int):
            for tell in _TOLD:
                tell(self, other)
        return False

    def __lt__(self, other: Asset) -> bool:
        return self.sid < other.sid

    def __deepcopy__(self, memo: object) -> Self:
        # a frozen value, one object per asset and run
        return self

    def __int__(self) -> int:
        return self.sid

    def __index__(self) -> int:
        return self.sid

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sid} [{self.symbol}])"

    def _repr_html_(self) -> str:
        step = None if self.quantity_step == 1 else self.quantity_step
        multiplier = None if self.multiplier == 1 else self.multiplier
        facts = [("name", self.name or None), ("type", self.kind), ("exchange", self.exchange or None)]
        facts += [("currency", self.currency), ("data", f"{self.start_date} to {self.end_date}")]
        more = [
            ("tick", self.tick_size),
            ("step", step),
            ("multiplier", multiplier),
            ("closed out", self.auto_close_date),
        ]
        return facts_html(self.symbol, [*facts, *more])


class Equity(Asset):
    """A share; whole units unless its quantity step says otherwise."""

    __slots__ = ()
    kind: ClassVar[str] = "equity"


class ETF(Equity):
    """A fund traded like a share."""

    __slots__ = ()
    kind: ClassVar[str] = "etf"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Future(Asset):
    """A futures contract: its gains and losses go to cash as variation, and its position has no value of its own.

    root_symbol: the chain it belongs to, as "CL" of CLF24. notice_date, expiration_date: first notice and last trade;
    None where the source says nothing. auto_close_date is the earlier of the two unless the source has its own.
    """

    kind: ClassVar[str] = "future"

    root_symbol: str = field(default="")
    notice_date: dt.date | None = field(default=None)
    expiration_date: dt.date | None = field(default=None)

    @property
    def price_multiplier(self) -> Decimal:
        """The multiplier, under the other name that Zipline has for it."""
        return self.multiplier


@dataclass(frozen=True, slots=True)
class ContinuousFuture:
    """A chain of contracts, read as one: at each moment one of them is current, and history splices them together.

    It has prices, and can't be ordered: `data.current(future, "contract")` is the contract to order.

    offset: 0 is the current contract, 1 the one after it, and so on. roll: "volume" or "calendar".
    adjustment: "mul", "add" or None; how prices of before a roll are made comparable with those after it.
    start_date, end_date: first and last session with data of any of its contracts.
    """

    kind: ClassVar[str] = "continuous_future"

    root_symbol: str
    offset: int
    roll: str
    adjustment: str | None
    exchange: str
    start_date: dt.date
    end_date: dt.date

    @property
    def roll_style(self) -> str:
        """`roll`, under the name that Zipline gives it."""
        return self.roll

    @property
    def symbol(self) -> str:
        """How frames call it: the root symbol, and what differs from the defaults, like CL+1/calendar/add."""
        offset = f"+{self.offset}" if self.offset else ""
        roll = "" if self.roll == "volume" else f"/{self.roll}"
        adjustment = "" if self.adjustment == "mul" else f"/{self.adjustment or 'plain'}"
        return f"{self.root_symbol}{offset}{roll}{adjustment}"

    def __repr__(self) -> str:
        return f"ContinuousFuture({self.root_symbol!r}, {self.offset}, {self.roll!r}, {self.adjustment!r})"


class CryptoSpot(Asset):
    """A pair of a spot market."""

    __slots__ = ()
    kind: ClassVar[str] = "crypto"


class Perpetual(Asset):
    """A perpetual future: settled like a future's, its gains and losses go to cash; it does not expire.

    What keeps its price near that of what it stands for is funding, paid by one side to the other: `FundingRate`.
    """

    __slots__ = ()
    kind: ClassVar[str] = "perpetual"


class Forex(Asset):
    """A currency pair: so many units of the first, at a price in the second, which is its `currency`.

    Nobody publishes the volume of all its trades: a bar whose volume is 0 is one of which it was not told.
    """

    __slots__ = ()
    kind: ClassVar[str] = "forex"


class Index(Asset):
    """A number to look at; it can't be ordered."""

    __slots__ = ()
    kind: ClassVar[str] = "index"


ASSET_TYPES: dict[str, type[Asset]] = {
    cls.kind: cls for cls in (Equity, ETF, Future, CryptoSpot, Perpetual, Forex, Index)
}
"""The values that the column `type` of an assets frame may have."""
WITHOUT_VOLUME: tuple[str, ...] = ("forex", "index")
"""Kinds whose bars need no volume to be worth looking at: nobody adds up the trades of a currency, and of an index
there are none."""
