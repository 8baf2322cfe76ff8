"""What latency adds to a run: the same orders with and without one, by what a bar offers and how it is read.

    python -m benchmarks.latency            # CPU seconds, the least of several runs that take turns
    python -m benchmarks.latency --days 20 --turns 15 --kernel python --every 30
    python -m benchmarks.latency --instructions     # counted by valgrind: a machine that others keep busy says the same

A strategy of one asset, on minutes of the calendar 24/7, reads the price of each bar, and places an order with each so
many. One that reads nothing (`--idle`) takes half the time, and what latency adds is twice the share of it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, Literal

import rustybt
from benchmarks._counted_process import leave_a_count
from benchmarks._run_counts import summary
from benchmarks.sub_second import bars_of, least
from rustybt.api import latency, set_latency

START = dt.date(2024, 1, 1)
ALLOWED = 1.05
"""How much longer a run may take."""

type Kernel = Literal["auto", "rust", "python"]


class Market(rustybt.Strategy):
    """Buys and sells at the market in turns."""

    def initialize(self, context: Any, delay: str | None = None, every: int = 30, idle: bool = False) -> None:
        context.asset, context.bars, context.every, context.idle = context.symbol("A"), 0, every, idle
        if delay is not None:
            set_latency(latency.Latency(network=delay))

    def handle_data(self, context: Any, data: Any) -> None:
        context.bars += 1
        if not context.idle:
            data.current(context.asset, "price")
        if context.bars % context.every == 0:
            self.place(context, data, 1 if context.bars // context.every % 2 else -1)

    def place(self, context: Any, data: Any, side: int) -> None:
        """Places what is due."""
        context.order(context.asset, side)


class Limit(Market):
    """Buys and sells in turns at a limit that the next bars come to, or not."""

    def place(self, context: Any, data: Any, side: int) -> None:
        context.order(context.asset, side, limit_price=float(data.current(context.asset, "price")) - 0.05 * side)


class Stop(Market):
    """Buys and sells in turns at a stop."""

    def place(self, context: Any, data: Any, side: int) -> None:
        context.order(context.asset, side, stop_price=float(data.current(context.asset, "price")) + 0.05 * side)


WORK = {"market": Market, "limit": Limit, "stop": Stop}
READINGS = list(product(("close", "open"), ("close", "range")))


def runner(
    market: Any, strategy: Any, reading: tuple[str, str], delay: str | None, kernel: Kernel, **params: Any
) -> Callable[[], Any]:
    """A whole run as a function. reading: `fill_at` and `trigger`."""
    fill_at, trigger = reading
    options: dict[str, Any] = {"fill_at": fill_at, "trigger": trigger, "kernel": kernel, "progress": False}
    return lambda: rustybt.run_algorithm(strategy=strategy, market=market, params={"delay": delay, **params}, **options)


def compare(given: argparse.Namespace) -> list[str]:
    """Prints a line for each kind of order and reading. Returns those to which latency adds more than it may."""
    dearer = []
    with tempfile.TemporaryDirectory() as root:
        os.environ["RUSTYBT_ROOT"] = root
        frame = bars_of("minutes", 1440 * given.days)
        rustybt.ingest("minutes", frame, frequency="1m", stamp="end", calendar="24/7", assets={"type": "crypto"})
        last = START + dt.timedelta(days=given.days - 1)
        market = rustybt.load(bundle="minutes", data_frequency="1m", start=START, end=last)
        for work, reading in product(given.work, READINGS):
            runs = {
                name: runner(market, WORK[work], reading, delay, given.kernel, every=given.every, idle=given.idle)
                for name, delay in (("plain", None), ("latency", given.delay))
            }
            if given.counts is not None:
                took, unit = counted(runs, given.counts), "million instructions"
            else:
                took, unit = {name: seconds * 1e3 for name, seconds in least(runs, given.turns).items()}, "ms"
            added = took["latency"] / took["plain"]
            told = f"{work:7} {reading[0]:6}{reading[1]:6}"
            print(f"{told} {took['plain']:.1f} {unit}, with latency {added - 1:+.1%}", flush=True)
            if added > ALLOWED:
                dearer.append(" ".join((work, *reading)))
    return dearer


def counted(runs: dict[str, Callable[[], Any]], counts: Path) -> dict[str, float]:
    """Million instructions of each run after first ones. counts: where valgrind leaves what it counted, by process."""
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*multi-threaded.*fork")
    for run in (*runs.values(), *runs.values()):
        run()
    took = {}
    for name, run in runs.items():
        gc.collect()
        before = leave_a_count()
        run()
        run()
        after = leave_a_count()
        took[name] = (summary(counts / str(after)) - summary(counts / str(before))) / 2e6
    return took


def count_again() -> int:
    """The same command under valgrind. Returns its exit code."""
    with tempfile.TemporaryDirectory() as out:
        tool = ["valgrind", "-q", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}/%p"]
        command = [sys.executable, "-m", "benchmarks.latency", *sys.argv[1:], "--counts", out]
        one_thread = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        return subprocess.run([*tool, *command], env=os.environ | one_thread, check=False).returncode


def main() -> int:
    """Prints a table; 1 where latency adds more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--every", type=int, default=30)
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--delay", default="50ms")
    parser.add_argument("--work", nargs="*", choices=WORK, default=list(WORK))
    parser.add_argument("--kernel", default="auto", choices=("auto", "rust", "python"))
    parser.add_argument("--instructions", action="store_true", help="count them, with valgrind, and take no time")
    parser.add_argument("--counts", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.instructions and given.counts is None:
        return count_again()
    dearer = compare(given)
    if dearer:
        print("Latency adds more than it may:", ", ".join(dearer))
    return int(bool(dearer))


if __name__ == "__main__":
    sys.exit(main())
