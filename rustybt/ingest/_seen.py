"""Facts about each asset in new bars: the names that it carried, and the decimals that its numbers need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog import PRICES, SymbolRange, by_asset
from rustybt.core import DAY_NS, frequency_named
from rustybt.ingest._numbers import needed_decimals

type _Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts about one asset in new bars."""

    symbols: tuple[SymbolRange, ...]
    price_scale: int
    volume_scale: int

    def joined_with(self, other: Seen) -> Seen:
        """The facts of both, joined."""
        return Seen(
            joined_ranges([*self.symbols, *other.symbols]),
            max(self.price_scale, other.price_scale),
            max(self.volume_scale, other.volume_scale),
        )


class Sightings:
    """The facts about each asset in the pieces so far.

    keys: the asset of each number. Pieces are kept as columns: an object for each of thousands of assets and of many
    pieces takes longer than their rows.
    """

    def __init__(self, frequency: str) -> None:
        self._by_session = frequency_named(frequency).by_session
        self._symbols: dict[str, int] = {}
        self._runs: list[_Ints] = []
        self._scales: list[_Ints] = []

    def add(self, good: pl.DataFrame, calendar: SessionTable, price_scale: int, volume_scale: int) -> None:
        """Takes good rows: `sid` (the asset's number), `symbol`, `stamp`, prices and volume at the scales."""
        if not good.height:
            return
        stamps = good["stamp"].to_numpy()
        order = by_asset(good["sid"].to_numpy())
        sids = good["sid"].to_numpy()[order].astype(np.int64)
        if not (np.diff(stamps[order]) > 0)[np.diff(sids) == 0].all():
            order = np.lexsort((stamps, good["sid"].to_numpy()))
        days = (stamps // DAY_NS if self._by_session else calendar.session_days_of(stamps)).astype(np.int64)[order]
        symbols = self._coded(good["symbol"])[order]
        assets = np.diff(sids, prepend=-1) != 0
        starts, begins = np.flatnonzero(assets | (np.diff(symbols, prepend=-1) != 0)), np.flatnonzero(assets)
        ends = np.append(starts[1:], len(sids)) - 1
        self._runs.append(np.stack([sids[starts], symbols[starts], days[starts], days[ends]]))
        prices = needed_decimals(good, PRICES, price_scale)[order]
        volumes = needed_decimals(good, ("volume",), volume_scale)[order]
        needed = (np.maximum.reduceat(of, begins) for of in (prices, volumes))
        self._scales.append(np.stack([sids[begins], *needed]))

    def _coded(self, symbols: pl.Series) -> _Ints:
        """A number for each name, the same in all pieces."""
        names = symbols.cast(pl.Categorical)
        places = names.to_physical()
        known = {int(place): name for place, name in zip(*_firsts(names, places), strict=True)}
        codes = np.zeros(max(known) + 1, dtype=np.int64)
        for place, name in known.items():
            codes[place] = self._symbols.setdefault(name, len(self._symbols))
        coded: _Ints = codes[places.to_numpy()]
        return coded

    def all(self, keys: Mapping[int, str]) -> dict[str, Seen]:
        """The facts about each asset, by key. keys: of each number."""
        if not self._runs:
            return {}
        names = list(self._symbols)
        ranges: dict[int, list[SymbolRange]] = {}
        runs = np.concatenate(self._runs, axis=1)
        runs = runs[:, np.lexsort((runs[3], runs[2], runs[0]))]
        starts = np.flatnonzero((np.diff(runs[0], prepend=-1) != 0) | (np.diff(runs[1], prepend=-1) != 0))
        lasts = np.maximum.reduceat(runs[3], starts)
        for number, symbol, first, last in zip(*runs[:3, starts].tolist(), lasts.tolist(), strict=True):
            ranges.setdefault(number, []).append(SymbolRange(names[symbol], first, last))
        scales = np.concatenate(self._scales, axis=1)
        scales = scales[:, np.argsort(scales[0], kind="stable")]
        begins = np.flatnonzero(np.diff(scales[0], prepend=-1))
        needed = (np.maximum.reduceat(of, begins).tolist() for of in scales[1:])
        return {
            keys[number]: Seen(joined_ranges(ranges[number]), prices, volumes)
            for number, prices, volumes in zip(scales[0, begins].tolist(), *needed, strict=True)
        }


def _firsts(names: pl.Series, places: pl.Series) -> tuple[list[int], list[str]]:
    """Each name once, with its place among the categories."""
    once = pl.DataFrame([places.rename("place"), names.rename("name")]).unique("place")
    return once["place"].to_list(), once["name"].cast(pl.String).to_list()


def joined_seen(several: Iterable[Mapping[str, Seen]]) -> dict[str, Seen]:
    """The facts about each asset in several frequencies, joined."""
    joined: dict[str, Seen] = {}
    for seen in several:
        for key, new in seen.items():
            old = joined.get(key)
            joined[key] = new if old is None else old.joined_with(new)
    return joined


def joined_ranges(ranges: list[SymbolRange]) -> tuple[SymbolRange, ...]:
    """In the order of time, those of one symbol that follow each other as one."""
    if len(ranges) == 1:
        return (ranges[0],)
    joined: list[SymbolRange] = []
    for carried in sorted(ranges, key=lambda r: (r.first_day, r.last_day, r.symbol)):
        if joined and joined[-1].symbol == carried.symbol:
            last = joined[-1]
            joined[-1] = SymbolRange(last.symbol, last.first_day, max(last.last_day, carried.last_day))
        else:
            joined.append(carried)
    return tuple(joined)
