"""The bars that the caller gave, as one frame of integers with the text they came from; and what the checks found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.calendars import SessionTable, session_table, stored_span
from rustybt.catalog import PRICES
from rustybt.core import WITHOUT_VOLUME, frequency_named
from rustybt.errors import InputError
from rustybt.files import (
    FRAME_ROWS,
    STAMP_COLUMNS,
    Dialect,
    Notes,
    Table,
    UnevenLine,
    check_dates,
    given_items,
    need_columns,
    parsed_stamps,
    read_each,
    text_column,
    unread_columns,
    unread_note,
)
from rustybt.ingest._actions import ActionRow
from rustybt.ingest._carried import CARRIED, carried_rows
from rustybt.ingest._numbers import exact_floats, is_exact, plain_text, scale_of_plain, scaled_columns, without_noise
from rustybt.ingest._spacing import check_spacing
from rustybt.ingest._stamps import day_span, final_stamps
from rustybt.validation import (
    beyond_the_digits,
    found,
    negative_volume,
    not_a_number,
    not_above_zero,
    nothing_found,
    outside_of_calendar,
    outside_of_range,
    too_precise_for_float,
    unreadable_stamp,
    unsure_stamp,
)

_MOMENTS: Final = ("day", "instant", "clock")
_VOLUME: Final = ("volume",)
_NUMBERS: Final = (*PRICES, *_VOLUME)
_SAID: Final = "_said"
"""Ends the names of columns of floats that stand beside the same numbers as decimals."""
_SPACED: Final = 20
"""Tables whose rows are looked at for how far they are apart."""

type Symbols = Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Some bars on their way in.

    frame: `row` (position in the input), `symbol`, `asset_key` (null where not given), `stamp` (ns UTC), prices and
    volume (integers at the scales, Int64 where that is enough, else Int128), and what they were read from:
    `stamp_text`, `open_text`, ..., text or what has the same text.
    found: what the checks found that need no more than these rows.
    calendar: a table that reaches over all of the stamps, these and those before.
    splits, dividends: what columns of the bars said of them.
    """

    frame: pl.DataFrame
    found: pl.DataFrame
    calendar: SessionTable
    price_scale: int
    volume_scale: int
    splits: list[ActionRow]
    dividends: list[ActionRow]


