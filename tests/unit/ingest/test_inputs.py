"""The same bars in whatever form they come."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner

from rustybt.catalog import open_version
from rustybt.cli._main import cli
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest

NUMBERS = ["open", "high", "low", "close", "volume"]


@pytest.fixture
def expected(root, daily):
    return ingest("expected", daily(rows=4), root=root).hash


def as_floats(frame):
    return frame.with_columns(pl.col(NUMBERS).cast(pl.Float64))


def to_pandas(frame):
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})


FORMS = {
    "text": lambda f: f,
    "floats": as_floats,
    "float32": lambda f: f.with_columns(pl.col(NUMBERS).cast(pl.Float32)),
    "decimals": lambda f: f.with_columns(pl.col(NUMBERS).cast(pl.Decimal(38, 6))),
    "lazy": lambda f: f.lazy(),
    "arrow": lambda f: f.to_arrow(),
    "arrow with dictionaries": lambda f: f.with_columns(pl.col("symbol").cast(pl.Categorical)).to_arrow(),
    "arrow reader": pa.RecordBatchReader.from_stream,
    "upper case": lambda f: f.rename({name: name.upper() for name in f.columns}),
    "more columns": lambda f: f.with_columns(vwap=pl.lit(1.0)),
    "list of frames": lambda f: [f.head(2), as_floats(f.tail(2))],
    "datetimes": lambda f: f.with_columns(pl.col("date").cast(pl.Datetime("us"))),
    "midnight UTC": lambda f: f.with_columns(pl.col("date").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")),
    "local close": lambda f: f.with_columns(
        (pl.col("date").cast(pl.Datetime("us")) + pl.duration(hours=16)).dt.replace_time_zone("America/New_York")
    ),
    "date text": lambda f: f.with_columns(pl.col("date").cast(pl.String)).rename({"date": "timestamp"}),
    "basic dates": lambda f: f.with_columns(pl.col("date").dt.strftime("%Y%m%d")),
    "text with zone": lambda f: f.with_columns(pl.col("date").dt.strftime("%Y-%m-%dT00:00:00Z")),
    "pandas": lambda f: to_pandas(as_floats(f)),
    "pandas of decimals": lambda f: to_pandas(f.with_columns(pl.col(NUMBERS).cast(pl.Decimal(38, 3)))),
    "pandas of timestamps": lambda f: to_pandas(as_floats(f)).assign(date=lambda x: pd.to_datetime(x["date"])),
    "pandas, zoned index": lambda f: (
        to_pandas(as_floats(f))
        .set_index("date")
        .pipe(lambda x: x.set_index(pd.to_datetime(x.index).tz_localize("UTC")))
    ),
    "pandas, two indices": lambda f: to_pandas(as_floats(f)).set_index(["symbol", "date"]),
    "pandas categories": lambda f: to_pandas(as_floats(f)).astype({"symbol": "category"}),
    "pandas nullable": lambda f: to_pandas(as_floats(f)).convert_dtypes(dtype_backend="numpy_nullable"),
    "pandas integers": lambda f: to_pandas(as_floats(f)).astype({"volume": "int32"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_frame_gives_the_same_data_in_every_form(root, daily, expected, form):
    report = ingest("b", FORMS[form](daily(rows=4)), root=root)
    assert report.hash == expected


def test_files_give_the_same_data(root, daily, expected, tmp_path):
    frame = daily(rows=4)
    folder = tmp_path / "one per symbol"
    folder.mkdir()
    frame.drop("symbol").write_csv(folder / "AAA.csv")
    frame.write_csv(tmp_path / "long.csv")
    as_floats(frame).write_parquet(tmp_path / "long.parquet")
    frame.head(2).write_csv(tmp_path / "a.csv")
    frame.tail(2).write_csv(tmp_path / "b.csv")
    for source in (folder, str(folder / "AAA.csv"), tmp_path / "long.csv", str(tmp_path / "long.parquet")):
        assert ingest("b", source, root=root, mode="replace").hash == expected
    assert ingest("c", [tmp_path / "a.csv", str(tmp_path / "b.csv")], root=root).hash == expected


def test_digits_of_a_csv_that_no_float_holds_survive(root, tmp_path):
    path = tmp_path / "X.csv"
    price = "0.12345678901234567891"
    path.write_text(
        f"date,open,high,low,close,volume\n2024-01-02,{price},{price},{price},{price},123456789012345678.5\n"
    )
    ingest("b", path, root=root)
    version = open_version("b", root=root)
    bars = version.load([0], "1d", 0, 2**62)[0]
    assert [int(v) for v in bars.close] == [12345678901234567891]
    assert [int(v) for v in bars.volume] == [1234567890123456785]
    assert (version.asset(0).price_scale, version.asset(0).volume_scale) == (20, 1)


def test_pandas_without_pyarrow_is_enough(tmp_path):
    code = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd
from rustybt.ingest import ingest
f = pd.DataFrame({"symbol": ["A"] * 2, "date": pd.to_datetime(["2024-01-02", "2024-01-03"]), "open": [1.5, 2.0],
                  "high": [2.5, 2.5], "low": [1.0, 1.0], "close": [1.25, 2.5], "volume": [10, 20]})
print(ingest("b", f, root=sys.argv[1]).rows)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"


@pytest.mark.parametrize("source", [5, {"a": 1}, [], "nowhere.csv", pd.Series([1.0]), np.zeros(3)])
def test_what_holds_no_bars_is_refused(root, source):
    with pytest.raises(InputError):
        ingest("b", source, root=root)


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_is_not_the_folder_that_the_process_is_in(root, daily, text):
    with pytest.raises(InputError, match="bars is an empty text"):
        ingest("b", text, root=root)
    with pytest.raises(InputError, match="splits is an empty text"):
        ingest("b", daily(), splits=text, root=root)


def test_a_file_of_another_kind_and_an_empty_folder_are_refused(root, tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"?")
    (tmp_path / "x.xlsx").write_bytes(b"?")
    (tmp_path / "x.parquet").write_bytes(b"?")
    (tmp_path / "empty").mkdir()
    told = {
        "x.pdf": "neither CSV nor Parquet",
        "x.xlsx": "can't be read",
        "x.parquet": "can't be read",
        "empty": "no CSV",
    }
    for name, message in told.items():
        with pytest.raises(InputError, match=message):
            ingest("b", tmp_path / name, root=root)


def minutes(stamps, dtype=None):
    count = len(stamps)
    frame = pl.DataFrame({"symbol": ["A"] * count, "timestamp": stamps, **dict.fromkeys(NUMBERS, [1.5] * count)})
    return frame if dtype is None else frame.with_columns(pl.col("timestamp").cast(dtype))


def stored_minutes(root, frame, **arguments):
    ingest("b", frame, frequency="1m", root=root, mode="replace", **arguments)
    return (
        open_version("b", root=root)
        .load([0], "1m", 0, 2**62)[0]
        .stamps.view("datetime64[ns]")
        .astype("datetime64[m]")
        .astype(str)
        .tolist()
    )


def test_stamps_of_the_start_are_shifted_to_the_end(root):
    frame = minutes(["2024-01-02T14:30:00Z", "2024-01-02T20:59:00+00:00"])
    assert stored_minutes(root, frame, stamp="start") == ["2024-01-02T14:31", "2024-01-02T21:00"]
    with pytest.raises(BadBars, match="calendar"):
        ingest("c", frame, frequency="1m", stamp="end", root=root)


def test_naive_minutes_need_a_zone(root):
    naive = minutes([dt.datetime(2024, 7, 2, 9, 31), dt.datetime(2024, 7, 2, 16, 0)])
    for frame in (naive, naive.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%d %H:%M"))):
        with pytest.raises(InputError, match="tz="):
            ingest("b", frame, frequency="1m", stamp="end", root=root)
        stored = stored_minutes(root, frame, stamp="end", tz="America/New_York")
        assert stored == ["2024-07-02T13:31", "2024-07-02T20:00"]
    with pytest.raises(InputError, match="dates only"):
        ingest("c", minutes([dt.date(2024, 7, 2)]), frequency="1m", stamp="end", tz="UTC", root=root)
    with pytest.raises(InputError, match="no stamp"):
        ingest("c", minutes([20240102]), frequency="1m", stamp="end", tz="UTC", root=root)


@pytest.mark.parametrize("unit", [1, 1000, 10**6, 10**9])
def test_whole_numbers_are_moments_where_their_digits_tell_the_unit(root, unit):
    frame = minutes([1704205860 * unit, 1704205920 * unit])
    assert stored_minutes(root, frame, stamp="end") == ["2024-01-02T14:31", "2024-01-02T14:32"]


def test_an_hour_that_comes_twice_needs_its_offset(root):
    frame = minutes(["2024-11-03T00:59", "2024-11-03T01:30", "2024-11-03T02:01"])
    with pytest.raises(BadBars, match="offset") as caught:
        ingest("b", frame, frequency="1m", stamp="end", tz="America/New_York", calendar="24/7", root=root)
    assert [(f.rule, f.value, f.stamp) for f in caught.value.findings] == [("stamp", "2024-11-03T01:30", None)]
    told = minutes(["2024-11-03T01:30-04:00", "2024-11-03T01:30-05:00"])
    assert stored_minutes(root, told, stamp="end", calendar="24/7") == ["2024-11-03T05:30", "2024-11-03T06:30"]


def test_the_last_minute_of_a_day_that_never_closes_is_24_00(root):
    frame = minutes(["2024-01-02T00:01Z", "2024-01-03T00:00Z"])
    ingest("b", frame, frequency="1m", stamp="end", calendar="24/7", root=root)
    version = open_version("b", root=root)
    assert version.first_day == version.last_day == 19_724


def test_daily_stamps_of_tokyo_are_dates_there(root):
    frame = minutes(["2024-01-04T00:00:00+09:00"]).rename({"timestamp": "date"})
    ingest("b", frame, calendar="XTKS", root=root)
    assert open_version("b", root=root).first_day == 19_726


@pytest.mark.parametrize(
    ("value", "scale", "integer"),
    [
        (0.1, 1, 1),
        (1e-10, 10, 1),
        (123456789.012345, 6, 123456789012345),
        (1e9, 0, 10**9),
        (2.5e-7, 8, 25),
        (np.float32(0.1), 1, 1),
        (Decimal("1.10"), 1, 11),
        (7, 0, 7),
        (" 1.5e3 ", 0, 1500),
        ("+.5", 1, 5),
        ("5.", 0, 5),
    ],
)
def test_a_number_is_stored_by_its_shortest_text(root, value, scale, integer):
    column = pl.Series("x", [value], dtype=pl.Float32 if isinstance(value, np.float32) else None)
    frame = pl.DataFrame({"symbol": ["A"], "date": ["2024-01-02"], **dict.fromkeys(NUMBERS, column)})
    ingest("b", frame, root=root)
    version = open_version("b", root=root)
    assert version.asset(0).price_scale == scale
    assert version.load([0], "1d", 0, 2**62)[0].close.tolist() == [integer]


def test_price_decimals_rounds_half_even_and_nothing_else(root):
    prices = ["1.125", "1.135", "1.1350000001", "1.1249999", "2e0"]
    days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    frame = pl.DataFrame({"symbol": ["A"] * 5, "date": days, **dict.fromkeys(NUMBERS, prices)})
    ingest("b", frame, price_decimals=2, root=root)
    version = open_version("b", root=root)
    bars = version.load([0], "1d", 0, 2**62)[0]
    assert bars.close.tolist() == [112, 114, 114, 112, 200]
    assert version.asset(0).volume_scale == 10


def test_price_decimals_lets_noisy_floats_in(root):
    noisy = [0.1 + 0.2, 100.10000000000001, 1 / 3]
    frame = pl.DataFrame(
        {"symbol": ["A"] * 3, "date": ["2024-01-02", "2024-01-03", "2024-01-04"], **dict.fromkeys(NUMBERS[:4], noisy)}
    ).with_columns(volume=pl.lit(1))
    with pytest.raises(BadBars, match="price_decimals") as caught:
        ingest("b", frame, root=root)
    assert {f.rule for f in caught.value.findings} == {"precision"}
    assert len(caught.value.findings) == 12
    ingest("b", frame, price_decimals=2, root=root)
    assert open_version("b", root=root).load([0], "1d", 0, 2**62)[0].close.tolist() == [30, 10010, 33]


# bars of any length


def test_hours_stamped_with_their_start_end_at_the_close_at_the_latest(root):
    frame = pl.DataFrame(
        {
            "symbol": ["AAA"] * 7,
            "timestamp": [f"2023-12-04T{hour}:30:00-05:00" for hour in ("09", "10", "11", "12", "13", "14", "15")],
            **dict.fromkeys(("open", "high", "low", "close"), ["5"] * 7),
            "volume": [1] * 7,
        }
    )
    ingest("b", frame, frequency="1h", stamp="start", root=root)
    with open_version("b", root=root) as version:
        stamps = version.load([0], "1h", 0, 2**62)[0].stamps
        ends = [dt.datetime.fromtimestamp(stamp / 10**9, dt.UTC).strftime("%H:%M") for stamp in stamps.tolist()]
        assert version.frequencies == ("1h",)
    assert ends == ["15:30", "16:30", "17:30", "18:30", "19:30", "20:30", "21:00"]


@pytest.mark.parametrize("label", ["2023-12-04", "2023-12-06", "2023-12-08", "2023-12-10"])
def test_a_week_may_be_labelled_with_any_of_its_days(label, root):
    prices = {key: ["5", "6"] for key in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": ["AAA"] * 2, "date": [label, "2023-12-15"], **prices, "volume": [1, 2]})
    ingest("b", frame, frequency="1w", root=root)
    with open_version("b", root=root) as version:
        days = (version.load([0], "1w", 0, 2**62)[0].stamps // (86_400 * 10**9)).tolist()
    assert days == [(dt.date(2023, 12, day) - dt.date(1970, 1, 1)).days for day in (8, 15)]


def test_two_bars_of_one_week_and_a_bar_outside_the_session_are_found(root):
    prices = {key: ["5", "6"] for key in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": ["AAA"] * 2, "date": ["2023-12-04", "2023-12-08"], **prices, "volume": [1, 2]})
    with pytest.raises(BadBars, match="duplicate"):
        ingest("b", frame, frequency="1w", root=root)
    frame = pl.DataFrame(
        {
            "symbol": ["AAA"] * 2,
            "timestamp": ["2023-12-04T14:35:00Z", "2023-12-04T21:05:00Z"],
            **prices,
            "volume": [1, 2],
        }
    )
    with pytest.raises(BadBars, match=r"21:05:00Z is not within the trading hours of XNYS"):
        ingest("b", frame, frequency="5m", stamp="end", root=root)


def test_milliseconds_and_minutes_lie_side_by_side_in_a_version(root):
    prices = {key: ["5", "6"] for key in ("open", "high", "low", "close")}
    fine = pl.DataFrame(
        {
            "symbol": ["A"] * 2,
            "timestamp": ["2023-12-04T14:30:00.001Z", "2023-12-04T14:30:00.250Z"],
            **prices,
            "volume": [1, 2],
        }
    )
    ingest("b", {"1ms": fine}, stamp="end", root=root)
    with open_version("b", root=root) as version:
        assert version.load([0], "1ms", 0, 2**62)[0].stamps.tolist()[1] % 10**9 == 250_000_000
        second = version.load([0], "1s", 0, 2**62)[0]
        assert (second.volume.tolist(), second.close.tolist()) == ([3], [6])


NO_VOLUME = "date,open,high,low,close\n2024-01-02,1.1,1.1,1.1,1.1\n2024-01-03,1.2,1.2,1.2,1.2\n"


def volumes(root, bundle="b"):
    with open_version(bundle, root=root) as version:
        return {a.symbol: version.load([a.sid], "1d", 0, 2**62)[a.sid].volume.tolist() for a in version.assets()}


@pytest.mark.parametrize("said", [{"type": "forex"}, {"type": "index"}, [{"type": "equity"}, "frame"]])
def test_currencies_and_indices_need_no_volume(tmp_path, root, said):
    (tmp_path / "AAA.csv").write_text(NO_VOLUME)
    rows = pl.DataFrame({"symbol": ["AAA", "BBB"], "type": ["forex", "index"]})
    assets = [rows if one == "frame" else one for one in said] if isinstance(said, list) else said
    ingest("b", tmp_path / "AAA.csv", assets=assets, root=root)
    assert volumes(root) == {"AAA": [0, 0]}
    more = pl.read_csv(tmp_path / "AAA.csv", infer_schema=False).with_columns(symbol=pl.lit("BBB"))
    if assets is said:
        with pytest.raises(InputError, match=r"no column volume.*if BBB have no volume, say what they are"):
            ingest("b", more, mode="append", root=root)
        (tmp_path / "AAA.csv").write_text(NO_VOLUME.replace("-02,", "-04,").replace("-03,", "-05,"))
        ingest("b", tmp_path / "AAA.csv", mode="append", root=root)  # what AAA is, is known
        assert volumes(root) == {"AAA": [0] * 4}
    else:
        more.write_parquet(tmp_path / "more.parquet")
        ingest("b", tmp_path / "more.parquet", mode="append", assets=assets, root=root)
        assert volumes(root) == {"AAA": [0, 0], "BBB": [0, 0]}


def test_beside_currencies_without_a_volume_lie_shares_with_one(tmp_path, root):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "EURUSD.csv").write_text(NO_VOLUME)
    with_it = NO_VOLUME.replace("close", "close,volume").replace("1\n", "1,70\n").replace("2\n", "2,80\n")
    (folder / "ACME.csv").write_text(with_it)
    assets = pl.DataFrame({"symbol": ["EURUSD"], "type": ["forex"]})
    ingest("b", folder, assets=assets, symbols={"EURUSD": "EURUSD", "ACME": "ACME"}, root=root)
    assert volumes(root) == {"ACME": [70, 80], "EURUSD": [0, 0]}


def test_without_a_volume_nothing_else_is_stored(tmp_path, root):
    (tmp_path / "ACME.csv").write_text(NO_VOLUME)
    line = ["ingest", "csv", str(tmp_path / "ACME.csv"), "-b", "fx"]
    done = CliRunner().invoke(cli, line)
    assert "if ACME have no volume, say what they are" in str(done.exception or done.output)
    done = CliRunner().invoke(cli, [*line, "--type", "forex"], catch_exceptions=False)
    assert "2 bars added" in done.output
