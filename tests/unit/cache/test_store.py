"""The cache on disk: what makes room, what is damaged, who writes at once, who is killed."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from rustybt.catalog import BarCache, reindex
from rustybt.errors import InputError
from rustybt.ingest import ingest
from rustybt.sources import Cached
from rustybt.testing import FakeClock
from tests.unit.cache._vendor import CLOCK, Counting, same

RANGE = ("2024-01-02", "2024-03-01")

PROCESS = """
import sys
from rustybt.catalog import BarCache
from rustybt.sources import Cached
from rustybt.testing import FakeClock
from tests.unit.cache._vendor import CLOCK, Counting

root, symbols, end = sys.argv[1], list(sys.argv[2]), sys.argv[3]
print("begin", flush=True)
vendor = Counting(FakeClock(CLOCK))
told = Cached(vendor, BarCache(root), clock=FakeClock(CLOCK)).fetch(symbols, "2024-01-02", end)
print(told.bars.height, len(vendor.asked), len(told.notes), flush=True)
"""


def process(root, symbols, end="2024-03-01"):
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(root), symbols, end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(root):
    return sorted((root / "cache").glob("*.parquet"))


def again(vendor, root, clock, symbols=("A",), **options):
    """As another process would: nothing in memory. What was asked of the vendor, and what came."""
    vendor.asked.clear()
    told = Cached(vendor, BarCache(root, **options), clock=clock).fetch(list(symbols), *RANGE)
    return [symbol for symbol, _, _ in vendor.asked], told


# -- room ------------------------------------------------------------------------------------------------------------


def test_the_longest_unused_makes_room(vendor, root, clock):
    one = Cached(vendor, BarCache(root), clock=clock)
    for symbol in "ABC":
        one.fetch([symbol], *RANGE)
    one.fetch(["A"], *RANGE)
    sizes = {entry.symbol: entry.size for entry in one.store.entries()}
    small = BarCache(root, max_bytes=sum(sizes.values()) + 10)
    Cached(vendor, small, clock=clock).fetch(["D"], *RANGE)
    assert [entry.symbol for entry in small.entries()] == ["D", "A", "C"]
    assert len(files(root)) == 3
    assert small.stats().evicted == 1
    assert small.stats().size <= small.max_bytes


def test_what_is_larger_than_the_cache_is_not_kept(vendor, root, clock):
    for _ in range(2):
        assert again(vendor, root, clock, max_bytes=0)[0] == ["A"]
    assert files(root) == []


def test_memory_holds_what_was_used_last(vendor, root, clock):
    one = Cached(vendor, BarCache(root), clock=clock)
    one.fetch(["A", "B", "C"], *RANGE)
    held = one.store.stats().memory
    assert held > 0
    small = BarCache(root, memory_bytes=held // 2)
    Cached(vendor, small, clock=clock).fetch(["A", "B", "C"], *RANGE)
    assert 0 < small.stats().memory <= held // 2


def test_the_size_comes_from_the_environment(root, monkeypatch):
    assert BarCache(root).max_bytes == 4_000_000_000
    for text, size in (("500MB", 500_000_000), ("1.5 gb", 1_500_000_000), ("1000", 1000)):
        monkeypatch.setenv("RUSTYBT_CACHE_SIZE", text)
        assert BarCache(root).max_bytes == size
    assert BarCache(root, max_bytes=7).max_bytes == 7
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE", "plenty")
    with pytest.raises(InputError, match="RUSTYBT_CACHE_SIZE is 'plenty'"):
        BarCache(root)
    with pytest.raises(InputError, match="-1 bytes"):
        BarCache(root, max_bytes=-1)


# -- figures ---------------------------------------------------------------------------------------------------------


def test_figures_count_symbols_and_outlive_the_process(vendor, root, clock):
    one = Cached(vendor, BarCache(root), clock=clock)
    one.fetch(["A", "B", "C"], *RANGE)
    one.fetch(["A", "B"], *RANGE)
    one.fetch(["A", "B"], *RANGE)
    one.fetch(["A"], "2024-01-02", "2024-04-01")
    vendor.changed["B", "2024-02-28"] = "50.5"
    one.fetch(["B"], "2024-01-02", "2024-04-01")
    found = BarCache(root).stats()
    assert (found.hits, found.partial, found.misses, found.restated, found.lost) == (4, 1, 3, 1, 0)
    assert found.requests == 9
    assert (found.hit_rate, found.partial_rate, found.miss_rate) == (4 / 9, 1 / 9, 4 / 9)
    assert (found.entries, found.size) == (3, sum(path.stat().st_size for path in files(root)))


def test_entries_say_what_is_kept(vendor, root, clock):
    Cached(vendor, BarCache(root), clock=clock).fetch(["A"], *RANGE)
    (entry,) = BarCache(root).entries()
    assert (entry.source, entry.symbol, entry.frequency, entry.rows) == ("counting", "A", "1d", 60)
    assert (str(entry.start), str(entry.end)) == ("2024-01-02 00:00:00+00:00", "2024-03-02 00:00:00+00:00")
    assert entry.fields == ("open", "high", "low", "close", "volume")
    assert entry.created <= entry.used
    assert len(entry.checksum) == 64


def test_clearing_all_or_some(vendor, root, clock):
    cache = BarCache(root)
    for identity in ("counting", "counting market=x", "other"):
        Cached(vendor, cache, identity=identity, clock=clock).fetch(["A", "B"], *RANGE)
    assert cache.clear(symbols=["B"], source="other") == 1
    assert cache.clear(source="counting") == 4
    assert [(e.source, e.symbol) for e in cache.entries()] == [("other", "A")]
    assert len(files(root)) == 1
    assert cache.stats().requests == 6
    assert cache.clear() == 1
    assert (files(root), cache.stats().requests, cache.stats().memory) == ([], 0, 0)


# -- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "deleted"])
def test_a_damaged_file_is_a_miss_with_a_note(vendor, root, clock, damage):
    whole = Cached(vendor, BarCache(root), clock=clock).fetch(["A", "B"], *RANGE)
    (path,) = [p for p in files(root) if p.name.startswith(key_of(root, "A"))]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = {"flipped": bytes(data), "cut": bytes(data[:-20]), "emptied": b""}
    path.write_bytes(damaged[damage]) if damage in damaged else path.unlink()
    asked, told = again(vendor, root, clock, "AB")
    assert asked == ["A"]
    what = "are gone" if damage == "deleted" else "are damaged"
    assert told.notes == (f"A: the cached bars {what}, and are fetched again",)
    same(told, whole)
    assert again(vendor, root, clock, "AB")[0] == []
    assert BarCache(root).stats().lost == 1


def key_of(root, symbol):
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite")) as connection:
        return connection.execute("SELECT key FROM cache_entries WHERE symbol = ?", (symbol,)).fetchone()[0]


def test_the_folder_may_be_deleted_and_the_index_too(vendor, root, clock):
    again(vendor, root, clock)
    for path in files(root):
        path.unlink()
    assert again(vendor, root, clock)[0] == ["A"]
    (root / "catalog.sqlite").unlink()
    assert reindex(root) == (0, [])
    assert again(vendor, root, clock)[0] == ["A"]
    # what the lost index had is swept
    assert len(files(root)) == 1
    assert again(vendor, root, clock)[0] == []


def test_reindexing_keeps_the_cache(vendor, root, clock):
    again(vendor, root, clock)
    reindex(root)
    assert again(vendor, root, clock)[0] == []


def test_an_index_that_can_not_be_read_costs_a_fetch_and_says_so(vendor, root, clock):
    root.mkdir()
    (root / "catalog.sqlite").write_bytes(b"no database at all, but long enough to look like one" * 40)
    asked, told = again(vendor, root, clock)
    assert asked == ["A"]
    assert told.bars.height == 60
    assert ["cache can't be read" in told.notes[0], "could not be kept" in told.notes[-1]] == [True, True]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not hold for this user")
def test_a_catalog_that_may_not_be_written_to_is_read(vendor, root, clock):
    again(vendor, root, clock)
    for path in (root, root / "cache"):
        path.chmod(0o500)
    try:
        assert again(vendor, root, clock)[0] == []
        asked, told = again(vendor, root, clock, "B")
        assert asked == ["B"]
        assert "could not be kept" in told.notes[0]
    finally:
        for path in (root, root / "cache"):
            path.chmod(0o700)


# -- at once ---------------------------------------------------------------------------------------------------------


def test_processes_that_fetch_at_once_leave_one_whole_entry_each(vendor, root, clock):
    running = [process(root, symbols) for symbols in ("ABC", "BCD", "CDA", "DAB")]
    for one in running:
        out, err = one.communicate()
        assert one.returncode == 0, err
        assert out.splitlines()[1].split()[0] == "180"
    assert sorted(entry.symbol for entry in BarCache(root).entries()) == ["A", "B", "C", "D"]
    assert len(files(root)) == 4
    asked, told = again(vendor, root, clock, "ABCD")
    assert asked == []
    same(told, Counting(clock).fetch(list("ABCD"), *RANGE))


def test_a_hit_does_not_wait_for_who_writes_to_the_catalog(vendor, root, clock):
    again(vendor, root, clock)
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        cache = BarCache(root)
        vendor.asked.clear()
        Cached(vendor, cache, clock=clock).fetch(["A"], *RANGE)
        assert vendor.asked == []
        assert time.monotonic() - began < 2
        assert cache.stats().hits == 1
        writer.execute("ROLLBACK")
    Cached(vendor, cache, clock=clock).fetch(["A"], *RANGE)
    assert BarCache(root).stats().hits == 2


def test_threads_share_a_cache(root):
    cache = BarCache(root, memory_bytes=20_000)
    wrong: list[object] = []

    def work(seed):
        clock = FakeClock(CLOCK)
        vendor, rng = Counting(clock), random.Random(seed)
        plain = Counting(clock)
        for _ in range(10):
            symbols = rng.sample("ABCD", 2)
            end = f"2024-03-{rng.randrange(1, 29):02}"
            told = Cached(vendor, cache, clock=clock).fetch(symbols, "2024-01-02", end)
            if not told.bars.equals(plain.fetch(symbols, "2024-01-02", end).bars):
                wrong.append((symbols, end))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_process_killed_at_any_moment_leaves_a_cache_that_works(vendor, root, clock):
    again(vendor, root, clock, "AB")
    moments = random.Random(7)
    for number in range(8):
        one = process(root, "ABCDEFGH", f"2024-0{number % 3 + 4}-01")
        assert one.stdout is not None
        assert one.stdout.readline() == "begin\n"
        time.sleep(moments.uniform(0, 0.12))
        one.kill()
        one.communicate()
        asked, told = again(vendor, root, clock, "AB")
        assert asked == []
        assert told.notes == ()
    for path in (root / "cache").glob(".tmp-*"):
        os.utime(path, (0, 0))
    vendor.asked.clear()
    told = Cached(vendor, BarCache(root), clock=clock).fetch(list("ABCDEFGH"), "2024-01-02", "2024-06-20")
    same(told, Counting(clock).fetch(list("ABCDEFGH"), "2024-01-02", "2024-06-20"))
    # no file is left that no entry has
    assert len(list((root / "cache").iterdir())) == len(BarCache(root).entries()) == 8


def test_an_ingestion_and_the_cache_share_one_index(vendor, root, clock):
    source = Cached(vendor, BarCache(root), clock=clock)
    ingest("b", source.fetch(["A"], *RANGE), root=root)
    assert again(vendor, root, clock)[0] == []
    assert [path.name for path in root.glob("*.sqlite")] == ["catalog.sqlite"]
