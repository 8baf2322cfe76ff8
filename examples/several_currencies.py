"""Shares in dollars, euros and yen in one run, which is counted in dollars.

What is bought in euros or yen is borrowed there first. Once a month the weights go back to a third each, and debts
are paid back in dollars, so that from then on the rates count. The data are made up on the spot.

python examples/several_currencies.py
rustybt run -f examples/several_currencies.py --bundle made_up_world -s 2024-01-02 -e 2024-06-28 --currency USD
"""

import datetime as dt
import math

import polars as pl

import rustybt
from rustybt.api import (
    commission,
    convert_currency,
    date_rules,
    order_target_percent,
    schedule_function,
    set_commission,
    set_slippage,
    slippage,
    symbol,
)

ABOUT = {
    "ACME": ("USD", "equity", "0.01"),
    "HAFEN": ("EUR", "equity", "0.01"),
    "UMI": ("JPY", "equity", "1"),
    "EUR/USD": ("USD", "forex", "0.00001"),
    "USD/JPY": ("JPY", "forex", "0.001"),
}


def ingest_made_up_world():
    """Weekdays of three shares and of two pairs of currencies."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(182)]
    bars = []
    for k, day in enumerate(day for day in days if day.weekday() < 5):
        prices = {
            "ACME": f"{100 + k / 8 + 4 * math.sin(k / 9):.2f}",
            "HAFEN": f"{60 + k / 12 + 3 * math.sin(k / 6):.2f}",
            "UMI": f"{2500 + 2 * k + 90 * math.sin(k / 11):.0f}",
            "EUR/USD": f"{1.09 + 0.02 * math.sin(k / 15):.5f}",
            "USD/JPY": f"{145 + k / 10 + math.sin(k / 7):.3f}",
        }
        bars += [(name, day, *[price] * 4, "1000000") for name, price in prices.items()]
    rustybt.ingest(
        "made_up_world",
        pl.DataFrame(bars, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row"),
        calendar="24/5",
        assets=pl.DataFrame(
            [(name, *about) for name, about in ABOUT.items()],
            schema=["symbol", "currency", "type", "tick_size"],
            orient="row",
        ),
        mode="replace",
    )


def initialize(context):
    context.shares = [symbol(name) for name in ("ACME", "HAFEN", "UMI")]
    set_commission(commission.PerDollar("0.0005"))
    set_slippage(slippage.FixedBasisPointsSlippage(basis_points=2))
    schedule_function(rebalance, date_rules.month_start())
    schedule_function(pay_back, date_rules.month_start(days_offset=3))


def rebalance(context, data):
    for share in context.shares:
        order_target_percent(share, "0.33")


def pay_back(context, data):
    for currency, cash in context.portfolio.cash_by_currency.items():
        if currency != "USD":
            convert_currency(cash, currency, "USD")  # what is owed is bought, what is left over is sold


ingest_made_up_world()

if __name__ == "__main__":
    result = rustybt.run_algorithm(
        "2024-01-02", "2024-06-28", initialize, 1_000_000, bundle="made_up_world", currency="USD"
    )
    print(result)
    print(result.cash_by_currency.tail(3))
    print(result.conversions.select("dt", "amount", "from_currency", "received", "to_currency"))
