"""The frame of positions: the native kernel lays out what the Python code does, and leaves to it what does not fit."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import MoneyOverflow
from tests._examples import examples
from tests._kernels import calls, needs_native
from tests.properties import _bundles

SLOTS, SESSIONS, MARKETS = 3, 6, 24
DAYS = [dt.date(2021, 2, 1 + day) for day in range(SESSIONS)]
NAMES = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def ingested(bundle: str, prices: dict[str, list[str]], about: list[tuple[str, ...]]) -> None:
    rows = [
        (symbol, day, *[price] * 4, "1000000000000")
        for symbol, given_ in prices.items()
        for day, price in zip(DAYS, given_, strict=True)
    ]
    columns = ["symbol", "quantity_step", "multiplier", "type"]
    assets = pl.DataFrame(about, schema=columns, orient="row").with_columns(
        root_symbol=pl.when(pl.col("type") == "future").then(pl.lit("XX"))
    )
    bars = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest(bundle, bars, calendar="24/7", assets=assets, mode="replace")


@functools.cache
def market(seed: int, digits: int) -> tuple[str, tuple[Decimal, ...]]:
    """Three assets of any scales, shares and futures, some with prices beyond 64 bits; their steps."""
    draw = Random(seed)
    prices, about = {}, []
    for slot in range(SLOTS):
        scale = draw.randint(0, 8) if digits < 12 or draw.random() < 0.5 else draw.randint(9, 20)
        prices[f"A{slot}"] = [f"{Decimal(draw.randint(1, 10**digits)).scaleb(-scale):f}" for _ in DAYS]
        future = draw.random() < 0.3
        terms = draw.choice(("1", "50", "12.5", "0.25")) if future else "1"
        about.append(
            (f"A{slot}", f"{Decimal(1).scaleb(-draw.randint(0, 9)):f}", terms, "future" if future else "equity")
        )
    ingested(f"positions-{seed}-{digits}", prices, about)
    return f"positions-{seed}-{digits}", tuple(Decimal(row[1]) for row in about)


ORDERS = st.lists(
    st.tuples(st.integers(0, SESSIONS - 1), st.integers(0, SLOTS - 1), st.integers(-(10**4), 10**4)), max_size=9
)


def positions(found: Any, orders: Any, kernel: str) -> tuple[Any, bool]:
    """The frame, or that it has no place for a number; and whether the native kernel was asked for it."""
    bundle, steps = found

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage(), slippage.NoSlippage())
        context.set_commission(commission.NoCommission(), commission.NoCommission())
        context.assets = context.symbols(*(f"A{slot}" for slot in range(len(steps))))
        context.bar = -1

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        for bar, slot, units in orders:
            if bar == context.bar:
                context.order(context.assets[slot], units * steps[slot])

    with calls() as called:
        try:
            result = rustybt.run_algorithm(
                DAYS[0], DAYS[-1], initialize, 10**12, handle_data, bundle=bundle, progress=False, kernel=kernel
            )
            frame = result.positions
        except MoneyOverflow as error:
            return str(error), False
    return (frame.schema, frame.rows()), called["positions_frame"] > 0


@needs_native
@settings(max_examples=examples(60))
@given(st.integers(0, MARKETS - 1), ORDERS)
def test_positions_of_ordinary_runs_are_the_same(seed: int, orders: Any) -> None:
    native, _ = positions(market(seed, 6), orders, "rust")
    assert positions(market(seed, 6), orders, "python") == (native, False)


@needs_native
@settings(max_examples=examples(60))
@given(st.integers(0, MARKETS - 1), ORDERS)
def test_positions_of_long_numbers_are_the_same_or_left_to_python(seed: int, orders: Any) -> None:
    native, _ = positions(market(seed, 18), orders, "rust")
    assert positions(market(seed, 18), orders, "python") == (native, False)


def test_what_was_held_is_shown_at_each_close_until_it_changes(kernels: str) -> None:
    closes = ["10.00", "10.00", "11.00", "12.50", "12.50", "9.00"]
    ingested("positions-held", {"A0": closes}, [("A0", "0.1", "5", "future")])
    (_, rows), natively = positions(("positions-held", (Decimal("0.1"),)), [(0, 0, 20), (3, 0, -20)], kernels)
    assert natively is (kernels == "rust")
    # 2.0 contracts of 5 at 10.00, 11.00 and 12.50; they cost 100, so 10 a unit; what settles is worth nothing
    assert [(row[0], *map(str, row[3:])) for row in rows] == [
        (DAYS[1], "2", "10", "10.0", "0E-20", "100.00000000000000000000"),
        (DAYS[2], "2", "10", "11.0", "0E-20", "110.00000000000000000000"),
        (DAYS[3], "2", "10", "12.5", "0E-20", "125.00000000000000000000"),
    ]
