"""Files larger than memory: read, checked and stored piece by piece, with the outcome of the whole at once."""

from __future__ import annotations

import datetime as dt
import gzip
import importlib
import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.catalog import open_version, verify
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest
from tests._examples import examples

SMALL = {
    ("rustybt.files._csv", "BLOCK_BYTES"): 150,
    ("rustybt.files._csv", "_ROWS"): 3,
    ("rustybt.ingest._bars", "FRAME_ROWS"): 4,
    ("rustybt.files._tables", "FRAME_ROWS"): 4,
    ("rustybt.catalog._spill", "HELD_ROWS"): 7,
    ("rustybt.catalog._spill", "BLOCK_ROWS"): 5,
    ("rustybt.catalog._appended", "HELD_ROWS"): 6,
}
"""Pieces of a few rows instead of some hundred thousand."""
HEADER = "symbol,timestamp,open,high,low,close,volume\n"
FIRST = dt.datetime(2023, 12, 31, 23, 50, tzinfo=dt.UTC)


@pytest.fixture
def in_pieces(monkeypatch):
    """Turns on pieces of a few rows."""

    def turn_on():
        for (module, name), value in SMALL.items():
            monkeypatch.setattr(importlib.import_module(module), name, value)

    return turn_on


def line(symbol: str, minute: int, price: str = "10.25", volume: str = "7") -> str:
    stamp = (FIRST + dt.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{symbol},{stamp},{price},{price},{price},{price},{volume}\n"


def minutes(path: Path, bundle: str, root: Path, **more):
    return ingest(bundle, path, frequency="1m", stamp="end", calendar="24/7", root=root, **more)


def outcome(report):
    """All that a report says beside the version's name."""
    kept = None if report.quarantine is None else pl.read_parquet(report.quarantine).rows()
    return report.hash, report.rows, report.assets, report.findings, report.notes, kept


def sorted_by_symbol():
    return "".join(line(s, m, f"1{m}.{m % 7}5") for s in ("BBB", "AAA", "CCC") for m in range(20))


def sorted_by_time():
    return "".join(line(s, m, f"1{m}.{m % 7}5") for m in range(20) for s in ("BBB", "AAA", "CCC"))


def wide():
    return "".join(line("AAA", m, f"{10**17 + m}.00000000000000000{m % 10}", "9" * 18 + ".5") for m in range(20))


@pytest.mark.parametrize("rows", [sorted_by_symbol(), sorted_by_time(), wide()], ids=["symbol", "time", "wide"])
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_a_file_in_pieces_is_the_file_at_once(tmp_path, in_pieces, rows, packed):
    path = tmp_path / f"all.csv{packed}"
    text = (HEADER + rows).encode()
    if packed == ".zst":
        pl.DataFrame(
            [line.split(",") for line in rows.splitlines()], schema=HEADER.strip().split(","), orient="row"
        ).write_csv(path, compression="zstd", check_extension=False)
    else:
        path.write_bytes(gzip.compress(text) if packed else text)
    whole = minutes(path, "whole", tmp_path / "root")
    in_pieces()
    pieces = minutes(path, "pieces", tmp_path / "root")
    assert outcome(pieces) == outcome(whole)
    version = open_version("pieces", root=tmp_path / "root")
    assert len(list(version.path.glob("1m-*.parquet"))) > 2
    assert verify(version) == []
    assert not list((tmp_path / "root" / "incoming").glob("*"))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["AAA", "BBB", "NA", ""]),
        st.integers(0, 25),
        st.sampled_from(["10.25", "10.5", "1e1", "", "x", "-1", "0.00000001"]),
        st.sampled_from(["1", "", "0.5", "n/a"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=examples(30), deadline=None)
@given(ROWS, st.sampled_from(["fail", "skip", "forward", "interpolate"]), st.booleans())
def test_whatever_the_rows_are_pieces_find_what_the_whole_finds(tmp_path_factory, rows, missing, by_symbol):
    folder = tmp_path_factory.mktemp("rows")
    ordered = sorted(rows, key=lambda row: row[:2]) if by_symbol else rows
    (folder / "all.csv").write_text(HEADER + "".join(line(*row) for row in ordered))
    found = []
    for bundle in ("whole", "pieces"):
        with pytest.MonkeyPatch.context() as patch:
            for (module, name), value in SMALL.items() if bundle == "pieces" else ():
                patch.setattr(importlib.import_module(module), name, value)
            try:
                report = minutes(
                    folder / "all.csv", bundle, folder / "root", on_bad_row="quarantine", csv={"missing": missing}
                )
                found.append(outcome(report))
            except (BadBars, InputError) as error:
                found.append((type(error), str(error).replace("'pieces'", "'whole'"), getattr(error, "findings", ())))
    assert found[0] == found[1]


def test_rows_that_repeat_or_come_late_are_found_over_any_distance(tmp_path, in_pieces):
    rows = [line("AAA", m) for m in (0, 1, 3, *range(5, 20))]
    rows += [line("AAA", 1), line("AAA", 2), line("AAA", 2), line("BBB", 1), line("AAA", 30)]
    path = tmp_path / "all.csv"
    path.write_text(HEADER + "".join(rows))
    in_pieces()
    with pytest.raises(BadBars) as caught:
        minutes(path, "b", tmp_path / "root")
    at = [(f.rule, (f.stamp - FIRST) // dt.timedelta(minutes=1)) for f in caught.value.findings]
    assert at == [("duplicate", 1), ("unsorted", 2), ("duplicate", 2)]


def test_an_end_of_line_within_quotes_is_no_end_of_a_row(tmp_path, in_pieces):
    rows = [f'AAA,2024-01-0{d},"1,{d}",2,1,"1,5",10,"a note\nof\nthree ""lines"", with commas"\n' for d in (2, 3, 4, 5)]
    path = tmp_path / "all.csv"
    path.write_text("symbol,date,open,high,low,close,volume,note\n" + "".join(rows))
    in_pieces()
    report = ingest("b", path, csv={"decimal": ",", "delimiter": ","}, root=tmp_path / "root")
    bars = open_version("b", root=tmp_path / "root").load([0], "1d", 0, 2**62)[0]
    assert report.rows == 4
    assert [Decimal(int(v)).scaleb(-1) for v in bars.open] == [Decimal(f"1.{d}") for d in (2, 3, 4, 5)]


def test_a_quote_that_is_not_closed_is_named(tmp_path, in_pieces):
    path = tmp_path / "all.csv"
    path.write_text(HEADER + '"' + "".join(line("AAA", m) for m in range(100)))
    in_pieces()
    with pytest.raises(InputError):
        minutes(path, "b", tmp_path / "root")


def test_epochs_that_go_on_as_something_else_are_refused(tmp_path, in_pieces):
    seconds = int(FIRST.timestamp())
    path = tmp_path / "AAA.csv"
    rows = [f"{seconds + 60 * m},1,1,1,1,1\n" for m in range(20)]
    path.write_text("timestamp,open,high,low,close,volume\n" + "".join(rows) + f"{seconds * 1000},1,1,1,1,1\n")
    in_pieces()
    with pytest.raises(InputError, match=r"begins with moments as epoch_s.*csv=\{'dates'"):
        minutes(path, "b", tmp_path / "root")


def test_frames_and_parquet_files_come_in_pieces_too(tmp_path, in_pieces):
    (tmp_path / "all.csv").write_text(HEADER + sorted_by_time())
    frame = pl.read_csv(tmp_path / "all.csv", infer_schema=False)
    frame.write_parquet(tmp_path / "all.parquet")
    hashes = {minutes(tmp_path / "all.csv", "whole", tmp_path / "root").hash}
    in_pieces()
    hashes.add(minutes(frame, "frame", tmp_path / "root").hash)
    hashes.add(minutes(tmp_path / "all.parquet", "parquet", tmp_path / "root").hash)
    assert len(hashes) == 1


def test_what_is_appended_in_pieces_meets_what_is_stored(tmp_path, in_pieces):
    first, second, whole = (tmp_path / f"{name}.csv" for name in ("first", "second", "whole"))
    rows = [line(s, m, f"1{m}.5") for m in range(40) for s in ("AAA", "BBB")]
    first.write_text(HEADER + "".join(rows[:50]))
    second.write_text(HEADER + "".join(rows[30:]))
    whole.write_text(HEADER + "".join(rows))
    root = tmp_path / "root"
    expected = minutes(whole, "whole", root).hash
    in_pieces()
    minutes(first, "b", root)
    report = minutes(second, "b", root, mode="append")
    assert (report.rows, report.hash) == (30, expected)
    assert not minutes(second, "b", root, mode="append").is_new
    assert verify(open_version("b", root=root)) == []


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=2, max_size=60))
def test_rows_appended_among_stored_ones_window_by_window_are_the_whole(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("rows")
    rows = [(at, line("AB"[other], m, f"1{m}.{m % 4}")) for m, (at, other) in enumerate(drawn)]
    (folder / "all.csv").write_text(HEADER + "".join(text for _, text in rows))
    expected = minutes(folder / "all.csv", "whole", folder / "root").hash
    largest = 0
    appended = importlib.import_module("rustybt.catalog._appended")

    def joined(pieces, join=appended.join_bars):
        nonlocal largest
        bars = join(pieces)
        largest = max(largest, len(bars))
        return bars

    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in SMALL.items():
            patch.setattr(importlib.import_module(module), name, value)
        patch.setattr(appended, "join_bars", joined)
        for number in range(3):
            piece = HEADER + "".join(text for at, text in rows if at == number)
            if piece != HEADER:
                (folder / f"{number}.csv").write_text(piece)
                last = minutes(folder / f"{number}.csv", "pieces", folder / "root", mode="append").hash
    assert last == expected
    # a block of new rows, and of each earlier append those of one part that lie among them
    assert largest <= 3 * SMALL["rustybt.catalog._spill", "HELD_ROWS"]


def test_bad_rows_beyond_what_a_list_can_hold_are_counted(tmp_path, monkeypatch):
    batch = importlib.import_module("rustybt.ingest._batch")
    monkeypatch.setattr(batch, "MOST_FINDINGS", 5)
    path = tmp_path / "all.csv"
    path.write_text(HEADER + "".join(line("AAA", m, "x" if m % 2 else "1") for m in range(20)))
    report = minutes(path, "b", tmp_path / "root", on_bad_row="quarantine")
    assert (report.rows, len(report.findings)) == (10, 5)
    assert report.notes == ("of 40 findings the first 5 are listed",)
    assert pl.read_parquet(report.quarantine).height == 40


def test_a_bundle_that_grows_while_a_file_is_read_is_looked_at_again(tmp_path, monkeypatch):
    root = tmp_path / "root"
    one, two, three = (tmp_path / f"{n}.csv" for n in ("one", "two", "three"))
    one.write_text(HEADER + "".join(line("AAA", m) for m in range(5)))
    two.write_text(HEADER + "".join(line("AAA", m) for m in range(5, 10)))
    three.write_text(HEADER + "".join(line("AAA", m) for m in range(7, 15)))
    minutes(one, "b", root)
    write = importlib.import_module("rustybt.ingest._write").Write
    validate, others = write.validate, [two]

    def validate_while_another_writes(self, newest):
        validate(self, newest)
        if others:
            minutes(others.pop(), "b", root, mode="append")

    monkeypatch.setattr(write, "validate", validate_while_another_writes)
    report = minutes(three, "b", root, mode="append")
    assert report.rows == 5
    assert len(open_version("b", root=root).load([0], "1m", 0, 2**62)[0]) == 15


def test_what_a_killed_ingestion_left_is_swept_a_day_later(tmp_path):
    root = tmp_path / "root"
    path = tmp_path / "all.csv"
    path.write_text(HEADER + line("AAA", 0))
    for name, age in (("old", 90_000), ("new", 3_600)):
        folder = root / "incoming" / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age,) * 2)
    minutes(path, "b", root)
    assert [folder.name for folder in (root / "incoming").iterdir()] == ["new"]


