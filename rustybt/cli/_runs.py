"""`rustybt runs`: the saved results, and what to do with one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rustybt.cli._tables import print_summary, print_table

if TYPE_CHECKING:
    from rustybt.results import Result, SavedRun

_MADE_FROM: Final = (
    "strategy",
    "strategy_sha256",
    "params",
    "bundle",
    "data_version",
    "data_hash",
    "data_frequency",
    "calendar",
    "start",
    "end",
    "capital_base",
    "currency",
    "fill_at",
    "trigger",
    "same_bar",
    "touch",
    "resolve",
    "numbers",
    "seed",
    "benchmark",
    "slippage",
    "commission",
    "futures_slippage",
    "futures_commission",
    "cancel_policy",
    "compat",
    "rustybt",
)
"""Fields of the manifest that may make two runs differ; the kernel and the Python do not."""
_LONGEST: Final = 44


@click.group(short_help="The saved results.")
def runs() -> None:
    """List, show, draw, compare and delete saved results.

    A RUN is the name of its folder, how that begins, the path of one, or "latest".
    """


@runs.command(name="list")
@click.option("-b", "--bundle", default=None, help="Only those on a bundle.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_runs(bundle: str | None, as_json: bool) -> None:
    """The saved results, newest first."""
    from rustybt.core import data_root
    from rustybt.results import run_labels

    found = [run for run in _saved() if bundle is None or run.manifest.get("bundle") == bundle]
    if as_json:
        click.echo(json.dumps([_facts(run) for run in found], indent=2, default=str))
        return
    if not found:
        of_it = f" on {bundle!r}" if bundle else ""
        click.echo(
            f"No saved results{of_it} in {data_root() / 'runs'}. `rustybt run` saves each there, and so does "
            "`result.save()` without a path; a result in another folder is shown by its path."
        )
        return
    names = ["run", "saved (UTC)", "strategy", "bundle", "from", "to", "return", "Sharpe", "max drawdown", "parameters"]
    labels = run_labels(found)
    rows = [[labels[run.path], *_row(run)] for run in found]
    if not any(row[-1] for row in rows):
        names, rows = names[:-1], [row[:-1] for row in rows]
    print_table(names, zip(*rows, strict=True))


@runs.command()
@click.argument("run", default="latest")
@click.option("--diagnostics", is_flag=True, help="Each finding, and which checks a saved run does not allow.")
def show(run: str, diagnostics: bool) -> None:
    """The figures and notes of a run, how many findings its diagnostics have, and what it was made from."""
    result, saved = _loaded(run)
    print_summary(result)
    click.echo(result.diagnostics if diagnostics else f"diagnostics: {result.diagnostics.headline} (--diagnostics)")
    click.echo()
    for name in _MADE_FROM:
        value = saved.manifest.get(name)
        if value not in (None, {}) and name != "compat":
            click.echo(f"{name:20}{_short(value)}")
    click.echo(f"{'folder':20}{saved.path}")


@runs.command()
@click.argument("run", default="latest")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, help="PNG, SVG or PDF file."
)
def plot(run: str, output: Path | None) -> None:
    """Draw a run; by default to RUN.png in this folder."""
    result, saved = _loaded(run)
    place = output or Path(f"{saved.name}.png")
    result.plot(place)
    click.echo(f"picture: {place.resolve()}")


@runs.command()
@click.argument("before")
@click.argument("after", default="latest")
def diff(before: str, after: str) -> None:
    """Compare two runs: what they were made from, and what came out. Exit code 1 where the books differ."""
    from rustybt.results import run_labels, run_named, summary_of

    every = _saved()
    pair = run_named(before, every), run_named(after, every)
    made = [
        (name, *(_short(run.manifest.get(name)) for run in pair))
        for name in _MADE_FROM
        if pair[0].manifest.get(name) != pair[1].manifest.get(name)
    ]
    results = [_load(run) for run in pair]
    figures = [dict(summary_of(result)[2]) for result in results]
    labels = dict.fromkeys([*figures[0], *figures[1]])
    came = [(label, *(one.get(label, "-") for one in figures)) for label in labels]
    heads = run_labels({run.path: run for run in pair}.values())
    print_table(["", *(heads[run.path] for run in pair)], zip(*made, *came, strict=True))
    if results[0].ledger_hash == results[1].ledger_hash:
        click.echo("\nTheir books are the same.")
        return
    click.echo(f"\nTheir books differ{_first_difference(*results)}")
    raise SystemExit(1)


@runs.command()
@click.argument("run", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Without asking.")
def rm(run: tuple[str, ...], yes: bool) -> None:
    """Delete saved results. Of the folder only what saving wrote goes."""
    from rustybt.catalog import forget_run
    from rustybt.results import remove_saved, run_named

    every = _saved()
    chosen = {found.path: found for found in (run_named(name, every) for name in run)}
    for found in chosen.values():
        click.echo(f"{found.path}  {found.manifest.get('strategy')}, {_period(found)}")
    if not yes:
        click.confirm(f"Delete {'it' if len(chosen) == 1 else f'these {len(chosen)}'}?", abort=True)
    for found in chosen.values():
        left = remove_saved(found)
        forget_run(found.path)
        kept = f"; kept, as it is no part of the result: {', '.join(path.name for path in left)}" if left else ""
        click.echo(f"deleted {found.name}{kept}")


def _saved() -> list[SavedRun]:
    """The saved runs; what can't be read is told."""
    from rustybt.catalog import stored_runs
    from rustybt.results import saved_runs

    found, problems = saved_runs(run.path for run in stored_runs())
    for problem in problems:
        click.echo(problem, err=True)
    return found


def _loaded(name: str) -> tuple[Result, SavedRun]:
    from rustybt.results import run_named

    saved = run_named(name, _saved())
    return _load(saved), saved


def _load(saved: SavedRun) -> Result:
    from rustybt.results import Result

    return Result.load(saved.path)


def _row(run: SavedRun) -> list[str]:
    """What the list says of a run, after its name."""
    from rustybt.results import shown

    styles = (("total_return", "percent"), ("sharpe", "ratio"), ("max_drawdown", "percent"))
    figures = [shown(run.metrics.get(name), style) for name, style in styles]
    texts = [str(run.manifest.get(name) or "-") for name in ("strategy", "bundle", "start", "end")]
    params = ", ".join(f"{name}={_short(value)}" for name, value in (run.manifest.get("params") or {}).items())
    return [f"{run.saved:%Y-%m-%d %H:%M}", *texts, *figures, params]


def _facts(run: SavedRun) -> dict[str, Any]:
    metrics = {name: str(value) if isinstance(value, Decimal) else value for name, value in run.metrics.items()}
    return {"run": run.name, "path": run.path, "saved": run.saved, "metrics": metrics, "manifest": run.manifest}


def _period(run: SavedRun) -> str:
    return f"{run.manifest.get('start')} to {run.manifest.get('end')}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _first_difference(before: Result, after: Result) -> str:
    """The first line of the ledger in which the books differ."""
    columns = [name for name in before.entries.columns if name in after.entries.columns]
    old, new = (result.entries.select(columns).rows() for result in (before, after))
    if old == new:
        return ": the same entries, of orders with another course."
    place = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        longer = "first" if len(old) > len(new) else "second"
        return f": the {longer} goes on after {min(len(old), len(new)):,} entries that both have."
    at = columns.index("stamp")
    return f" from entry {place + 1} on, at {min(old[place][at], new[place][at])}."
