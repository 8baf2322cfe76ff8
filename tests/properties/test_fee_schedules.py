"""Drawn fee schedules over drawn orders: each fill pays what a plain reckoning over all fills before it says, and so
does a run that is saved anywhere and goes on with the other kernel."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles

F = Fraction
ZERO = F(0)
DAYS = [dt.date(2024, 1, 12) + dt.timedelta(days=n) for n in range(45)]
PRICES = [str(8 + n * n % 7) for n in range(len(DAYS))]
"""A price a day, from 8 to 12."""
TENTHS = st.integers(0, 40).map(lambda n: f"{n / 10}")


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def bundle() -> str:
    rows = [("X", day, *[price] * 4, "100") for day, price in zip(DAYS, PRICES, strict=True)]
    frame = pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")
    assets = {"type": "crypto", "quantity_step": "0.01"}
    rustybt.ingest("fees", frame, calendar="24/7", mode="replace", assets=assets)
    return "fees"


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    per = draw(st.sampled_from(["share", "percent", "million", "order"]))
    charge: dict[str, Any] = {"per": per, "side": draw(st.sampled_from(["both", "buy", "sell"]))}
    if per != "order":
        charge["each"] = draw(st.sampled_from(["order", "fill"]))
    if draw(st.booleans()):
        begins = sorted(draw(st.sets(st.sampled_from([10, 20, 30, 40, 60, 90, 333, 500]), max_size=3)) | {0})
        charge["tiers"] = [(begin, draw(TENTHS)) for begin in begins]
        if len(begins) > 1:
            charge["window"] = draw(st.sampled_from(["calendar_month", "days=9"]))
            marginal = per != "order" and draw(st.booleans())
            charge["tier"] = "marginal" if marginal else "whole"
            charge["fixed"] = "at_fill" if marginal else draw(st.sampled_from(["at_fill", "at_placement"]))
            charge["counts"] = draw(st.sampled_from(["units", "value"]))
    else:
        charge["rate"] = draw(TENTHS)
    for bound in draw(st.sets(st.sampled_from(["minimum", "maximum", "maximum_percent", "above"]))):
        charge[bound] = draw(st.integers(1, 9)) * (10 if bound == "above" else 1)
    if charge.get("minimum", 0) > charge.get("maximum", 99):
        del charge["maximum"]
    charge["paid_in"] = draw(st.sampled_from(["quote", "received"]))
    charge["rounding"] = draw(
        st.sampled_from(["none", "up to 0.5", "down to 0.05", "half_up to 0.01", "half_even to 2"])
    )
    return charge


ORDERS = st.lists(st.tuples(st.integers(0, 35), st.integers(-35, 35).filter(bool)), min_size=1, max_size=12)


class Run(rustybt.Strategy):
    """Places the orders of its parameters on their days; a tenth of a day's volume of 100 is there for all."""

    def initialize(self, context: Any, charge: Any, orders: Any) -> None:
        context.set_commission(commission.FeeSchedule(commission.Charge(**charge)))
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit="0.1", price_impact=0))
        context.orders, context.bar = orders, -1

    def handle_data(self, context: Any, data: Any) -> None:
        context.bar += 1
        for day, units in context.orders:
            if day == context.bar:
                context.order(context.symbol("X"), units)


def arguments(charge: dict[str, Any], orders: list[tuple[int, int]], kernel: str) -> dict[str, Any]:
    return {
        "start": DAYS[0], "end": DAYS[-1], "bundle": bundle(), "strategy": Run, "kernel": kernel,
        "params": {"charge": charge, "orders": orders}, "capital_base": 10**6,
    }  # fmt: skip


def reckoned(charge: dict[str, Any], result: rustybt.Result) -> list[Fraction]:
    """What each fill pays: the sum over its order so far, less the same without it."""
    created = dict(result.orders.select("id", "created").iter_rows())
    past: list[tuple[dt.datetime, dt.date, Fraction]] = []
    sums: dict[str, list[Fraction]] = {}
    fees = []
    for row in result.transactions.iter_rows(named=True):
        order, units, price = row["order_id"], F(row["amount"]), F(row["price"])
        now, day = row["dt"], row["session"]
        fee = ZERO
        if charge["side"] in ("both", "buy" if units > 0 else "sell"):
            raw = raw_fee(charge, abs(units), abs(units) * price, past, now, day, created[order], order not in sums)
            total, value, paid = sums.get(order, [ZERO, ZERO, ZERO]) if charge.get("each") != "fill" else [ZERO] * 3
            total, value = total + raw, value + abs(units) * price
            due = bounded(charge, total, value)
            fee, sums[order] = due - paid, [total, value, due]
        fees.append(fee)
        past.append((now, day, abs(units) * price if counts(charge) == "value" else abs(units)))
    return fees


