"""Stand-ins for frames and columns that a result lacks."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.core import MONEY_SCALE, UTC_NS
from rustybt.metrics import BENCHMARK_STATISTICS, STATISTICS

AMBIGUOUS: Final = {
    "stamp": UTC_NS,
    "symbol": pl.String(),
    "sid": pl.Int64(),
    "orders": pl.List(pl.String()),
    "worst": pl.Decimal(38, MONEY_SCALE),
    "best": pl.Decimal(38, MONEY_SCALE),
    "at_stake": pl.Decimal(38, MONEY_SCALE),
    "shorter_bars": pl.String(),
}
CONVERSIONS: Final = {
    "id": pl.String(),
    "created": UTC_NS,
    "amount": pl.Decimal(38, MONEY_SCALE),
    "from_currency": pl.String(),
    "to_currency": pl.String(),
    "received": pl.Decimal(38, MONEY_SCALE),
    "status": pl.String(),
    "reason": pl.String(),
    "dt": UTC_NS,
}


def whole(frames: dict[str, pl.DataFrame], periods: int) -> dict[str, pl.DataFrame]:
    """The frames, with what older ones lack."""
    daily = frames["daily"]
    if not all(name in daily.columns for name in (*STATISTICS, *BENCHMARK_STATISTICS)):
        from rustybt.metrics import with_statistics

        daily = with_statistics(daily, periods=periods)
    return {"measures": daily["session"].clear().to_frame()} | frames | {"daily": daily}
