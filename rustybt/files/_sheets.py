"""How far the first sheet of a workbook reaches, before something asks for the memory of all cells up to the last."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from rustybt.errors import InputError

MOST_CELLS: Final = 50_000_000
_MOST_UNPACKED: Final = 2**30
_BLOCK: Final = 2**20
_LONGEST_TAG: Final = 2**12
_TAG: Final = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])([^>]*)>")
_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]*)([0-9]*)""")
_COLUMNS: Final = 16_384
_BOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SHEET: Final = re.compile(rb"""<(?:\w+:)?sheet\s[^>]*?\w+:id\s*=\s*["']([^"']+)["']""")
_RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE: Final = re.compile(rb"""(\w+)\s*=\s*["']([^"']*)["']""")


def check_sheets(data: bytes, item: Path) -> None:
    """Raises InputError where the sheet that is read would be too large for the memory. data: the whole file.

    The other sheets are not read, and may reach as far as they like. A cell far away from the others is enough: what
    reads a sheet makes a table of all cells between the first and the last one that hold something (ECMA-376, part 1,
    18.3.1.4).
    """
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise InputError(
                f"{item} would be {unpacked / 2**20:,.0f} MB unpacked. Save the sheet as CSV, and pass that."
            )
        first = _first_sheet(archive)
        for name in archive.namelist():
            if "worksheets/" not in name or not name.lower().endswith(".xml") or name != (first or name):
                continue
            with archive.open(name) as sheet:
                rows, columns = _extent(sheet)
            if rows * columns > MOST_CELLS:
                raise InputError(
                    f"{item}: a sheet ({name}) reaches over {rows:,} rows and {columns:,} columns, more than "
                    f"{MOST_CELLS:,} cells. Delete the cells that stand far away from the table, or save it as CSV."
                )


def _first_sheet(archive: zipfile.ZipFile) -> str | None:
    """The file of the first sheet in the order of the workbook (ECMA-376, part 1, 18.2.19); None where it hides."""
    there = archive.namelist()
    if not {_BOOK, _RELATIONS} <= set(there):
        return None
    first = _SHEET.search(archive.read(_BOOK))
    for relation in _RELATION.findall(archive.read(_RELATIONS)):
        about = {name: value.decode(errors="replace") for name, value in _ATTRIBUTE.findall(relation)}
        if first is not None and about.get(b"Id") == first[1].decode(errors="replace"):
            target = about.get(b"Target", "")
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            return path if path in there else None
    return None


def _extent(sheet: IO[bytes]) -> tuple[int, int]:
    """Over how many rows and columns the cells reach that are not empty."""
    row = column = 0
    top = left = 2**62
    bottom = right = 0
    for kind, inside in _tags(sheet):
        place = _PLACE.search(inside)
        letters, digits = place.groups() if place else (b"", b"")
        if kind == b"row":
            row, column = int(digits) if digits else row + 1, 0
            continue
        column = _number(letters) if letters else column + 1
        at = int(digits) if letters and digits else row
        if not inside.endswith(b"/"):
            top, bottom, left, right = min(top, at), max(bottom, at), min(left, column), max(right, column)
    return max(bottom - top + 1, 0), max(right - left + 1, 0)


def _tags(sheet: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The beginnings of rows and cells: which of both, and what stands within the tag."""
    rest = b""
    while block := sheet.read(_BLOCK):
        text, end = rest + block, 0
        for tag in _TAG.finditer(text):
            yield tag[1], tag[2]
            end = tag.end()
        # a tag that is cut in two is looked at with the next block
        rest = text[max(end, len(text) - _LONGEST_TAG) :]


def _number(letters: bytes) -> int:
    """A=1, Z=26, AA=27."""
    number = 0
    for letter in letters.upper()[:4]:
        number = number * 26 + letter - 64
    return min(number, _COLUMNS)
