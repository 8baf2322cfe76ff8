"""Tables and sizes as the commands print them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rustybt.results import Result


def print_table(names: Sequence[str], columns: Iterable[Iterable[object]]) -> None:
    """A plain table: columns of numbers to the right, with commas in whole ones. One that is piped is not cut: a
    program reads it.

    It needs no library of tables, and thousands of rows are a matter of milliseconds: of what a column has in many
    rows the text is made once.
    """
    padded = [_padded(name, list(column)) for name, column in zip(names, columns, strict=True)]
    lines = ["  ".join((*cells, "")) for cells in zip(*padded, strict=True)]
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        lines = [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]
    click.echo("\n".join([click.style(lines[0], bold=True), *lines[1:]]))


def _padded(name: str, column: list[object]) -> list[str]:
    """A column under its name, all cells as wide as the widest."""
    texts = {value: _cell(value) for value in dict.fromkeys(column)}
    right = bool(texts) and all(map(_is_number, texts.values()))
    width = max(map(len, (name, *texts.values())))
    cells = {value: text.rjust(width) if right else text.ljust(width) for value, text in texts.items()}
    return [name.rjust(width) if right else name.ljust(width), *(cells[value] for value in column)]


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "", 1).removesuffix("%").lstrip("-").isdigit()


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
