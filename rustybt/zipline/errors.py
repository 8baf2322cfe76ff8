"""The errors that a script may want to catch: RustyBT's own, under Zipline's names.

Those of Zipline's that nothing here raises can be imported too, so that an `except` that names them works.
"""

from __future__ import annotations

from typing import Final

from rustybt.errors import (
    AccountControlViolation,
    BadOrderParameters,
    BenchmarkAssetNotAvailableTooEarly,
    BenchmarkAssetNotAvailableTooLate,
    CannotOrderDelistedAsset,
    FutureContractsNotFound,
    HistoryWindowStartsBeforeData,
    IncompatibleCommissionModel,
    IncompatibleSlippageModel,
    InvalidBenchmarkAsset,
    MultipleSymbolsFound,
    OrderDuringInitialize,
    OrderInBeforeTradingStart,
    RegisterAccountControlPostInit,
    RegisterTradingControlPostInit,
    ScheduleFunctionInvalidCalendar,
    SetBenchmarkOutsideInitialize,
    SetCancelPolicyPostInit,
    SetCommissionPostInit,
    SetSlippagePostInit,
    SidsNotFound,
    SymbolNotFound,
    TradingControlViolation,
    TransactionVolumeExceedsOrder,
    TransactionWithWrongDirection,
    UnsupportedCancelPolicy,
    UnsupportedCommissionModel,
    UnsupportedDatetimeFormat,
    UnsupportedOrderParameters,
    UnsupportedSlippageModel,
)
from rustybt.errors import RustyBTError as ZiplineError

__all__ = [
    "AccountControlViolation",
    "BadOrderParameters",
    "BenchmarkAssetNotAvailableTooEarly",
    "BenchmarkAssetNotAvailableTooLate",
    "CannotOrderDelistedAsset",
    "FutureContractsNotFound",
    "HistoryWindowStartsBeforeData",
    "IncompatibleCommissionModel",
    "IncompatibleSlippageModel",
    "InvalidBenchmarkAsset",
    "MultipleSymbolsFound",
    "OrderDuringInitialize",
    "OrderInBeforeTradingStart",
    "RegisterAccountControlPostInit",
    "RegisterTradingControlPostInit",
    "ScheduleFunctionInvalidCalendar",
    "SetBenchmarkOutsideInitialize",
    "SetCancelPolicyPostInit",
    "SetCommissionPostInit",
    "SetSlippagePostInit",
    "SidsNotFound",
    "SymbolNotFound",
    "TradingControlViolation",
    "TransactionVolumeExceedsOrder",
    "TransactionWithWrongDirection",
    "UnsupportedCancelPolicy",
    "UnsupportedCommissionModel",
    "UnsupportedDatetimeFormat",
    "UnsupportedOrderParameters",
    "UnsupportedSlippageModel",
    "ZiplineError",
]

SameSymbolUsedAcrossCountries = MultipleSymbolsFoundForFuzzySymbol = MultipleSymbolsFound
EquitiesNotFound = SidsNotFound

UNRAISED: Final = frozenset((
    "AssetDBImpossibleDowngrade", "AssetDBVersionError", "AttachPipelineAfterInitialize", "BadPercentileBounds",
    "CalendarNameCollision", "ConsumeAssetMetaDataError", "CyclicCalendarAlias", "DTypeNotSpecified",
    "DuplicatePipelineName", "IncompatibleHistoryFrequency", "IncompatibleTerms", "InvalidCalendarName",
    "InvalidOutputName", "InvalidTermParams", "MultipleValuesFoundForField", "MultipleValuesFoundForSid",
    "NoFurtherDataError", "NoSourceError", "NoSuchPipeline", "NoTradeDataAvailable", "NoTradeDataAvailableTooEarly",
    "NoTradeDataAvailableTooLate", "NoValueForSid", "NonExistentAssetInTimeFrame", "NonPipelineInputs",
    "NonSliceableTerm", "NonWindowSafeInput", "NotDType", "PipelineDateError", "PipelineOutputDuringInitialize",
    "RootSymbolNotFound", "ScheduleFunctionWithoutCalendar", "SidAssignmentError", "TermInputsNotSpecified",
    "TermOutputsEmpty", "TransactionWithNoAmount", "TransactionWithNoVolume", "UnknownRankMethod", "UnsupportedDType",
    "UnsupportedDataType", "UnsupportedPipelineOutput", "ValueNotFoundForField", "WindowLengthNotPositive",
    "WindowLengthNotSpecified", "WindowLengthTooLong", "WrongDataForTransform", "ZeroCapitalError",
))  # fmt: skip
"""The names of Zipline's errors that nothing here raises."""


def __getattr__(name: str) -> type[ZiplineError]:
    if name not in UNRAISED:
        raise AttributeError(f"zipline.errors has no {name!r}.")
    made = globals()[name] = type(name, (ZiplineError,), {"__module__": __name__})
    return made
