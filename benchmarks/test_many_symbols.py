"""What many symbols cost: ingested, given again, appended to day by day, and shown.

Limits are core-seconds, so that a busy machine says the same; they are twice what was measured on two idle cores.

python -m pytest benchmarks/test_many_symbols.py -m bench --benchmark-enable
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rustybt.catalog import coverage, open_version, verify
from rustybt.ingest import IngestReport, ingest, quality

pytestmark = [pytest.mark.bench, pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")]

FIRST = dt.date(2014, 1, 1)


def bars(assets: int, days: int, *, start: int = 0, by_day: bool = False) -> pl.DataFrame:
    """Daily bars that wander, in cents."""
    rng = np.random.default_rng(start)
    cents = 5_000 + np.cumsum(rng.integers(-20, 21, (assets, days)), axis=1)
    columns = {"open": cents, "high": cents + 9, "low": cents - 9, "close": cents + 1}
    symbols = np.array([f"S{number:05}" for number in range(assets)])
    dates = np.datetime64(FIRST) + np.arange(start, start + days)
    where = np.meshgrid(np.arange(assets), np.arange(days), indexing="ij")
    order = (lambda column: column.T.ravel()) if by_day else np.ravel
    return pl.DataFrame(
        {
            "symbol": symbols[order(where[0])].tolist(),
            "date": dates[order(where[1])],
            **{name: order(column) / 100 for name, column in columns.items()},
            "volume": order(rng.integers(1_000, 9_000, (assets, days))),
        }
    )


def core_seconds(what: Callable[[], object]) -> tuple[float, float]:
    """Of all cores, and by the clock."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    what()
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - began


def told(capsys: pytest.CaptureFixture[str], what: str, seconds: tuple[float, float]) -> float:
    with capsys.disabled():
        print(f"\n  {what}: {seconds[0]:.2f} core-seconds, {seconds[1]:.2f} s", end="")
    return seconds[0]


@pytest.mark.parametrize("by_day", [False, True])
def test_three_thousand_symbols_of_ten_years(tmp_path: Path, capsys: pytest.CaptureFixture[str], by_day: bool) -> None:
    given = bars(3_000, 2_500, by_day=by_day)
    reports: list[IngestReport] = []

    def put(mode: str, frame: pl.DataFrame) -> Callable[[], None]:
        return lambda: reports.append(ingest("b", frame, mode=mode, calendar="24/7", root=tmp_path))  # type: ignore[arg-type]

    assert told(capsys, "7.5 million days", core_seconds(put("error", given))) < 24
    assert told(capsys, "the same again", core_seconds(put("error", given))) < 4
    assert told(capsys, "a day more", core_seconds(put("append", bars(3_000, 1, start=2_500)))) < 6
    assert [report.rows for report in reports] == [7_500_000, 0, 3_000]
    with open_version("b", root=tmp_path) as version:
        assert told(capsys, "verified", core_seconds(lambda: verify(version))) < 12


def test_a_day_after_the_other_of_three_thousand_symbols(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest("b", bars(3_000, 1), calendar="24/7", root=tmp_path)
    used = []
    for day in range(1, 251):
        frame = bars(3_000, 1, start=day)
        used.append(core_seconds(lambda frame=frame: ingest("b", frame, mode="append", calendar="24/7", root=tmp_path)))  # type: ignore[misc]
    for at in (0, 4, 100, 249):
        told(capsys, f"append {at + 1}", used[at])
    assert max(seconds for seconds, _ in used) < 4
    assert sum(seconds for seconds, _ in used[-20:]) < 3 * sum(seconds for seconds, _ in used[:20])


def test_twenty_thousand_symbols(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = bars(20_000, 5)
    assert told(capsys, "20,000 symbols", core_seconds(lambda: ingest("b", given, calendar="24/7", root=tmp_path))) < 12
    with open_version("b", root=tmp_path) as version:
        shown = core_seconds(lambda: (quality("b", root=tmp_path), coverage(version)))
    assert told(capsys, "what `catalog show` asks", shown) < 2


def test_a_folder_of_five_thousand_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for (symbol,), frame in bars(5_000, 5).partition_by("symbol", as_dict=True).items():
        frame.drop("symbol").write_csv(folder / f"{symbol}.csv")
    seconds = core_seconds(lambda: ingest("b", folder, calendar="24/7", root=tmp_path / "root"))
    assert told(capsys, "5,000 files", seconds) < 30
