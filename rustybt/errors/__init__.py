"""Every error that RustyBT raises on purpose, in one tree.

RustyBTError
├── InputError (also ValueError)          the caller gave something that cannot be used
│   ├── NonFiniteInput                     NaN, an infinity, or no number at all
│   │   ├── NotANumber (also TypeError)    something that is no number, like None or a list
│   │   └── InfiniteInput (also OverflowError)  an infinity
│   ├── WrongType (also TypeError)         something of another type than what is asked for
│   ├── PrecisionLost                      digits would be lost without a rounding being asked for
│   ├── CurrencyMismatch                   money of two currencies would be added up without a rate
│   ├── BadBars                            rows that the validation refuses; carries the findings
│   ├── InvalidBenchmarkAsset              the returns of an asset can't be told from its closes
│   ├── BenchmarkAssetNotAvailableTooEarly
│   ├── BenchmarkAssetNotAvailableTooLate
│   ├── UnsupportedDatetimeFormat          a look-up date that is no date
│   ├── BadOrderParameters                 an order price or size that means nothing
│   ├── UnsupportedOrderParameters         two ways of saying it in one order
│   ├── OrderTooLarge (also OverflowError)  more units than any books hold
│   ├── UnsupportedSlippageModel           no slippage model
│   ├── UnsupportedCommissionModel         no commission model
│   ├── UnsupportedCancelPolicy            no cancel policy
│   ├── IncompatibleSlippageModel          a slippage model for another class of assets
│   ├── IncompatibleCommissionModel        a commission model for another class of assets
│   ├── TransactionWithWrongDirection      a slippage model fills a buy with a sale
│   ├── TransactionVolumeExceedsOrder      a slippage model fills more than is left of an order
│   ├── ReservedName (also AttributeError)  a name of context's own that a strategy wants to set
│   └── BadSchedule                        an offset outside what the rules allow
│       └── ScheduleFunctionInvalidCalendar    a rule by the sessions of what is no calendar
├── NotYetAvailable (NotImplementedError)  a capability that a later version brings
├── LookupFailed (also LookupError)        something asked for by name is not there
│   ├── BundleNotFound
│   │   └── UnknownBundle                  no ingest function was registered under that name
│   ├── VersionNotFound
│   ├── SymbolNotFound
│   ├── MultipleSymbolsFound               a symbol that several assets carried on the look-up date
│   ├── SidsNotFound
│   │   └── FutureContractsNotFound
│   ├── NoData                             dates or fields outside of what a bundle holds
│   │   └── NoSuchField (also ValueError)  a field, or a length of bars, that a run does not have
│   └── ResultNotFound                     no result was saved there
├── CatalogError                           the catalog can't be read or written as asked
│   ├── BundleExists
│   ├── CatalogBusy
│   ├── CatalogUnavailable                 where it lies nobody may write, or there is no room
│   └── CatalogCorrupt
├── SourceError                            a vendor did not give what was asked for
│   ├── SourceRefused                      no key, a wrong one, or one that does not allow this
│   ├── SourceRateLimited                  asked too often; carries how long the vendor wants to be left alone
│   ├── SourceUnavailable                  no connection, or an error on the vendor's side
│   ├── SourceUnknownSymbol                the vendor has nothing under that name
│   └── SourceMalformed                    a reply that can't be read, or that contradicts itself
├── JournalError                           the journal of a session can't be read, written or gone on with
├── ResultError                            a result can't be saved or loaded as asked
│   ├── ResultExists
│   └── ResultCorrupt
├── SnapshotError                          a run can't be saved, or gone on with, as asked
│   ├── SnapshotCorrupt                    a file that is not what was saved
│   └── SnapshotMismatch                   of another format, of other data, or of another strategy
├── SearchError                            a search over parameters can't begin or go on
│   ├── RegistryError                      the record of searches can't be used, or has another search of that name
│   └── SearchStopped                      too many of its trials failed
├── TradingError                           a strategy asked for something at the wrong moment
│   ├── NoActiveRun (also RuntimeError)
│   ├── OrderDuringInitialize
│   ├── OrderInBeforeTradingStart
│   ├── CannotOrderDelistedAsset
│   ├── SetBenchmarkOutsideInitialize
│   ├── IllegalTransition                  a broker reported of an order what can't have happened
│   ├── TradingControlViolation            an order that a trading control forbids
│   ├── AccountControlViolation            an account that is not as an account control wants it
│   ├── AccountRuined                      an account that has lost all it had, in a run with on_ruin="raise"
│   ├── LiquidityExceeded                  a slippage model has no volume left on a bar
│   ├── SetSlippagePostInit
│   ├── SetCommissionPostInit
│   ├── SetCancelPolicyPostInit
│   ├── SetLatencyPostInit
│   ├── RegisterTradingControlPostInit
│   ├── RegisterAccountControlPostInit
│   ├── SetAccountPostInit                 borrow, financing, rollover or the account, set after initialize
│   └── HistoryWindowStartsBeforeData
├── LedgerError                            the books would be wrong; nothing was posted
│   ├── FloatInTheBooks (also TypeError)
│   └── MoneyOverflow (also OverflowError)
├── ForkedProcess (also RuntimeError)      the process lacks the threads that Polars works with
├── KernelError (also ImportError)         the native extension is missing, stale or refused
└── MissingExtra (also ImportError)        an optional dependency is not installed
"""

