"""Rates between currencies: the closes of the pairs that a bundle has, as of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rustybt.core import PAIR_KINDS, Asset, currencies_of_pair, datetime_of, whole_currency
from rustybt.errors import CurrencyMismatch
from rustybt.view import Instrument, MarketView

type Rate = tuple[int, int]
"""So many units of one currency for so many of another: numerator and denominator."""


class PairUse(NamedTuple):
    """A pair on the route from one currency to another; inverse: from the one it is paid in to the one it buys."""

    pair: Asset
    inverse: bool


class ClosesOfPair(NamedTuple):
    """The closes of a pair on a route, by bar; unit: 1 at their scale; inverse: as in `PairUse`."""

    closes: Sequence[int]
    unit: int
    inverse: bool


class KeptRates:
    """The rates of a run that is over: to its base currency, by closes that were copied out of the market.

    routes: by currency its pairs, and the rate before any of them, which is of pence and their like.
    """

    __slots__ = ("_routes",)

    def __init__(self, routes: dict[str, tuple[Rate, list[ClosesOfPair]]]) -> None:
        self._routes = routes

    def __call__(self, currency: str, bars: Sequence[int]) -> list[Rate]:
        """So many units of the base currency for so many of another, at each of some bars; a zero is no rate."""
        (numerator, denominator), pairs = self._routes.get(currency, ((0, 0), []))
        tops, bottoms = [numerator] * len(bars), [denominator] * len(bars)
        for closes, unit, inverse in pairs:
            prices = [closes[bar] for bar in bars]
            over, under = (bottoms, tops) if inverse else (tops, bottoms)
            over[:] = [one * price for one, price in zip(over, prices, strict=True)]
            under[:] = [one * unit for one in under]
        return list(zip(tops, bottoms, strict=True))


class Rates:
    """Rates: the worth of a unit of a currency in another one.

    A pair of both currencies, else its inverse, else two pairs by way of a third currency: the base currency first,
    then in the order of their names. The price of a pair is its last close up to the moment, as marks are. Pence and
    their like need no pair to the currency that they are of.
    base: the run's currency.
    """

    __slots__ = ("_bar", "_market", "_now", "_pairs", "_routes", "base")

    def __init__(self, market: MarketView, base: str) -> None:
        self._market = market
        self.base = base
        self._pairs: dict[tuple[str, str], Asset] = {}
        found = market.version.assets(kinds=PAIR_KINDS)
        for asset in sorted(found, key=lambda one: (PAIR_KINDS.index(one.kind), one.key)):
            currencies = currencies_of_pair(asset)
            if currencies is not None:
                self._pairs.setdefault(currencies, asset)
        self._routes: dict[tuple[str, str], list[tuple[Instrument, bool]]] = {}
        # the rates to the base currency of one bar
        self._bar = -1
        self._now: dict[str, Rate] = {}

    def __bool__(self) -> bool:
        """Whether anything leads to the base currency: a pair, or smaller units of the same."""
        base = whole_currency(self.base)[0]
        others = [name for name in self._market.version.currencies if name != self.base]
        return any(base in pair for pair in self._pairs) or any(whole_currency(name)[0] == base for name in others)

    def route(self, from_: str, to: str) -> list[PairUse] | None:
        """The pairs that lead from one currency to another; None where none do."""
        from_, to = whole_currency(from_)[0], whole_currency(to)[0]
        if from_ == to:
            return []
        one = self._pair_between(from_, to)
        if one is not None:
            return [one]
        others = sorted({name for currencies in self._pairs for name in currencies})
        for between in (whole_currency(self.base)[0], *others):
            first, second = self._pair_between(from_, between), self._pair_between(between, to)
            if first is not None and second is not None:
                return [first, second]
        return None

    def _pair_between(self, from_: str, to: str) -> PairUse | None:
        if (from_, to) in self._pairs:
            return PairUse(self._pairs[from_, to], inverse=False)
        if (to, from_) in self._pairs:
            return PairUse(self._pairs[to, from_], inverse=True)
        return None

    def pairs(self, from_: str, to: str) -> list[tuple[Instrument, bool]]:
        """The bars of the pairs on the route, and which of them are inverse; loaded when they are first asked for.

        Raises CurrencyMismatch where there is no route, naming the pair that would be one.
        """
        known = self._routes.get((from_, to))
        if known is None:
            route = self.route(from_, to)
            if route is None:
                one, other = whole_currency(from_)[0], whole_currency(to)[0]
                raise CurrencyMismatch(
                    f"Bundle {self._market.version.bundle!r} has no rate from {from_} to {to}. Ingest the pair "
                    f"{one}/{other} with it, of type forex and in the currency {other}."
                )
            known = self._routes[from_, to] = [(self._market.instrument(one.pair), one.inverse) for one in route]
        return known

    def missing(self, from_: str, to: str, bar: int) -> str | None:
        """Why there is no rate at a bar; None where there is one."""
        for instrument, _ in self.pairs(from_, to):
            if bar < instrument.priced or instrument.price[bar] <= 0:
                pair = instrument.asset
                return f"there is no rate from {from_} to {to} yet: {pair.symbol} has no price before its first bar"
        return None

    def at(self, from_: str, to: str, bar: int) -> Rate:
        """So many units of the second for so many of the first, at a bar. Raises CurrencyMismatch without a rate."""
        numerator, denominator = whole_currency(to)[1], whole_currency(from_)[1]
        for instrument, inverse in self.pairs(from_, to):
            price = instrument.price[bar] if bar >= instrument.priced else 0
            if price <= 0:
                when = datetime_of(self._market.axis.times[bar])
                raise CurrencyMismatch(
                    f"At {when} {self.missing(from_, to, bar)}, on {instrument.asset.start_date}. Begin after it, "
                    f"or ask data.can_trade(symbol({instrument.asset.symbol!r})) first."
                )
            unit = 10**instrument.mark_scale
            numerator *= unit if inverse else price
            denominator *= price if inverse else unit
        return numerator, denominator

    def to_base(self, currency: str, bar: int) -> Rate:
        """The worth of a unit of a currency in the base currency, at a bar. Raises CurrencyMismatch without a rate."""
        if bar != self._bar:
            self._bar = bar
            self._now.clear()
        rate = self._now.get(currency)
        if rate is None:
            rate = self._now[currency] = self.at(currency, self.base, bar)
        return rate

    def kept(self) -> KeptRates:
        """The rates to the base currency that were asked for, apart from the market."""
        kept = {}
        for currency, to in self._routes:
            if to != self.base:
                continue
            units = whole_currency(self.base)[1], whole_currency(currency)[1]
            pairs = [
                ClosesOfPair(_copied(instrument.price), 10**instrument.mark_scale, inverse)
                for instrument, inverse in self.pairs(currency, self.base)
            ]
            kept[currency] = units, pairs
        return KeptRates(kept)

    def asked(self) -> list[tuple[str, str]]:
        """The pairs of currencies whose rate was asked for, in that order."""
        return list(self._routes)

    def used(self) -> dict[str, Sequence[str]]:
        """The keys of the pairs behind each rate that was asked for, by the two currencies."""
        return {f"{a}/{b}": [one.asset.key for one, _ in pairs] for (a, b), pairs in sorted(self._routes.items())}


def _copied(prices: Sequence[int]) -> Sequence[int]:
    return memoryview(prices.tobytes()).cast("q") if isinstance(prices, memoryview) else list(prices)
