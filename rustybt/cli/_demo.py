"""`rustybt demo`: the sample, a strategy, a picture."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Run a strategy on the sample, and draw it.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True, help="A folder."
)
def demo(output: Path) -> None:
    """Ingest the sample that ships with RustyBT, run a momentum strategy on it, and draw the result."""
    from rustybt.catalog import open_version
    from rustybt.cli._momentum import Momentum
    from rustybt.cli._tables import print_summary
    from rustybt.engine import run_algorithm
    from rustybt.errors import MissingExtra
    from rustybt.ingest import ingest_sample

    report = ingest_sample()
    with open_version(report.bundle, version=report.version) as version:
        bars = version.row_count_of("1d")
    click.echo(f"bundle 'sample', version {report.version}: {bars:,} daily bars of {report.assets} stocks")
    result = run_algorithm("2001-04-02", "2012-12-31", strategy=Momentum, capital_base="100000", progress=True)
    print_summary(result)
    place = result.save(output / "result", overwrite=True)
    try:
        picture = output / "equity.png"
        result.plot(picture)
        click.echo(f"picture: {picture.resolve()}")
    except MissingExtra as error:
        click.echo(f"no picture: {error}")
    click.echo(f"result:  {place.resolve()}   (rustybt.Result.load reads it back)")
