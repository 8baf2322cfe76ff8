"""Terms that a strategy asks for: indicators read at its moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic

from rustybt.core import Asset, Scalar, frequency_named
from rustybt.errors import InputError, WrongType
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._run_facts import RunPhase

if TYPE_CHECKING:
    from rustybt.indicators import Indicator
    from rustybt.view import SeveralTerms, Term


class Indicators(Generic[Scalar]):
    """The part of `context` that reads indicators."""

    __slots__ = ()

    _state: AccountState[Scalar]
    _phase: RunPhase

    def term(
        self,
        kind: Indicator,
        assets: Asset | Iterable[Asset],
        field: str | None = None,
        *,
        frequency: str | None = None,
        against: Asset | None = None,
        **parameters: Any,
    ) -> Term | SeveralTerms | Any:
        """An indicator of one asset or several, read at the moment; see `rustybt.api.term`."""
        from rustybt.indicators import Indicator
        from rustybt.view import AskedTerm, IndicatorTerm, SeveralTerms, TermSpec

        if not isinstance(kind, Indicator):
            raise WrongType(f"term({kind!r}): the first is an indicator, like rustybt.indicators.SMA.")
        what = f"term({kind.name})"
        if self._phase.phase != "initialize":
            raise InputError(
                f"{what} was called after initialize. Ask for it there, of all assets that it may be needed for, and "
                "keep it on context: it is computed once, for the whole run."
            )
        single = isinstance(assets, Asset)
        named = self._assets_of(what, assets)
        spec = TermSpec(
            kind,
            _field(what, kind, field),
            tuple(kind.checked(parameters).items()),
            self._longer(what, frequency),
            self._other(what, kind, against),
        )
        market = self._state.market
        for asset in (*named, *([] if against is None else [against])):
            market.want(asset)
        market.terms.append(AskedTerm(spec, named))
        outputs = kind.outputs or ("",)
        terms = {
            name: IndicatorTerm(market, self._phase, named, spec, place, single=single)
            for place, name in enumerate(outputs)
        }
        return SeveralTerms(dict(terms)) if kind.outputs else terms[""]

    def _assets_of(self, what: str, assets: Any) -> tuple[Asset, ...]:
        if isinstance(assets, Asset):
            return (assets,)
        named = list(assets) if isinstance(assets, Iterable) and not isinstance(assets, str) else [assets]
        wrong = [one for one in named if not isinstance(one, Asset)]
        if wrong or not named:
            found = repr(wrong[0]) if wrong else "no asset"
            raise WrongType(f"{what}: {found} where assets are meant. Pass an asset, like symbol('AAPL'), or several.")
        return tuple(named)

    def _longer(self, what: str, frequency: Any) -> str:
        """The name of longer bars; empty for the run's own."""
        market = self._state.market
        if frequency is None or frequency == market.frequency:
            return ""
        try:
            longer = frequency_named(frequency).holds(frequency_named(market.frequency))
        except InputError as error:
            raise InputError(f"{what}(frequency={frequency!r}): {error}") from None
        if not longer:
            raise InputError(
                f"{what}(frequency={frequency!r}): a term is of the run's own bars, {market.frequency!r}, or of longer "
                "ones that whole bars of the run make: '1w' and '1mo' of '1d', '5m', '1h' and '1d' of '1m'. Choose "
                "one, or leave it out."
            )
        if frequency != "1d" and market.own_calendar is not None:
            raise InputError(
                f"{what}(frequency={frequency!r}): such bars are of the sessions of {market.own_calendar.name}, the "
                f"bundle's own calendar, and the run is on {market.axis.calendar.name}. Leave it out, or leave "
                "trading_calendar out of the run."
            )
        return str(frequency)

    def _other(self, what: str, kind: Indicator, against: Any) -> Asset | None:
        from rustybt.indicators import AGAINST

        if (AGAINST in kind.reads) != (against is not None):
            need = "needs against=, the asset to compare with" if against is None else "compares with no other asset"
            raise InputError(f"{what}: it {need}.")
        if against is not None and not isinstance(against, Asset):
            raise WrongType(f"{what}(against={against!r}): pass an asset, like symbol('SPY').")
        return against


def _field(what: str, kind: Indicator, field: Any) -> str:
    from rustybt.indicators import FIELD, FIELDS

    if FIELD not in kind.reads:
        if field is not None:
            raise InputError(f"{what}: it reads {', '.join(kind.reads)}, and no other field. Leave {field!r} out.")
        return ""
    if field is None:
        return "close"
    if isinstance(field, int):
        raise InputError(f"{what}: {field!r} is no field. Did you mean window={field!r}?")
    if field not in FIELDS:
        raise InputError(f"{what}: there is no field {field!r}. Choose {', '.join(FIELDS)}.")
    return str(field)
