"""What `initialize` sets of an account: what it may hold, and what holding costs."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from rustybt.core import Number
from rustybt.errors import InputError, SetAccountPostInit
from rustybt.strategy._run_facts import RunPhase
from rustybt.strategy._run_settings import RunSettings

if TYPE_CHECKING:
    from rustybt.orders.accounts import Rule

WEEKDAYS: Final = {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4}


class Carrying:
    """The part of `context` that sets the account, and what holding costs."""

    __slots__ = ()

    _phase: RunPhase
    _settings: RunSettings

    def set_borrow(
        self,
        rates: Any = None,
        default: Number = 0,
        basis: int = 360,
        *,
        value: Literal["close", "street"] = "close",
        settled: int = 0,
    ) -> None:
        """Lets shorts pay for the shares that they borrow; `rustybt.api.set_borrow` says more."""
        self._only_in_initialize("set_borrow")
        from rustybt.core.carrying import BorrowTerms
        from rustybt.strategy._rates_given import borrow_rows, is_table, number

        if rates is not None and not is_table(rates) and not hasattr(rates, "items"):
            default, rates = rates, None
        usual = number(default, "default")
        if usual < 0:
            raise InputError(f"default={default!r} is negative. Pass 0 or more; 0.03 is 3 % a year.")
        if value not in ("close", "street"):
            raise InputError(f"value={value!r}: choose 'close' or 'street'.")
        rows = {} if rates is None else borrow_rows(rates)
        self._settings.borrow = BorrowTerms(
            rows, usual, _whole(basis, "basis", 1), value, _whole(settled, "settled", 0)
        )

    def set_financing(
        self,
        debit: Any = None,
        credit: Any = None,
        basis: int | Mapping[str, int] = 360,
        *,
        benchmark: Any = None,
        short_proceeds: Literal["held", "free"] = "held",
    ) -> None:
        """Lets cash bear interest; `rustybt.api.set_financing` says more."""
        self._only_in_initialize("set_financing")
        from rustybt.core.carrying import FinancingTerms, InterestTerms
        from rustybt.strategy._rates_given import rates_by_currency, tiers_by_currency

        if debit is None and credit is None:
            raise InputError("set_financing: give debit=, credit= or both, as rates a year; 0.05 is 5 %.")
        if short_proceeds not in ("held", "free"):
            raise InputError(f"short_proceeds={short_proceeds!r}: choose 'held' or 'free'.")
        base = None if benchmark is None else rates_by_currency(benchmark, "benchmark")
        sides = [
            None if given is None else InterestTerms(tiers_by_currency(given, name), base)
            for name, given in (("debit", debit), ("credit", credit))
        ]
        owed = sides[0]
        if owed is not None and base is None and any(rate < 0 for rate in owed.rates()):
            raise InputError(
                f"debit={debit!r} has a rate below zero: who owes money would be paid for it. Pass 0 or more; 0.05 is "
                "5 % a year. With benchmark= it is what is added to that."
            )
        days = {"": basis} if not isinstance(basis, Mapping) else {"": 360, **basis}
        whole = {currency: _whole(one, "basis", 1) for currency, one in days.items()}
        self._settings.financing = FinancingTerms(sides[0], sides[1], whole, short_proceeds == "free")

    def set_rollover(
        self,
        rates: Any = None,
        *,
        currencies: Any = None,
        markup: Number = 0,
        unit: Literal["rate", "points"] = "rate",
        basis: int = 365,
        triple: str | None = None,
    ) -> None:
        """Lets currency positions pay or get what is due overnight; `rustybt.api.set_rollover` says more."""
        self._only_in_initialize("set_rollover")
        from rustybt.core.carrying import RolloverTerms
        from rustybt.strategy._rates_given import number, rates_by_currency, swaps

        if (rates is None) == (currencies is None):
            raise InputError("set_rollover: give rates= by symbol, or currencies=, the rates of currencies; not both.")
        taken_off = number(markup, "markup")
        if taken_off < 0 or (taken_off and currencies is None):
            raise InputError(
                f"markup={markup!r}: pass 0 or more, with currencies=; it is taken off on both sides. With rates= "
                "write it as their third number, admin."
            )
        if unit not in ("rate", "points") or (unit == "points" and rates is None):
            raise InputError(f"unit={unit!r}: choose 'rate', or 'points' with rates= by symbol.")
        if triple is not None and triple.lower() not in WEEKDAYS:
            raise InputError(f"triple={triple!r}: choose one of {', '.join(WEEKDAYS)}, or None.")
        self._settings.rollover = RolloverTerms(
            {} if rates is None else swaps(rates),
            {} if currencies is None else rates_by_currency(currencies, "currencies"),
            taken_off,
            unit == "points",
            _whole(basis, "basis", 1),
            None if triple is None else WEEKDAYS[triple.lower()],
        )

    def set_account(
        self, kind: Literal["cash", "reg_t", "portfolio", "futures", "isolated"] | Rule, **parameters: Any
    ) -> None:
        """Lets orders be paid for as in an account of that kind; `rustybt.api.set_account` says more."""
        self._only_in_initialize("set_account")
        from rustybt.orders.accounts import account_named

        test = parameters.pop("test", "close")
        if test not in ("close", "range"):
            raise InputError(f"test={test!r}: choose 'close' or 'range'.")
        self._settings.margin_by_range = test == "range"
        self._settings.account = account_named(kind, parameters)

    def _only_in_initialize(self, function: str) -> None:
        if self._phase.phase != "initialize":
            raise SetAccountPostInit(f"{function} was called after initialize. Call it there.")


def _whole(given: Any, what: str, least: int) -> int:
    try:
        count = operator.index(given)
    except TypeError:
        count = -1
    if isinstance(given, bool) or count < least:
        raise InputError(f"{what}={given!r}: pass a whole number of {least} or more.")
    return count
