"""The hash of a version: over logical values, whatever parts, scales and sids they are stored with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable, hashed_span
from rustybt.catalog._bars import RawBars
from rustybt.catalog._chains import MONTH, Unit, YearDigest, chained, periods_of
from rustybt.catalog._content import PRICES, AssetRecord, Digests
from rustybt.core import CashDividend, FundingRate, Split, StockDividend, as_plain_decimal

HELD_ROWS: Final = 2_000_000
"""Of an asset's bars; more of them are read window by window, several times, instead of being held in memory."""

type Column = npt.NDArray[np.int64] | list[int]
type Pieces = Callable[[], Iterable[RawBars]]


def digests_by_year(
    sid: int, bars: RawBars, price_scale: int, volume_scale: int, unit: Unit = MONTH, before: str = ""
) -> Iterator[YearDigest]:
    """The digest of each calendar year (UTC, of the stamp) that the bars of one asset reach into."""
    return digests_of_pieces(sid, lambda: iter([bars]), price_scale, volume_scale, unit, before)


def digests_of_pieces(
    sid: int, pieces: Pieces, price_scale: int, volume_scale: int, unit: Unit = MONTH, before: str = ""
) -> Iterator[YearDigest]:
    """As `digests_by_year`, of bars that come in pieces, ascending.

    They are asked for once, and again several times for each period that has more than `HELD_ROWS` bars.
    """
    links = ((sid, period, _written(bars, price_scale, volume_scale)) for period, bars in _periods(pieces, unit))
    return chained(links, unit, {sid: before})


def _periods(pieces: Pieces, unit: Unit) -> Iterator[tuple[int, Pieces]]:
    """The bars of each period."""
    now, held, rows = 0, list[RawBars](), 0
    for bars in pieces():
        periods = periods_of(bars.stamps, unit) if len(bars) else bars.stamps
        starts = np.flatnonzero(np.diff(periods, prepend=-(2**62)))
        for start, stop in pairwise([*starts.tolist(), len(bars)]):
            if rows and int(periods[start]) != now:
                yield now, _held(held) if rows <= HELD_ROWS else partial(_of_period, pieces, unit, now)
                held, rows = [], 0
            now, rows = int(periods[start]), rows + stop - start
            if rows <= HELD_ROWS:
                held.append(_cut(bars, start, stop))
            else:
                held.clear()
    if rows:
        yield now, _held(held) if rows <= HELD_ROWS else partial(_of_period, pieces, unit, now)


def _held(bars: Sequence[RawBars]) -> Pieces:
    return lambda: bars


def _of_period(pieces: Pieces, unit: Unit, period: int) -> Iterator[RawBars]:
    edges = np.array([period, period + 1], dtype=f"datetime64[{unit}]").astype("datetime64[ns]").astype(np.int64)
    for bars in pieces():
        start, stop = np.searchsorted(bars.stamps, edges).tolist()
        if start < stop:
            yield _cut(bars, start, stop)


def _cut(bars: RawBars, start: int, stop: int) -> RawBars:
    return RawBars.of(bars.stamps[start:stop], [column[start:stop] for column in bars.prices], bars.volume[start:stop])


def _written(pieces: Pieces, price_scale: int, volume_scale: int) -> Iterator[bytes]:
    prices, volumes = _Form(price_scale), _Form(volume_scale)
    for bars in pieces():
        yield bars.stamps.astype("<i8").tobytes()
        prices.look(bars.prices)
        volumes.look([bars.volume])
    for form, names in ((prices, PRICES), (volumes, ("volume",))):
        yield b"%d:" % (form.scale - form.spare)
        between = b""
        for name in names:
            for bars in pieces():
                written, between = form.written(getattr(bars, name), between)
                yield written


