"""A run that stops anywhere and goes on in another process, with the other kernel, leaves what it would have."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.engine import _snapshot
from rustybt.errors import RustyBTError
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles, _elsewhere, _runs, test_law_of_currencies
from tests.properties._market import Market, aggregated, drawn
from tests.properties._oracle import Plan
from tests.properties._period_oracle import periods_of
from tests.properties.test_law_of_the_books import plans
from tests.properties.test_periods import changes

KINDS = ("1d", "1d", "1m", "1m", "1w")
SEEDS = 12


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, kind: str) -> tuple[Market, Market]:
    """The market of a seed, and the same in weeks where the run has them."""
    days = drawn(seed, frequency="1d", weeks=True) if kind == "1w" else drawn(seed, minutes=kind == "1m")
    return days, aggregated(days, kind) if kind == "1w" else days


@st.composite
def cases(draw: st.DrawFn) -> tuple[Market, Market, Plan, tuple[str, int, str]]:
    """A market of days, that of the run, a plan, and the key of the bundle.

    Whatever can fail, to ingest too, comes after all was drawn: of a failure before, Hypothesis says no more than that
    a run stopped drawing early.
    """
    kind, seed = draw(st.sampled_from(KINDS)), draw(st.integers(0, SEEDS - 1))
    days, market = market_of(seed, kind)
    plan = draw(plans(market, kind != "1w" and draw(st.booleans())))  # weeks have no auctions
    if kind == "1w":
        plan = replace(plan, changes=draw(changes(periods_of(days, kind), plan)))
    return days, market, plan, ("stopped", seed, kind)


def stopped(run: rustybt.Run, stamp: int, steps: int) -> rustybt.Run:
    """A run that has gone to a moment, and some further."""
    run.until(stamp)
    for _ in range(steps):
        run.step()
    return run


@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(cases(), st.data(), st.sampled_from(KERNELS), st.sampled_from(KERNELS))
def test_a_run_that_goes_on_elsewhere_leaves_what_it_leaves_where_it_was(
    tmp_path: Path, case: Any, data: st.DataObject, begins_on: str, goes_on_with: str
) -> None:
    days, market, plan, key = case
    begin, end = (market.sessions[place].close for place in (plan.first, plan.last))
    stamp = data.draw(st.integers(begin - 10**13, end))
    steps = data.draw(st.integers(0, 2))
    bundle = _bundles.bundle_of(key, days)
    arguments = _runs.arguments(market, plan, days=days) | {"bundle": bundle, "kernel": begins_on}
    whole = _elsewhere.outcome(lambda: rustybt.run_algorithm(**arguments))
    try:
        run = stopped(rustybt.Run(**arguments), stamp, steps)
    except RustyBTError as error:
        refused = type(error).__name__, str(error)
    else:
        refused = None
    if refused is not None:
        assert refused == whole
        return
    fork, snapshot = run.fork(), run.snapshot()
    other = stopped(rustybt.Run(**arguments | {"kernel": goes_on_with}), stamp, steps)
    assert _snapshot._plain(other.snapshot()) == _snapshot._plain(snapshot), "both kernels have the same plain values"
    path = snapshot.save(tmp_path / "run.snapshot")
    there = _elsewhere.there(str(path), goes_on_with, _runs.callbacks, market, plan)
    assert there == whole
    # what was stopped goes on too, and so does a fork of it
    assert _elsewhere.outcome(fork.finish) == whole
    assert _elsewhere.outcome(run.finish) == whole


@settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.integers(0, 10_000), st.data(), st.sampled_from(KERNELS), st.sampled_from(KERNELS))
def test_a_run_in_several_currencies_goes_on_elsewhere(
    tmp_path: Path, seed: int, data: st.DataObject, begins_on: str, goes_on_with: str
) -> None:
    market = test_law_of_currencies.drawn(seed)
    steps = data.draw(st.integers(0, 3 * market.days))
    test_law_of_currencies.ingest(market)
    arguments = test_law_of_currencies.arguments(market) | {"kernel": begins_on}
    whole = _elsewhere.outcome(lambda: rustybt.run_algorithm(**arguments, **test_law_of_currencies.strategy_of(seed)))
    run = rustybt.Run(**arguments, **test_law_of_currencies.strategy_of(seed))
    for _ in range(steps):
        run.step()
    fork, path = run.fork(), run.snapshot().save(tmp_path / "run.snapshot")
    assert _elsewhere.there(str(path), goes_on_with, test_law_of_currencies.strategy_of, seed) == whole
    assert _elsewhere.outcome(fork.finish) == whole
    assert _elsewhere.outcome(run.finish) == whole
