"""Columns that nothing reads, numbers in other writings, and refusals that name the way on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version, scan
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest
from rustybt.sources import CSV
from tests._examples import examples

HEAD = "open,high,low,close,volume"
ROW = "10,11,9,10,100"


@pytest.fixture
def given_file(tmp_path, root):
    def ingested(text, name="A.csv", **more):
        (tmp_path / name).write_text(text)
        return ingest("b", tmp_path / name, root=root, mode="replace", **more)

    return ingested


def row_of(root):
    with open_version("b", root=root) as version:
        return scan(version).collect().row(0, named=True)


# columns


def test_columns_that_are_not_read_are_told_of_files_and_frames_and_the_source(given_file, tmp_path, root):
    text = f"Date,{HEAD},Last Price,vwap\n2024-01-02,{ROW},9.5,10\n"
    told = "columns that are not read: last price, vwap"
    assert given_file(text).notes == (f"A.csv: {told}",)
    frame = pl.read_csv(text.encode(), infer_schema=False).with_columns(symbol=pl.lit("A"))
    assert ingest("f", frame, root=root).notes == (f"bars: {told}",)
    assert ingest("p", frame.to_pandas(), root=root).notes == (f"bars: {told}",)
    frame.write_parquet(tmp_path / "all.parquet")
    assert ingest("q", tmp_path / "all.parquet", root=root).notes == (f"all.parquet: {told}",)
    assert CSV(tmp_path / "A.csv").fetch(["A"], "2024-01-01", "2024-01-31").notes == (f"A.csv: {told}",)
    report = given_file(text, csv={"columns": {"Last Price": "close"}})
    assert report.notes == ("A.csv: columns that are not read: close of the file, vwap",)
    assert row_of(root)["close"] == Decimal("9.5")


def test_columns_of_actions_that_are_not_read_are_told(given_file):
    splits = pl.DataFrame({"ticker": ["A"], "ex_date": ["2024-01-03"], "ratio": ["1/2"], "label": ["two for one"]})
    dividends = pl.DataFrame({"symbol": ["A"], "ex_date": ["2024-01-03"], "amount": ["1"], "yield": ["0.1"]})
    report = given_file(f"Date,{HEAD}\n2024-01-02,{ROW}\n2024-01-03,{ROW}\n", splits=splits, dividends=dividends)
    unread = "columns that are not read"
    assert report.notes == (f"splits: {unread}: label", f"dividends: {unread}: yield")


@pytest.mark.parametrize(
    ("paid", "split"),
    [
        ("ex-dividend", "split_ratio"),
        ("Ex-Dividend", "Split Ratio"),
        ("dividend amount", "split coefficient"),
        ("Dividends", "Stock Splits"),
        ("divCash", "splitFactor"),
    ],
)
def test_what_looks_like_dividends_and_splits_is_named_with_the_option(given_file, paid, split):
    text = f"Date,{HEAD},{paid},{split}\n2024-01-02,{ROW},0.0,1.0\n2024-01-03,{ROW},0.5,2\n"
    (note,) = given_file(text).notes
    columns = {paid.lower(): "dividend", split.lower(): "split"}
    assert f'--columns "{",".join(f"{theirs}={ours}" for theirs, ours in columns.items())}"' in note
    assert given_file(text, csv={"columns": columns}).notes == ()


def test_zero_is_no_split_and_nan_no_dividend(root):
    days = [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 4)]
    prices = {name: [10.0, 10.0, 5.0] for name in HEAD.split(",")}
    frame = pd.DataFrame(
        {"Ticker": "A", "Date": days, **prices, "dividend": [0.0, float("nan"), 0.5], "split": [0.0, 1.0, 2.0]}
    )
    ingest("b", frame, root=root)
    with open_version("b", root=root) as version:
        assert [(s.numerator, s.denominator) for s in version.splits([0])] == [(1, 2)]
        assert len(version.dividends([0])) == 1


# numbers


def grouped(value, mark):
    return f"{value:,}".replace(",", mark)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 10**9), st.sampled_from(["", "5", "25", "125"]), st.booleans())
def test_with_decimal_commas_a_point_groups_digits(tmp_path_factory, whole, part, told):
    folder = tmp_path_factory.mktemp("eu")
    price = grouped(whole, ".") + (f",{part}" if part else "")
    (folder / "A.csv").write_text(f"date;{HEAD.replace(',', ';')}\n2024-01-02;{price};{price};{price};{price};1.200\n")
    csv = {"decimal": ",", **({"thousands": "."} if told else {})}
    report = ingest("b", folder / "A.csv", csv=csv, root=folder)
    found = row_of(folder)
    assert (found["close"], found["volume"]) == (Decimal(f"{whole}.{part or 0}"), 1200)
    assert bool(report.notes) is not told


@pytest.mark.parametrize(
    ("price", "csv"),
    [
        ("9.4", {"decimal": ","}),
        ("1.2345", {"decimal": ","}),
        ("12.34,5", {"decimal": ","}),
        ("1.23", {"decimal": ",", "thousands": "."}),
        ("12,5", {"thousands": ","}),
        ("1,2,345", {"thousands": ","}),
    ],
)
def test_groups_that_are_none_are_refused_with_file_column_and_value(given_file, price, csv):
    text = f"date;{HEAD.replace(',', ';')}\n2024-01-02;{price};{price};{price};{price};1\n"
    with pytest.raises(
        InputError, match=rf"A\.csv: column open has '{price}', whose digits are not in groups of three.*--"
    ):
        given_file(text, csv={"delimiter": ";", **csv})


@pytest.mark.parametrize("price", ["1,234.5", "12,34,567.25", "1,000", "999", "$1,234.50"])
def test_groups_of_other_countries_are_read(given_file, root, price):
    text = f"date;{HEAD.replace(',', ';')}\n2024-01-02;{price};{price};{price};{price};1\n"
    given_file(text, csv={"delimiter": ";", "thousands": ",", "strip": "$"})
    assert row_of(root)["close"] == Decimal(price.replace(",", "").replace("$", ""))


@pytest.mark.parametrize("csv", [{"strip": "."}, {"strip": "-"}, {"strip": "0"}, {"decimal": ",", "strip": ","}])
def test_what_makes_another_number_is_not_taken_out(given_file, csv):
    with pytest.raises(InputError, match="another one"):
        given_file(f"date,{HEAD}\n2024-01-02,{ROW}\n", csv=csv)


def test_numbers_of_arrow_that_polars_does_not_know_are_read_exactly(root, tmp_path):
    price = pa.array([Decimal("1.2000000001")], pa.decimal256(60, 10))
    day = pa.array([dt.date(2024, 1, 2)])
    table = pa.table({"symbol": ["A"], "date": day, **dict.fromkeys(HEAD.split(","), price)})
    for source in (table, pa.RecordBatchReader.from_batches(table.schema, table.to_batches())):
        ingest("b", source, root=root, mode="replace")
        assert row_of(root)["close"] == Decimal("1.2000000001")
    pq.write_table(table, tmp_path / "wide.parquet")
    with pytest.raises(InputError, match="38 digits"):
        ingest("c", tmp_path / "wide.parquet", root=root)

    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    with pytest.raises(InputError, match="Cast its columns"):
        ingest("c", Stream(), root=root)


# dates and names


@pytest.mark.parametrize("text", ["2024.01.02", "2024/01/02", "2024/1/2", "2024.01.02 00:00", "2024-01-02", "20240102"])
def test_dates_with_the_year_first_are_read_of_files_and_frames(given_file, root, text):
    given_file(f"Date,{HEAD}\n{text},{ROW}\n")
    assert row_of(root)["timestamp"] == dt.date(2024, 1, 2)
    ingest(
        "b",
        pl.DataFrame({"ticker": ["A"], "Date": [text], **{n: [1] for n in HEAD.split(",")}}),
        root=root,
        mode="replace",
    )
    assert row_of(root)["timestamp"] == dt.date(2024, 1, 2)


@pytest.mark.parametrize("name", ["time", "Datetime", "", "Date_Time", "date", "<DATE>"])
def test_names_that_others_have_for_the_day(given_file, root, name):
    assert given_file(f"{name},{HEAD}\n2024-01-02,{ROW}\n").notes == ()
    assert row_of(root)["timestamp"] == dt.date(2024, 1, 2)


def test_a_time_that_is_none_is_not_joined_and_a_time_of_day_is(given_file):
    assert given_file(f"date,time,{HEAD}\n2024-01-02,2024-01-02,{ROW}\n").notes == (
        "A.csv: columns that are not read: time",
    )
    text = f"date,time,{HEAD}\n2024-01-02,09:31,{ROW}\n"
    assert given_file(text, frequency="1m", stamp="end", tz="America/New_York").rows == 1


def test_a_column_may_be_named_as_it_stands_in_the_file(given_file, root):
    text = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\n2024-01-02\t1\t1\t1\t1\t5\t0\n"
    assert given_file(text, csv={"columns": {"<TICKVOL>": "volume"}}).rows == 1
    assert row_of(root)["volume"] == 5


def test_files_whose_names_begin_with_a_point_are_none(tmp_path, root):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "._A.csv").write_bytes(b"\x00\x05\x16\x07Mac OS X")
    (tmp_path / "data" / ".csv").write_text(f"Date,{HEAD}\n2024-01-02,{ROW}\n")
    with pytest.raises(InputError, match="begin with a point"):
        ingest("b", tmp_path / "data", root=root)
    (tmp_path / "data" / "A.csv").write_text(f"Date,{HEAD}\n2024-01-02,{ROW}\n")
    assert ingest("b", tmp_path / "data", root=root).assets == 1
    with pytest.raises(InputError, match="no column symbol"):
        ingest("c", tmp_path / "data" / ".csv", root=root)


# the way on


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        (("11/1/2019", "11/4/2019"), r"A\.csv: column date .*'11/1/2019'.*'us' \(--dates us\) or 'eu' \(--dates eu\)"),
        (("11/1/19", "11/4/19"), r"'11/1/19'.*--dates %d/%m/%y.*--dates %m/%d/%y"),
        (("1-Okt-2019", "4-Okt-2019"), r"'1-Okt-2019'.*%d-%b-%Y"),
        (
            ("2024-01-02 09:31", "2024-01-02 09:32"),
            r"A\.csv: its rows are 1m apart.*frequency='1m' \(--frequency 1m\).*--stamp.*--tz",
        ),
        (("2024-01-02 14:30Z", "2024-01-02 18:30Z"), r"its rows are 4h apart"),
    ],
)
def test_a_file_that_cant_be_read_as_it_is_told_names_the_option(given_file, stamps, said):
    with pytest.raises(InputError, match=said):
        given_file(f"Date,{HEAD}\n" + "".join(f"{stamp},{ROW}\n" for stamp in stamps))


@pytest.mark.parametrize(
    ("days", "note"),
    [
        (("2006-01-06", "2006-01-13", "2006-01-20", "2006-01-27"), "week"),
        (("2006-01-31", "2006-02-28", "2006-03-31", "2006-04-28"), "month"),
        (("2006-01-03", "2006-01-04", "2006-01-05", "2006-01-06"), None),
        (("2006-01-03", "2006-01-10", "2006-01-17", "2006-01-24", "2006-01-25"), "days"),
    ],
)
def test_weeks_and_months_are_found_out_and_told_and_days_that_look_so_too(given_file, root, days, note):
    text = f"Date,{HEAD}\n" + "".join(f"{day},{ROW}\n" for day in days)
    notes = given_file(text).notes
    with open_version("b", root=root) as version:
        assert version.frequencies == ({"week": "1w", "month": "1mo"}.get(note, "1d"),)
    if note == "days":
        assert "its days are a week apart" in notes[0]
    elif note is None:
        assert notes == ()
    else:
        assert f"The rows are a {note} apart: they were taken to be {note}s." in notes[0]
        # who says that they are days has days, and is told
        (said,) = given_file(text, frequency="1d").notes
        assert f"its days are a {note} apart" in said


def test_coins_without_a_calendar_are_on_the_one_that_never_closes_and_it_is_told(given_file, root):
    rows = "".join(f"2024-01-{day:02},{ROW}\n" for day in range(2, 15))
    report = given_file(f"Date,{HEAD}\n{rows}")
    assert report.notes == ("There are bars on weekends: the calendar was taken to be 24/7.",)
    with open_version("b", root=root) as version:
        assert (version.calendar.name, report.rows) == ("24/7", 13)
    with pytest.raises(BadBars, match=r"calendar='24/7' \(--calendar 24/7\)") as caught:
        given_file(f"Date,{HEAD}\n{rows}", calendar="XNYS")
    assert "drop'" not in str(caught.value)
    # a day that was mistyped makes no market of every day
    with pytest.raises(BadBars, match="2024-01-06 is no session of XNYS"):
        given_file(f"Date,{HEAD}\n2024-01-05,{ROW}\n2024-01-06,{ROW}\n2024-01-08,{ROW}\n")


@pytest.mark.parametrize("sparse", ["A", "B"])
def test_one_table_of_weeks_beside_days_is_stored_as_days_and_told(tmp_path, root, sparse):
    (tmp_path / "all").mkdir()
    for name in ("A", "B"):
        days = [dt.date(2024, 1, 8) + dt.timedelta(n * (7 if name == sparse else 1)) for n in range(5)]
        days = [day if day.weekday() or day.month == 1 else day + dt.timedelta(1) for day in days]
        rows = "".join(f"{day},{ROW}\n" for day in days)
        (tmp_path / "all" / f"{name}.csv").write_text(f"Date,{HEAD}\n{rows}")
    report = ingest("b", tmp_path / "all", calendar="24/7", root=root)
    note = report.notes[0]
    assert note.startswith(f"{sparse}.csv: its days are a week apart")
    with open_version("b", root=root) as version:
        assert (version.frequencies, report.rows) == (("1d",), 10)


def test_what_is_added_is_on_the_calendar_and_of_the_length_of_what_is_there(tmp_path, root):
    days = [dt.date(2024, 1, 1) + dt.timedelta(7 * week) for week in range(6)]
    for name, some, mode in (("A", days[:5], "error"), ("A", days[5:], "append")):
        (tmp_path / f"{name}.csv").write_text(f"Date,{HEAD}\n" + "".join(f"{day},{ROW}\n" for day in some))
        calendar = "24/7" if mode == "error" else None
        ingest("weeks", tmp_path / f"{name}.csv", mode=mode, calendar=calendar, root=root)
    with open_version("weeks", root=root) as version:
        assert (version.frequencies, version.row_count_of("1w")) == (("1w",), 6)


def test_days_before_1900_are_named_as_such(given_file):
    with pytest.raises(BadBars, match="1899-12-29 is beyond the years 1900 to 2199"):
        given_file(f"Date,{HEAD}\n1899-12-29,{ROW}\n1900-01-02,{ROW}\n", calendar="24/7")
    frame = pl.DataFrame({"symbol": ["A"], "date": [dt.date(1899, 12, 29)], **{name: [1] for name in HEAD.split(",")}})
    with pytest.raises(InputError, match="1899-12-29 is beyond the years"):
        ingest("x", frame, calendar="24/7")


def test_prices_of_a_computation_are_told_of_price_decimals(given_file):
    odd = "0.10128898918628694,0.1017171105431151,0.10128898918628694,0.10128898918628693,1"
    with pytest.raises(BadBars, match="--price-decimals 4"):
        given_file(f"Date,{HEAD}\n1980-12-22,{odd}\n")
    assert given_file(f"Date,{HEAD}\n1980-12-22,{odd}\n", price_decimals=4).rows == 1


@pytest.mark.parametrize("order", [("Price", "Ticker"), ("Ticker", "Price")])
def test_columns_of_two_levels_are_rows_of_their_symbols(root, order):
    names = pd.MultiIndex.from_product(
        [["Close", "High", "Low", "Open", "Volume"], ["TSLA", "AAPL"]], names=["Price", "Ticker"]
    )
    frame = pd.DataFrame(
        [[5] * 10, [6] * 10], index=pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="Date"), columns=names
    ).reorder_levels(order, axis=1)
    long = frame.stack(level="Ticker", future_stack=True).reset_index()
    assert ingest("b", frame, root=root).hash == ingest("c", long, root=root).hash
    # a day without a bar of one of them
    frame.loc["2024-01-03", frame.columns.get_level_values("Ticker") == "TSLA"] = float("nan")
    assert ingest("d", frame, root=root).rows == 3


def test_columns_of_other_levels_are_refused(root):
    names = pd.MultiIndex.from_product([["Last", "Max"], ["TSLA", "AAPL"]])
    frame = pd.DataFrame([[5] * 4], index=pd.DatetimeIndex(["2024-01-02"], name="Date"), columns=names)
    with pytest.raises(InputError, match="one of them the fields"):
        ingest("b", frame, root=root)


@pytest.mark.parametrize(("names", "told"), [(["Close", "Close"], "'Close'"), ([("Close", "A")] * 2, "'Close', 'A'")])
def test_pandas_columns_that_are_there_twice_are_refused(root, names, told):
    columns = pd.MultiIndex.from_tuples(names) if isinstance(names[0], tuple) else names
    frame = pd.DataFrame([[5, 5]], index=pd.DatetimeIndex(["2024-01-02"], name="Date"), columns=columns)
    with pytest.raises(InputError, match=rf"has more than one column .*{told}.*Drop or rename one"):
        ingest("b", frame, root=root)
