"""Orders of weights placed by the native kernel are the orders that Python places."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import CannotOrderDelistedAsset, RustyBTError
from tests._examples import examples
from tests._kernels import calls, needs_native
from tests.properties import _bundles
from tests.properties.test_law_of_the_books import DAILY_MARKETS, market_of

pytestmark = needs_native
NAN = float("nan")
WEIGHTS = st.one_of(
    st.sampled_from([0.0, -0.0, 1 / 3, 0.25, 1, 0, True, "0.1", 1e-9, 1e15, NAN, float("inf")]),
    st.floats(-2, 2, allow_nan=False),
)
BAD = (None, True, float("inf"), 1e15)
THEN = st.sampled_from([None, None, None, "open orders", "order", "an earlier order", "cancel", "units"])
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 11), st.integers(0, 3), WEIGHTS, st.booleans(), st.sampled_from([None, None, "10.5"]), THEN
    ),
    max_size=25,
)
MODELS = (
    (slippage.NoSlippage(), commission.NoCommission()),
    (slippage.FixedBasisPointsSlippage(7, "0.01"), commission.PerShare("0.01", 1)),
    (slippage.VolumeShareSlippage(), commission.PerTrade(1)),
)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def look(context: Any, asset: Any, then: str | None, returned: list[Any]) -> Any:
    """What a strategy sees of its orders, or does with them, in the middle of a bar."""
    last = returned[-1]
    if then == "open orders":
        return [list(orders) for orders in context.get_open_orders().values()], context.get_open_orders(asset)
    if then == "units":
        return context.order(asset, 3)
    if then == "an earlier order":
        return context.get_order("main-1")
    if last is not None and then == "order":
        return context.get_order(last)
    if last is not None and then == "cancel":
        return context.cancel_order(last)
    return None


def placed(
    seed: int, orders: Any, most: int | None, models: Any = MODELS[0], *, kernel: str = "rust"
) -> tuple[Any, ...]:
    """What the calls returned or raised and what was looked at, the orders, and what became of the books."""
    market, bundle = market_of(seed, False)
    returned: list[Any] = []

    def initialize(context: Any) -> None:
        context.bar = 0
        context.set_slippage(models[0])
        context.set_commission(models[1])
        context.assets = context.symbols(*(asset.symbol for asset in market.assets))
        if most is not None:
            context.set_max_order_count(most, on_error="reject")

    def handle_data(context: Any, data: Any) -> None:
        for bar, place, weight, target, limit, then in orders:
            if bar != context.bar % 12:
                continue
            call = context.order_target_percent if target else context.order_percent
            try:
                asset = context.assets[place % len(context.assets)]
                returned.append(call(asset, weight, limit))
                returned.append(look(context, asset, then, returned))
            except RustyBTError as refusal:
                returned.append((type(refusal), str(refusal)))
        context.bar += 1

    ends = market.sessions[0].date, market.sessions[-1].date
    try:
        run = rustybt.run_algorithm(
            *ends, initialize, "100000", handle_data, bundle=bundle, progress=False, kernel=kernel
        )
    except RustyBTError as refusal:
        return returned, str(refusal)
    return returned, run.orders.rows(), run.order_events.rows(), run.entries.rows()


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, DAILY_MARKETS - 1), ORDERS, st.sampled_from([None, None, None, 1]), st.sampled_from(MODELS))
def test_orders_of_weights_are_those_that_python_places(seed: int, orders: Any, most: int | None, models: Any) -> None:
    native = placed(seed, orders, most, models)
    assert placed(seed, orders, most, models, kernel="python") == native


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, DAILY_MARKETS - 1),
    st.lists(st.lists(st.tuples(st.integers(0, 3), WEIGHTS | st.none()), max_size=5), max_size=9),
    st.sampled_from([None, None, 1]),
    st.sampled_from(MODELS),
)
def test_targets_at_once_are_those_one_after_the_other(seed: int, bars: Any, most: int | None, models: Any) -> None:
    native = targets(seed, bars, most, models, "rust")
    assert targets(seed, bars, most, models, "python") == native
    refused = [isinstance(one, tuple) for one in native[0]]
    for pairs, one in zip(reversed(bars), native[0], strict=False):
        if isinstance(one, tuple) and one[0] is not CannotOrderDelistedAsset:
            # an asset twice, and a float that is smaller than any amount, are refused too
            named = [place % len(market_of(seed, False)[0].assets) for place, _ in pairs]
            assert len(set(named)) < len(named) or any(
                weight in BAD or weight is NAN or 0 < abs(float(weight)) < 1e-18 for _, weight in pairs
            )
    # one by one, but for those of the bars on which one of them was refused
    assert targets(seed, bars, most, models, "rust", refused) == (
        [[] if isinstance(one, tuple) else one for one in native[0]], *native[1:],
    )  # fmt: skip


def targets(
    seed: int, bars: Any, most: int | None, models: Any, kernel: str, skipped: list[bool] | None = None
) -> tuple[Any, ...]:
    """What the calls returned or raised, the orders, and what became of the books.

    skipped: the bars on which nothing is ordered; then the orders are placed one by one.
    """
    market, bundle = market_of(seed, False)
    returned: list[Any] = []
    left = list(bars)

    def initialize(context: Any) -> None:
        context.set_slippage(models[0])
        context.set_commission(models[1])
        context.assets = context.symbols(*(asset.symbol for asset in market.assets))
        if most is not None:
            context.set_max_order_count(most, on_error="reject")

    def handle_data(context: Any, data: Any) -> None:
        pairs = [
            (context.assets[place % len(context.assets)], weight) for place, weight in (left.pop() if left else ())
        ]
        ids: list[str | None] = []
        try:
            if skipped is None:
                ids += context.order_target_percents(pair for pair in pairs)
            elif not skipped[len(returned)]:
                ids += [context.order_target_percent(*pair) for pair in pairs]
        except RustyBTError as refusal:
            returned.append((type(refusal), str(refusal)))
        else:
            returned.append([one for one in ids if one is not None])

    ends = market.sessions[0].date, market.sessions[-1].date
    try:
        run = rustybt.run_algorithm(
            *ends, initialize, "100000", handle_data, bundle=bundle, progress=False, kernel=kernel
        )
    except RustyBTError as refusal:
        return returned, str(refusal)
    return returned, run.orders.rows(), run.order_events.rows(), run.entries.rows()


def test_an_order_that_nobody_saw_is_one_like_any_other() -> None:
    """Filled before Python looked at it, left open by the volume, cancelled, and looked at in the end."""
    late = [(3, 0, 0.2, True, None, None), (5, 0, 0.0, True, None, "an earlier order")]
    calm = [(bar, place, 0.1 * (bar % 3), True, None, None) for bar in range(12) for place in range(3)]
    for orders in (late, calm, [*calm[:20], *late]):
        for models in MODELS:
            native = placed(0, orders, None, models)
            assert placed(0, orders, None, models, kernel="python") == native
            assert any(isinstance(one, str) for one in native[0])


@pytest.mark.parametrize("weight", [0.5, 1])
def test_the_kernel_is_asked(weight: float) -> None:
    with calls() as asked:
        returned, *_ = placed(0, [(bar, 0, weight * (bar % 2), True, None, None) for bar in range(12)], None)
    ids = [one for one in returned if isinstance(one, str)]
    assert asked["TargetSizer.order"] == len(returned) / 2
    # the first order of an asset goes the long way, on which the kernel learns of it; the others go no further
    python = asked["rustybt.strategy._ordering"] - len(returned) / 2
    assert asked["TargetSizer.register"] == 1
    assert len(ids) > 15 > python


def test_a_strategy_that_holds_its_run_is_let_go_of() -> None:
    """The kernel holds the phase and the controls of a run: a ring with the strategy that must be seen to be one."""
    seen: list[weakref.ref[Any]] = []

    def run() -> None:
        market, bundle = market_of(0, False)

        def initialize(context: Any) -> None:
            seen.append(weakref.ref(context))
            context.asset = context.symbol(market.assets[0].symbol)
            context.schedule_function(lambda _, data: context.order_target_percent(context.asset, 0.5))

        ends = market.sessions[0].date, market.sessions[-1].date
        rustybt.run_algorithm(*ends, initialize, "100000", bundle=bundle, progress=False)

    run()
    gc.collect()
    assert [one() for one in seen] == [None]


def test_an_order_becomes_an_object_when_somebody_looks() -> None:
    market, bundle = market_of(0, False)
    seen: list[tuple[Any, ...]] = []

    def initialize(context: Any) -> None:
        context.asset = context.symbol(market.assets[0].symbol)

    def handle_data(context: Any, data: Any) -> None:
        context.weight = 0.4 - getattr(context, "weight", 0.1)
        order_id = context.order_target_percent(context.asset, context.weight)
        if order_id is not None:
            order = context.get_order(order_id)
            seen.append((order.id == order_id, order.asset is context.asset, order == context.get_order(order_id)))

    ends = market.sessions[0].date, market.sessions[-1].date
    rustybt.run_algorithm(*ends, initialize, "100000", handle_data, bundle=bundle, progress=False, kernel="rust")
    assert len(seen) > 3
    assert set(seen) == {(True, True, True)}
