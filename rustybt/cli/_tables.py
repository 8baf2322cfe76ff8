"""Tables and sizes as the commands print them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rustybt.results import Result

_PIPED_WIDTH = 250


def print_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table: columns of numbers to the right. One that is piped is not cut: a program reads it."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console = console if console.is_terminal else Console(width=_PIPED_WIDTH)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column, name in enumerate(names):
        numeric = all(row[column].replace(",", "").lstrip("-").isdigit() for row in rows)
        table.add_column(name, justify="right" if numeric and rows else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_summary(result: Result) -> None:
    """The figures and notes of a run, with colours on terminals only; NO_COLOR and FORCE_COLOR say otherwise.

    It needs no library of tables: to import one takes longer than to run a strategy over a year.
    """
    from rustybt.results import summary_of

    name, period, rows = summary_of(result)
    color = False if os.environ.get("NO_COLOR") else True if os.environ.get("FORCE_COLOR") else None
    label_width, text_width = (max(map(len, column)) for column in zip(*rows, strict=True))
    click.echo(f"{click.style(name, bold=True)}  {click.style(period, dim=True)}", color=color)
    for label, text in rows:
        shown = f"{text:>{text_width}}"
        loss = text.startswith("-") and text != "-"
        click.echo(f"{label:<{label_width}}  {click.style(shown, fg='red') if loss else shown}", color=color)
    for note in result.notes:
        click.echo(f"{click.style('note', fg='yellow')} {note}", color=color)


def size_text(size: int) -> str:
    """Bytes as a person reads them."""
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
