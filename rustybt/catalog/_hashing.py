"""The hash of a version: over logical values, whatever parts, scales and sids they are stored with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable, hashed_span
from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import PRICES, AssetRecord, Digests
from rustybt.core import CashDividend, FundingRate, Split, StockDividend, as_plain_decimal

type Column = npt.NDArray[np.int64] | list[int]


def digests_by_year(bars: RawBars, price_scale: int, volume_scale: int) -> Iterator[tuple[str, str]]:
    """Year and SHA-256 of each calendar year (UTC, of the stamp) that the bars of one asset reach into."""
    return digests_of_pieces(lambda: iter([bars]), price_scale, volume_scale)


def digests_of_pieces(
    pieces: Callable[[], Iterable[RawBars]], price_scale: int, volume_scale: int
) -> Iterator[tuple[str, str]]:
    """As `digests_by_year`, of bars that come in pieces, ascending; they are asked for several times a year."""
    years: list[int] = sorted({year for bars in pieces() for year in np.unique(_years(bars)).tolist()})
    for year in years:
        yield str(year), _digest(partial(_of_year, pieces, year), price_scale, volume_scale)


def _years(bars: RawBars) -> npt.NDArray[np.int64]:
    return bars.stamps.view("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970


def _of_year(pieces: Callable[[], Iterable[RawBars]], year: int) -> Iterator[RawBars]:
    edges = np.array([year - 1970, year - 1969], dtype="datetime64[Y]").astype("datetime64[ns]").astype(np.int64)
    for bars in pieces():
        start, stop = np.searchsorted(bars.stamps, edges)
        if start < stop:
            columns = [column[start:stop] for column in bars.prices]
            yield RawBars.of(bars.stamps[start:stop], columns, bars.volume[start:stop])


def _digest(pieces: Callable[[], Iterable[RawBars]], price_scale: int, volume_scale: int) -> str:
    digest = hashlib.sha256()
    prices, volumes = _Form(price_scale), _Form(volume_scale)
    for bars in pieces():
        digest.update(bars.stamps.astype("<i8").tobytes())
        prices.look(bars.prices)
        volumes.look([bars.volume])
    for form, names in ((prices, PRICES), (volumes, ("volume",))):
        digest.update(b"%d:" % (form.scale - form.spare))
        between = b""
        for name in names:
            for bars in pieces():
                between = form.write(digest.update, getattr(bars, name), between)
    return digest.hexdigest()


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

    def write(self, update: Callable[[bytes], None], column: Column, between: bytes) -> bytes:
        """Writes a column; what is to stand before the next one."""
        unit = 10**self.spare
        if self._low // unit >= -(2**63) and self._high // unit < 2**63:
            if isinstance(column, np.ndarray):
                narrow = column // unit if 1 < unit < 2**63 else column if unit == 1 else np.zeros_like(column)
            else:
                narrow = np.array([value // unit for value in column], dtype=np.int64)
            update(narrow.astype("<i8", copy=False).tobytes())
            return b""
        update(between + ",".join(str(int(value) // unit) for value in column).encode())
        return b","


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
) -> str:
    """SHA-256 over calendar, assets, actions and bars; provenance, dates of writing, sids and files are left out.

    Of the calendar what `hashed_span` says.
    """
    assets = list(assets)
    if assets:
        days = min(record.first_day for record in assets), max(record.last_day for record in assets)
        calendar = calendar.between(*hashed_span(*days))
    splits, dividends, stock_dividends, funding = actions
    keys = {record.sid: record.key for record in assets}
    document: dict[str, Any] = {
        "format": 1,
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
