"""`rustybt ingest`, `bundles`, `clean` and `catalog`, as processes run them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from rustybt.catalog import list_bundles, open_version
from rustybt.cli._main import cli

HEADER = "date,open,high,low,close,volume"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "csv"
    folder.mkdir()
    for symbol, price in (("AAA", "10.25"), ("BBB", "20.5")):
        rows = [f"2024-01-0{d},{price},{price},{price},{price},100" for d in (2, 3, 4)]
        (folder / f"{symbol}.csv").write_text("\n".join([HEADER, *rows]))
    return folder


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def test_a_folder_of_one_file_per_symbol_is_ingested(folder, tmp_path):
    splits = tmp_path / "splits.csv"
    splits.write_text("symbol,ex_date,ratio\nAAA,2024-01-03,1/2\n")
    assets = tmp_path / "assets.csv"
    assets.write_text("symbol,name\nAAA,Alpha\n")
    done = run(
        "ingest", "csv", folder, "--bundle", "mine", "--splits", splits, "--assets", assets, "--symbols", "AAA, BBB"
    )
    assert done.exit_code == 0
    assert "6 bars added; 2 assets" in done.output
    version = open_version("mine")
    assert [a.name for a in version.assets()] == ["Alpha", "BBB"]
    assert version.splits([0])[0].denominator == 2
    assert version.provenance == {"source": str(folder)}


def test_minutes_are_ingested(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2024-01-02 09:30,1,1,1,1,1\n")
    options = ("--frequency", "1m", "--stamp", "start", "--tz", "America/New_York")
    assert run("ingest", "csv", path, "-b", "m", *options).exit_code == 0
    assert open_version("m").frequencies == ("1m",)


def test_the_list_shows_ranges_rows_size_and_provenance(folder):
    assert "rustybt ingest sample" in run("bundles").output
    run("ingest", "csv", folder, "-b", "mine", "--provenance", "my files")
    run("ingest", "csv", folder / "AAA.csv", "-b", "mine", "--mode", "replace", "--provenance", "one file")
    listed = run("bundles").output
    assert len(listed.splitlines()) == 2
    for word in ("mine", "1d", "2024-01-02", "2024-01-04", "3", "kB", "one file"):
        assert word in listed
    both = run("bundles", "--all").output
    assert len(both.splitlines()) == 3
    assert "my files" in both


def test_versions_are_cleaned_and_the_index_rebuilt(folder):
    run("ingest", "csv", folder, "-b", "mine")
    run("ingest", "csv", folder / "AAA.csv", "-b", "mine", "--mode", "replace")
    assert "Deleted" in run("clean", "-b", "mine", "--keep-last", "1").output
    assert len(list_bundles()) == 1
    assert "Nothing to delete" in run("clean", "-b", "mine", "--before", "2000-01-01").output
    assert "Indexed 1 version." in run("catalog", "reindex").output


def test_an_error_is_a_message_without_a_traceback(folder):
    (folder / "AAA.csv").write_text(f"{HEADER}\n2024-01-02,10,9,11,10,-5\n")
    rustybt = [sys.executable, "-c", "from rustybt.cli import main; main()"]
    command = [*rustybt, "ingest", "csv", str(folder), "--bundle", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "AAA 2024-01-02: high 9 is below low 11 [range]" in done.stderr
    wrong = subprocess.run([*rustybt, "ingest", "csv", "nowhere"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
