"""Slippage models: one per file. `rustybt.api.slippage` offers them to strategies."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.errors import LiquidityExceeded
from rustybt.execution.slippage._base import (
    DECLINED,
    EXHAUSTED,
    SKIP,
    VOLUME_SHARES,
    EquitySlippageModel,
    FutureSlippageModel,
    Quote,
    SlippageModel,
)
from rustybt.execution.slippage._basis_points import FixedBasisPointsSlippage
from rustybt.execution.slippage._eta import DEFAULT_ETA, ETA_OF_ROOT
from rustybt.execution.slippage._fixed import FixedSlippage
from rustybt.execution.slippage._market_impact import MarketImpactBase
from rustybt.execution.slippage._none import NoSlippage
from rustybt.execution.slippage._volatility_volume_share import VolatilityVolumeShare
from rustybt.execution.slippage._volume_share import VolumeShareSlippage

if TYPE_CHECKING:
    from rustybt.execution.slippage._almgren_chriss import AlmgrenChriss
    from rustybt.execution.slippage._at_tick import AtTick
    from rustybt.execution.slippage._estimated_spread import EstimatedSpread
    from rustybt.execution.slippage._quoted_spread import QuotedSpread
    from rustybt.execution.slippage._square_root import SquareRootImpact
    from rustybt.execution.slippage._sum import Sum
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.execution.slippage._almgren_chriss": ("AlmgrenChriss",),
            "rustybt.execution.slippage._at_tick": ("AtTick",),
            "rustybt.execution.slippage._estimated_spread": ("EstimatedSpread",),
            "rustybt.execution.slippage._quoted_spread": ("QuotedSpread",),
            "rustybt.execution.slippage._square_root": ("SquareRootImpact",),
            "rustybt.execution.slippage._sum": ("Sum",),
        },
    )


__all__ = [
    "DECLINED",
    "DEFAULT_ETA",
    "ETA_OF_ROOT",
    "EXHAUSTED",
    "SKIP",
    "VOLUME_SHARES",
    "AlmgrenChriss",
    "AtTick",
    "EquitySlippageModel",
    "EstimatedSpread",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "FutureSlippageModel",
    "LiquidityExceeded",
    "MarketImpactBase",
    "NoSlippage",
    "Quote",
    "QuotedSpread",
    "SlippageModel",
    "SquareRootImpact",
    "Sum",
    "VolatilityVolumeShare",
    "VolumeShareSlippage",
]


def __dir__() -> list[str]:
    return sorted(__all__)
