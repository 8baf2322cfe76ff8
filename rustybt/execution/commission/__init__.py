"""Commission models: one per file. `rustybt.api.commission` offers them to strategies."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.execution.commission._base import (
    CommissionModel,
    EquityCommissionModel,
    FutureCommissionModel,
    Part,
    Parts,
)
from rustybt.execution.commission._exchange_fees import EXCHANGE_FEE_OF_ROOT
from rustybt.execution.commission._none import NoCommission
from rustybt.execution.commission._per_contract import DEFAULT_PER_CONTRACT_COST, PerContract
from rustybt.execution.commission._per_dollar import PerDollar
from rustybt.execution.commission._per_future_trade import PerFutureTrade
from rustybt.execution.commission._per_share import PerShare
from rustybt.execution.commission._per_trade import PerTrade

if TYPE_CHECKING:
    from rustybt.execution.commission._charge import Charge
    from rustybt.execution.commission._profile import broker, brokers
    from rustybt.execution.commission._schedule import FeeSchedule
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.execution.commission._charge": ("Charge",),
            "rustybt.execution.commission._profile": (
                "broker",
                "brokers",
            ),
            "rustybt.execution.commission._schedule": ("FeeSchedule",),
        },
    )


__all__ = [
    "DEFAULT_PER_CONTRACT_COST",
    "EXCHANGE_FEE_OF_ROOT",
    "Charge",
    "CommissionModel",
    "EquityCommissionModel",
    "FeeSchedule",
    "FutureCommissionModel",
    "NoCommission",
    "Part",
    "Parts",
    "PerContract",
    "PerDollar",
    "PerFutureTrade",
    "PerShare",
    "PerTrade",
    "broker",
    "brokers",
]


def __dir__() -> list[str]:
    return sorted(__all__)
