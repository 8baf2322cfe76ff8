"""What the checks look at: a result, and the bars of its run where they are at hand; each worked out once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import AssetBars, Note, RunBars, datetime_of

type Floats = npt.NDArray[np.float64]
type Places = npt.NDArray[np.int64]


class PaidCosts(Protocol):
    """What a run cost."""

    @property
    def gross(self) -> Decimal: ...
    @property
    def net(self) -> Decimal: ...
    @property
    def total(self) -> Decimal: ...
    def of(self, kind: str) -> Decimal: ...


class Examined(Protocol):
    """A result, as the checks need it."""

    notes: tuple[Note, ...]
    periods: int

    @property
    def daily(self) -> pl.DataFrame: ...
    @property
    def orders(self) -> pl.DataFrame: ...
    @property
    def transactions(self) -> pl.DataFrame: ...
    @property
    def positions(self) -> pl.DataFrame: ...
    @property
    def recorded(self) -> pl.DataFrame: ...
    @property
    def assets(self) -> pl.DataFrame: ...
    @property
    def entries(self) -> pl.DataFrame: ...
    @property
    def trades(self) -> pl.DataFrame: ...
    @property
    def costs(self) -> Any: ...
    @property
    def metrics(self) -> Mapping[str, Decimal | int | None]: ...
    @property
    def manifest(self) -> dict[str, Any]: ...
    def round_trips(self, method: Literal["flat"]) -> pl.DataFrame: ...
    def run_bars(self) -> RunBars: ...


@dataclass(frozen=True, slots=True)
class Fills:
    """Fills that were ordered, each with the bar that it is on: arrays of one length."""

    sids: Places
    stamps: Places
    bars: Places
    amounts: Floats
    prices: Floats
    highs: Floats
    lows: Floats
    volumes: Floats


class Evidence:
    """What is known of a run that is over. Where a part of it is not at hand, looking at it raises ResultError.

    Figures are floats: they are compared with thresholds, and nothing is booked of them.
    """

    def __init__(self, result: Examined) -> None:
        self.result = result
        self._bars_of: dict[int, AssetBars] = {}

    def notes(self, *codes: str) -> list[Note]:
        """The notes of the run that have one of these codes."""
        return [note for note in self.result.notes if note.code in codes]

    def figure(self, name: str) -> float | None:
        """A figure of the result."""
        value = self.result.metrics.get(name)
        return None if value is None else float(value)

    @functools.cached_property
    def returns(self) -> Floats:
        """The returns of the sessions that have one."""
        return self.result.daily["returns"].drop_nulls().cast(pl.Float64).to_numpy()

    @functools.cached_property
    def trades(self) -> pl.DataFrame:
        """What was bought and sold, first in, first out."""
        return self.result.trades

    @functools.cached_property
    def round_trips(self) -> pl.DataFrame:
        """A row from the first unit of a position until nothing is held: part fills are no trades of their own."""
        return self.result.round_trips("flat")

    @functools.cached_property
    def gross(self) -> float:
        """The profit before costs, in the run's currency."""
        return float(self.result.costs.gross)

    @functools.cached_property
    def kinds(self) -> dict[int, str]:
        """What kind of asset each is, by sid."""
        assets = self.result.assets
        return dict(zip(assets["sid"].to_list(), assets["type"].to_list(), strict=True)) if "type" in assets else {}

    def is_kind(self, *kinds: str) -> pl.Expr:
        """Whether a row is of an asset of some kinds."""
        return pl.col("sid").is_in([sid for sid, kind in self.kinds.items() if kind in kinds])

    def of_kind(self, sids: Places, *kinds: str) -> npt.NDArray[np.bool_]:
        """Whether each of these assets is of some kinds."""
        return np.isin(sids, [sid for sid, kind in self.kinds.items() if kind in kinds])

    def traded(self, *kinds: str) -> list[int]:
        """The assets that were bought or sold, by sid; those of some kinds where they are named."""
        sids = self.result.transactions["sid"].unique(maintain_order=True).to_list()
        return [sid for sid in sids if self.kinds.get(sid, "") in kinds] if kinds else sids

    def tick(self, sid: int) -> float:
        """The smallest difference of an asset's prices."""
        return float(self.bars_of(sid).asset.tick_size)

    @functools.cached_property
    def several_currencies(self) -> bool:
        """Whether what was traded is in other currencies than the run's."""
        own = self.result.manifest.get("currency")
        return bool(set(self.result.assets["currency"].to_list()) - {own})

    @functools.cached_property
    def bars(self) -> RunBars:
        """The bars of the run."""
        bars = self.result.run_bars()
        bars.read(self.result.transactions["sid"].unique().to_list())
        return bars

    def bars_of(self, sid: int) -> AssetBars:
        """Those of an asset."""
        if sid not in self._bars_of:
            self._bars_of[sid] = self.bars.of(sid)
        return self._bars_of[sid]

    @functools.cached_property
    def fills(self) -> Fills:
        """The fills of orders; what was closed out without one is none."""
        rows = self.result.transactions.filter(pl.col("order_id").is_not_null())
        sids, stamps = rows["sid"].to_numpy(), rows["dt"].dt.epoch("ns").to_numpy()
        bars = self.bars.bars_at(stamps)
        highs, lows, volumes = (np.full(len(sids), np.nan) for _ in range(3))
        for sid in rows["sid"].unique().to_list():
            own, of = sids == sid, self.bars_of(sid)
            highs[own], lows[own], volumes[own] = of.high[bars[own]], of.low[bars[own]], of.volume[bars[own]]
        amounts, prices = (rows[name].cast(pl.Float64).to_numpy() for name in ("amount", "price"))
        return Fills(sids, stamps, bars, amounts, prices, highs, lows, volumes)

    @functools.cached_property
    def moved_after(self) -> Floats:
        """For each fill what it would have been worse by at the price of the next bar, in money of its asset.

        NaN where there is none, or where the price is restated between the two.
        """
        fills = self.fills
        field = "open" if self.result.manifest.get("fill_at") == "open" else "close"
        moved = np.full(len(fills.sids), np.nan)
        for sid in np.unique(fills.sids).tolist():
            bars, own = self.bars_of(sid), fills.sids == sid
            prices = getattr(bars, field)
            after = fills.bars[own] + 1
            known = (after < len(prices)) & ~np.isin(after, bars.jumps)
            later = np.where(known, prices[np.minimum(after, len(prices) - 1)], np.nan)
            moved[own] = fills.amounts[own] * (later - fills.prices[own]) * float(bars.asset.multiplier)
        return moved


def moment(stamp: Any) -> str:
    """A stamp, ns UTC, as people read it."""
    return f"{datetime_of(int(stamp)):%Y-%m-%d %H:%M} UTC"
