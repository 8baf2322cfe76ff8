"""The same run gives the same ledger hash: again, in another process, in two threads at once, on either kernel."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from shutil import which

import pytest

import rustybt
import rustybt.api
from rustybt.errors import NoActiveRun
from tests.properties import _bundles, _runs
from tests.properties._market import Market, aggregated, drawn
from tests.properties._oracle import Intent, Plan

SEEDS = (1, 4, 7)
ONE = Fraction(1)
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.properties import _runs
from tests.properties.test_same_run_same_hash import market_of, plan_of
for seed, name in zip(sys.argv[2::2], sys.argv[3::2]):
    market = market_of(int(seed))
    result = _runs.run(market, plan_of(int(seed)), name)
    print(result.ledger_hash, result.manifest["kernel"].split()[0])
"""


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def plan_of(seed: int) -> Plan:
    """Trades in every asset, every other bar, with stops; models of the user's own, capital that comes and goes."""
    market = market_of(seed)
    bars = range(0, market.starts[-1], 2 if market.by_session else 7)
    intents = tuple(
        Intent(
            bar,
            k,
            "order_target_percent",
            Fraction((bar * 37 + k * 11) % 150 - 50, 100),
            stop=round(max(asset.bars.values(), key=lambda one: one.volume).close, 20) if bar % 4 else None,
        )
        for bar in bars
        for k, asset in enumerate(market.assets)
    )
    return Plan(
        0,
        len(market.sessions) - 1,
        intents,
        slippage={1: ("volume_share", Fraction("0.1"), Fraction("0.1")), 4: ("impact",), 7: ("own",)}[seed],
        commission=("own", Fraction("0.003")) if seed == 7 else ("per_share", ONE / 1000, ONE, ONE),
        cancels=3,
        controls=(("set_max_order_count", 9),),
        changes=((0, "overnight", "delta", Fraction(5000)),),
    )


def stored(seed: int) -> Market:
    return drawn(seed, frequency="1m" if seed == 7 else "1d")


def market_of(seed: int) -> Market:
    """The market of a seed as its runs see it: 7 runs on hours, made of minutes."""
    return aggregated(stored(seed), "1h") if seed == 7 else stored(seed)


def bundle(seed: int) -> str:
    return _bundles.bundle_of(("hash", seed), stored(seed))


def hash_of(seed: int) -> str:
    return _runs.run(market_of(seed), plan_of(seed), bundle(seed)).ledger_hash


def in_process(checkout: Path, kernels: str) -> list[list[str]]:
    arguments = [part for seed in SEEDS for part in (str(seed), bundle(seed))]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(checkout), *arguments],
        env={**os.environ, "RUSTYBT_KERNELS": kernels},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_again_the_hash_is_the_same_and_other_data_gives_another() -> None:
    hashes = [hash_of(seed) for seed in SEEDS]
    assert hashes == [hash_of(seed) for seed in SEEDS]
    assert len(set(hashes)) == len(SEEDS)


def test_a_run_that_trades_something_else_has_another_hash() -> None:
    market, plan = drawn(1), plan_of(1)
    other = Plan(plan.first, plan.last, plan.intents[:-2], slippage=plan.slippage, capital=plan.capital + 1)
    assert _runs.run(market, other, bundle(1)).ledger_hash != hash_of(1)


def test_runs_that_differ_in_a_stop_that_was_never_reached_have_other_hashes() -> None:
    market = drawn(1)
    beyond = 3 * max(bar.high for bar in market.assets[0].bars.values())
    plans = [
        Plan(0, 5, (Intent(1, 0, "order", ONE, limit=beyond, stop=stop),)) for stop in (beyond, beyond, beyond + 1)
    ]
    one, again, other = (_runs.run(market, plan, bundle(1)).ledger_hash for plan in plans)
    assert one == again
    assert one != other


@pytest.mark.parametrize("kernels", ["python", "rust"])
def test_another_process_on_either_kernel_gives_the_same_hash(checkout: Path, kernels: str) -> None:
    if kernels == "rust":
        from rustybt._kernels import _native

        if _native._find().module is None:
            if os.environ.get("CI") == "true" and which("cargo"):
                pytest.fail(f"cargo is there, but {_native._find().reason}")
            pytest.skip(_native._find().reason)
    found = in_process(checkout, kernels)
    assert [line[0] for line in found] == [hash_of(seed) for seed in SEEDS]
    assert {line[1] for line in found} == {kernels}


def test_two_threads_at_once_give_the_same_hashes() -> None:
    expected = [hash_of(seed) for seed in SEEDS]
    start = threading.Barrier(2)

    def both(seeds: tuple[int, ...]) -> list[str]:
        start.wait(timeout=30)
        return [hash_of(seed) for seed in seeds]

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(both, [SEEDS * 3, SEEDS[::-1] * 3])
    assert one == expected * 3
    assert other == expected[::-1] * 3


def test_runs_in_two_threads_see_their_own_run_through_the_functions_of_the_api() -> None:
    market = drawn(4)
    name = bundle(4)
    inside = threading.Barrier(2)

    def one(number: int) -> list[int]:
        def initialize(context: object) -> None:
            inside.wait(timeout=30)
            rustybt.api.record(number=number)

        def handle_data(context: object, data: object) -> None:
            seen = rustybt.api.get_environment("capital_base")
            assert seen == 1000 + number

        result = rustybt.run_algorithm(
            market.sessions[0].date, market.sessions[-1].date, initialize, 1000 + number, handle_data, bundle=name
        )
        return result.recorded["number"].unique().to_list()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(one, [1, 2])) == [[1], [2]]


def drawn_numbers(seed: int) -> list[float]:
    market = drawn(4)
    numbers: list[float] = []

    def handle_data(context: rustybt.Strategy, data: object) -> None:
        numbers.append(float(context.rng.random()))  # type: ignore[attr-defined]

    rustybt.run_algorithm(
        market.sessions[0].date, market.sessions[-1].date, handle_data=handle_data, bundle=bundle(4), seed=seed
    )
    return numbers


def test_random_numbers_follow_from_the_seed() -> None:
    assert drawn_numbers(5) == drawn_numbers(5)
    assert drawn_numbers(5) != drawn_numbers(6)
    assert len(set(drawn_numbers(5))) > 1


@pytest.mark.parametrize("name", sorted(set(dir(rustybt.api)) & {"order", "symbol", "record", "get_datetime", "sid"}))
def test_a_function_of_the_api_in_a_thread_of_the_strategy_names_the_method_of_context(name: str) -> None:
    market = drawn(4)
    messages: list[str] = []

    def handle_data(context: object, data: object) -> None:
        if messages:
            return

        def call() -> None:
            arguments = {"order": (None, 1), "symbol": ("A",), "sid": (0,)}.get(name, ())
            with pytest.raises(NoActiveRun) as caught:
                getattr(rustybt.api, name)(*arguments)
            messages.append(str(caught.value))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    rustybt.run_algorithm(market.sessions[0].date, market.sessions[-1].date, handle_data=handle_data, bundle=bundle(4))
    assert f"context.{name}" in messages[0]


def test_every_function_of_the_api_outside_of_a_run_names_the_method_of_context() -> None:
    from rustybt.strategy import API_METHODS

    for name in API_METHODS:
        function = getattr(rustybt.api, name)
        parameters = inspect.signature(function).parameters.values()
        needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        with pytest.raises(NoActiveRun, match=rf"context\.{name} "):
            function(*[None] * len(needed))
