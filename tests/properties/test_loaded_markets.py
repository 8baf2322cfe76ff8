"""Runs that share a loaded market are the same runs on its bundle, by turns and in threads."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import rustybt
from rustybt.errors import RustyBTError
from tests._examples import examples
from tests.properties import _bundles, _runs
from tests.properties._market import Market, aggregated, drawn
from tests.properties._oracle import Plan
from tests.properties.test_law_of_the_books import plans

KINDS = ("1d", "1d", "1d", "1m", "5m", "1m as 1h", "1m as 1d", "1d of XTKS", "30m of XTKS", "1d as 1w", "1d as 1mo")
SEEDS = 4


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, kind: str) -> tuple[Market, str, rustybt.Market]:
    """A market as its runs see it, its bundle, and the same loaded, for all examples."""
    frequency, _, calendar = kind.partition(" of ")
    stored, _, made = frequency.partition(" as ")
    market = drawn(seed, frequency=stored, calendar=calendar or None, weeks=made == "1w", months=made == "1mo")
    bundle = _bundles.bundle_of(("loaded", seed, kind), market)
    market = aggregated(market, made) if made else market
    loaded = rustybt.load(bundle, data_frequency=_runs.NAMES.get(market.frequency, market.frequency))
    return market, bundle, loaded


def outcome(run: Any) -> Any:
    """The result of a run, or the error that it ends with."""
    try:
        return run()
    except RustyBTError as error:
        return f"{type(error).__name__}: {error}"


def by_turns(market: Market, pair: list[Plan], loaded: rustybt.Market, turns: list[int]) -> list[Any]:
    """Two runs on one market, a moment of the one and some of the other."""
    runs = [outcome(lambda plan=plan: rustybt.Run(**_runs.arguments(market, plan), market=loaded)) for plan in pair]
    going = [place for place, run in enumerate(runs) if isinstance(run, rustybt.Run)]
    for turn in turns:
        for place in list(going):
            run = runs[place]
            for _ in range(turn if place else 1):
                moment = outcome(run.step)
                if isinstance(moment, str):
                    runs[place] = moment
                if moment is None or isinstance(moment, str):
                    going.remove(place)
                    break
    return [outcome(run.finish) if isinstance(run, rustybt.Run) else run for run in runs]


def jobs_of(market: Market, pair: list[Plan], loaded: rustybt.Market) -> list[Any]:
    """The runs of some plans on one market."""
    return [functools.partial(rustybt.run_algorithm, **_runs.arguments(market, plan), market=loaded) for plan in pair]


def at_once(market: Market, pair: list[Plan], loaded: rustybt.Market) -> list[Any]:
    """Both in threads, which change places all the time."""
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(outcome, jobs_of(market, pair, loaded)))
    finally:
        sys.setswitchinterval(often)


@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, SEEDS - 1), st.sampled_from(KINDS), st.booleans())
def test_two_runs_on_one_market_are_the_two_runs_on_its_bundle(
    data: st.DataObject, seed: int, kind: str, threads: bool
) -> None:
    market, bundle, loaded = market_of(seed, kind)
    pair = [data.draw(plans(market)) for _ in range(2)]
    alone = [outcome(functools.partial(_runs.run, market, plan, bundle)) for plan in pair]
    if threads:
        found = at_once(market, pair, loaded)
    else:
        found = by_turns(market, pair, loaded, data.draw(st.lists(st.integers(0, 9), max_size=12)))
    read = loaded.rows_read
    again = [outcome(job) for job in jobs_of(market, pair, loaded)]
    assert loaded.rows_read == read
    for expected, *others in zip(alone, found, again, strict=True):
        for other in others:
            _assert_same(other, expected)


def _assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, str):
        assert found == expected
        return
    assert found.ledger_hash == expected.ledger_hash
    assert found.notes == expected.notes
    frames = expected.frames()
    for name, frame in found.frames().items():
        assert_frame_equal(frame, frames[name])
