"""The hash of a version: over logical values, whatever parts, scales and sids they are stored with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import AssetRecord, Digests
from rustybt.core import CashDividend, Split, StockDividend, as_plain_decimal

type Column = npt.NDArray[np.int64] | list[int]


def digests_by_year(bars: RawBars, price_scale: int, volume_scale: int) -> Iterator[tuple[str, str]]:
    """Year and SHA-256 of each calendar year (UTC, of the stamp) that the bars of one asset reach into."""
    years = bars.stamps.view("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    starts = np.flatnonzero(np.diff(years, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(years)], strict=True):
        digest = hashlib.sha256(bars.stamps[start:stop].astype("<i8").tobytes())
        digest.update(_canonical([column[start:stop] for column in bars.prices], price_scale))
        digest.update(_canonical([bars.volume[start:stop]], volume_scale))
        yield str(years[start]), digest.hexdigest()


def version_hash(
    calendar: SessionTable,
    assets: Iterable[AssetRecord],
    actions: tuple[Iterable[Split], Iterable[CashDividend], Iterable[StockDividend]],
    digests: Digests,
) -> str:
    """SHA-256 over calendar, assets, actions and bars; provenance, dates of writing, sids and files are left out."""
    assets = list(assets)
    splits, dividends, stock_dividends = actions
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


def _canonical(columns: list[Column], scale: int) -> bytes:
    """The columns at the smallest scale that shows all of them, as bytes."""
    narrow = [column for column in columns if isinstance(column, np.ndarray)]
    if len(narrow) == len(columns):
        stacked = np.concatenate(narrow)
        while scale and not (stacked % 10).any():
            stacked = stacked // 10
            scale -= 1
        return b"%d:" % scale + stacked.astype("<i8").tobytes()
    values = [int(value) for column in columns for value in column]
    while scale and not any(value % 10 for value in values):
        values = [value // 10 for value in values]
        scale -= 1
    if all(-(2**63) <= value < 2**63 for value in values):
        return b"%d:" % scale + np.array(values, dtype="<i8").tobytes()
    return b"%d:" % scale + ",".join(map(str, values)).encode()
