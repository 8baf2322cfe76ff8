"""Whole runs beside zipline-reloaded and other peers: results compared before times, rounds that take turns, floors.

    ./dev bench
    RUSTYBT_BENCH_ROUNDS=21 RUSTYBT_BENCH_ZIPLINE_ROUNDS=3 python -m pytest benchmarks -m bench --benchmark-enable

RustyBT has 7 turns of two runs, Zipline and the peers 1 after their first run, unless the environment says otherwise.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from benchmarks._engines import OWN, engines_here
from benchmarks._measure import Bench, prepare, rounds_wanted
from benchmarks._scenarios import SCENARIOS, Scenario

if importlib.util.find_spec("zipline") is None:
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

pytestmark = pytest.mark.bench

SHORT_OF_GOAL = 0.2
"""By how much of itself a ratio may stay below the goal: by so much do machines and days differ, and some are near
theirs (docs/performance/README.md says which)."""
EXACTNESS = {"python": 0.30, "rust": 0.10}
"""How much longer than with float books a run may take, by CPU seconds."""


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_whole_run_is_faster_than_ziplines_by_the_goal(
    benchmark: Any, scenario: Scenario, data_folder: Path, rows: list[dict[str, Any]]
) -> None:
    prepare(scenario, data_folder)
    engines = engines_here(scenario.name)
    rounds, zipline_rounds = rounds_wanted()
    others = [engine for engine in engines if engine != "python"]
    with Bench(scenario, data_folder, engines) as bench:
        bench.check()

        def take_turns() -> None:
            """The other engines' runs come between those that pytest-benchmark times."""
            for engine in others:
                done = len(bench.times[engine].warm)
                if done < (rounds if engine in OWN else zipline_rounds):
                    bench.round(engine)

        benchmark.pedantic(bench.round, args=("python",), setup=take_turns, rounds=max(rounds, zipline_rounds))
        row = bench.finish()
    rows.append(row)
    benchmark.extra_info.update(row)
    for engine, goal in row["goals"].items():
        if engine in row["engines"]:
            assert row["engines"][engine]["cpu_ratio"] >= goal * (1 - SHORT_OF_GOAL), f"{scenario.name}, {engine}"
    peaks = [row["engines"][engine]["peak_mib"] for engine in ("python", "zipline")]
    assert None in peaks or peaks[0] < peaks[1]
    for engine, variants in row["exactness"].items():
        assert all(cpu < EXACTNESS[engine] for name, (_, cpu) in variants.items() if name == "floatbooks")
