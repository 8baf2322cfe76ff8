"""`rustybt report`: saved results as a page or a PDF."""

from __future__ import annotations

from pathlib import Path

import click

_SECTIONS = "summary, comparison, equity, figures, months, years, drawdowns, rolling, ..."


@click.command(short_help="A saved result as a page or a PDF.")
@click.argument("result", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file, .html or .pdf; by default RESULT.html in this folder.",
)
@click.option(
    "-s",
    "--section",
    "sections",
    multiple=True,
    help=f"Only this section; may be given several times, in the order to show them: {_SECTIONS}",
)
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", help="Of the page.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
def report(
    result: tuple[str, ...], output: Path | None, sections: tuple[str, ...], theme: str, overwrite: bool
) -> None:
    """Write a report on a saved RESULT, with the others compared to it.

    A RESULT is the name of its folder, how that begins, the path of one, or "latest", which is the default. The page
    needs no network.
    """
    from rustybt.catalog import stored_runs
    from rustybt.results import Result, run_named, saved_runs

    found, problems = saved_runs(run.path for run in stored_runs())
    for problem in problems:
        click.echo(problem, err=True)
    chosen = [run_named(name, found) for name in result or ("latest",)]
    first, *others = (Result.load(run.path) for run in chosen)
    compared: dict[str, Result] = {}
    for run, other in zip(chosen[1:], others, strict=True):
        name, number = run.name, 2
        while name in compared:
            name, number = f"{run.name} ({number})", number + 1
        compared[name] = other
    place = output or Path(f"{chosen[0].name}.html")
    first.report(place, sections=sections or None, compare=compared, theme=theme, overwrite=overwrite)  # type: ignore[arg-type]
    click.echo(f"report: {place.resolve()}")
