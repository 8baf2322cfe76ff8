"""`data.current` answered by the native kernel is what Python answers: value, type, error."""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import FutureContractsNotFound, RustyBTError, SymbolNotFound
from rustybt.view import BarData
from tests._examples import examples
from tests._kernels import needs_native
from tests.properties import _bundles
from tests.properties.test_law_of_the_books import DAILY_MARKETS, MINUTE_MARKETS, market_of

pytestmark = needs_native
FIELDS = ("price", "price", "price", "close", "open", "high", "low", "volume", "last_traded", "contract", "none", None)


def kept(data: Any, asset: Any, field: Any) -> Any:
    """Asked as a strategy does that looks the method up once."""
    current = data.current
    return current(asset, field), current(asset, field)


def tradable(data: Any, asset: Any) -> Any:
    """Whether it can be traded, as far as the short way to say so agrees with the long one."""
    can = data.can_trade(asset)
    assert can is data._can_trade(asset)
    assert data.can_trade([asset]) == {asset: can}
    return can, data.is_stale(asset)


WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "plain": lambda data, asset, field: data.current(asset, field),
    "by name": lambda data, asset, field: data.current(asset, fields=field),
    "all by name": lambda data, asset, field: data.current(fields=field, assets=asset),
    "made text": lambda data, asset, field: data.current(asset, "".join(list(field or ""))),
    "bytes": lambda data, asset, field: data.current(asset, (field or "").encode()),
    "of the class": lambda data, asset, field: type(data).current(data, asset, field),
    "kept": kept,
    "equal asset": lambda data, asset, field: data.current(copy.copy(asset), field),
    "symbol": lambda data, asset, field: data.current(asset.symbol, field),
    "sid": lambda data, asset, field: data.current(asset.sid, field),
    "list": lambda data, asset, field: data.current([asset, asset], field),
    "tuple": lambda data, asset, field: data.current((asset,), field),
    "fields": lambda data, asset, field: data.current(asset, [field, "price"]),
    "both": lambda data, asset, field: data.current([asset], ["price", field]),
    "float": lambda data, asset, field: data.current(asset, field, float),
    "exact": lambda data, asset, field: data.current(asset, field, dtype=Decimal),
    "no type": lambda data, asset, field: data.current(asset, field, None),
    "default": lambda data, asset, field: data.current(asset, field, default="nothing"),
    "bad type": lambda data, asset, field: data.current(asset, field, int),
    "nothing": lambda data, asset, field: data.current(),
    "one": lambda data, asset, field: data.current(asset),
    "too many": lambda data, asset, field: data.current(asset, field, None, None, None),
    "twice": lambda data, asset, field: data.current(asset, field, fields=field),
    "unknown": lambda data, asset, field: data.current(asset, field=field),
    "tradable": lambda data, asset, field: tradable(data, asset),
}
QUESTIONS = st.lists(
    st.tuples(
        st.one_of(st.just("plain"), st.sampled_from(sorted(WAYS))),
        st.integers(0, 3),
        st.sampled_from(FIELDS),
        # with which bars of ten, and whether before the session's first one
        st.integers(0, 9),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def shown(value: Any) -> Any:
    """An answer with its types, such that NaN is equal to NaN."""
    if isinstance(value, pl.DataFrame):
        return value.schema, repr(value.rows())
    if isinstance(value, dict):
        return [(key, shown(one)) for key, one in value.items()]
    if isinstance(value, tuple):
        return [shown(one) for one in value]
    return type(value), repr(value)


def answered(
    seed: int, minutes: bool, questions: Any, numbers: str, most: int = 60, *, kernel: str = "rust"
) -> list[Any]:
    """What the questions were answered with, bar by bar. most: with so many bars they are asked."""
    market, bundle = market_of(seed, minutes)
    answers: list[Any] = []

    def initialize(context: Any) -> None:
        context.bar = 0
        context.assets = list(context.symbols(*(asset.symbol for asset in market.assets)))
        with contextlib.suppress(FutureContractsNotFound, SymbolNotFound):
            context.assets.append(context.continuous_future("XX"))

    def ask(context: Any, data: Any, before: bool) -> None:
        for way, place, field, bar, early in questions:
            # of every ten bars some are asked all the time, others once
            if early is not before or (not before and bar > context.bar % 10):
                continue
            asset = context.assets[place % len(context.assets)]
            try:
                answers.append(shown(WAYS[way](data, asset, field)))
            except (RustyBTError, TypeError, AttributeError, ValueError) as error:
                answers.append((type(error), str(error)))

    def before_trading_start(context: Any, data: Any) -> None:
        ask(context, data, True)

    def handle_data(context: Any, data: Any) -> None:
        if context.bar < most:
            ask(context, data, False)
        context.bar += 1

    rustybt.run_algorithm(
        market.sessions[0].date,
        market.sessions[-1].date,
        initialize,
        "100000",
        handle_data,
        before_trading_start=before_trading_start,
        data_frequency="minute" if minutes else "daily",
        numbers=numbers,
        bundle=bundle,
        progress=False,
        kernel=kernel,
    )
    return answers


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, DAILY_MARKETS - 1), QUESTIONS, st.sampled_from(["decimal", "decimal", "float"]))
def test_answers_are_those_of_python(seed: int, questions: Any, numbers: str) -> None:
    native = answered(seed, False, questions, numbers)
    assert answered(seed, False, questions, numbers, kernel="python") == native


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, MINUTE_MARKETS - 1), QUESTIONS, st.sampled_from(["decimal", "float"]))
def test_answers_within_days_are_those_of_python(seed: int, questions: Any, numbers: str) -> None:
    native = answered(seed, True, questions, numbers)
    assert answered(seed, True, questions, numbers, kernel="python") == native


@pytest.mark.parametrize("minutes", [False, True])
def test_what_can_be_traded_is_said_alike_in_both_ways(minutes: bool) -> None:
    questions = [("tradable", place, None, 0, early) for place in range(4) for early in (False, True)]
    for seed in range(MINUTE_MARKETS if minutes else DAILY_MARKETS):
        answers = answered(seed, minutes, questions, "decimal", 2000)
        assert [(bool, "True"), (bool, "False")] in answers


@pytest.mark.parametrize("field", ["price", "close", "open", "high", "low"])
@pytest.mark.parametrize("way", ["plain", "by name", "of the class"])
def test_the_kernel_is_asked(way: str, field: str) -> None:
    passed_on = 0

    def note(frame: Any, event: str, _: Any) -> None:
        nonlocal passed_on
        passed_on += event == "call" and frame.f_code is BarData.current.__code__

    sys.setprofile(note)
    try:
        answers = answered(2, False, [(way, 0, field, 0, False)], "decimal")
    finally:
        sys.setprofile(None)
    assert len(answers) > 5
    # the first question loads the asset, of a price a second one makes it known; then those at bars that are not there
    missing = sum(kind is type(None) for kind, _ in answers)
    assert passed_on == (2 if field == "price" else 1) + missing
