"""Long IBM, short Microsoft for eight years: what borrowed shares, cash and the dividends of a short come to.

In this story the shares of Microsoft are scarce from 2008-09-01 on, and recalled in part. Its rates are round numbers.

python examples/pair_with_borrow.py
rustybt run -f examples/pair_with_borrow.py -s 2004-01-02 -e 2011-12-30 --capital-base 100000
"""

import polars as pl

from rustybt.api import (
    date_rules,
    order_target_percent,
    schedule_function,
    set_account,
    set_borrow,
    set_financing,
    symbol,
)

# symbol, date, rate a year, shares that can be borrowed: each row holds from its date on
SHARES = pl.DataFrame(
    [
        ("MSFT", "2004-01-01", "0.0035", None),
        ("MSFT", "2008-09-01", "0.08", "500"),
        ("MSFT", "2009-04-01", "0.005", None),
    ],
    schema=["symbol", "date", "rate", "available"],
    orient="row",
)
FED_FUNDS = {
    "2004-01-01": "0.01",
    "2005-01-01": "0.03",
    "2006-07-01": "0.0525",
    "2008-01-22": "0.035",
    "2008-12-16": "0",
}


def initialize(context):
    set_account("reg_t")
    set_borrow(SHARES, value="street")
    set_financing(debit="0.015", credit=[(10_000, None), (None, "-0.005")], benchmark=FED_FUNDS)
    schedule_function(rebalance, date_rules.month_start())


def rebalance(context, data):
    order_target_percent(symbol("IBM"), 0.6)
    order_target_percent(symbol("MSFT"), -0.6)


def analyze(context, result):
    by_kind = result.entries.group_by("kind").agg(pl.len(), pl.col("amount").sum().round(2)).sort("kind")
    print(by_kind.filter(pl.col("kind").is_in(["borrow", "financing", "dividend", "fee"])))
    bought_in = result.order_events.filter(pl.col("cause") == "recalled")
    print(f"{bought_in.height} orders bought in what was recalled, the first at {bought_in['stamp'][0]:%Y-%m-%d}")
    refused = result.orders.filter(pl.col("cause") == "no_borrow")
    print(f"{refused.height} orders were refused, the first as {refused['reason'][0]}")


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2004-01-02", "2011-12-30", initialize, 100_000, analyze=analyze))
