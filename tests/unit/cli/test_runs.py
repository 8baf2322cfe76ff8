"""`rustybt runs`: saved results are listed, shown, drawn, compared and deleted; nothing else is."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
import pytest

import rustybt
from rustybt.api import order, symbol
from rustybt.cli import main
from rustybt.core import data_root
from rustybt.errors import InputError, ResultNotFound
from rustybt.results._elsewhere import saved_elsewhere
from tests.unit._small import ingest


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})


def saved(units: int, folder: Path | None = None, **params: object) -> Path:
    """A run that buys so many units on the first day, saved: by default among the user's runs."""

    def initialize(context: object, **given: object) -> None:
        pass

    def handle_data(context: object, data: object) -> None:
        if not context.portfolio.positions and units:  # type: ignore[attr-defined]
            order(symbol("A"), units)

    result = rustybt.run_algorithm(
        "2021-02-01", "2021-02-05", initialize, 1000, handle_data, bundle="small", params=params
    )
    result.manifest["strategy"] = f"buys-{units}"
    return result.save(folder)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What `rustybt runs` prints."""
    with pytest.raises(SystemExit) as left:
        main(["runs", *arguments])
    printed = capsys.readouterr()
    assert left.value.code == code, printed.err
    return printed.out + printed.err


def test_runs_are_listed_newest_first_with_what_came_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second, elsewhere = saved(1), saved(2), saved(3, tmp_path / "mine")
    lines = told(capsys, "list").splitlines()
    assert lines[0].split()[:2] == ["run", "saved"]
    assert [line.split()[0] for line in lines[1:]] == [elsewhere.name, second.name, first.name]
    # one unit at 9.0045 and a fee of 0.001, worth 12 at the end: 2.9945 of 1000
    assert "0.30%" in lines[3]
    rows = json.loads(told(capsys, "list", "--json"))
    assert [row["run"] for row in rows] == [elsewhere.name, second.name, first.name]
    assert rows[2]["metrics"]["final_value"] == "1002.99450000000000000000"
    assert "No saved results on 'other'" in told(capsys, "list", "-b", "other")


def test_a_run_on_a_frame_is_listed_wherever_it_was_saved(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    days = ["2024-01-02", "2024-01-03", "2024-01-04"]
    frame = pl.DataFrame({"date": days, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 10_000})
    result = rustybt.run(lambda context, data: None, {"A": frame})
    places = [result.save(tmp_path / folder / "mine") for folder in ("one", "other")]
    result.save(places[0], overwrite=True)
    rows = json.loads(told(capsys, "list", "--json"))
    assert sorted(row["path"] for row in rows) == sorted(map(str, places))
    # of one name: told by their folders, and found by them
    lines = told(capsys, "list").splitlines()
    assert sorted(line.split()[0] for line in lines[1:]) == sorted(map(str, places))
    text = told(capsys, "show", "mine", code=1)
    assert "2 saved runs begin with 'mine'" in text
    assert str(places[0]) in text
    assert str(places[1]) in text
    assert str(places[1]) in told(capsys, "diff", *map(str, places))
    told(capsys, "rm", "--yes", str(places[0]))
    assert [row["path"] for row in json.loads(told(capsys, "list", "--json"))] == [str(places[1])]
    assert rustybt.Result.load("mine").ledger_hash == result.ledger_hash


def test_a_list_of_folders_elsewhere_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    place = saved(1, tmp_path / "mine")
    file = data_root() / "runs" / "elsewhere.jsonl"
    file.write_text(f'5\n{file.read_text(encoding="utf-8")}"/no/such', encoding="utf-8")
    assert rustybt.Result.load("mine").transactions.height == 1
    assert saved_elsewhere() == [place]
    file.write_text(file.read_text(encoding="utf-8") + '\n"/gone"' * 10_001, encoding="utf-8")
    assert saved_elsewhere() == [place]
    assert file.read_text(encoding="utf-8").count("\n") == 1


def test_a_run_of_three_is_deleted_whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = rustybt.run(lambda context, data: None, bundle="small", same_bar="interval", trigger="range")
    place = result.save(tmp_path / "three")
    assert (place / "high" / "result.json").is_file()
    told(capsys, "rm", "--yes", str(place))
    assert not place.exists()


def test_the_list_says_the_parameters_where_a_run_has_some(capsys: pytest.CaptureFixture[str]) -> None:
    saved(1)
    assert "parameters" not in told(capsys, "list")
    saved(2, days=20, stock="A")
    first, *rows = told(capsys, "list").splitlines()
    assert first.split()[-1] == "parameters"
    assert [row.rstrip().endswith("days=20, stock=A") for row in rows] == [True, False]


def test_a_saved_run_is_loaded_by_the_names_that_the_commands_take() -> None:
    with pytest.raises(ResultNotFound, match=r"there is none in .*runs. `rustybt run` saves each of its results, and"):
        rustybt.Result.load("latest")
    one, two = saved(1), saved(2)
    for name, units in ((one, 1), (one.name, 1), ("buys-1", 1), ("latest", 2), (two.name, 2)):
        assert rustybt.Result.load(name).transactions["amount"].to_list() == [units]
    with pytest.raises(InputError, match="2 saved runs begin with 'buys'"):
        rustybt.Result.load("buys")
    with pytest.raises(ResultNotFound, match="There is no saved run 'sells'"):
        rustybt.Result.load("sells")


def test_without_runs_the_list_says_where_they_would_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert str(data_root() / "runs") in told(capsys, "list")


def test_a_run_is_shown_and_drawn_by_name_beginning_path_or_as_the_latest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one, two = saved(1), saved(2)
    for name in (one.name, "buys-1", str(one)):
        text = told(capsys, "show", name)
        assert "1,002.99" in text
        assert "'A'" not in text
        assert str(one) in text
    assert "1,005.99" in told(capsys, "show")
    assert re.search(r"^diagnostics: \d findings: .* \(--diagnostics\)$", told(capsys, "show"), re.MULTILINE)
    found = told(capsys, "show", "--diagnostics")
    assert "info short_run: The run has" in found
    assert "could not be made" not in found
    assert f"{two.name}.png" in told(capsys, "plot")
    assert (tmp_path / f"{two.name}.png").read_bytes().startswith(b"\x89PNG")
    told(capsys, "plot", "buys-1", "-o", "one.svg")
    assert "<svg" in Path("one.svg").read_text(encoding="utf-8")


def test_a_name_that_is_none_or_not_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no saved run: there is none in" in told(capsys, "show", code=1)
    one, two = saved(1), saved(2)
    assert "There is no saved run 'sells'" in told(capsys, "show", "sells", code=1)
    text = told(capsys, "show", "buys", code=1)
    assert "2 saved runs begin with 'buys'" in text
    assert one.name in text
    assert two.name in text


def test_two_runs_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    saved(1), saved(2), saved(2, tmp_path / "again")
    text = told(capsys, "diff", "buys-1", "buys-2", code=1)
    assert "strategy " in text
    assert "1,002.99" in text
    assert "1,005.99" in text
    # the capital is the first entry; the fill of the second bar, which ends at midnight, is where they part
    assert "differ from entry 2 on, at 2021-02-03 00:00:00" in text
    assert "Their books are the same." in told(capsys, "diff", "buys-2", str(tmp_path / "again"))
    saved(0, tmp_path / "none")
    assert "the first goes on after 1 entries" in told(capsys, "diff", "buys-1", str(tmp_path / "none"), code=1)


def test_a_run_is_deleted_and_what_else_lies_there_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    one, two = saved(1), saved(2, tmp_path / "mine")
    (two / "thoughts.txt").write_text("it works", encoding="utf-8")
    text = told(capsys, "rm", "--yes", "buys-1", str(two))
    assert not one.exists()
    assert [path.name for path in two.iterdir()] == ["thoughts.txt"]
    assert "kept, as it is no part of the result: thoughts.txt" in text
    assert "No saved results" in told(capsys, "list")
    assert not rustybt.catalog.stored_runs("small")


def test_nothing_is_deleted_without_a_yes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one = saved(1)
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        told(capsys, "rm", one.name, code=1)
        assert one.is_dir()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    told(capsys, "rm", one.name)
    assert not one.exists()


def test_a_folder_that_can_not_be_read_is_told_and_the_others_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two = saved(1), saved(2)
    (one / "result.json").write_text("{", encoding="utf-8")
    text = told(capsys, "list")
    assert two.name in text
    assert "can't be read" in text
