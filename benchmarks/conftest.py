"""Where the data of a session lies, and the one table at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks._table import table, write

ROWS: pytest.StashKey[list[dict[str, Any]]] = pytest.StashKey()


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both engines' data, stored once for all scenarios that share it."""
    return tmp_path_factory.mktemp("scenarios")


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The rows of the table that this session measured."""
    return request.config.stash.setdefault(ROWS, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the table, and writes the same as JSON."""
    measured = config.stash.get(ROWS, [])
    if measured:
        path = Path(config.rootpath) / ".benchmarks" / "scenarios.json"
        write(measured, path)
        terminalreporter.section("beside Zipline")
        terminalreporter.write_line(table(measured))
        terminalreporter.write_line(f"written to {path}")
