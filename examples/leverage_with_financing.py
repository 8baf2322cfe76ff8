"""Apple and IBM at 1.6 times the account for eight years, on credit: interest, and margin calls.

The benchmark is about the federal funds rate, in round numbers.

python examples/leverage_with_financing.py
rustybt run -f examples/leverage_with_financing.py -s 2004-01-02 -e 2011-12-30 --capital-base 100000
"""

import polars as pl

from rustybt.api import date_rules, order_target_percent, schedule_function, set_account, set_financing, symbol

FED_FUNDS = {
    "2004-01-01": "0.01",
    "2005-01-01": "0.03",
    "2006-07-01": "0.0525",
    "2008-01-22": "0.035",
    "2008-12-16": "0",
}
# a broker's spread over the benchmark: each tier is of its own part of the debit
SPREADS = [(100_000, "0.015"), (1_000_000, "0.01"), (None, "0.0075")]


def initialize(context):
    # a house that asks for more than Regulation T does, from the start on
    set_account("reg_t", initial="0.6", maintenance="0.55")
    set_financing(debit=SPREADS, benchmark=FED_FUNDS)
    schedule_function(rebalance, date_rules.month_start())


def rebalance(context, data):
    for name in ("AAPL", "IBM"):
        order_target_percent(symbol(name), 0.8)


def analyze(context, result):
    interest = result.entries.filter(pl.col("kind") == "financing")
    by_year = (
        interest.group_by(pl.col("stamp").dt.year().alias("year")).agg(pl.col("amount").sum().round(2)).sort("year")
    )
    print(by_year)
    calls = result.order_events.filter(pl.col("cause") == "margin_call")
    print(f"{calls.height} margin calls")
    for stamp, reason in calls.select("stamp", "reason").head(3).iter_rows():
        print(f"{stamp:%Y-%m-%d} {reason}")


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2004-01-02", "2011-12-30", initialize, 100_000, analyze=analyze))
