"""A bar of orders that is worked past reports, by either kernel, leaves what the reports of the broker come to."""

from __future__ import annotations

import copy
import datetime as dt
import functools
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from rustybt.engine import Compat
from rustybt.errors import InputError, MoneyOverflow
from tests._kernels import calls, needs_native
from tests.properties import _bundles

pytestmark = needs_native
BARS, MARKETS = 6, 40
DAYS = [dt.date(2021, 2, 1 + day) for day in range(BARS)]


@functools.cache
def market(seed: int) -> tuple[str, tuple[Decimal, ...]]:
    """A bundle of one to three assets, of which some are futures and some have prices beyond 64 bits; their steps."""
    draw = Random(seed)
    rows, about = [], []
    for place in range(draw.randint(1, 3)):
        wide = draw.random() < 0.5
        for day in DAYS:
            price = f"{draw.randint(1, 400) / 100:.2f}" + ("0" * 17 + "1" if wide else "")
            rows.append((f"A{place}", day, *[price] * 4, draw.choice((0, draw.randint(1, 5_000)))))
        future = draw.random() < 0.1
        about.append((f"A{place}", draw.choice(("1", "0.01", "0.1")), "future" if future else "equity"))
    return ingested(f"floor-{seed}", rows, about)


def ingested(bundle: str, rows: list[Any], about: list[tuple[str, str, str]]) -> tuple[str, tuple[Decimal, ...]]:
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    assets = pl.DataFrame(about, schema=["symbol", "quantity_step", "type"], orient="row").with_columns(
        root_symbol=pl.when(pl.col("type") == "future").then(pl.lit("XX")), tick_size=pl.lit("0.000000000001")
    )
    bars = pl.DataFrame(rows, schema=names, orient="row")
    rustybt.ingest(bundle, bars, calendar="24/7", assets=assets, mode="replace")
    return bundle, tuple(Decimal(step) for _, step, _ in about)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def price(cents: int) -> Decimal:
    """A price beside the grid of cents, on that of fills."""
    return Decimal(cents) / 100 + Decimal(cents % 3).scaleb(-12)


PRICES = st.one_of(st.none(), st.integers(1, 400).map(price), st.just(Decimal(10) ** 19))
ORDERS = st.lists(
    st.tuples(st.integers(0, BARS - 1), st.integers(0, 2), st.integers(-400, 400), PRICES, PRICES, st.booleans()),
    max_size=14,
)
MODELS = (
    (slippage.FixedBasisPointsSlippage(), commission.PerShare()),
    (slippage.FixedBasisPointsSlippage("20000", "0.35"), commission.PerShare("0.0125", 3)),
    (slippage.FixedBasisPointsSlippage("7.5", 1), commission.NoCommission()),
    (slippage.NoSlippage(), commission.PerShare("1e-25", "0.5")),
    (slippage.NoSlippage(), commission.NoCommission()),
    (slippage.VolumeShareSlippage(), commission.PerTrade(1)),
)
SWITCHES = ("limits_can_slip", "stop_limits_become_limits", "split_of_orders", "triggers_need_volume")


def left_behind(found: Any, orders: Any, models: Any, switches: tuple[bool, ...], kernel: str) -> Any:
    """All that a run of some bars leaves; where it is refused, what it is refused with."""
    bundle, steps = found
    began = False

    def initialize(context: Any) -> None:
        nonlocal began
        context.bar = -1
        context.set_slippage(models[0], models[0])
        context.set_commission(models[1], commission.NoCommission())
        context.assets = context.symbols(*(f"A{place}" for place in range(len(steps))))
        began = True

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        for bar, place, size, limit, stop, cancels in orders:
            if bar != context.bar or not size:
                continue
            placed = [n for n in range(1, 15) if context.get_order(f"main-{n}")]
            if cancels and placed:
                context.cancel_order(f"main-{placed[size % len(placed)]}")
            which = place % len(steps)
            context.order(context.assets[which], size * steps[which], limit, stop)

    try:
        result = rustybt.run_algorithm(
            DAYS[0],
            DAYS[-1],
            initialize,
            1_000_000,
            handle_data,
            bundle=bundle,
            compat=Compat(**dict(zip(SWITCHES, switches, strict=True))),
            progress=False,
            kernel=kernel,
        )
    except (InputError, MoneyOverflow) as refused:
        assert began
        return type(refused), str(refused)
    assert result.manifest["kernel"] == kernel
    frames = result.orders, result.order_events, result.entries, result.transactions, result.positions, result.daily
    return [(frame.schema, frame.rows()) for frame in frames]


@given(
    st.integers(0, MARKETS - 1),
    ORDERS,
    st.sampled_from(MODELS),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_a_bar_worked_past_reports_leaves_what_they_come_to(
    seed: int, orders: Any, models: Any, switches: tuple[bool, ...]
) -> None:
    native = left_behind(market(seed), orders, models, switches, "rust")
    assert left_behind(market(seed), orders, models, switches, "python") == native
    assert left_behind(market(seed), orders, reported(models), switches, "python") == native


def reported(models: Any) -> Any:
    """The same models as ones of a user's own: nothing but reports will do for them."""
    own = [copy.copy(model) for model in models]
    for model in own:
        model.__class__ = type(type(model).__name__, (type(model),), {})
    return tuple(own)


def test_the_bars_that_are_known_are_worked_past_reports_and_no_others() -> None:
    rows = [
        (f"A{place}", day, *[close] * 4, 1_000)
        for place in range(2)
        for day, close in zip(DAYS, ("1.00", "1.10", "1.20", "0.90", "0.80", "1.00"), strict=True)
    ]
    found = ingested("floor-known", rows, [("A0", "1", "equity"), ("A1", "1", "future")])
    plain = (slippage.FixedBasisPointsSlippage(), commission.PerShare())
    buy, of_a_future = (0, 0, 150, None, None, False), (2, 1, 10, None, None, False)
    for orders, models, known in [
        ([buy], plain, True),
        ([of_a_future], plain, False),
        ([buy], (slippage.VolumeShareSlippage(), commission.PerShare()), False),
        ([buy], (slippage.FixedBasisPointsSlippage(), commission.PerTrade(1)), False),
        ([buy], reported(plain), False),
    ]:
        for kernel in ("rust", "python"):
            with calls() as called:
                left_behind(found, orders, models, (False,) * 4, kernel)
            assert (not called["rustybt.engine._fills"]) is known
