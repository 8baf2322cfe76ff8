from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.core import DAY_NS, CryptoSpot, Equity, Split, day_of
from rustybt.errors import BundleExists, InputError, SymbolNotFound
from rustybt.ingest import IngestReport, ingest

EVER = (0, 2**62)


def load(version, symbol="AAA", frequency="1d"):
    asset = version.lookup_symbol(symbol, 19_800)
    return version.load([asset.sid], frequency, *EVER)[asset.sid]


def test_bars_come_back_as_integers_at_the_scale_of_their_text(root, daily):
    report = ingest("b", daily(rows=2), root=root)
    assert isinstance(report, IngestReport)
    assert (report.rows, report.assets, report.findings, report.quarantine, report.is_new) == (2, 1, (), None, True)
    assert "2 bars added" in repr(report)
    with open_version("b", root=root) as version:
        asset = version.lookup_symbol("AAA", 19_800)
        assert (asset.price_scale, asset.volume_scale) == (3, 0)
        bars = load(version)
        assert bars.stamps.tolist() == [day_of(dt.date(2024, 1, d)) * DAY_NS for d in (2, 3)]
        assert bars.open.tolist() == [12_250, 13_250]
        assert bars.high.tolist() == [13_500, 14_500]
        assert bars.low.tolist() == [11_000, 12_000]
        assert bars.close.tolist() == [12_125, 13_125]
        assert bars.volume.tolist() == [2000, 3000]
        assert bars.open.dtype == np.int64
        assert version.hash == report.hash
        assert (version.first_day, version.last_day) == (19_724, 19_725)


def test_defaults_of_an_asset_follow_from_its_bars(root, daily):
    ingest("b", daily(), root=root)
    asset = open_version("b", root=root).lookup_symbol("aaa", 19_724)
    assert type(asset) is Equity
    assert (asset.key, asset.symbol, asset.currency, asset.sid) == ("XNYS:AAA", "AAA", "USD", 0)
    assert (asset.start_date, asset.end_date, asset.auto_close_date) == (dt.date(2024, 1, 2), dt.date(2024, 1, 4), None)
    assert (asset.tick_size, asset.quantity_step, asset.multiplier) == (Decimal("0.001"), Decimal(1), Decimal(1))


def test_the_assets_frame_describes_them(root, daily):
    assets = pl.DataFrame(
        {
            "symbol": ["AAA", "ELSE"],
            "name": ["Alpha", "not in the bars"],
            "type": ["crypto", "equity"],
            "exchange": ["BITX", None],
            "currency": ["EUR", None],
            "tick_size": ["0.05", None],
            "quantity_step": [0.001, None],
            "auto_close_date": [dt.date(2024, 2, 1), None],
        }
    )
    ingest("b", daily(), assets=assets, root=root)
    asset = open_version("b", root=root).asset(0)
    assert type(asset) is CryptoSpot
    assert (asset.key, asset.name, asset.currency) == ("BITX:AAA", "Alpha", "EUR")
    assert (asset.tick_size, asset.quantity_step) == (Decimal("0.05"), Decimal("0.001"))
    assert asset.auto_close_date == dt.date(2024, 2, 1)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("type", "bond", "equity"),
        ("tick_size", "-1", "above zero"),
        ("colour", "red", "colour"),
        ("end_date", "soon", "date"),
    ],
)
def test_a_description_that_means_nothing_is_refused(root, daily, column, value, message):
    with pytest.raises(InputError, match=message):
        ingest("b", daily(), assets=pl.DataFrame({"symbol": ["AAA"], column: [value]}), root=root)
    assert not root.exists()


def test_sids_follow_the_order_of_the_keys(root, daily):
    ingest("b", pl.concat([daily("ZZZ"), daily("BBB"), daily("MMM")]), root=root)
    version = open_version("b", root=root)
    assert [(a.sid, a.symbol) for a in version.assets()] == [(0, "BBB"), (1, "MMM"), (2, "ZZZ")]
    ingest("b", daily("AAA"), mode="append", root=root)
    assert open_version("b", root=root).lookup_symbol("AAA", 19_724).sid == 3


def test_sids_stay_with_their_keys_when_the_data_are_replaced(root, daily):
    ingest("b", pl.concat([daily("BBB"), daily("CCC")]), root=root)
    ingest("b", pl.concat([daily("AAA"), daily("CCC")]), mode="replace", root=root)
    version = open_version("b", root=root)
    assert [(a.sid, a.symbol) for a in version.assets()] == [(1, "CCC"), (2, "AAA")]
    assert load(version, "CCC").stamps.tolist() == [d * DAY_NS for d in (19_724, 19_725, 19_726)]


