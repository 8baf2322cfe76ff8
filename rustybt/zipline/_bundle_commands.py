"""Zipline's commands about bundles: `python -m rustybt.zipline ingest`, `clean` and `bundles`, with its options."""

from __future__ import annotations

import datetime as dt

import click

DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("-b", "--bundle", required=True, help="A bundle that an extension registers, or csvdir.")
@click.option("--show-progress/--no-show-progress", default=True, help="Told to the ingest function.")
def ingest(bundle: str, show_progress: bool) -> None:
    """Run the ingest function of a bundle."""
    from rustybt.zipline.data.bundles import ingest as ingest_bundle

    click.echo(repr(ingest_bundle(bundle, show_progress=show_progress)))


@click.command()
@click.option("-b", "--bundle", required=True, help="The bundle whose versions go.")
@click.option("-e", "--before", type=DATE, default=None, help="Delete those written before that date.")
@click.option("-a", "--after", type=DATE, default=None, help="Delete those written after that date.")
@click.option("-k", "--keep-last", type=click.IntRange(min=0), default=None, help="Keep that many of the newest.")
def clean(bundle: str, before: dt.datetime | None, after: dt.datetime | None, keep_last: int | None) -> None:
    """Delete versions of a bundle."""
    from rustybt.zipline.data.bundles import clean as clean_bundle

    gone = clean_bundle(bundle, before=before, after=after, keep_last=keep_last)
    click.echo(f"Deleted {', '.join(sorted(gone))}" if gone else "Nothing to delete.")


@click.command()
def bundles() -> None:
    """List the bundles, and when each was ingested."""
    from rustybt.catalog import list_bundles
    from rustybt.zipline.data.bundles import bundles as registered
    from rustybt.zipline.data.bundles import ingestions_for_bundle

    for name in sorted({*registered, *(version.bundle for version in list_bundles())}):
        for moment in ingestions_for_bundle(name) or ["<no ingestions>"]:
            click.echo(f"{name} {moment}")