def taken_in_kind(charge: dict[str, Any], result: rustybt.Result) -> Fraction:
    """What units that paid fees were worth: all of a purchase's fee but for less than the smallest unit."""
    fees = [row for row in result.transactions.iter_rows(named=True) if row["amount"] > 0 and row["commission"] > 0]
    right = [min(F(F(row["commission"]) * 100 // F(row["price"]), 100), F(row["amount"])) for row in fees]
    wanted = [units for units in right if units] if charge["paid_in"] == "received" else []
    taken = result.entries.filter(kind="in_kind")
    assert [-F(units) for units in taken["quantity"]] == wanted
    held = result.entries.filter(pl.col("kind").is_in(["fill", "in_kind"]))["quantity"]
    last = result.positions.filter(session=DAYS[-1])["amount"]
    assert sum(map(F, held), ZERO) == (F(last[0]) if len(last) else ZERO)
    return sum(map(F, taken["amount"]), ZERO)


def counts(charge: dict[str, Any]) -> str:
    return charge.get("counts") or ("value" if charge["per"] in ("percent", "million") else "units")


def raw_fee(
    charge: dict[str, Any], units: Fraction, value: Fraction, past: Any, now: Any, day: Any, created: Any, first: bool
) -> Fraction:
    per = charge["per"]
    base = {"share": units, "percent": value / 100, "million": value / 10**6, "order": F(first)}[per]
    tiers = [(F(begin), F(rate)) for begin, rate in charge.get("tiers", [(0, charge.get("rate"))])]
    if len(tiers) == 1:
        return base * tiers[0][1]
    until, of_day = (created, created.date()) if charge["fixed"] == "at_placement" else (now, day)
    if charge["window"] == "calendar_month":
        counted = [n for at, d, n in past if (d.year, d.month) == (of_day.year, of_day.month) and at <= until]
    else:
        counted = [n for at, d, n in past if until - dt.timedelta(days=9) < at <= until]
    volume = sum(counted, ZERO)
    if charge["tier"] == "whole":
        return base * [rate for begin, rate in tiers if volume >= begin][-1]
    size = value if counts(charge) == "value" else units
    ends = [begin for begin, _ in tiers[1:]] + [volume + size]
    shares = [
        (max(ZERO, min(volume + size, end) - max(volume, begin)) / size, rate)
        for (begin, rate), end in zip(tiers, ends, strict=True)
    ]
    return sum((share * base * rate for share, rate in shares), ZERO)


def bounded(charge: dict[str, Any], total: Fraction, value: Fraction) -> Fraction:
    if "above" in charge and value <= charge["above"]:
        total = ZERO
    else:
        total = max(total, F(charge.get("minimum", 0)))
        total = min(total, F(charge.get("maximum", 10**9)), value * F(charge.get("maximum_percent", 10**6)) / 100)
    if charge["rounding"] == "none":
        return total
    mode, grid = charge["rounding"].split(" to ")
    steps = total / F(grid)
    whole = {
        "up": math.ceil(steps),
        "down": math.floor(steps),
        "half_up": math.floor(steps + F(1, 2)),
        "half_even": round(steps),
    }[mode]
    return whole * F(grid)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(charges(), ORDERS, st.sampled_from(KERNELS), st.sampled_from(KERNELS), st.integers(1, 40))
def test_each_fill_pays_what_a_plain_reckoning_says(
    charge: dict[str, Any], orders: list[tuple[int, int]], kernel: str, other: str, stop: int
) -> None:
    result = rustybt.run_algorithm(**arguments(charge, orders, kernel), progress=False)
    paid = [F(fee) for fee in result.transactions["commission"]]
    right = reckoned(charge, result)
    assert [abs(fee - wanted) < F(1, 10**19) for fee, wanted in zip(paid, right, strict=True)] == [True] * len(right)
    fees = result.entries.filter(kind="fee")["amount"]
    assert -sum(map(F, fees), ZERO) == sum(paid, ZERO)
    traded = sum((-F(row["amount"]) * F(row["price"]) for row in result.transactions.iter_rows(named=True)), ZERO)
    taken = taken_in_kind(charge, result)
    assert F(result.daily["ending_cash"][-1]) == 10**6 + traded - sum(paid, ZERO) + taken

    run = rustybt.Run(**arguments(charge, orders, kernel))
    run.until(DAYS[stop])
    later = rustybt.Run.restore(run.snapshot(), strategy=Run, kernel=other).finish()
    assert later.entries.rows() == result.entries.rows()
