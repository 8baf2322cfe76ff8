"""A writer is killed at every step and at random moments; what was there before stays readable."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from rustybt.catalog import open_version, open_writer, reindex, unlisted, verify
from rustybt.errors import CatalogBusy, CatalogCorrupt, CatalogError, CatalogUnavailable
from rustybt.ingest import ingest

EVER = (0, 2**62)
STEPS = ("locked", "parts written", "manifest written", "renamed", "indexed", "committed")

WRITER = """
import os, signal, sys
from pathlib import Path
import numpy as np, polars as pl
from rustybt.ingest._ingest import ingest_with_fault
from rustybt.ingest._one_table import Reading
from rustybt.ingest import Dialect
from rustybt.ingest._write import Actions, IngestRequest

root, step, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
days = pl.Series(np.arange(rows) + 19_723, dtype=pl.Int32)
frame = pl.DataFrame({"symbol": ["AAA"] * rows, "date": days.cast(pl.Date), "volume": [1] * rows,
                      **dict.fromkeys(("open", "high", "low", "close"), days)})
request = IngestRequest(bundle="b", frequency="1d", calendar="24/7", stamp=None, symbols=None,
                  mode="append", on_bad_row="error", how=Reading(), dialect=Dialect(), provenance={})

def die(reached):
    if reached == step:
        os.kill(os.getpid(), signal.SIGKILL)