PEAK = """
import importlib, json, pathlib, resource, sys
import rustybt
def most():  # in bytes
    # on Linux ru_maxrss begins with what the process was that started this one
    if sys.platform == "linux":
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path, root, small, csv = json.loads(sys.argv[1])
rustybt.ingest("warm", path.replace("all.csv", "first.csv"), frequency="1m", stamp="end", calendar="24/7", root=root)
for module, name, value in small:
    setattr(importlib.import_module(module), name, value)
before = most()
report = rustybt.ingest("b", path, frequency="1m", stamp="end", calendar="24/7", root=root, csv=csv)
print(json.dumps([(most() - before) / 2**20, report.rows, report.hash]))
"""


def written(path: Path, symbols: int, rows: int) -> Path:
    """A file of minutes by symbol, and its first lines in a file beside it."""
    stamps = pl.datetime_range(
        FIRST, FIRST + dt.timedelta(minutes=rows - 1), "1m", time_unit="us", time_zone="UTC", eager=True
    )
    price = (pl.int_range(0, rows, eager=True) * 7_919 % 9_000 + 1_000).cast(pl.String)
    price = price.str.slice(0, 2) + "." + price.str.slice(2)
    with path.open("wb") as file:
        for number in range(symbols):
            frame = pl.DataFrame([stamps.dt.strftime("%Y-%m-%dT%H:%M:%SZ").rename("timestamp")]).with_columns(
                symbol=pl.lit(f"S{number:03}"), open=price, high=price, low=price, close=price, volume=pl.lit(number)
            )
            frame.write_csv(file, include_header=number == 0)
    with path.open() as file:
        path.with_name("first.csv").write_text("".join(next(file) for _ in range(50)))
    return path


