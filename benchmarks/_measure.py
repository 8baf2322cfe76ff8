"""One scenario on all engines: results first, then times in rounds that take turns."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks._compare import compare
from benchmarks._scenarios import Scenario
from benchmarks._worker import Worker


class ResultsDiffer(Exception):
    """The engines did not do the same: their times mean nothing."""


@dataclass(slots=True)
class Times:
    """first: seconds of the first run in the process. warm: of those after it. cpu: of the CPU, each run. peak: MiB."""

    first: float
    cpu: list[float]
    warm: list[float] = field(default_factory=list)
    peak: float | None = None

    @property
    def median(self) -> float:
        """The middle of the warm runs, or the first run where there is no other."""
        return statistics.median(self.warm) if self.warm else self.first


class Bench:
    """The processes of one scenario, and what they took so far."""

    def __init__(self, scenario: Scenario, folder: Path, engines: tuple[str, ...]) -> None:
        self.scenario = scenario
        self._workers = {engine: Worker(engine, folder) for engine in engines}
        self.times: dict[str, Times] = {}
        self.fills = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.close()

    def check(self) -> None:
        """The first run of each engine. Raises ResultsDiffer where one does not do what Zipline does."""
        expected = None
        for engine, worker in self._workers.items():
            first, cpu = worker.run(self.scenario)
            self.times[engine] = Times(first, [cpu])
            outcome = worker.outcome()
            if expected is None:
                expected = outcome
                self.fills = len(outcome["transactions"])
                continue
            found = compare(expected, outcome)
            if found:
                differences = "\n  ".join(found[:8])
                raise ResultsDiffer(f"{self.scenario.name}: {engine} differs from Zipline.\n  {differences}")

    def round(self, engine: str) -> float:
        """One more run of an engine."""
        seconds, cpu = self._workers[engine].run(self.scenario)
        self.times[engine].warm.append(seconds)
        self.times[engine].cpu.append(cpu)
        return seconds

    def finish(self) -> dict[str, Any]:
        """Everything measured, as one row of the table."""
        for engine, times in self.times.items():
            times.peak = self._workers[engine].peak()
        return row(self.scenario, self.times, self.fills)


def row(scenario: Scenario, times: dict[str, Times], fills: int) -> dict[str, Any]:
    """A scenario's figures as plain values: seconds, MiB, and ratios to Zipline's median.

    The least CPU seconds of any run, and their ratio, say the same where others keep the machine busy.
    """
    base = times["zipline"].median
    return {
        "scenario": scenario.name,
        "about": scenario.about,
        "fills": fills,
        "goal": scenario.goal,
        "engines": {
            engine: {
                "first": t.first,
                "median": t.median,
                "best": min(t.warm, default=t.first),
                "rounds": len(t.warm),
                "cpu": min(t.cpu),
                "peak_mib": t.peak,
                "ratio": base / t.median,
                "cpu_ratio": min(times["zipline"].cpu) / min(t.cpu),
            }
            for engine, t in times.items()
        },
    }


def prepare(scenario: Scenario, folder: Path) -> None:
    """Brings the scenario's data in for both engines, once per folder."""
    done = folder / f"{scenario.bundle}.done"
    if done.exists():
        return
    for engine in ("zipline", "python"):
        worker = Worker(engine, folder)
        worker.store(scenario)
        worker.close()
    done.touch()


def engines_here() -> tuple[str, ...]:
    """Zipline, the pure twin, and the native one where it is built."""
    from rustybt._kernels import twins

    return ("zipline", "python", *(["rust"] if "rust" in twins() else []))


def rounds_wanted() -> tuple[int, int]:
    """How many warm rounds of RustyBT and of Zipline; from the environment."""
    return int(os.environ.get("RUSTYBT_BENCH_ROUNDS", "7")), int(os.environ.get("RUSTYBT_BENCH_ZIPLINE_ROUNDS", "1"))


def measure(scenario: Scenario, folder: Path, rounds: int, zipline_rounds: int) -> dict[str, Any]:
    """A scenario's row: data, results compared, then rounds in turns."""
    prepare(scenario, folder)
    engines = engines_here()
    with Bench(scenario, folder, engines) as bench:
        bench.check()
        for number in range(max(rounds, zipline_rounds)):
            for engine in engines:
                if number < (zipline_rounds if engine == "zipline" else rounds):
                    bench.round(engine)
        return bench.finish()
