"""Slippage models: RustyBT's own, under Zipline's names."""

from __future__ import annotations

from typing import Any

from rustybt.execution.slippage import (
    EquitySlippageModel,
    FixedBasisPointsSlippage,
    FixedSlippage,
    FutureSlippageModel,
    LiquidityExceeded,
    MarketImpactBase,
    NoSlippage,
    SlippageModel,
    VolatilityVolumeShare,
    VolumeShareSlippage,
)

__all__ = [
    "EquitySlippageModel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "FutureSlippageModel",
    "LiquidityExceeded",
    "MarketImpactBase",
    "NoSlippage",
    "SlippageModel",
    "VolatilityVolumeShare",
    "VolumeShareSlippage",
    "fill_price_worse_than_limit_price",
]


def fill_price_worse_than_limit_price(fill_price: float, order: Any) -> bool:
    """Whether a price is beyond the limit of an order; a model that fills there would break it."""
    return bool(order.limit) and (fill_price > order.limit if order.direction > 0 else fill_price < order.limit)
