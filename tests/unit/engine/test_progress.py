"""Progress is shown where somebody watches, and nowhere else."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tqdm

import rustybt
from rustybt.engine._progress import ProgressBar
from rustybt.errors import InputError

DATES = {"start": "2010-01-04", "end": "2010-03-31"}  # 61 sessions
SCRIPT = """
import time
import rustybt

def slow(context, data):
    time.sleep({pause})

print(rustybt.run(slow, start="2010-01-04", end="2010-03-31"){more}.daily.height)
"""


def quiet(context: object, data: object) -> None:
    pass


def test_nothing_is_shown_where_nobody_watches_and_one_line_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rustybt.run(quiet, **DATES)
    assert capsys.readouterr() == ("", "")
    rustybt.run(quiet, progress=True, **DATES)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "61 sessions in " in err
    rustybt.run(quiet, progress=False, **DATES)
    assert capsys.readouterr() == ("", "")


def test_a_function_is_told_each_session() -> None:
    told = []
    rustybt.run(quiet, progress=lambda done, sessions: told.append((done, sessions)), **DATES)
    assert told == [(done, 61) for done in range(1, 62)]
    with pytest.raises(InputError, match=r"progress=.yes.: pass True, False, a bar"):
        rustybt.run(quiet, progress="yes", **DATES)


def test_a_run_that_fails_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(context: object, data: rustybt.strategy.BarData) -> None:
        if str(data.current_session)[:10] == "2010-01-08":
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        rustybt.run(fails, progress=True, **DATES)
    assert "4 of 61 sessions in " in capsys.readouterr().err


def seen_on_a_terminal(tmp_path: Path, *, pause: float, piped: bool) -> str:
    """What a script's terminal shows. piped: its output, its errors go to the terminal."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    (tmp_path / "script.py").write_text(SCRIPT.format(pause=pause, more=""))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "script.py"], cwd=tmp_path, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE if piped else theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # on Linux the end of a terminal is an error
                break
            if not part:
                break
            shown += part
        if process.stdout is not None:
            assert process.stdout.read() == b"61\n"
        assert process.wait(60) == 0
    os.close(ours)
    return shown.decode(errors="replace")


@pytest.mark.parametrize(
    ("pause", "piped", "told"), [(0.02, False, True), (0, False, False), (0.02, True, False)],
    ids=["a long run", "a short run", "a pipe"],
)  # fmt: skip
def test_a_terminal_shows_a_run_that_takes_long(tmp_path: Path, pause: float, piped: bool, told: bool) -> None:
    shown = seen_on_a_terminal(tmp_path, pause=pause, piped=piped)
    assert ("sessions" in shown and "/61" in shown) == told
    assert ("61" in shown) == (not piped)
    assert ("slow" in shown) == told  # what a function in a script is called


def test_a_log_has_a_line_from_time_to_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rustybt.engine import _progress

    monkeypatch.setattr(_progress, "LOG_INTERVAL", 0.05)
    rustybt.run(lambda context, data: time.sleep(0.005), progress=True, **DATES)
    out, err = capsys.readouterr()
    *lines, last = err.splitlines()
    assert out == ""
    assert 1 <= len(lines) <= 20
    assert all(re.search(r": \d+ of 61 sessions, [\d.]+ s left$", line) for line in lines)
    assert re.search(r": 61 sessions in [\d.]+ s$", last)


class Bar:
    """The least that shows progress."""

    total = None

    def __init__(self) -> None:
        self.told: list[int] = []
        self.closed = False

    def update(self, n: int) -> None:
        self.told.append(n)

    def close(self) -> None:
        self.closed = True


def test_a_bar_of_ones_own_is_told_each_session_and_not_closed() -> None:
    bar = Bar()
    rustybt.run(quiet, progress=bar, **DATES)
    assert (bar.total, bar.told, bar.closed) == (61, [1] * 61, False)
    assert isinstance(bar, ProgressBar)


def test_bars_of_tqdm_do() -> None:
    shown = io.StringIO()
    with tqdm.tqdm(file=shown, mininterval=0, desc="mine") as bar:
        rustybt.run(quiet, progress=bar, **DATES)
        assert (bar.n, bar.total) == (61, 61)
        rustybt.run(quiet, progress=bar, **DATES)
        assert bar.n == 122
    assert "mine: 100%" in shown.getvalue()
    assert isinstance(bar, ProgressBar)


@pytest.mark.filterwarnings("ignore::tqdm.TqdmWarning")
@pytest.mark.parametrize("module", ["tqdm", "tqdm.auto"])
def test_a_class_of_bars_makes_one_that_is_closed(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    rustybt.run(quiet, progress=__import__(module, fromlist=["tqdm"]).tqdm, **DATES)
    _, err = capsys.readouterr()
    assert "test_progress: 100%" in err
    assert "61/61" in err
    assert err.endswith("\n")
