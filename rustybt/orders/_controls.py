"""Trading controls: what an order must not be, asked before it is placed."""

from __future__ import annotations

import datetime as dt
import logging
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from rustybt.core import POWERS, Asset, exact_number, scaled
from rustybt.errors import InputError, TradingControlViolation
from rustybt.orders._restrictions import checked_asset

ON_ERROR: Final = ("fail", "reject", "log")
LOG: Final = logging.getLogger("rustybt.orders")


@dataclass(frozen=True, slots=True)
class Intent:
    """An order that is about to be placed.

    size, held: scaled units. price: the asset's, at the fill scale; None where it has none. multiplier: its value
    and scale. amount: the size as the strategy sees numbers. when: the moment, UTC. portfolio, data: the strategy's.
    rate: so many units of the run's currency for so many of the asset's.
    """

    asset: Asset
    size: int
    held: int
    quantity_scale: int
    price: int | None
    fill_scale: int
    multiplier: tuple[int, int]
    amount: Any
    when: dt.datetime
    portfolio: Any
    data: Any
    rate: tuple[int, int] = (1, 1)

    def more_than(self, units: int, limit: tuple[int, int]) -> bool:
        """Whether so many scaled units, whatever their sign, are more than a number."""
        return abs(units) * POWERS[limit[1]] > limit[0] * POWERS[self.quantity_scale]

    def worth_more_than(self, units: int, limit: tuple[int, int]) -> bool:
        """Whether so many scaled units are worth more than an amount of the run's money; no where there is no price."""
        if self.price is None:
            return False
        value, scale = self.multiplier
        numerator, denominator = self.rate
        worth = abs(units * self.price) * value * numerator
        most = limit[0] * denominator
        return worth * POWERS[limit[1]] > most * POWERS[self.quantity_scale + self.fill_scale + scale]


class TradingControl:
    """One rule for orders. A subclass has `violation(intent)`, or Zipline's `validate`, which calls handle_violation.

    on_error: "fail" ends the run with TradingControlViolation, "reject" keeps the order as rejected, with the reason,
    "log" writes it to the log and lets the order through.
    """

    # for a subclass that does not call __init__
    on_error: str = "fail"
    _shown: Mapping[str, Any] = MappingProxyType({})
    _found: str | None = None

    def __init__(self, on_error: str = "fail", **shown: Any) -> None:
        if on_error not in ON_ERROR:
            raise InputError(f"on_error={on_error!r}: choose 'fail', 'reject' or 'log'.")
        self.on_error = on_error
        self._shown = shown

    def violation(self, intent: Intent) -> str | None:
        """What is wrong with an order; None if nothing is. Called once for each, also for those of size zero."""
        self._found = None
        self.validate(intent.asset, intent.amount, intent.portfolio, intent.when, intent.data)
        return self._found

    def validate(self, asset: Asset, amount: Any, portfolio: Any, algo_datetime: Any, algo_current_data: Any) -> None:
        """Zipline's form of a control: calls handle_violation(asset, amount, algo_datetime) where one is found."""
        raise NotImplementedError(f"{type(self).__name__} has neither violation(intent) nor validate(...).")

    def handle_violation(self, asset: Asset, amount: Any, datetime: Any, metadata: Any = None) -> None:
        """Notes a violation; what becomes of the order, on_error says."""
        self._found = f"{self!r} is violated" + (f" ({metadata})" if metadata else "")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self._shown.items() if value is not None)
        return f"{type(self).__name__}({shown})"


