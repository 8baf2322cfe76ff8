"""CSV files piece by piece, however large they are: the same rows and the same notes as of the whole file at once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._dialect import Dialect, form_of, renamed, shaped
from rustybt.files._missing import Filler

BLOCK_BYTES: Final = 8 * 2**20
"""Read and checked at a time: 150,000 rows or so, some 100 MB while they are checked."""
_ROWS: Final = 100_000
_QUOTED: Final = re.compile(r'"[^"]*"')
_LONGEST_QUOTE: Final = 16 * BLOCK_BYTES


class CsvFile:
    """A file as text under our lower-case names.

    Iterating gives frames of at most some hundred thousand rows, as often as it is asked for; `notes` then says what
    was done to the rows. Raises InputError where the file's form can't be told, Polars' errors where it can't be read.
    """

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.notes: tuple[str, ...] = ()
        self._dialect = dialect
        self._header = True

    def __iter__(self) -> Iterator[pl.DataFrame]:
        dialect = self._dialect
        filler = Filler(dialect.missing)
        dates: str | None = None
        if dialect.missing == "interpolate":
            for raw in self._raw():
                filler.look(renamed(raw, dialect, self.path, header=self._header))
        for raw in self._raw():
            frame, dates = shaped(raw, dialect, self.path, header=self._header, dates=dates)
            yield filler.fill(frame)
        self.notes = tuple(f"{self.path.name}: {note}" for note in filler.notes)

    def _raw(self) -> Iterator[pl.DataFrame]:
        if self.path.name.lower().endswith(".zst"):
            return self._unpacked_by_polars()
        return self._blocks()

    def _unpacked_by_polars(self) -> Iterator[pl.DataFrame]:
        lines = pl.scan_csv(
            self.path, has_header=False, infer_schema=False, glob=False, separator="\x01", quote_char=None,
            truncate_ragged_lines=True,
        )  # fmt: skip
        first = next(iter(lines.collect_batches(chunk_size=_ROWS, maintain_order=True)), pl.DataFrame({"line": []}))
        delimiter, self._header = form_of(first.to_series().to_list(), self._dialect, self.path)
        scanned = pl.scan_csv(
            self.path, infer_schema=False, glob=False, separator=delimiter, has_header=self._header,
            skip_rows=self._dialect.skip_lines,
        )  # fmt: skip
        yield from _even(scanned.collect_batches(chunk_size=_ROWS, maintain_order=True))

    def _blocks(self) -> Iterator[pl.DataFrame]:
        names: list[str] = []
        delimiter = ","
        before = 0
        with _opened(self.path) as file:
            for block in _whole_lines(file, self.path):
                if names:
                    schema = dict.fromkeys(names, pl.String())
                    try:
                        yield pl.read_csv(block, has_header=False, schema=schema, separator=delimiter)
                    except pl.exceptions.PolarsError as error:
                        raise _unreadable(block, before, delimiter, len(names), self.path) or error from None
                    before += block.count(b"\n")
                    continue
                _check_encoding(block, self.path)
                lines = block[: 2**16].decode("utf-8-sig", "replace").splitlines()
                delimiter, self._header = form_of(lines, self._dialect, self.path)
                skipped = self._dialect.skip_lines
                try:
                    first = pl.read_csv(
                        block, infer_schema=False, separator=delimiter, has_header=self._header, skip_rows=skipped
                    )
                except pl.exceptions.PolarsError as error:
                    width = lines[skipped].count(delimiter) + 1 if len(lines) > skipped else 0
                    raise _unreadable(block, 0, delimiter, width, self.path, skipped) or error from None
                names = first.columns
                before = block.count(b"\n")
                yield first
        if not names:
            raise InputError(f"{self.path} is empty. Give a file with a header and rows.")


def _check_encoding(block: bytes, path: Path) -> None:
    if block.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path} is written in UTF-16. Save it as UTF-8.")


def _unreadable(
    block: bytes, before: int, delimiter: str, width: int, path: Path, skipped: int = 0
) -> InputError | None:
    """Which line of a block Polars does not read, and why; None where it is none of the known troubles.

    before: lines of the file before the block. width: fields of a line. skipped: lines before the header.
    """
    for number, line in enumerate(block.split(b"\n"), before + 1):
        if number <= skipped:
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            odd = line[error.start : error.start + 1]
            return InputError(
                f"{path}: line {number} is not written in UTF-8 (it has the byte 0x{odd.hex()}). Save the file as "
                "UTF-8; older programs write Windows-1252 or Latin-1."
            )
        fields = _QUOTED.sub("", text).count(delimiter) + 1
        if fields > width and text.count('"') % 2 == 0:
            return InputError(
                f"{path}: line {number} has {fields} fields, and there are {width} columns: {text[:80].strip()!r}. "
                "Mend it; a number with the delimiter in it stands in quotes."
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


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _whole_lines(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """The bytes in blocks that end with a line; a line's end within quotes is none."""
    rest = b""
    while piece := file.read(BLOCK_BYTES):
        block = rest + piece
        cut = _last_end(block)
        if cut:
            yield block[:cut]
        elif len(block) > _LONGEST_QUOTE:
            raise InputError(
                f"{path} has no end of a line outside of quotes within {len(block) // 2**20} MB. "
                "Look for a quotation mark that is not closed."
            )
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
