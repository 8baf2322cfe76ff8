"""Files as a source: CSV of any making, and Parquet, asked like a vendor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from rustybt.calendars import calendar_zone, session_days, session_table
from rustybt.core import DAY_NS, DateLike, datetime_of, frequency_named, is_number
from rustybt.errors import InputError, SourceMalformed
from rustybt.files import (
    STAMP_COLUMNS,
    Dialect,
    Notes,
    Table,
    as_dialect,
    check_zone,
    given_items,
    need_columns,
    parsed_stamps,
    read_pieces,
    text_column,
    unread_columns,
    unread_note,
)
from rustybt.sources._download import download, make_request
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import NUMBERS, ROWS, Page, plain_number
from rustybt.sources._source import Fetched, Progress, Supports, Window

_AROUND: Final = 14
"""Days of sessions beyond the first and last stamp."""
_TRUNCATED: Final = {"week": "1w", "month": "1mo"}


class CSV:
    """Bars in files: one long one with a column symbol, or files and folders named after their symbols.

    path: a file, a folder, a pattern such as data/*.csv.gz, or a list of them; CSV or Parquet.
    frequency: of the bars in it. stamp: what stamps with a time say, the "start" of a bar or its "end"; needed for
        bars below a day. tz: the zone of stamps that name none, and in which start and end are counted; None is the
        calendar's zone for these, and stamps below a day that name none are refused.
    csv: what can't be found out from CSV files: a `rustybt.ingest.Dialect`, or a mapping with its arguments.
    calendar: whose sessions the bars belong to. extended_hours: they go beyond its trading hours.
    pace: only its clock counts. Raises InputError.

    What is asked for comes into memory; `rustybt.ingest(bundle, path)` takes files of any size. A day is that which
    `ingest` takes it for. Columns dividend and split are not read, of two rows with one stamp the later one counts, and
    a symbol with a row that can't be read fails, alone.

    >>> import pathlib, tempfile
    >>> from rustybt.sources import CSV
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ACME.csv"
    >>> _ = path.write_text("date,open,high,low,close,volume\\n2024-01-02,10,11,9,10.5,100\\n")
    >>> CSV(path).fetch(["ACME"], "2024-01-01", "2024-01-31").bars["close"].to_list()
    [Decimal('10.5')]
    """

    name = "csv"

    def __init__(
        self,
        path: str | Path | Sequence[str | Path],
        *,
        frequency: str = "1d",
        stamp: Literal["start", "end"] | None = None,
        tz: str | None = None,
        csv: Dialect | Mapping[str, Any] | None = None,
        calendar: str = "XNYS",
        extended_hours: bool = False,
        pace: Pace | None = None,
    ) -> None:
        length = frequency_named(frequency)
        if length.step_ns is not None and stamp not in ("start", "end"):
            raise InputError(
                f"stamp is {stamp!r}: do the stamps of these bars say when a bar starts, or when it ends? "
                "Pass stamp='start' or stamp='end'."
            )
        self._files = [item for item in given_items(path, "path") if isinstance(item, Path)]
        if not self._files:
            raise InputError(f"path is a {type(path).__name__}. Pass the path of files, or a list of paths.")
        self._dialect = as_dialect(csv)
        self._stamp = stamp
        self._caller = Caller(pace or Pace())
        self._tz = check_zone(tz)
        zone = self._tz or calendar_zone(calendar)
        self.supports = Supports((str(length),), calendar, zone, extended_hours=extended_hours)
        written = [(str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns) for file in self._files]
        told = hashlib.sha256(repr((written, self._dialect, stamp, tz, zone, calendar)).encode()).hexdigest()[:16]
        self.identity = f"csv {told}"

    def vendor_symbol(self, symbol: str) -> str:
        """The name as it stands in the files."""
        return symbol

    def fetch(
        self,
        symbols: Sequence[str],
        start: DateLike,
        end: DateLike | None = None,
        frequency: str = "1d",
        *,
        progress: Callable[[Progress], None] | None = None,
        resume: str | Path | None = None,
    ) -> Fetched:
        """See `Source.fetch`."""
        now = self._caller.clock.now()
        request = make_request(
            self.name, self.supports, symbols, start, end, frequency, now, progress=progress, resume=resume
        )
        held: dict[str, pl.DataFrame] = {}
        notes = Notes()

        def page(symbol: str, window: Window, _cursor: str | None) -> Page:
            if not held:
                held.update(self._rows_of(request.symbols, window, notes))
            rows = held.get(symbol)
            return Page(_checked(symbol, rows) if rows is not None else pl.DataFrame(schema=ROWS))

        fetched = download(request, self._caller, page, {"files": [str(file) for file in self._files]})
        return replace(fetched, notes=(*fetched.notes, *notes))

    def _rows_of(self, symbols: Sequence[str], window: Window, notes: Notes) -> dict[str, pl.DataFrame]:
        """By symbol: `symbol`, `stamp` (null where it can't be read), `text` of it, and numbers as text."""
        pieces = [
            self._wanted(table, symbols, window, notes)
            for file in self._files
            for table in read_pieces(file, "path", self._dialect, notes)
        ]
        found = pl.concat(pieces).partition_by("symbol", as_dict=True)
        return {str(key[0]): frame for key, frame in found.items()}

    def _wanted(self, table: Table, symbols: Sequence[str], window: Window, notes: Notes) -> pl.DataFrame:
        need_columns(table, NUMBERS, "path")
        frame = table.frame
        if unread := unread_columns(frame.columns, carried=False):
            notes.add(unread_note(unread, frame.columns), Path(table.source).name)
        if table.uneven and ("symbol" in frame.columns or table.stem in symbols):
            raise InputError(f"path: {table.uneven[0].message}. Fix the line.")
        name = next((name for name in STAMP_COLUMNS if name in frame.columns), None)
        if name is None or (table.stem is None and "symbol" not in frame.columns):
            raise InputError(
                f"path: {table.source} has neither a column timestamp nor date; it has {', '.join(frame.columns)}. "
                "Name them: csv={'columns': {'Day': 'date'}}."
            )
        if "symbol" in frame.columns:
            symbol = text_column(frame, "symbol")[0]
        else:
            symbol = pl.Series("symbol", [table.stem]).new_from_index(0, frame.height)
        frame = frame.filter(symbol.is_in(list(symbols)))
        symbol = symbol.filter(symbol.is_in(list(symbols)))
        column = text_column(frame, name)[0] if frame.schema[name] == pl.String else frame[name]
        stamps = self._stamps(column, window, table.source)
        numbers = (text_column(frame, number)[0] for number in NUMBERS)
        read = pl.DataFrame([symbol, stamps, column.cast(pl.String).rename("text"), *numbers])
        inside = (pl.col("stamp") >= window.start_ns) & (pl.col("stamp") < window.end_ns)
        return read.filter(inside.fill_null(True))

    def _stamps(self, column: pl.Series, window: Window, source: str) -> pl.Series:
        """The starts of the bars, in UTC nanoseconds; days begin in the source's zone."""
        length, tz = window.frequency, self.supports.tz
        if length.step_ns is not None:
            moments = parsed_stamps(column, daily=False, tz=self._tz, source=source)["instant"]
            return (moments - (length.step_ns if self._stamp == "end" else 0)).alias("stamp")
        day = self._days(parsed_stamps(column, daily=True, tz=self._tz, source=source)).cast(pl.Int32).cast(pl.Date)
        if length.period in _TRUNCATED:
            day = day.dt.truncate(_TRUNCATED[str(length.period)])
        midnight = day.cast(pl.Datetime("ns")).dt.replace_time_zone(tz, ambiguous="earliest", non_existent="null")
        return midnight.dt.convert_time_zone("UTC").to_physical().alias("stamp")

    def _days(self, read: pl.DataFrame) -> pl.Series:
        """The sessions that `ingest` takes the stamps for; null where that is not sure."""
        instants = pl.concat([read["instant"], read["clock"]]).drop_nulls()
        if not len(instants):
            return read["day"]
        first, last = int(instants.min()) // DAY_NS, int(instants.max()) // DAY_NS  # type: ignore[arg-type]
        sessions = session_table(self.supports.calendar, first - _AROUND, last + _AROUND)
        return session_days(read, sessions, at_end=self._stamp == "end")


def _checked(symbol: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as a page has them. Raises SourceMalformed for the first that can't be read."""
    odd = [(~is_number(name) & pl.col(name).is_not_null()).alias(name) for name in NUMBERS]
    bad = rows.with_columns(odd).with_row_index("at")
    first = bad.filter(pl.col("stamp").is_null() | pl.any_horizontal(NUMBERS)).head(1).to_dicts()
    if first:
        at = first[0]["at"]
        what = next((name for name in NUMBERS if first[0][name]), None)
        found = f"{what} {rows[what][at]!r}" if what else f"the stamp {rows['text'][at]!r}"
        when = "" if first[0]["stamp"] is None else f" at {datetime_of(first[0]['stamp'])}"
        raise SourceMalformed(f"{symbol} has {found}{when}, which can't be read. Fix the row, or say how in csv=.")
    exponents = rows.select(pl.any_horizontal(pl.col(name).str.contains("[eE]").any() for name in NUMBERS)).item()
    if exponents:
        rows = rows.with_columns(
            pl.col(name).map_elements(lambda text: plain_number(text, "a number"), return_dtype=pl.String)
            for name in NUMBERS
        )
    return rows.select(*ROWS).cast(ROWS)  # type: ignore[arg-type]
