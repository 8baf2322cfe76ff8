"""The head of a CSV file, before its rows: title lines, delimiter, header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._dialect import DELIMITERS, Dialect
from rustybt.files._encoding import not_utf8
from rustybt.files._names import is_header

_SNIFFED: Final = 30
_SNIFFED_BYTES: Final = 2**16
_FEWEST: Final = 4
"""Delimiters in a line of bars at least: of a date and four prices."""
_DATA: Final = re.compile(
    r"^[\s\"'$€£]*(?:[-+]?[\d.,:/' \u2019TZ-]*\d[\d.,:/' \u2019TZ+%-]*[KMBT]?"
    r"|\d{1,2}[- /.]?[A-Za-z]{3,9}[- /.,]*\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4})[\s\"'€]*$"
)
"""A number or a date."""
_QUOTED: Final = re.compile(r'"[^"]*"')
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file.

    header: whether a line names the columns, and `names` are those, else column_1 and so on.
    above: lines before the header that say something else. under: the fields of lines between it and the rows, as
    pandas writes columns of several levels. rows: the bytes of the first block that come after all of them.
    """

    delimiter: str
    header: bool
    names: list[str]
    rows: bytes
    above: tuple[str, ...] = ()
    under: tuple[tuple[str, ...], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the lines that were passed over."""
        if not self.above:
            return ()
        count = f"{len(self.above)} lines" if len(self.above) > 1 else "a line"
        return (f"{count} above its header passed over, the first is {self.above[0][:_SHOWN]!r}",)


def head_of(block: bytes, dialect: Dialect, path: Path) -> Head:
    """The beginning of a file. block: its first one. Raises InputError where that can't be told."""
    lines = _lines(block)
    first = [line for line in lines[dialect.skip_lines :][:_SNIFFED] if line.strip()]
    if not first:
        raise InputError(f"{path} is empty. Pass a file with a header and rows.")
    delimiter = dialect.delimiter or _delimiter(first, dialect, path)
    at = 0 if dialect.skip_lines or dialect.header is False else _first_line(first, delimiter)
    header = _has_header(first[at], delimiter) if dialect.header is None else dialect.header
    start = _start_of(block, dialect.skip_lines, at)
    if not header:
        return Head(delimiter, False, _numbered(first[at:], delimiter), block[start:], tuple(first[:at]))
    line = block[start : block.find(b"\n", start) + 1 or len(block)]
    names = _names(line, delimiter, path, block.count(b"\n", 0, start))
    start += len(line)
    under = _under(first[at : at + 3], delimiter, names)
    if under:
        names = [f"column_{number}" for number in range(1, len(names) + 1)]
        for _ in under[1:]:
            start = block.find(b"\n", start) + 1 or len(block)
    return Head(delimiter, True, names, block[start:], tuple(first[:at]), under)


def _lines(block: bytes) -> list[str]:
    return block[:_SNIFFED_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def _start_of(block: bytes, skipped: int, at: int) -> int:
    """The place of a line, counted in lines that are not blank after those that are skipped."""
    start = 0
    for _ in range(skipped):
        start = block.find(b"\n", start) + 1
    while True:
        line = block[start : block.find(b"\n", start) + 1 or len(block)]
        if line.strip():
            if not at:
                return start
            at -= 1
        start += len(line)


def _names(line: bytes, delimiter: str, path: Path, before: int) -> list[str]:
    try:
        text = line.lstrip(b"# ") if line.startswith(b"#") else line
        return pl.read_csv(text, infer_schema=False, separator=delimiter, truncate_ragged_lines=True).columns
    except pl.exceptions.PolarsError:
        raise not_utf8(line, before, path) or InputError(
            f"{path}: its header can't be read: {line[:80].decode('utf-8', 'replace').strip()!r}. Fix it."
        ) from None


def _numbered(rows: Sequence[str], delimiter: str) -> list[str]:
    widths = Counter(text.count(delimiter) + 1 for text in rows if '"' not in text)
    width = widths.most_common(1)[0][0] if widths else rows[0].count(delimiter) + 1
    return [f"column_{number}" for number in range(1, width + 1)]


def cells_of(line: str, delimiter: str) -> list[str]:
    """The fields of a line, quotation marks and blanks aside."""
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def _first_line(lines: Sequence[str], delimiter: str) -> int:
    """The number of the header, or of the first row: titles, addresses and comments may stand before it."""
    for at, line in enumerate(lines):
        if is_header(cells_of(line, delimiter)):
            return at
        if not _is_title(line, delimiter):
            break
    bare = [_QUOTED.sub("", line).count(delimiter) for line in lines]
    width = Counter(bare).most_common(1)[0][0]
    for at, line in enumerate(lines):
        if not _is_title(line, delimiter) or bare[at] >= width:
            # a line of names that is shorter than the rows is one all the same
            return at if at == 0 or bare[at] == width else 0
    return 0


def _is_title(line: str, delimiter: str) -> bool:
    """Whether none of its fields is a number or a date, or it is a comment."""
    return line.startswith("#") or not any(_DATA.match(cell) for cell in line.split(delimiter))


def _has_header(line: str, delimiter: str) -> bool:
    """A line of names has nothing in it that looks like a number or a date."""
    cells = line.split(delimiter)
    return not any(_DATA.match(cell) for cell in cells) or is_header(cells_of(line, delimiter))


def _under(lines: Sequence[str], delimiter: str, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The two lines of tickers and of the index's name that pandas writes under columns of two levels."""
    cells = [cells_of(line, delimiter) for line in lines]
    if len(cells) < 3 or any(len(one) != len(names) for one in cells):
        return ()
    first, second, third = cells
    levels = (first[1:], second[1:])
    of_symbols = any(map(is_header, levels)) and second[0].lower() in (
        "ticker",
        "symbols",
        "symbol",
        "price",
        "attributes",
        "",
    )
    if not of_symbols or any(_DATA.match(cell) for cell in second) or any(third[1:]) or not third[0]:
        return ()
    return tuple(first), tuple(second), tuple(third)


def _delimiter(lines: list[str], dialect: Dialect, path: Path) -> str:
    """The one that stands equally often in every line; quoted text does not count.

    Where some line lacks fields or has too many there is none: then the one that stands equally often in most of them,
    and often enough for the columns of bars. Of several that do a comma comes last: it may stand before decimals.
    """
    bare = [_QUOTED.sub("", line) for line in lines]
    often = {c: Counter(line.count(c) for line in bare if c in line).most_common(1) for c in DELIMITERS}
    alike = {c: (lines_alike, count) for c, most in often.items() for count, lines_alike in most}
    found = {c: count for c, (lines_alike, count) in alike.items() if lines_alike == len(bare)}
    if not found:
        of_bars = {c: both for c, both in alike.items() if both[1] >= _FEWEST}
        most = max((lines_alike for lines_alike, _ in of_bars.values()), default=0)
        found = {c: count for c, (lines_alike, count) in of_bars.items() if lines_alike == most}
    if dialect.decimal == "," and len(found) > 1:
        found.pop(",", None)
    if not found:
        raise InputError(
            f"{path}: no delimiter stands equally often in its first lines, of which the first is {lines[0][:80]!r}. "
            "Name it: csv={'delimiter': ';'}, on the command line --delimiter ';'."
        )
    return max(found, key=lambda candidate: (found[candidate], candidate != ","))
