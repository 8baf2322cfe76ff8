"""`rustybt cache`: what is kept of what sources gave, and room again."""

from __future__ import annotations

import dataclasses
import json

import click

from rustybt.cli._tables import print_table, size_text


@click.group()
def cache() -> None:
    """Look after what was fetched once and is not fetched again."""


@cache.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def stats(as_json: bool) -> None:
    """How often it had what was asked for, and how large it is. One request counts once for each symbol."""
    from rustybt.catalog import BarCache

    found = BarCache().stats()
    if as_json:
        rates = {"hit_rate": found.hit_rate, "partial_rate": found.partial_rate, "miss_rate": found.miss_rate}
        click.echo(json.dumps({**dataclasses.asdict(found), **rates}, indent=2))
        return
    click.echo(f"hits      {found.hits:,} ({found.hit_rate:.1%})")
    click.echo(f"partial   {found.partial:,} ({found.partial_rate:.1%})")
    click.echo(
        f"misses    {found.misses + found.restated:,} ({found.miss_rate:.1%}), {found.restated:,} of them restated"
    )
    click.echo(f"lost      {found.lost:,} damaged or missing")
    click.echo(f"evicted   {found.evicted:,}")
    click.echo(f"on disk   {found.entries:,} entries, {size_text(found.size)} of {size_text(found.max_size)}")


@cache.command("list")
def list_entries() -> None:
    """List what is kept, the last used first, and which saved runs used it."""
    from rustybt.catalog import BarCache

    names = ("source", "symbol", "frequency", "start", "end", "rows", "size", "used", "runs")
    rows = [
        [
            entry.source, entry.symbol, entry.frequency, f"{entry.start:%Y-%m-%d}", f"{entry.end:%Y-%m-%d}",
            f"{entry.rows:,}", size_text(entry.size), f"{entry.used:%Y-%m-%d %H:%M}",
            ", ".join(str(run) for run in entry.runs),
        ]
        for entry in BarCache().entries()
    ]  # fmt: skip
    if not rows:
        click.echo("Nothing is kept. `rustybt ingest` fills the cache.")
        return
    print_table(names, zip(*rows, strict=True))


@cache.command()
@click.option("--source", help="Only of this source, such as polygon, or what `rustybt cache list` tells.")
@click.option("--symbols", help="Only these, separated by commas.")
def clear(source: str | None, symbols: str | None) -> None:
    """Delete what is kept: all, with the figures, or what is of a source or of symbols."""
    from rustybt.catalog import BarCache

    names = None if symbols is None else [name.strip() for name in symbols.split(",") if name.strip()]
    number = BarCache().clear(source=source, symbols=names)
    click.echo(f"Deleted {number} entr{'ies' if number != 1 else 'y'}.")
