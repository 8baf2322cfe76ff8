"""zipline.data.bundles: ingest functions as users of Zipline wrote them fill the catalog."""

from __future__ import annotations

import datetime as dt
import functools
import textwrap
from decimal import Decimal

import pandas as pd
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.cli._main import cli
from rustybt.core import CashDividend, Future, Split, StockDividend, day_of
from rustybt.errors import BadBars, BundleNotFound, InputError, NotYetAvailable, UnknownBundle
from rustybt.zipline.data import bundles

AGAIN = "registered before"
EVER = (0, 2**62)
SESSIONS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("ZIPLINE_ROOT", str(tmp_path / "zipline"))
    before = set(bundles.bundles)
    yield tmp_path / "root"
    for name in set(bundles.bundles) - before:
        bundles.unregister(name)


def frame(*closes, index=SESSIONS, **changes):
    prices = list(closes) or [10.25, 10.5, 11.0]
    columns = dict.fromkeys(("open", "high", "low", "close"), prices) | {"volume": [100.0] * len(prices)}
    return pd.DataFrame(columns | changes, index=index[: len(prices)])


def equities(**symbols):
    rows = {"symbol": list(symbols.values()), "asset_name": "Inc", "exchange": "NYSE"}
    dates = {"start_date": SESSIONS[0], "end_date": SESSIONS[-1], "first_traded": pd.NaT, "auto_close_date": pd.NaT}
    return pd.DataFrame(rows | dates, index=[int(sid.removeprefix("s")) for sid in symbols])


def writes(function, name="mine", **options):
    """Registers an ingest function of the writers alone, and ingests it."""

    def ingest(environ, assets, minutes, days, adjustments, calendar, start, end, cache, show_progress, output_dir):
        function(assets, days, minutes, adjustments)

    bundles.register(name, ingest, **options)
    return bundles.ingest(name)


def closes(name="mine", sid=0, frequency="1d"):
    with rustybt.open_version(name) as version:
        return version.load([sid], frequency, *EVER)[sid].close.tolist(), version.asset(sid).price_scale


def test_the_function_is_called_as_zipline_calls_it():
    called = []

    @bundles.register("mine", calendar_name="XLON", start_session=pd.Timestamp("2020-01-02"))
    def ingest(*arguments):
        called.append(arguments)
        arguments[3].write([(0, frame())])

    environ = {"KEY": "1"}
    report = bundles.ingest("mine", environ, show_progress=True)
    given_environ, *_, calendar, start, end, cache, show_progress, output_dir = called[0]
    assert given_environ is environ
    assert len(called[0]) == 11
    assert (calendar.name, start, end) == ("XLON", pd.Timestamp("2020-01-02"), calendar.last_session)
    assert (len(cache), show_progress, isinstance(output_dir, str)) == (0, True, True)
    with rustybt.open_version("mine") as version:
        assert version.calendar.name == "XLON"
        assert version.hash == report.hash
        assert "ingest" in version.provenance["source"]
    assert bundles.bundles["mine"].ingest is ingest


def test_assets_bars_and_actions_arrive():
    def function(assets, days, minutes, adjustments):
        days.write(iter([(24, frame()), (3, frame(1.5, 2.5, 3.5))]), show_progress=False)
        minute = pd.DatetimeIndex(["2024-01-02 14:31", "2024-01-02 21:00"], tz="UTC")
        minutes.write([(24, frame(10.125, 10.25, index=minute))])
        renamed = equities(s3="OLD", s24="brk.a")
        later = equities(s3="NEW").assign(start_date=SESSIONS[1], auto_close_date=SESSIONS[-1] + pd.Timedelta(days=1))
        renamed.loc[3, "end_date"] = SESSIONS[0]
        exchanges = pd.DataFrame({"exchange": ["NYSE"], "canonical_name": ["XNYS"], "country_code": ["US"]})
        assets.write(equities=pd.concat([renamed, later]), exchanges=exchanges)
        adjustments.write(
            splits=pd.DataFrame({"sid": [24], "ratio": [1 / 3], "effective_date": [SESSIONS[1]]}),
            dividends=pd.DataFrame(
                {
                    "sid": [3],
                    "amount": [0.22],
                    "ex_date": [SESSIONS[1]],
                    "record_date": [pd.NaT],
                    "declared_date": [pd.NaT],
                    "pay_date": [SESSIONS[2]],
                }
            ),
            stock_dividends=pd.DataFrame(
                {
                    "sid": [3],
                    "payment_sid": [24],
                    "ratio": [0.05],
                    **{name: [SESSIONS[2]] for name in ("ex_date", "record_date", "declared_date", "pay_date")},
                }
            ),
        )

    assert writes(function).findings == ()
    first, second, third = (day_of(stamp.date()) for stamp in SESSIONS)
    with rustybt.open_version("mine") as version:
        assert version.frequencies == ("1d", "1m")
        assert version.calendar.name == "XNYS"
        assert [(asset.sid, asset.symbol) for asset in version.assets()] == [(3, "NEW"), (24, "BRK.A")]
        asset = version.asset(3)
        assert (asset.start_date, asset.end_date) == (dt.date(2024, 1, 2), dt.date(2024, 1, 4))
        assert asset.auto_close_date == dt.date(2024, 1, 5)
        assert (asset.exchange, asset.country, asset.name, asset.tick_size) == ("XNYS", "US", "Inc", Decimal("0.01"))
        assert version.lookup_symbol("OLD", first).sid == 3
        assert version.splits([24]) == [Split(24, second, 1, 3)]
        assert version.dividends([3]) == [CashDividend(3, second, third, None, None, 22, 2, "USD")]
        assert version.stock_dividends() == [StockDividend(3, third, 24, 1, 20, third, third, third)]
        assert version.load([24], "1m", *EVER)[24].close.tolist() == [10_125, 10_250]