class BarReader:
    """Reads, converts and checks everything that can be checked without knowing what is stored.

    Iterating gives the bars piece by piece, as often as it is asked for. notes: what was done to the rows of files and
    frames, and what in them is not read, as far as they were read. uneven: lines of CSV files that are no rows, since
    the caller last emptied it.
    kinds: what is known of the symbols, see `kinds_by_symbol`; some kinds need no column volume.
    """

    def __init__(
        self,
        source: Any,
        *,
        frequency: str,
        calendar: str,
        stamped: str | None,
        tz: str | None,
        symbols: Symbols,
        price_decimals: int | None,
        dialect: Dialect | None = None,
    ) -> None:
        self.notes = Notes()
        self.uneven: list[UnevenLine] = []
        self.kinds: tuple[dict[str, str], str | None] = ({}, None)
        self._items = given_items(source, "bars")
        self._length = frequency_named(frequency)
        self._calendar_name = calendar
        self._stamped = stamped
        self._tz = tz
        self._symbols = _checked(symbols)
        self._price_decimals = price_decimals
        self._dialect = dialect or Dialect()
        self._any_uneven = False
        self._spaced = 0

    def __iter__(self) -> Iterator[Bars]:
        self.notes.clear()
        self.uneven.clear()
        self._any_uneven = False
        missing = set(self._symbols) if self._symbols is not None else set()
        calendar: SessionTable | None = None
        span: tuple[int, int] | None = None
        rows = 0
        for frame, findings, carried in _packed(self._tables()):
            missing -= set(frame["symbol"].unique().to_list())
            chosen = _selected(frame, self._symbols)
            if not chosen.height:
                continue
            rows += chosen.height
            wider = _joined(span, day_span(_moments(chosen)))
            if calendar is None or wider != span:
                calendar, span = spanning_table(self._calendar_name, wider), wider
            yield self._bars(chosen, findings, carried, calendar)
        if missing:
            raise InputError(f"bars has no rows of {', '.join(sorted(missing)[:5])}. Check the spelling of symbols=.")
        if not rows and not self._any_uneven:
            raise InputError("bars holds no rows. Check the input.")

    def _tables(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]]:
        offset = 0
        for read in read_each(self._items, "bars", self._dialect, self.notes, alone=_SPACED):
            self._note_unread(read)
            table = self._with_volume(read)
            rounded = self._price_decimals is not None
            piece = _one_table(
                table, offset, daily=self._length.by_session, tz=self._tz, rounded=rounded, notes=self.notes
            )
            self._note_spacing(piece[0], read)
            offset += piece[0].height
            self._take_uneven(table)
            yield piece

    def _note_unread(self, table: Table) -> None:
        columns = table.frame.columns
        unread = unread_columns(columns, carried=True)
        if unread:
            for source in (table.source, *table.others):
                self.notes.add(unread_note(unread, columns), Path(source).name)

    def _note_spacing(self, rows: pl.DataFrame, table: Table) -> None:
        """Of the first tables: the others will be of their kind."""
        if self._length.period == "session" and self._spaced < _SPACED:
            self._spaced += 1
            note = check_spacing(rows, table.source)
            if note:
                self.notes.add(note, Path(table.source).name)

    def _with_volume(self, table: Table) -> Table:
        """The table with a volume of 0 where it has none, and all of its symbols are of kinds that have none."""
        if "volume" in table.frame.columns:
            return table
        kinds, of_all = self.kinds
        symbols = _selected(_symbol_column(table).unique().drop_nulls().to_frame(), self._symbols).to_series().to_list()
        with_it = sorted(symbol for symbol in symbols if kinds.get(symbol, of_all) not in WITHOUT_VOLUME)
        if with_it:
            raise InputError(
                f"bars: {table.source} has no column volume; it has {', '.join(table.frame.columns)}. Rename its "
                f"columns; or if {', '.join(with_it[:3])} have no volume, say what they are: "
                "assets={'type': 'forex'} or 'index', on the command line --type."
            )
        volume = pl.Series("volume", ["0"], dtype=pl.String).new_from_index(0, table.frame.height)
        return replace(table, frame=table.frame.with_columns(volume))

    def _take_uneven(self, table: Table) -> None:
        """Keeps the lines that are none of a file's rows, but for those of a symbol that nobody asked for."""
        if not table.uneven:
            return
        symbol = None if "symbol" in table.frame.columns else table.stem
        if symbol is not None and self._symbols is not None and symbol not in self._symbols:
            return
        named = self._symbols[symbol] if symbol is not None and isinstance(self._symbols, Mapping) else symbol
        self.uneven += [replace(line, symbol=named) for line in table.uneven] if named else table.uneven
        self._any_uneven = True

    def _bars(
        self, frame: pl.DataFrame, findings: list[pl.DataFrame], carried: list[pl.DataFrame], calendar: SessionTable
    ) -> Bars:
        length = self._length
        moments = _moments(frame)
        starts, ends = self._stamped == "start", self._stamped == "end"
        stamp = final_stamps(moments, length, calendar, start_stamped=starts, end_stamped=ends)
        frame = frame.drop(moments.columns).with_columns(stamp)
        unsure = _where_unsure(moments, stamp)
        findings = [
            *findings,
            found(frame, pl.col("symbol").is_null(), "symbol", "symbol", "the row has no symbol"),
            unsure_stamp(frame.filter(unsure), calendar.name),
            unreadable_stamp(frame.filter(~unsure)),
            outside_of_calendar(frame, calendar, length),
        ]
        splits, dividends = carried_rows(carried, frame, calendar, daily=length.by_session)
        return _with_integers(frame, findings, calendar, self._price_decimals, splits, dividends)


