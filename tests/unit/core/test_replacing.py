"""What was there stays until what replaces it is whole: of every command and function that writes a file."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.cli import main
from rustybt.core import replacing
from rustybt.errors import RustyBTError

HELD = b"what was there"


class DiskFullError(OSError):
    """As a disk without room tells it."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.tar.gz"
    place.write_bytes(HELD)
    with replacing(place) as beside:
        assert beside.name.endswith(".tar.gz")
        beside.write_bytes(b"new")
        assert place.read_bytes() == HELD
    assert place.read_bytes() == b"new"
    with pytest.raises(DiskFullError):
        half_written(place)
    assert place.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def half_written(place: Path) -> None:
    with replacing(place) as beside:
        beside.write_bytes(b"half")
        raise DiskFullError


def test_a_link_stays_one_and_a_device_is_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_bytes(HELD)
    link.symlink_to(target)
    with replacing(link) as beside:
        beside.write_bytes(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    with replacing(Path(os.devnull)) as beside:
        assert beside == Path(os.devnull)


def result() -> rustybt.Result:
    rustybt.ingest_sample()
    return rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-29")


def command(*arguments: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    if left.value.code:
        raise RustyBTError(str(left.value.code))


def pickled(place: Path) -> None:
    from rustybt.zipline.command import hand_over

    hand_over(str(place), result().to_pandas())


def exported(place: Path) -> None:
    result().export(place, overwrite=True)


WAYS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "plot": ("a.png", lambda place: result().plot(place), "matplotlib.figure.Figure.savefig"),
    "plot of a kind": ("a.svg", lambda place: result().plot(place, kind="equity"), "matplotlib.figure.Figure.savefig"),
    "plotly": (
        "a.html",
        lambda place: result().plot(place, kind="equity", backend="plotly"),
        "plotly.basedatatypes.BaseFigure.write_html",
    ),
    "report": ("a.html", lambda place: result().report(place, overwrite=True), "pathlib.Path.write_bytes"),
    "report as PDF": ("a.pdf", lambda place: result().report(place, overwrite=True), "pathlib.Path.write_bytes"),
    "CSV": ("trades.csv", exported, "polars.DataFrame.write_csv"),
    "Parquet": (
        "daily.parquet",
        exported,
        "polars.DataFrame.write_parquet",
    ),
    "JSON": ("a.json", exported, "pathlib.Path.write_bytes"),
    "validate": (
        "a.txt",
        lambda place: command("validate", "sample", "--output", str(place), "--fail-on", "never"),
        "pathlib.Path.write_text",
    ),
    "zipline": ("a.pkl", pickled, "pandas.DataFrame.to_pickle"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_takes_nothing_away(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writes some bytes before the disk is full."""
    name, write, writer = WAYS[way]
    place = tmp_path / "folder" / name
    place.parent.mkdir()
    place.write_bytes(HELD)
    result()
    real = Path.write_bytes

    def full(self: Any, *given: Any, **more: Any) -> None:
        target = next((one for one in (self, *given) if isinstance(one, str | Path)), None)
        if target is not None and not Path(target).is_relative_to(place.parent):
            real(Path(target), given[0]) if given and isinstance(given[0], bytes) else Path(target).touch()
            return
        if target is not None:
            Path(target).open("wb").close()
        raise DiskFullError

    monkeypatch.setattr(writer, full)
    with pytest.raises(RustyBTError):
        write(place)
    monkeypatch.undo()
    assert place.read_bytes() == HELD
    assert [path.name for path in place.parent.iterdir()] == [name]
    write(place)
    assert place.read_bytes() != HELD


def test_trials_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import csv

    from rustybt.optimize import Grid, Integer, search

    rustybt.ingest_sample()
    algofile = tmp_path / "strategy.py"
    algofile.write_text("def initialize(context, days):\n    pass\n\n\ndef handle_data(context, data):\n    pass\n")
    search(algofile, {"days": Integer(1, 2)}, Grid(), name="kept", start="2010-01-04", end="2010-01-15", progress=False)
    place = tmp_path / "trials.csv"
    place.write_bytes(HELD)
    with monkeypatch.context() as patch:

        def full(*_: Any) -> Any:
            raise DiskFullError

        patch.setattr(csv, "writer", full)
        with pytest.raises(RustyBTError):
            command("trials", "export", "kept", "-o", str(place))
    assert place.read_bytes() == HELD
    command("trials", "export", "kept", "-o", str(place))
    assert pl.read_csv(place).height == 2