def test_futures_keep_what_only_they_have():
    def function(assets, days, minutes, adjustments):
        days.write([(5, frame())])
        contract = {
            "symbol": "CLG24",
            "root_symbol": "CL",
            "asset_name": "Crude",
            "exchange": "NYMEX",
            "multiplier": 1000,
        }
        dates = {"start_date": SESSIONS[0], "end_date": SESSIONS[2], "first_traded": SESSIONS[0]}
        last = {"notice_date": SESSIONS[1], "expiration_date": SESSIONS[2], "auto_close_date": SESSIONS[1]}
        futures = pd.DataFrame([contract | dates | last | {"tick_size": 0.01, "sid": 5}])
        roots = pd.DataFrame({"root_symbol": ["CL"], "root_symbol_id": [1], "exchange": ["NYMEX"]})
        assets.write(futures=futures, root_symbols=roots)

    writes(function)
    with rustybt.open_version("mine") as version:
        future = version.asset(5)
        assert isinstance(future, Future)
        assert (future.symbol, future.root_symbol, future.multiplier) == ("CLG24", "CL", 1000)
        assert (future.notice_date, future.auto_close_date) == (dt.date(2024, 1, 3), dt.date(2024, 1, 3))


def test_a_price_keeps_its_digits_unless_a_computation_made_them():
    writes(
        lambda assets, days, *_: days.write(
            [(0, frame(0.00012345, 0.5, 2.0)), (1, frame(27.847461700439453, 1.0, 2.0004))]
        )
    )
    assert closes() == ([12345, 50_000_000, 200_000_000], 8)
    assert closes(sid=1) == ([27_847, 1_000, 2_000], 3)
    with pytest.warns(UserWarning, match=AGAIN):
        writes(lambda assets, days, *_: days.write([(0, frame(27.847461700439453, 1.0, 2.0))]), price_decimals=6)
    assert closes() == ([27_847_462, 1_000_000, 2_000_000], 6)


def test_zeros_and_nan_are_no_bars():
    nothing = float("nan")
    writes(lambda assets, days, *_: days.write([(0, frame(0.0, 5.0, nothing, volume=[0.0, 7.5, nothing]))]))
    assert closes() == ([5], 0)
    with rustybt.open_version("mine") as version:
        assert version.load([0], "1d", *EVER)[0].volume.tolist() == [7]


@pytest.mark.parametrize(("behaviour", "kept"), [("warn", True), ("ignore", False)])
def test_bad_rows_are_left_out_as_the_writer_was_told(behaviour, kept, capsys):
    bad = frame(high=[10.25, 1.0, 11.0])
    report = writes(lambda assets, days, *_: days.write([(0, bad)], invalid_data_behavior=behaviour))
    assert [finding.rule for finding in report.findings] == ["range"]
    assert (report.quarantine is not None) == kept
    assert "range" in capsys.readouterr().err
    assert len(closes()[0]) == 2


