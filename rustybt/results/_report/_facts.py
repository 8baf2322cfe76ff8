"""What the sections of a report look at, each thing made once."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from rustybt import metrics
from rustybt.core import scaled_ints
from rustybt.metrics import ruined_on
from rustybt.results._report._sampling import Floats
from rustybt.results._text import held_of, name_of

if TYPE_CHECKING:
    from rustybt.results._result import Result

DAY = 86_400


class Facts:
    """A result, and those it is compared with by name."""

    def __init__(self, result: Result, compared: Mapping[str, Result]) -> None:
        self.result = result
        self.compared = compared
        self.currency = str(result.manifest.get("currency") or "")

    @functools.cached_property
    def days(self) -> list[int]:
        """The sessions, in seconds since 1970."""
        return [day * DAY for day in self.result.daily["session"].to_physical().to_list()]

    @functools.cached_property
    def benchmark_name(self) -> str:
        """What the benchmark is called."""
        return f"benchmark {self.result.manifest.get('benchmark') or ''}".rstrip()

    @property
    def benchmark_title(self) -> str:
        """The same at the head of a column."""
        return f"B{self.benchmark_name[1:]}"

    @property
    def has_benchmark(self) -> bool:
        """Whether the run was measured against one."""
        return "benchmark_returns" in self.result.daily.columns

    @functools.cached_property
    def lacking(self) -> str:
        """Why there are no figures of returns; empty where there are."""
        daily = self.result.daily
        if not daily.height:
            return "The run has no session."
        ruin = ruined_on(daily)
        if ruin is not None:
            return f"The account was ruined on {ruin}: there are no returns on nothing."
        if daily["returns"].null_count():
            return "The returns of some sessions are not defined."
        return ""

    @functools.cached_property
    def table(self) -> dict[str, tuple[Decimal | int | None, Decimal | None]]:
        """Each figure of the returns with its standard error, by name; those of `result.metrics` are its own."""
        if self.lacking:
            return {name: (value, None) for name, value in self.result.metrics.items()}
        daily = self.result.daily
        benchmark = daily["benchmark_returns"] if self.has_benchmark else None
        frame = metrics.table(daily["returns"], periods=self.result.periods, benchmark=benchmark)
        found = {name: (value, error) for name, value, error in frame.rows()}
        own = self.result.metrics
        return found | {name: (value, found.get(name, (None, None))[1]) for name, value in own.items()}

    @functools.cached_property
    def benchmark_table(self) -> dict[str, Decimal | None]:
        """The same figures of the benchmark; none without one."""
        if self.lacking or not self.has_benchmark:
            return {}
        frame = metrics.table(self.result.daily["benchmark_returns"], periods=self.result.periods)
        return dict(frame.select("figure", "value").rows())

    @functools.cached_property
    def held(self) -> str:
        """What buy and hold of the run's assets returned; empty where that is not known."""
        return dict(held_of(self.result)).get("Buy and hold", "")

    @functools.cached_property
    def trades(self) -> pl.DataFrame:
        """From flat to flat; first in, first out where no position was closed whole."""
        return self._flat if self.by_position else self.result.trades

    @functools.cached_property
    def _flat(self) -> pl.DataFrame:
        return self.result.round_trips("flat")

    @functools.cached_property
    def by_position(self) -> bool:
        """Whether a trade is a position from its first unit until nothing is held."""
        return not self._flat["open"].all() or not self._flat.height

    @functools.cached_property
    def closed(self) -> pl.DataFrame:
        """The trades that are over."""
        return self.trades.filter(~pl.col("open"))

    @functools.cached_property
    def named_runs(self) -> dict[str, Result]:
        """This result and those it is compared with."""
        own = name_of(self.result)
        return {own if own not in self.compared else f"{own} (this one)": self.result, **self.compared}


def numbers(column: pl.Series) -> Floats:
    """The column as floats, NaN for null."""
    if isinstance(column.dtype, pl.Decimal):
        unit = 10**column.dtype.scale
        found = [np.nan if value is None else value / unit for value in scaled_ints(column)]
        return np.array(found, dtype=np.float64)
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def optional(values: Floats | Sequence[float], digits: int = 8) -> list[float | None]:
    """As a chart takes them: so many digits, more than a screen shows, and None for NaN and infinities."""
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    size = np.abs(given, where=known, out=np.zeros_like(given))
    # a power of ten is exact up to 22, so that the quotient is the nearest float to the decimal number
    places = digits - 1 - np.floor(np.log10(size, where=size > 0, out=np.zeros_like(size)))
    small = np.rint(given * 10.0 ** np.clip(places, 0, 22)) / 10.0 ** np.clip(places, 0, 22)
    large = np.rint(given / 10.0 ** np.clip(-places, 0, 22)) * 10.0 ** np.clip(-places, 0, 22)
    rounded = np.where(places >= 0, small, large).tolist()
    return [
        (int(value) if value.is_integer() else value) if here else None
        for value, here in zip(rounded, known, strict=True)
    ]


def short(value: Any, most: int = 200) -> str:
    """A value of the manifest as text."""
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
