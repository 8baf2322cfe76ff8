"""RustyBT in compat mode against zipline-reloaded, on drawn cases; see the README of this folder."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.parity._case import Case
from tests.parity._check import BLOCK as SEEDS_OF_A_BLOCK
from tests.parity._check import WORKER, comparable, differences, explain
from tests.parity._compare import Difference, compare
from tests.parity._draw import draw
from tests.parity._features import EVERYWHERE, MINUTE_ONLY, features
from tests.parity._features_more import promised as further_features
from tests.parity._outcomes import questions_on_record
from tests.parity._shrink import SECONDS, shrink

if importlib.util.find_spec("zipline") is None and not os.environ.get("CI"):
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

pytestmark = pytest.mark.parity

# What comes after them is for the nightly run: whatever occurs in 230 and 80 occurs in these at least twice
DAILY, MINUTE = 120, 40
CI_SEEDS = [("daily", seed) for seed in range(DAILY)] + [("minute", seed) for seed in range(MINUTE)]
NIGHTLY = int(os.environ.get("RUSTYBT_PARITY_SEEDS", "2500"))
"""How many more seeds of each frequency the nightly run takes."""
BLOCK = 25


def _fail(case: Case, found: list[Difference]) -> None:
    """Fail with the smallest case; the first one is worth the time, the fourth is told as drawn."""
    seconds = (SECONDS, 10.0, 10.0)[len(_FAILED)] if len(_FAILED) < 3 else 0.0
    _FAILED.append(case.seed)
    pytest.fail(explain(case, found, seconds), pytrace=False)


_FAILED: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def worker() -> Iterator[None]:
    """Zipline's process ends with the module."""
    yield
    comparable.cache_clear()
    WORKER.close()


def test_the_oracle_is_the_release_that_the_facts_are_about() -> None:
    from importlib.metadata import version

    assert version("zipline-reloaded") == "3.2.1"


@pytest.mark.parametrize(("frequency", "seed"), CI_SEEDS)
def test_every_transaction_order_and_daily_value_agrees(frequency: str, seed: int) -> None:
    case, outcome = comparable(seed, frequency)
    found = differences(case, outcome)
    if found:
        _fail(case, found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frequency", "first"),
    [
        (frequency, first)
        for frequency, seeds in (("daily", DAILY), ("minute", MINUTE))
        for first in range(seeds, seeds + NIGHTLY, BLOCK)
    ],
)
def test_every_value_agrees_on_many_more_seeds(frequency: str, first: int) -> None:
    for seed in range(first, first + BLOCK):
        case, outcome = comparable(seed, frequency)
        found = differences(case, outcome)
        if found:
            _fail(case, found)


# The generator draws what it promises.


def test_each_feature_occurs_in_what_zipline_did() -> None:
    """What is promised of both in days and in minutes, the further in one of them. No more seeds than it takes."""
    missing = {"daily": {*EVERYWHERE}, "minute": {*EVERYWHERE, *MINUTE_ONLY}}
    further = further_features()
    for frequency, seed in sorted(CI_SEEDS, key=lambda one: one[1]):
        if missing[frequency] or further:
            occurred = features(*comparable(seed, frequency))
            missing[frequency] -= occurred
            further -= occurred
    assert (missing, further) == ({"daily": set(), "minute": set()}, set())


def test_few_seeds_lie_on_a_knifes_edge() -> None:
    """On record is each seed's case, and those before it that lay there."""
    blocks = {f"{frequency}-{seed // SEEDS_OF_A_BLOCK * SEEDS_OF_A_BLOCK:03}" for frequency, seed in CI_SEEDS}
    moved = sum(map(questions_on_record, blocks)) - len(CI_SEEDS)
    assert 0 < moved <= len(CI_SEEDS) // 8


def test_a_seed_gives_the_same_case_again_and_through_json() -> None:
    case = draw(5, "minute")
    assert draw(5, "minute") == case
    assert Case.from_json(case.to_json()) == case
    assert draw(6, "minute") != case


@pytest.mark.parametrize(("frequency", "seed"), [("daily", 3), ("daily", 101), ("daily", 202), ("minute", 7)])
def test_zipline_gives_the_same_outcome_today(frequency: str, seed: int) -> None:
    """What is on record is what Zipline gives when it is asked again, to the last digit."""
    case, outcome = comparable(seed, frequency)
    assert WORKER.run(case) == outcome


# The harness notices: one thing is changed on one side, and a difference is found.


def _with_fills(frequency: str) -> tuple[Case, dict[str, Any]]:
    """A case with fills, fees, orders and things seen."""
    for seed in range(40):
        case, outcome = comparable(seed, frequency)
        if len(outcome["transactions"]) > 10 and case.commission[0] == "per_share":
            return case, outcome
    raise AssertionError("no drawn case has fills and fees per share")


def _whats(case: Case, outcome: dict[str, Any]) -> set[str]:
    return {difference.what for difference in compare(outcome, WORKER.run(case))}


@pytest.mark.parametrize("frequency", ["daily", "minute"])
def test_the_harness_notices_another_commission(frequency: str) -> None:
    case, outcome = _with_fills(frequency)
    cost = str(float(case.commission[1]["cost"]) + 0.0001)
    other = case.with_(commission=("per_share", {"cost": cost, "min_trade_cost": "0"}))
    assert _whats(other, outcome)


