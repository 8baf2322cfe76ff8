"""Small CSV files of one form that follow each other, as a folder of one file per symbol has them, read in one go.

To judge a file by itself takes milliseconds, however few rows it has. So the first one is judged, and each after it is
looked at as bytes: where it has the same header, and the rows of both have one plain form, nothing that a judgement
rests on differs. A file of any other form is judged by itself.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._csv import read_rows
from rustybt.files._dialect import DELIMITERS, Dialect
from rustybt.files._head import head_of
from rustybt.files._kinds import PLAIN_TEXT
from rustybt.files._marks import Marks
from rustybt.files._names import STAMP_COLUMNS, tick_volume
from rustybt.files._notes import Notes
from rustybt.files._order import TURNED
from rustybt.files._reading import Reading, reading_of, shaped
from rustybt.files._tables import Table, read_pieces, with_lower_names

SMALL_BYTES: Final = 2**16
"""Of a file; in more of them the time goes into the rows."""
TOGETHER_BYTES: Final = 2**21
"""Of the files that are read in one go."""
_NUMBER: Final = rb"-?[0-9]+(?:\.[0-9]+)?"
_DAY: Final = rb"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = re.compile(rb"([T ])[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|\+00:00)?")
_HOURS: Final = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DATE_LENGTH: Final = 10
_THREE_PLACES: Final = re.compile(rb"\.[0-9]{3}(?![0-9])")
"""Digits that points may group, where commas do not stand between fields."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form that small files have in common that are read in one go.

    head: the first line. row: what each other line looks like. place: of the moment among its fields.
    reading: how the first of them is read; nothing in it rests on more than the header.
    """

    head: bytes
    row: re.Pattern[bytes]
    place: int
    delimiter: str
    names: Sequence[str]
    reading: Reading

    def rows_of(self, data: bytes) -> tuple[list[bytes], bool] | None:
        """The lines of a file of this form, oldest first, and whether it begins with the newest; else None."""
        if not data.startswith(self.head):
            return None
        if self.delimiter != "," and _THREE_PLACES.search(data):
            return None
        lines = data[len(self.head) :].splitlines(keepends=True)
        if not lines or not all(map(self.row.fullmatch, lines[:-1])):
            return None
        end = self.head[len(self.head.rstrip(b"\r\n")) :]
        lines[-1] = lines[-1].removesuffix(end) + end
        if not self.row.fullmatch(lines[-1]):
            return None
        mark = self.delimiter.encode()
        moments = [line.split(mark)[self.place].rstrip(b"\r\n") for line in lines]
        if moments[0] <= moments[-1]:
            return lines, False
        # a file that goes back at each step is turned, whatever it is; which else are is for a closer look
        if all(later > earlier for later, earlier in pairwise(moments)) and all(map(_is_day, moments)):
            return lines[::-1], True
        return None


def _is_day(moment: bytes) -> bool:
    try:
        dt.date.fromisoformat(moment[:_DATE_LENGTH].decode())
    except ValueError:
        return False
    return True


def form_of_small(data: bytes, columns: Sequence[str], dialect: Dialect, path: Path) -> Form | None:
    """The form of a file that was judged; None where what others look like could be judged otherwise.

    columns: what its columns are called here.
    """
    plain = replace(dialect, columns=None, delimiter=None, header=None, dates=None)
    if plain != Dialect() or dialect.dates not in (None, "iso") or isinstance(dialect.columns, list | tuple):
        return None
    head = data[: data.find(b"\n") + 1]
    if not head.isascii() or b'"' in head or b"\0" in head:
        return None
    found = head_of(data, dialect, path)
    delimiter, names, rest = found.delimiter, found.names, found.rows
    fields = rest[: rest.find(b"\n") + 1 or len(rest)].rstrip(b"\r\n").split(delimiter.encode())
    if (
        not found.header
        or found.under
        or delimiter not in DELIMITERS
        or data[len(head) :] != rest
        or len(names) != len(fields)
    ):
        return None
    stamps = [at for at, name in enumerate(columns) if name in STAMP_COLUMNS]
    if len(columns) != len(fields) or len(stamps) != 1 or {"time", "symbol", "asset_key"} & set(columns):
        return None
    form = [_NUMBER] * len(fields)
    moment = _moment_form(fields[stamps[0]])
    if moment is None or "volume" not in columns or tick_volume(names):
        return None
    form[stamps[0]] = moment
    end = head[len(head.rstrip(b"\r\n")) :]
    row = re.compile(re.escape(delimiter.encode()).join(form) + re.escape(end))
    try:
        reading = reading_of(found, read_rows(rest, delimiter, names), (), dialect, path)
    except (InputError, pl.exceptions.PolarsError):
        return None
    if reading.dates != "iso" or reading.marks != Marks():
        return None
    return Form(head, row, stamps[0], delimiter, names, reading)


def _moment_form(text: bytes) -> bytes | None:
    """A pattern of moments that are written as this one is."""
    if not re.match(_DAY, text):
        return None
    if len(text) == _DATE_LENGTH:
        return _DAY
    time = _TIME.fullmatch(text[_DATE_LENGTH:])
    if time is None:
        return None
    apart, seconds, zone = time.groups()
    return _DAY + apart + _HOURS + (rb":[0-5][0-9]" if seconds else b"") + re.escape(zone or b"")


class Together:
    """Files of one form that wait to be read in one go."""

    def __init__(self, dialect: Dialect, what: str, notes: Notes) -> None:
        self.form: Form | None = None
        self._dialect = dialect
        self._what = what
        self._notes = notes
        self._files: list[tuple[Path, list[bytes], bool]] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to read them."""
        return self._bytes >= TOGETHER_BYTES

    def takes(self, path: Path, data: bytes) -> bool:
        """Whether a file has the form; then it waits here."""
        stem = path.name[: -len(path.suffix)]
        found = None if self.form is None or not stem or stem != stem.strip() else self.form.rows_of(data)
        if found is None:
            return False
        self._files.append((path, *found))
        self._bytes += len(data)
        return True

    def tables(self) -> Iterator[Table]:
        """Reads what waits."""
        files, self._files, self._bytes = self._files, [], 0
        if len(files) > 1:
            yield self._read(files)
        else:
            for path, *_ in files:
                yield from read_pieces(path, self._what, self._dialect, self._notes)
            return
        reading = None if self.form is None else self.form.reading
        for path, _, turned in files:
            for note in (*([TURNED] if turned else []), *(reading.notes if reading else ())):
                self._notes.add(note, path.name)

    def _read(self, files: Sequence[tuple[Path, list[bytes], bool]]) -> Table:
        form = self.form
        if form is None:
            raise TypeError("files wait without a form")
        block = b"".join(line for _, lines, _ in files for line in lines)
        first, *others = (str(path) for path, *_ in files)
        raw = read_rows(block, form.delimiter, list(form.names))
        frame = shaped(raw, form.reading, files[0][0], [])
        stems = pl.Series("symbol", [path.name[: -len(path.suffix)] for path, *_ in files], dtype=pl.String)
        counts = pl.Series([len(lines) for _, lines, _ in files])
        symbols = stems.to_frame().select(pl.col("symbol").repeat_by(counts).explode()).to_series()
        return Table(with_lower_names(frame, first).with_columns(symbols), first, others=others)


def read_each(
    items: Sequence[Path | pl.DataFrame], what: str, dialect: Dialect, notes: Notes, *, alone: int
) -> Iterator[Table]:
    """As `read_pieces` of one after the other. alone: so many at the beginning come as they are."""
    together = Together(dialect, what, notes)
    for number, item in enumerate(items):
        data = _small(item) if number >= alone else None
        if data is not None and isinstance(item, Path) and together.takes(item, data):
            if together.is_full:
                yield from together.tables()
            continue
        yield from together.tables()
        columns: Sequence[str] = ()
        for table in read_pieces(item, what, dialect, notes):
            columns = table.frame.columns
            yield table
        if data is not None and isinstance(item, Path):
            together.form = form_of_small(data, columns, dialect, item)
    yield from together.tables()


def _small(item: Path | pl.DataFrame) -> bytes | None:
    """All of a small file of text."""
    if not isinstance(item, Path) or item.suffix.lower() not in PLAIN_TEXT:
        return None
    try:
        with item.open("rb") as file:
            data = file.read(SMALL_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= SMALL_BYTES else None
