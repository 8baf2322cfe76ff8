"""Zipline runs the scripts of `asked/`: a process that writes what each one tells.

python -m tests.parity._asked_of_zipline FOLDER [NAME ...]: FOLDER/<name>.txt for each script.
"""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

from tests.parity._market import market
from tests.parity._only_zipline import without_rustybt
from tests.parity._scripts_on_zipline import register

SCRIPTS = Path(__file__).parent / "asked"


def frequency_of(name: str) -> str:
    """Scripts on minutes are named so."""
    return "minute" if name.startswith("minutes_") else "daily"


def runs_itself(path: Path) -> bool:
    """Whether a script calls run_algorithm."""
    return "run_algorithm(" in path.read_text(encoding="utf-8")


PERIODS = {"daily": ("2016-05-02", "2016-08-31"), "minute": ("2017-11-20", "2017-11-24")}


def tell(name: str) -> str:
    """Runs a script by Zipline's command; its output, and the error that it ends with."""
    from zipline.__main__ import main as command

    path = SCRIPTS / f"{name}.py"
    frequency = frequency_of(name)
    start, end = PERIODS[frequency]
    where = ["-f", str(path), "-b", frequency, "-s", start, "-e", end, "-o", os.devnull]
    how = ["--data-frequency", frequency, "--capital-base", "100000", "--no-benchmark"]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            if runs_itself(path):
                runpy.run_path(str(path), run_name="__main__")
            else:
                command(["--no-default-extension", "run", *where, *how], standalone_mode=False)
        except Exception as error:  # noqa: BLE001  whatever a run ends with is compared
            print(f"ENDED {type(error).__name__}")
            traceback.print_exc()
    return output.getvalue()


def main() -> None:
    """Ingests the markets once, then runs the scripts."""
    without_rustybt()
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    names = sys.argv[2:] or sorted(path.stem for path in SCRIPTS.glob("*.py"))
    os.environ["ZIPLINE_ROOT"] = str(folder / "zipline")
    from zipline.data import bundles

    for frequency in sorted({frequency_of(name) for name in names}):
        register(frequency, market(frequency))
        if not (folder / "zipline" / "data" / frequency).exists():
            bundles.ingest(frequency, show_progress=False)
    for name in names:
        (folder / f"{name}.txt").write_text(tell(name), encoding="utf-8")


if __name__ == "__main__":
    main()
