"""`rustybt report`: saved runs as a page or a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

import rustybt
from rustybt.cli import main
from rustybt.errors import ResultExists, ResultNotFound
from tests.unit._small import ingest


@pytest.fixture(autouse=True)
def _bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})
    monkeypatch.chdir(tmp_path)


def saved(units: int, folder: Path | None = None) -> Path:
    def handle_data(context: object, data: object) -> None:
        context.order_target(context.symbol("A"), units)  # type: ignore[attr-defined]

    result = rustybt.run_algorithm("2021-02-01", "2021-02-05", None, 1000, handle_data, bundle="small")
    result.manifest["strategy"] = f"buys-{units}"
    return result.save(folder)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as left:
        main(["report", *arguments])
    printed = capsys.readouterr()
    assert left.value.code == code, printed.err
    return printed.out + printed.err


def test_the_latest_run_is_written_beside_where_one_stands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    saved(3)
    newest = saved(4)
    place = tmp_path / f"{newest.name}.html"
    assert told(capsys) == f"report: {place}\n"
    assert "<h1>buys-4</h1>" in place.read_text(encoding="utf-8")


def test_runs_are_compared_by_name_in_the_sections_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first, second = saved(3), saved(4, tmp_path / "elsewhere")
    told(
        capsys,
        "buys-3",
        str(second),
        str(second),
        "-o",
        "both.html",
        "-s",
        "comparison",
        "-s",
        "summary",
        "--theme",
        "dark",
    )
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert page.index('<section id="comparison"') < page.index('<section id="summary"')
    assert page.count("<section ") == 2
    assert 'data-theme="dark"' in page
    assert "elsewhere (2)" in page
    assert first.name.startswith("buys-3")


def test_nothing_is_replaced_unless_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    saved(3)
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(ResultExists):
        rustybt.Result.load("latest").report("mine.html")
    assert "overwrite" in told(capsys, "-o", "mine.html", code=1)
    assert (tmp_path / "mine.html").read_text() == "mine"
    told(capsys, "-o", "mine.html", "--overwrite")
    assert (tmp_path / "mine.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_pdf_is_written_where_the_name_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    saved(3)
    told(capsys, "-o", "run.pdf", "-s", "summary")
    assert (tmp_path / "run.pdf").read_bytes().startswith(b"%PDF-")


def test_what_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ResultNotFound):
        rustybt.Result.load("latest")
    assert "no saved run" in told(capsys, code=1)
    saved(3)
    assert "there is no 'sumary'" in told(capsys, "-s", "sumary", code=1)
    assert ".html or .pdf" in told(capsys, "-o", "run.txt", code=1)
