"""The bytes of text files as UTF-8, whatever they are written in, piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rustybt.errors import InputError
from rustybt.files._names import is_header, is_known

UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLAIN: Final = ("utf-8", "utf-8-sig", "ascii")
_OTHERS: Final = ("cp1252", "cp1251", "gb18030", "big5", "shift_jis", "euc_kr")
_SNIFFED_BYTES: Final = 2**14
_SNIFFED_LINES: Final = 20
_LOOKED_AT: Final = 1_000
SAY_IT: Final = "csv={'encoding': 'cp1252'}, on the command line --encoding cp1252"


def check_encoding(name: str) -> str:
    """The encoding under Python's name for it. Raises InputError where there is no such encoding of text."""
    try:
        "a".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError, TypeError):
        raise InputError(
            f"csv: encoding is {name!r}, which is none. Pass one such as utf-16, cp1252, latin-1 or shift_jis."
        ) from None


def as_utf8(pieces: Iterator[bytes], encoding: str | None, path: Path) -> Iterator[bytes]:
    """The pieces of a file in UTF-8, without a byte-order mark; lines that end with a carriage return alone, as old
    Macs wrote them, end with a line feed.

    encoding: what they are written in; None means UTF-8, or UTF-16 where a mark says so. What claims to be UTF-8 is not
    checked here. Raises InputError for bytes that the encoding does not know.
    """
    first = next(pieces, b"")
    if encoding in (None, *_PLAIN):
        encoding = "utf-16" if first.startswith(UTF16_MARKS) else None
        if encoding is None and b"\0" in first[:_LOOKED_AT]:
            raise InputError(
                f"{path} has zero bytes in its first lines, as UTF-16 without a mark has. "
                "If it is that, pass csv={'encoding': 'utf-16-le'}, on the command line --encoding utf-16-le."
            )
    whole = _joined(first, pieces)
    texts = whole if encoding is None else _decoded(whole, encoding, path)
    return _with_line_feeds(_without_mark(texts))


def encoding_of(begin: bytes) -> str | None:
    """The encoding of a file whose names of columns are known in one alone; None where that is UTF-8.

    begin: its first bytes, as they are.
    """
    if begin.isascii():
        return None
    lines = begin[:_SNIFFED_BYTES].splitlines()[:_SNIFFED_LINES]
    found = [name for name in _OTHERS if any(_names_columns(line, name) for line in lines if not line.isascii())]
    return found[0] if len(found) == 1 and not any(_names_columns(line, "utf-8") for line in lines) else None


def _names_columns(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    cells = [cell.strip().strip('"') for cell in re.split(r"[,;\t|]", text)]
    return is_header(cells) and any(is_known(cell) for cell in cells if not cell.isascii())


def not_utf8(block: bytes, before: int, path: Path) -> InputError | None:
    """The error for a line that is not UTF-8; None where all are. before: lines of the file before the block."""
    try:
        block.decode()
    except UnicodeDecodeError as error:
        line = before + block.count(b"\n", 0, error.start) + 1
        return InputError(
            f"{path}: line {line} is not written in UTF-8 (it has the byte 0x{block[error.start]:02x}). "
            f"Say what the file is written in: {SAY_IT}; older programs write Windows-1252 or Latin-1, those of East "
            "Asia gb18030, big5, shift_jis or euc_kr."
        )
    return None


def _joined(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from others


def _decoded(pieces: Iterator[bytes], encoding: str, path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            lines += text.count("\n")
            yield text.encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        lines += error.object[: error.start].decode(encoding, "replace").count("\n")
        odd = error.object[error.start : error.start + 1].hex()
        raise InputError(
            f"{path}: line {lines} is not written in {encoding} (it has the byte 0x{odd}). "
            f"Say what the file is written in: {SAY_IT}."
        ) from None


def _without_mark(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        yield piece.removeprefix(codecs.BOM_UTF8) if number == 0 else piece


def _with_line_feeds(pieces: Iterator[bytes]) -> Iterator[bytes]:
    returns_only: bool | None = None
    for piece in pieces:
        if returns_only is None:
            returns_only = b"\r" in piece and b"\n" not in piece
        yield piece.replace(b"\r", b"\n") if returns_only else piece
