"""Tables and sizes as the commands print them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rustybt.results import Result


def print_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table: columns of numbers to the right. One that is piped is not cut: a program reads it.

    It needs no library of tables: thousands of rows are a matter of milliseconds.
    """
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    numeric = [bool(rows) and all(map(_is_number, column)) for column in columns]
    widths = [max(map(len, (name, *column))) for name, column in zip(names, columns, strict=True)]
    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines = []
    for row in (names, *rows):
        cells = zip(row, widths, numeric, strict=True)
        line = "".join(f"{cell:>{width}}  " if right else f"{cell:<{width}}  " for cell, width, right in cells)
        lines.append(line if terminal is None or len(line) <= terminal else f"{line[: terminal - 1]}…")
    click.echo("\n".join([click.style(lines[0], bold=True), *lines[1:]]))


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").lstrip("-").isdigit()


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
