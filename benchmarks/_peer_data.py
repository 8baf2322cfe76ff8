"""The same bars for the peers: a NumPy file, opened in next to no time, and what their strategies share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._scenarios import Scenario

NEAR_UNIT = 1 - 1e-4
"""A size within 1/10,000 of the next whole unit is that unit, as in Zipline and RustyBT."""


def store(scenario: Scenario, folder: Path) -> None:
    """Writes the scenario's bars."""
    from benchmarks._data import make_bars

    bars = make_bars(scenario)
    path = _path(scenario, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("stamps", "sessions", "high", "low", "close", "volume")
    np.savez(path, **{name: getattr(bars, name) for name in names})


def _path(scenario: Scenario, folder: Path) -> Path:
    return folder / "peers" / f"{scenario.bundle}.npz"


@dataclass(frozen=True, slots=True)
class PeerBars:
    """Bars from `warmup` before the first one of the run to its last: stamps in ns, prices as floats, a row a bar.

    The open of each is its close: who fills at the next open then fills at the next close.
    """

    symbols: list[str]
    stamps: Any
    high: Any
    low: Any
    close: Any
    volume: Any

    def frame(self, column: int, names: tuple[str, ...], zone: str | None = None) -> Any:
        """The bars of an asset for pandas: its open, high, low, close and volume under these names."""
        import pandas as pd

        close = self.close[:, column]
        values = (close, self.high[:, column], self.low[:, column], close, self.volume[:, column])
        index = pd.DatetimeIndex(self.stamps).tz_localize(zone)
        return pd.DataFrame(dict(zip(names, values, strict=True)), index=index)


def load(scenario: Scenario, folder: Path, warmup: int) -> PeerBars:
    """Opens the bars of a run."""
    with np.load(_path(scenario, folder)) as held:
        days = held["sessions"]
        first, last = (np.datetime64(day, "ns").astype(np.int64) for day in (scenario.start, scenario.end))
        rows = slice(int(np.searchsorted(days, first)) - warmup, int(np.searchsorted(days, last, side="right")))
        prices = {name: held[name][rows] / 100 for name in ("high", "low", "close")}
        return PeerBars(
            symbols=[f"S{number:03d}" for number in range(scenario.assets)],
            stamps=held["stamps"][rows],
            volume=held["volume"][rows].astype(np.float64),
            **prices,
        )


def whole(units: float) -> int:
    """A size in whole units, as RustyBT cuts it."""
    size = int(units)
    rest = units - size
    return size + (rest >= NEAR_UNIT) - (rest <= -NEAR_UNIT)


def windows_of(scenario: Scenario) -> tuple[int, int]:
    """The short and the long average of a scenario, in bars; zeros where it has none."""
    return {"D50": (20, 50), "M1": (10, 30)}.get(scenario.name, (0, 0))


def rises(short: float, long: float, windows: tuple[int, int]) -> bool:
    """Whether the short average is above the long one: of sums in whole cents, which no float noise decides."""
    few, many = windows
    return round(short * few * 100) * many > round(long * many * 100) * few
