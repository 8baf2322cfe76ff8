"""The numbers of zipline.finance.constants, as floats."""

from rustybt.execution.commission import EXCHANGE_FEE_OF_ROOT
from rustybt.execution.slippage import DEFAULT_ETA as ETA
from rustybt.execution.slippage import ETA_OF_ROOT

__all__ = [
    "ANNUALIZER",
    "DEFAULT_ETA",
    "FUTURE_EXCHANGE_FEES_BY_SYMBOL",
    "MINUTES_IN_HOUR",
    "ROOT_SYMBOL_TO_ETA",
    "TRADING_DAYS_IN_YEAR",
    "TRADING_HOURS_IN_DAY",
]

TRADING_DAYS_IN_YEAR = 250
TRADING_HOURS_IN_DAY = 6.5
MINUTES_IN_HOUR = 60
ANNUALIZER = {
    "daily": TRADING_DAYS_IN_YEAR,
    "hourly": TRADING_DAYS_IN_YEAR * TRADING_HOURS_IN_DAY,
    "minute": TRADING_DAYS_IN_YEAR * TRADING_HOURS_IN_DAY * MINUTES_IN_HOUR,
}
FUTURE_EXCHANGE_FEES_BY_SYMBOL = {root: float(fee) for root, fee in EXCHANGE_FEE_OF_ROOT.items()}
ROOT_SYMBOL_TO_ETA = {root: float(eta) for root, eta in ETA_OF_ROOT.items()}
DEFAULT_ETA = float(ETA)
