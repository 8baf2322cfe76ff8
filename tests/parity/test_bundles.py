"""Bundles that zipline-reloaded wrote, read here: the same strategy comes to the same days."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import math
import shutil
import sqlite3
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import rustybt
import rustybt.api
from rustybt.cli._main import cli
from rustybt.core import CashDividend, Future, Split, StockDividend, day_of
from rustybt.errors import BadBars, BundleNotFound, InputError
from rustybt.zipline.data import bundles as registry
from tests.parity import _bundles as bundles

pytestmark = [pytest.mark.parity]
if importlib.util.find_spec("zipline") is None:
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

EVER = (0, 2**62)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """ZIPLINE_ROOT with the bundle "both", and what Zipline's own runs on it gave."""
    root = tmp_path_factory.mktemp("zipline")
    return SimpleNamespace(root=root, outcome=bundles.written(root))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "rustybt"))
    return tmp_path / "rustybt"


@pytest.fixture
def copied(written, tmp_path):
    """A copy that a test may break: its ZIPLINE_ROOT, and the folder of the ingestion."""
    home = tmp_path / "zipline"
    shutil.copytree(written.root, home)
    return SimpleNamespace(root=home, folder=next(p for p in (home / "data" / "both").iterdir() if p.name[0] != "."))


@pytest.mark.parametrize("frequency", ["daily", "minute"])
@pytest.mark.parametrize("way", ["read", "written"])
def test_a_strategy_comes_to_the_days_that_it_had_in_zipline(written, root, frequency, way):
    """Over the files that Zipline wrote, and over what its ingest function writes here, unmodified."""
    if way == "read":
        rustybt.ingest_zipline("both", zipline_root=written.root)
    else:
        start, end = (pd.Timestamp(day) for day in (bundles.START, bundles.END))
        registry.register("both", bundles.ingest_function, calendar_name="XNYS", start_session=start, end_session=end)
        assert registry.ingest("both").findings == ()
        registry.unregister("both")
    start, end = bundles.DAYS if frequency == "daily" else bundles.MINUTES
    result = rustybt.run_algorithm(
        start,
        end,
        capital_base=100_000,
        data_frequency=frequency,
        bundle="both",
        compat="zipline",
        numbers="float",
        **bundles.strategy(rustybt.api),
    )
    expected = written.outcome[frequency]
    daily = result.daily.join(result.recorded, on="session", how="left", maintain_order="left")
    for name in bundles.DAILY_COLUMNS:
        ours = [None if value is None else float(value) for value in daily[name]]
        assert len(ours) == len(expected["daily"][name])
        for mine, its in zip(ours, expected["daily"][name], strict=True):
            if mine is None or its is None:
                assert mine is its, (name, mine, its)
                continue
            assert math.isclose(mine, its, rel_tol=1e-9, abs_tol=1e-6), name
    fills = [
        [int(row["dt"].timestamp()) * 10**9, row["sid"], int(row["amount"]), float(row["price"])]
        for row in result.transactions.to_dicts()
    ]
    assert len(fills) > 5
    for mine, its in zip(sorted(fills), sorted(expected["transactions"]), strict=True):
        assert mine[:3] == its[:3]
        assert math.isclose(mine[3], its[3], rel_tol=1e-12)


def test_assets_stay_who_they_are(written, root):
    report = rustybt.ingest_zipline("both", zipline_root=written.root, name="mine")
    with rustybt.open_version("mine") as version:
        renamed, classed, future, gone = version.assets()
        assert [asset.sid for asset in (renamed, classed, future, gone)] == [3, 24, 500, 1001]
        assert isinstance(future, Future)
        assert (future.symbol, future.root_symbol, future.multiplier, future.exchange) == (
            "CLF24",
            "CL",
            1000,
            "NASDAQ",
        )
        assert (future.notice_date, future.expiration_date) == (dt.date(2023, 12, 19), dt.date(2023, 12, 21))
        assert renamed.name == "Renamed Inc"
        assert (renamed.exchange, renamed.country, renamed.tick_size) == (
            "NYSE",
            "US",
            Decimal("0.01"),
        )
        assert (gone.end_date, gone.auto_close_date) == (dt.date(2023, 12, 14), dt.date(2023, 12, 15))
        assert (classed.start_date, classed.auto_close_date) == (dt.date(2023, 11, 1), None)
        before, after = day_of(dt.date(2023, 11, 29)), day_of(dt.date(2023, 11, 30))
        assert (version.lookup_symbol("OLD", before).sid, version.lookup_symbol("NEW", after).sid) == (3, 3)
        assert version.splits([3]) == [Split(3, day_of(dt.date(2023, 11, 15)), 4, 5, prices_only=True)]
        assert version.splits([24]) == [Split(24, day_of(dt.date(2023, 11, 22)), 1, 3)]
        # 0.1 + 0.2 by its shortest repr
        dates = [day_of(dt.date(2023, 11, day)) for day in (21, 27, 22)]
        assert version.dividends([3]) == [CashDividend(3, *dates, None, 30000000000000004, 17, "USD")]
        assert version.dividends([1001])[0].pay_day is None
        declared, ex, pay = (day_of(dt.date(2023, 11, day)) for day in (1, 2, 3))
        assert version.stock_dividends() == [StockDividend(24, ex, 3, 1, 20, pay, pay, declared)]
        counts = version.provenance["counts"]
        assert (counts["assets"], counts["assets without bars"]) == (4, 1)
        assert counts["bars 1d"] + counts["bars 1m"] == report.rows
        assert str(written.root) in version.provenance["source"]


