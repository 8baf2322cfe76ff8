"""A disk that is full or may only be read, a file where a folder should be, an index that is lost: a sentence of ours,
and all that was there is there."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.catalog import clean, list_bundles, open_version, reindex, verify
from rustybt.catalog._cache import BarCache
from rustybt.cli._main import cli
from rustybt.core import CachedBars
from rustybt.errors import BundleNotFound, CatalogUnavailable, InputError, ResultError
from rustybt.ingest import ingest


def stored(root):
    """Each version, and whether it is as it was written."""
    found = {}
    for one in list_bundles(root):
        with open_version(one.bundle, version=one.version, root=root) as version:
            found[one.bundle, one.version] = verify(version)
    return found


def files(root):
    return sorted(str(path.relative_to(root)) for path in (root / "bundles").rglob("*"))


@pytest.fixture
def disk(tmp_path):
    """A disk of two megabytes; `fill` leaves no room on it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root mounts a disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk):
    filler = os.open(disk / "filler", os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(filler, b"x" * 1000)
    except OSError:
        os.close(filler)


def test_on_a_full_disk_every_write_is_refused_and_everything_stays(disk, bars):
    root = disk / "root"
    for name in ("a", "b"):
        ingest(name, bars("AAA"), calendar="24/7", root=root)
    before, there = stored(root), files(root)
    fill(disk)
    writes = (
        lambda: ingest("c", bars("AAA"), calendar="24/7", root=root),
        lambda: ingest("a", bars("AAA", start=5), mode="append", calendar="24/7", root=root),
        lambda: ingest("a", bars("AAA", start=5), mode="replace", calendar="24/7", root=root),
        lambda: clean("a", keep_last=0, root=root),
        lambda: reindex(root),
        lambda: BarCache(root).clear(),
    )
    for write in writes:
        with pytest.raises(CatalogUnavailable, match=r"(No space left|disk is full).* Make room on that disk"):
            write()
        assert stored(root) == before
        assert files(root) == there
    kept = CachedBars(
        "AAA", 0, 1, 1, pl.DataFrame({"open": [1] * 5000}).with_columns(pl.all().cast(pl.Decimal(18, 2))), {}
    )
    assert "could not be kept in the cache" in BarCache(root).keep("x", "1d", [kept])[0]
    (disk / "filler").unlink()
    assert stored(root) == before
    assert clean("a", keep_last=0, root=root)
    assert [one.bundle for one in list_bundles(root)] == ["b"]


def test_a_result_that_finds_no_room_is_not_lost(disk, monkeypatch, tmp_path):
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))
    rustybt.ingest_sample()
    result = rustybt.run_algorithm("2010-01-04", "2010-03-05", progress=False)
    fill(disk)
    with pytest.raises(ResultError, match=r"can.t be written to: .*room"):
        result.save(disk / "result")
    assert [path.name for path in disk.iterdir()] == ["filler"]
    assert rustybt.Result.load(result.save(tmp_path / "result")).ledger_hash == result.ledger_hash


def refusing(number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "Make room"), (errno.EROFS, "Check who may write"), (errno.EFBIG, "Lift the limit")],
)
@pytest.mark.parametrize("edge", ["os.fsync", "polars.DataFrame.write_parquet", "pathlib.Path.write_text"])
def test_a_write_that_the_system_refuses_leaves_nothing_behind(root, bars, monkeypatch, edge, number, remedy):
    ingest("b", bars(rows=2), calendar="24/7", root=root)
    before, there = stored(root), files(root)
    monkeypatch.setattr(edge, refusing(number))
    for name, mode in (("b", "append"), ("new", "error")):
        with pytest.raises(CatalogUnavailable, match=remedy):
            ingest(name, bars(rows=4), calendar="24/7", mode=mode, root=root)
    monkeypatch.undo()
    assert stored(root) == before
    assert files(root) == there
    assert ingest("b", bars(rows=4), calendar="24/7", mode="append", root=root).rows == 2


