"""CSV files piece by piece, however large they are: the same rows and the same notes as of the whole file at once."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._archive import Member
from rustybt.files._dialect import Dialect, form_of, names_here, shaped
from rustybt.files._encoding import SAY_IT, as_utf8
from rustybt.files._form import Form, csv_form
from rustybt.files._missing import Filler
from rustybt.files._order import LOOKED_AT, TURNED, newest_first
from rustybt.files._turned import Piece, Turned
from rustybt.files._uneven import uneven_lines

BLOCK_BYTES: Final = 8 * 2**20
"""Read and checked at a time: 150,000 rows or so, some 100 MB while they are checked."""
_ROWS: Final = 100_000
_LONGEST_QUOTE: Final = 2 * BLOCK_BYTES
_LONGEST_LINE: Final = 16 * BLOCK_BYTES
_SNIFFED_BYTES: Final = 2**16


class CsvFile:
    """A file as text under our lower-case names.

    Iterating gives frames of at most some hundred thousand rows, each with the lines that could not be told apart into
    fields, as often as it is asked for; `notes` then says what was done to the rows. Rows that begin with the newest
    come from the last to the first, before what is missing is filled. `form` says what the file was found to be, from
    the first rows on. Raises InputError where the file's form can't be
    told, Polars' errors where it can't be read.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        self.form: Form | None = None
        self._dialect = dialect
        self._header = True
        self._delimiter = ","

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
        dates: str | None = None
        for raw, uneven in self._raw():
            frame, dates = shaped(raw, self._dialect, self.path, header=self._header, dates=dates, notes=notes)
            if self.form is None:
                self.form = self._form(raw, dates)
            yield frame, uneven

    def _form(self, raw: pl.DataFrame, dates: str | None) -> Form:
        named = names_here(raw, self._dialect, self.path, header=self._header)
        encoding = self._dialect.encoding
        return csv_form(raw, named, delimiter=self._delimiter, header=self._header, dates=dates, encoding=encoding)

    def _raw(self) -> Iterator[Piece]:
        names: list[str] = []
        before = 0
        for block in _whole_lines(as_utf8(self._bytes(), self._dialect.encoding, self.path), self.path):
            rows = block
            if not names:
                self._delimiter, self._header, names, rows = head_of(block, self._dialect, self.path)
                before = block.count(b"\n") - rows.count(b"\n")
            yield self._rows(rows, before, self._delimiter, names)
            before += rows.count(b"\n")
        if not names:
            raise InputError(f"{self.path} is empty. Give a file with a header and rows.")

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
            raise _not_utf8(block, before, self.path) or InputError(
                f"{self.path}: lines {before + 1} to {before + block.count(b'\n') + 1} can't be read as CSV. "
                "Look for quotation marks within fields."
            ) from None

    def _bytes(self) -> Iterator[bytes]:
        if not self.path.name.lower().endswith(".zst"):
            return self._stored_bytes()
        if isinstance(self.path, Member):
            raise InputError(
                f"{self.path} is packed with zst within an archive. Unpack the archive, and give the files."
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


def head_of(block: bytes, dialect: Dialect, path: Path) -> tuple[str, bool, list[str], bytes]:
    """Delimiter, whether there is a header, the names of the columns, and the rows that come after them.

    block: the file's first one. Raises InputError where that can't be told.
    """
    lines = block[:_SNIFFED_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    delimiter, header = form_of(lines, dialect, path)
    start = 0
    for _ in range(dialect.skip_lines):
        start = block.find(b"\n", start) + 1
    while not (line := block[start : block.find(b"\n", start) + 1 or len(block)]).strip():
        start += len(line)
    if header:
        try:
            found = pl.read_csv(line, infer_schema=False, separator=delimiter, truncate_ragged_lines=True)
        except pl.exceptions.PolarsError:
            raise _not_utf8(line, block.count(b"\n", 0, start), path) or InputError(
                f"{path}: its header can't be read: {line[:80].decode('utf-8', 'replace').strip()!r}. Mend it."
            ) from None
        return delimiter, header, found.columns, block[start + len(line) :]
    rows = [text for text in lines[dialect.skip_lines :] if text.strip()]
    widths = Counter(text.count(delimiter) + 1 for text in rows if '"' not in text)
    width = widths.most_common(1)[0][0] if widths else rows[0].count(delimiter) + 1
    return delimiter, header, [f"column_{number}" for number in range(1, width + 1)], block[start:]


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


def _not_utf8(block: bytes, before: int, path: Path) -> InputError | None:
    """Which line of a block is not UTF-8; None where all are. before: lines of the file before the block."""
    try:
        block.decode()
    except UnicodeDecodeError as error:
        line = before + block.count(b"\n", 0, error.start) + 1
        return InputError(
            f"{path}: line {line} is not written in UTF-8 (it has the byte 0x{block[error.start]:02x}). "
            f"Say what the file is written in: {SAY_IT}; older programs write Windows-1252 or Latin-1."
        )
    return None


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
    """Where the last line ends that is whole; 0 where none is."""
    cut = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, cut)
    while cut and quotes % 2:
        before = block.rfind(b"\n", 0, cut - 1) + 1
        quotes -= block.count(b'"', before, cut)
        cut = before
    return cut
