"""An engine in a process of its own: memory and warm-up are its own, and nothing of the other is loaded."""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks._engines import FLOATS, OWN, interpreter_of, module_of
from benchmarks._peak import peak_mib
from benchmarks._scenarios import Scenario


class Worker:
    """A process that runs scenarios on one engine, as often as it is asked to."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        command = [interpreter_of(engine), "-m", "benchmarks._worker", engine, str(folder)]
        kernels = {"RUSTYBT_KERNELS": OWN[engine]} if engine in OWN else {}
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[1],
            env=os.environ | kernels,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def store(self, scenario: Scenario) -> None:
        """Brings a scenario's data in. It takes memory of its own: measure the peak in another process."""
        self._ask("store", scenario)

    def run(self, scenario: Scenario) -> tuple[float, float]:
        """Seconds of one whole run, from opening the data to the result's frames: by the clock, and of the CPU."""
        wall, cpu = self._ask("run", scenario)
        return wall, cpu

    def outcome(self) -> dict[str, Any]:
        """What came out of the last run."""
        outcome: dict[str, Any] = self._ask("outcome")
        return outcome

    def peak(self) -> float | None:
        """Largest memory of the process so far, MiB; None where the system does not say."""
        return self._ask("peak")  # type: ignore[no-any-return]

    def _ask(self, request: str, scenario: Scenario | None = None) -> Any:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        process.stdin.write(json.dumps([request, scenario and asdict(scenario)]) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The {self.engine} process ended with code {process.wait()}; see its messages above.")
        return json.loads(line)

    def close(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None and self._process.stdout is not None:
            self._process.stdin.close()
            self._process.stdout.close()
        self._process.wait(timeout=60)


def main() -> None:
    """Answers requests, one a line, until the input ends."""
    engine, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anybody prints must not get between the answers
    side = importlib.import_module(module_of(engine))
    more = {"floats": FLOATS[engine]} if engine in FLOATS else {}
    runners: dict[Scenario, Any] = {}
    last: Any = None
    for line in sys.stdin:
        request, raw = json.loads(line)
        answer: Any = None
        if raw is not None:
            goals = raw["goals"] and tuple(raw["goals"])
            scenario = Scenario(**{**raw, "volume": tuple(raw["volume"]), "goals": goals})
        if request == "store":
            side.store(scenario, Path(folder))
        elif request == "run":
            runner = runners.get(scenario) or runners.setdefault(scenario, side.Runner(scenario, Path(folder), **more))
            last = None
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            last = runner.run()
            answer = time.perf_counter() - wall, time.process_time() - cpu
        elif request == "outcome":
            answer = runner.outcome(last)
        elif request == "peak":
            answer = peak_mib()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
