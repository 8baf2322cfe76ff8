"""Words that stand below the rows of a CSV file."""

from __future__ import annotations

import re
from typing import Final

_FEWEST_WORDS: Final = 4
_WORD: Final = re.compile(rb"[A-Za-z]{2,}")
_FIGURE: Final = re.compile(rb"[\s\"'$]*[-+]?[0-9][0-9.,:/-]*[\s\"']*")
_TOTALS: Final = frozenset({b"summe", b"gesamt", b"total", b"totals", b"totale", b"sum", b"suma", b"somme"})
"""The beginnings of lines of sums, which have no date."""
_SHOWN: Final = 60


def without_footer(rows: bytes, delimiter: str, columns: int) -> tuple[bytes, list[str]]:
    """The rows without lines of words at their end, such as "Downloaded from ...", and a note where there were any.

    rows: the last of a file. A line that is a row cut short is none: it has a number or a date among its fields, or it
    has few words. A line that begins with the word total is one, whatever its other fields are.
    """
    below: list[bytes] = []
    kept = rows.rstrip()
    while kept:
        start = kept.rfind(b"\n") + 1
        line = kept[start:].strip()
        fields = line.split(delimiter.encode())
        of_words = len(_WORD.findall(line)) >= _FEWEST_WORDS and not any(map(_FIGURE.fullmatch, fields))
        is_total = fields[0].strip(b" \"'").lower() in _TOTALS
        if not (is_total or (of_words and len(fields) < columns)) or kept.count(b'"', 0, start) % 2:
            break
        below.append(line)
        kept = kept[:start].rstrip()
    if not below:
        return rows, []
    count = f"{len(below)} lines" if len(below) > 1 else "a line"
    shown = below[-1][:_SHOWN].decode("utf-8", "replace")
    return kept + b"\n", [f"{count} below its rows passed over, the first is {shown!r}"]
