"""Daily and minute bars from bcolz, as frames that `ingest` takes. A row of nothing but zeros is no bar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.calendars import SessionTable, session_table
from rustybt.core import DAY_NS, MINUTE_NS, date_of, datetime_column, day_of, parse_date
from rustybt.zipline.reader._assets import ZiplineAsset
from rustybt.zipline.reader._bcolz import broken, read_attrs, read_column, read_json
from rustybt.zipline.reader._database import day_of_stamp
from rustybt.zipline.reader._exact import exact_prices

PRICES: Final = ("open", "high", "low", "close")
THOUSANDTHS: Final = 1000
_US_MINUTES: Final = 390
_WEEK: Final = 7
_DEFAULT_CALENDAR: Final = "XNYS"
"""Before calendars were written down, all bundles were on that of New York."""

type Column = npt.NDArray[Any]


@dataclass(slots=True)
class Bars:
    """Bars of one frequency. frames: one or more pieces, each of one asset, whose sids are `owners`. empty_rows: rows
    of zeros; outside: rows that the calendar has no place for; unknown: sids without an asset."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    empty_rows: int = 0
    outside: int = 0
    unknown: set[int] = field(default_factory=set)
    sids: set[int] = field(default_factory=set)
    currencies: dict[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of bars."""
        return sum(frame.height for frame in self.frames)

    def add(
        self, asset: ZiplineAsset, stamp: pl.Series, days: Column, columns: Mapping[str, Column], factors: Factors
    ) -> None:
        """Bars of one asset; columns as stored, rows of zeros among them. days: the session of each row."""
        traded = np.logical_or.reduce([columns[name] != 0 for name in (*PRICES, "volume")])
        self.empty_rows += int(len(traded) - traded.sum())
        if not traded.any():
            return
        self.sids.add(asset.sid)
        self.owners.append(asset.sid)
        kept = {name: column[traded] for name, column in columns.items()}
        self.frames.append(
            pl.DataFrame(
                [
                    symbols_of(asset, days[traded]),
                    pl.Series("asset_key", [asset.key]).new_from_index(0, int(traded.sum())),
                    stamp.filter(pl.Series(traded)),
                    *(exact_prices(name, kept[name], factors[name]) for name in PRICES),
                    exact_prices("volume", kept["volume"], factors["volume"]),
                ]
            )
        )

    def leave_out(self, calendar: str) -> tuple[dt.date, dt.date] | None:
        """Leaves out the rows of which the calendar has no session or minute: Zipline's clock never comes to them.

        Returns the first and the last date of such rows, None where there is none.
        """
        days = [self._days(frame) for frame in self.frames]
        if not days:
            return None
        # a session of minutes may begin on the evening before, and end on the day after
        first, last = min(int(of.min()) for of in days), max(int(of.max()) for of in days)
        table = session_table(calendar, first - _WEEK, last + _WEEK)
        frames, owners, dates = self.frames, self.owners, []
        self.frames, self.owners = [], []
        for frame, owner, of in zip(frames, owners, days, strict=True):
            inside = table.holds_days(of) if "date" in frame.columns else table.holds_minutes(_stamps_of(frame))
            if inside.any():
                self.frames.append(frame if inside.all() else frame.filter(pl.Series(inside)))
                self.owners.append(owner)
            dates.extend(of[~inside].tolist())
        self.outside, self.sids = len(dates), set(self.owners)
        return (date_of(min(dates)), date_of(max(dates))) if dates else None

    @staticmethod
    def _days(frame: pl.DataFrame) -> Column:
        if "date" in frame.columns:
            days: Column = frame["date"].to_physical().to_numpy()
            return days
        return _stamps_of(frame) // DAY_NS

    def whole(self) -> pl.DataFrame:
        """All pieces as one frame of text numbers: pieces may have other numbers of decimals."""
        numbers = [*PRICES, "volume"]
        schemas = {tuple(frame.schema[name] for name in numbers) for frame in self.frames}
        if len(schemas) == 1:
            return pl.concat(self.frames)
        return pl.concat([frame.with_columns(pl.col(numbers).cast(pl.String)) for frame in self.frames])


def _stamps_of(frame: pl.DataFrame) -> Column:
    stamps: Column = frame["timestamp"].to_physical().to_numpy()
    return stamps


type Factors = Mapping[str, int]


def factors_of(price: int, volume: int = 1) -> Factors:
    """What the stored integers are to be divided by."""
    return dict.fromkeys(PRICES, price) | {"volume": volume}


def symbols_of(asset: ZiplineAsset, days: Column) -> pl.Series:
    """The symbol that an asset carried on each of these days since 1970."""
    if len(asset.symbols) == 1:
        return pl.Series("symbol", [asset.symbols[0].symbol]).new_from_index(0, len(days))
    by_day = {int(day): asset.symbol_on(int(day)) for day in np.unique(days)}
    return pl.Series("symbol", [by_day[int(day)] for day in days], dtype=pl.String)


# -- days ------------------------------------------------------------------------------------------------------------


def daily_calendar(table: Path) -> str:
    """The calendar that daily bars were written with."""
    return str(read_attrs(table).get("calendar_name") or _DEFAULT_CALENDAR)


def read_daily(table: Path, assets: Mapping[int, ZiplineAsset]) -> Bars:
    """Daily bars. Raises InputError naming the file that is missing or broken."""
    bars = Bars()
    sids = read_column(table, "id")
    seconds = read_column(table, "day")
    columns = {name: read_column(table, name) for name in (*PRICES, "volume")}
    if {len(column) for column in columns.values()} | {len(seconds)} != {len(sids)}:
        raise broken(table, "its columns differ in length")
    days = (seconds.astype(np.int64) // (24 * 60 * 60)).astype(np.int32)
    starts = np.flatnonzero(np.diff(sids.astype(np.int64), prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(sids)], strict=True):
        asset = assets.get(int(sids[start]))
        if asset is None:
            bars.unknown.add(int(sids[start]))
            continue
        own = {name: column[start:stop] for name, column in columns.items()}
        stamp = pl.Series("date", days[start:stop]).cast(pl.Date)
        bars.add(asset, stamp, days[start:stop], own, factors_of(THOUSANDTHS))
    return bars


# -- minutes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MinuteMetadata:
    """What metadata.json says. ratios: what prices were multiplied by, where an asset has its own."""

    calendar: str
    first_day: int
    last_day: int
    minutes_per_day: int
    ratio: int
    ratios: Mapping[int, int]


def read_metadata(folder: Path) -> MinuteMetadata:
    """The metadata of minute bars, of any version. Raises InputError naming the file."""
    path = folder / "metadata.json"
    said = read_json(path)
    try:
        if "start_session" in said:
            first = day_of(parse_date(said["start_session"], "start_session"))
            last = day_of(parse_date(said["end_session"], "end_session"))
        else:  # before version 2: closes in minutes
            first = day_of(parse_date(said["first_trading_day"], "first_trading_day"))
            last = day_of_stamp(int(said["market_closes"][-1]) * MINUTE_NS) or first
        return MinuteMetadata(
            calendar=str(said.get("calendar_name") or _DEFAULT_CALENDAR),
            first_day=first,
            last_day=last,
            minutes_per_day=int(said.get("minutes_per_day") or _US_MINUTES),
            ratio=int(said["ohlc_ratio"]),
            ratios={int(sid): int(ratio) for sid, ratio in (said.get("ohlc_ratios_per_sid") or {}).items()},
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise broken(path, f"{type(error).__name__}: {error}") from error


def read_minutes(folder: Path, assets: Iterable[ZiplineAsset]) -> Bars:
    """Minute bars: a table per asset, in which every session has the same number of rows, from its first minute on.

    Stamps are the ends of the bars. Raises InputError naming the file that is missing or broken.
    """
    said = read_metadata(folder)
    calendar = session_table(said.calendar, said.first_day, said.last_day)
    bars = Bars()
    for asset in assets:
        table = folder / _place(asset.sid)
        if table.is_dir():
            _add_minutes(bars, table, asset, said, calendar)
    return bars


def _place(sid: int) -> str:
    """Where the table of an asset lies: 1 is 00/00/000001.bcolz."""
    digits = f"{sid:06}"
    return f"{digits[:2]}/{digits[2:4]}/{digits}.bcolz"


def _add_minutes(bars: Bars, table: Path, asset: ZiplineAsset, said: MinuteMetadata, calendar: SessionTable) -> None:
    columns = {name: read_column(table, name) for name in (*PRICES, "volume")}
    length = len(columns["close"])
    if any(len(column) != length for column in columns.values()):
        raise broken(table, "its columns differ in length")
    sessions = -(-length // said.minutes_per_day)
    if sessions > len(calendar.days):
        raise broken(table, f"it has {sessions} sessions, and calendar {said.calendar} has {len(calendar.days)}")
    traded = np.flatnonzero(np.logical_or.reduce([column != 0 for column in columns.values()]))
    bars.empty_rows += length - len(traded)
    session, minute = np.divmod(traded, said.minutes_per_day)
    stamps = calendar.opens[session] + (minute + 1) * MINUTE_NS
    kept = {name: column[traded] for name, column in columns.items()}
    factor = said.ratios.get(asset.sid, said.ratio)
    bars.add(asset, datetime_column("timestamp", stamps), calendar.days[session], kept, factors_of(factor))


def day_stamps(nanoseconds: Column) -> Column:
    """Days since 1970 of stamps in ns."""
    return (nanoseconds.astype(np.int64) // DAY_NS).astype(np.int32)
