"""What somebody does in the first hour, as one script: a frame, a strategy, figures, a picture, a saved run.

It stands in an empty folder, in an environment that has RustyBT and matplotlib, and prints how long each step takes.
"""

# ruff: noqa: E402  the imports are a step too

import time

moments = [time.perf_counter()]


def step(name):
    moments.append(time.perf_counter())
    print(f"step {name}: {moments[-1] - moments[-2]:.2f} s")


import datetime as dt
import math

import polars as pl

import rustybt
from rustybt.api import order_target_percent, record, symbol

step("import")

HOLIDAYS = {(1, 1), (1, 20), (2, 17), (4, 18), (5, 26), (6, 19), (7, 4), (9, 1), (11, 27), (12, 25), (1, 9)}
days = [dt.date(2025, 1, 1) + dt.timedelta(days=day) for day in range(365)]
days = [day for day in days if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS]
closes = [round(100 + day / 20 + 8 * math.sin(day / 15), 2) for day in range(len(days))]
frame = pl.DataFrame({"Date": days, "Close": closes}).with_columns(
    Open=pl.col("Close"), High=pl.col("Close") + 1, Low=pl.col("Close") - 1, Volume=pl.lit(1_000_000)
)
step("frame")


def cross(context, data):
    closes = data.history(symbol("ACME"), "close", 40, "1d")
    rising = closes.tail(10).mean() > closes.mean()
    order_target_percent(symbol("ACME"), 1 if rising else 0)
    record(rising=rising)


result = rustybt.run(cross, {"ACME": frame}, start="2025-03-03")
step("run")
print(result)
step("figures")
result.plot("run.png")
step("picture")
growth = (1 + result.daily_float["returns"]).cum_prod()
assert abs(growth[-1] - 1 - float(result.metrics["total_return"])) < 1e-12
print(f"saved {result.save()}")
assert rustybt.run(cross, {"ACME": frame}, start="2025-03-03").ledger_hash == result.ledger_hash
step("again")
