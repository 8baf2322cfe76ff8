"""The README's first hour, typed along in an empty folder of an empty environment."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.architecture.test_documents import FENCE
from tests.first_hour.conftest import Place


@pytest.fixture(scope="module")
def blocks(checkout: Path) -> list[tuple[str, str]]:
    """Language and text of each block of that section."""
    page = (checkout / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## The first hour\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    return [(fence["info"].strip(), fence["code"]) for fence in FENCE.finditer(section)]


def of(blocks: list[tuple[str, str]], language: str) -> list[str]:
    return [code for name, code in blocks if name == language]


def test_the_page_does_what_it_says(place: Place, blocks: list[tuple[str, str]]) -> None:
    strategy, own = of(blocks, "python")
    (figures,) = of(blocks, "text")
    (place.folder / "cross.py").write_text(strategy)
    assert place.run("python", "cross.py") == figures
    assert (place.folder / "cross.png").read_bytes().startswith(b"\x89PNG")
    (place.folder / "own.py").write_text(f"import rustybt\nfrom cross import Cross\n{own}")
    assert "ACME" in place.run("python", "own.py")
    printed = []
    for line in "".join(of(blocks, "sh")).splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program != "pip":
            printed.append(place.run(program, *arguments, ends=1 if "diff" in arguments else 0))
    on_file, ran, listed, compared, reported = printed
    assert re.search(r"^Transactions +1$", on_file, re.MULTILINE)
    assert (place.folder / "msft.png").exists()
    assert "saved to " in ran
    assert "stock=MSFT, days=200" in listed
    assert "Their books differ" in compared
    assert reported.startswith("report: ")
    assert (place.folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_installation_has_what_the_page_asks_for(blocks: list[tuple[str, str]], checkout: Path) -> None:
    import tomllib

    (line,) = [code.strip() for code in of(blocks, "sh") if code.startswith("pip")]
    (extra,) = re.findall(r'^pip install "\.\[(\w+)\]"$', line)
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(library.startswith("matplotlib") for library in project["optional-dependencies"][extra])
