"""CSV files piece by piece, however large they are: the same rows and the same notes as of the whole file at once."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._archive import Member
from rustybt.files._dialect import Dialect
from rustybt.files._encoding import as_utf8, encoding_of, not_utf8
from rustybt.files._footer import without_footer
from rustybt.files._form import Form, csv_form
from rustybt.files._head import Head, head_of
from rustybt.files._levels import stacked
from rustybt.files._missing import Filler
from rustybt.files._order import LOOKED_AT, TURNED, newest_first
from rustybt.files._reading import Reading, reading_of, shaped
from rustybt.files._turned import Piece, Turned
from rustybt.files._uneven import uneven_lines
from rustybt.files._units import unit_of

BLOCK_BYTES: Final = 8 * 2**20
"""Read and checked at a time: 150,000 rows or so, some 100 MB while they are checked."""
_ROWS: Final = 100_000
_FIRST: Final = 1_000
_LONGEST_QUOTE: Final = 2 * BLOCK_BYTES
_LONGEST_LINE: Final = 16 * BLOCK_BYTES


class CsvFile:
    """A file as text under our lower-case names.

    Iterating gives frames of at most some hundred thousand rows, each with the lines that could not be told apart into
    fields, as often as it is asked for; `notes` then says what was done to the rows. Rows that begin with the newest
    come from the last to the first, before what is missing is filled. `form` says what the file was found to be, from
    the first rows on, `unit` what its prices are whole numbers of, see `unit_of`. Raises InputError where the file's
    form can't be told, Polars' errors where it can't be read.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        self.form: Form | None = None
        self.unit: str | None = None
        self._begins = True
        self._dialect = dialect
        self._encoding = dialect.encoding
        self._head: Head | None = None
        self._reading: Reading | None = None
        self._below: list[str] = []

    def __iter__(self) -> Iterator[Piece]:
        found: list[str] = []
        filler = Filler(self._dialect.missing)
        pieces = self._shaped(found)
        begin = _first_rows(pieces)
        turned = newest_first(pl.concat(frame for frame, _ in begin).head(LOOKED_AT))
        if turned:
            with Turned(begin, pieces) as backwards:
                yield from self._filled(filler, backwards.__iter__)
        elif self._dialect.missing == "interpolate":
            begin.clear()
            yield from self._filled(filler, lambda: self._shaped(found))
        else:
            yield from self._filled(filler, lambda: chain(_taken(begin), pieces))
        self.notes = (*([TURNED] if turned else []), *found, *filler.notes)

    def _filled(self, filler: Filler, pieces: Callable[[], Iterable[Piece]]) -> Iterator[Piece]:
        """pieces: asked for twice where the dialect says "interpolate"."""
        if self._dialect.missing == "interpolate":
            for frame, _ in pieces():
                filler.look(frame)
        for frame, uneven in pieces():
            yield filler.fill(frame), uneven

    def _shaped(self, notes: list[str]) -> Iterator[Piece]:
        for raw, uneven in self._raw():
            if self._reading is None:
                head = self._known_head()
                self._reading = reading_of(head, raw, self._others(), self._dialect, self.path)
                self.form = self._form(raw, head, self._reading)
            if not notes:
                found = self._encoding not in (None, self._dialect.encoding)
                notes += [f"it was read as {self._encoding}, in which its columns have names"] if found else []
                notes += self._reading.notes
            frame = shaped(raw, self._reading, self.path, notes)
            if self._begins:
                dates = self._reading.dates
                self.unit = unit_of(frame.head(_FIRST), frame.columns, header=self._reading.head.header, dates=dates)
                self._begins = False
            yield frame, uneven
        notes += [note for note in self._below if note not in notes]

    def _form(self, raw: pl.DataFrame, head: Head, reading: Reading) -> Form:
        rows = stacked(raw.head(1), head.under)
        named = [reading.names.get(name, "") for name in rows.columns]
        return csv_form(
            rows, named, delimiter=head.delimiter, header=head.header, dates=reading.dates, encoding=self._encoding
        )

    def _others(self) -> Iterator[pl.DataFrame]:
        """The rows after the first piece."""
        return (raw for raw, _ in islice(self._raw(), 1, None))

    def _known_head(self) -> Head:
        if self._head is None:
            raise InputError(f"{self.path} is empty. Pass a file with a header and rows.")
        return self._head

    def _raw(self) -> Iterator[Piece]:
        before = 0
        head: Head | None = None
        blocks = _whole_lines(as_utf8(self._bytes(), self._encoding, self.path), self.path)
        for block, is_last in _with_last(blocks):
            rows = block
            if head is None:
                found = encoding_of(block) if self._encoding is None else None
                if found is not None:
                    self._encoding = found
                    yield from self._raw()
                    return
                self._head = head = head_of(block, self._dialect, self.path)
                rows = head.rows
                before = block.count(b"\n") - rows.count(b"\n")
            lines = rows.count(b"\n")
            if is_last:
                rows, self._below = without_footer(rows, head.delimiter, len(head.names))
            yield self._rows(rows, before, head.delimiter, head.names)
            before += lines
        if head is None:
            raise InputError(f"{self.path} is empty. Pass a file with a header and rows.")

    def _rows(self, block: bytes, before: int, delimiter: str, names: list[str]) -> Piece:
        """The rows of whole lines, and the lines that are none. before: lines of the file before them."""
        try:
            frame = read_rows(block, delimiter, names)
            # Polars fills up what lacks fields; where there are as many delimiters as rows want, none does
            marks = frame.height * (len(names) - 1)
            if not frame.to_series(-1).has_nulls() or block.count(delimiter.encode()) == marks:
                return frame, []
        except pl.exceptions.PolarsError:
            frame = None
        uneven, rest = uneven_lines(block, before, delimiter, len(names), self.path.name)
        if rest is None and frame is not None:
            return frame, uneven
        try:
            return read_rows(block if rest is None else rest, delimiter, names), uneven
        except pl.exceptions.PolarsError:
            raise not_utf8(block, before, self.path) or InputError(
                f"{self.path}: lines {before + 1} to {before + block.count(b'\n') + 1} can't be read as CSV. "
                "Look for quotation marks within fields."
            ) from None

    def _bytes(self) -> Iterator[bytes]:
        if not self.path.name.lower().endswith(".zst"):
            return self._stored_bytes()
        if isinstance(self.path, Member):
            raise InputError(
                f"{self.path} is packed with zst within an archive. Unpack the archive, and pass the files."
            )
        if self._dialect.encoding is not None:
            raise InputError(f"{self.path}: encoding= can't be had with zst. Unpack the file, or pack it with gzip.")
        return self._unpacked_by_polars()

    def _stored_bytes(self) -> Iterator[bytes]:
        with self.path.open("rb") as raw:
            file = gzip.GzipFile(fileobj=raw) if self.path.name.lower().endswith(".gz") else raw
            while piece := file.read(BLOCK_BYTES):
                yield piece

    def _unpacked_by_polars(self) -> Iterator[bytes]:
        """Line by line: nothing else here unpacks zst."""
        lines = pl.scan_csv(
            self.path, has_header=False, schema={"line": pl.String()}, glob=False, separator="\x01", quote_char=None,
            truncate_ragged_lines=True,
        )  # fmt: skip
        for frame in _even(lines.collect_batches(chunk_size=_ROWS, maintain_order=True)):
            text = io.BytesIO()
            frame.write_csv(text, include_header=False, quote_style="never")
            yield text.getvalue()


