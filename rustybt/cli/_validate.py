"""`rustybt validate BUNDLE`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("bundle")
@click.option("--version", help="Which one; the newest by default.")
@click.option("--symbols", help="These only, separated by commas.")
@click.option("--frequency", help="Bars of that length only; where it is not stored, what was made of holes is told.")
@click.option("--policy", type=click.Path(exists=True), help="TOML: severity by rule and class of asset, thresholds.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "html"]), default="table", show_default=True,
    help="What the report is written as.",
)  # fmt: skip
@click.option("--output", type=click.Path(), help="Write the report there.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 where there is a finding of that severity or worse.",
)
def validate(
    bundle: str,
    version: str | None,
    symbols: str | None,
    frequency: str | None,
    policy: str | None,
    form: str,
    output: str | None,
    fail_on: str,
) -> None:
    """Look for errors and oddities in the bars of a bundle."""
    from rustybt.core import replacing, writing
    from rustybt.errors import InputError
    from rustybt.ingest import validate as look
    from rustybt.validation import SEVERITIES

    names = [name.strip() for name in symbols.split(",")] if symbols else None
    report = look(bundle, version=version, policy=policy, symbols=names, frequency=frequency)
    text = {"table": report.to_table, "json": report.to_json, "html": report.to_html}[form]()
    if output:
        with writing(InputError, output, "pass another path."), replacing(Path(output)) as beside:
            beside.write_text(text + "\n", encoding="utf-8")
    else:
        click.echo(text)
    if fail_on != "never" and report.worst and SEVERITIES.index(report.worst) >= SEVERITIES.index(fail_on):
        raise SystemExit(1)
