"""A trend on a chain of futures: one contract long above the 50-day average, one short below, rolled as it goes.

The data are made up on the spot: quarterly contracts on a price that wanders, each a little dearer than the one before.

python examples/continuous_futures.py
rustybt run -f examples/continuous_futures.py --bundle made_up_futures -s 2021-06-01 -e 2022-09-30 --capital-base 250000
"""

import datetime as dt
import math

import polars as pl

import rustybt
from rustybt.api import commission, set_commission, set_slippage, slippage

QUARTERS = [("H21", 2021, 3), ("M21", 2021, 6), ("U21", 2021, 9), ("Z21", 2021, 12)]
QUARTERS += [("H22", 2022, 3), ("M22", 2022, 6), ("U22", 2022, 9), ("Z22", 2022, 12)]


def ingest_made_up_futures():
    """Contracts of the root MU: each trades for the seven months before it expires, most in its last three."""
    rows, contracts = [], []
    for place, (code, year, month) in enumerate(QUARTERS):
        expires = dt.date(year, month, 18)
        contracts.append((f"MU{code}", "future", "MU", expires, "20", "0.25", "MADEUP"))
        for back in range(210, -1, -1):
            day = expires - dt.timedelta(days=back)
            if day < dt.date(2021, 1, 1):
                continue
            t = (day - dt.date(2021, 1, 1)).days
            price = round(4 * (1000 + 150 * math.sin(t / 75) + 25 * math.sin(t / 9) + 6 * place)) / 4
            volume = 20_000 if 7 < back <= 98 else 3_000
            rows.append((f"MU{code}", day, *[f"{price:.2f}"] * 4, volume))
    rustybt.ingest(
        "made_up_futures",
        pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row"),
        calendar="24/7",
        assets=pl.DataFrame(
            contracts,
            schema=["symbol", "type", "root_symbol", "expiration_date", "multiplier", "tick_size", "exchange"],
            orient="row",
        ),
        mode="replace",
    )


def initialize(context):
    context.future = context.continuous_future("MU", roll="volume", adjustment="mul")
    set_commission(us_futures=commission.PerContract(cost=0.85, exchange_fee=1.20))
    set_slippage(us_futures=slippage.FixedSlippage(spread=0.25))


def handle_data(context, data):
    prices = data.history(context.future, "price", 50, "1d")
    if prices.null_count():
        return
    wanted = 1 if prices[-1] > prices.mean() else -1
    contract = data.current(context.future, "contract")
    for held in context.portfolio.positions:
        if held != contract:
            context.order_target(held, 0)  # the chain has rolled: out of the old contract
    if context.portfolio.positions[contract].amount != wanted and not context.get_open_orders(contract):
        context.order_target(contract, wanted)
    context.record(contract=contract.symbol, leverage=context.account.leverage)


ingest_made_up_futures()

if __name__ == "__main__":
    print(
        rustybt.run_algorithm(
            "2021-06-01",
            "2022-09-30",
            initialize,
            capital_base=250_000,
            handle_data=handle_data,
            bundle="made_up_futures",
        )
    )
