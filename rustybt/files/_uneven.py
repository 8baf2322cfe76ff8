"""Lines of a CSV file that have more or fewer fields than there are columns: which ones they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_QUOTED: Final = re.compile(rb'"[^"]*"')
_MOST_LINES: Final = 100
"""Of one row, whose quoted text has ends of lines in it."""
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class UnevenLine:
    """A line that can't be told apart into fields.

    file: its name. line: counted from the file's first, which is 1. fields: None where a quotation mark is not closed.
    columns: how many fields it should have. text: as it stands. symbol: what the file's name stands for, where it does.
    """

    file: str
    line: int
    fields: int | None
    columns: int
    text: str
    symbol: str | None = None

    @property
    def message(self) -> str:
        """The fact, in words."""
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}..."
        what = "a quotation mark that is not closed" if self.fields is None else _count(self.fields)
        return f"{self.file}: line {self.line} has {what}, and there are {self.columns} columns: {shown!r}"


def _count(fields: int) -> str:
    return f"{fields} field{'s' if fields != 1 else ''}"


def uneven_lines(
    block: bytes, before: int, delimiter: str, columns: int, file: str
) -> tuple[list[UnevenLine], bytes | None]:
    """The uneven lines of a block, and the block without them; None where there is nothing to leave out.

    before: lines of the file before the block. Lines of blanks go too, without a word.
    A quotation mark that is not closed costs its own line, and not all that come after it.
    """
    mark = delimiter.encode()
    lines = block.split(b"\n")
    odd = [at for at, line in enumerate(lines) if line.count(mark) != columns - 1 or b'"' in line]
    uneven: list[UnevenLine] = []
    out: set[int] = set()
    done = -1
    for at in odd:
        if at <= done:
            continue
        line = lines[at]
        if not line.strip():
            if line.strip(b"\r"):
                out.add(at)
            continue
        last = _row_end(lines, at, mark, columns)
        if last is not None:
            done = last
            continue
        out.add(at)
        fields = None if line.count(b'"') % 2 else _fields(line, mark)
        text = line.decode("utf-8", "replace").rstrip("\r")
        uneven.append(UnevenLine(file, before + at + 1, fields, columns, text))
    if not out:
        return uneven, None
    return uneven, b"\n".join(line for at, line in enumerate(lines) if at not in out)


def _row_end(lines: Sequence[bytes], at: int, mark: bytes, columns: int) -> int | None:
    """The last line of the row that begins with a line; None where it has another number of fields."""
    for last, row in _longer(lines, at):
        if row.count(b'"') % 2 == 0:
            return last if _fields(row, mark) == columns else None
    return None


def _longer(lines: Sequence[bytes], at: int) -> Iterator[tuple[int, bytes]]:
    row = lines[at]
    yield at, row
    for last in range(at + 1, min(at + _MOST_LINES, len(lines))):
        row += b"\n" + lines[last]
        yield last, row


def _fields(row: bytes, mark: bytes) -> int:
    return _QUOTED.sub(b"", row).count(mark) + 1
