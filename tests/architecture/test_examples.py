"""Each property draws as many examples as the loaded profile says: nightly, 2,000 of each."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOW = ".github/workflows/nightly.yml"

LOOK = """
import importlib, inspect, json, sys
import tests.conftest  # loads the profile

found = {}
for name in json.loads(sys.argv[1]):
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        if type(error).__name__ != "Skipped":
            raise
        continue
    spaces = [module, *(kind for _, kind in inspect.getmembers(module, inspect.isclass))]
    for function in (value for space in spaces for value in vars(space).values()):
        if getattr(function, "is_hypothesis_test", False) and function.__module__ == name:
            used = getattr(function, "_hypothesis_internal_use_settings", None)
            drawn = (used or tests.conftest.settings.default).max_examples
            found[f"{name}.{function.__name__}"] = drawn
print(json.dumps(found))
"""


def modules(checkout: Path) -> list[Path]:
    """The test modules that have properties."""
    tests = sorted((checkout / "tests").rglob("test_*.py"))
    return [path for path in tests if "@given(" in path.read_text(encoding="utf-8")]


def drawn(checkout: Path, profile: str) -> dict[str, int]:
    """By property, how many examples it draws under a profile."""
    names = [".".join(path.relative_to(checkout).with_suffix("").parts) for path in modules(checkout)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK, json.dumps(names)],
        cwd=checkout,
        env=os.environ | {"RUSTYBT_HYPOTHESIS": profile},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_each_property_draws_two_thousand_examples_by_night(checkout: Path) -> None:
    assert "RUSTYBT_HYPOTHESIS: nightly # new examples every night, 2,000 of each property" in (
        checkout / WORKFLOW
    ).read_text(encoding="utf-8")
    by_night = drawn(checkout, "nightly")
    assert len(by_night) >= len(modules(checkout)) > 30
    assert {name: count for name, count in by_night.items() if count < 2_000} == {}


@pytest.mark.slow
def test_by_day_a_property_draws_what_it_says(checkout: Path) -> None:
    by_day = drawn(checkout, "ci")
    assert (
        by_day["tests.unit.ledger.test_pockets.test_accounts_are_sums_of_their_entries_and_add_up_to_the_whole"] == 60
    )


def test_no_number_of_examples_comes_before_the_profile(checkout: Path) -> None:
    numbers = []
    for path in (checkout / "tests").rglob("*.py"):
        if path.name in ("conftest.py", "_examples.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "max_examples":
                call = node.value
                if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "examples"):
                    numbers.append(f"{path.relative_to(checkout)}:{node.value.lineno}: write examples(...)")
    assert numbers == []
