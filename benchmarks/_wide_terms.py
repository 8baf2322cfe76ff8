"""Ten terms of all assets of a market, read in one run: `python -m benchmarks._wide_terms BUNDLE` prints what it took.

A process of its own, so that its memory is what a run on such a market takes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import rustybt
from benchmarks._peak import peak_mib
from rustybt.api import term
from rustybt.core import date_of
from rustybt.indicators import ADX, ATR, CCI, EMA, RSI, SMA, VWAP, WMA, Highest, StandardDeviation

KINDS = (SMA, EMA, WMA, VWAP, Highest, StandardDeviation, RSI, ATR, ADX, CCI)
ALONE = 5


def main() -> None:
    """Loads the market, reads the terms at the last bar but one, and prints JSON."""
    market = rustybt.load(sys.argv[1])
    assets = market.data.assets()
    drawn = np.random.default_rng(1).choice(len(assets), ALONE, replace=False).tolist()
    told: dict[str, Any] = {"assets": len(assets)}

    def asked(several: Any) -> list[Any]:
        return [term(kind, several, **{name: 20 for name in kind.parameters if name == "window"}) for kind in KINDS]

    def initialize(context: Any) -> None:
        context.all, context.alone = asked(assets), [asked([assets[place]]) for place in drawn]

    def handle_data(context: Any, data: Any) -> None:
        if "wall" in told:
            return
        begun, used, own = time.perf_counter(), _used(), time.thread_time()
        rows = [one.now for one in context.all]
        told["wall"], told["cpu"] = time.perf_counter() - begun, _used() - used
        told["serial"] = time.thread_time() - own
        told["private"], told["peak"] = _private(), (peak_mib() or 0.0) / 1024
        told["values"] = sum(one._laid.values[0].size for one in context.all)
        # those that are computed together say what each says by itself
        told["differ"] = sum(
            rows[k][place] != alone[k].now[0]
            for place, alone in zip(drawn, context.alone, strict=True)
            for k in range(len(KINDS))
        )

    last = date_of(market.data.last_day_of("1d"))
    rustybt.run_algorithm(last, last, initialize, handle_data=handle_data, market=market, progress=False)
    print(json.dumps(told, default=int))


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _private() -> float:
    """GiB that this process shares with no other."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 2**20


if __name__ == "__main__":
    main()
