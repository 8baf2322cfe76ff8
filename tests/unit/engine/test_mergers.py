"""What adjusts prices only: Zipline's mergers. Expected values by hand."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

import rustybt
from rustybt.api import order, symbol
from rustybt.catalog import open_version, reindex
from tests.unit._small import DAYS, NAMES

ROW = {"symbol": ["A"], "ex_date": [DAYS[3]], "ratio": ["4/5"]}


def ingest(**columns):
    rows = [("A", day, *[price] * 4, "1000") for day, price in zip(DAYS, ("10", "10", "10", "8", "8"), strict=False)]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    return rustybt.ingest("small", frame, calendar="24/7", mode="replace", splits=pl.DataFrame(ROW | columns))


def seen():
    """Held, prices and volumes of the last five days, and the last price, on the day before and on the day."""
    found = {}

    def initialize(context):
        context.bar = 0

    def handle_data(context, data):
        asset = symbol("A")
        if context.bar == 0:
            order(asset, 10)
        if context.bar in (2, 3):
            price, volume = (data.history(asset, field, 3, "1d", dtype=Decimal) for field in ("price", "volume"))
            held = context.portfolio.positions[asset].amount
            found[context.bar] = (held, list(map(float, price)), list(map(int, volume)))
        context.bar += 1

    rustybt.run_algorithm(
        DAYS[0], DAYS[3], initialize=initialize, handle_data=handle_data, capital_base=10_000, bundle="small"
    )
    return found


@pytest.mark.parametrize("only", [True, "true", "1"])
def test_earlier_prices_are_adjusted_and_nothing_else(only):
    ingest(prices_only=[only])
    assert seen() == {2: (10, [10, 10, 10], [1000] * 3), 3: (10, [8, 8, 8], [1000] * 3)}


@pytest.mark.parametrize("columns", [{}, {"prices_only": ["false"]}])
def test_a_split_adjusts_volumes_and_positions_too(columns):
    ingest(**columns)
    assert seen()[3] == (12, [8, 8, 8], [1250, 1250, 1000])


def test_it_is_kept_with_the_version_and_part_of_its_hash():
    merger = ingest(prices_only=[True])
    with open_version("small") as version:
        (kept,) = version.splits([0])
        assert (kept.numerator, kept.denominator, kept.prices_only) == (4, 5, True)
    reindex()
    with open_version("small") as version:
        assert version.splits([0]) == [kept]
    assert ingest().hash != merger.hash
