"""`rustybt bundles` and `rustybt clean`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from rustybt.cli._tables import size_text

if TYPE_CHECKING:
    from rustybt.catalog import BundleVersion

_DATE = click.DateTime(["%Y-%m-%d"])
_PIPED_WIDTH = 250
_NARROWEST_PROVENANCE = 10


@click.command()
@click.option("-a", "--all", "every", is_flag=True, help="Older versions too.")
def bundles(every: bool) -> None:
    """List what the catalog holds."""
    from rich.console import Console
    from rich.table import Table

    from rustybt.catalog import catalog_root, list_bundles, unlisted

    versions = [version for version in list_bundles() if every or version.newest]
    outside = unlisted()
    for problem in outside:
        click.echo(problem, err=True)
    if not versions and outside:
        return
    if not versions:
        click.echo(f"No bundles in {catalog_root()} yet. Begin with: rustybt ingest sample")
        return
    names = ["bundle", *(["version"] if every else []), "bars", "from", "to", "rows", "assets", "size"]
    rows: list[list[str]] = [names, *(row for version in versions for row in _rows(version, every))]
    console = Console()
    # a table that is piped is read by a program: it is not cut to the width of a terminal that is not there
    console = console if console.is_terminal else Console(width=_PIPED_WIDTH)
    used = sum(max(len(row[column]) for row in rows) + 2 for column in range(len(names)))
    console.width = max(console.width, used + _NARROWEST_PROVENANCE + 2)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in ("rows", "assets", "size") else "left", no_wrap=True)
    table.add_column("provenance", no_wrap=True, max_width=max(_NARROWEST_PROVENANCE, console.width - used - 2))
    for row in rows[1:]:
        table.add_row(*row)
    console.print(table)


def _rows(version: BundleVersion, every: bool) -> list[list[str]]:
    """One row a frequency; what they share stands in the first."""
    head = [version.bundle, *([version.version] if every else [])]
    tail = [f"{version.assets:,}", size_text(version.size), _words(version.provenance)]
    rows: list[list[str]] = []
    for frequency, (first, last, count) in version.ranges.items():
        shown = not rows
        left, right = (head, tail) if shown else ([""] * len(head), [""] * len(tail))
        rows.append([*left, frequency, str(first), str(last), f"{count:,}", *right])
    return rows


def _words(provenance: dict[str, Any]) -> str:
    return str(provenance.get("source") or ", ".join(f"{name}: {value}" for name, value in provenance.items()))


@click.command()
@click.option("-b", "--bundle", required=True, help="The bundle whose versions go.")
@click.option("-k", "--keep-last", type=click.IntRange(min=0), help="Keep that many of the newest; 0 deletes them all.")
@click.option("--before", type=_DATE, help="Delete those written before that date.")
@click.option("--after", type=_DATE, help="Delete those written after that date.")
def clean(bundle: str, keep_last: int | None, before: dt.datetime | None, after: dt.datetime | None) -> None:
    """Delete versions of a bundle."""
    from rustybt.catalog import clean as clean_bundle

    deleted = clean_bundle(
        bundle,
        keep_last=keep_last,
        before=before.date() if before else None,
        after=after.date() if after else None,
    )
    click.echo(f"Deleted {', '.join(deleted)}" if deleted else "Nothing to delete.")
