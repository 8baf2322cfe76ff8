"""The connection that one reader of the index leaves for the next: when it serves, and when it must not."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from rustybt.catalog import _idle, list_bundles, open_version
from rustybt.catalog._idle import IDLE
from rustybt.catalog._index import write_transaction
from rustybt.errors import BundleNotFound, CatalogCorrupt
from rustybt.ingest import ingest

pytestmark = pytest.mark.skipif(not _idle.OPEN_FILES_CAN_GO, reason="nothing is kept here")


@pytest.fixture(autouse=True)
def _alone():
    gc.collect()
    IDLE.clear()
    yield
    IDLE.clear()


@pytest.fixture
def opened(monkeypatch):
    """How often the index was opened."""
    calls = []
    real = sqlite3.connect

    def connect(*arguments, **more):
        calls.append(str(arguments[0]))
        return real(*arguments, **more)

    monkeypatch.setattr(sqlite3, "connect", connect)
    return calls


def test_one_reader_after_the_other_opens_the_index_once(root, bars, opened):
    ingest("b", bars(), calendar="24/7", root=root)
    del opened[:]
    for _ in range(3):
        version = open_version("b", root=root)
        assert version.asset(0).symbol == "AAA"
        del version
    assert len(opened) == 1


def test_readers_at_the_same_time_have_a_connection_each(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    open_version("b", root=root)
    first, second = open_version("b", root=root), open_version("b", root=root)
    assert first._connection is not second._connection
    assert [one.asset(0).symbol for one in (first, second)] == ["AAA", "AAA"]


def test_what_was_closed_serves_nobody(root, bars, opened):
    ingest("b", bars(), calendar="24/7", root=root)
    with open_version("b", root=root) as version:
        pass
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        version.asset(0)
    del opened[:]
    open_version("b", root=root)
    assert len(opened) == 1


def test_what_this_process_and_others_write_is_seen(root, bars):
    first = ingest("b", bars(), calendar="24/7", root=root)
    assert open_version("b", root=root).id == first.version
    second = ingest("b", bars(rows=6), calendar="24/7", mode="append", root=root)
    assert open_version("b", root=root).id == second.version
    code = (
        "import sys, rustybt\n"
        "rustybt.ingest_sample(sys.argv[1])\n"
        "from rustybt.catalog import clean\n"
        "clean('b', keep_last=1, root=sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, env=dict(os.environ))
    assert open_version("sample", root=root).bundle == "sample"
    assert [one.version for one in list_bundles(root) if one.bundle == "b"] == [second.version]


def test_the_log_is_folded_in_although_a_connection_waits(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    open_version("b", root=root)
    assert (root / "catalog.sqlite-wal").exists()
    with write_transaction(root) as connection:
        connection.execute("DELETE FROM cache_counts")
    assert not (root / "catalog.sqlite-wal").exists()


def test_an_index_that_was_replaced_damaged_or_taken_away_is_opened_anew(root, bars, tmp_path):
    ingest("b", bars(), calendar="24/7", root=root)
    other = tmp_path / "other"
    ingest("c", bars(), calendar="24/7", root=other)
    open_version("b", root=root)
    os.replace(other / "catalog.sqlite", root / "catalog.sqlite")
    with pytest.raises(BundleNotFound, match="c"):
        open_version("b", root=root)
    assert open_version("c", root=root).hash
    (root / "catalog.sqlite").write_bytes(b"no index" * 1_000)
    with pytest.raises(CatalogCorrupt, match="reindex"):
        open_version("c", root=root)
    (root / "catalog.sqlite").unlink()
    with pytest.raises(BundleNotFound):
        open_version("c", root=root)


def test_an_index_that_a_newer_version_has_changed_is_refused(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    open_version("b", root=root)
    newer = sqlite3.connect(root / "catalog.sqlite")
    newer.execute("PRAGMA user_version = 99")
    with pytest.raises(CatalogCorrupt, match="99"):
        open_version("b", root=root)
    newer.close()


def test_what_is_read_as_it_stands_is_not_kept(root, bars, monkeypatch, opened):
    """Such a connection sees nothing that is written later."""
    ingest("b", bars(), calendar="24/7", root=root)
    monkeypatch.setattr("rustybt.catalog._index._LIVE", "mode=nonsense")
    del opened[:]
    for _ in range(2):
        assert open_version("b", root=root).id
    assert len([path for path in opened if path.endswith("immutable=1")]) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_no_connection_outlives_a_fork(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    open_version("b", root=root)
    assert IDLE._waiting
    child = os.fork()
    if not child:
        os._exit(0 if not IDLE._waiting and open_version("b", root=root).id else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert open_version("b", root=root).id


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_connection_that_is_lent_while_the_process_forks_is_none_of_the_childs(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    version = open_version("b", root=root)
    child = os.fork()
    if not child:
        theirs = version._connection
        del version
        gc.collect()
        own = open_version("b", root=root)
        os._exit(0 if own._connection is not theirs and own.asset(0).symbol == "AAA" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert version.asset(0).symbol == "AAA"


def test_what_another_process_writes_is_in_the_file_although_a_connection_waits_here(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    open_version("b", root=root)
    assert IDLE._waiting
    subprocess.run(
        [sys.executable, "-c", "import sys, rustybt; rustybt.ingest_sample(sys.argv[1])", str(root)], check=True
    )
    # as a copy of the file, or a reader on a medium that can't be written to, sees it
    alone = sqlite3.connect(f"file:{root / 'catalog.sqlite'}?mode=ro&immutable=1", uri=True)
    assert sorted(alone.execute("SELECT name FROM bundles")) == [("b",), ("sample",)]
    alone.close()


def test_threads_that_come_and_go_each_read_right(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    wrong = []

    def work() -> None:
        for _ in range(30):
            with_id = open_version("b", root=root)
            if with_id.asset(0).symbol != "AAA" or len(with_id.assets()) != 1:
                wrong.append(with_id.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong
    assert len(IDLE._waiting) <= len(threads)
