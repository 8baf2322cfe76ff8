"""Layer "relations" on stored bars: prices above zero, high and low around open and close, volumes not negative."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from rustybt.validation._policy import Policy
from rustybt.validation._stored import Hit, StoredBars, shown


def relations(bars: StoredBars, _: Policy | None = None) -> Iterator[Hit]:
    """Findings of the rules price, range and volume."""
    for name in ("open", "high", "low", "close"):
        column = getattr(bars, name)
        for at in np.flatnonzero(column <= 0).tolist():
            yield Hit(at, "price", partial(_price, bars, name, at))
    outside = (bars.low > bars.high) | (bars.open > bars.high) | (bars.open < bars.low)
    outside |= (bars.close > bars.high) | (bars.close < bars.low)
    for at in np.flatnonzero(outside).tolist():
        yield Hit(at, "range", partial(_range, bars, at))
    for at in np.flatnonzero(bars.volume < 0).tolist():
        yield Hit(at, "volume", partial(_volume, bars, at))


def _price(bars: StoredBars, name: str, at: int) -> tuple[str, str]:
    value = bars.price(getattr(bars, name), at)
    return value, f"{name} is {value}, not above zero"


def _range(bars: StoredBars, at: int) -> tuple[str, str]:
    open_, high, low, close = (bars.price(column, at) for column in (bars.open, bars.high, bars.low, bars.close))
    return high, f"open {open_} and close {close} do not lie between low {low} and high {high}"


def _volume(bars: StoredBars, at: int) -> tuple[str, str]:
    value = shown(int(bars.volume[at]), bars.volume_scale)
    return value, f"volume is {value}, below zero"