def _packed(
    pieces: Iterator[tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]],
) -> Iterator[tuple[pl.DataFrame, list[pl.DataFrame], list[pl.DataFrame]]]:
    """Small tables together: what is done for each piece costs as much as a thousand rows."""
    frames: list[pl.DataFrame] = []
    findings = [nothing_found()]
    carried: list[pl.DataFrame] = []
    rows = 0
    for frame, precision, actions in pieces:
        if frames and (rows + frame.height > FRAME_ROWS or frames[-1].schema != frame.schema):
            yield pl.concat(frames, rechunk=True), findings, carried
            frames, findings, carried, rows = [], [nothing_found()], [], 0
        frames.append(frame)
        rows += frame.height
        findings.append(precision)
        carried += actions
    if frames:
        yield pl.concat(frames, rechunk=True), findings, carried


def _moments(frame: pl.DataFrame) -> pl.DataFrame:
    """What `parsed_stamps` read."""
    return frame.select(name for name in _MOMENTS if name in frame.columns)


def _where_unsure(moments: pl.DataFrame, stamp: pl.Series) -> pl.Series:
    """Where a stamp could be read, and leaves open which session it means."""
    if not stamp.null_count():
        return pl.Series([False]).new_from_index(0, len(stamp))
    names = [name for name in moments.columns if name != "day"]
    return moments.select(pl.any_horizontal(pl.col(name).is_not_null() for name in names)).to_series() & stamp.is_null()


