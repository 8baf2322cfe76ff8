"""Commission models: RustyBT's own, under Zipline's names."""

from rustybt.execution.commission import CommissionModel, NoCommission, PerDollar, PerShare, PerTrade

__all__ = ["CommissionModel", "NoCommission", "PerDollar", "PerShare", "PerTrade"]
