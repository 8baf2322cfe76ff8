"""`result.plot()` opens a window where there is a screen, writes where it is told, and needs no screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = """
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    def show(self):
        width, height = self.canvas.get_width_height()
        print(f"window of {width} by {height}, {len(self.canvas.figure.axes)} panels")

    @classmethod
    def start_main_loop(cls):
        print("waits")


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
    required_interactive_framework = "headless"
"""
SCRIPT = """
import sys
import rustybt

result = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-15")
figure = {call}
print("pyplot" if "matplotlib.pyplot" in sys.modules else "no pyplot", len(figure.axes))
"""
WINDOW = "window of 880 by 720, 4 panels\nwaits\n"


def printed(tmp_path: Path, call: str, **variables: str) -> str:
    """What a script prints that plots, without a screen but with the variables. Raises where it fails."""
    (tmp_path / "recording.py").write_text(BACKEND)
    (tmp_path / "script.py").write_text(SCRIPT.format(call=call))
    own = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    }
    own |= {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"], cwd=tmp_path, env=own | variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("result.plot()", WINDOW + "pyplot 4\n"),
        ("result.plot('run.png')", "no pyplot 4\n"),
        ("result.plot('run.png', show=True)", WINDOW + "pyplot 4\n"),
        ("result.plot(show=False)", "no pyplot 4\n"),
    ],
)
def test_a_script_opens_a_window_unless_it_writes_a_file(tmp_path: Path, call: str, told: str) -> None:
    assert printed(tmp_path, call, MPLBACKEND="module://recording") == told
    assert (tmp_path / "run.png").exists() == ("run.png" in call)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen")
@pytest.mark.parametrize(
    ("variables", "told"),
    [({}, "no pyplot 4\n"), ({"MPLBACKEND": "Agg"}, "pyplot 4\n"), ({"MPLBACKEND": "TkAgg"}, "pyplot 4\n")],
)
def test_without_a_screen_there_is_a_figure_and_no_error(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    assert printed(tmp_path, "result.plot()", **variables) == told


def test_a_window_that_can_not_be_is_told() -> None:
    import rustybt
    from rustybt.errors import InputError

    result = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
    with pytest.raises(InputError, match=r"show=True: this process can't open a window. Pass a path"):
        result.plot(show=True)  # the tests' backend has none
