"""Whatever a run does, its diagnostics can be made: the same in both kernels, and of a result that was loaded the same
but for what needs the bars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.diagnostics import CODES, Diagnostics
from rustybt.errors import InputError, MoneyOverflow, OrderTooLarge, ResultError
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles
from tests.properties._market import Market
from tests.properties._oracle import Plan
from tests.properties.test_law_of_everything import SETTINGS, Mix, arguments, mixes
from tests.properties.test_law_of_the_books import DAILY_MARKETS, MINUTE_MARKETS, market_of, plans


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def _of(market: Market, bundle: str, plan: Plan, mix: Mix, kernel: str) -> rustybt.Result | None:
    try:
        return rustybt.run_algorithm(**arguments(market, plan, mix) | {"bundle": bundle, "kernel": kernel})
    except (MoneyOverflow, OrderTooLarge, InputError):
        return None


def _assert_made(found: Diagnostics) -> None:
    assert {one.code for one in (*found, *found.not_made)} <= CODES.keys()
    assert len(found.by_code) == len(found)
    for one in found:
        assert json.loads(json.dumps(dict(one.evidence))) == one.evidence
        assert "nan" not in one.text.lower().split()
    assert found.frame.height == len(found)
    assert found._repr_html_()


def _check(market: Market, bundle: str, plan: Plan, mix: Mix) -> None:
    results = [_of(market, bundle, plan, mix, kernel) for kernel in KERNELS]
    first, other = results[0], results[-1]
    if first is None or other is None:
        return
    found = first.diagnostics
    assert (found, found.not_made) == (other.diagnostics, ())
    _assert_made(found)
    _assert_held(first, other)
    with TemporaryDirectory() as folder:
        again = rustybt.Result.load(first.save(Path(folder) / "run")).diagnostics
    _assert_made(again)
    left = {one.code for one in again.not_made}
    assert [one for one in found if one.code not in left] == list(again)


def _assert_held(first: rustybt.Result, other: rustybt.Result) -> None:
    try:
        held = first.buy_and_hold
    except ResultError:
        return
    assert held.equals(other.buy_and_hold)
    assert held["session"].equals(first.daily["session"])
    assert held["value"].min() >= 0  # type: ignore[operator]  # a Decimal


@settings(max_examples=examples(25), **SETTINGS)
@given(st.data(), st.integers(0, DAILY_MARKETS - 1))
def test_of_runs_on_days(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, False)
    plan = data.draw(plans(market, kinds=True))
    _check(market, bundle, plan, data.draw(mixes(market, plan)))


@settings(max_examples=examples(6), **SETTINGS)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1))
def test_of_runs_on_minutes(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, True)
    plan = data.draw(plans(market, kinds=True))
    _check(market, bundle, plan, data.draw(mixes(market, plan)))
