from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rustybt.calendars import session_table
from rustybt.catalog import _parts, open_version
from rustybt.core import DAY_NS
from rustybt.errors import BundleNotFound, CatalogCorrupt, NoData, SidsNotFound, SymbolNotFound, VersionNotFound
from rustybt.ingest import ingest

EVER = (0, 2**62)


def test_a_bundle_that_is_not_there_says_how_to_get_it(root, bars):
    with pytest.raises(BundleNotFound, match="rustybt ingest csv PATH --bundle mine"):
        open_version("mine", root=root)
    with pytest.raises(BundleNotFound, match="rustybt ingest sample"):
        open_version("sample", root=root)
    assert not root.exists()
    ingest("yours", bars(), calendar="24/7", root=root)
    with pytest.raises(BundleNotFound, match="yours"):
        open_version("mine", root=root)


def test_the_newest_version_is_opened_unless_another_is_named(root, bars):
    first = ingest("b", bars(), calendar="24/7", root=root)
    second = ingest("b", bars(rows=7), calendar="24/7", mode="append", root=root)
    assert open_version("b", root=root).id == second.version
    old = open_version("b", version=first.version, root=root)
    assert (old.hash, old.row_count_of("1d")) == (first.hash, 5)
    with pytest.raises(VersionNotFound, match=second.version):
        open_version("b", version="nope", root=root)


