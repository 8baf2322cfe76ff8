"""One scenario on all engines: results first, then times in rounds that take turns."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks import _peer_data
from benchmarks._compare import compare, compare_peer
from benchmarks._engines import FLOATS, LABELS, OWN, PEERS
from benchmarks._scenarios import SCENARIOS, Scenario
from benchmarks._worker import Worker

RUNS_A_TURN = 2
"""Whole runs, of which the better counts."""


class ResultsDiffer(Exception):
    """The engines did not do the same: their times mean nothing."""


@dataclass(slots=True)
class Times:
    """Seconds. first: the first run in the process. warm: the turns after it. cpu: each run, of the CPU. peak: MiB."""

    first: float
    cpu: list[float]
    warm: list[float] = field(default_factory=list)
    peak: float | None = None

    @property
    def median(self) -> float:
        """The middle of the warm turns, or the first run where there is no other."""
        return statistics.median(self.warm) if self.warm else self.first


class Bench:
    """The processes of one scenario, and what they took so far."""

    def __init__(self, scenario: Scenario, folder: Path, engines: tuple[str, ...]) -> None:
        self.scenario = scenario
        self._workers = {engine: Worker(engine, folder) for engine in engines}
        self._folder = folder
        self.times: dict[str, Times] = {}
        self.fills = 0
        self.notes: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.close()

    def check(self) -> None:
        """The first run of each engine. Raises ResultsDiffer where one does not do what Zipline does.

        A peer is held to RustyBT without costs, and the native books to the ledger hash of the pure ones.
        """
        outcomes = {}
        for engine, worker in self._workers.items():
            first, cpu = worker.run(self.scenario)
            self.times[engine] = Times(first, [cpu])
            outcomes[engine] = worker.outcome()
        self.fills = len(outcomes["zipline"]["transactions"])
        plain = self._without_costs() if PEERS.keys() & outcomes.keys() else {}
        for engine, outcome in outcomes.items():
            if engine in PEERS:
                self._demand(engine, "RustyBT without costs", compare_peer(self.scenario, plain, outcome))
                self.notes[engine] = f"{outcome['version']}, no costs; {PEERS[engine].differs}"
            elif engine != "zipline":
                self._demand(engine, "Zipline", compare(outcomes["zipline"], outcome, by_bar=self.scenario.by_hand))
                self.notes[engine] = outcome["path"]
        hashes = {engine: outcomes[engine]["hash"] for engine in ("python", "rust") if engine in outcomes}
        if len(set(hashes.values())) > 1:
            raise ResultsDiffer(f"{self.scenario.name}: the ledgers differ: {hashes}")
        self._prove_floats(outcomes)

    def _demand(self, engine: str, standard: str, found: list[str]) -> None:
        if found:
            differences = "\n  ".join(found[:8])
            raise ResultsDiffer(f"{self.scenario.name}: {engine} differs from {standard}.\n  {differences}")

    def _without_costs(self) -> dict[str, Any]:
        worker = Worker("python", self._folder)
        worker.run(replace(self.scenario, costs=False))
        outcome = worker.outcome()
        worker.close()
        return outcome

    def _prove_floats(self, outcomes: dict[str, Any]) -> None:
        """That the float variants had float books, and the others had not."""
        for engine, note in self.notes.items():
            if engine not in PEERS and note.endswith("cash is float") is not (engine in FLOATS):
                raise ResultsDiffer(f"{self.scenario.name}: {engine} ran with {note}")
        for engine in FLOATS.keys() & outcomes.keys():
            pairs = zip(outcomes["python"]["values"], outcomes[engine]["values"], strict=True)
            self.notes[engine] += f", a value off by {max(abs(one - other) for one, other in pairs):.1e} at most"

    def round(self, engine: str) -> float:
        """One more turn of an engine: the better of whole runs in succession.

        The first of them brings back to the processor's caches what the other engines' turns have pushed out.
        """
        runs = [self._workers[engine].run(self.scenario) for _ in range(RUNS_A_TURN)]
        seconds = min(run[0] for run in runs)
        self.times[engine].warm.append(seconds)
        self.times[engine].cpu += [run[1] for run in runs]
        return seconds

    def finish(self) -> dict[str, Any]:
        """Everything measured, as one row of the table."""
        for engine, times in self.times.items():
            times.peak = self._workers[engine].peak()
        return row(self.scenario, self.times, self.fills, self.notes)


def row(scenario: Scenario, times: dict[str, Times], fills: int, notes: dict[str, str]) -> dict[str, Any]:
    """A scenario's figures as plain values: seconds, MiB, and ratios to Zipline's median.

    The least CPU seconds of any run, and their ratio, say the same where others keep the machine busy.
    exactness: by how much of the float variant's time each exact engine takes longer; by the median, and by the CPU.
    """
    base = times["zipline"].median
    exactness = {
        engine: {
            variant: [
                times[engine].median / times[variant].median - 1,
                min(times[engine].cpu) / min(times[variant].cpu) - 1,
            ]
            for variant in FLOATS
            if variant in times
        }
        for engine in ("python", "rust")
        if engine in times
    }
    return {
        "scenario": scenario.name,
        "about": scenario.about,
        "fills": fills,
        "goals": dict(zip(("rust", "python"), scenario.goals or (), strict=False)),
        "exactness": exactness,
        "engines": {
            engine: {
                "label": LABELS[engine],
                "note": notes.get(engine, ""),
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
    """Brings the scenario's data in for all engines, once per folder."""
    done = folder / f"{scenario.bundle}.ready"
    if done.exists():
        return
    for engine in ("zipline", "python"):
        worker = Worker(engine, folder)
        worker.store(scenario)
        worker.close()
    sharing = {one.name for one in SCENARIOS.values() if one.bundle == scenario.bundle} | {scenario.name}
    if any(sharing & set(peer.scenarios) for peer in PEERS.values()):
        _peer_data.store(scenario, folder)
    done.touch()


def rounds_wanted() -> tuple[int, int]:
    """How many warm rounds of RustyBT, and of Zipline and the peers; from the environment."""
    return int(os.environ.get("RUSTYBT_BENCH_ROUNDS", "7")), int(os.environ.get("RUSTYBT_BENCH_ZIPLINE_ROUNDS", "1"))


def measure(
    scenario: Scenario, folder: Path, engines: tuple[str, ...], rounds: int, zipline_rounds: int
) -> dict[str, Any]:
    """A scenario's row: data, results compared, then rounds in turns."""
    prepare(scenario, folder)
    with Bench(scenario, folder, engines) as bench:
        bench.check()
        for number in range(max(rounds, zipline_rounds)):
            for engine in engines:
                if number < (rounds if engine in OWN else zipline_rounds):
                    bench.round(engine)
        return bench.finish()
