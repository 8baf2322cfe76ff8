"""What `run_algorithm` does before the first bar: extensions, and the version of a moment."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.errors import InputError, VersionNotFound
from tests.unit._small import DAYS, ingest


def run(**options: Any) -> rustybt.Result:
    def handle_data(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), 1)

    return rustybt.run_algorithm(
        DAYS[0], DAYS[2], handle_data=handle_data, capital_base=1_000, bundle="small", **options
    )


def test_a_run_reads_the_version_of_a_moment() -> None:
    ingest({"A": ["8", "9", "10"]})
    [first] = [one for one in rustybt.list_bundles() if one.bundle == "small"]
    time.sleep(1.01)  # versions are dated to the second
    ingest({"A": ["80", "90", "100"]})
    assert run(bundle_timestamp=first.created).manifest["data_version"] == first.version
    assert run().manifest["data_version"] != first.version
    with pytest.raises(VersionNotFound, match="its oldest is of"):
        run(bundle_timestamp=first.created - dt.timedelta(days=1))
    with pytest.raises(InputError, match="Pass one of them"):
        run(bundle_timestamp=first.created, version=first.version)


def test_extensions_are_executed_once_the_catalog_s_own_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest({"A": ["8", "9", "10"]})
    rustybt.ingest_sample(tmp_path)
    (tmp_path / "extension.py").write_text("print('own')")
    (tmp_path / "mine.py").write_text("print('mine')")
    (tmp_path / "broken.py").write_text("1 / 0")

    def of_catalog(**options: Any) -> None:
        rustybt.run_algorithm("2005-01-03", "2005-01-04", environ={"RUSTYBT_ROOT": str(tmp_path)}, **options)

    of_catalog(default_extension=False)
    assert capsys.readouterr().out == ""
    for _ in range(2):
        of_catalog(extensions=[tmp_path / "mine.py"])
    assert capsys.readouterr().out == "own\nmine\n"
    of_catalog(extensions=[str(tmp_path / "broken.py")], strict_extensions=False)
    assert "broken.py failed and is left out: ZeroDivisionError" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        of_catalog(extensions=[str(tmp_path / "broken.py")])
