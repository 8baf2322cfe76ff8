"""The content of a version, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from rustybt.catalog._chains import MONTH, Chains, Unit
from rustybt.core import ASSET_TYPES, PRESETS, Asset, CashDividend, FundingRate, Split, StockDividend, date_of

if TYPE_CHECKING:
    import polars as pl

    from rustybt.calendars import SessionTable

DAILY: Final = "1d"
MINUTE: Final = "1m"
FREQUENCIES: Final = (DAILY, MINUTE)
PRICES: Final = ("open", "high", "low", "close")

type Given = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class SymbolRange:
    """A symbol that an asset carries from one day to another, both included, as days since 1970-01-01."""

    symbol: str
    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """One asset of a version.

    symbols: the names that it carried, oldest first; the last one is its symbol today.
    given: what the caller said of it (name, type, tick_size, start_date as a day, ...); the rest follows from the data.
    first_day, last_day: first and last session with a bar.
    """

    sid: int
    key: str
    symbols: tuple[SymbolRange, ...]
    given: Given
    first_day: int
    last_day: int
    price_scale: int
    volume_scale: int

    @property
    def symbol(self) -> str:
        """The symbol it carries today."""
        return self.symbols[-1].symbol

    def row(self) -> tuple[Any, ...]:
        """The columns of the index's table of assets, from `sid` on; defaults filled in."""
        given = self.given
        tick = "0.01" if self.price_scale <= 2 else format(Decimal((0, (1,), -self.price_scale)), "f")
        return (
            self.sid,
            self.key,
            self.symbol,
            given.get("type") or "equity",
            given.get("name") or self.symbol,
            given.get("exchange") or "",
            given.get("country") or "",
            given.get("currency") or "USD",
            _or(given.get("start_date"), self.first_day),
            _or(given.get("end_date"), self.last_day),
            self.auto_close_day(),
            given.get("tick_size") or tick,
            given.get("quantity_step") or format(PRESETS[str(given.get("type") or "equity")].quantity_step, "f"),
            given.get("multiplier") or "1",
            self.price_scale,
            self.volume_scale,
            given.get("root_symbol") or self._root_symbol(),
            given.get("notice_date"),
            given.get("expiration_date"),
        )

    def auto_close_day(self) -> object:
        """The day given; else, of a future, the earlier one of first notice and expiration."""
        given = self.given
        if given.get("auto_close_date") is not None or given.get("type") != "future":
            return given.get("auto_close_date")
        days = [day for day in (given.get("notice_date"), given.get("expiration_date")) if isinstance(day, int)]
        return min(days, default=None)

    def _root_symbol(self) -> str | None:
        """The letters before month and year in the symbol of a future, as CL in CLF24; None for what is none."""
        if self.given.get("type") != "future":
            return None
        found = re.fullmatch(r"(.+?)[FGHJKMNQUVXZ]\d{1,4}", self.symbol)
        return found[1] if found else self.symbol


def _or(value: object, default: int) -> object:
    return default if value is None else value


def asset_from_row(row: tuple[Any, ...], symbol: str | None = None) -> Asset:
    """An asset from the columns that `AssetRecord.row` gives, under the symbol it was looked up by."""
    start, end, auto_close = row[8:11]
    more: dict[str, Any] = {}
    if row[3] == "future":
        root_symbol, notice, expiration = row[16:19]
        more = {
            "root_symbol": root_symbol or row[2],
            "notice_date": None if notice is None else date_of(notice),
            "expiration_date": None if expiration is None else date_of(expiration),
        }
    return ASSET_TYPES[row[3]](
        sid=row[0],
        key=row[1],
        symbol=symbol or row[2],
        name=row[4],
        exchange=row[5],
        country=row[6],
        currency=row[7],
        start_date=date_of(start),
        end_date=date_of(end),
        auto_close_date=None if auto_close is None else date_of(auto_close),
        tick_size=Decimal(row[11]),
        quantity_step=Decimal(row[12]),
        multiplier=Decimal(row[13]),
        price_scale=row[14],
        volume_scale=row[15],
        first_day=start,
        last_day=end,
        **more,
    )


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of rows of one asset within a part: `count` rows from `offset` on, stamped first to last (ns UTC)."""

    sid: int
    offset: int
    count: int
    first: int
    last: int


type Extents = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The runs of rows of a part as columns, which are read and written at once: sids, offsets, counts, first and last
stamps, as `Extent` has them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a version. Its rows are sorted by (sid, stamp).

    checksum: SHA-256 of the file; None where an earlier RustyBT wrote it.
    """

    file: str
    frequency: str
    period: str
    rows: int
    size: int
    price_scale: int
    volume_scale: int
    extents: Extents
    checksum: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rows:
    """Bars of one frequency on their way into a part: `ROW_SCHEMA` columns, sorted by (sid, stamp).

    Prices and volume may be Int64 where that is enough.
    """

    frequency: str
    frame: pl.DataFrame
    price_scale: int
    volume_scale: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Block:
    """Rows of one period that become one part. read: reads them, as often as it is called."""

    period: str
    first_sid: int
    last_sid: int
    read: Callable[[], Rows]


class NewRows(Protocol):
    """Bars of one frequency that a new version adds, at one pair of scales.

    blocks: ascending by period, within it by (sid, stamp); an asset may reach over several.
    """

    @property
    def frequency(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def price_scale(self) -> int: ...
    @property
    def volume_scale(self) -> int: ...
    @property
    def blocks(self) -> Sequence[Block]: ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Content:
    """All that a new version holds beyond the bars that it takes over from the previous one.

    assets, splits, dividends, stock_dividends, funding: all of the version's, those taken over included.
    rows: the bars that are new; corrects: they take the place of stored ones. input: as in `Manifest`.
    quarantine: rows that were kept out, as text. left_out: as in `Manifest`.
    """

    calendar: SessionTable
    assets: tuple[AssetRecord, ...]
    splits: tuple[Split, ...]
    dividends: tuple[CashDividend, ...]
    rows: tuple[NewRows, ...]
    provenance: Mapping[str, Any]
    quarantine: pl.DataFrame | None = None
    stock_dividends: tuple[StockDividend, ...] = ()
    funding: tuple[FundingRate, ...] = ()
    left_out: tuple[tuple[str | None, str, str, int], ...] = ()
    input: str | None = None
    corrects: bool = False


type Digests = dict[str, dict[str, dict[str, str]]]
"""SHA-256 of the bars, by frequency, asset key and year."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Manifest:
    """A version but for its bars, as manifest.json and calendar.parquet hold it."""

    bundle: str
    version: str
    created_ns: int
    hash: str
    calendar: SessionTable
    assets: tuple[AssetRecord, ...]
    splits: tuple[Split, ...]
    dividends: tuple[CashDividend, ...]
    parts: tuple[Part, ...]
    digests: Digests
    provenance: Mapping[str, Any]
    quarantine: str | None = None
    ranges: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """By frequency: first session, last session, number of rows."""
    stock_dividends: tuple[StockDividend, ...] = ()
    funding: tuple[FundingRate, ...] = ()
    left_out: tuple[tuple[str | None, str, str, int], ...] = ()
    """Symbol, frequency, rule, and how many findings of it kept rows out, of this version and those before."""
    input: str | None = None
    """SHA-256 of the input, where nothing was found in it: the same input makes the same version."""
    corrected: Mapping[str, Any] | None = None
    """None unless bars of an earlier version were corrected: its id as `version`, and `bars`, how many by frequency."""
    chains: Chains = field(default_factory=dict)
    """Where an append goes on with the digests."""
    unit: Unit = MONTH
    """What a digest is a chain of."""
