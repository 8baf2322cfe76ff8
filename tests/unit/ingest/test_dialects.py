"""CSV of any making, through the door that everybody uses."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rustybt.catalog import open_version
from rustybt.cli._main import cli
from rustybt.errors import BadBars, InputError
from rustybt.ingest import Dialect, ingest

HEADER = "date,open,high,low,close,volume"
ISO = [f"2024-01-0{d}" for d in (2, 3, 4, 5)]


def closes(root, bundle="b", frequency="1d"):
    version = open_version(bundle, root=root)
    bars = version.load([0], frequency, 0, 2**62)[0]
    scale = version.asset(0).price_scale
    return [Decimal(int(value)).scaleb(-scale) for value in bars.close]


def stamps(root, frequency="1d"):
    return open_version("b", root=root).load([0], frequency, 0, 2**62)[0].stamps.tolist()


@pytest.fixture
def stored(tmp_path, root):
    """Writes a file, ingests it, and gives the report."""

    def store(text, csv=None, name="AAA.csv", **more):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ingest("b", path, csv=csv, root=root, **more)

    return store


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["AAA.csv", "AAA.tsv", "AAA.txt"])
def test_the_delimiter_is_found(stored, root, delimiter, name):
    rows = [HEADER, *(f"{day},1.5,1.5,1.5,1.5,10" for day in ISO)]
    stored("\n".join(row.replace(",", delimiter) for row in rows), name=name)
    assert closes(root) == [Decimal("1.5")] * 4


def test_decimal_commas_with_semicolons_and_groups(stored, root):
    text = "date;open;high;low;close;volume\n02.01.2024;1.234,50;1.234,50;1.234,50;1.234,50;10\n"
    stored(text, {"decimal": ",", "thousands": ".", "dates": "eu"})
    assert closes(root) == [Decimal("1234.5")]


def test_decimal_commas_within_quotes_between_commas(stored, root):
    stored('date,open,high,low,close,volume\n2024-01-02,"1,5","1,5","1,5","1,5",10\n', {"decimal": ","})
    assert closes(root) == [Decimal("1.5")]


def test_a_file_as_an_exchange_hands_it_out(stored, root):
    text = "Date,Close/Last,Volume,Open,High,Low\n" + "".join(
        f'0{m}/0{d}/2024,$185.64,"82,488,700",$187.15,$188.44,$183.885\n' for m, d in ((1, 2), (1, 3))
    )
    stored(text, {"columns": {"Close/Last": "close"}, "dates": "us", "strip": "$", "thousands": ","})
    assert closes(root) == [Decimal("185.64")] * 2


def test_columns_without_a_header_are_named_in_order_and_none_leaves_one_out(stored, root):
    text = "".join(f"AAA,{day},1,2,1,2,7,99\n" for day in ISO)
    names = ["symbol", "date", "open", "high", "low", "close", None, "volume"]
    with pytest.raises(InputError, match="no header"):
        stored(text.replace("1,2,1,2", "2,1,1,2"))
    with pytest.raises(InputError, match="8 columns, and columns names 2"):
        stored(text, {"columns": ["symbol", "date"]})
    stored(text, Dialect(columns=names))
    bars = open_version("b", root=root).load([0], "1d", 0, 2**62)[0]
    assert bars.volume.tolist() == [99] * 4


def test_angle_brackets_other_names_date_and_time_apart(stored, root):
    text = "<TICKER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\nAAA,20240102,09:30:00,1,1,1,1,5\n"
    stored(text, frequency="1m", stamp="start", tz="America/New_York", csv={"dates": "%Y%m%d %H:%M:%S"})
    assert stamps(root, "1m") == [int(dt.datetime(2024, 1, 2, 14, 31, tzinfo=dt.UTC).timestamp()) * 10**9]


MOMENT = dt.datetime(2024, 1, 2, 14, 30, tzinfo=dt.UTC)
SECONDS = int(MOMENT.timestamp())


@pytest.mark.parametrize(
    ("text", "dates", "tz"),
    [
        (str(SECONDS), None, None),
        (f"{SECONDS}000", None, None),
        (f"{SECONDS}000000", None, None),
        (f"{SECONDS}000000000", None, None),
        (f"{SECONDS}.0", "epoch_s", None),
        (f"{SECONDS}000.000", "epoch_ms", None),
        ("01/02/2024 09:30", "us", "America/New_York"),
        ("01/02/2024 9:30:00 AM", "us", "America/New_York"),
        ("02/01/2024 14:30:00", "eu", "UTC"),
        ("02.01.2024 14:30", "eu", "UTC"),
        ("02-Jan-2024 14:30", "%d-%b-%Y %H:%M", "UTC"),
        ("2024-01-02 14:30", "iso", "UTC"),
        ("2024-01-02T09:30:00-05:00", None, None),
    ],
)
def test_moments_in_every_writing(stored, root, text, dates, tz):
    stored(
        f"timestamp,open,high,low,close,volume\n{text},1,1,1,1,1\n",
        {"dates": dates},
        frequency="1m",
        stamp="start",
        tz=tz,
    )
    assert stamps(root, "1m") == [(SECONDS + 60) * 10**9]


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31)), st.sampled_from(["us", "eu", "epoch_s", "epoch_ns", "iso"])
)
def test_a_day_comes_back_from_every_writing(day, kind):
    from rustybt.files._dates import iso_stamps

    moment = int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
    written = {
        "us": f"{day:%m/%d/%Y}",
        "eu": f"{day:%d.%m.%Y}",
        "iso": day.isoformat(),
        "epoch_s": str(moment),
        "epoch_ns": f"{moment}000000000",
    }
    assert iso_stamps(pl.Series("date", [written[kind]]), kind)[0][:10] == day.isoformat()


def test_a_date_that_does_not_fit_is_shown_as_it_stands(stored):
    rows = "01/02/2024,1,1,1,1,1\n13/45/2024,1,1,1,1,1\n"
    with pytest.raises(BadBars) as caught:
        stored(f"{HEADER}\n{rows}", {"dates": "us"})
    assert [(f.rule, f.value) for f in caught.value.findings] == [("stamp", "13/45/2024")]


def test_lines_before_the_header_are_passed_over(stored, root):
    stored(f"# exported\n# by hand\n{HEADER}\n2024-01-02,1,1,1,1,1\n", {"skip_lines": 2})
    assert closes(root) == [Decimal(1)]


GAPS = f"{HEADER}\n{ISO[0]},10,10,10,10.5,5\n{ISO[1]},NA,,-,n/a,\n{ISO[2]},11,12,10,12,7\n".replace(
    "10,10,10,10.5,5", "10,10.5,10,10.5,5"
)


def test_what_is_missing_fails_unless_told_otherwise(stored):
    with pytest.raises(BadBars) as caught:
        stored(GAPS, {"missing": "fail"})
    assert {f.rule for f in caught.value.findings} == {"number"}
    assert "n/a" in {f.value for f in caught.value.findings}


@pytest.mark.parametrize(
    ("policy", "expected", "words"),
    [
        ("skip", ["10.5", "12"], "1 row with a missing price or volume skipped"),
        ("forward", ["10.5", "10.5", "12"], "filled with the close before"),
        ("interpolate", ["10.5", "11.2", "12"], "interpolated, which looks ahead"),
    ],
)
def test_what_is_missing_is_skipped_or_filled_where_asked(stored, root, policy, expected, words):
    report = stored(GAPS, {"missing": policy})
    assert closes(root) == [Decimal(x) for x in expected]
    assert words in report.notes[0]
    assert words in repr(report)


def test_filling_stays_within_a_symbol_and_a_ticker_may_be_called_na(tmp_path, root):
    path = tmp_path / "all.csv"
    path.write_text(
        "symbol,date,open,high,low,close,volume\n"
        "NA,2024-01-02,5,5,5,5,1\nBBB,2024-01-02,,,,,\nNA,2024-01-03,,,,,\nBBB,2024-01-03,7,7,7,7,1\n"
    )
    report = ingest("b", path, csv={"missing": "forward"}, on_bad_row="drop", root=root)
    assert {f.symbol for f in report.findings} == {"BBB"}
    version = open_version("b", root=root)
    assert {asset.symbol for asset in version.assets()} == {"BBB", "NA"}
    assert report.rows == 3


@pytest.mark.parametrize("blank", ["\n", "\n\n\n", "\r\n", ",,,,,\n"])
@pytest.mark.parametrize("missing", ["fail", "forward", "interpolate"])
def test_lines_with_nothing_in_them_are_passed_over(stored, root, blank, missing):
    rows = [f"{day},{n}.5,{n}.5,{n}.5,{n}.5,10\n" for n, day in enumerate(ISO, 1)]
    report = stored(f"{HEADER}\n{blank}{rows[0]}{rows[1]}{blank}{''.join(rows[2:])}{blank}", {"missing": missing})
    assert closes(root) == [Decimal(n).scaleb(-1) for n in (15, 25, 35, 45)]
    assert report.notes == ()


def _many(odd):
    """Enough lines that no first ones show the odd one, which is the last."""
    rows = [f"S{n},2024-01-02,1.5,1.5,1.5,1.5,10" for n in range(100)]
    return "\n".join([f"symbol,{HEADER}", *rows, odd])


TOO_MANY = "X,2024-01-02,1,5,1.5,1.5,1.5,10"
TOO_FEW = "X,2024-01-02,1.5,1.5,1.5"


@pytest.mark.parametrize(("odd", "fields"), [(TOO_MANY, "8 fields"), (TOO_FEW, "5 fields"), ("end", "1 field")])
@pytest.mark.parametrize("name", ["AAA.csv", "AAA.csv.gz"])
def test_a_line_with_another_number_of_fields_is_named(stored, root, odd, fields, name):
    text = _many(odd).encode()
    with pytest.raises(BadBars, match=rf"AAA\.csv.*: line 102 has {fields}, and there are 7 columns: '{odd}") as caught:
        stored(gzip.compress(text) if name.endswith(".gz") else text, name=name)
    assert [(f.rule, f.value) for f in caught.value.findings] == [("fields", odd)]
    assert not list(root.glob("bundles/*"))


@pytest.mark.parametrize("odd", [TOO_MANY, TOO_FEW, "end"])
@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("missing", ["fail", "skip", "forward", "interpolate"])
def test_a_line_with_another_number_of_fields_is_left_out_where_that_is_asked(stored, root, odd, at, missing):
    rows = [f"X,{day},{n}.5,{n}.5,{n}.5,{n}.5,10" for n, day in enumerate(ISO, 1)]
    text = "\n".join([f"symbol,{HEADER}", *rows[:at], odd, *rows[at:]])
    report = stored(text, {"missing": missing}, on_bad_row="drop")
    assert [(f.rule, f.value) for f in report.findings] == [("fields", odd)]
    assert f"AAA.csv: line {at + 2} has" in repr(report)
    assert report.notes == ()
    assert closes(root) == [Decimal(n).scaleb(-1) for n in (15, 25, 35, 45)]


def test_a_file_without_a_header_has_the_columns_of_most_lines(stored, root):
    rows = [f"{day},1.5,1.5,1.5,1.5,10" for day in ISO]
    report = stored("\n".join([rows[0], "cut", *rows[1:]]), {"columns": HEADER.split(",")}, on_bad_row="drop")
    assert [f.value for f in report.findings] == ["cut"]
    assert closes(root) == [Decimal("1.5")] * 4


def test_a_field_that_is_empty_is_there(stored, root):
    rows = [f"{day},1.5,1.5,1.5,1.5,10," for day in ISO]
    assert stored("\n".join([f"{HEADER},remark", *rows])).findings == ()
    assert closes(root) == [Decimal("1.5")] * 4


@pytest.mark.parametrize(
    "also", ['2024-01-08,1.5,1.5,1.5,1.5,10,"said ""so"",\nand more"', "2024-01-08,1.5,1.5,1.5,1.5,10,"]
)
def test_a_quotation_mark_that_is_not_closed_costs_its_own_line(stored, root, also):
    good = [f"{day},1.5,1.5,1.5,1.5,10,fine" for day in ISO]
    bad = '2024-01-09,"1.5,1.5,1.5,1.5,10,'
    text = "\n".join([f"{HEADER},remark", good[0], also, bad, *good[1:], ""])
    with pytest.raises(BadBars, match=r"line \d has a quotation mark that is not closed, and there are 7 columns"):
        stored(text)
    # the rows after it do not lie within quotes
    text = "\n".join([f"{HEADER},remark", *good, also, bad, ""])
    assert stored(text, on_bad_row="drop").rows == 5
    assert closes(root) == [Decimal("1.5")] * 5


def test_a_quotation_mark_that_is_not_closed_does_not_read_the_rest_of_a_long_file(stored, root, monkeypatch):
    for name, size in (("BLOCK_BYTES", 512), ("_LONGEST_QUOTE", 1024)):
        monkeypatch.setattr(f"rustybt.files._csv.{name}", size)
    rows = [f"S{n},2024-01-02,1.5,1.5,1.5,1.5,10" for n in range(300)]
    bad = 'X,"2024-01-02,1.5,1.5,1.5,1.5,10'
    report = stored("\n".join([f"symbol,{HEADER}", *rows[:2], bad, *rows[2:]]), on_bad_row="drop")
    assert (report.rows, [f.value for f in report.findings]) == (300, [bad])


def test_lines_left_out_are_kept_where_that_is_asked(stored):
    report = stored(_many(TOO_FEW), on_bad_row="quarantine")
    kept = pl.read_parquet(report.quarantine).row(0, named=True)
    assert (kept["rule"], kept["value"], kept["record"]) == ("fields", TOO_FEW, '{"file": "AAA.csv", "line": 102}')


def test_of_a_file_of_one_symbol_a_line_is_that_symbol_s(stored):
    text = "\n".join([HEADER, *(f"{day},1.5,1.5,1.5,1.5,10" for day in ISO), "end"])
    report = stored(text, symbols={"AAA": "NEW"}, on_bad_row="drop")
    assert [f.symbol for f in report.findings] == ["NEW"]


def test_a_line_that_is_named_counts_from_the_file_s_first(stored, monkeypatch):
    monkeypatch.setattr("rustybt.files._csv.BLOCK_BYTES", 512)
    with pytest.raises(BadBars, match="line 104 has 8 fields"):
        stored("# exported\n\n" + _many(TOO_MANY), {"skip_lines": 1})


STEEL = [f"\xc4G;{day};1,5;1,5;1,5;1,5;10" for day in ISO]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "latin-1"),
        ("cp1252", "CP1252"),
        ("mac-roman", "mac_roman"),
    ],
)
@pytest.mark.parametrize("name", ["AAA.csv", "AAA.csv.gz"])
@pytest.mark.parametrize("block", [7, 2**20])
def test_text_in_other_encodings(stored, root, monkeypatch, encoding, said, name, block):
    monkeypatch.setattr("rustybt.files._csv.BLOCK_BYTES", block)
    text = "\n".join([f"symbol,{HEADER}".replace(",", ";"), *STEEL]).encode(encoding)
    data = gzip.compress(text) if name.endswith(".gz") else text
    assert stored(data, {"decimal": ",", "encoding": said}, name=name).rows == 4
    assert [asset.symbol for asset in open_version("b", root=root).assets()] == ["\xc4G"]


def test_what_is_not_utf_8_is_named_with_its_line_and_the_option(stored):
    odd = _many("\xc4G,2024-01-02,1.5,1.5,1.5,1.5,10")
    with pytest.raises(
        InputError, match=r"line 102 is not written in UTF-8 \(it has the byte 0xc4\).*--encoding cp1252"
    ):
        stored(odd.encode("latin-1"))
    with pytest.raises(InputError, match="line 102 is not written in shift_jis"):
        stored(odd.encode("latin-1") + b"\xff", {"encoding": "shift_jis"})
    with pytest.raises(InputError, match=r"--encoding utf-16-le"):
        stored(odd.encode("utf-16-le"))
    with pytest.raises(InputError, match="encoding is 'klingon'"):
        stored(odd, {"encoding": "klingon"})


def test_lines_that_end_as_on_old_macs(stored, root):
    stored("\r".join([HEADER, *(f"{day},1.5,1.5,1.5,1.5,10" for day in ISO)]))
    assert closes(root) == [Decimal("1.5")] * 4


def test_frames_of_actions_may_be_utf_16_as_spreadsheets_write_it(stored, tmp_path):
    splits = tmp_path / "splits.csv"
    splits.write_bytes("symbol,ex_date,ratio\nAAA,2024-01-03,1/2\n".encode("utf-16"))
    text = "\n".join([HEADER, *(f"{day},1.5,1.5,1.5,1.5,10" for day in ISO)])
    assert stored(text, splits=splits).findings == ()


def test_a_zst_file_that_was_cut_off_is_told(stored, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(_many("").encode())
    whole = sink.getvalue().to_pybytes()
    with pytest.raises(InputError, match=r"cut\.csv\.zst can't be read \(incomplete frame\)"):
        stored(whole[:-20], name="cut.csv.zst")


def test_bars_from_the_future_are_noted(stored):
    assert stored(f"{HEADER}\n2099-01-02,1.5,1.5,1.5,1.5,10\n").notes == (
        "1 bar of 1d from the future: are day and month, or the unit of epochs, the right way round?",
    )


def test_a_message_shows_of_a_long_value_its_beginning(stored):
    with pytest.raises(BadBars) as caught:
        stored(f"{HEADER}\n2024-01-02,{'9' * 500},1.5,1.5,1.5,10\n")
    assert max(map(len, str(caught.value).splitlines())) < 250
    assert caught.value.findings[0].value == "9" * 500


def test_packed_files_and_patterns(tmp_path, root):
    for symbol in ("AAA", "BBB"):
        text = f"{HEADER}\n2024-01-02,1,1,1,1,1\n".replace(",", ";").encode()
        (tmp_path / f"{symbol}.csv.gz").write_bytes(gzip.compress(text))
    (tmp_path / "other.json").write_text("{}")
    assert ingest("b", str(tmp_path / "*.csv.gz"), root=root).assets == 2
    with pytest.raises(InputError, match="no file"):
        ingest("c", str(tmp_path / "*.xls"), root=root)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"decimals": ","}, "no decimals"),
        ({"decimal": ";"}, "decimal is"),
        ({"missing": "guess"}, "missing is"),
        ({"dates": "chinese"}, "dates is"),
        ({"delimiter": "--"}, "one character"),
        ({"decimal": ",", "thousands": ","}, "differ"),
        ({"columns": {"Last": "close"}}, "no column last"),
        ({"encoding": 16}, "encoding is 16"),
    ],
)
def test_a_dialect_that_means_nothing(stored, given, message):
    with pytest.raises(InputError, match=message):
        stored(f"{HEADER}\n2024-01-02,1,1,1,1,1\n", given)


def test_lines_of_different_lengths_need_a_named_delimiter(stored):
    with pytest.raises(InputError, match="Name it"):
        stored("date open\n2024-01-02 1\n")
    with pytest.raises(InputError, match="empty"):
        stored("\n")


def test_lines_and_encodings_from_the_command_line(tmp_path):
    path = tmp_path / "all.csv"
    path.write_bytes("\n".join([f"symbol,{HEADER}".replace(",", ";"), *STEEL, "Stahl"]).encode("cp1252"))
    line = ["ingest", "csv", str(path), "-b", "steel", "--decimal", ","]
    done = CliRunner().invoke(cli, line)
    assert "--encoding cp1252" in str(done.exception or done.output)
    done = CliRunner().invoke(cli, [*line, "--encoding", "cp1252", "--on-bad-row", "drop"], catch_exceptions=False)
    assert "4 bars added" in done.output
    assert "all.csv: line 6 has 1 field, and there are 7 columns: 'Stahl' [fields]" in done.output


def test_from_the_command_line(tmp_path):
    path = tmp_path / "AAA.csv"
    path.write_text("Tag;Auf;Hoch;Tief;Zu;Stück\n02.01.2024;1,5;1,5;1,5;1,5;10\n03.01.2024;;;;;\n")
    line = ["ingest", "csv", str(path), "-b", "de", "--decimal", ",", "--dates", "eu", "--missing", "skip"]
    columns = "Tag=date,Auf=open,Hoch=high,Tief=low,Zu=close,Stück=volume"
    done = CliRunner().invoke(cli, [*line, "--columns", columns], catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 bar added" in done.output
    assert "skipped" in done.output
