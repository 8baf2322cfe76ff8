"""The bars that the caller gave, as one frame of integers with the text they came from; and what the checks found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.calendars import SessionTable, session_table, stored_span
from rustybt.catalog import DAILY, PRICES
from rustybt.core import WITHOUT_VOLUME, frequency_named
from rustybt.errors import InputError
from rustybt.files import (
    ADJUSTED_CLOSES,
    FRAME_ROWS,
    Dialect,
    Notes,
    Table,
    UnevenLine,
    given_items,
    is_blank,
    place_of,
    read_each,
    text_column,
    unread_columns,
    unread_note,
)
from rustybt.ingest._actions import ActionRow
from rustybt.ingest._adjusted import adjusted_closes
from rustybt.ingest._carried import carried_rows
from rustybt.ingest._numbers import plain_text, scale_of_plain, scaled_columns
from rustybt.ingest._one_table import NUMBERS, SAID, Reading, named, of_closes, one_table, symbol_column
from rustybt.ingest._spacing import LongerBars, Spacing, spacing_of
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
    unreadable_stamp,
    unsure_stamp,
)

_MOMENTS: Final = ("day", "instant", "clock")
_VOLUME: Final = ("volume",)
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
    splits, dividends: what columns of the bars said of them. adjusted: `row` and the adjusted close as text, where
    actions are to be made of it.
    """

    frame: pl.DataFrame
    found: pl.DataFrame
    calendar: SessionTable
    price_scale: int
    volume_scale: int
    splits: list[ActionRow] = field(default_factory=list)
    dividends: list[ActionRow] = field(default_factory=list)
    adjusted: pl.DataFrame | None = None


class BarReader:
    """Reads, converts and checks everything that can be checked without knowing what is stored.

    Iterating gives the bars piece by piece, as often as it is asked for. notes: what was done to the rows of files and
    frames, and what in them is not read, as far as they were read. uneven: lines of CSV files that are no rows, since
    the caller last emptied it.
    kinds: what is known of the symbols, see `kinds_by_symbol`; some kinds need no column volume.
    length_told: somebody said that days are days; else LongerBars is raised where they are weeks or months.
    """

    def __init__(
        self,
        source: Any,
        *,
        frequency: str,
        calendar: str,
        stamped: str | None,
        symbols: Symbols,
        how: Reading,
        dialect: Dialect | None = None,
        length_told: bool = True,
    ) -> None:
        self.notes = Notes()
        self.uneven: list[UnevenLine] = []
        self.kinds: tuple[dict[str, str], str | None] = ({}, None)
        self._items = given_items(source, "bars")
        self._length = frequency_named(frequency)
        self._calendar_name = calendar
        self._stamped = stamped
        self._symbols = _checked(symbols)
        self._how = how
        self._dialect = dialect or Dialect()
        self._length_told = length_told
        self._longer: dict[str, Spacing] = {}
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
        # those that are read together are named after their files
        alone = _SPACED if self._how.symbol is None else len(self._items)
        for read in read_each(self._items, "bars", self._dialect, self.notes, alone=alone):
            self._note_unread(read)
            table = self._with_volume(of_closes(named(read, self._how), self._how, self.notes))
            piece = one_table(table, offset, self._how, daily=self._length.by_session, notes=self.notes)
            self._note_spacing(piece[0], read)
            offset += piece[0].height
            self._take_uneven(table)
            yield piece
        self._check_longer()

    def _note_unread(self, table: Table) -> None:
        columns = table.frame.columns
        unread = [
            name
            for name in unread_columns(columns, carried=True)
            if self._how.adj_close is None or name not in ADJUSTED_CLOSES
        ]
        if unread:
            for source in (table.source, *table.others):
                self.notes.add(unread_note(unread, columns), Path(source).name)

    def _note_spacing(self, rows: pl.DataFrame, table: Table) -> None:
        """Of the first tables: the others will be of their kind. Raises LongerBars where all are weeks or months."""
        if self._length.period != "session" or self._spaced >= _SPACED:
            return
        self._spaced += 1
        found = spacing_of(rows, table.source, told=self._length_told)
        if found is not None:
            self._length_told = self._length_told or not found.is_sure or found.frequency == DAILY
            self._longer[Path(table.source).name] = found
            self._note_longer()
        if self._spaced == _SPACED:
            self._check_longer()

    def _note_longer(self) -> None:
        """Says of tables that look like weeks or months that they are stored as days, once it is known."""
        if self._length_told:
            for name, found in self._longer.items():
                if found.note:
                    self.notes.add(found.note, name)

    def _check_longer(self) -> None:
        lengths = {found.frequency for found in self._longer.values()}
        if not self._length_told and len(lengths) == 1:
            raise LongerBars(*lengths)
        self._length_told = True
        self._note_longer()

    def _with_volume(self, table: Table) -> Table:
        """The table with a volume of 0 where it has none, and all of its symbols are of kinds that have none.

        A column that is blank in all rows is none; of other kinds these rows are findings.
        """
        is_there = "volume" in table.frame.columns
        if is_there and not is_blank(table.frame["volume"]):
            return table
        kinds, of_all = self.kinds
        symbols = _selected(symbol_column(table).unique().drop_nulls().to_frame(), self._symbols).to_series().to_list()
        with_it = sorted(symbol for symbol in symbols if kinds.get(symbol, of_all) not in WITHOUT_VOLUME)
        if with_it and is_there:
            return table
        if with_it:
            raise InputError(
                f"{place_of(table, 'bars')} has no column volume; it has {', '.join(table.frame.columns)}. Rename its "
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
        bars = _with_integers(frame, findings, calendar, self._how)
        return replace(bars, splits=splits, dividends=dividends, adjusted=adjusted_closes(carried))


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
    """The columns that `parsed_stamps` read."""
    return frame.select(name for name in _MOMENTS if name in frame.columns)


def _where_unsure(moments: pl.DataFrame, stamp: pl.Series) -> pl.Series:
    """Whether a stamp could be read, and leaves open which session it means."""
    if not stamp.null_count():
        return pl.Series([False]).new_from_index(0, len(stamp))
    names = [name for name in moments.columns if name != "day"]
    return moments.select(pl.any_horizontal(pl.col(name).is_not_null() for name in names)).to_series() & stamp.is_null()


def _joined(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


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


def _with_integers(frame: pl.DataFrame, findings: list[pl.DataFrame], calendar: SessionTable, how: Reading) -> Bars:
    price_decimals = how.price_decimals
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
    prices, price_scale = scaled_columns(
        frame, PRICES, good, round_to=price_decimals, places=plain[PRICES], factor=how.price_scale
    )
    volume, volume_scale = scaled_columns(frame, _VOLUME, good, places=plain[_VOLUME])
    said = [name for name in NUMBERS if f"{name}{SAID}" in frame.columns]
    frame = frame.drop(said).rename({f"{name}{SAID}" if name in said else name: f"{name}_text" for name in NUMBERS})
    frame = frame.hstack(prices).hstack(volume)
    findings += [not_above_zero(frame), outside_of_range(frame), negative_volume(frame)]
    return Bars(frame, pl.concat(findings), calendar, price_scale, volume_scale)


# -- the calendar's span ---------------------------------------------------------------------------------------------


def spanning_table(name: str, span: tuple[int, int] | None) -> SessionTable:
    """The sessions that are stored with data from span[0] to span[1], see `stored_span`."""
    if span is None:
        raise InputError("bars has no stamp that can be read. Write them like 2024-07-04 or 2024-07-04T14:30:00Z.")
    return session_table(name, *stored_span(*span))
