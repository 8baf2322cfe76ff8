"""Assets as a Zipline script sees them: Timestamps, floats and Zipline's names over the assets of the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from rustybt import core as of_run
from rustybt.zipline._pandas import pandas
from rustybt.zipline.utils.calendar_utils import get_calendar


@dataclass(frozen=True, slots=True, repr=False)
class ExchangeInfo:
    """An exchange. canonical_name: the name of its calendar's exchange; country_code: two letters, "??" if unknown."""

    name: str
    canonical_name: str
    country_code: str

    def __repr__(self) -> str:
        return f"ExchangeInfo({self.name!r}, {self.canonical_name!r}, {self.country_code!r})"


class Asset:
    """What a script gets for an asset of the run. Two are equal, and sort, by their sid; int() gives it.

    core: the asset of the run that this one shows.
    """

    __slots__ = ("core", "sid", "symbol")

    core: of_run.Asset
    sid: int
    symbol: str

    def __init__(self, shown: of_run.Asset) -> None:
        object.__setattr__(self, "core", shown)
        object.__setattr__(self, "sid", shown.sid)
        object.__setattr__(self, "symbol", shown.symbol)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self!r}: assets can't be changed, and {name!r} was set. Keep it on context.")

    @property
    def asset_name(self) -> str:
        return self.core.name

    @property
    def exchange(self) -> str:
        return self.core.exchange

    @property
    def exchange_full(self) -> str:
        return self.core.exchange

    @property
    def country_code(self) -> str:
        return self.core.country or "??"

    @property
    def exchange_info(self) -> ExchangeInfo:
        return ExchangeInfo(self.core.exchange, self.core.exchange, self.country_code)

    @property
    def start_date(self) -> Any:
        return label(self.core.start_date)

    @property
    def first_traded(self) -> Any:
        return label(self.core.start_date)

    @property
    def end_date(self) -> Any:
        return label(self.core.end_date)

    @property
    def auto_close_date(self) -> Any:
        return label(self.core.auto_close_date)

    @property
    def tick_size(self) -> float:
        return float(self.core.tick_size)

    @property
    def price_multiplier(self) -> float:
        return float(self.core.multiplier)

    def is_alive_for_session(self, session_label: Any) -> bool:
        """Whether the asset has data for a session."""
        return bool(self.start_date <= session_label <= self.end_date)

    def is_exchange_open(self, dt_minute: Any) -> bool:
        """Whether a minute is one in which the asset's exchange trades."""
        return bool(get_calendar(self.exchange).is_open_on_minute(dt_minute))

    def to_dict(self) -> dict[str, Any]:
        """The attributes by name, as Zipline writes them."""
        names = ("sid", "symbol", "asset_name", "start_date", "end_date", "first_traded", "auto_close_date")
        return {
            **{name: getattr(self, name) for name in names},
            "exchange": self.exchange,
            "exchange_full": self.exchange_full,
            "tick_size": self.tick_size,
            "multiplier": self.price_multiplier,
            "exchange_info": self.exchange_info,
        }

    def __reduce__(self) -> Any:
        return type(self), (self.core,)

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __hash__(self) -> int:
        return self.sid

    def __int__(self) -> int:
        return self.sid

    def __index__(self) -> int:
        return self.sid

    def __eq__(self, other: object) -> bool:
        # the run's own asset is the same one: a script's restrictions are asked with it
        return self is other or (isinstance(other, Asset | int | of_run.Asset) and self.sid == int(other))

    def __lt__(self, other: Any) -> bool:
        return self.sid < int(other) if isinstance(other, Asset | int) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self.sid <= int(other) if isinstance(other, Asset | int) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return self.sid > int(other) if isinstance(other, Asset | int) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return self.sid >= int(other) if isinstance(other, Asset | int) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sid} [{self.symbol}])"


class Equity(Asset):
    """A share, a fund, or anything else that is no future."""

    __slots__ = ()


class Future(Asset):
    """A futures contract."""

    __slots__ = ()

    @property
    def root_symbol(self) -> str:
        return str(getattr(self.core, "root_symbol", ""))

    @property
    def notice_date(self) -> Any:
        return label(getattr(self.core, "notice_date", None))

    @property
    def expiration_date(self) -> Any:
        return label(getattr(self.core, "expiration_date", None))

    @property
    def multiplier(self) -> float:
        return float(self.core.multiplier)

    def to_dict(self) -> dict[str, Any]:
        """The attributes by name, as Zipline writes them."""
        own = ("root_symbol", "notice_date", "expiration_date")
        return super().to_dict() | {name: getattr(self, name) for name in own}


@dataclass(frozen=True, slots=True)
class ContinuousFuture:
    """A chain of contracts, read as one. core: that of the run."""

    core: of_run.ContinuousFuture

    @property
    def sid(self) -> int:
        """Zipline's number for it, by which it stands in order among others."""
        letters = "".join(str(ord(letter)) for letter in self.root_symbol.upper())
        adjustment = {None: 0, "mul": 1, "add": 2}[self.adjustment]
        return int(f"1{self.offset}{letters}{int(self.roll_style == 'volume')}{adjustment}")

    @property
    def root_symbol(self) -> str:
        return self.core.root_symbol

    @property
    def offset(self) -> int:
        return self.core.offset

    @property
    def roll_style(self) -> str:
        return self.core.roll

    @property
    def adjustment(self) -> str | None:
        return self.core.adjustment

    @property
    def exchange(self) -> str:
        return self.core.exchange

    @property
    def symbol(self) -> str:
        return self.core.symbol

    @property
    def start_date(self) -> Any:
        return label(self.core.start_date)

    @property
    def end_date(self) -> Any:
        return label(self.core.end_date)

    def __int__(self) -> int:
        return self.sid

    def __str__(self) -> str:
        return f"ContinuousFuture({self.sid} [{self.root_symbol}, {self.offset}, {self.roll_style}, {self.adjustment}])"

    def __repr__(self) -> str:
        names = ("root_symbol", "offset", "roll_style", "adjustment")
        return f"ContinuousFuture({self.sid}, {', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


class AssetWrapper:
    """The assets of a run as the script gets them, one object each."""

    __slots__ = ("_by_sid",)

    def __init__(self) -> None:
        self._by_sid: dict[int, Asset] = {}

    def of(self, shown: Any) -> Any:
        """An asset as the script gets it."""
        wrapped = self._by_sid.get(shown.sid)
        if wrapped is None or wrapped.symbol != shown.symbol:
            kind = Future if isinstance(shown, of_run.Future) else Equity
            wrapped = self._by_sid[shown.sid] = kind(shown)
        return wrapped

    def all(self, shown: Iterable[Any]) -> list[Any]:
        """Assets as the script gets them."""
        return [self.of(one) for one in shown]


def unwrap(asset: Any) -> Any:
    """The run's asset behind one of the script's; anything else as it is, so that the engine can say what is wrong."""
    return getattr(asset, "core", asset)


def unwrap_all(assets: Any) -> Any:
    """The same for a list, an index or another collection of them."""
    return [unwrap(asset) for asset in assets]


def label(day: dt.date | None) -> Any:
    """A session as Zipline labels it: a Timestamp at midnight, without a time zone; None for None."""
    return None if day is None else pandas().Timestamp(day)
