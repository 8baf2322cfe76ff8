"""The dialect of a CSV file, as far as its reader is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from rustybt.errors import InputError
from rustybt.files._dates import DATES
from rustybt.files._digits import check_marks
from rustybt.files._encoding import check_encoding
from rustybt.files._missing import MISSING

DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The dialect of a CSV file. None means: found out from the file.

    columns: from the file's names to ours ({"Close/Last": "close"}, others keep theirs), or the names of all columns
        in their order, for files without a header; None among them leaves a column out.
    delimiter: what stands between the fields. header: whether the first line names the columns.
    skip_lines: lines before the header or the first row.
    encoding: what the text is written in, as Python names it: "cp1252", "latin-1", "utf-16". None reads UTF-8, and
        UTF-16 where a byte-order mark says so.
    dates: "iso", "us" (07/04/2024), "eu" (04.07.2024, 04/07/2024), "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", or a
        format such as "%d-%b-%Y %H:%M". None reads what has the year first or the month by its name, numbers of 10, 13,
        16 or 19 digits as epochs, and US or European dates where the file's days are such that one of them alone can
        be meant. Columns date and time are joined.
    decimal: "." or ","; with commas points can only group digits. thousands: what groups digits by three, such as ","
        or "'". strip: other characters to take out of numbers; signs of currencies and blanks go anyway.
    missing: in the order of time, what is done where a price or volume is missing: None leaves rows without any price
        out and reports the others, "fail" reports all of them, "skip" leaves all of them out, "forward" takes the row's
        close, else the close before, and a volume of 0; "interpolate" lays a line through the neighbours, which looks
        ahead: a strategy sees a price that was not known then.
    """

    columns: Mapping[str, str] | Sequence[str | None] | None = None
    delimiter: str | None = None
    header: bool | None = None
    skip_lines: int = 0
    dates: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    strip: str | None = None
    missing: Literal["fail", "skip", "forward", "interpolate"] | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("decimal", self.decimal, (".", ",")),
            ("missing", self.missing, MISSING),
        ):
            if value is not None and value not in allowed:
                raise InputError(f"csv: {name} is {value!r}. Pass one of {' '.join(allowed)}.")
        if self.dates is not None and self.dates not in DATES and "%" not in self.dates:
            raise InputError(f"csv: dates is {self.dates!r}. Pass one of {', '.join(DATES)}, or a format with %.")
        decimal = self.decimal or ("," if self.thousands == "." else ".")
        check_marks(decimal, self.thousands or "", self.strip or "")
        if self.delimiter is not None and len(self.delimiter.encode()) != 1:
            raise InputError(f"csv: delimiter is {self.delimiter!r}. Pass one character.")
        if self.encoding is not None:
            object.__setattr__(self, "encoding", check_encoding(self.encoding))


def as_dialect(given: Dialect | Mapping[str, Any] | None) -> Dialect:
    """The dialect as given; a mapping has the arguments of `Dialect`. Raises InputError."""
    if given is None:
        return Dialect()
    if isinstance(given, Dialect):
        return given
    known = [field.name for field in fields(Dialect)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"csv: there is no {', '.join(unknown)}. There are {', '.join(known)}.")
    return Dialect(**given)
