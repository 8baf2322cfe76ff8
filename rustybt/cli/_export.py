"""`rustybt export`: the tables of a saved result as files of other programs."""

from __future__ import annotations

from pathlib import Path

import click

_FORMATS = ("csv", "xlsx", "parquet", "arrow", "json")


@click.command(short_help="The tables of a saved result as files.")
@click.argument("run", default="latest")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="A folder, or a file such as run.xlsx or trades.csv; by default the folder RUN-FORMAT here.",
)
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), default=None, help="By default what PATH ends in.")
@click.option("-t", "--table", "tables", multiple=True, help="Only this table; may be given several times.")
@click.option("--floats", is_flag=True, help="Numbers with decimals as floats, not with each digit.")
@click.option("--no-escape", is_flag=True, help="In CSV, text that a spreadsheet takes for a formula as it is.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
def export(
    run: str,
    output: Path | None,
    form: str | None,
    tables: tuple[str, ...],
    floats: bool,
    no_escape: bool,
    overwrite: bool,
) -> None:
    """Write the tables of a saved RUN: its figures, days, trades, costs, orders, fills, positions, records and entries.

    A RUN is the name of its folder, how that begins, the path of one, or "latest".
    """
    from rustybt.catalog import stored_runs
    from rustybt.results import Result, run_named, saved_runs

    found, problems = saved_runs(saved.path for saved in stored_runs())
    for problem in problems:
        click.echo(problem, err=True)
    chosen = run_named(run, found)
    kind = form or ("csv" if output is None or not output.suffix else None)
    place = output or Path(f"{chosen.name}-{kind}")
    if output is None and kind in ("xlsx", "json"):
        place = Path(f"{chosen.name}.{kind}")
    written = Result.load(chosen.path).export(
        place,
        kind,  # type: ignore[arg-type]
        tables=tables or None,
        floats=floats,
        escape=not no_escape,
        overwrite=overwrite,
    )
    click.echo(f"export: {written.resolve()}")