def test_a_failure_publishes_nothing():
    bad = frame(high=[10.25, 1.0, 11.0])
    with pytest.raises(BadBars, match="below"):
        writes(lambda assets, days, *_: days.write([(0, bad)], invalid_data_behavior="raise"))

    def breaks(assets, days, *_):
        days.write([(0, frame())])
        raise OSError("the vendor is gone")

    with pytest.warns(UserWarning, match=AGAIN), pytest.raises(OSError, match="vendor"):
        writes(breaks)
    with pytest.warns(UserWarning, match=AGAIN), pytest.raises(InputError, match="wrote no bars"):
        writes(lambda *_: None)
    with pytest.warns(UserWarning, match=AGAIN), pytest.raises(InputError, match="no column volume"):
        writes(lambda assets, days, *_: days.write([(0, frame().drop(columns="volume"))]))
    with pytest.warns(UserWarning, match=AGAIN), pytest.raises(InputError, match="sid 7"):
        writes(lambda assets, days, *_: days.write([(7, frame())], assets={1}))
    assert rustybt.list_bundles() == []


def test_what_a_failed_ingestion_cached_is_found_by_the_next():
    tries = []

    def ingest(environ, assets, minutes, days, adjustments, calendar, start, end, cache, *_):
        tries.append(sorted(cache))
        if "a/b" not in cache:
            cache["a/b"] = frame()
            raise OSError("again")
        days.write([(0, cache["a/b"])])

    bundles.register("mine", ingest)
    with pytest.raises(OSError, match="again"):
        bundles.ingest("mine")
    bundles.ingest("mine")
    assert tries == [[], ["a/b"]]
    assert closes()[0] == [1025, 1050, 1100]


def test_each_ingestion_takes_the_place_of_the_one_before():
    writes(lambda assets, days, *_: days.write([(0, frame())]))
    with pytest.warns(UserWarning, match=AGAIN):
        writes(lambda assets, days, *_: days.write([(0, frame(1.0)), (1, frame(2.0))]))
    assert closes()[0] == [1]
    times = bundles.ingestions_for_bundle("mine")
    assert len(times) == 2
    assert times == sorted(times, reverse=True)
    name = bundles.to_bundle_ingest_dirname(times[0])
    assert ";" in name
    assert bundles.from_bundle_ingest_dirname(name) == times[0]
    assert len(bundles.clean("mine", keep_last=1)) == 1
    assert len(bundles.clean("mine", before="2100-01-01")) == 1
    assert rustybt.list_bundles() == []


def test_loading_gives_the_assets():
    writes(lambda assets, days, *_: (days.write([(24, frame())]), assets.write(equities=equities(s24="AAA"))))
    with bundles.load("mine") as data:
        assert data.asset_finder.retrieve_asset(24).symbol == "AAA"
        assert data.asset_finder.lookup_symbol("AAA", as_of_date=None).sid == 24
        with pytest.raises(NotYetAvailable, match="open_version"):
            data.equity_daily_bar_reader.load_raw_arrays(["close"])
    with pytest.raises(InputError, match="at or before"):
        bundles.load("mine", timestamp=pd.Timestamp("2000-01-01"))
    with pytest.raises(BundleNotFound):
        bundles.load("other")


def test_an_unknown_name_is_named_with_those_that_are_there():
    for call in (bundles.ingest, bundles.unregister):
        with pytest.raises(UnknownBundle, match="csvdir") as caught:
            call("quandl")
        assert caught.value.name == "quandl"
    with pytest.raises(InputError, match="keep_last"):
        bundles.clean("mine", before="2024-01-01", keep_last=1)
    with pytest.raises(InputError, match="assets_versions"):
        bundles.ingest("csvdir", assets_versions=[6])


# csvdir and the command

HEADER = "date,open,high,low,close,volume,dividend,split"


@pytest.fixture
def csvdir(tmp_path):
    folder = tmp_path / "csvdir"
    rows = {
        "daily/AAA": [
            "2024-01-02,10,11,9,10.1,100,0,1",
            "2024-01-03,5,6,4,5.05,200,0.1,2",
            "2024-01-04,5,6,4,5,200,0,1",
        ],
        "daily/BBB": ["2024-01-02,20,21,19,20,100,0.0,1.0", "2024-01-03,0,0,0,0,0,0.0,1.0"],
        "minute/BBB": ["2024-01-02 14:31:00,20,21,19,20,60,0,1", "2024-01-02 14:32:00,20,21,19,20,40,0,1"],
    }
    for name, lines in rows.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([HEADER, *lines]))
    return folder


