"""What a bar costs that is shorter than a minute: the same prices as minutes, as bars of 100 ms and as single trades.

    python -m benchmarks.sub_second            # CPU seconds, the least of several runs that take turns
    python -m benchmarks.sub_second --bars 20000 --turns 5 --kernel python

Each run has as many bars of one asset, on the calendar 24/7: minutes are some seventy sessions, the others lie in one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from random import Random
from typing import Any, Literal

import polars as pl

import rustybt
from rustybt.api import cancel_event, on_event, on_price_threshold, on_time_interval

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
LENGTHS = {"minutes": ("1m", 60_000_000), "100 ms": ("100ms", 100_000), "trades": ("1ms", 86_400)}
"""Of each kind of bars the name of its length, and the microseconds between two; trades come a bit irregularly."""
ALLOWED = 1.10

type Kernel = Literal["auto", "rust", "python"]


def bars_of(kind: str, count: int) -> pl.DataFrame:
    """Bars of one asset; the prices are the same for each kind."""
    random = Random(7)
    closes = [100_000]
    for _ in range(count - 1):
        closes.append(max(closes[-1] + random.randint(-20, 20), 1_000))
    step = LENGTHS[kind][1]
    moved = [random.randint(-step // 3, step // 3) if kind == "trades" else 0 for _ in range(count)]
    stamps = [START + dt.timedelta(microseconds=step * (1 + place) + moved[place]) for place in range(count)]
    prices = [f"{close // 100}.{close % 100:02}" for close in closes]
    frame = pl.DataFrame({"symbol": ["A"] * count, "timestamp": stamps, "close": prices})
    return frame.with_columns(open="close", high="close", low="close", volume=pl.lit(100_000))


class Idle(rustybt.Strategy):
    """Does nothing with a bar."""

    def initialize(self, context: Any, length: str = "1m", count: int = 0) -> None:
        context.asset, context.length, context.count, context.bars = context.symbol("A"), length, count, 0

    def handle_data(self, context: Any, data: Any) -> None:
        pass


class Price(Idle):
    """Reads the price of each bar."""

    def handle_data(self, context: Any, data: Any) -> None:
        data.current(context.asset, "price")


class Window(Idle):
    """Reads a window of 30 bars with each."""

    def handle_data(self, context: Any, data: Any) -> None:
        context.bars += 1
        if context.bars > 30:
            data.history(context.asset, "close", 30, context.length).mean()


class Orders(Idle):
    """Sets a target with each tenth bar, and keeps a limit order open."""

    def handle_data(self, context: Any, data: Any) -> None:
        context.bars += 1
        if context.bars % 10 == 0:
            context.order_target(context.asset, context.bars // 10 % 2)
        if context.bars == 1:
            context.order(context.asset, 1, limit_price=1)


class Never:
    """A trigger that is asked, and does not fire."""

    def fires(self, moment: Any, data: Any) -> bool:
        return False


class Events(Idle):
    """An interval of each fifth bar, ten levels, and a trigger, in place of handle_data."""

    def initialize(self, context: Any, length: str = "1m", count: int = 0) -> None:
        super().initialize(context, length, count)
        context.interval = on_time_interval({"1m": "5m"}.get(length, "500ms"), self.elapsed)
        for level in range(10):
            on_price_threshold(context.asset, 950 + 10 * level, self.handle_data)
        on_event(Never(), self.handle_data)

    def elapsed(self, context: Any, data: Any) -> None:
        context.bars += 5
        if context.bars >= context.count:  # after the last bar there would be moments to the end of the day
            cancel_event(context.interval)


WORK = {"idle": Idle, "price": Price, "window": Window, "orders": Orders, "events": Events}


def runner(kind: str, strategy: Any, last: dt.date, count: int, kernel: Kernel) -> Callable[[], Any]:
    """A whole run as a function."""
    length = LENGTHS[kind][0]
    market = rustybt.load(bundle=kind.replace(" ", "-"), data_frequency=length, start=START.date(), end=last)
    return lambda: rustybt.run_algorithm(
        strategy=strategy, market=market, params={"length": length, "count": count}, kernel=kernel, progress=False
    )


def least(runs: dict[str, Callable[[], Any]], turns: int) -> dict[str, float]:
    """CPU seconds of each, the least of its turns; a turn is as many runs as take a tenth of a second."""
    found = dict.fromkeys(runs, float("inf"))
    first = next(iter(runs.values()))
    first()
    rounds = max(1, round(0.1 / _took(first, 1)))
    for _ in range(turns):
        for kind, run in runs.items():
            found[kind] = min(found[kind], _took(run, rounds) / rounds)
    return found


def _took(run: Callable[[], Any], rounds: int) -> float:
    gc.collect()
    before = time.process_time()
    for _ in range(rounds):
        run()
    return time.process_time() - before


def main() -> int:
    """Prints a table; 1 where a bar costs a tenth more than one of a minute."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sub_second")
    parser.add_argument("--bars", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--work", nargs="*", choices=WORK, default=list(WORK))
    parser.add_argument("--kernel", default="auto", choices=("auto", "rust", "python"))
    given = parser.parse_args()
    dearer = []
    with tempfile.TemporaryDirectory() as root:
        os.environ["RUSTYBT_ROOT"] = root
        lasts = {}
        for kind, (length, step) in LENGTHS.items():
            frame = bars_of(kind, given.bars)
            name = kind.replace(" ", "-")
            rustybt.ingest(name, frame, frequency=length, stamp="end", calendar="24/7", assets={"type": "crypto"})
            lasts[kind] = (START + dt.timedelta(microseconds=step * given.bars - 1)).date()
        for work in given.work:
            runs = {kind: runner(kind, WORK[work], lasts[kind], given.bars, given.kernel) for kind in LENGTHS}
            took = least(runs, given.turns)
            each = {kind: seconds / given.bars * 1e6 for kind, seconds in took.items()}
            rows = [f"{kind} {us:.3f} us ({us / each['minutes'] - 1:+.0%})" for kind, us in each.items()]
            print(f"{work:8}", "  ".join(rows), flush=True)
            dearer += [f"{work} of {kind}" for kind, us in each.items() if us > ALLOWED * each["minutes"]]
    if dearer:
        print("More than a tenth dearer than minutes:", ", ".join(dearer))
    return int(bool(dearer))


if __name__ == "__main__":
    sys.exit(main())
