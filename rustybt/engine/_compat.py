"""Where RustyBT differs from Zipline on purpose, one field per difference that can be had both ways."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from rustybt.errors import InputError


@dataclass(frozen=True, slots=True)
class Compat:
    """True gives Zipline's behaviour. `run_algorithm(compat="zipline")` sets all of them.

    skip_half_days: a daily scheduled function leaves out a session that closes less than 24 hours after the guard.
    limits_can_slip: default slippage may fill a limit order worse than its limit.
    stop_limits_become_limits: a stop-limit order whose stop was reached reads as a limit order: its stop is None.
    daily_cancels_spare: in daily runs a cancel policy cancels only the oldest order of each asset that has several.
    late_orders_are_none: an order after an asset's end, or after its auto-close date, is no order but a warning, where
        it has an auto-close date; else it waits for ever. Orders to buy over 1e11 units raise OrderTooLarge.
    notional_without_multiplier: controls take a contract to be worth its price.
    exact_pay_dates: a dividend whose pay date is missing, or is no session, is never paid.
    pnl_without_dividends: pnl and starting_cash of a day are taken after the day's dividends.
    split_in_cents: a split rounds cost basis, limits and the cash for fractions to cents.
    stock_dividends_keep_basis: shares paid as a dividend cost per unit what those held do, a short among them; else the
        position's cost stays what it was, and each unit costs less.
    split_of_orders: an open order of which a split leaves less than one unit counts as filled, not cancelled; and the
        fees of one that is filled in part count what was filled before in the units of after the split: a fee that
        comes out below zero lowers the order's commission, and is not paid back.
    triggers_need_volume: once the orders of an asset have used up their share of a bar's volume, the stops and limits
        of the others are not looked at on that bar.
    dividends_need_a_bar: a dividend adjusts earlier prices only where the session before its ex-day has a bar.
    price_of_last_trade: in a minute run a bar without a row has the price of the last row with a volume, even where a
        later row without one had another, and positions are marked so before the open; else that of the last row.
    history_in_thousandths: history is rounded to 3 decimals.
    year_of_252: statistics of days and shorter bars use 252 sessions a year, whatever the calendar.
    every_minute_once: time_rules.every_minute() runs once a session, with its first bar.
    figures_below_zero: an account that is worth nothing or less goes on to have returns, leverage, Sharpe and all
        other figures; a leverage below zero is no more than any set_max_leverage.
    currencies_are_one: money of all currencies is added up as numbers, as if it were of one.
    owed_shares_ignore_splits: shares of a dividend that are earned, but not paid, stay as many when they are split.

    >>> from rustybt import Compat, run
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 10)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-08", compat=Compat(year_of_252=True))
    >>> [name for name, set_so in result.manifest["compat"].items() if set_so]
    ['year_of_252']
    """

    skip_half_days: bool = False
    limits_can_slip: bool = False
    stop_limits_become_limits: bool = False
    daily_cancels_spare: bool = False
    late_orders_are_none: bool = False
    notional_without_multiplier: bool = False
    exact_pay_dates: bool = False
    pnl_without_dividends: bool = False
    split_in_cents: bool = False
    stock_dividends_keep_basis: bool = False
    split_of_orders: bool = False
    dividends_need_a_bar: bool = False
    price_of_last_trade: bool = False
    history_in_thousandths: bool = False
    year_of_252: bool = False
    every_minute_once: bool = False
    figures_below_zero: bool = False
    currencies_are_one: bool = False
    owed_shares_ignore_splits: bool = False
    triggers_need_volume: bool = False

    @classmethod
    def zipline(cls) -> Compat:
        """All differences Zipline's way.

        >>> import dataclasses
        >>> from rustybt import Compat
        >>> dataclasses.replace(Compat.zipline(), year_of_252=False).limits_can_slip
        True
        """
        return cls(*[True] * len(fields(cls)))


def compat_named(value: Any) -> Compat:
    """A Compat from what `run_algorithm(compat=)` takes: None, "zipline" or a Compat."""
    if value is None:
        return Compat()
    if isinstance(value, Compat):
        return value
    if value == "zipline":
        return Compat.zipline()
    raise InputError(f"compat={value!r}: pass 'zipline', a Compat, or nothing.")
