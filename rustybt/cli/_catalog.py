"""`rustybt catalog`: what it holds, what changed, whether it is whole, and its bars for other programs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rustybt.cli._tables import print_table, size_text

if TYPE_CHECKING:
    from rustybt.catalog import VersionDiff

_MOST_SHOWN = 20
_DATE = click.DateTime(["%Y-%m-%d"])
_VERSION = click.option("--version", "version_id", help="One of its versions; by default the newest.")


@click.group()
def catalog() -> None:
    """Look after the catalog."""


@catalog.command()
def reindex() -> None:
    """Build the index anew from the manifests of the versions."""
    from rustybt.catalog import reindex as build_index

    count, problems = build_index()
    click.echo(f"Indexed {count} version{'s' if count != 1 else ''}.")
    for problem in problems:
        click.echo(f"Not whole: {problem}", err=True)
    if problems:
        raise SystemExit(1)


@catalog.command(short_help="Where a bundle comes from, and what it holds.")
@click.argument("bundle")
@_VERSION
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def show(bundle: str, version_id: str | None, as_json: bool) -> None:
    """Show where a bundle comes from, its versions, what it holds of each asset, and how many findings of each rule.

    Stored are findings in its bars, left out those that kept rows out of it.
    """
    from rustybt.catalog import COVERAGE, coverage_rows, list_bundles, open_version, stored_runs
    from rustybt.ingest import QUALITY, quality_rows

    with open_version(bundle, version=version_id) as version:
        found = quality_rows(version)  # first: it stores what coverage then need not count
        rows = coverage_rows(version)
        listed = [one for one in list_bundles() if one.bundle == bundle]
        chosen = next(one for one in listed if one.version == version.id)
        facts = {
            "bundle": bundle,
            "version": version.id,
            "written": chosen.created.isoformat(),
            "hash": version.hash,
            "calendar": version.calendar_name,
            "size": size_text(chosen.size),
            "quarantine": str(version.quarantine) if version.quarantine else None,
            "provenance": version.provenance,
            "versions": [one.version for one in listed],
            "used by": [str(run.path) for run in stored_runs(bundle, version=version.id)],
        }
    if as_json:
        tables = {
            "coverage": [dict(zip(COVERAGE, row, strict=True)) for row in rows],
            "quality": [dict(zip(QUALITY, row, strict=True)) for row in found],
        }
        click.echo(json.dumps({**facts, **tables}, indent=2, default=str))
        return
    for name, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        if not shown:
            continue  # nothing was quarantined, no run used it
        click.echo(f"{name:12}{json.dumps(shown, default=str) if isinstance(shown, dict) else shown}")
    for names, table in ((COVERAGE, rows), (QUALITY, found)):
        if table:
            click.echo()
            print_table(names, zip(*table, strict=True))
    if not found:
        click.echo("\nNothing odd was found in its bars, and nothing was left out.")


@catalog.command(short_help="What changed between two versions of a bundle.")
@click.argument("bundle")
@click.argument("before", required=False)
@click.argument("after", required=False)
def diff(bundle: str, before: str | None, after: str | None) -> None:
    """Show what changed from one version of a bundle to another; by default from the last but one to the newest.

    Names the saved runs on the earlier one whose results it could touch.
    """
    from rustybt.catalog import diff as compare
    from rustybt.catalog import list_bundles, open_version, stored_runs, touched_runs

    if before is None:
        versions = [one.version for one in list_bundles() if one.bundle == bundle]
        if len(versions) == 1:
            raise click.UsageError(
                f"Bundle {bundle!r} has one version only, {versions[0]}: nothing to compare it with."
            )
        before = versions[1] if len(versions) > 1 else None
    with open_version(bundle, version=before) as old, open_version(bundle, version=after) as new:
        found = compare(old, new)
    click.echo(f"{found.before} -> {found.after}")
    _print_diff(found)
    for run in touched_runs(found, stored_runs(bundle, version=found.before)):
        click.echo(f"could come out differently: {run.strategy}, {run.path}")


def _print_diff(found: VersionDiff) -> None:
    if found.same:
        click.echo("They hold the same.")
        return
    if found.calendar_changed:
        click.echo("The calendar is another one.")
    for label, keys in (("new assets", found.assets_added), ("assets gone", found.assets_removed)):
        if keys:
            click.echo(f"{label}: {', '.join(keys)}")
    for key, change in found.assets_changed:
        click.echo(f"{key}: {change}")
    for key, sign, text in found.actions:
        click.echo(f"{key}: {sign} {text}")
    if found.bars.height:
        columns = [name for name in found.bars.columns if name != "key"]
        print_table(columns, (map(str, found.bars[name].to_list()) for name in columns))
    for _, key, frequency, stamp, field, old, new in found.changes.head(_MOST_SHOWN).iter_rows():
        moment = f"{stamp:%Y-%m-%d}" if frequency in ("1d", "1w", "1mo") else f"{stamp:%Y-%m-%d %H:%M:%S}"
        click.echo(f"{key} {moment}: {field} {new}, was {old}")
    if found.changes.height > _MOST_SHOWN:
        click.echo(f"... and more of them: rustybt.catalog.diff lists up to {found.changes.height:,}")


def _problems(number: int) -> str:
    return f"{number} problem{'s' if number != 1 else ''}" if number else "as written"


@catalog.command(short_help="Compare what is stored with what was written.")
@click.argument("bundle", required=False)
@_VERSION
def verify(bundle: str | None, version_id: str | None) -> None:
    """Read everything back and compare it with what was written: all bundles, or one. Exit code 1 where it differs."""
    from rustybt.catalog import catalog_root, list_bundles, open_version, unlisted
    from rustybt.catalog import verify as look

    wanted = [(one.bundle, one.version) for one in list_bundles() if bundle is None]
    outside = unlisted() if bundle is None else []
    for problem in outside:
        click.echo(problem, err=True)
    if bundle is None and not wanted and not outside:
        click.echo(f"No bundle in the catalog at {catalog_root()}: there is nothing to verify.")
    if bundle is not None:
        with open_version(bundle, version=version_id) as version:
            wanted = [(bundle, version.id)]
    wrong = len(outside)
    for name, one in wanted:
        with open_version(name, version=one) as version:
            problems = look(version)
        click.echo(f"{name} {one}: {_problems(len(problems))}")
        for problem in problems:
            click.echo(f"  {problem}", err=True)
        wrong += bool(problems)
    if wrong:
        raise SystemExit(1)


@catalog.command()
@click.argument("bundle")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@_VERSION
@click.option("--frequency", help="By default 1d where it is stored, else the shortest that is.")
@click.option("--symbols", help="Only these, separated by commas.")
@click.option("-s", "--start", type=_DATE, help="First day.")
@click.option("-e", "--end", type=_DATE, help="Last day.")
@click.option(
    "--format", "file_format", type=click.Choice(["parquet", "arrow", "csv"]), help="By default by the ending."
)
def export(
    bundle: str,
    path: Path,
    version_id: str | None,
    frequency: str | None,
    symbols: str | None,
    start: dt.datetime | None,
    end: dt.datetime | None,
    file_format: str | None,
) -> None:
    """Write the bars of a bundle to a Parquet, Arrow or CSV file."""
    from rustybt.catalog import export as write
    from rustybt.catalog import open_version
    from rustybt.core import day_of

    with open_version(bundle, version=version_id) as version:
        place = write(
            version,
            path,
            frequency=frequency,
            symbols=symbols.split(",") if symbols else None,
            first_day=day_of(start.date()) if start else None,
            last_day=day_of(end.date()) if end else None,
            file_format=file_format,
        )
    click.echo(f"Wrote {place} ({size_text(place.stat().st_size)})")