print("begin", flush=True)
ingest_with_fault(request, frame, None, Actions(), root, die)
print("done", flush=True)
"""


def run_writer(root, step, rows):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), step, str(rows)], stdout=subprocess.PIPE, text=True
    )


def days_stored(root):
    with open_version("b", root=root) as version:
        loaded = version.load([0], "1d", *EVER)[0]
        assert loaded.close.tolist() == [19_723 + n for n in range(len(loaded))]
        assert version.row_count_of("1d") == len(loaded)
        return len(loaded)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_after_any_step_leaves_a_whole_version_and_the_next_write_works(root, bars, step):
    ingest("b", bars(rows=5), calendar="24/7", root=root)
    process = run_writer(root, step, 8)
    out, _ = process.communicate()
    assert process.returncode == -9
    assert "done" not in out
    assert days_stored(root) == (8 if step == "committed" else 5)
    report = ingest("b", bars(rows=9), calendar="24/7", mode="append", root=root)
    # what was renamed is whole, so it was taken in before: one more day is new
    assert report.rows == (1 if step in ("renamed", "indexed", "committed") else 4)
    assert days_stored(root) == 9
    assert not [path for path in (root / "bundles" / "b").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_writer_killed_at_any_moment_leaves_a_whole_version(root, bars):
    ingest("b", bars(rows=3), calendar="24/7", root=root)
    moments = random.Random(7)
    least = 3
    for rows in range(4, 12):
        process = run_writer(root, "never", rows)
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        time.sleep(moments.uniform(0, 0.15))
        process.kill()
        process.communicate()
        found = days_stored(root)
        assert found in range(least, rows + 1)
        least = found
    ingest("b", bars(rows=20), calendar="24/7", mode="append", root=root)
    assert days_stored(root) == 20


def contents(root):
    """All that the index says, the numbers of rows aside."""
    connection = sqlite3.connect(root / "catalog.sqlite")
    versions = dict(
        connection.execute("SELECT v.id, b.name || '/' || v.name FROM versions v JOIN bundles b ON b.id = v.bundle")
    )
    parts = {i: (versions[v], file) for i, v, file in connection.execute("SELECT id, version, file FROM parts")}
    found = {
        "versions": sorted(
            (versions[row[0]], *row[1:])
            for row in connection.execute(
                "SELECT id, created_ns, hash, size, ranges, provenance, quarantine FROM versions"
            )
        ),
        "parts": sorted(
            (versions[row[0]], *row[1:])
            for row in connection.execute(
                "SELECT version, file, frequency, period, row_count, price_scale, volume_scale FROM parts"
            )
        ),
        "extents": sorted((*parts[row[0]], *row[1:]) for row in connection.execute("SELECT * FROM extents")),
    }
    for table in ("assets", "symbols", "splits", "dividends", "calendars"):
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        found[table] = sorted((versions[row[0]], *row[1:]) for row in rows)
    connection.close()
    return found


def test_the_index_is_rebuilt_from_the_manifests(root, bars):
    import polars as pl

    day = ["2024-01-02"]
    ingest(
        "b",
        bars("AAA", "BBB"),
        calendar="24/7",
        splits=pl.DataFrame({"symbol": ["AAA"], "ex_date": day, "ratio": ["1/3"]}),
        dividends=pl.DataFrame({"symbol": ["BBB"], "ex_date": day, "amount": ["0.123"], "pay_date": ["2024-01-03"]}),
        provenance={"source": "a test"},
        root=root,
    )
    ingest("b", bars("BBB", "CCC", start=5), calendar="24/7", mode="append", root=root)
    ingest("other", bars("DDD"), calendar="XNYS", on_bad_row="quarantine", root=root)
    before = contents(root)
    assert len(before["versions"]) == 3
    assert before["splits"]
    assert before["dividends"]
    assert reindex(root) == (3, [])
    assert contents(root) == before
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    assert reindex(root) == (3, [])
    assert contents(root) == before


def test_reindexing_names_what_it_leaves_out(root, bars):
    report = ingest("b", bars(), calendar="24/7", root=root)
    ingest("c", bars(), calendar="24/7", root=root)
    (root / "bundles" / "b" / report.version / "1d-0001.parquet").write_bytes(b"")
    count, problems = reindex(root)
    assert count == 1
    assert len(problems) == 1
    assert "1d-0001.parquet is missing or cut short" in problems[0]
    assert problems[0].startswith(f"b {report.version} stays listed as the index had it")


def test_a_damaged_manifest_costs_nothing_that_is_stored(root, bars):
    report = ingest("b", bars(), calendar="24/7", root=root)
    (root / "bundles" / "b" / report.version / "manifest.json").write_text("{}")
    count, problems = reindex(root)
    assert (count, len(problems)) == (0, 1)
    # it can be run from as before
    assert days_stored(root) == 5
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    count, problems = reindex(root)
    assert count == 0
    assert problems[0].startswith(f"b {report.version} is not listed: The manifest in ")
    path = root / "bundles" / "b" / report.version
    assert unlisted(root) == [f"b {report.version} lies in {path}, and is not in the index: `rustybt catalog reindex`."]


def test_a_manifest_that_can_not_be_read_is_named(root, bars):
    report = ingest("b", bars(), calendar="24/7", root=root)
    (root / "bundles" / "b" / report.version / "manifest.json").write_text("{}")
    with pytest.raises(CatalogCorrupt, match="manifest"):
        ingest("b", bars(rows=6), calendar="24/7", mode="append", root=root)
    # all else still works: reading goes by the index
    assert days_stored(root) == 5


def test_two_writers_take_turns(root, bars):
    ingest("b", bars(rows=2), calendar="24/7", root=root)
    processes = [run_writer(root, "never", rows) for rows in (6, 7, 8)]
    outs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert all("done" in out for out in outs)
    assert days_stored(root) == 8


def test_a_first_write_by_two_processes_at_once_works(root):
    processes = [run_writer(root, "never", rows) for rows in (6, 7)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert days_stored(root) == 7


def test_a_reader_is_not_kept_waiting_by_a_writer(root, bars):
    ingest("b", bars(rows=2), calendar="24/7", root=root)
    with open_writer(root):
        started = time.monotonic()
        assert days_stored(root) == 2
        assert time.monotonic() - started < 1


def test_a_writer_that_waits_too_long_says_so(root, bars):
    ingest("b", bars(rows=2), calendar="24/7", root=root)
    with open_writer(root), pytest.raises(CatalogBusy, match=r"0\.2 seconds"), open_writer(root, busy_seconds=0.2):
        pass
    with open_writer(root, busy_seconds=0.2):
        pass


def test_an_error_within_a_write_leaves_nothing_behind(root, bars, monkeypatch):
    ingest("b", bars(rows=2), calendar="24/7", root=root)

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CatalogUnavailable, match="No space"):
        ingest("b", bars(rows=4), calendar="24/7", mode="append", root=root)
    monkeypatch.undo()
    assert days_stored(root) == 2
    assert len(list((root / "bundles" / "b").iterdir())) == 1


def test_parts_of_earlier_versions_are_shared_and_copied_where_links_are_not_to_be_had(root, bars, monkeypatch):
    first = ingest("b", bars(rows=2), calendar="24/7", root=root)
    second = ingest("b", bars(rows=3), calendar="24/7", mode="append", root=root)
    folder = root / "bundles" / "b"
    one, two = (folder / report.version / "1d-0001.parquet" for report in (first, second))
    assert one.samefile(two)

    def refuse(source, target):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    third = ingest("b", bars(rows=4), calendar="24/7", mode="append", root=root)
    three = folder / third.version / "1d-0001.parquet"
    assert not one.samefile(three)
    assert one.read_bytes() == three.read_bytes()
    shutil.rmtree(folder / first.version)
    assert days_stored(root) == 4


def test_a_catalog_that_can_not_be_written_to_can_be_read(root, bars):
    ingest("b", bars(rows=2), calendar="24/7", root=root)
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever runs this may write everywhere")
    paths = [root, *root.rglob("*")]
    try:
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert days_stored(root) == 2
    finally:
        for path in paths:
            path.chmod(0o755)


def test_a_root_that_can_not_be_written_to_says_so(tmp_path, bars):
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(CatalogError, match="RUSTYBT_ROOT"):
        ingest("b", bars(), calendar="24/7", root=taken / "below")


def test_a_version_says_where_it_lies(root, bars):
    report = ingest("b", bars(rows=2), calendar="24/7", root=root)
    assert open_version("b", root=root).path == Path(root) / "bundles" / "b" / report.version


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-10])


def flip(path):
    """Another price, which nothing in the file tells of."""
    bars = pl.read_parquet(path)
    bars.with_columns(pl.col("close") + 1, pl.col("high") + 1).cast(bars.schema).write_parquet(path)


@pytest.mark.parametrize("damage", [Path.unlink, cut_short, flip], ids=["gone", "cut short", "another price"])
@pytest.mark.parametrize("mode", ["error", "replace"])
def test_what_was_damaged_is_mended_by_giving_the_same_again(root, bars, damage, mode):
    first = ingest("b", bars(rows=4), calendar="24/7", root=root)
    damage(root / "bundles" / "b" / first.version / "1d-0001.parquet")
    second = ingest("b", bars(rows=4), calendar="24/7", mode=mode, root=root)
    assert (second.is_new, second.hash) == (True, first.hash)
    with open_version("b", root=root) as version:
        assert (version.id, verify(version)) == (second.version, [])
    assert not ingest("b", bars(rows=4), calendar="24/7", mode=mode, root=root).is_new


@pytest.mark.parametrize("damage", [Path.unlink, cut_short])
def test_a_version_whose_manifest_is_lost_can_be_replaced_and_not_added_to(root, bars, damage):
    first = ingest("b", bars(rows=4), calendar="24/7", root=root)
    damage(root / "bundles" / "b" / first.version / "manifest.json")
    for mode in ("error", "append"):
        with pytest.raises(CatalogCorrupt, match="Ingest the bundle again, with mode='replace'"):
            ingest("b", bars(rows=4), calendar="24/7", mode=mode, root=root)
    second = ingest("b", bars(rows=4), calendar="24/7", mode="replace", root=root)
    assert second.hash == first.hash
    assert days_stored(root) == 4
