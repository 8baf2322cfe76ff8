"""What a search costs: a thousand pairs of averages beside vectorbt, ten million runs a day, workers, memory, windows.

Core-seconds of this process and its children, so that a busy machine says nearly the same.

    python -m pytest benchmarks/test_search_speed.py -m bench --benchmark-enable

vectorbt is run by the interpreter of `RUSTYBT_VECTORBT_PYTHON`; without it the sweep is measured alone.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rustybt
from benchmarks.test_terms_speed import CASH, FAST, QUANTITY, SLOW, crossing, store_minutes
from rustybt.optimize import Expanding, Grid, Integer, RandomSearch, Search, search, walk_forward

pytestmark = [pytest.mark.bench, pytest.mark.skipif(sys.platform != "linux", reason="no /proc")]

A_DAY, CORES = 10_000_000, 2
YEAR = {"start": "2009-01-02", "end": "2009-12-31"}
SPACE = {"fast": Integer(2, 30), "slow": Integer(31, 80)}


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))


AVERAGES = """
from rustybt import Strategy
from rustybt.api import order_target_percent, symbol, term
from rustybt.indicators import SMA


class Averages(Strategy):
    def initialize(self, context, fast, slow):
        context.asset, context.within = symbol("IBM"), False
        context.fast, context.slow = [term(SMA, context.asset, window=window) for window in (fast, slow)]

    def handle_data(self, context, data):
        above = context.fast.now > context.slow.now
        if above != context.within:
            context.within = above
            order_target_percent(context.asset, 1 if above else 0)
"""


@pytest.fixture
def strategy(tmp_path: Path) -> Path:
    """A file: what workers can be given."""
    path = tmp_path / "averages.py"
    path.write_text(AVERAGES)
    return path


def core_seconds(what: Callable[[], Any]) -> tuple[float, Any]:
    """Of this process, and of workers that have ended."""
    begun = sum(os.times()[:4])
    found = what()
    return sum(os.times()[:4]) - begun, found


def searched(strategy: Any, trials: int, **how: Any) -> Search:
    return search(strategy, SPACE, RandomSearch(), trials=trials, progress=False, **YEAR, **how)


class Crossings(rustybt.Strategy):
    """Holds while the fast average is above the slow one."""

    def initialize(self, context: Any, fast: int, slow: int) -> None:
        crossing(fast, slow)(context)

    def handle_data(self, context: Any, data: Any) -> None:
        pass


def test_a_thousand_pairs_of_averages_by_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market, closes = store_minutes(97_740)
    space = {"fast": list(FAST), "slow": list(SLOW)}
    seconds, found = core_seconds(
        lambda: search(
            Crossings, space, Grid(), market=market, capital_base=CASH, objective="final_value", trials=1_000,
            figures=("transactions",), keep_returns=False, progress=False,
        )
    )  # fmt: skip
    assert len(found.ranked) == 1_000
    values, orders = [float(one.value or 0) for one in found.all], [one.figures["transactions"] for one in found.all]
    with capsys.disabled():
        print(f"\n  1,000 pairs by search, {sum(orders):,} fills: {seconds:.2f} core-seconds", end="")
    peer = os.environ.get("RUSTYBT_VECTORBT_PYTHON")
    if peer is None:
        return
    np.save(tmp_path / "closes.npy", closes)
    windows = [",".join(map(str, one)) for one in (FAST, SLOW)]
    script = str(Path(__file__).with_name("_on_vectorbt.py"))
    command = [peer, script, str(tmp_path / "closes.npy"), *windows, str(QUANTITY), str(CASH)]
    other = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert other["orders"] == orders
    assert other["values"] == values
    with capsys.disabled():
        print(f", vectorbt {other['cpu']:.2f}", end="")
    assert seconds < other["cpu"] / 2


def test_ten_million_runs_a_day(strategy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A year of days of one asset, with the record, in core-seconds: two cores have 172,800 of them a day."""
    searched(strategy, 20)
    seconds, found = core_seconds(lambda: searched(strategy, 1_000, seed=1))
    assert len(found.ranked) == 1_000
    with capsys.disabled():
        print(
            f"\n  {seconds:.2f} ms of CPU a run with the record: {CORES * 86_400e3 / seconds / 1e6:.1f} million a day",
            end="",
        )
    assert seconds / 1_000 * A_DAY < CORES * 86_400


WORKERS = """
import os, sys
from rustybt.optimize import Integer, RandomSearch, search

def cpu():
    return sum(os.times()[:4])

begun = cpu()
found = search(
    sys.argv[1], {"fast": Integer(2, 30), "slow": Integer(31, 80)}, RandomSearch(), trials=1_000, seed=2,
    workers=int(sys.argv[2]), progress=False, start="2009-01-02", end="2009-12-31",
)
print(cpu() - begun, hash(tuple((t.number, str(t.params), t.values, t.ledger_hash) for t in found.all)))
"""


def test_two_workers_cost_little_more_than_one_process(strategy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand trials in a process of its own, which begins with nothing loaded, and by two workers of one."""
    told = []
    for workers in (1, 2):
        command = [sys.executable, "-c", WORKERS, str(strategy), str(workers)]
        settings = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=settings)
        told.append(done.stdout.split())
    (alone, one), (beside, two) = told
    assert one == two
    with capsys.disabled():
        print(f"\n  1,000 trials: {float(alone):.1f} core-seconds here, {float(beside):.1f} by two workers", end="")
    assert float(beside) < 1.1 * float(alone)


def test_memory_does_not_grow_with_the_trials(strategy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The 500th trial as the 50th, within 2 MiB, the table of trials apart."""
    seen: dict[int, float] = {}

    class Watched(RandomSearch):
        def on(self, space: Any, *, seed: int = 0, trials: int = 100) -> Any:
            searcher = super().on(space, seed=seed, trials=trials)
            ask = searcher.ask

            def asked(count: int) -> Any:
                gc.collect()
                seen[len(searcher._seen)] = private()
                return ask(count)

            searcher.ask = asked  # type: ignore[method-assign]
            return searcher

    search(strategy, SPACE, Watched(), trials=550, batch=50, progress=False, **YEAR)
    grown = seen[500] - seen[50]
    with capsys.disabled():
        print(f"\n  private memory after 50 trials {seen[50]:.1f} MiB, after 500 {seen[500]:.1f}", end="")
    assert grown < 2


def private() -> float:
    """MiB of this process that no other one shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def test_expanding_windows_cost_little_more_than_the_search(strategy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once, found = core_seconds(
        lambda: search(strategy, SPACE, Grid(), trials=400, start="2003-01-02", end="2012-12-31", progress=False)
    )
    more, forward = core_seconds(lambda: walk_forward(found, Expanding("2y", "1y")))
    with capsys.disabled():
        print(f"\n  400 trials {once:.1f} core-seconds, {forward.windows.height} windows {more:.1f} more", end="")
    assert once + more < 1.1 * once
