"""What the frames of a run need of the instruments that it touched, cut out of the market's data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rustybt.core import Asset
from rustybt.engine._exact_columns import column_of
from rustybt.engine._recorder import Recorder
from rustybt.view import Instrument


class SlotTerms(NamedTuple):
    """What the frames of a run need of an instrument.

    price: at the close of each session, at a scale that is `mark_to_fill_scale` short of fill_scale; empty where it
    was never held.
    """

    asset: Asset
    quantity_scale: int
    fill_scale: int
    multiplier: int
    multiplier_scale: int
    mark_to_fill_scale: int
    daily_settled: bool
    price: Sequence[int]


def terms_of(instruments: Sequence[Instrument], recorder: Recorder) -> list[SlotTerms]:
    """Of each slot what the frames need; the prices that they need are copied out of the market's."""
    held = np.zeros(len(instruments), dtype=np.bool_)
    if len(recorder.holdings):
        held[column_of(recorder.holdings, 0)] = True
    bars = recorder.last_bars
    whole = slice(bars[0], bars[-1] + 1) if bars and bars[-1] - bars[0] == len(bars) - 1 else None
    places = np.array(bars, dtype=np.int64) if whole is None else whole

    def closes(prices: Sequence[int]) -> Sequence[int]:
        if isinstance(prices, memoryview):
            return memoryview(np.array(np.asarray(prices)[places]))
        return [prices[bar] for bar in bars]

    return [
        SlotTerms(
            one.asset,
            one.quantity_scale,
            one.fill_scale,
            one.multiplier,
            one.multiplier_scale,
            one.mark_to_fill_scale,
            one.daily_settled,
            closes(one.price) if was_held else (),
        )
        for one, was_held in zip(instruments, held.tolist(), strict=True)
    ]
