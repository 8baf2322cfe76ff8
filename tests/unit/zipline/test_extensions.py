"""Extensions are executed before a run, once, with `zipline` being rustybt.zipline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rustybt import zipline
from rustybt.errors import InputError
from rustybt.zipline._extensions import Namespace, create_args
from tests.unit._small import DAYS, ingest

COUNTING = """
import os
from pathlib import Path
import zipline
note = Path(__file__).with_suffix(".txt")
note.write_text((note.read_text() if note.exists() else "") + zipline.__name__ + " ")
"""


@pytest.fixture(autouse=True)
def small() -> None:
    ingest({"A": ["8", "9"]})


def run(**options: Any) -> None:
    zipline.run_algorithm(DAYS[0], DAYS[1], None, 1_000, bundle="small", **options)  # type: ignore[arg-type]


def test_the_default_and_the_named_extensions_run_once(tmp_path: Path) -> None:
    for name in ("extension.py", "mine.py"):
        (tmp_path / name).write_text(COUNTING)
    for _ in range(2):
        run(extensions=[str(tmp_path / "mine.py")], environ={"ZIPLINE_ROOT": str(tmp_path)})
    assert (tmp_path / "mine.txt").read_text() == (tmp_path / "extension.txt").read_text() == "rustybt.zipline "


def test_the_default_extension_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "extension.py").write_text("1 / 0")
    run(default_extension=False, environ={"ZIPLINE_ROOT": str(tmp_path)})


def test_one_that_fails_ends_the_run_or_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0")
    with pytest.raises(ZeroDivisionError) as failed:
        run(extensions=[str(broken)], default_extension=False)
    assert any("broken.py" in note for note in failed.value.__notes__)
    run(extensions=[str(broken)], default_extension=False, strict_extensions=False)
    assert "broken.py failed and is left out: ZeroDivisionError" in capsys.readouterr().err


def test_one_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.py does not exist"):
        run(extensions=["nowhere.py"], default_extension=False)


def test_arguments_of_the_command_line_become_attributes() -> None:
    root = Namespace()
    create_args(["a.b=1", "c=x=y"], root)
    assert (root.a.b, root.c) == ("1", "x=y")  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="write key=value"):
        create_args(["nothing"], root)