def test_the_same_again_is_a_no_op_in_every_mode(root, daily):
    first = ingest("b", daily(), root=root)
    for mode in ("error", "append", "replace"):
        again = ingest("b", daily(), mode=mode, root=root)
        assert (again.version, again.is_new, again.rows) == (first.version, False, 0)
    assert "nothing to do" in repr(again)
    assert len(list((root / "bundles" / "b").iterdir())) == 1


def test_other_data_under_a_taken_name_are_refused_unless_asked_for(root, daily):
    ingest("b", daily(), root=root)
    with pytest.raises(BundleExists, match=r"append.*replace"):
        ingest("b", daily(rows=4), root=root)
    report = ingest("b", daily(rows=4), mode="replace", root=root)
    assert len(load(open_version("b", root=root))) == 4
    assert report.rows == 4


def test_appending_in_any_order_extends_the_asset(root, daily):
    ingest("b", daily(rows=2, start=3), root=root)
    ingest("b", daily(rows=2, start=6), mode="append", root=root)
    ingest("b", daily(rows=3, start=0), mode="append", root=root)
    report = ingest("b", daily(rows=9), mode="append", root=root)
    assert report.rows == 2
    once = ingest("once", daily(rows=9), root=root)
    assert report.hash == once.hash
    version = open_version("b", root=root)
    assert load(version).stamps.tolist() == load(open_version("once", root=root)).stamps.tolist()
    assert version.asset(0).end_date == dt.date(2024, 1, 12)


def test_many_appends_are_folded_into_few_parts(root, daily):
    ingest("b", daily(rows=1), root=root)
    for start in range(1, 9):
        ingest("b", pl.concat([daily("AAA", 1, start), daily("BBB", 1, start)]), mode="append", root=root)
    hashes = set()
    for start in range(9):
        pieces = [daily("AAA", 1, start)] + ([daily("BBB", 1, start)] if start else [])
        hashes.add(ingest("once", pl.concat(pieces), mode="append", root=root).hash)
    version = open_version("b", root=root)
    assert version.hash in hashes
    assert len(list(version.path.glob("1d-*.parquet"))) <= 8
    assert len(load(version)) == 9
    assert len(load(version, "BBB")) == 8


def test_daily_and_minute_bars_share_a_bundle(root, daily):
    minutes = pl.DataFrame(
        {
            "symbol": ["AAA"] * 2,
            "timestamp": ["2024-01-02T14:31:00Z", "2024-01-05T21:00:00Z"],
            "open": [10.5, 10.25],
            "high": [11.0, 11.0],
            "low": [10.0, 10.0],
            "close": [10.5, 10.5],
            "volume": [5, 0],
        }
    )
    ingest("b", daily(), root=root)
    ingest("b", minutes, frequency="1m", stamp="end", mode="append", root=root)
    version = open_version("b", root=root)
    assert version.frequencies == ("1d", "1m")
    assert (version.last_day_of("1d"), version.last_day_of("1m")) == (19_726, 19_727)
    assert version.asset(0).end_date == dt.date(2024, 1, 5)
    bars = load(version, frequency="1m")
    assert bars.stamps.astype("datetime64[ns]").astype(str).tolist() == [
        "2024-01-02T14:31:00.000000000",
        "2024-01-05T21:00:00.000000000",
    ]
    assert bars.close.tolist() == [10_500, 10_500]
    other_way = ingest("c", minutes, frequency="1m", stamp="end", root=root)
    assert ingest("c", daily(), mode="append", root=root).hash == version.hash != other_way.hash


def test_a_symbol_that_changes_hands_is_looked_up_as_of_a_date(root, daily):
    frame = pl.concat(
        [
            daily("FB", 3).with_columns(asset_key=pl.lit("meta")),
            daily("META", 3, 3).with_columns(asset_key=pl.lit("meta")),
            daily("FB", 3, 6).with_columns(asset_key=pl.lit("other")),
        ]
    )
    ingest("b", frame, root=root)
    version = open_version("b", root=root)
    meta, other = version.lookup_symbol("META", 19_800), version.lookup_symbol("FB", 19_800)
    assert (meta.key, other.key) == ("meta", "other")
    early = version.lookup_symbol("FB", 19_725)
    assert (early.key, early.symbol, early == meta) == ("meta", "FB", True)
    with pytest.raises(SymbolNotFound, match="look-up date"):
        version.lookup_symbol("META", 19_000)
    assert len(version.load([meta.sid], "1d", *EVER)[meta.sid]) == 6
    with pytest.raises(SymbolNotFound, match="META"):
        version.lookup_symbol("METB", 19_800)


