"""The errors that a script may want to catch: RustyBT's own, under Zipline's names."""

from rustybt.errors import (
    BadOrderParameters,
    CannotOrderDelistedAsset,
    HistoryWindowStartsBeforeData,
    OrderDuringInitialize,
    OrderInBeforeTradingStart,
    SetCommissionPostInit,
    SetSlippagePostInit,
    SidsNotFound,
    SymbolNotFound,
)
from rustybt.errors import RustyBTError as ZiplineError

__all__ = [
    "BadOrderParameters",
    "CannotOrderDelistedAsset",
    "HistoryWindowStartsBeforeData",
    "OrderDuringInitialize",
    "OrderInBeforeTradingStart",
    "SetCommissionPostInit",
    "SetSlippagePostInit",
    "SidsNotFound",
    "SymbolNotFound",
    "ZiplineError",
]
