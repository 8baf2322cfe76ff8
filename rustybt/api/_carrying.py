"""The account of a run, and what holding costs: borrowed shares, interest on cash, currencies rolled over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from rustybt.core import Number
from rustybt.strategy import current_algorithm

if TYPE_CHECKING:
    from rustybt.orders.accounts import Rule


def set_borrow(
    rates: Any = None,
    default: Number = 0,
    basis: int = 360,
    *,
    value: Literal["close", "street"] = "close",
    settled: int = 0,
) -> None:
    """Lets shorts pay for the shares that they borrow, each calendar night; only in `initialize`.

    rates: a frame, or the path of a CSV or Parquet file, with the columns symbol, date, rate and available, of which
    each row holds from its date on; or a mapping of symbols to a rate, or to rates by date. date, rate and available
    may be missing: a row without a date always held, an empty rate is the default, an empty available is any number.
    rate: a year, 0.03 is 3 %; 0 or more. default: that of symbols without a row.
    available: how many shares can be borrowed: an order that would be short of more is refused, and a short of more
    than there are at a close is bought in from the next bar on.
    basis: days of a year. value: shares are lent on their last close, or, "street", on 1.02 times it up to the next
    whole unit of the currency. settled: how many sessions a trade takes until it counts, 0 for at once.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_borrow, symbol
    >>> class Short(Strategy):
    ...     def initialize(self, context):
    ...         set_borrow({"IBM": "0.03"}, default="0.005")
    ...
    ...     def handle_data(self, context, data):
    ...         if not context.portfolio.positions:
    ...             order(symbol("IBM"), -100)
    >>> entries = run(Short, start="2010-01-04", end="2010-01-07").entries
    >>> for amount, reason in entries.filter(kind="borrow").select("amount", "reason").iter_rows():
    ...     print(round(amount, 4), reason)
    -1.0904 1 night of 100 at 130.85, 0.03 a year
    -1.0833 1 night of 100 at 130, 0.03 a year
    """
    current_algorithm("set_borrow").set_borrow(rates, default, basis, value=value, settled=settled)


def set_financing(
    debit: Any = None,
    credit: Any = None,
    basis: int | Mapping[str, int] = 360,
    *,
    benchmark: Any = None,
    short_proceeds: Literal["held", "free"] = "held",
) -> None:
    """Lets cash pay interest below zero, and bear it above, each calendar night; only in `initialize`.

    debit, credit: a rate a year, 0.05 is 5 %; or tiers, pairs of the balance up to which each goes and its rate, the
    last one up to None: [(100_000, "0.0683"), (None, "0.0633")], where a rate of None pays nothing; or either by date,
    from which on it holds; or any of these by currency: {"USD": ..., "GBP": ...}; or a frame or file with the columns
    date, rate, and where there are any currency and up_to. Currencies that are not named bear no interest.
    benchmark: a rate, by date or currency or not, that those are added to: debit pays the benchmark, 0 at least, and
    its rate; credit gets both together, 0 at least.
    basis: days of a year, or by currency: {"GBP": 365}, 360 for those that are not named.
    short_proceeds: "held": what shorts are worth at the last prices is kept by the lender, and is no cash that bears
    interest or pays a debit; "free": it is.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_financing, symbol
    >>> class OnCredit(Strategy):
    ...     def initialize(self, context):
    ...         set_financing(debit=[(100_000, "0.0683"), (None, "0.0633")], credit="0.01")
    ...
    ...     def handle_data(self, context, data):
    ...         if not context.portfolio.positions:
    ...             order(symbol("IBM"), 1000)
    >>> entries = run(OnCredit, start="2010-01-04", end="2010-01-06", capital_base=100_000).entries
    >>> for detail, amount in entries.filter(kind="financing").select("detail", "amount").iter_rows():
    ...     print(detail, round(amount, 4))
    credit 2.7778
    debit -5.8650
    """
    run = current_algorithm("set_financing")
    run.set_financing(debit, credit, basis, benchmark=benchmark, short_proceeds=short_proceeds)


def set_rollover(
    rates: Any = None,
    *,
    currencies: Any = None,
    markup: Number = 0,
    unit: Literal["rate", "points"] = "rate",
    basis: int = 365,
    triple: str | None = None,
) -> None:
    """Lets positions in currencies pay or get what is due overnight; only in `initialize`.

    rates: by symbol what a long and what a short gets, below zero what it pays, and perhaps admin, which both pay: a
    mapping of symbols to ("-0.03", "0.01") or {"long": ..., "short": ..., "admin": ...}, or to those by date; or a
    frame or file with the columns symbol, date, long, short and admin. Symbols that are not named pay nothing.
    unit: "rate": a share of the last price, a year; "points": money a unit and night, as tom-next points are.
    currencies: instead of rates the interest of currencies, as {"EUR": "0.02", "USD": "0.05"}, each perhaps by date: a
    pair gets that of what was bought and pays that of what was sold, less a markup on both sides.
    basis: days of a year. triple: the weekday after which the nights of the weekend are charged, "wednesday" for most
    pairs; None: Friday to Monday is three nights. Admin is always charged for the nights that there are.
    Cash that was paid for a position in what rolls over bears no other interest: see `set_financing`.

    >>> import polars as pl
    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_rollover, symbol
    >>> days = ["2024-01-02", "2024-01-03", "2024-01-04"]
    >>> bars = pl.DataFrame({"date": days, "open": 2, "high": 2, "low": 2, "close": 2, "volume": 0})
    >>> class Carry(Strategy):
    ...     def initialize(self, context):
    ...         set_rollover({"GBPUSD": ("-0.0365", "0.01")})
    ...
    ...     def handle_data(self, context, data):
    ...         if not context.portfolio.positions:
    ...             order(symbol("GBPUSD"), 1000)
    >>> result = run(Carry, {"GBPUSD": bars.with_columns(volume=pl.lit(10**9))})
    >>> [round(amount, 2) for amount in result.entries.filter(kind="rollover")["amount"]]
    [Decimal('-0.20')]
    """
    run = current_algorithm("set_rollover")
    run.set_rollover(rates, currencies=currencies, markup=markup, unit=unit, basis=basis, triple=triple)


def set_account(kind: Literal["cash", "reg_t", "portfolio", "futures", "isolated"] | Rule, **parameters: Any) -> None:
    """Lets orders be paid for as in an account of that kind; only in `initialize`. Without it nothing is asked.

    An order that the account can't pay for when it is placed is refused with a reason; open orders reserve what they
    need, and sales free nothing before they fill. Where a maintenance margin is no longer there at a bar's close, the
    smallest whole steps that restore it are sold, the largest loser first, by orders with the cause "margin_call".

    "cash": settled cash pays for all, nothing is short. settlement: sessions until a sale settles (1). cushion: what a
    market order is to be covered by beyond the last price, as a share (0).
    "reg_t": initial (0.5) of longs and shorts; maintenance (0.25) of longs; of shorts short_maintenance (0.3) and
    short_per_share (5) at least, of those below cheap_below (5) all and cheap_per_share (2.5) at least; no margin below
    minimum_equity (2000).
    "portfolio": moves: the share that each position may lose (0.15), or by symbol or kind of asset: {"forex": "0.03"};
    no margin below minimum_equity (100000).
    "futures": margins: money a contract by symbol or root symbol, {"ES": (12_000, 11_000)}: initial and maintenance.
    "isolated": perpetuals with a margin each, their cost over leverage (10), liquidated whole where it has fallen to
    the maintenance margin; tiers: up to which value, the rate, what is taken off:
    [(50_000, "0.004", 0), (None, "0.005", 50)].
    test: for each but cash, "range" asks for the margin at the worst price of each bar, all positions at theirs, not at
    its close.
    An object with the methods of `rustybt.orders.accounts.Rule` is a kind of your own.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import order, set_account, symbol
    >>> class Careful(Strategy):
    ...     def initialize(self, context):
    ...         set_account("cash")
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 50)
    >>> result = run(Careful, start="2010-01-04", end="2010-01-05", capital_base=10_000)
    >>> result.orders["cause"].to_list()
    [None, 'buying_power']
    >>> result.orders["reason"][1]
    'it costs 6,542.50, and 3,454.18 USD are settled and not reserved: cash account'
    """
    current_algorithm("set_account").set_account(kind, **parameters)