def test_symbols_restrict_and_rename(root, daily):
    frame = pl.concat([daily("A.X"), daily("B.X"), daily("C.X")])
    splits = pl.DataFrame({"symbol": ["A.X", "C.X"], "ex_date": ["2024-01-03"] * 2, "ratio": ["1/2", "1/3"]})
    ingest("b", frame, symbols=["A.X", "B.X"], splits=splits, root=root)
    version = open_version("b", root=root)
    assert [a.symbol for a in version.assets()] == ["A.X", "B.X"]
    assert version.splits([0, 1]) == [Split(0, 19_725, 1, 2)]
    assets = pl.DataFrame({"symbol": ["C.X"], "name": ["Gamma"]})
    ingest("c", frame, symbols={"C.X": "C"}, splits=splits, assets=assets, root=root)
    version = open_version("c", root=root)
    assert [(a.symbol, a.name) for a in version.assets()] == [("C", "Gamma")]
    assert version.splits([0]) == [Split(0, 19_725, 1, 3)]
    with pytest.raises(InputError, match=r"D\.X"):
        ingest("d", frame, symbols=["D.X"], root=root)
    with pytest.raises(InputError, match="list"):
        ingest("d", frame, symbols="A.X", root=root)


def test_the_calendar_is_stored_with_the_data(root, daily):
    ingest("b", daily(), root=root)
    calendar = open_version("b", root=root).calendar
    assert (calendar.name, calendar.tz) == ("XNYS", "America/New_York")
    first, last = (np.datetime64(int(day), "D") for day in calendar.days[[0, -1]])
    assert (str(first), str(last)) == ("2023-12-01", "2026-01-30")  # the 31st is a Saturday
    assert calendar.holds_days(np.array([day_of(dt.date(2024, 7, 4)), day_of(dt.date(2024, 7, 5))])).tolist() == [
        False,
        True,
    ]


def test_an_append_on_another_calendar_is_refused(root, daily):
    ingest("b", daily(), calendar="24/7", root=root)
    with pytest.raises(InputError, match="24/7"):
        ingest("b", daily(start=3), calendar="XNYS", mode="append", root=root)
    ingest("b", daily(start=3), mode="append", root=root)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"frequency": "1m"}, InputError, "stamp='start'"),
        ({"frequency": "fortnight"}, InputError, "fortnight"),
        ({"mode": "overwrite"}, InputError, "replace"),
        ({"on_bad_row": "ignore"}, InputError, "quarantine"),
        ({"stamp": "middle"}, InputError, "start"),
        ({"tz": "New York"}, InputError, "America/New_York"),
        ({"price_decimals": -1}, InputError, "0 to 20"),
        ({"price_decimals": 2.0}, InputError, "0 to 20"),
        ({"calendar": "XNYZ"}, InputError, "XNYS"),
        ({"provenance": {"when": object()}}, InputError, "JSON"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused_before_anything_is_written(root, daily, arguments, error, message):
    with pytest.raises(error, match=message):
        ingest("b", daily(), root=root, **arguments)
    assert not root.exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b", 5])
def test_a_name_that_can_be_no_folder_is_refused(root, daily, name):
    with pytest.raises(InputError, match="bundle"):
        ingest(name, daily(), root=root)


def test_provenance_is_kept(root, daily):
    ingest("b", daily(), provenance="a friend", root=root)
    assert open_version("b", root=root).provenance == {"source": "a friend"}
    ingest("b", daily(rows=4), mode="append", root=root)
    assert open_version("b", root=root).provenance == {"source": "a friend"}


def test_a_missing_column_is_named_with_those_that_are_there(root, daily):
    with pytest.raises(InputError, match=r"no column high; it has symbol, date"):
        ingest("b", daily().drop("high"), root=root)
    with pytest.raises(InputError, match="timestamp nor date"):
        ingest("b", daily().drop("date"), root=root)
    with pytest.raises(InputError, match="no column symbol"):
        ingest("b", daily().drop("symbol"), root=root)
    with pytest.raises(InputError, match="no rows"):
        ingest("b", daily().clear(), root=root)


def test_the_public_signature_is_the_documented_one():
    import inspect

    names = list(inspect.signature(ingest).parameters)
    assert names == [
        "bundle", "bars", "frequency", "calendar", "stamp", "tz", "assets", "symbol", "symbols", "splits",
        "dividends",
        "stock_dividends", "funding", "mode", "on_bad_row", "price_decimals", "price_scale", "close_only", "adj_close",
        "decimals", "csv", "provenance",
        "auto_close", "root",
    ]  # fmt: skip