def peak(path: Path, root: Path, small=(), csv=None) -> tuple[float, int, str]:
    """MiB beyond those of a process that has ingested a few rows, and what it stored."""
    request = json.dumps([str(path), str(root), small, csv])
    done = subprocess.run([sys.executable, "-c", PEAK, request], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    mib, rows, found = json.loads(done.stdout.splitlines()[-1])
    return mib, rows, found


@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")
def test_memory_follows_the_pieces_not_the_file(tmp_path):
    small = [
        ["rustybt.files._csv", "BLOCK_BYTES", 2**18],
        ["rustybt.ingest._bars", "FRAME_ROWS", 5_000],
        ["rustybt.catalog._spill", "HELD_ROWS", 10_000],
        ["rustybt.catalog._spill", "BLOCK_ROWS", 10_000],
    ]
    path = written(tmp_path / "all.csv", 6, 100_000)
    mib, rows, found = peak(path, tmp_path / "pieces", small)
    size = path.stat().st_size / 2**20
    at_once, _, expected = peak(path, tmp_path / "whole", [["rustybt.files._csv", "BLOCK_BYTES", 2**30]])
    assert (rows, found) == (600_000, expected)
    assert size > 25
    assert mib < size * 1.5 < at_once


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")
def test_twice_the_file_needs_no_more_memory(tmp_path):
    peaks = []
    for symbols in (10, 20, 40):
        path = written(tmp_path / "all.csv", symbols, 250_000)
        mib, rows, _ = peak(path, tmp_path / f"root-{symbols}")
        assert rows == symbols * 250_000
        peaks.append(mib)
        print(f"{path.stat().st_size / 2**20:.0f} MiB of CSV: {mib:.0f} MiB")
    assert max(peaks) < 600
    assert max(peaks) - min(peaks) < 80


def test_the_door_is_the_command_too(tmp_path, in_pieces):
    from click.testing import CliRunner

    from rustybt.cli._main import cli

    (tmp_path / "all.csv").write_text(HEADER + sorted_by_time())
    in_pieces()
    root = str(tmp_path / "root")
    command = [
        "ingest",
        "csv",
        str(tmp_path / "all.csv"),
        "-b",
        "b",
        "--frequency",
        "1m",
        "--stamp",
        "end",
        "--calendar",
        "24/7",
    ]
    done = CliRunner().invoke(cli, command, env={"RUSTYBT_ROOT": root})
    assert "60 bars added" in done.output, done.output
    assert rustybt.validate("b", root=root).rows == 60


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(
        st.tuples(*[st.decimals(-2, 10**16, places=3, allow_nan=False, allow_infinity=False) | st.none()] * 5),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([pl.Decimal(38, 3), pl.Decimal(38, 9)]),
)
def test_exact_numbers_are_judged_as_their_texts_are(tmp_path_factory, rows, dtype):
    folder = tmp_path_factory.mktemp("exact")
    names = HEADER.strip().split(",")[2:]
    exact = pl.DataFrame(rows, schema=dict.fromkeys(names, dtype), orient="row").with_columns(
        symbol=pl.lit("AAA"), date=pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 1, len(rows)), eager=True)
    )
    found = []
    for bundle, frame in (("exact", exact), ("texts", exact.with_columns(pl.col(names).cast(pl.String)))):
        try:
            report = ingest(bundle, frame, calendar="24/7", root=folder, on_bad_row="quarantine")
            found.append(outcome(report))
        except BadBars as error:
            found.append(sorted(map(str, error.findings)))
    assert found[0] == found[1]
