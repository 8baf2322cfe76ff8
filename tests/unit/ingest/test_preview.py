"""`preview` and `rustybt ingest csv --dry-run`: what would be read and found, and nothing is written."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path

import polars as pl
import pytest

import rustybt
from rustybt.core import data_root
from rustybt.errors import InputError
from tests.unit._command import command

HEADER = "Date;Open;High;Low;Last;Volume;Note"
COIN = [
    "05.01.2024;10;11;9;10,5;100;x",
    "06.01.2024;10;11;9;10,5;100;x",  # a Saturday
    "08.01.2024;10;11;9;10,25;100;x",
]


def written(folder: Path, rows: list[str]) -> str:
    path = folder / "My coin.csv"
    path.write_text("\n".join([HEADER, *rows]))
    return str(path)


FORM = ("--columns", "Last=close", "--decimal", ",", "--dates", "eu")


def rows_of(output: str) -> dict[str, str]:
    return {line[:13].strip(): line[13:] for line in output.splitlines() if line[:1].strip()}


def test_a_dry_run_tells_what_would_be_read_and_the_command_that_reads_it(tmp_path: Path) -> None:
    done = command("ingest", "csv", written(tmp_path, COIN), "--dry-run", *FORM, "--type", "crypto")
    assert done.returncode == 1  # the Saturday would be refused
    told = rows_of(done.stdout)
    assert told["form"] == "CSV, fields between semicolons, a header, dates: eu"
    assert told["columns"] == "date, open, high, low, Last as close, volume"
    assert told["not read"] == "Note"
    assert told["symbols"] == "1: My coin"
    assert told["range"] == "2024-01-05 to 2024-01-08"
    assert (told["frequency"], told["calendar"], told["rows"]) == ("1d", "XNYS", "3")
    assert told["findings"] == "1 calendar"
    assert "My coin 2024-01-06: " in done.stdout
    assert "is no session of XNYS" in done.stdout
    assert not data_root().exists() or not list(data_root().iterdir())
    words = shlex.split(told["go on with"])
    assert words[:2] == ["rustybt", "ingest"]
    assert words[-2:] == ["--calendar", "24/7"]
    gone_on = command(*words[1:])
    assert "3 bars added; 1 asset" in gone_on.stdout
    version = rustybt.open_version("my-coin")
    assert version.calendar.name == "24/7"
    assert type(version.assets()[0]).__name__ == "CryptoSpot"


def test_a_dry_run_of_what_would_go_in_ends_well(tmp_path: Path) -> None:
    path = written(tmp_path, COIN[:1])
    done = command("ingest", "csv", path, "--dry-run", *FORM, "-b", "coins")
    assert done.returncode == 0
    assert rows_of(done.stdout)["findings"] == "none"
    assert shlex.join(["rustybt", "ingest", "csv", path, "--bundle", "coins"]) in done.stdout


def test_what_is_refused_is_told_beside_what_was_found_out(tmp_path: Path) -> None:
    path = Path(written(tmp_path, COIN))
    path.write_text(path.read_text().replace("Last", "Middle"))
    done = command("ingest", "csv", str(path), "--dry-run", *FORM[2:])
    assert done.returncode == 1
    told = rows_of(done.stdout)
    assert told["form"].startswith("CSV, fields between semicolons")
    assert "has no column close" in told["refused"]
    assert "go on with" not in told


def test_a_dry_run_tells_what_is_guessed_and_goes_on_without_an_option(tmp_path: Path) -> None:
    days = [*COIN[:2], "07.01.2024;10;11;9;10,25;100;x", *COIN[2:]]
    days += [f"{day}.01.2024;10;11;9;10,25;100;x" for day in range(9, 15)]
    path = written(tmp_path, days)
    done = command("ingest", "csv", path, "--dry-run", "-b", "coins")
    assert done.returncode == 0, done.stdout
    told = rows_of(done.stdout)
    assert told["form"] == "CSV, fields between semicolons, a header, dates: eu"
    assert (told["calendar"], told["rows"], told["findings"]) == ("24/7", "10", "none")
    assert "day/month/year" in done.stdout
    assert told["go on with"] == f"rustybt ingest csv '{path}' --bundle coins"
    assert "10 bars added" in command(*shlex.split(told["go on with"])[1:]).stdout


def test_a_bundle_must_be_named_unless_it_is_a_dry_run(tmp_path: Path) -> None:
    done = command("ingest", "csv", written(tmp_path, COIN))
    assert done.returncode == 2
    assert "Missing option '-b' / '--bundle'" in done.stderr


BARS = pl.DataFrame(
    {
        "symbol": ["A", "A", "B", "B"],
        "date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)] * 2,
        "open": ["10", "10", "10", "ten"],
        "high": ["11", "8", "11", "11"],
        "low": ["9"] * 4,
        "close": ["10"] * 4,
        "volume": [1] * 4,
    }
)


def test_frames_are_looked_at_too_with_findings_by_rule() -> None:
    found = rustybt.preview(BARS)
    assert not found.is_fine
    assert found.rows == 4
    assert found.symbols == ("A", "B")
    assert (found.first, found.last) == (dt.date(2024, 1, 2), dt.date(2024, 1, 2))  # of the rows without findings
    assert found.counts == {"range": 1, "number": 1}
    assert found.options == {"on_bad_row": "drop"}
    assert rustybt.preview(BARS.head(2)).options == {"on_bad_row": "drop"}
    assert rustybt.preview(BARS[1:2]).options == {}  # it would be all of them
    assert "rustybt.ingest('NAME', bars, on_bad_row='drop')" in repr(found)
    report = rustybt.ingest("mine", BARS, **found.options)  # type: ignore[arg-type]
    assert (report.rows, report.assets) == (2, 2)


def test_the_call_to_go_on_with_has_what_was_given_and_there_is_none_where_nothing_helps() -> None:
    one = BARS.filter(symbol="A").drop("symbol").head(1)
    found = rustybt.preview(one, symbol="ACME", price_decimals=2, csv=None, assets=pl.DataFrame({"symbol": ["ACME"]}))
    call = "rustybt.ingest('NAME', bars, symbol='ACME', price_decimals=2, assets=...)"
    assert repr(found).splitlines()[-1] == f"go on with   {call}"
    refused = rustybt.preview(one)
    assert "symbol='ACME' (--symbol) names it" in str(refused.refused)
    assert "go on with" not in repr(refused)


def test_what_is_appended_is_held_against_what_is_stored() -> None:
    good = BARS.head(1)
    rustybt.ingest("mine", good)
    assert rustybt.preview(good, bundle="mine", mode="append").is_fine
    other = rustybt.preview(good.with_columns(close=pl.lit("10.5")), bundle="mine", mode="append")
    assert other.counts == {"conflict": 1}
    assert "exists" in str(rustybt.preview(good, bundle="mine").refused)


def test_a_preview_has_the_options_of_ingest_only() -> None:
    with pytest.raises(InputError, match="ingest has no option root_of="):
        rustybt.preview(BARS, root_of="x")