def test_what_polars_says_of_a_full_disk_is_told_too(root, bars, monkeypatch):
    def refuse(*_, **__):
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    monkeypatch.setattr("polars.DataFrame.write_parquet", refuse)
    with pytest.raises(CatalogUnavailable, match=r"No space left on device\. Make room"):
        ingest("b", bars(), calendar="24/7", root=root)
    assert not list_bundles(root)


def test_rows_that_wait_on_a_full_disk_are_taken_away_again(root, bars, monkeypatch):
    monkeypatch.setattr("rustybt.catalog._spill.HELD_ROWS", 2)
    monkeypatch.setattr("polars.DataFrame.write_ipc", refusing(errno.ENOSPC))
    with pytest.raises(CatalogUnavailable, match="where the rows of an ingestion wait"):
        ingest("b", bars(rows=9), calendar="24/7", root=root)
    assert not list((root / "incoming").iterdir())


def full(*_):
    raise sqlite3.OperationalError("database or disk is full")


def test_a_version_that_the_index_has_no_room_for_is_taken_back(root, bars, monkeypatch):
    first = ingest("b", bars(rows=2), calendar="24/7", root=root)
    monkeypatch.setattr("rustybt.catalog._writer.insert_version", full)
    with pytest.raises(CatalogUnavailable, match="disk is full"):
        ingest("b", bars(rows=4), calendar="24/7", mode="append", root=root)
    assert [path.name for path in (root / "bundles" / "b").iterdir()] == [first.version]


def test_a_clean_that_the_index_has_no_room_for_removes_nothing(root, bars, monkeypatch):
    for rows in (2, 3, 4):
        ingest("b", bars(rows=rows), calendar="24/7", mode="append", root=root)
    before, there = stored(root), files(root)
    calls = []

    def at_the_second(connection, bundle, version):
        calls.append(version)
        if len(calls) == 2:
            full()

    monkeypatch.setattr("rustybt.catalog._bundles.forget_version", at_the_second)
    with pytest.raises(CatalogUnavailable, match="disk is full"):
        clean("b", keep_last=1, root=root)
    assert stored(root) == before
    assert files(root) == there
    monkeypatch.undo()
    assert len(clean("b", keep_last=1, root=root)) == 2


@pytest.mark.parametrize("place", ["bundles", "bundles/b", "catalog.sqlite"])
def test_something_in_the_way_is_named(root, bars, place):
    ingest("other" if place == "bundles/b" else "b", bars(), calendar="24/7", root=root)
    path = root / place
    if path.exists():
        path.rename(root.parent / "aside")
    if place == "catalog.sqlite":
        for beside in root.glob("catalog.sqlite-*"):
            beside.unlink()
        path.mkdir()
    else:
        path.write_text("a file")
    with pytest.raises(CatalogUnavailable, match="can't be written to"):
        ingest("b", bars(rows=6), calendar="24/7", mode="replace", root=root)
    assert path.is_dir() or path.read_text() == "a file"


def test_an_export_or_report_into_a_place_that_is_none_is_an_error_of_ours(root, bars, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    ingest("b", bars(), calendar="24/7")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Move what lies in the way"):
        CliRunner().invoke(cli, ["catalog", "export", "b", str(tmp_path / "file" / "out.csv")], catch_exceptions=False)
    with pytest.raises(InputError, match="can't be written to"):
        CliRunner().invoke(
            cli, ["validate", "b", "--output", str(tmp_path / "file" / "out.txt")], catch_exceptions=False
        )


def test_a_lost_index_is_told_wherever_somebody_looks(root, bars, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    report = ingest("b", bars(), calendar="24/7")
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    for words in (["bundles"], ["catalog", "verify"]):
        shown = CliRunner().invoke(cli, words)
        assert f"b {report.version} lies in " in shown.output
        assert "rustybt catalog reindex" in shown.output
        assert "No bundle" not in shown.output
    with pytest.raises(BundleNotFound, match="the index does not know it: `rustybt catalog reindex`"):
        open_version("b")
    assert CliRunner().invoke(cli, ["catalog", "reindex"]).exit_code == 0
    assert "lies in" not in CliRunner().invoke(cli, ["bundles"]).output
    assert stored(root) == {("b", report.version): []}
