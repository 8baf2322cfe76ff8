"""Examples in documents and docstrings run, and links in documents lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.architecture._source import ROOT, modules

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```[ \t]*$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)\s]*)?\)")
INDICATORS = "rustybt.indicators._"
"""Modules whose examples are those of objects, which doctest does not look at: tests/unit/indicators runs them."""
WITH_EXAMPLES = sorted(
    name
    for name, m in modules().items()
    if ">>> " in m.path.read_text(encoding="utf-8") and not name.startswith(INDICATORS)
)


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[tuple[int, str]]:
    """Line and code of each Python block that is meant to run; one that is not says ```python no-run."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        language, _, rest = fence["info"].strip().partition(" ")
        if language == "python" and rest != "no-run":
            assert not rest, f"{label(page)}: '```python {rest}' is neither plain nor no-run"
            found.append((text.count("\n", 0, fence.start()) + 1, fence["code"]))
    return found


WITH_BLOCKS = [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=label)
def test_the_python_blocks_of_a_page_run_from_top_to_bottom(page, tmp_path, monkeypatch):
    """All blocks of a page share one namespace, as in a session that somebody types along."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__document__"}
    for line, code in blocks(page):
        source = "\n" * line + code  # so that a traceback names the line of the page
        exec(compile(source, str(page), "exec", dont_inherit=True), namespace)


def test_the_readme_has_a_block_that_runs():
    assert ROOT / "README.md" in WITH_BLOCKS


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"], ids=label)
def test_relative_links_lead_to_a_file(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    assert not [link for link in LINK.findall(text) if not (page.parent / link).exists()]


@pytest.fixture(scope="module")
def one_root(tmp_path_factory):
    """A catalog for the examples of all modules, so that the sample goes into it once."""
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_are_right(name, one_root, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(one_root))
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0 or "+SKIP" in modules()[name].path.read_text(encoding="utf-8")
    assert result.failed == 0
