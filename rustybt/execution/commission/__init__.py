"""Commission models: one per file. `rustybt.api.commission` offers them to strategies."""

from rustybt.execution.commission._base import CommissionModel
from rustybt.execution.commission._none import NoCommission
from rustybt.execution.commission._per_dollar import PerDollar
from rustybt.execution.commission._per_share import PerShare
from rustybt.execution.commission._per_trade import PerTrade

__all__ = ["CommissionModel", "NoCommission", "PerDollar", "PerShare", "PerTrade"]
