"""Instructions of whole runs: scenarios on both kernels, of this checkout and of another one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks._scenarios import SCENARIOS

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_name("instructions_of_runs.json")
COUNTED = ("D50", "D500", "M1", "M50", "IDLE", "ORDERS")
"""All of them whole: the longest takes two minutes under valgrind."""
KERNELS = ("rust", "python")
WARM, RUNS = 2, 2
ALLOWED = 0.03
"""By how much of itself a count may grow."""

Counts = dict[str, dict[str, int]]
"""By scenario, then by kernel."""


@dataclass(frozen=True, slots=True)
class Record:
    """Counts of a commit, and what made the binaries."""

    commit: str
    subject: str
    compiler: str
    python: str
    instructions: Counts


class Checkout:
    """A working tree with an environment in `.venv`, or this one; its data are its own."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path.resolve()
        self._python = sys.executable if self.path == ROOT else str(self.path / ".venv" / "bin" / "python")
        self.commit = self._said("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
        self._folder = folder / self.commit

    def record(self, counts: Counts) -> Record:
        """The counts with their origin."""
        subject = self._said("git", "log", "-1", "--format=%s")
        return Record(self.commit, subject, self._said("rustc", "--version"), self._said(self._python, "-V"), counts)

    def store(self, name: str) -> None:
        """Ingests the data of a scenario, once per folder."""
        done = self._folder / f"{SCENARIOS[name].bundle}.stored"
        if done.exists():
            return
        code = (
            "import sys; from pathlib import Path; from benchmarks._on_rustybt import store; "
            "from benchmarks._scenarios import SCENARIOS; store(SCENARIOS[sys.argv[1]], Path(sys.argv[2]))"
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        self._said(self._python, "-c", code, name, str(self._folder))
        done.touch()

    def count(self, name: str, kernel: str) -> int:
        """Instructions of a run after the first ones in a process: what is loaded once does not count."""
        with tempfile.TemporaryDirectory() as out:
            tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}/%p"]
            process = [self._python, "-P", str(Path(__file__).with_name("_counted_process.py"))]
            said = self._said(*tool, *process, name, str(self._folder), str(WARM), str(RUNS), kernel=kernel)
            before, after = (summary(Path(out) / child) for child in said.split())
        return (after - before) // RUNS

    def _said(self, *command: str, kernel: str = "auto") -> str:
        one_thread = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # threads that wait count too
        wanted = {"RUSTYBT_KERNELS": kernel, "PYTHONHASHSEED": "0", "PYTHONPATH": str(self.path)}
        done = subprocess.run(
            command, cwd=self.path, env=os.environ | one_thread | wanted, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode} in {self.path}:\n{done.stderr}")
        return done.stdout.strip()


def summary(file: Path) -> int:
    found = re.search(r"^summary: (\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"valgrind wrote no summary into {file}.")
    return int(found.group(1))


def kept() -> list[Record]:
    """The records of the file, oldest first."""
    return [Record(**raw) for raw in json.loads(KEPT.read_text(encoding="utf-8"))] if KEPT.exists() else []


def keep(new: Record) -> None:
    """Writes a record into the file, or what it counted anew into that of its commit."""
    records = {record.commit: record for record in kept()}
    past = records.get(new.commit)
    if past is not None:
        counts = {name: past.instructions.get(name, {}) | kinds for name, kinds in new.instructions.items()}
        new = Record(new.commit, new.subject, new.compiler, new.python, past.instructions | counts)
    records[new.commit] = new
    text = json.dumps([asdict(record) for record in records.values()], indent=2)
    KEPT.write_text(text + "\n", encoding="utf-8")


def compare_runs(
    names: Sequence[str], kernels: Sequence[str], against: Path | None, keeps: bool, folder: Path | None
) -> int:
    """Counts and prints a table; 1 where a run takes `ALLOWED` more than the other checkout's, or the last record's."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as temporary:
        checkouts = [Checkout(path, folder or Path(temporary)) for path in (ROOT, against) if path is not None]
        counted: list[Counts] = [{} for _ in checkouts]
        past = kept()
        standard = past[-1] if against is None and past else None
        other = checkouts[1].commit if against else standard.commit if standard else ""
        print(f"{'':16}{_short(checkouts[0].commit):>16}{_short(other):>16}", flush=True)
        grown = []
        for name in names or COUNTED:
            for kernel in kernels or KERNELS:
                for checkout, counts in zip(checkouts, counted, strict=True):
                    checkout.store(name)
                    counts.setdefault(name, {})[kernel] = checkout.count(name, kernel)
                was = (counted[1] if against else _latest(past)).get(name, {}).get(kernel)
                if _tell(name, kernel, counted[0][name][kernel], was):
                    grown.append(f"{name} {kernel}")
        if keeps:
            for checkout, counts in reversed(list(zip(checkouts, counted, strict=True))):
                keep(checkout.record(counts))
    if grown:
        print(f"More than {ALLOWED:.0%} dearer: {', '.join(grown)}.")
    return int(bool(grown))


def _latest(records: Sequence[Record]) -> Counts:
    """Of each scenario and kernel the count that was kept last: a record need not have them all."""
    found: Counts = {}
    for record in records:
        for name, counts in record.instructions.items():
            found[name] = found.get(name, {}) | counts
    return found


def _short(commit: str) -> str:
    return commit[:10] + ("-dirty" if commit.endswith("-dirty") else "")


def _tell(name: str, kernel: str, count: int, was: int | None) -> bool:
    """Prints a row of the table; whether the count grew by more than is allowed."""
    ratio = "" if was is None else f"{was:>16,}{count / was - 1:>+8.2%}"
    print(f"{name:8}{kernel:8}{count:>16,}{ratio}", flush=True)
    return was is not None and count > was * (1 + ALLOWED)