def test_every_bar_is_the_one_that_zipline_reads(written, root):
    """Each integer of the files, by bcolz itself; the half day and the padding after it included."""
    bcolz = pytest.importorskip("bcolz")
    rustybt.ingest_zipline("both", zipline_root=written.root)
    folder = next(p for p in (written.root / "data" / "both").iterdir() if p.name[0] != ".")
    table = bcolz.open(str(folder / "daily_equities.bcolz"), mode="r")
    with rustybt.open_version("both") as version:
        days = version.load([24], "1d", *EVER)[24]
        own = table["id"][:] == 24
        for name in ("open", "high", "low", "close", "volume"):
            assert getattr(days, name).tolist() == table[name][:][own].tolist()
        assert (days.stamps // 10**9).tolist() == table["day"][:][own].tolist()
        minutes = version.load([24], "1m", *EVER)[24]
        stored = bcolz.open(str(folder / "minute_equities.bcolz" / "00" / "00" / "000024.bcolz"), mode="r")
        closes = stored["close"][:]
        assert minutes.close.tolist() == closes[closes != 0].tolist()
        first = dt.datetime(2023, 11, 1, 13, 31, tzinfo=dt.UTC).timestamp() * 10**9
        assert minutes.stamps[0] == first + int((closes != 0).argmax()) * 60 * 10**9
        assert version.calendar.holds_minutes(minutes.stamps).all()


def test_the_same_bundle_again_changes_nothing(written, root):
    first = rustybt.ingest_zipline("both", zipline_root=written.root)
    assert not rustybt.ingest_zipline("both", zipline_root=written.root).is_new
    assert len(rustybt.list_bundles()) == 1
    assert first.findings == ()


@pytest.mark.parametrize("schema", [6, 5, 4, 1])
def test_older_asset_databases_are_read(copied, root, schema):
    for path in copied.folder.glob("assets-*.sqlite"):
        if path.name != f"assets-{schema}.sqlite":
            path.unlink()
    rustybt.ingest_zipline("both", zipline_root=copied.root)
    with rustybt.open_version("both") as version:
        assert [asset.sid for asset in version.assets()] == [3, 24, 500, 1001]
        assert version.provenance["asset database"] == f"schema {schema}"
        assert version.asset(3).symbol == "NEW"
        assert version.asset(1001).country == "US"
        # schema 1 has no auto_close_date, schema 4 no symbols over time
        assert (version.asset(1001).auto_close_date is None) == (schema == 1)
        known = {symbol for symbol in ("OLD", "NEW") if _known(version, symbol)}
        assert known == ({"OLD", "NEW"} if schema >= 5 else {"NEW"})


def _known(version, symbol):
    try:
        return version.lookup_symbol(symbol, version.last_day)
    except LookupError:
        return None


def test_daily_bars_in_hdf5_keep_their_factor_and_currency(written, root):
    path = written.root / "daily.h5"
    rustybt.ingest_zipline("both", zipline_root=written.root, hdf5=path, countries=["CA"], name="canada")
    rustybt.ingest_zipline("both", zipline_root=written.root, hdf5=path, name="all", mode="error")
    with rustybt.open_version("canada") as version:
        (asset,) = version.assets()
        assert (asset.sid, asset.currency, asset.price_scale) == (24, "CAD", 5)
        bars = version.load([24], "1d", *EVER)[24]
        assert bars.close.tolist() == [1_025_000, 1_012_345]
        assert bars.volume.tolist() == [100, 300]
        assert version.provenance["countries"] == ["CA"]
    with rustybt.open_version("all") as version:
        assert {asset.sid: asset.currency for asset in version.assets()} == {3: "USD", 24: "CAD"}
    with pytest.raises(InputError, match="no bars of GB, only of CA, US"):
        rustybt.ingest_zipline("both", zipline_root=written.root, hdf5=path, countries=["GB"], name="x")


def test_the_command_takes_a_bundle_over(written, root):
    arguments = ["ingest", "zipline", "--bundle", "both", "--zipline-root", str(written.root), "--as", "new"]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "4 assets" in done.output
    assert [version.bundle for version in rustybt.list_bundles()] == ["new"]


# what goes wrong


def test_a_bundle_that_is_not_there_is_named_with_those_that_are(written, root, tmp_path):
    with pytest.raises(BundleNotFound, match="There are: both"):
        rustybt.ingest_zipline("other", zipline_root=written.root)
    with pytest.raises(BundleNotFound, match="There is none"):
        rustybt.ingest_zipline("both", zipline_root=tmp_path / "nowhere")
    with pytest.raises(BundleNotFound, match="at or before 2020-01-01"):
        rustybt.ingest_zipline("both", zipline_root=written.root, timestamp="2020-01-01")
    with pytest.raises(InputError, match="is no moment"):
        rustybt.ingest_zipline("both", zipline_root=written.root, timestamp="yesterday")


@pytest.mark.parametrize(
    "name",
    [
        "daily_equities.bcolz/close/data/__0.blp",
        "daily_equities.bcolz/id/meta/sizes",
        "daily_equities.bcolz/__attrs__",
        "minute_equities.bcolz/metadata.json",
        "minute_equities.bcolz/00/10/001001.bcolz/volume/data/__0.blp",
        "adjustments.sqlite",
        "assets-7.sqlite",
    ],
)
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_broken_file_is_named_and_nothing_is_published(copied, root, name, harm):
    if harm == "gone" and name.endswith(".sqlite"):
        pytest.skip("an older schema takes its place, and a bundle may have no adjustments")
    path = copied.folder / name
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(InputError) as caught:
        rustybt.ingest_zipline("both", zipline_root=copied.root)
    assert str(path) in str(caught.value)
    assert rustybt.list_bundles() == []


def test_a_folder_without_assets_is_refused(copied, root):
    for path in copied.folder.glob("assets-*.sqlite"):
        path.unlink()
    with pytest.raises(InputError, match=r"no asset database assets-7\.sqlite"):
        rustybt.ingest_zipline("both", zipline_root=copied.root)


def test_a_row_that_contradicts_itself_is_found_and_can_be_left_out(copied, root):
    """Zipline checks no rows: a merger of two files may well have a high below its low."""
    with sqlite3.connect(copied.folder / "adjustments.sqlite") as connection:
        connection.execute("UPDATE splits SET ratio = -1")
    connection.close()
    with pytest.raises(BadBars, match="no number above zero"):
        rustybt.ingest_zipline("both", zipline_root=copied.root)
    assert rustybt.list_bundles() == []
    report = rustybt.ingest_zipline("both", zipline_root=copied.root, on_bad_row="drop")
    assert [finding.rule for finding in report.findings] == ["action"]


def _on_calendar(copied, name):
    """The copy with its days alone, which say that they are on another calendar: that of a library of years ago."""
    shutil.rmtree(copied.folder / "minute_equities.bcolz")
    attrs = copied.folder / "daily_equities.bcolz" / "__attrs__"
    attrs.write_text(json.dumps(json.loads(attrs.read_text()) | {"calendar_name": name}))


def test_rows_outside_of_the_bundles_calendar_are_left_out_and_told(copied, root):
    """Friday, 3 November 2023 is a holiday in Tokyo; of 23 November, the other one, New York has no rows either."""
    _on_calendar(copied, "XTKS")
    report = rustybt.ingest_zipline("both", zipline_root=copied.root)
    with rustybt.open_version("both") as version:
        loaded = version.load([3, 24, 500, 1001], "1d", *EVER)
        days = {str(np.datetime64(int(stamp), "ns"))[:10] for bars in loaded.values() for stamp in bars.stamps}
        assert version.provenance["counts"]["rows outside the calendar 1d"] == 4
    assert "2023-11-03" not in days
    assert {"2023-11-02", "2023-11-06"} <= days
    assert report.findings == ()
    assert report.notes[0].startswith("4 rows of '1d', from 2023-11-03 to 2023-11-03, lie outside of XTKS")


def test_rows_outside_of_a_calendar_that_is_not_the_bundles_own_are_findings(copied, root):
    _on_calendar(copied, "XNYS")
    with pytest.raises(BadBars, match="XTKS"):
        rustybt.ingest_zipline("both", zipline_root=copied.root, calendar="XTKS")


def test_ratios_of_single_assets_are_honoured(copied, root):
    path = copied.folder / "minute_equities.bcolz" / "metadata.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"ohlc_ratios_per_sid": {"24": 1_000_000}}))
    rustybt.ingest_zipline("both", zipline_root=copied.root)
    with rustybt.open_version("both") as version:
        assert version.asset(24).price_scale == 6
        assert version.asset(3).price_scale == 3


def test_files_and_function_come_to_the_same_bundle(written, root):
    """All that a hash is over: bars, assets, actions, calendar."""
    read = rustybt.ingest_zipline("both", zipline_root=written.root, name="read")
    registry.register("both", bundles.ingest_function, calendar_name="XNYS")
    function = registry.ingest("both")
    registry.unregister("both")
    assert function.hash == read.hash


def test_a_function_without_writers_may_leave_files_of_zipline(written, root):
    """As quantopian-quandl does, which downloads a finished bundle."""
    source = next(p for p in (written.root / "data" / "both").iterdir() if p.name[0] != ".")
    registry.register(
        "ready", lambda *given: shutil.copytree(source, given[-1], dirs_exist_ok=True), create_writers=False
    )
    report = registry.ingest("ready")
    registry.unregister("ready")
    assert report.hash == rustybt.ingest_zipline("both", zipline_root=written.root).hash
