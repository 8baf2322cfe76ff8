"""The package itself: what its names are, in whatever order they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST = ["import rustybt.ingest", "from rustybt import run_algorithm", "import rustybt.engine", "import rustybt"]


@pytest.mark.parametrize("first", FIRST)
def test_ingest_is_the_function_whatever_was_imported_before(first: str):
    then = "import rustybt; from rustybt import ingest; assert rustybt.ingest is ingest; print(ingest.__name__)"
    code = f"{first}; {then}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "ingest\n"), done.stderr


def test_all_that_dir_offers_can_be_reached_after_the_import_alone():
    code = (
        "import rustybt; [getattr(rustybt, name) for name in dir(rustybt)]; print(rustybt.errors.InputError.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "InputError\n"), done.stderr


def test_help_works_where_pytest_is_not_installed():
    code = "import sys; sys.modules['pytest'] = None; import pydoc, rustybt; print(pydoc.render_doc(rustybt))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "run_algorithm" in done.stdout
