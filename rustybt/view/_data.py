"""`data`: what a strategy sees of the market, and of which type each answer is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from rustybt.core import Asset, ContinuousFuture, Future, Scalar
from rustybt.view import _bar_data

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import polars as pl

    type Readable = Asset | ContinuousFuture
    type Price = Literal["price", "open", "high", "low", "close"]
    type Names = list[str] | tuple[str, ...]
    type Kind = type[float | Decimal]


class BarData(_bar_data.BarData, Generic[Scalar]):
    """Prices and volumes up to the current moment, and nothing after it.

    To type checkers `BarData` is that of a run on Decimals; `BarData[float]` that of one with numbers="float".

    >>> from rustybt import BarData, Context, run
    >>> def handle_data(context: Context, data: BarData) -> None:
    ...     apple = context.symbol("AAPL")
    ...     context.record(close=data.current(apple, "close"), mean=data.history(apple, "close", 2, "1d").mean())
    >>> run(handle_data, start="2010-01-05", end="2010-01-06").recorded.rows()[0]
    (datetime.date(2010, 1, 5), Decimal('214.3800'), 214.195)
    """

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_") and name not in INNER]

    if TYPE_CHECKING:
        # one asset and one field

        @overload
        def current(self: BarData[float], assets: Readable, fields: Price) -> float: ...
        @overload
        def current(self, assets: Readable, fields: Price) -> Scalar | None: ...
        @overload
        def current[T](self, assets: Readable, fields: Price, *, default: T) -> Scalar | T: ...
        @overload
        def current(self, assets: Readable, fields: Price, dtype: type[Decimal]) -> Decimal | None: ...
        @overload
        def current(self, assets: Readable, fields: Price, dtype: type[float]) -> float: ...
        @overload
        def current(self, assets: Readable, fields: Literal["volume"]) -> Scalar: ...
        @overload
        def current(self, assets: Readable, fields: Literal["last_traded"]) -> dt.datetime | None: ...
        @overload
        def current(self, assets: ContinuousFuture, fields: Literal["contract"]) -> Future | None: ...
        @overload
        def current(
            self, assets: Readable | str, fields: str, dtype: Kind | None = None, default: Any = None
        ) -> Any: ...
        @overload
        def current(
            self, assets: Readable | str, fields: Names, dtype: Kind | None = None, default: Any = None
        ) -> dict[str, Any]: ...

        # several assets

        @overload
        def current[A: Readable](self: BarData[float], assets: Iterable[A], fields: Price) -> dict[A, float]: ...
        @overload
        def current[A: Readable](self, assets: Iterable[A], fields: Price) -> dict[A, Scalar | None]: ...
        @overload
        def current[A: Readable](self, assets: Iterable[A], fields: Literal["volume"]) -> dict[A, Scalar]: ...
        @overload
        def current[A: Readable](
            self, assets: Iterable[A], fields: str, dtype: Kind | None = None, default: Any = None
        ) -> dict[A, Any]: ...
        @overload
        def current(
            self, assets: Iterable[Readable], fields: Names, dtype: Kind | None = None, default: Any = None
        ) -> pl.DataFrame: ...
        def current(self, assets: Any, fields: Any, dtype: Any = None, default: Any = None) -> Any: ...

        @overload  # type: ignore[override]  # the base says nothing of its types
        def history(
            self,
            assets: Readable,
            fields: str,
            bar_count: int,
            frequency: str,
            *,
            dtype: Kind = float,
            timestamps: Literal[False] = False,
            output: Literal["polars"] = "polars",
        ) -> pl.Series: ...
        @overload
        def history(
            self,
            assets: Readable,
            fields: str,
            bar_count: int,
            frequency: str,
            *,
            dtype: Kind = float,
            timestamps: Literal[True],
            output: Literal["polars"] = "polars",
        ) -> pl.DataFrame: ...
        @overload
        def history(
            self,
            assets: Readable,
            fields: Names,
            bar_count: int,
            frequency: str,
            *,
            dtype: Kind = float,
            timestamps: bool = False,
            output: Literal["polars"] = "polars",
        ) -> pl.DataFrame: ...
        @overload
        def history(
            self,
            assets: Iterable[Readable],
            fields: str | Names,
            bar_count: int,
            frequency: str,
            *,
            dtype: Kind = float,
            timestamps: bool = False,
            output: Literal["polars"] = "polars",
        ) -> pl.DataFrame: ...
        @overload
        def history(
            self,
            assets: Readable | Iterable[Readable],
            fields: str | Names,
            bar_count: int,
            frequency: str,
            *,
            output: Literal["numpy"],
        ) -> npt.NDArray[np.float64]: ...
        @overload
        def history(
            self, assets: Readable, fields: str, bar_count: int, frequency: str, *, output: Literal["pandas"]
        ) -> pd.Series: ...
        @overload
        def history(
            self,
            assets: Readable | Iterable[Readable],
            fields: str | Names,
            bar_count: int,
            frequency: str,
            *,
            output: Literal["pandas"],
        ) -> pd.DataFrame: ...
        def history(self, assets: Any, fields: Any, bar_count: int, frequency: str, **how: Any) -> Any: ...

        @overload
        def can_trade(self, assets: Readable) -> bool: ...
        @overload
        def can_trade[A: Readable](self, assets: Iterable[A]) -> dict[A, bool]: ...
        def can_trade(self, assets: Any) -> Any: ...

        @overload
        def is_stale(self, assets: Readable) -> bool: ...
        @overload
        def is_stale[A: Readable](self, assets: Iterable[A]) -> dict[A, bool]: ...
        def is_stale(self, assets: Any) -> Any: ...


INNER = frozenset({"now_ns", "exact_value"})
"""What other steps ask."""
