"""Which assets may not be ordered, and since when."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, NamedTuple

from rustybt.core import Asset, parse_moment


class RESTRICTION_STATES(enum.IntEnum):  # noqa: N801 - the name that Zipline gives it
    """Whether an asset may be ordered."""

    ALLOWED = 0
    FROZEN = 1


class Restriction(NamedTuple):
    """From a moment on an asset is in a state. effective_date: a date, datetime, Timestamp or text; UTC."""

    asset: Asset
    effective_date: Any
    state: RESTRICTION_STATES


class Restrictions:
    """A set of assets that may not be ordered. A subclass has `frozen(asset, dt)`, or its own is_restricted."""

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
    """Every asset may be ordered."""

    def frozen(self, asset: Asset, dt: Any) -> bool:
        return False


class StaticRestrictions(Restrictions):
    """The same assets at all times."""

    def __init__(self, restricted_list: Iterable[Asset]) -> None:
        self._restricted = frozenset(restricted_list)

    def frozen(self, asset: Asset, dt: Any) -> bool:
        return asset in self._restricted


class HistoricalRestrictions(Restrictions):
    """Assets that are frozen and allowed again at stated moments; the last one up to now counts."""

    def __init__(self, restrictions: Iterable[Restriction]) -> None:
        self._by_asset: dict[Asset, list[tuple[int, RESTRICTION_STATES]]] = {}
        for asset, effective_date, state in restrictions:
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
    """

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


def _parts(restrictions: Restrictions) -> list[Restrictions]:
    if isinstance(restrictions, _Union):
        return restrictions.parts
    return [] if isinstance(restrictions, NoRestrictions) else [restrictions]
