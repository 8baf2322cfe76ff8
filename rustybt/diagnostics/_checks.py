"""The table of the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from rustybt.diagnostics import _account, _data, _fills, _orders, _returns, _trades
from rustybt.diagnostics._evidence import Evidence, Examined
from rustybt.diagnostics._finding import Diagnostics, Finding, NotMade
from rustybt.diagnostics._told import TOLD, told
from rustybt.errors import CatalogError, ResultError


class Check(NamedTuple):
    """A look at the evidence. tells: what it means where it finds something."""

    look: Callable[[Evidence], Finding | None]
    tells: str


CHECKS: Final[dict[str, Check]] = {
    **{code: Check(told(code), row.tells) for code, row in TOLD.items()},
    "volume_share": Check(_fills.volume_share, "Fills took more than a tenth of a bar's volume."),
    "stale_fills": Check(_fills.stale_fills, "Fills are at prices that had not moved for bars: stale, or filled in."),
    "fills_at_extreme": Check(_fills.fills_at_extreme, "Many buys are at the low of their bar, or sales at its high."),
    "better_than_bar": Check(_fills.better_than_bar, "Fills are at better prices than their bars had."),
    "penny_prices": Check(_fills.penny_prices, "Shares were traded below 1."),
    "same_bar_round_trips": Check(_fills.same_bar_round_trips, "Trades begin and end on one bar."),
    "later_prices": Check(_fills.later_prices, "The profit is gone at the prices of the bars after the fills."),
    "few_days": Check(_returns.few_days, "The best session, or one in a thousand, makes all the profit."),
    "smooth_returns": Check(_returns.smooth_returns, "Returns follow the one before, as with marks that are late."),
    "high_sharpe": Check(_returns.high_sharpe, "The Sharpe ratio is above 3."),
    "uncertain_sharpe": Check(_returns.uncertain_sharpe, "The Sharpe ratio is above 1, and may as well be 0."),
    "short_run": Check(_returns.short_run, "The run is shorter than a year."),
    "one_year": Check(_returns.one_year, "One year makes all the profit."),
    "jump_in_value": Check(_returns.jump_in_value, "The account moved by more than 25 % on a session."),
    "few_trades": Check(_trades.few_trades, "Fewer than 30 positions were opened and closed."),
    "profit_from_few_trades": Check(
        _trades.profit_from_few_trades, "One in twenty positions, from flat to flat, makes all the profit."
    ),
    "one_asset": Check(_trades.one_asset, "One of five or more assets makes most of the profit."),
    "one_side": Check(_trades.one_side, "The longs or the shorts lose money, and the others make it."),
    "open_profit": Check(_trades.open_profit, "Most of the profit is of positions that are open at the end."),
    "leverage": Check(_account.leverage, "Longs and shorts together were worth more than the account at a close."),
    "intraday_leverage": Check(_account.intraday_leverage, "They were within a session, and not at its close."),
    "no_commission": Check(_account.no_commission, "Fills paid no commission."),
    "no_slippage": Check(_account.no_slippage, "Market orders filled at the very price of the bar."),
    "no_borrow_cost": Check(_account.no_borrow_cost, "Shorts were held, and nothing was paid to borrow them."),
    "costs_eat_profit": Check(_account.costs_eat_profit, "Costs took more than half of the profit before them."),
    "turnover": Check(_account.turnover, "The account was turned over more than 50 times a year."),
    "orders_unfilled": Check(_orders.orders_unfilled, "Of most orders nothing was filled."),
    "orders_refused": Check(_orders.orders_refused, "Orders were refused."),
    "partly_filled": Check(_orders.partly_filled, "Many orders ended with a part of what they were for."),
    "unrecorded_split": Check(_data.unrecorded_split, "A price moved as by a split that the data do not have."),
    "calendar_mismatch": Check(_data.calendar_mismatch, "Days of the week are sessions and have no bars."),
    "missing_bars": Check(_data.missing_bars, "An asset lacks bars on more than 2 % of its sessions."),
    "idle_bars": Check(_data.idle_bars, "More than a fifth of an asset's bars have no volume."),
    "stale_marks": Check(_data.stale_marks, "A position was marked at one price for five closes or more."),
    "no_delistings": Check(_data.no_delistings, "Ten or more shares over two years, and none was delisted."),
    "warm_up": Check(_data.warm_up, "An asset was traded within 20 sessions of the begin of its data."),
    "undefined_signals": Check(_data.undefined_signals, "What is recorded was undefined on sessions with fills."),
    "no_benchmark": Check(_data.no_benchmark, "There is no benchmark."),
}
"""Every check by its code. docs/guides/diagnostics.md lists the same."""
CODES: Final[dict[str, str]] = {code: check.tells for code, check in CHECKS.items()}
"""Every code that a finding may have, and what it tells."""


def examine(result: Examined) -> Diagnostics:
    """Makes every check of a result: what was found, and which checks could not be made."""
    evidence = Evidence(result)
    found: list[Finding] = []
    not_made: list[NotMade] = []
    for code, check in CHECKS.items():
        try:
            finding = check.look(evidence)
        except (ResultError, CatalogError) as error:
            not_made.append(NotMade(code, str(error)))
            continue
        if finding is not None:
            found.append(finding)
    return Diagnostics(found, not_made)
