"""What it takes to have the bars of D500 in memory: as exact integers, as floats, and mapped from a file.

    python -m benchmarks.loading [--data FOLDER]

CPU seconds, all threads, the least of several rounds: of `rustybt.load`; of reading the same Parquet files into columns
of floats for each asset, cast from their decimals; of reading files that hold floats; and of a market that another
process has shared.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks._measure import prepare
from benchmarks._scenarios import SCENARIOS

ROUNDS = 7
PRICES = ("open", "high", "low", "close", "volume")


def main() -> None:
    """Measures, and prints a line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that keeps the data for the next time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary:
        folder = (given.data or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        scenario = SCENARIOS["D500"]
        prepare(scenario, folder)
        os.environ["RUSTYBT_ROOT"] = str(folder / "rustybt")
        _report(scenario.bundle, Path(temporary))


def _report(bundle: str, temporary: Path) -> None:
    import polars as pl

    import rustybt

    parts = sorted(rustybt.open_version(bundle).path.glob("1d-*.parquet"))
    cast = pl.scan_parquet(parts).with_columns(pl.col(PRICES).cast(pl.Float64))
    floats = temporary / "floats.parquet"
    cast.collect(engine="in-memory").write_parquet(floats, compression="lz4")
    exact = _least(lambda: rustybt.load(bundle))
    of_decimals = _least(lambda: _columns(cast))
    of_floats = _least(lambda: _columns(pl.scan_parquet(floats)))
    market = rustybt.load(bundle)
    reference = pickle.dumps(market)
    mapped = _least(lambda: pickle.loads(reference))
    print(f"{market.rows_read:,} bars of six columns")
    for what, seconds in (
        ("exact integers", exact),
        ("floats, cast from the same files", of_decimals),
        ("floats, stored as floats", of_floats),
        ("exact integers, mapped", mapped),
    ):
        print(f"{what}: {seconds:.3f} CPU s, {seconds / of_decimals:.2f} of the floats'")


def _columns(scanned: Any) -> dict[Any, list[Any]]:
    """The columns of each asset: slices of those of all, which are sorted by asset."""
    frame = scanned.collect(engine="in-memory")
    columns = [frame[name].to_physical().to_numpy() for name in ("stamp", *PRICES)]
    sids = frame["sid"].to_numpy()
    begins = [0, *(np.flatnonzero(np.diff(sids)) + 1).tolist(), len(sids)]
    return {sids[a]: [column[a:b] for column in columns] for a, b in pairwise(begins)}


def _least(call: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        begin = process_time()
        kept = call()
        seconds.append(process_time() - begin)
        del kept
    return min(seconds)


if __name__ == "__main__":
    main()
