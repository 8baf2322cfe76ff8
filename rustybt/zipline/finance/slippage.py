"""Slippage models: RustyBT's own, under Zipline's names."""

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
]
