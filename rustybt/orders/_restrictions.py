"""Which assets may not be ordered, and since when."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, NamedTuple

from rustybt.core import Asset, parse_moment
from rustybt.errors import InputError


class RESTRICTION_STATES(enum.IntEnum):  # noqa: N801 - the name that Zipline gives it
    """Whether an asset may be ordered.

    >>> from rustybt.api import RESTRICTION_STATES
    >>> [state.name for state in RESTRICTION_STATES]
    ['ALLOWED', 'FROZEN']
    """

    ALLOWED = 0
    FROZEN = 1


class Restriction(NamedTuple):
    """From a moment on an asset is in a state. effective_date: a date, datetime, Timestamp or text; UTC.

    >>> from rustybt import run
    >>> from rustybt.api import RESTRICTION_STATES, Restriction, symbol
    >>> def handle_data(context, data):
    ...     print(Restriction(symbol("IBM"), "2010-01-05", RESTRICTION_STATES.FROZEN).effective_date)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    2010-01-05
    """

    asset: Asset
    effective_date: Any
    state: RESTRICTION_STATES


class Restrictions:
    """A set of assets that may not be ordered. A subclass has `frozen(asset, dt)`, or its own is_restricted.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import execution, set_asset_restrictions, symbol
    >>> class OnTuesdays(execution.Restrictions):
    ...     def frozen(self, asset, dt):
    ...         return dt.weekday() == 1
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_asset_restrictions(OnTuesdays())
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-05")
    True
    False
    """

    def frozen(self, asset: Asset, dt: Any) -> bool:
        """Whether one asset is restricted at a moment, an aware datetime or Timestamp."""
        raise NotImplementedError(f"{type(self).__name__} has no method frozen(asset, dt).")

    def is_restricted(self, assets: Asset | Iterable[Asset], dt: Any) -> Any:
        """Whether an asset is restricted at a moment; for several assets a dict."""
        if isinstance(assets, Asset):
            return self.frozen(assets, dt)
        return {asset: self.is_restricted(asset, dt) for asset in assets}

    def __or__(self, other: Restrictions) -> Restrictions:
        """What either of two restricts."""
        parts = [*_parts(self), *_parts(other)]
        return parts[0] if len(parts) == 1 else _Union(parts) if parts else NoRestrictions()


class NoRestrictions(Restrictions):
    """Every asset may be ordered.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import execution, set_asset_restrictions, symbol
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_asset_restrictions(execution.NoRestrictions())
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-05")
    True
    True
    """

    def frozen(self, asset: Asset, dt: Any) -> bool:
        return False


class StaticRestrictions(Restrictions):
    """The same assets at all times.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import StaticRestrictions, set_asset_restrictions, symbol
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_asset_restrictions(StaticRestrictions([symbol("IBM")]))
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-05")
    False
    False
    """

    _set_by_init = ("_restricted",)

    def __init__(self, restricted_list: Iterable[Asset]) -> None:
        assets = _iterated(restricted_list, "a list of assets that are not to be ordered")
        self._restricted = frozenset(checked_asset(asset, "a list of restricted assets") for asset in assets)

    def frozen(self, asset: Asset, dt: Any) -> bool:
        return asset in self._restricted


class HistoricalRestrictions(Restrictions):
    """Assets that are frozen and allowed again at stated moments; the last one up to now counts.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import (
    ...     RESTRICTION_STATES,
    ...     HistoricalRestrictions,
    ...     Restriction,
    ...     set_asset_restrictions,
    ...     symbol,
    ... )
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         frozen = Restriction(symbol("IBM"), "2010-01-05", RESTRICTION_STATES.FROZEN)
    ...         set_asset_restrictions(HistoricalRestrictions([frozen]))
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-05")
    True
    False
    """

    _set_by_init = ("_by_asset",)

    def __init__(self, restrictions: Iterable[Restriction]) -> None:
        self._by_asset: dict[Asset, list[tuple[int, RESTRICTION_STATES]]] = {}
        for restriction in _iterated(restrictions, "restrictions"):
            if not isinstance(restriction, tuple) or len(restriction) != len(Restriction._fields):
                raise InputError(
                    f"HistoricalRestrictions: {restriction!r} is no restriction. Pass "
                    "Restriction(asset, effective_date, state) for each."
                )
            asset, effective_date, state = restriction
            checked_asset(asset, "a Restriction")
            if state not in tuple(RESTRICTION_STATES):
                raise InputError(
                    f"Restriction of {asset.symbol}: state {state!r} is neither RESTRICTION_STATES.FROZEN nor ALLOWED."
                )
            since = parse_moment(effective_date, "effective_date")
            self._by_asset.setdefault(asset, []).append((since, RESTRICTION_STATES(state)))
        for changes in self._by_asset.values():
            changes.sort(key=lambda change: change[0])

    def frozen(self, asset: Asset, dt: Any) -> bool:
        now = parse_moment(dt, "dt")
        state = RESTRICTION_STATES.ALLOWED
        for since, changed in self._by_asset.get(asset, ()):
            if since > now:
                break
            state = changed
        return state is RESTRICTION_STATES.FROZEN


class SecurityListRestrictions(Restrictions):
    """What a list of securities holds at the moment.

    security_list: has current_securities(dt), which gives assets or sids.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import execution, set_asset_restrictions, symbol
    >>> class Listed:
    ...     def current_securities(self, dt):
    ...         return [symbol("IBM")]
    >>> class Restricted(Strategy):
    ...     def initialize(self, context):
    ...         set_asset_restrictions(execution.SecurityListRestrictions(Listed()))
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.can_trade(symbol("IBM")))
    >>> result = run(Restricted, start="2010-01-04", end="2010-01-05")
    False
    False
    """

    _set_by_init = ("_list",)

    def __init__(self, security_list: Any) -> None:
        self._list = security_list

    def frozen(self, asset: Asset, dt: Any) -> bool:
        listed = self._list.current_securities(dt)
        return asset in listed or asset.sid in listed


class _Union(Restrictions):
    """What any of several restricts."""

    def __init__(self, parts: list[Restrictions]) -> None:
        self.parts = parts

    def frozen(self, asset: Asset, dt: Any) -> bool:
        return any(part.is_restricted(asset, dt) for part in self.parts)


def checked_asset(asset: Any, where: str) -> Asset:
    """An asset. Raises InputError for anything else, which would match no order, and so forbid nothing."""
    # the assets of a Zipline script stand for those of the run, and equal them
    if not isinstance(asset, Asset) and not (hasattr(asset, "sid") and hasattr(asset, "symbol")):
        raise InputError(f"{where}: {asset!r} is not an asset. Look it up with symbol({str(asset)!r}) first.")
    found: Asset = asset
    return found


def _iterated(items: Any, what: str) -> list[Any]:
    if isinstance(items, str | bytes) or not hasattr(items, "__iter__"):
        raise InputError(f"{items!r} is not {what}. Pass them as a list, like [symbol('GME')].")
    return list(items)


def _parts(restrictions: Restrictions) -> list[Restrictions]:
    if isinstance(restrictions, _Union):
        return restrictions.parts
    return [] if isinstance(restrictions, NoRestrictions) else [restrictions]
