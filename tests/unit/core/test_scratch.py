"""Temporary folders: what a killed process leaves goes with the next one's first; what others have stays."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest

import rustybt
from rustybt.core import _scratch

FRAME = pl.DataFrame(
    {"symbol": "A", "date": ["2024-01-02", "2024-01-03"], "open": 10, "high": 11, "low": 9, "close": [10, 11]}
).with_columns(volume=1000)
PROGRAM = """
import sys
import polars as pl, rustybt
frame = pl.DataFrame(
    {"symbol": "A", "date": ["2024-01-02", "2024-01-03"], "open": 10, "high": 11, "low": 9, "close": [10, 10]}
).with_columns(volume=1000)
market = rustybt.load_data(frame)
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setattr(_scratch, "_swept", set())
    monkeypatch.setattr("rustybt.engine._market_of_data.MOST_KEPT", 0)
    return place


def loading(place: Path) -> subprocess.Popen[str]:
    """A process that has loaded data."""
    surroundings = {**os.environ, "TMPDIR": str(place)}
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=pipe, stdout=pipe, text=True, env=surroundings)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def folders(place: Path) -> set[Path]:
    return set(place.glob("rustybt-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_what_a_killed_process_leaves_goes_and_what_others_have_stays(folder: Path) -> None:
    (folder / "rustybt-mine").mkdir()  # somebody's own
    (folder / "rustybt-mine" / "notes.txt").write_text("dear diary")
    (folder / "rustybt-like").mkdir()
    (folder / "rustybt-like" / "owner").write_text("whoever")
    own = folders(folder)
    killed, alive = loading(folder), loading(folder)
    try:
        assert len(folders(folder)) == 4
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert len(folders(folder)) == 4
        market = rustybt.load_data(FRAME)
        left = folders(folder) - own
        assert len(left) == 2
        assert market.root in left
        assert (next(iter(left - {market.root})) / "catalog.sqlite").exists()
    finally:
        alive.communicate("")
    assert folders(folder) == {*own, market.root}  # it went with its process
    assert (folder / "rustybt-mine" / "notes.txt").exists()


def test_a_market_that_another_process_has_is_kept_for_it(folder: Path) -> None:
    market = rustybt.load_data(FRAME)
    other = pickle.loads(pickle.dumps(market))
    root = market.root
    (kept,) = folders(folder)
    assert kept == root
    _scratch._swept.clear()
    _scratch._sweep()
    assert root.exists()
    assert rustybt.run_algorithm(market=other, handle_data=lambda context, data: None).daily.height == 2


def test_a_folder_that_can_not_be_locked_is_nobodys_to_remove(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_scratch, "_locked", lambda descriptor, *, alone: alone)
    scratch = _scratch.Scratch()
    assert not list(scratch.path.iterdir())
    _scratch._swept.clear()
    _scratch._sweep()
    assert scratch.path.exists()
    scratch.remove()
    assert not scratch.path.exists()