def check_csvdir(name):
    with rustybt.open_version(name) as version:
        first, second = version.assets()
        assert [(a.sid, a.symbol, a.exchange) for a in (first, second)] == [(0, "AAA", "CSVDIR"), (1, "BBB", "CSVDIR")]
        assert first.auto_close_date == dt.date(2024, 1, 5)
        day = day_of(dt.date(2024, 1, 3))
        assert version.splits([0, 1]) == [Split(0, day, 1, 2)]
        assert version.dividends([0, 1]) == [CashDividend(0, day, None, None, None, 1, 1, "USD")]
        assert version.load([0], "1d", *EVER)[0].close.tolist() == [1010, 505, 500]
        assert version.load([1], "1d", *EVER)[1].close.tolist() == [20]


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def test_a_csvdir_is_ingested_by_its_own_bundle(csvdir, monkeypatch):
    monkeypatch.setenv("CSVDIR", str(csvdir))
    done = run("ingest", "bundle", "csvdir")
    assert "6 bars added; 2 assets" in done.output
    check_csvdir("csvdir")
    with rustybt.open_version("csvdir") as version:
        assert version.frequencies == ("1d", "1m")


def test_a_version_says_which_function_made_it():
    prices = frame()

    class FrameBuilder:
        def __call__(self, environ, assets, minutes, days, adjustments, *rest):
            days.write([(1, prices)])
            assets.write(equities=equities(s1="A"))
            adjustments.write()

    def ingest(unit, *given):
        FrameBuilder()(*given)

    for name, function, said in (
        ("partial", functools.partial(functools.partial(ingest), 1), ".ingest"),
        ("object", FrameBuilder(), ".FrameBuilder"),
    ):
        bundles.register(name, function)
        bundles.ingest(name)
        with rustybt.open_version(name) as version:
            source = version.provenance["source"]
        assert source == f"ingest function {__name__}.test_a_version_says_which_function_made_it.<locals>{said}"


def test_an_extension_registers_a_bundle_as_for_zipline(csvdir, tmp_path):
    extension = tmp_path / "extension.py"
    extension.write_text(
        textwrap.dedent(f"""
        import pandas as pd
        from zipline.data.bundles import register
        from zipline.data.bundles.csvdir import csvdir_equities

        register(
            "custom-csvdir-bundle",
            csvdir_equities(["daily"], {str(csvdir)!r}),
            calendar_name="NYSE",
            start_session=pd.Timestamp("2024-1-2", tz=None),
            end_session=pd.Timestamp("2024-1-4", tz=None),
        )
        """)
    )
    done = run("ingest", "bundle", "custom-csvdir-bundle", "-e", extension)
    assert "4 bars added; 2 assets" in done.output
    check_csvdir("custom-csvdir-bundle")


def test_a_csvdir_without_files_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("CSVDIR", raising=False)
    with pytest.raises(InputError, match="CSVDIR is not set"):
        bundles.ingest("csvdir")
    monkeypatch.setenv("CSVDIR", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="is no folder"):
        bundles.ingest("csvdir")
    (tmp_path / "nowhere").mkdir()
    with pytest.raises(InputError, match="neither a folder daily"):
        bundles.ingest("csvdir")
    (tmp_path / "nowhere" / "daily").mkdir()
    with pytest.raises(InputError, match="No CSV file"):
        bundles.ingest("csvdir")
    (tmp_path / "nowhere" / "daily" / "A.csv").write_text("open,high,low,close,volume\n1,1,1,1,1\n")
    with pytest.raises(InputError, match="holds no dates"):
        bundles.ingest("csvdir")


def test_a_function_that_makes_files_of_its_own_needs_no_writers(tmp_path):
    def ingest(environ, assets, minutes, days, adjustments, calendar, start, end, cache, show_progress, output_dir):
        assert (assets, minutes, days, adjustments) == (None, None, None, None)

    bundles.register("mine", ingest, create_writers=False)
    with pytest.raises(InputError, match="no asset database"):
        bundles.ingest("mine")


def test_sessions_in_the_zone_of_their_exchange_are_dates_there():
    here = SESSIONS.tz_localize("Asia/Hong_Kong")

    def function(assets, days, minutes, adjustments):
        days.write([(0, frame(8.0, 8.5, 4.25, index=here))])
        adjustments.write(splits=pd.DataFrame({"sid": [0], "ratio": [0.5], "effective_date": [here[2]]}))

    writes(function, calendar_name="XHKG")
    with rustybt.open_version("mine") as version:
        assert version.first_day == day_of(dt.date(2024, 1, 2))
        assert version.splits([0]) == [Split(0, day_of(dt.date(2024, 1, 4)), 1, 2)]
