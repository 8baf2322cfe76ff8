"""Cash and carry: a coin is held and its perpetual sold, so that what is left of all price moves is the funding.

The data are made up on the spot: a coin, its perpetual, which stays near it, and a funding rate every eight hours.

python examples/cash_and_carry.py
rustybt run -f examples/cash_and_carry.py --bundle made_up_coins -s 2024-01-02 -e 2024-06-28 --capital-base 100000
"""

import datetime as dt
import math

import polars as pl

import rustybt
from rustybt.api import commission, set_commission, set_slippage, slippage, symbol


def ingest_made_up_coins():
    """Days of a coin and of its perpetual, and what the perpetual paid."""
    bars, paid = [], []
    for k in range(182):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=k)
        coin = 42_000 + 9_000 * math.sin(k / 40) + 800 * math.sin(k / 5)
        premium = 30 + 25 * math.sin(k / 11)
        bars.append(("BTC/USDT", day, *[f"{coin:.2f}"] * 4, "5000.12345678"))
        bars.append(("BTC/USDT:USDT", day, *[f"{coin + premium:.1f}"] * 4, "20000.123"))
        rate, mark = f"{premium / 300_000:.8f}", f"{coin:.2f}"
        paid += [("BTC/USDT:USDT", f"{day}T{hour:02}:00:00Z", rate, mark) for hour in (0, 8, 16)]
    common = {"exchange": "MADEUP", "currency": "USDT"}
    rustybt.ingest(
        "made_up_coins",
        pl.DataFrame(bars, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row"),
        calendar="24/7",
        assets=[
            common,
            pl.DataFrame(
                {
                    "symbol": ["BTC/USDT", "BTC/USDT:USDT"],
                    "type": ["crypto", "perpetual"],
                    "quantity_step": ["0.00001", "0.001"],
                    "tick_size": ["0.01", "0.1"],
                }
            ),
        ],
        funding=pl.DataFrame(paid, schema=["symbol", "timestamp", "rate", "mark_price"], orient="row"),
        mode="replace",
    )


def initialize(context):
    context.coin, context.swap = symbol("BTC/USDT"), symbol("BTC/USDT:USDT")
    set_commission(commission.PerDollar("0.0005"))
    set_slippage(slippage.FixedBasisPointsSlippage(basis_points=1))


def handle_data(context, data):
    if not context.portfolio.positions and not context.get_open_orders():
        size = context.portfolio.cash / data.current(context.coin, "price") * 8 / 10
        size -= size % context.swap.quantity_step  # the coarser step of the two
        context.order(context.coin, size)
        context.order(context.swap, -size)
    context.record(leverage=context.account.leverage)


ingest_made_up_coins()

if __name__ == "__main__":
    result = rustybt.run_algorithm("2024-01-02", "2024-06-28", initialize, 100_000, handle_data, bundle="made_up_coins")
    print(result)
    print(result.entries.group_by("kind", maintain_order=True).agg(pl.col("amount").sum()))