def _first_rows(pieces: Iterator[Piece]) -> list[Piece]:
    """As many pieces as tell the order of the rows, however the file is cut."""
    begin: list[Piece] = []
    rows = 0
    for piece in pieces:
        begin.append(piece)
        rows += piece[0].height
        if rows >= LOOKED_AT:
            break
    return begin


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last one."""
    held: bytes | None = None
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    if held is not None:
        yield held, True


def _taken(begin: list[Piece]) -> Iterator[Piece]:
    """The pieces, none of them kept longer than it is needed."""
    begin.reverse()
    while begin:
        yield begin.pop()


def read_rows(block: bytes, delimiter: str, names: list[str]) -> pl.DataFrame:
    """Whole lines as rows of text."""
    schema = dict.fromkeys(names, pl.String())
    block = block.lstrip(b"\r\n")  # Polars takes the number of columns from the first line
    if not block:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(block, has_header=False, schema=schema, separator=delimiter)


def _even(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Frames of just `_ROWS` rows, the last one aside, so that they are the same whenever the file is read."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        rows = pl.concat([*held, frame]) if held else frame
        whole = rows.height - rows.height % _ROWS
        yield from (rows.slice(start, _ROWS) for start in range(0, whole, _ROWS))
        held = [rows.slice(whole)]
    yield from (rows for rows in held if rows.height)


def _whole_lines(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """The bytes in blocks that end with a line; a line's end within quotes is none, unless they go on for long."""
    rest = b""
    for piece in pieces:
        block = rest + piece
        cut = _last_end(block)
        if not cut and len(block) > _LONGEST_QUOTE:
            cut = block.rfind(b"\n") + 1
        if cut:
            yield block[:cut]
        elif len(block) > _LONGEST_LINE:
            raise InputError(f"{path} has no end of a line within {len(block) // 2**20} MB. Is it a CSV file?")
        rest = block[cut:]
    if rest:
        yield rest


def _last_end(block: bytes) -> int:
    """The end of the last whole line; 0 where there is none."""
    cut = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, cut)
    while cut and quotes % 2:
        before = block.rfind(b"\n", 0, cut - 1) + 1
        quotes -= block.count(b'"', before, cut)
        cut = before
    return cut
