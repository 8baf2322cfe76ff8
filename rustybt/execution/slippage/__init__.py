"""Slippage models: one per file. `rustybt.api.slippage` offers them to strategies."""

from rustybt.execution.slippage._base import EXHAUSTED, SKIP, Quote, SlippageModel
from rustybt.execution.slippage._basis_points import FixedBasisPointsSlippage
from rustybt.execution.slippage._fixed import FixedSlippage
from rustybt.execution.slippage._none import NoSlippage
from rustybt.execution.slippage._volume_share import VolumeShareSlippage

__all__ = [
    "EXHAUSTED",
    "SKIP",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "NoSlippage",
    "Quote",
    "SlippageModel",
    "VolumeShareSlippage",
]