@pytest.mark.parametrize("frequency", ["daily", "minute"])
def test_the_harness_notices_a_cent_in_one_bar(frequency: str) -> None:
    from dataclasses import replace

    case, outcome = _with_fills(frequency)
    stamp, symbol = outcome["transactions"][0][:2]
    position = _position(case, stamp)
    stocks = tuple(
        replace(stock, bars=tuple(_dearer(bar) if bar[0] == position else bar for bar in stock.bars))
        if stock.symbol == symbol
        else stock
        for stock in case.stocks
    )
    assert any(what.startswith("transaction 0") for what in _whats(case.with_(stocks=stocks), outcome))


def _position(case: Case, stamp: int) -> int:
    stamps = case.stamps()
    return stamps.index(stamp if case.frequency == "minute" else stamp - stamp % 86_400_000_000_000)


def _dearer(bar: tuple[int, ...]) -> Any:
    position, opened, high, low, closed, volume = bar
    return position, opened, high + 1, low, closed + 1, volume


def test_the_harness_notices_a_missing_dividend() -> None:
    from dataclasses import replace

    for seed in range(40):
        case, outcome = comparable(seed, "daily")
        if {"dividend on a long position", "pay date is a session"} <= features(case, outcome):
            bare = case.with_(stocks=tuple(replace(stock, dividends=()) for stock in case.stocks))
            assert _whats(bare, outcome)
            return
    raise AssertionError("no drawn case pays a dividend on a long position")


def _touched(outcome: dict[str, Any], path: list[Any], change: Any) -> dict[str, Any]:
    other: dict[str, Any] = json.loads(json.dumps(outcome))
    place: Any = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = change(place[path[-1]])
    return other


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        (["transactions", 0, 3], lambda price: price * (1 + 1e-8), "transaction 0"),
        (["transactions", 3, 2], lambda amount: amount + 1, "transaction 3"),
        (["transactions", 5, 4], lambda ordinal: ordinal + 1, "transaction 5"),
        (["orders", 2, "filled"], lambda filled: filled + 1, "filled"),
        (["orders", 1, "created"], lambda stamp: stamp + 1, "created"),
        (["orders", 0, "status"], lambda _: "held", "status"),
        (["order_days", -1], lambda day: {**day, "999": {}}, "orders of the session"),
        (["daily", "ending_cash", 7], lambda cash: cash + 2e-6, "daily ending_cash"),
        (["daily", "returns", 7], lambda value: value + 2e-9, "daily returns"),
        (["daily", "sharpe", -1], lambda value: value * (1 + 1e-6), "daily sharpe"),
        (["daily", "longs_count", 3], lambda count: count + 1, "daily longs_count"),
        (["daily", "period_open", 3], lambda stamp: stamp + 1, "daily period_open"),
        (["seen", -1, 0], lambda stamp: stamp + 1, "next thing"),
        (["seen", 4, 1], lambda label: label + "x", "next thing"),
    ],
)
def test_the_harness_notices_one_value(path: list[Any], change: Any, expected: str) -> None:
    _, outcome = _with_fills("daily")
    found = compare(outcome, _touched(outcome, path, change))
    assert any(expected in difference.what for difference in found)


def test_the_harness_notices_everything_that_the_strategy_saw() -> None:
    def touched(value: Any) -> Any:
        if isinstance(value, bool):
            return not value
        if isinstance(value, str):
            return value + "x"
        if isinstance(value, list):
            return [touched(value[0]), *value[1:]]
        if isinstance(value, dict):
            return {name: touched(part) for name, part in value.items()}
        return 7.5 if value is None else value + 1e-5 * max(1.0, abs(value))

    labels = set()
    for seed in range(12):
        _, outcome = comparable(seed, "daily")
        rows = {label: row for row, (_, label, value) in enumerate(outcome["seen"]) if value not in ([], {})}
        for label, row in rows.items():
            found = compare(outcome, _touched(outcome, ["seen", row, 2], touched))
            assert [difference.what for difference in found] == [f"seen {label}"]
            labels.add(label.split()[0])
    assert labels >= {"current", "history", "portfolio", "positions", "account", "can_trade", "is_stale", "open"}


def test_a_column_that_is_absent_is_a_difference() -> None:
    _, outcome = _with_fills("daily")
    other = json.loads(json.dumps(outcome))
    del other["daily"]["max_leverage"]
    assert [difference.what for difference in compare(outcome, other)] == ["daily column max_leverage"]


def test_shrinking_keeps_what_fails_and_drops_the_rest() -> None:
    several = [c for seed in range(40) if len((c := draw(seed, "daily")).stocks) > 3]
    case = min(several, key=lambda one: len(one.to_json()))

    def fails(candidate: Case) -> bool:
        return any(op["do"] == "portfolio" for op in candidate.ops)

    small = shrink(case, fails, seconds=20)
    assert [op["do"] for op in small.ops] == ["portfolio"]
    assert len(small.stocks) == 1
    assert small.first == small.last
    assert (small.schedules, small.stocks[0].splits, small.stocks[0].dividends) == ((), (), ())
