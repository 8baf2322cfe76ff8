"""`context.asset_finder`: looking assets up in the version that the run reads."""

from __future__ import annotations

from typing import Any

from rustybt import core
from rustybt.core import day_of, parse_date
from rustybt.errors import NotYetAvailable, SidsNotFound, SymbolNotFound
from rustybt.zipline._assets import Asset, AssetWrapper


class AssetFinder:
    """The assets of a bundle by sid and by symbol."""

    def __init__(self, version: Any, wrapper: AssetWrapper, look_up_day: int) -> None:
        self._version = version
        self._wrapper = wrapper
        self._look_up_day = look_up_day

    def retrieve_asset(self, sid: int, default_none: bool = False) -> Any:
        """The asset with that sid. Raises SidsNotFound; default_none: gives None instead."""
        return self.retrieve_all([sid], default_none)[0]

    def retrieve_all(self, sids: Any, default_none: bool = False) -> list[Any]:
        """The assets with these sids, in their order."""
        found: list[Any] = []
        for sid in sids:
            try:
                found.append(self._wrapper.of(self._version.asset(int(sid))))
            except SidsNotFound:
                if not default_none:
                    raise
                found.append(None)
        return found

    def retrieve_equities(self, sids: Any) -> dict[int, Any]:
        """The equities with these sids, by sid."""
        return {asset.sid: asset for asset in self.retrieve_all(sids)}

    def retrieve_futures_contracts(self, sids: Any) -> dict[int, Any]:
        """The contracts with these sids, by sid."""
        return {asset.sid: asset for asset in self.retrieve_all(sids)}

    def lookup_symbol(
        self, symbol: str, as_of_date: Any = None, fuzzy: bool = False, country_code: str | None = None
    ) -> Any:
        """The asset that carried a symbol on a date; without one, the only asset that ever did.

        Raises SymbolNotFound, MultipleSymbolsFound.

        fuzzy: "BRK.A", "BRK/A", "BRK_A" and "BRK-A" are the same symbol.
        """
        day = None if as_of_date is None else day_of(parse_date(as_of_date, "as_of_date"))
        spellings = [symbol]
        if fuzzy:
            spellings += [symbol.replace(a, b) for a in "./-_" if a in symbol for b in ("", *"./-_") if a != b]
        for spelling in spellings[:-1]:
            try:
                return self._wrapper.of(self._version.lookup_symbol(spelling, day, country=country_code))
            except SymbolNotFound:
                continue
        return self._wrapper.of(self._version.lookup_symbol(spellings[-1], day, country=country_code))

    def lookup_symbols(
        self, symbols: Any, as_of_date: Any = None, fuzzy: bool = False, country_code: str | None = None
    ) -> list[Any]:
        """The assets that carried these symbols, in their order."""
        return [self.lookup_symbol(symbol, as_of_date, fuzzy, country_code) for symbol in symbols]

    def lookup_future_symbol(self, symbol: str) -> Any:
        """The contract with that ticker. Raises SymbolNotFound."""
        return self._wrapper.of(self._version.lookup_future(symbol, self._look_up_day))

    def lookup_generic(
        self, obj: Any, as_of_date: Any = None, country_code: str | None = None
    ) -> tuple[Any, list[Any]]:
        """Assets for an asset, a sid, a symbol, or a list of them, and what was not found."""
        if isinstance(obj, Asset):
            return obj, []
        if isinstance(obj, int):
            return self.retrieve_asset(obj), []
        if isinstance(obj, str):
            return self.lookup_symbol(obj, as_of_date, country_code=country_code), []
        found: list[Any] = []
        missing: list[Any] = []
        for one in obj:
            try:
                found.append(self.lookup_generic(one, as_of_date, country_code)[0])
            except (SidsNotFound, SymbolNotFound):
                missing.append(one)
        return found, missing

    def group_by_type(self, sids: Any) -> dict[str, set[int]]:
        """The sids of equities and of futures."""
        groups: dict[str, set[int]] = {"equity": set(), "future": set()}
        for sid in sids:
            groups["future" if self._is_future(self._version.asset(int(sid))) else "equity"].add(int(sid))
        return groups

    def lookup_asset_types(self, sids: Any) -> dict[int, str]:
        """Of each sid, whether it is an "equity" or a "future"."""
        return {sid: kind for kind, group in self.group_by_type(sids).items() for sid in group}

    @staticmethod
    def _is_future(asset: Any) -> bool:
        return isinstance(asset, core.Future)

    @property
    def sids(self) -> tuple[int, ...]:
        """All sids."""
        return tuple(asset.sid for asset in self._version.assets())

    @property
    def equities_sids(self) -> tuple[int, ...]:
        """The sids of what is no future."""
        return tuple(asset.sid for asset in self._version.assets() if not self._is_future(asset))

    @property
    def futures_sids(self) -> tuple[int, ...]:
        """The sids of the futures."""
        return tuple(asset.sid for asset in self._version.assets() if self._is_future(asset))

    def equities_sids_for_country_code(self, country_code: str) -> tuple[int, ...]:
        """The sids of what trades in a country."""
        return tuple(a.sid for a in self._version.assets() if not self._is_future(a) and a.country == country_code)

    def equities_sids_for_exchange_name(self, exchange_name: str) -> tuple[int, ...]:
        """The sids of what trades on an exchange."""
        return tuple(a.sid for a in self._version.assets() if not self._is_future(a) and a.exchange == exchange_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotYetAvailable(
            f"asset_finder.{name} is not offered. There are retrieve_asset, retrieve_all, lookup_symbol, "
            "lookup_symbols, lookup_future_symbol and sids."
        )