class _Form:
    """How some columns are written: at the smallest scale that shows all of them, in 64 bits where that is enough."""

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.spare = scale
        self._low = self._high = 0

    def look(self, columns: Iterable[Column]) -> None:
        """Takes note of some values. spare: of the scale's digits those that none of them needs."""
        for column in columns:
            low, high = (column.min(), column.max()) if isinstance(column, np.ndarray) else (min(column), max(column))
            self._low, self._high = min(self._low, int(low)), max(self._high, int(high))
            while self.spare and _any_digit(column, self.spare):
                self.spare -= 1

    def written(self, column: Column, between: bytes) -> tuple[bytes, bytes]:
        """A column, and what is to stand before the next one. between: what is to stand before this one."""
        unit = 10**self.spare
        if self._low // unit >= -(2**63) and self._high // unit < 2**63:
            if isinstance(column, np.ndarray):
                narrow = column // unit if 1 < unit < 2**63 else column if unit == 1 else np.zeros_like(column)
            else:
                narrow = np.array([value // unit for value in column], dtype=np.int64)
            return narrow.astype("<i8", copy=False).tobytes(), b""
        return between + ",".join(str(int(value) // unit) for value in column).encode(), b","


def _any_digit(column: Column, places: int) -> bool:
    """Whether one of the values has a digit in its last places."""
    if isinstance(column, np.ndarray):
        # 64 bits hold no multiple of 10**19 but zero
        return bool((column % 10**places).any()) if places < 19 else bool(column.any())
    return any(value % 10**places for value in column)


def version_hash(
    calendar: SessionTable,
    assets: Iterable[AssetRecord],
    actions: tuple[Iterable[Split], Iterable[CashDividend], Iterable[StockDividend], Iterable[FundingRate]],
    digests: Digests,
    unit: Unit = MONTH,
) -> str:
    """SHA-256 over calendar, assets, actions and bars; provenance, dates of writing, sids and files are left out.

    Of the calendar what `hashed_span` says. unit: the links of the digests.
    """
    assets = list(assets)
    if assets:
        days = min(record.first_day for record in assets), max(record.last_day for record in assets)
        calendar = calendar.between(*hashed_span(*days))
    splits, dividends, stock_dividends, funding = actions
    keys = {record.sid: record.key for record in assets}
    document: dict[str, Any] = {
        "format": 2 if unit == MONTH else 1,
        "calendar": calendar_digest(calendar),
        "assets": sorted(_asset_document(record) for record in assets),
        # a split of prices alone says so; others have the hash that they had before there were any
        "splits": sorted(
            [keys[s.sid], s.ex_day, str(Fraction(s.numerator, s.denominator)), *["prices only"] * s.prices_only]
            for s in splits
        ),
        "dividends": sorted(
            [
                [keys[d.sid], d.ex_day, str(as_plain_decimal(d.amount, d.scale)), d.currency]
                + [str(day) for day in (d.pay_day, d.record_day, d.declared_day)]
                for d in dividends
            ]
        ),
        "bars": digests,
    }
    in_shares = sorted(
        [keys[d.sid], d.ex_day, keys[d.payment_sid], str(Fraction(d.numerator, d.denominator))]
        + [str(day) for day in (d.pay_day, d.record_day, d.declared_day)]
        for d in stock_dividends
    )
    if in_shares:  # versions without have the hash that they had before there were any
        document["stock_dividends"] = in_shares
    rates = sorted(
        [keys[f.sid], f.stamp, str(as_plain_decimal(f.rate, f.scale))]
        + ([] if f.price is None else [str(as_plain_decimal(f.price, f.price_scale))])
        for f in funding
    )
    if rates:
        document["funding"] = rates
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def calendar_digest(calendar: SessionTable) -> str:
    """SHA-256 over the name, zone, sessions and times of a calendar."""
    digest = hashlib.sha256(f"{calendar.name}\n{calendar.tz}\n".encode())
    digest.update(calendar.days.astype("<i4").tobytes())
    for column in (calendar.opens, calendar.closes, calendar.break_starts, calendar.break_ends):
        digest.update(b"-" if column is None else column.astype("<i8").tobytes())
    return digest.hexdigest()


def _asset_document(record: AssetRecord) -> list[Any]:
    given: Mapping[str, Any] = {name: value for name, value in record.given.items() if value is not None}
    symbols = [[s.symbol, s.first_day, s.last_day] for s in record.symbols]
    return [record.key, json.dumps([symbols, given], sort_keys=True)]
