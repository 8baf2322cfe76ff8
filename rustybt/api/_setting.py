"""What a strategy sets for its run: schedules, what is recorded, models, controls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rustybt.core import Asset, Number
from rustybt.strategy import DateRule, TimeRule, current_algorithm

if TYPE_CHECKING:
    from rustybt.core.latency import Latency
    from rustybt.strategy import (
        CancelPolicy,
        Commission,
        Context,
        OnError,
        Restricting,
        SecurityList,
        Slippage,
    )
    from rustybt.view import BarData


def record(*args: Any, **kwargs: Any) -> None:
    """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of `result.recorded`.

    >>> from rustybt import run
    >>> from rustybt.api import record, symbol
    >>> def handle_data(context, data):
    ...     record(close=data.current(symbol("IBM"), "close"), day=data.current_session.day)
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").recorded.rows()
    [(datetime.date(2010, 1, 4), Decimal('132.4500'), 4), (datetime.date(2010, 1, 5), Decimal('130.8500'), 5)]
    """
    current_algorithm("record").record(*args, **kwargs)


def schedule_function[S: (Decimal, float)](
    func: Callable[[Context[S], BarData[S]], object],
    date_rule: DateRule | None = None,
    time_rule: TimeRule | None = None,
    half_days: bool = True,
    calendar: str | None = None,
    *,
    priority: int = 0,
) -> None:
    """Calls func(context, data) by a rule for the session and one for the time of day, after handle_data.

    priority: of what is due at one moment, the smaller one is called first.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import date_rules, order_target_percent, schedule_function, symbol, time_rules
    >>> class Monthly(Strategy):
    ...     def initialize(self, context):
    ...         schedule_function(self.rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
    ...
    ...     def rebalance(self, context, data):
    ...         order_target_percent(symbol("IBM"), 1)
    >>> [str(when.date()) for when in run(Monthly, start="2010-01-15", end="2010-03-10").orders["created"]]
    ['2010-02-01', '2010-03-01']
    """
    run = current_algorithm("schedule_function")
    run.schedule_function(func, date_rule, time_rule, half_days, calendar, priority=priority)


def set_benchmark(benchmark: Asset) -> None:
    """Compares the run with an asset: alpha, beta and the benchmark's columns; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_benchmark, symbol
    >>> class Compared(Strategy):
    ...     def initialize(self, context):
    ...         set_benchmark(symbol("IBM"))
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("AAPL"), 1)
    >>> round(run(Compared, start="2010-01-04", end="2010-02-26").daily["beta"][-1], 4)
    Decimal('0.0382')
    """
    current_algorithm("set_benchmark").set_benchmark(benchmark)


def set_slippage(
    us_equities: Slippage | None = None,
    us_futures: Slippage | None = None,
    *,
    assets: Mapping[Asset, Slippage] | None = None,
) -> None:
    """Sets the slippage model; only in `initialize`. assets: models of their own for some assets.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_slippage, slippage, symbol
    >>> class AtTheClose(Strategy):
    ...     def initialize(self, context):
    ...         set_slippage(slippage.FixedSlippage(spread="0.02"))
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1)
    >>> run(AtTheClose, start="2010-01-04", end="2010-01-05").transactions["price"].to_list()  # the close was 130.85
    [Decimal('130.86')]

    >>> class Each(Strategy):
    ...     def initialize(self, context):
    ...         set_slippage(slippage.FixedSlippage(), assets={symbol("AAPL"): slippage.FixedSlippage("0.1")})
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1), order(symbol("AAPL"), 1)
    >>> run(Each, start="2010-01-04", end="2010-01-05").transactions["price"].to_list()  # they closed at 130.85, 214.38
    [Decimal('130.85'), Decimal('214.43')]
    """
    current_algorithm("set_slippage").set_slippage(us_equities, us_futures, assets=assets)


def set_commission(
    us_equities: Commission | None = None,
    us_futures: Commission | None = None,
    *,
    assets: Mapping[Asset, Commission] | None = None,
) -> None:
    """Sets the commission model; only in `initialize`. assets: models of their own for some assets.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import commission, order, set_commission, symbol
    >>> class Charged(Strategy):
    ...     def initialize(self, context):
    ...         set_commission(commission.PerShare(cost="0.005", min_trade_cost=1))
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 10)
    >>> run(Charged, start="2010-01-04", end="2010-01-06").metrics["commission"]
    Decimal('2.00000000000000000000')
    """
    current_algorithm("set_commission").set_commission(us_equities, us_futures, assets=assets)


def set_latency(latency: Latency | str) -> None:
    """Lets orders, changes and cancels take time to the exchange; only in `initialize`.

    latency: a `latency.Latency(network=, broker=, exchange=)`, or the name of one of `latency.PROFILES`.
    An order gets a price from after its arrival: the close of the bar in which it arrives, and the open, or what lies
    within the bar, only of bars that begin at its arrival or later. What is drawn follows from the run's seed.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import latency, order, set_latency, symbol
    >>> class FromAfar(Strategy):
    ...     def initialize(self, context):
    ...         set_latency(latency.Latency(network="90ms", broker="5ms", exchange="1ms"))
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1)
    >>> len(run(FromAfar, start="2010-01-04", end="2010-01-05").transactions)
    1
    """
    current_algorithm("set_latency").set_latency(latency)


def set_cancel_policy(cancel_policy: CancelPolicy) -> None:
    """Sets when open orders are cancelled; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import EODCancel, order, set_cancel_policy, symbol
    >>> class DayOrders(Strategy):
    ...     def initialize(self, context):
    ...         set_cancel_policy(EODCancel())
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1, limit_price=100)
    >>> run(DayOrders, start="2010-01-04", end="2010-01-06").orders["status"].to_list()
    ['cancelled', 'cancelled', 'open']
    """
    current_algorithm("set_cancel_policy").set_cancel_policy(cancel_policy)


def set_max_position_size(
    asset: Asset | None = None,
    max_shares: Number | None = None,
    max_notional: Number | None = None,
    on_error: OnError = "fail",
) -> None:
    """Limits the units, and the money, of a position as it would be with an order; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_max_position_size, symbol
    >>> class Limited(Strategy):
    ...     def initialize(self, context):
    ...         set_max_position_size(symbol("IBM"), max_shares=15, on_error="reject")
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 10)
    >>> run(Limited, start="2010-01-04", end="2010-01-06").orders["status"].to_list()
    ['filled', 'rejected', 'rejected']
    """
    current_algorithm("set_max_position_size").set_max_position_size(asset, max_shares, max_notional, on_error)


def set_max_order_size(
    asset: Asset | None = None,
    max_shares: Number | None = None,
    max_notional: Number | None = None,
    on_error: OnError = "fail",
) -> None:
    """Limits the units, and the money, of an order; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_max_order_size, symbol
    >>> class Limited(Strategy):
    ...     def initialize(self, context):
    ...         set_max_order_size(max_notional=1000, on_error="reject")
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 10)
    >>> run(Limited, start="2010-01-04", end="2010-01-04").orders["reason"].to_list()
    ['the order would be worth more than MaxOrderSize(max_notional=1000) allows']
    """
    current_algorithm("set_max_order_size").set_max_order_size(asset, max_shares, max_notional, on_error)


def set_max_order_count(max_count: int, on_error: OnError = "fail") -> None:
    """Limits the orders of a day; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_max_order_count, symbol
    >>> class Limited(Strategy):
    ...     def initialize(self, context):
    ...         set_max_order_count(1, on_error="reject")
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1)
    ...         order(symbol("AAPL"), 1)
    >>> run(Limited, start="2010-01-04", end="2010-01-04").orders["status"].to_list()
    ['open', 'rejected']
    """
    current_algorithm("set_max_order_count").set_max_order_count(max_count, on_error)


def set_long_only(on_error: OnError = "fail") -> None:
    """Allows no order that would make a position short; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_long_only, symbol
    >>> class LongOnly(Strategy):
    ...     def initialize(self, context):
    ...         set_long_only()
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), -1)
    >>> run(LongOnly, start="2010-01-04", end="2010-01-04")
    Traceback (most recent call last):
    ...
    rustybt.errors.TradingControlViolation: ...
    """
    current_algorithm("set_long_only").set_long_only(on_error)


def set_asset_restrictions(restrictions: Restricting, on_error: OnError = "fail") -> None:
    """Allows no order for an asset while it is restricted; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import StaticRestrictions, set_asset_restrictions, symbol
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_asset_restrictions(StaticRestrictions([symbol("IBM")]))
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-04")
    False
    """
    current_algorithm("set_asset_restrictions").set_asset_restrictions(restrictions, on_error)


def set_do_not_order_list(restricted_list: Iterable[Asset] | SecurityList, on_error: OnError = "fail") -> None:
    """Allows no order for the assets of a list; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_do_not_order_list, symbol
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_do_not_order_list([symbol("IBM")], on_error="reject")
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 1)
    >>> run(Restricted, start="2010-01-04", end="2010-01-04").orders["status"].to_list()
    ['rejected']
    """
    current_algorithm("set_do_not_order_list").set_do_not_order_list(restricted_list, on_error)


def set_max_leverage(max_leverage: Number) -> None:
    """Ends the run where the leverage is above it at a close; only in `initialize`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order_target_percent, set_max_leverage, symbol
    >>> class Careful(Strategy):
    ...     def initialize(self, context):
    ...         set_max_leverage("1.5")
    ...
    ...     def handle_data(self, context, data):
    ...         order_target_percent(symbol("IBM"), 2)
    >>> run(Careful, start="2010-01-04", end="2010-01-06")
    Traceback (most recent call last):
    ...
    rustybt.errors.AccountControlViolation: ...
    """
    current_algorithm("set_max_leverage").set_max_leverage(max_leverage)


def set_min_leverage(min_leverage: Number, grace_period: dt.timedelta) -> None:
    """Ends the run where the leverage is below it at a close, once the grace period has passed; in `initialize`.

    >>> import datetime as dt
    >>> from rustybt import Strategy, run
    >>> from rustybt.api import set_min_leverage
    >>> class Invested(Strategy):
    ...     def initialize(self, context):
    ...         set_min_leverage("0.5", grace_period=dt.timedelta(days=30))
    >>> run(Invested, start="2010-01-04", end="2010-03-01")
    Traceback (most recent call last):
    ...
    rustybt.errors.AccountControlViolation: ...
    """
    current_algorithm("set_min_leverage").set_min_leverage(min_leverage, grace_period)
