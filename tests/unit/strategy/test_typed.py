"""What type checkers, and so editors, know of `context`, `data` and the functions that a strategy calls."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TYPED = Path(__file__).with_name("typed")
MISTAKES = TYPED / "mistakes.py"
FOUND = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$")
EXPECTED = re.compile(r"# (\[[\w-]+\](?: \[[\w-]+\])*)$")


@pytest.fixture(scope="module")
def told(checkout: Path) -> dict[str, dict[int, set[str]]]:
    """By file and line, the codes of what mypy --strict says of the strategies; its cache is that of `./dev types`."""
    files = [path.relative_to(checkout).as_posix() for path in sorted(TYPED.glob("*.py"))]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", *files]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # mypy told of something, and did not stop
    found: dict[str, dict[int, set[str]]] = {}
    for line in done.stdout.splitlines():
        if error := FOUND.match(line):
            lines = found.setdefault(Path(error["file"]).name, {})
            lines.setdefault(int(error["line"]), set()).add(error["code"])
    return found


def test_strategies_of_each_kind_are_what_mypy_expects(told: dict[str, dict[int, set[str]]]) -> None:
    assert set(told) == {MISTAKES.name}


def test_mypy_tells_of_each_mistake_and_of_nothing_else(told: dict[str, dict[int, set[str]]]) -> None:
    expected = {}
    for number, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), 1):
        if codes := EXPECTED.search(line):
            expected[number] = set(re.findall(r"[\w-]+", codes[1]))
    assert len(expected) > 30
    assert told[MISTAKES.name] == expected


def test_the_package_says_that_it_is_typed() -> None:
    import rustybt

    assert (Path(rustybt.__file__).parent / "py.typed").is_file()