from __future__ import annotations

from rustybt.errors._base import RustyBTError as RustyBTError
from rustybt.errors._sources import SourceError as SourceError
from rustybt.errors._sources import SourceMalformed as SourceMalformed
from rustybt.errors._sources import SourceRateLimited as SourceRateLimited
from rustybt.errors._sources import SourceRefused as SourceRefused
from rustybt.errors._sources import SourceUnavailable as SourceUnavailable
from rustybt.errors._sources import SourceUnknownSymbol as SourceUnknownSymbol
from rustybt.errors._stored import BundleExists as BundleExists
from rustybt.errors._stored import CatalogBusy as CatalogBusy
from rustybt.errors._stored import CatalogCorrupt as CatalogCorrupt
from rustybt.errors._stored import CatalogError as CatalogError
from rustybt.errors._stored import CatalogUnavailable as CatalogUnavailable
from rustybt.errors._stored import JournalError as JournalError
from rustybt.errors._stored import RegistryError as RegistryError
from rustybt.errors._stored import ResultCorrupt as ResultCorrupt
from rustybt.errors._stored import ResultError as ResultError
from rustybt.errors._stored import ResultExists as ResultExists
from rustybt.errors._stored import SearchError as SearchError
from rustybt.errors._stored import SearchStopped as SearchStopped
from rustybt.errors._stored import SnapshotCorrupt as SnapshotCorrupt
from rustybt.errors._stored import SnapshotError as SnapshotError
from rustybt.errors._stored import SnapshotMismatch as SnapshotMismatch

for _error in list(vars().values()):
    if isinstance(_error, type) and issubclass(_error, RustyBTError):
        _error.__module__ = __name__  # as a traceback names it, and a pickle finds it
del _error


class InputError(RustyBTError, ValueError):
    """The caller gave something that cannot be used."""


class NonFiniteInput(InputError):
    """NaN, an infinity, or something that is no number."""


class NotANumber(NonFiniteInput, TypeError):
    """Something that is no number, where one is asked for."""


class InfiniteInput(NonFiniteInput, OverflowError):
    """An infinity, where a number is asked for."""


class WrongType(InputError, TypeError):
    """Something of another type than what is asked for, like a number in place of a symbol."""


class PrecisionLost(InputError):
    """Digits would be lost, and no rounding was asked for."""


class CurrencyMismatch(InputError):
    """Money of two currencies would be added up as if it were one: there is no rate between them."""


