"""Zip archives as folders of files, which are read where they lie."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any, Final

from rustybt.errors import InputError
from rustybt.files._kinds import KINDS, kind_of

_ENCRYPTED: Final = 1
_PACKED_AT_MOST: Final = 200
"""Times as large unpacked; texts of prices are 3 to 30 times as large."""
_SMALL: Final = 2**26
_NO_BARS: Final = ("readme", "license", "licence", "changelog", "notice")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class Member(Path):
    """A file within an archive: a path that can be opened for reading, and has no place of its own on the disk."""

    archive: Path
    inner: str

    def with_segments(self, *segments: Any) -> Path:  # type: ignore[override]  # what is made of it is no member
        """Of what is made of this path."""
        return Path(*segments)

    def is_file(self, **_: Any) -> bool:
        """It is one."""
        return True

    def open(self, mode: str = "r", *_: Any, **__: Any) -> IO[Any]:  # type: ignore[override]  # only for reading bytes
        """Its unpacked bytes, which are never more than the archive says."""
        if mode != "rb":
            raise ValueError(f"a file of an archive is opened with 'rb', not {mode!r}")
        with zipfile.ZipFile(self.archive) as archive:
            return archive.open(self.inner)


def members_of(path: Path, what: str) -> list[Path]:
    """The files of tables in an archive, by name. what: the argument's name.

    Raises InputError where there is none, and for what is encrypted, damaged or unpacks to far more than it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = sorted((one for one in archive.infolist() if _is_table(one)), key=lambda one: one.filename)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(f"{what}: {path} can't be read as a zip archive ({error}). Check that it is whole.") from None
    if not found:
        raise InputError(
            f"{what}: {path} has no file in it that is {', '.join(KINDS)}. Archives within archives are not opened."
        )
    for one in found:
        _check(one, path, what)
    members: list[Path] = []
    for one in found:
        member = Member(path, one.filename)
        member.archive, member.inner = path, one.filename
        members.append(member)
    return members


def stored_at(item: Path) -> Path:
    """The file on the disk that holds it."""
    return item.archive if isinstance(item, Member) else item


def _is_table(one: zipfile.ZipInfo) -> bool:
    path = Path(one.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not one.is_dir() and not hidden and kind_of(path) is not None and path.stem.lower() not in _NO_BARS


def _check(one: zipfile.ZipInfo, path: Path, what: str) -> None:
    if one.flag_bits & _ENCRYPTED:
        raise InputError(f"{what}: {path} is encrypted ({one.filename}). Unpack it, and pass the files.")
    if one.compress_type not in _METHODS:
        raise InputError(f"{what}: {path} is packed in a way not known here ({one.filename}). Unpack it.")
    if one.file_size > _SMALL and one.file_size > _PACKED_AT_MOST * max(one.compress_size, 1):
        raise InputError(
            f"{what}: {one.filename} in {path} would be {one.file_size / 2**20:,.0f} MB unpacked, "
            f"{one.file_size // max(one.compress_size, 1):,} times as much as it is. Prices are not packed like that; "
            "if these are, unpack them, and pass the files."
        )
