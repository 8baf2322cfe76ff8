"""`rustybt trials`: the searches in the record, and going on with one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rustybt.cli._tables import print_table
from rustybt.errors import InputError, RegistryError

if TYPE_CHECKING:
    from rustybt.optimize import Registry, Trial


@click.group(short_help="The searches over parameters.")
def trials() -> None:
    """List, show, compare, export and resume searches. NAME is the name of one, or "latest"."""


@trials.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_searches(as_json: bool) -> None:
    """The searches, newest first."""
    registry = _registry()
    rows = []
    for name in registry.names():
        facts, found = _of(registry, name)
        states = [trial.state.value for trial in found]
        rows.append(
            {
                "name": name,
                "strategy": Path(facts["strategy"]).name,
                "objective": ", ".join(one["name"] for one in json.loads(facts["objectives"])),
                "complete": states.count("complete"),
                "failed": states.count("failed"),
                "of": facts["trials"],
                "bundle": facts["bundle"],
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        click.echo(f"No searches in {registry.path}. `rustybt optimize` keeps each there, and so does optimize.search.")
    else:
        print_table(list(rows[0]), zip(*(row.values() for row in rows), strict=True))


@trials.command()
@click.argument("name")
@click.option("-n", "--count", type=click.IntRange(min=1), default=20, show_default=True, help="How many rows.")
def show(name: str, count: int) -> None:
    """The best trials of a search."""
    registry = _registry()
    facts, found = _of(registry, name)
    ranked = _ranked(facts, found)
    click.echo(f"{facts['name']}: {facts['strategy']}, {facts['algorithm']}, seed {facts['seed']}, {facts['bundle']}")
    names = list(json.loads(facts["space"])["parameters"])
    objectives = [one["name"] for one in json.loads(facts["objectives"])]
    first = ranked[:count]
    values = [[_number(one.values[place]) for one in first] for place in range(len(objectives))]
    points = [[_text(one, key) for one in first] for key in names]
    print_table(["trial", *objectives, *names], [[one.number for one in first], *values, *points])
    failed = [trial for trial in found if trial.error is not None]
    if failed:
        click.echo(f"{len(failed)} failed, the last one: {failed[-1].error}")


@trials.command()
@click.argument("names", nargs=-1, required=True)
def compare(names: tuple[str, ...]) -> None:
    """The best trial of each of several searches."""
    registry = _registry()
    rows = []
    for name in names:
        facts, found = _of(registry, name)
        ranked = _ranked(facts, found)
        best = ranked[0] if ranked else None
        point = "-" if best is None else " ".join(f"{key}={one}" for key, one in best.params.items())
        rows.append([facts["name"], len(ranked), _number(None if best is None else best.value), point])
    print_table(["search", "complete", "best", "parameters"], zip(*rows, strict=True))


@trials.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A CSV file.")
def export(name: str, output: Path) -> None:
    """All trials of a search, as CSV."""
    import csv

    from rustybt.core import replacing, writing

    registry = _registry()
    facts, found = _of(registry, name)
    names = list(json.loads(facts["space"])["parameters"])
    count = len(json.loads(facts["objectives"]))
    figures = sorted({figure for trial in found for figure in trial.figures})
    with (
        writing(InputError, output, "pass another path."),
        replacing(output) as beside,
        beside.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        values = ["value"] if count == 1 else [f"value_{place + 1}" for place in range(count)]
        writer.writerow(["number", "state", *names, *values, *figures, "error", "ledger_hash", "seconds"])
        for trial in found:
            own = list(trial.values) + [None] * (count - len(trial.values))
            told = [trial.params.get(key) for key in names] + own + [trial.figures.get(figure) for figure in figures]
            writer.writerow([trial.number, trial.state.value, *told, trial.error, trial.ledger_hash, trial.seconds])
    click.echo(f"{len(found)} trials: {output.resolve()}")


@trials.command()
@click.argument("name")
@click.option("--trials", "count", type=click.IntRange(min=1), default=None, help="How many there are to be now.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes side by side.")
@click.option("--progress/--no-progress", default=None, help="How far it is; by default on terminals only.")
def resume(name: str, count: int | None, workers: int, progress: bool | None) -> None:
    """Go on with a search that was broken off, or give it more trials."""
    from rustybt.optimize import resume as go_on

    facts, _ = _of(_registry(), name)
    found = go_on(facts["name"], trials=count, workers=workers, progress=progress)
    click.echo(str(found))


@trials.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask.")
def rm(name: str, yes: bool) -> None:
    """Delete a search with all its trials."""
    registry = _registry()
    facts, found = _of(registry, name)
    if not yes:
        click.confirm(f"Delete {facts['name']} with {len(found)} trials?", abort=True)
    registry.remove(facts["name"])
    click.echo(f"{facts['name']} is deleted")


def _registry() -> Registry:
    from rustybt.cli._importing import importing

    with importing():
        from rustybt.optimize import Registry

    return Registry()


def _of(registry: Registry, name: str) -> tuple[dict[str, Any], list[Trial]]:
    """A search by its name, how it begins, or "latest", and its trials."""
    names = registry.names()
    found = names[:1] if name == "latest" else [one for one in names if one == name]
    found = found or [one for one in names if one.startswith(name)]
    if len(found) != 1:
        many = f"several searches begin so: {', '.join(found[:5])}" if found else "there is no such search"
        raise RegistryError(f"{name!r}: {many}. `rustybt trials list` names all.")
    facts = registry.search(found[0])
    if facts is None:
        raise RegistryError(f"{name!r} was deleted while it was read.")
    return facts, registry.trials(facts["id"])


def _ranked(facts: dict[str, Any], found: list[Trial]) -> list[Trial]:
    """The complete trials, the best first."""
    from rustybt.optimize import ranked

    return ranked(found, [one["maximize"] for one in json.loads(facts["objectives"])])


def _number(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _text(trial: Trial, name: str) -> str:
    return str(trial.params[name]) if name in trial.params else "-"