def test_the_root_comes_from_the_environment(root, bars, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    ingest("b", bars(), calendar="24/7")
    assert open_version("b").path.is_relative_to(root)


def test_what_is_not_there_is_named_with_what_is(root, bars):
    ingest("b", bars("AAPL", "MSFT"), calendar="24/7", root=root)
    version = open_version("b", root=root)
    with pytest.raises(SymbolNotFound, match="AAPL"):
        version.lookup_symbol("APPL", 19_723)
    with pytest.raises(SidsNotFound, match="2 assets"):
        version.asset(7)
    with pytest.raises(SidsNotFound):
        version.load([0, 7], "1d", *EVER)
    with pytest.raises(NoData, match="1d"):
        version.load([0], "1m", *EVER)
    with pytest.raises(NoData):
        version.first_day_of("1m")


def test_one_asset_is_one_object(root, bars):
    ingest("b", bars("AAA", "BBB"), calendar="24/7", root=root)
    version = open_version("b", root=root)
    asset = version.lookup_symbol("bbb", 19_723)
    assert asset is version.asset(1) is version.assets()[1]


def test_loading_cuts_to_the_stamps_asked_for(root, bars):
    ingest("b", bars("AAA", "BBB", "CCC", rows=10), calendar="24/7", root=root)
    version = open_version("b", root=root)
    first, last = 19_725 * DAY_NS, 19_727 * DAY_NS
    loaded = version.load([2, 0], "1d", first, last)
    assert list(loaded) == [2, 0]
    assert loaded[0].stamps.tolist() == [19_725 * DAY_NS, 19_726 * DAY_NS, last]
    assert loaded[0].close.tolist() == [19_725, 19_726, 19_727]
    assert loaded[2].close.tolist() == [19_925, 19_926, 19_927]
    assert len(version.load([1], "1d", first + 1, first + DAY_NS - 1)[1]) == 0
    assert len(version.load([1], "1d", last, first)[1]) == 0
    assert len(version.load([1], "1d", last + 10**18, last + 2 * 10**18)[1]) == 0


def test_assets_with_the_same_stamps_keep_them_once(root, bars):
    ingest(
        "b", pl.concat([bars("A", "B"), bars("C", rows=4), bars("D"), bars("E", start=1)]), calendar="24/7", root=root
    )
    version = open_version("b", root=root)
    sids = {asset.symbol: asset.sid for asset in version.assets()}
    loaded = version.load(list(sids.values()), "1d", *EVER)
    a, b, c, d, e = (loaded[sids[symbol]].stamps for symbol in "ABCDE")
    assert a is b
    assert a is d
    assert a.base is None  # a view would keep the rows of all assets in memory
    assert [len(one) for one in (a, c, e)] == [5, 4, 5]
    assert (e == a + DAY_NS).all()
    assert (c == a[:4]).all()


def test_assets_with_other_stamps_between_the_same_ends_keep_their_own(root, bars):
    holed = pl.concat([bars("A").filter(pl.col("close") != 19_724), bars("B").filter(pl.col("close") != 19_725)])
    ingest("b", pl.concat([holed, bars("C")]), calendar="24/7", root=root, mode="replace")
    version = open_version("b", root=root)
    loaded = {asset.symbol: version.load([asset.sid], "1d", *EVER)[asset.sid] for asset in version.assets()}
    together = version.load([asset.sid for asset in version.assets()], "1d", *EVER)
    for asset in version.assets():
        assert together[asset.sid].stamps.tolist() == loaded[asset.symbol].stamps.tolist()
    assert len(loaded["A"]) == len(loaded["B"]) == 4
    assert loaded["A"].stamps.tolist() != loaded["B"].stamps.tolist()


def test_only_the_rows_that_are_asked_for_are_read(root, monkeypatch):
    """Counted, not timed: how much is decoded does not grow with the assets and months that the run does not touch."""
    stamps = session_table("24/7", 19_723, 19_723 + 90).minute_stamps(0, 90)[::30]
    symbols = [f"S{n:02}" for n in range(60)]
    one = pl.DataFrame({"timestamp": stamps, **dict.fromkeys(("open", "high", "low", "close", "volume"), 1)})
    one = one.with_columns(pl.col("timestamp").cast(pl.Datetime("ns", "UTC")))
    frame = pl.concat([one.with_columns(symbol=pl.lit(symbol)) for symbol in symbols])
    ingest("b", frame, calendar="24/7", frequency="1m", stamp="end", root=root)
    reads = []
    read = _parts._read
    monkeypatch.setattr(
        _parts, "_read", lambda path, at, count, names: reads.append(count) or read(path, at, count, names)
    )
    version = open_version("b", root=root)
    version.load([30], "1m", *EVER)
    assert reads == [len(stamps)]
    reads.clear()
    # February 2024, and the last bar of January, which is stamped at its midnight
    version.load([30], "1m", 19_754 * DAY_NS, 19_783 * DAY_NS - 1)
    assert reads == [29 * 48]
    reads.clear()
    loaded = version.load(range(60), "1m", *EVER)
    assert reads == [60 * len(stamps)]
    assert {len(bars) for bars in loaded.values()} == {len(stamps)}


def test_opens_highs_and_lows_can_wait_until_one_of_them_is_asked_for(root, bars, monkeypatch):
    ingest("b", bars("AAA", "BBB", "CCC"), calendar="24/7", root=root)
    reads = []
    read = _parts._read
    monkeypatch.setattr(_parts, "_read", lambda *asked: reads.append(asked[3]) or read(*asked))
    version = open_version("b", root=root)
    late = version.load([0, 2], "1d", *EVER, late=True)
    assert reads == [("stamp", "close", "volume")]
    lows = late[2].low
    # one read for all that were loaded together, and only one
    assert reads[1:] == [("open", "high", "low")]
    whole = version.load([0, 2], "1d", *EVER)
    assert reads[2:] == [("stamp", "close", "volume", "open", "high", "low")]
    assert lows.tolist() == whole[2].low.tolist()
    for sid, bars_of in late.items():
        assert bars_of.stamps.tolist() == whole[sid].stamps.tolist()
        for ours, theirs in zip(
            (*bars_of.prices, bars_of.volume), (*whole[sid].prices, whole[sid].volume), strict=True
        ):
            assert ours.tolist() == theirs.tolist()
    assert len(reads) == 3


def test_late_bars_can_be_replaced_as_those_that_are_read_can(root, bars):
    ingest("b", bars("AAA", rows=3), calendar="24/7", root=root)
    with open_version("b", root=root) as version:
        late = version.load([0], "1d", *EVER, late=True)[0]
        read = version.load([0], "1d", *EVER)[0]
        moved = replace(late, stamps=late.stamps + 1, high=late.high * 2)
    assert moved.stamps.tolist() == (read.stamps + 1).tolist()
    assert moved.high.tolist() == (read.high * 2).tolist()
    for name in ("open", "low", "close", "volume"):
        assert getattr(moved, name).tolist() == getattr(read, name).tolist()
    assert moved.whole().low.tolist() == read.low.tolist()


def test_a_part_that_is_gone_when_its_opens_are_wanted_is_named(root, bars):
    ingest("b", bars("AAA"), calendar="24/7", root=root)
    version = open_version("b", root=root)
    late = version.load([0], "1d", *EVER, late=True)[0]
    part = next(version.path.glob("1d-*.parquet"))
    part.unlink()
    assert len(late.close) == 5
    with pytest.raises(CatalogCorrupt, match=part.name):
        _ = late.open


def test_an_asset_without_rows_in_a_frequency_is_empty(root, bars):
    ingest("b", bars("AAA"), calendar="24/7", root=root)
    minute = bars("BBB", rows=1).rename({"date": "timestamp"})
    minute = minute.with_columns(timestamp=np.datetime64("2024-01-01T00:01"))
    ingest("b", minute, calendar="24/7", frequency="1m", stamp="end", tz="UTC", mode="append", root=root)
    loaded = open_version("b", root=root).load([0, 1], "1d", *EVER)
    assert (len(loaded[0]), len(loaded[1])) == (5, 0)
    assert loaded[1].close.dtype == np.int64


def test_a_version_can_be_read_from_several_threads(root, bars):
    ingest("b", bars("AAA", "BBB", "CCC"), calendar="24/7", root=root)
    version = open_version("b", root=root)
    failures = []

    def read():
        try:
            for _ in range(20):
                for sid in range(3):
                    assert len(version.load([sid], "1d", *EVER)[sid]) == 5
                    assert version.lookup_symbol("CCC", 19_723).sid == 2
        except Exception as error:  # noqa: BLE001 - whatever it is, the main thread tells
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_reading_needs_neither_pandas_nor_a_calendar_library_nor_pyarrow(root, bars):
    ingest("b", bars("AAA", "BBB"), root=root, calendar="XTKS", on_bad_row="drop-most")
    code = """
import sys
from rustybt.catalog import open_version, list_bundles
version = open_version("b", root=sys.argv[1])
asset = version.lookup_symbol("AAA", 19_726)
bars = version.load([asset.sid], "1d", 0, 2**62)
calendar = version.calendar
calendar.minute_stamps(0, 3)
list_bundles(sys.argv[1])
version.splits([0]), version.dividends([0])
print([name for name in ("pandas", "exchange_calendars", "pyarrow", "rustybt.ingest") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_part_that_went_missing_is_named(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    version = open_version("b", root=root)
    (part,) = version.path.glob("*-0001.parquet")
    part.write_bytes(b"PAR1 not")
    with pytest.raises(CatalogCorrupt, match=r"1d-0001\.parquet"):
        version.load([0], "1d", *EVER)
    part.unlink()
    with pytest.raises(CatalogCorrupt, match=r"1d-0001\.parquet"):
        version.load([0], "1d", *EVER)


def test_an_index_that_is_none_is_named(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (root / name).unlink(missing_ok=True)
    (root / "catalog.sqlite").write_bytes(b"no database at all, and long enough to be looked at" * 10)
    with pytest.raises(CatalogCorrupt, match="reindex"):
        open_version("b", root=root)


def test_a_closed_version_is_let_go(root, bars):
    ingest("b", bars(), calendar="24/7", root=root)
    with open_version("b", root=root) as version:
        assert version.frequencies == ("1d",)
    version.close()
