"""What the checks look at: a result, and the bars of its run where they are at hand; each worked out once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import AssetBars, Note, RunBars

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
    def run_bars(self) -> RunBars: ...


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

    @functools.cached_property
    def returns(self) -> Floats:
        """The returns of the sessions that have one."""
        return self.result.daily["returns"].drop_nulls().cast(pl.Float64).to_numpy()

    @functools.cached_property
    def profit(self) -> float:
        """What the run earned, in its currency."""
        return float(sum(self.result.daily["pnl"].drop_nulls().to_list()))

    @functools.cached_property
    def bars(self) -> RunBars:
        """The bars of the run."""
        return self.result.run_bars()

    def bars_of(self, sid: int) -> AssetBars:
        """Those of an asset."""
        if sid not in self._bars_of:
            self._bars_of[sid] = self.bars.of(sid)
        return self._bars_of[sid]

    @functools.cached_property
    def kinds(self) -> dict[int, str]:
        """What kind of asset each is, by sid."""
        assets = self.result.assets
        return dict(zip(assets["sid"].to_list(), assets["type"].to_list(), strict=True)) if "type" in assets else {}

    def traded(self, kinds: Iterable[str] | None = None) -> list[int]:
        """The assets that were bought or sold, by sid; those of some kinds where they are named."""
        sids = self.result.transactions["sid"].unique(maintain_order=True).to_list()
        return sids if kinds is None else [sid for sid in sids if self.kinds.get(sid, "") in kinds]
