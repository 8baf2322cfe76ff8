"""Zip, gzip, Arrow, JSON and workbooks by their paths: the same bars, the same hash, every digit kept."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.catalog import scan
from rustybt.errors import InputError, MissingExtra
from tests.unit._command import command

HEADER = ["date", "open", "high", "low", "close", "volume"]
ROWS = [
    ("2024-01-02", "41.1", "42.25", "40.9", "41.95", "1200"),
    ("2024-01-03", "41.95", "43.00", "41.0", "42.123456789012345", "900"),
    ("2024-01-04", "42", "42.5", "41.75", "42.05", "15000000"),
]
PLAIN = [(*row[:4], "42.12", row[5]) if row[0] == "2024-01-03" else row for row in ROWS]
"""As floats have it too."""


def csv_text(rows: list[tuple[str, ...]] = ROWS) -> str:
    return "\n".join(",".join(row) for row in [tuple(HEADER), *rows]) + "\n"


def frame(rows: list[tuple[str, ...]] = ROWS) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=HEADER, orient="row")


def records(number: Callable[[str], Any]) -> list[dict[str, Any]]:
    return [{"date": row[0], **{n: number(v) for n, v in zip(HEADER[1:], row[1:], strict=True)}} for row in ROWS]


def raw_json(value: Any) -> str:
    """JSON whose numbers are written as the texts after '#' are."""
    import re

    return re.sub(r'"#([^"]*)"', r"\1", json.dumps(value))


def number(text: str) -> str:
    return f"#{text}"


def zipped(*files: tuple[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def arrow(*, stream: bool = False) -> bytes:
    out = io.BytesIO()
    (frame().write_ipc_stream if stream else frame().write_ipc)(out)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    frame().write_parquet(out)
    return out.getvalue()


def columns() -> dict[str, list[Any]]:
    return {name: [number(row[at]) if at else row[at] for row in ROWS] for at, name in enumerate(HEADER)}


KINDS: dict[str, tuple[str, str | bytes]] = {
    "gzip": ("ACME.csv.gz", gzip.compress(csv_text().encode())),
    "zip": ("files.zip", zipped(("ACME.csv", csv_text()))),
    "zip with more": (
        "files.zip",
        zipped(("__MACOSX/._ACME.csv", b"\0"), ("README.txt", "hello"), ("deep/ACME.csv", csv_text())),
    ),
    "zip of gzip": ("files.zip", zipped(("ACME.csv.gz", gzip.compress(csv_text().encode())))),
    "zip of Parquet": ("files.zip", zipped(("ACME.parquet", parquet()))),
    "zip of Arrow": ("files.zip", zipped(("ACME.arrow", arrow()))),
    "Feather": ("ACME.feather", arrow()),
    "Arrow file": ("ACME.arrow", arrow()),
    "Arrow stream": ("ACME.arrow", arrow(stream=True)),
    "records": ("ACME.json", raw_json(records(number))),
    "records of texts": ("ACME.json", json.dumps(records(str))),
    "packed records": ("ACME.json.gz", gzip.compress(raw_json(records(number)).encode())),
    "one record a line": ("ACME.jsonl", "\n".join(raw_json(one) for one in records(number))),
    "columns": ("ACME.json", raw_json(columns())),
    "columns by index": (
        "ACME.json",
        raw_json({n: {str(at): v for at, v in enumerate(column)} for n, column in columns().items()}),
    ),
    "split": (
        "ACME.json",
        raw_json({"columns": HEADER, "data": [[row[0], *map(number, row[1:])] for row in ROWS], "index": [0, 1, 2]}),
    ),
    "by day, within": (
        "ACME.json",
        raw_json(
            {
                "Meta Data": {"Symbol": "ACME"},
                "Time Series (Daily)": {
                    row[0]: {
                        f"{at}. {name}": value
                        for at, (name, value) in enumerate(zip(HEADER[1:], row[1:], strict=True), 1)
                    }
                    for row in ROWS
                },
            }
        ),
    ),
    "short names": (
        "ACME.json",
        raw_json(
            {
                "s": "ok",
                "t": [1704153600, 1704240000, 1704326400],
                **{name[0]: columns()[name] for name in HEADER[1:]},
            }
        ),
    ),
    "lists": (
        "ACME.json",
        raw_json(
            [
                [at, *map(number, row[1:])]
                for at, row in zip((1704153600000, 1704240000000, 1704326400000), ROWS, strict=True)
            ]
        ),
    ),
}


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rustybt.ingest("exact", frame().with_columns(symbol=pl.lit("ACME")), root=tmp_path_factory.mktemp("a")).hash


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_what_its_text_says_whatever_its_kind(tmp_path: Path, exact: str, kind: str) -> None:
    name, content = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = rustybt.ingest("mine", path)
    assert (report.rows, report.hash) == (3, exact)
    closes = scan(rustybt.open_version("mine")).collect()["close"].to_list()
    assert closes == [Decimal("41.95"), Decimal("42.123456789012345"), Decimal("42.05")]
    found = rustybt.preview(path)
    assert (found.is_fine, found.symbols, found.rows) == (True, ("ACME",), 3)


@pytest.mark.parametrize("kind", ["zip", "Feather", "records"])
def test_a_run_reads_them_too(tmp_path: Path, exact: str, kind: str) -> None:
    name, content = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = rustybt.run(lambda context, data: None, path)
    assert result.manifest["data_hash"] == exact
    assert rustybt.load_data(path) is rustybt.load_data(path)
    assert command("ingest", "csv", str(path), "-b", "mine").returncode == 0


def test_an_archive_holds_many_files_each_named_after_its_symbol(tmp_path: Path) -> None:
    names = [f"S{at}" for at in range(40)]
    (tmp_path / "many.zip").write_bytes(zipped(*((f"{name}.csv", csv_text()) for name in names)))
    assert rustybt.preview(tmp_path / "many.zip").symbols == tuple(sorted(names))
    report = rustybt.ingest("mine", str(tmp_path / "many.zip"))
    assert (report.rows, report.assets) == (120, 40)


def encrypted() -> bytes:
    data = bytearray(zipped(("ACME.csv", csv_text())))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags of a member, there and in the directory
        data[data.index(mark) + at] |= 1
    return bytes(data)


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("ACME.csv", "w") as member:
        member.write(csv_text().encode())
        for _ in range(80):
            member.write(b"0" * 2**20)
    return out.getvalue()


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "encrypted": ("x.zip", encrypted(), "is encrypted"),
    "a bomb": ("x.zip", bomb(), "MB unpacked, [0-9,]+ times as much as it is"),
    "none in it": ("x.zip", zipped(("photo.png", b"x")), "has no file in it that is CSV"),
    "an archive within": ("x.zip", zipped(("y.zip", zipped(("A.csv", csv_text())))), "within archives are not opened"),
    "cut short": ("x.zip", zipped(("A.csv", csv_text()))[:60], "can't be read as a zip archive"),
    "JSON that ends": ("x.json", b'[{"date": "2024', "is no JSON"),
    "JSON without a table": ("x.json", b'{"a": 1}', "no table of bars"),
    "two tables": (
        "x.json",
        json.dumps({"a": records(str), "b": records(str)}).encode(),
        r"holds several tables \(a, b\)",
    ),
    "an empty list": ("x.json", b"[]", "holds no rows"),
    "lists without names": ("x.json", b'[["a", 1], ["b", 2]]', "lists without names"),
    "nested": ("x.json", b'[{"date": "2024-01-02", "close": [1, 2]}]', "One number|one number"),
    "no Arrow": ("x.feather", b"no", "can't be read"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_not_be_read_is_told_with_the_way_on(tmp_path: Path, kind: str) -> None:
    name, content, told = REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        rustybt.ingest("mine", tmp_path / name)


def test_a_packed_text_whose_archive_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(("A.csv", csv_text())))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # the length unpacked
        data[data.index(mark) + at] -= 20
    (tmp_path / "x.zip").write_bytes(bytes(data))
    with pytest.raises(InputError, match="can't be read"):
        rustybt.ingest("mine", tmp_path / "x.zip")


def test_a_folder_of_csv_is_not_read_beside_other_files(tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(csv_text())
    (tmp_path / "package.json").write_text("{}")
    assert rustybt.ingest("mine", tmp_path).assets == 1


# Workbooks


def workbook(rows: list[tuple[Any, ...]], *, sheets: tuple[str, ...] = ("Prices",)) -> bytes:
    """A workbook as the standard ECMA-376 has it, with its texts in the cells."""
    lines = []
    for at, row in enumerate(rows, 1):
        cells = [
            f'<c r="{"ABCDEFGH"[column]}{at}"><v>{value}</v></c>'
            if isinstance(value, float | int)
            else f'<c r="{"ABCDEFGH"[column]}{at}" t="inlineStr"><is><t>{value}</t></is></c>'
            for column, value in enumerate(row)
        ]
        lines.append(f'<row r="{at}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    named = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{kinds}.worksheet+xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    files = [
        (
            "[Content_Types].xml",
            (
                f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>{parts}</Types>'
            ),
        ),
        (
            "_rels/.rels",
            (
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
                'Target="xl/workbook.xml"/></Relationships>'
            ),
        ),
        ("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{named}</sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'),
    ]
    sheet = f'<worksheet xmlns="{main}"><sheetData>{{}}</sheetData></worksheet>'
    files += [
        (f"xl/worksheets/sheet{at}.xml", sheet.format("".join(lines) if at == 1 else ""))
        for at in range(1, len(sheets) + 1)
    ]
    return zipped(*files)


def as_floats(rows: list[tuple[str, ...]], dates: Callable[[str], str] = str) -> list[tuple[Any, ...]]:
    return [tuple(HEADER), *((dates(row[0]), *map(float, row[1:])) for row in rows)]


def test_a_workbook_is_read_and_the_noise_of_its_floats_is_none_of_the_prices(tmp_path: Path) -> None:
    exact = rustybt.ingest("exact", frame(PLAIN).with_columns(symbol=pl.lit("ACME"))).hash
    noisy = [(*row[:1], *(float(value) * (1 + 2e-16) for value in row[1:5]), int(row[5])) for row in PLAIN]
    (tmp_path / "ACME.xlsx").write_bytes(workbook([tuple(HEADER), *noisy], sheets=("Prices", "Notes")))
    report = rustybt.ingest("mine", tmp_path / "ACME.xlsx")
    assert report.hash == exact
    assert "ACME.xlsx: the sheet Prices was read; Notes were not" in report.notes
    assert any("the noise of floats was rounded away" in note for note in report.notes)


def test_a_workbook_whose_dates_are_text_is_read_as_the_dialect_says(tmp_path: Path) -> None:
    def turned(text: str) -> str:
        return ".".join(reversed(text.split("-")))

    exact = rustybt.ingest("exact", frame(PLAIN).with_columns(symbol=pl.lit("ACME"))).hash
    rows = as_floats(PLAIN, turned)
    rows[0] = ("Datum", "open", "high", "low", "Schluss", "volume")
    (tmp_path / "ACME.xlsx").write_bytes(workbook(rows))
    form = {"columns": {"Datum": "date", "Schluss": "close"}, "dates": "eu"}
    assert rustybt.ingest("mine", tmp_path / "ACME.xlsx", csv=form).hash == exact


def with_cells(place: str, *, self_closed: bool = False, sheet: int = 1) -> bytes:
    """A workbook of bars, in the first of two sheets; the last cell of one stands at a place far away."""
    cell = f'<c r="{place}"/>' if self_closed else f'<c r="{place}"><v>1</v></c>'
    more = f'<row r="{"".join(filter(str.isdigit, place))}">{cell}</row></sheetData>'
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(as_floats(PLAIN), sheets=("Prices", "Notes")))) as plain,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in plain.namelist():
            text = plain.read(name).decode()
            new.writestr(name, text.replace("</sheetData>", more) if name.endswith(f"sheet{sheet}.xml") else text)
    return made.getvalue()


def test_a_workbook_with_a_cell_far_away_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "ACME.xlsx").write_bytes(with_cells("XFD1048576"))
    with pytest.raises(InputError, match="1,048,576 rows and 16,384 columns, more than 50,000,000 cells"):
        rustybt.ingest("mine", tmp_path / "ACME.xlsx")
    # an empty cell, as a format of a whole sheet leaves them, takes no memory
    (tmp_path / "ACME.xlsx").write_bytes(with_cells("XFD1048576", self_closed=True))
    exact = rustybt.ingest("exact", frame(PLAIN).with_columns(symbol=pl.lit("ACME"))).hash
    assert rustybt.ingest("mine", tmp_path / "ACME.xlsx").hash == exact
    # so does a sheet that is not read
    (tmp_path / "ACME.xlsx").write_bytes(with_cells("XFD1048576", sheet=2))
    assert rustybt.ingest("theirs", tmp_path / "ACME.xlsx").hash == exact


@pytest.mark.parametrize(
    "text", ['{"symbol":{},"date":5}', '{"date":{},"close":{}}', '{"Time Series (Daily)":{}}', "{}", '{"a":{"b":{}}}']
)
def test_json_of_empty_mappings_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "ACME.json").write_text(text)
    with pytest.raises(InputError, match="there is no table of bars in this JSON"):
        rustybt.ingest("mine", tmp_path / "ACME.json")


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ACME.xlsx").write_bytes(workbook(as_floats(PLAIN)))
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(MissingExtra, match=r"pip install 'rustybt\[excel\]'"):
        rustybt.ingest("mine", tmp_path / "ACME.xlsx")


# What pandas and Polars write


def pandas_frame() -> Any:
    import pandas as pd

    floats = frame(PLAIN).with_columns(pl.col(HEADER[1:]).cast(pl.Float64))
    own = floats.select(HEADER[1:]).to_pandas()
    own.index = pd.DatetimeIndex([row[0] for row in PLAIN], name="date")
    return own


WRITERS: dict[str, Callable[[Path], Any]] = {
    **{
        orient: lambda path, orient=orient: pandas_frame().to_json(path, orient=orient, date_format="iso")
        for orient in ("split", "index", "columns", "table")
    },
    "split in milliseconds": lambda path: pandas_frame().to_json(path, orient="split", date_format="epoch"),
    "records": lambda path: pandas_frame().reset_index().to_json(path, orient="records", date_format="iso"),
    "lines": lambda path: pandas_frame().reset_index().to_json(path, orient="records", lines=True),
    "polars": lambda path: pl.from_pandas(pandas_frame().reset_index()).write_json(path),
    "polars lines": lambda path: pl.from_pandas(pandas_frame().reset_index()).write_ndjson(path),
}


@pytest.mark.filterwarnings("ignore:The default 'epoch' date format:DeprecationWarning")
@pytest.mark.parametrize("writer", WRITERS)
def test_what_pandas_and_polars_write_as_json_is_read(tmp_path: Path, writer: str) -> None:
    exact = rustybt.ingest("exact", frame(PLAIN).with_columns(symbol=pl.lit("ACME"))).hash
    WRITERS[writer](tmp_path / "ACME.json")
    assert rustybt.ingest("mine", tmp_path / "ACME.json").hash == exact
