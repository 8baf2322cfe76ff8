"""Tables and sizes as the commands print them."""

from __future__ import annotations

from collections.abc import Sequence

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


def size_text(size: int) -> str:
    """Bytes as a person reads them."""
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