class BadBars(InputError):
    """Bars that the validation refuses.

    findings: what was wrong, one `rustybt.validation.Finding` a row and rule.
    """

    def __init__(self, message: str, findings: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class InvalidBenchmarkAsset(InputError):
    """The returns of an asset can't be told from its closes, so it can't be a benchmark."""


class BenchmarkAssetNotAvailableTooEarly(InputError):
    """The benchmark has its first session after that of the run."""


class BenchmarkAssetNotAvailableTooLate(InputError):
    """The benchmark has its last session before that of the run."""


class UnsupportedDatetimeFormat(InputError):
    """A look-up date that is no date."""


class BadOrderParameters(InputError):
    """An order price or size that means nothing: negative, or not finite."""


class UnsupportedOrderParameters(InputError):
    """An order says the same twice: a style, and a price beside it."""


class OrderTooLarge(InputError, OverflowError):
    """An order for more units than the books can hold."""


class UnsupportedSlippageModel(InputError):
    """What was given as a slippage model is none."""


class UnsupportedCommissionModel(InputError):
    """What was given as a commission model is none."""


class IncompatibleSlippageModel(InputError):
    """A slippage model that is made for another class of assets."""


class IncompatibleCommissionModel(InputError):
    """A commission model that is made for another class of assets."""


class TransactionWithWrongDirection(InputError):
    """A slippage model fills a buy with a sale, or a sale with a buy."""


class TransactionVolumeExceedsOrder(InputError):
    """A slippage model fills more than is left of an order."""


class UnsupportedCancelPolicy(InputError):
    """What was given as a cancel policy is none."""


class ReservedName(InputError, AttributeError):
    """A strategy sets an attribute of `context` that has a name of the API."""


class BadSchedule(InputError):
    """A schedule rule with an offset outside of what it allows."""


class ScheduleFunctionInvalidCalendar(BadSchedule):
    """A schedule rule by the sessions of what is no calendar."""


class NotYetAvailable(RustyBTError, NotImplementedError):
    """A capability that a later version of RustyBT brings; it is refused, never silently ignored."""


class LookupFailed(RustyBTError, LookupError):
    """Something asked for by name is not there."""


class BundleNotFound(LookupFailed):
    """No bundle of that name in the catalog."""


class UnknownBundle(BundleNotFound):
    """No ingest function was registered under that name.

    name: the one asked for, as in Zipline.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class VersionNotFound(LookupFailed):
    """The bundle has no such version."""


class SymbolNotFound(LookupFailed):
    """No asset carried that symbol on the look-up date."""


class MultipleSymbolsFound(LookupFailed):
    """Several assets carried that symbol on the look-up date."""


class SidsNotFound(LookupFailed):
    """No asset of the bundle has that sid."""


class FutureContractsNotFound(SidsNotFound):
    """None of the contracts of a root symbol can be part of its chain."""


class NoData(LookupFailed):
    """Dates, fields or a frequency outside of what a bundle holds."""


class NoSuchField(NoData, ValueError):
    """A field that bars do not have, or a length of bars that a run does not have."""


class ResultNotFound(LookupFailed):
    """No result was saved there."""


class ForkedProcess(RustyBTError, RuntimeError):
    """The process was forked from one in which Polars' threads were running, and lacks them."""


class TradingError(RustyBTError):
    """A strategy asked for something at a moment when it can't be had."""


class NoActiveRun(TradingError, RuntimeError):
    """A function of `rustybt.api` was called where no run is active."""


class OrderDuringInitialize(TradingError):
    """Orders can't be placed in `initialize`."""


class OrderInBeforeTradingStart(TradingError):
    """Orders can't be placed in `before_trading_start`."""


class CannotOrderDelistedAsset(TradingError):
    """The asset has no price at this moment, so a value can't be turned into a quantity."""


class SetBenchmarkOutsideInitialize(TradingError):
    """The benchmark is set in `initialize`."""


class IllegalTransition(TradingError):
    """A broker reported of an order what its state does not allow."""


class TradingControlViolation(TradingError):
    """An order that a trading control with on_error="fail" forbids."""


class AccountControlViolation(TradingError):
    """The account at a close is not as an account control wants it."""


class AccountRuined(TradingError):
    """The account has lost all it had, in a run with on_ruin="raise"."""


class LiquidityExceeded(TradingError):
    """Raised by a slippage model: no order of the asset is to fill on this bar any more."""


class SetSlippagePostInit(TradingError):
    """The slippage model is set in `initialize`."""


class SetCommissionPostInit(TradingError):
    """The commission model is set in `initialize`."""


class SetCancelPolicyPostInit(TradingError):
    """The cancel policy is set in `initialize`."""


class SetLatencyPostInit(TradingError):
    """The latency is set in `initialize`."""


class RegisterTradingControlPostInit(TradingError):
    """Trading controls are set in `initialize`."""


class RegisterAccountControlPostInit(TradingError):
    """Account controls are set in `initialize`."""


class SetAccountPostInit(TradingError):
    """The account, and what holding costs, are set in `initialize`."""


class HistoryWindowStartsBeforeData(TradingError):
    """A history window reaches before the first bar of the bundle."""


class LedgerError(RustyBTError):
    """The books would be wrong; nothing was posted."""


class FloatInTheBooks(LedgerError, TypeError):
    """A float reached the ledger."""


class MoneyOverflow(LedgerError, OverflowError):
    """An amount beyond what the books hold: 1e18 units of money, or 1e18 units of quantity."""


class KernelError(RustyBTError, ImportError):
    """The native extension is missing, stale, or refused by `RUSTYBT_KERNELS`."""


class MissingExtra(RustyBTError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


def __dir__() -> list[str]:
    return sorted(name for name, value in globals().items() if isinstance(value, type))


__all__ = [name for name, one in sorted(vars().items()) if isinstance(one, type) and issubclass(one, RustyBTError)]