class _Size(TradingControl):
    """What the limits of orders and of positions share."""

    what = ""

    _set_by_init = ("_asset", "_shares", "_notional")

    def __init__(self, on_error: str, asset: Any = None, max_shares: Any = None, max_notional: Any = None) -> None:
        super().__init__(on_error, asset=asset, max_shares=max_shares, max_notional=max_notional)
        if max_shares is None and max_notional is None:
            raise InputError(f"{type(self).__name__}: pass max_shares, max_notional, or both.")
        self._asset = None if asset is None else checked_asset(asset, f"{type(self).__name__}(asset=...)")
        self._shares = _limit(max_shares, "max_shares")
        self._notional = _limit(max_notional, "max_notional")

    def violation(self, intent: Intent) -> str | None:
        if self._asset is not None and self._asset != intent.asset:
            return None
        units = self._units(intent)
        if self._shares is not None and intent.more_than(units, self._shares):
            return f"{self.what} would be of more units than {self!r} allows"
        if self._notional is not None and intent.worth_more_than(units, self._notional):
            return f"{self.what} would be worth more than {self!r} allows"
        return None

    def _units(self, intent: Intent) -> int:
        return intent.size


class MaxOrderSize(_Size):
    """The most units, and the most money at the current price, of one order."""

    what = "the order"


class MaxPositionSize(_Size):
    """The most units, and the most money, that a position would have with the order. Open orders do not count."""

    what = "the position"

    def _units(self, intent: Intent) -> int:
        return intent.held + intent.size


class MaxOrderCount(TradingControl):
    """The most orders of a day, by the date of the moment in UTC; refused ones and those of size zero count."""

    _set_by_init = ("_most", "_date", "_placed")

    def __init__(self, on_error: str, max_count: int) -> None:
        super().__init__(on_error, max_count=max_count)
        self._most = _count(max_count)
        self._date: dt.date | None = None
        self._placed = 0

    def violation(self, intent: Intent) -> str | None:
        date = intent.when.date()
        if date != self._date:
            self._date, self._placed = date, 0
        self._placed += 1
        return f"it is order {self._placed} of the day: {self!r}" if self._placed > self._most else None


def _count(max_count: Any) -> int:
    try:
        count = operator.index(max_count)
    except TypeError:
        count = -1
    if isinstance(max_count, bool) or count < 0:
        raise InputError(f"max_count={max_count!r}: pass a whole number of orders, 0 or more.")
    return count


class LongOnly(TradingControl):
    """No position below zero."""

    def violation(self, intent: Intent) -> str | None:
        return "the position would be short: LongOnly()" if intent.held + intent.size < 0 else None


class RestrictedListOrder(TradingControl):
    """No order for an asset that is restricted at the moment."""

    _set_by_init = ("restrictions",)

    def __init__(self, on_error: str, restrictions: Any) -> None:
        super().__init__(on_error)
        self.restrictions = restrictions

    def violation(self, intent: Intent) -> str | None:
        restricted = self.restrictions.is_restricted(intent.asset, intent.when)
        return f"{intent.asset.symbol} is on a list of assets that are not to be ordered" if restricted else None


class AssetDateBounds(TradingControl):
    """No order before an asset's first day or after its last. Not in force unless it is registered."""

    def violation(self, intent: Intent) -> str | None:
        asset, day = intent.asset, intent.when.date()
        if not intent.size or asset.start_date <= day <= asset.end_date:
            return None
        return f"{asset.symbol} is listed from {asset.start_date} to {asset.end_date}"


def controlled(controls: Iterable[TradingControl], intent: Intent) -> tuple[str | None, str | None]:
    """What controls find wrong with an order: why it is refused, and else what they let through, each None for nothing.

    Raises TradingControlViolation where a control says so.
    """
    noted: list[str] = []
    for control in controls:
        found = control.violation(intent)
        if found is None:
            continue
        if control.on_error == "reject":
            return found, None
        said = f"Order for {intent.amount} of {intent.asset.symbol} at {intent.when}: {found}"
        if control.on_error == "fail":
            raise TradingControlViolation(f"{said}. Order less, or set the control with on_error='reject'.")
        LOG.error("%s. It is placed all the same.", said)
        noted.append(found)
    return None, "; ".join(noted) or None


def _limit(value: Any, what: str) -> tuple[int, int] | None:
    if value is None:
        return None
    number = exact_number(value, what)
    if number < 0:
        raise InputError(f"{what}={value!r} is negative. Pass 0 or more: the limit holds for both directions.")
    return scaled(number)
