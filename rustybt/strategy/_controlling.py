"""The controls that `initialize` sets: on orders, on the account, on what may be ordered at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic

from rustybt.core import DAY_NS, NS, Asset, Number, Scalar, day_of
from rustybt.errors import InputError, RegisterAccountControlPostInit, RegisterTradingControlPostInit
from rustybt.orders import (
    LongOnly,
    MaxOrderCount,
    MaxOrderSize,
    MaxPositionSize,
    OrderGate,
    RestrictedListOrder,
    SecurityListRestrictions,
    StaticRestrictions,
    TradingControl,
)
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._forms import OnError, Restricting, SecurityList
from rustybt.strategy._run_facts import RunPhase
from rustybt.strategy._run_settings import RunSettings

if TYPE_CHECKING:
    from rustybt.orders import AccountControl


class Controlling(Generic[Scalar]):
    """The part of `context` that sets controls."""

    __slots__ = ()

    _state: AccountState[Scalar]
    _phase: RunPhase
    _gate: OrderGate
    _settings: RunSettings

    def register_trading_control(self, control: TradingControl) -> None:
        """Asks a control of one's own before each order; only in `initialize`.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import execution, order, symbol
        >>> class NotOnMondays(execution.TradingControl):
        ...     def violation(self, intent):
        ...         return "it is Monday" if intent.when.weekday() == 0 else None
        >>> class Careful(Strategy):
        ...     def initialize(self, context):
        ...         context.register_trading_control(NotOnMondays(on_error="reject"))
        ...
        ...     def handle_data(self, context, data):
        ...         order(symbol("IBM"), 1)
        >>> run(Careful, start="2010-01-04", end="2010-01-05").orders["reason"].to_list()
        ['it is Monday', 'placed at this bar: eligible from the next one']
        """
        if self._phase.phase != "initialize":
            raise RegisterTradingControlPostInit(f"{control!r} was set after initialize. Set trading controls there.")
        self._gate.controls.append(control)

    def register_account_control(self, control: AccountControl) -> None:
        """Asks a control of one's own at the close of each session; only in `initialize`.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import execution
        >>> class NoDebt(execution.AccountControl):
        ...     def violation(self, standing):
        ...         return "cash is below zero" if standing.portfolio.cash < 0 else None
        >>> class Careful(Strategy):
        ...     def initialize(self, context):
        ...         context.register_account_control(NoDebt())
        ...
        ...     def handle_data(self, context, data):
        ...         context.order_target_percent(context.symbol("IBM"), 2)
        >>> run(Careful, start="2010-01-04", end="2010-01-06")
        Traceback (most recent call last):
        ...
        rustybt.errors.AccountControlViolation: ...
        """
        if self._phase.phase != "initialize":
            raise RegisterAccountControlPostInit(f"{control!r} was set after initialize. Set account controls there.")
        self._settings.account_controls.append(control)

    def set_max_position_size(
        self,
        asset: Asset | None = None,
        max_shares: Number | None = None,
        max_notional: Number | None = None,
        on_error: OnError = "fail",
    ) -> None:
        """Limits the units, and the money, of a position as it would be with an order; of one asset, or of each."""
        self.register_trading_control(MaxPositionSize(on_error, asset, max_shares, max_notional))

    def set_max_order_size(
        self,
        asset: Asset | None = None,
        max_shares: Number | None = None,
        max_notional: Number | None = None,
        on_error: OnError = "fail",
    ) -> None:
        """Limits the units, and the money, of an order; for one asset, or for each."""
        self.register_trading_control(MaxOrderSize(on_error, asset, max_shares, max_notional))

    def set_max_order_count(self, max_count: int, on_error: OnError = "fail") -> None:
        """Limits the orders of a day."""
        self.register_trading_control(MaxOrderCount(on_error, max_count))

    def set_long_only(self, on_error: OnError = "fail") -> None:
        """Allows no order that would make a position short."""
        self.register_trading_control(LongOnly(on_error))

    def set_asset_restrictions(self, restrictions: Restricting, on_error: OnError = "fail") -> None:
        """Allows no order for an asset while it is restricted; `data.can_trade` is False for it then."""
        if isinstance(restrictions, type) or not hasattr(restrictions, "is_restricted"):
            raise InputError(
                f"set_asset_restrictions({restrictions!r}): pass restrictions like StaticRestrictions([...])."
            )
        self.register_trading_control(RestrictedListOrder(on_error, restrictions))
        market = self._state.market
        market.restrictions = restrictions if market.restrictions is None else market.restrictions | restrictions

    def set_do_not_order_list(
        self, restricted_list: Iterable[Asset] | SecurityList, on_error: OnError = "fail"
    ) -> None:
        """Allows no order for the assets of a list, or of an object with current_securities(dt)."""
        if hasattr(restricted_list, "current_securities"):
            self.set_asset_restrictions(SecurityListRestrictions(restricted_list), on_error)
        else:
            self.set_asset_restrictions(StaticRestrictions(restricted_list), on_error)

    def set_max_leverage(self, max_leverage: Number) -> None:
        """Ends the run with AccountControlViolation where the leverage is above it at a close."""
        from rustybt.orders import MaxLeverage

        self.register_account_control(MaxLeverage(max_leverage))

    def set_min_leverage(self, min_leverage: Number, grace_period: dt.timedelta) -> None:
        """Ends the run where the leverage is below it at a close, once the grace period has passed.

        grace_period: from the run's first day; a timedelta or Timedelta.
        """
        if not isinstance(grace_period, dt.timedelta):
            raise InputError(f"grace_period={grace_period!r}: pass a timedelta, like datetime.timedelta(days=30).")
        grace = (grace_period.days * 86_400 + grace_period.seconds) * NS + grace_period.microseconds * 1000
        from rustybt.orders import MinLeverage

        self.register_account_control(MinLeverage(min_leverage, day_of(self._state.start_date) * DAY_NS + grace))
