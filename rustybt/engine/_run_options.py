"""The options of `run`, by name and type: those of `run_algorithm` and of `load_data`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Concatenate, Literal, TypedDict

if TYPE_CHECKING:
    from rustybt.core import OrderEvent
    from rustybt.engine._market import Market
    from rustybt.results import Result
    from rustybt.strategy import Context
    from rustybt.view import BarData

type Initialize[S: (Decimal, float)] = Callable[Concatenate[Context[S], ...], object]
type WithData[S: (Decimal, float)] = Callable[[Context[S], BarData[S]], object]
type OnOrder[S: (Decimal, float)] = Callable[[Context[S], OrderEvent[S]], object]
type Analyze[S: (Decimal, float)] = Callable[[Context[S], Result], object]
type SameBar = Literal["pessimistic", "optimistic", "path:ohlc", "path:olhc", "path:nearest", "interval"]
"""How a bar is read that does not say in which order its prices came."""


class RunOptions(TypedDict, total=False):
    """What `run` takes besides strategy, data, start, end and capital_base."""

    # of run_algorithm
    initialize: Callable[..., Any] | None
    before_trading_start: Callable[[Any, Any], Any] | None
    analyze: Callable[[Any, Any], Any] | None
    on_order: Callable[[Any, Any], Any] | None
    data_frequency: str | None
    bundle: str | None
    bundle_timestamp: Any
    version: str | None
    market: Market | None
    trading_calendar: Any
    metrics_set: Any
    benchmark: Any
    benchmark_returns: Any
    capital_changes: Any
    blotter: Any
    params: dict[str, Any] | None
    seed: int
    emission_rate: Literal["daily", "minute"]
    fill_at: Literal["close", "open"]
    trigger: Literal["close", "range"]
    same_bar: SameBar
    touch: Literal["at", "through"]
    resolve: str | None
    numbers: Literal["decimal", "float"]
    on_ruin: Literal["warn", "stop", "raise"]
    kernel: Literal["auto", "rust", "python"]
    compat: Any
    currency: str | None
    decimals: Any
    progress: Any
    keep_strategy: bool
    custom_loader: Any
    default_extension: bool
    extensions: Any
    strict_extensions: bool
    environ: Any
    # of load_data
    stamp: Literal["start", "end"] | None
    tz: str | None
    assets: Any
    symbol: str | None
    symbols: Any
    splits: Any
    dividends: Any
    stock_dividends: Any
    funding: Any
    on_bad_row: Literal["error", "drop", "quarantine"]
    price_decimals: int | None
    price_scale: Any
    adj_close: Literal["dividends", "splits"] | None
    close_only: bool
    auto_close: Literal["last_bar"] | None
    csv: Mapping[str, Any] | Any