def _joined(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def _one_table(
    table: Table, offset: int, *, daily: bool, tz: str | None, rounded: bool, notes: Notes
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
    """One table with canonical columns; its floats that have too many digits; its actions.

    Numbers are text, or exact as they came, which spares the way there and back.
    """
    need_columns(table, _NUMBERS, "bars")
    frame, source = table.frame, Path(table.source).name
    stamps = [name for name in STAMP_COLUMNS if name in frame.columns]
    if not stamps:
        raise InputError(
            f"bars: {table.source} has neither a column timestamp nor date; it has {', '.join(frame.columns)}. "
            "Rename one of them, in a file csv={'columns': {'Day': 'date'}} (--columns Day=date)."
        )
    stamp_column = frame[stamps[0]]
    if stamp_column.dtype in (pl.String, pl.Object, pl.Categorical):
        stamp_column = text_column(frame, stamps[0])[0]
    moments = parsed_stamps(stamp_column, daily=daily, tz=tz, source=table.source)
    check_dates(table, stamp_column, moments)
    columns = [
        pl.int_range(offset, offset + frame.height, eager=True).alias("row"),
        _symbol_column(table),
        _optional_text(frame, "asset_key"),
        stamp_column.rename("stamp_text"),
        *moments,
    ]
    floats = []
    for name in _NUMBERS:
        if not (rounded and name != "volume"):
            if is_exact(frame[name]):
                columns.append(frame[name])
                continue
            exact = exact_floats(frame[name])
            if exact is not None:
                columns += [exact, frame[name].rename(f"{name}{_SAID}")]
                continue
            cleaned = without_noise(frame[name])
            if cleaned is not None:
                columns += [cleaned[0], frame[name].rename(f"{name}{_SAID}")]
                notes.add(f"{name}: the noise of floats was rounded away, at {cleaned[1]} decimals", source)
                continue
        if frame.schema[name] == pl.String:
            columns.append(frame[name])  # blanks around it go where there are any
            continue
        text, is_float = text_column(frame, name)
        columns.append(text)
        if is_float and not (rounded and name != "volume"):
            floats.append(name)
    result = pl.DataFrame(columns)
    precision = too_precise_for_float(result, tuple(floats)) if floats else nothing_found()
    return result, precision, _carried_actions(table, result["row"])


def _symbol_column(table: Table) -> pl.Series:
    if "symbol" in table.frame.columns:
        return text_column(table.frame, "symbol")[0]
    if table.stem is None:
        raise InputError(
            f"bars: {table.source} has no column symbol; it has {', '.join(table.frame.columns)}. Add one; or pass a "
            "mapping such as {'ACME': frame}, or files named after their symbols."
        )
    return pl.Series("symbol", [table.stem], dtype=pl.String).new_from_index(0, table.frame.height)


def _optional_text(frame: pl.DataFrame, name: str) -> pl.Series:
    if name in frame.columns:
        return text_column(frame, name)[0]
    return pl.Series(name, [None], dtype=pl.String).new_from_index(0, frame.height)


def _carried_actions(table: Table, row: pl.Series) -> list[pl.DataFrame]:
    """What the columns dividend and split of Zipline's csvdir say: `row`, `kind`, `value`, `is_float`."""
    carried = []
    for name, nothing in CARRIED.items():
        if name not in table.frame.columns:
            continue
        text, is_float = text_column(table.frame, name)
        number = text.cast(pl.Float64, strict=False)
        none = number.is_in(list(nothing)) | (number.is_nan() if is_float else False)
        says = (text.is_not_null() & ~none.fill_null(False)).to_frame("says")
        frame = pl.DataFrame([row, text.rename("value")]).filter(says["says"])
        carried.append(frame.with_columns(pl.lit(name).alias("kind"), pl.lit(is_float).alias("is_float")))
    return carried


def _checked(symbols: Symbols) -> Symbols:
    if isinstance(symbols, str):
        raise InputError(
            f"symbols is the text {symbols!r}. Pass a list, or a mapping from the source's names to yours."
        )
    return symbols


def _selected(frame: pl.DataFrame, symbols: Symbols) -> pl.DataFrame:
    """Only the symbols asked for, under the names asked for."""
    if symbols is None:
        return frame
    frame = frame.filter(pl.col("symbol").is_in(list(symbols)))
    if isinstance(symbols, Mapping):
        frame = frame.with_columns(pl.col("symbol").replace(dict(symbols)))
    return frame


def _with_integers(
    frame: pl.DataFrame,
    findings: list[pl.DataFrame],
    calendar: SessionTable,
    price_decimals: int | None,
    splits: list[ActionRow],
    dividends: list[ActionRow],
) -> Bars:
    plain = {names: scale_of_plain(frame, names) for names in (PRICES, _VOLUME)}
    names = tuple(name for of_one_scale, scale in plain.items() if scale is None for name in of_one_scale)
    texts = tuple(name for name in names if frame.schema[name] == pl.String)
    frame = frame.with_columns(text_column(frame, name)[0] for name in texts)
    frame = frame.with_columns(
        plain_text(frame[name], round_to=None if name == "volume" else price_decimals) for name in texts
    )
    findings = [*findings, not_a_number(frame, names), beyond_the_digits(frame, texts)]
    unusable = pl.concat(findings).filter(pl.col("rule").is_in(["number", "precision"]))["row"]
    good = ~frame["row"].is_in(unusable.implode()) if unusable.len() else None
    prices, price_scale = scaled_columns(frame, PRICES, good, round_to=price_decimals, places=plain[PRICES])
    volume, volume_scale = scaled_columns(frame, _VOLUME, good, places=plain[_VOLUME])
    said = [name for name in _NUMBERS if f"{name}{_SAID}" in frame.columns]
    frame = frame.drop(said).rename({f"{name}{_SAID}" if name in said else name: f"{name}_text" for name in _NUMBERS})
    frame = frame.hstack(prices).hstack(volume)
    findings += [not_above_zero(frame), outside_of_range(frame), negative_volume(frame)]
    return Bars(frame, pl.concat(findings), calendar, price_scale, volume_scale, splits, dividends)


# -- the calendar's span ---------------------------------------------------------------------------------------------


def spanning_table(name: str, span: tuple[int, int] | None) -> SessionTable:
    """The sessions that are stored with data from span[0] to span[1], see `stored_span`."""
    if span is None:
        raise InputError("bars has no stamp that can be read. Write them like 2024-07-04 or 2024-07-04T14:30:00Z.")
    return session_table(name, *stored_span(*span))
