"""Account controls: what an account must not be, asked at the close of each session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from rustybt.core import datetime_of, exact_number
from rustybt.errors import AccountControlViolation, InputError
from rustybt.orders._gate import OrderGate


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """An account at a close.

    leverage: gross exposure over value; None, which is without bound, where the value is zero. stamp: ns UTC.
    portfolio, account, data: the strategy's. gate: places orders, which are eligible from the next bar.
    """

    leverage: Fraction | None
    stamp: int
    portfolio: Any
    account: Any
    data: Any
    gate: OrderGate


class AccountControl:
    """One rule for the account. A subclass has `violation(snapshot)`, or Zipline's `validate`, which calls fail."""

    # for a subclass that does not call __init__
    _shown: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, **shown: Any) -> None:
        self._shown = shown

    def violation(self, snapshot: AccountSnapshot) -> str | None:
        """What is wrong with the account; None if nothing is."""
        self.validate(snapshot.portfolio, snapshot.account, datetime_of(snapshot.stamp), snapshot.data)
        return None

    def validate(self, _portfolio: Any, _account: Any, _algo_datetime: Any, _algo_current_data: Any) -> None:
        """Zipline's form of a control: calls self.fail() where something is wrong."""
        raise NotImplementedError(f"{type(self).__name__} has neither violation(snapshot) nor validate(...).")

    def fail(self) -> None:
        """Ends the run."""
        raise AccountControlViolation(f"{self!r} is violated.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self._shown.items())})"


class MaxLeverage(AccountControl):
    """The most leverage at a close."""

    _set_by_init = ("_most",)

    def __init__(self, max_leverage: Any) -> None:
        super().__init__(max_leverage=max_leverage)
        self._most = _leverage(max_leverage, "max_leverage")

    def violation(self, snapshot: AccountSnapshot) -> str | None:
        leverage = snapshot.leverage
        return None if leverage is not None and leverage <= self._most else _said(leverage)


class MinLeverage(AccountControl):
    """The least leverage at a close, once a time has passed. deadline: ns UTC."""

    _set_by_init = ("_least", "_deadline")

    def __init__(self, min_leverage: Any, deadline: int) -> None:
        super().__init__(min_leverage=min_leverage, deadline=datetime_of(deadline))
        self._least = _leverage(min_leverage, "min_leverage")
        self._deadline = deadline

    def violation(self, snapshot: AccountSnapshot) -> str | None:
        leverage = snapshot.leverage
        if snapshot.stamp <= self._deadline or leverage is None or leverage >= self._least:
            return None
        return _said(leverage)


def _said(leverage: Fraction | None) -> str:
    return f"the leverage is {float(leverage):.6g}" if leverage is not None else "the leverage has no bound"


def _leverage(value: Any, what: str) -> Fraction:
    if value is None:
        raise InputError(f"{what} is missing: pass a number of 0 or more.")
    number = Fraction(exact_number(value, what))
    if number < 0:
        raise InputError(f"{what}={value!r} is negative. Pass 0 or more.")
    return number
