"""The saved results of a user: a list of them, one by its name, and taking one away."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rustybt.core import data_root, writing
from rustybt.errors import InputError, ResultCorrupt, ResultError, ResultNotFound
from rustybt.results._elsewhere import saved_elsewhere
from rustybt.results._page import RESULT_FILE, read_page

NEWEST = "latest"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A saved result, without its frames.

    path: its folder. saved: UTC. manifest: what it was made from. metrics: the first figures, as of `Result.metrics`:
    those of `rustybt.metrics.summary`, of orders, fills and commission.
    files: of the frames, within the folder.
    """

    path: Path
    saved: dt.datetime
    manifest: dict[str, Any]
    metrics: dict[str, Decimal | int | None]
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.name


def saved_run(path: Path) -> SavedRun:
    """The result that was saved in a folder. Raises ResultNotFound and ResultCorrupt."""
    page = read_page(path)
    try:
        metrics = {name: Decimal(value) if isinstance(value, str) else value for name, value in page["metrics"].items()}
        files = tuple(str(frame["file"]) for frame in page["frames"].values())
        for part in page.get("interval", ()):
            files += tuple(f"{part}/{file}" for file in (*saved_run(path / part).files, RESULT_FILE))
        manifest = dict(page["manifest"])
    except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ResultCorrupt(f"{path / RESULT_FILE} lacks {error}. Run the strategy again and save it anew.") from None
    saved = dt.datetime.fromtimestamp((path / RESULT_FILE).stat().st_mtime, dt.UTC)
    return SavedRun(path, saved, manifest, metrics, files)


def saved_runs(elsewhere: Iterable[Path] = ()) -> tuple[list[SavedRun], list[str]]:
    """The saved results, newest first, and what is wrong with those that can't be read.

    They are those in `runs` of RUSTYBT_ROOT, or of the user's data folder, those that were saved to folders elsewhere
    since, and those of `elsewhere`, as far as they are there.
    """
    folder = data_root() / "runs"
    here = [entry for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
    every = (*here, *saved_elsewhere(), *elsewhere)
    places = dict.fromkeys(path.resolve() for path in every if (path / RESULT_FILE).is_file())
    runs, problems = [], []
    for place in places:
        try:
            runs.append(saved_run(place))
        except ResultError as error:
            problems.append(str(error))
    return sorted(runs, key=lambda run: (run.saved, run.name), reverse=True), sorted(problems)


def run_named(name: str, runs: list[SavedRun]) -> SavedRun:
    """The run of that name among `runs`: a folder, the name of one, how it begins, or "latest".

    Raises InputError where several begin so, ResultNotFound where none does.
    """
    place = Path(name).expanduser()
    if (place / RESULT_FILE).is_file():
        return saved_run(place.resolve())
    if not runs:
        named = "" if name == NEWEST else f" {name!r}"
        raise ResultNotFound(
            f"There is no saved run{named}: there is none in {data_root() / 'runs'}. `rustybt run` saves each of "
            "its results, and result.save() one of Python's."
        )
    if name == NEWEST:
        return runs[0]
    found = [run for run in runs if run.name == name] or [run for run in runs if name and run.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        labels = list(run_labels(found).values())
        shown = ", ".join(labels[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise InputError(f"{len(found)} saved runs begin with {name!r}: {shown}. Name more of it, or the folder.")
    raise ResultNotFound(f"There is no saved run {name!r}. `rustybt runs list` shows them; a folder will do too.")


def run_labels(runs: Iterable[SavedRun]) -> dict[Path, str]:
    """What runs are called where they stand beside each other, by their folders: by name, and several of one name by
    their paths."""
    every = list(runs)
    counts = Counter(run.name for run in every)
    return {run.path: run.name if counts[run.name] == 1 else str(run.path) for run in every}


def remove_saved(run: SavedRun) -> list[Path]:
    """Deletes the files of a saved result, and its folder if nothing else lies there. Returns what else does."""
    with writing(ResultError, run.path, "delete it by hand."):
        # the page first: without it the folder is no result any more, also where this is stopped half way
        (run.path / RESULT_FILE).unlink()
        for name in run.files:
            (run.path / name).unlink(missing_ok=True)
        for part in {Path(name).parent for name in run.files} - {Path()}:
            with contextlib.suppress(OSError):  # something else lies there
                (run.path / part).rmdir()
        others = sorted(run.path.iterdir())
        if not others:
            run.path.rmdir()
    return others
