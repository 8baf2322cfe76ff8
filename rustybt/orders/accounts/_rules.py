"""What has to stand behind a position: one rule a kind of account, in exact fractions of the asset's currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar, Final, NamedTuple, Protocol, Self

from rustybt.core import MONEY_SCALE, Asset

FREE: Final = Fraction(0)


class Stake(NamedTuple):
    """A position as it is, or as it would be.

    units: below zero of a short. value: what they come to at a price, above zero. price: of one. cost: what a position
    that is there was opened at, above zero; the value of one that is not.
    """

    asset: Asset
    units: Fraction
    price: Fraction
    value: Fraction
    cost: Fraction

    @classmethod
    def of(cls, instrument: Any, quantity: int, price: int | Fraction, cost: int | None = None) -> Self:
        """From scaled units, a price at the fill scale and a total cost as the books have it."""
        units = Fraction(quantity, 10**instrument.quantity_scale)
        at = Fraction(price, 10**instrument.fill_scale)
        value = abs(units) * at * Fraction(instrument.multiplier, 10**instrument.multiplier_scale)
        paid = value if cost is None else abs(Fraction(cost, 10**MONEY_SCALE))
        return cls(instrument.asset, units, at, value, paid)

    @property
    def gain(self) -> Fraction:
        """What it has won since it was opened; below zero what it has lost."""
        return self.value - self.cost if self.units > 0 else self.cost - self.value


class Rule(Protocol):
    """A kind of account.

    least: the equity below which nothing is lent. alone: whether each position stands for itself, with the money that
    was set aside for it.
    """

    @property
    def name(self) -> str: ...
    @property
    def alone(self) -> bool: ...
    @property
    def least(self) -> Fraction: ...
    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """Why an asset can't be held at all, or not short."""

    def initial(self, stake: Stake) -> Fraction:
        """What has to stand behind a position when it is opened."""

    def maintenance(self, stake: Stake) -> Fraction:
        """What has to stand behind it from then on."""


@dataclass(frozen=True, slots=True)
class CashAccount:
    """Nothing is lent: settled cash covers what is bought, and nothing is sold that is not held.

    settlement: how many sessions what was sold for takes to come. cushion: what a market order is to be covered by
    beyond the last price, as a share of it.
    """

    name: ClassVar[str] = "cash"
    settlement: int = 1
    cushion: Fraction = FREE

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """Futures and perpetuals are held on margin."""
        return _on_margin(asset, self.name)


@dataclass(frozen=True, slots=True)
class Unlent:
    """An account that is worth too little to be lent anything: it pays in full, and is not short."""

    name: str
    least: Fraction
    alone: ClassVar[bool] = False

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """What is held on margin is lent, too."""
        if not short and asset.kind not in ("future", "perpetual"):
            return None
        return f"a {self.name} account worth less than {float(self.least):,.0f} gets no margin"

    def initial(self, stake: Stake) -> Fraction:
        """All of it."""
        return stake.value

    def maintenance(self, stake: Stake) -> Fraction:
        """Nothing is owed."""
        return FREE


@dataclass(frozen=True, slots=True)
class RegT:
    """US margin: a share of what is bought or sold short at first, less from then on.

    short: of a short's value, but `short_least` a share at least; of one below `cheap` a share as much as it is worth,
    but `cheap_least` a share at least.
    """

    name: ClassVar[str] = "reg_t"
    alone: ClassVar[bool] = False
    opening: Fraction = Fraction("0.5")
    long: Fraction = Fraction("0.25")
    short: Fraction = Fraction("0.3")
    short_least: Fraction = Fraction(5)
    cheap: Fraction = Fraction(5)
    cheap_least: Fraction = Fraction("2.5")
    least: Fraction = Fraction(2000)

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """Futures and perpetuals have a margin of their own."""
        return _on_margin(asset, self.name)

    def initial(self, stake: Stake) -> Fraction:
        """What a short was sold for stands behind it besides."""
        return max(stake.value * self.opening, self.maintenance(stake))

    def maintenance(self, stake: Stake) -> Fraction:
        """Of a long a share of its value, of a short more."""
        if stake.units >= 0:
            return stake.value * self.long
        if stake.price < self.cheap:
            return max(stake.value, -stake.units * self.cheap_least)
        return max(stake.value * self.short, -stake.units * self.short_least)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a move of the price against each position would cost, all of them at once, and nothing netted.

    moves: shares of the price, by symbol or kind of asset; "" stands for the others.
    """

    name: ClassVar[str] = "portfolio"
    alone: ClassVar[bool] = False
    moves: Mapping[str, Fraction] = field(default_factory=lambda: {"": Fraction("0.15")})
    least: Fraction = Fraction(100_000)

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """All kinds of assets are held."""
        return None

    def initial(self, stake: Stake) -> Fraction:
        """As much as from then on."""
        return self.maintenance(stake)

    def maintenance(self, stake: Stake) -> Fraction:
        """What the move would cost."""
        asset = stake.asset
        move = self.moves.get(asset.symbol) or self.moves.get(asset.kind) or self.moves[""]
        return stake.value * move


@dataclass(frozen=True, slots=True)
class FuturesAccount:
    """So much money a contract, at first and from then on; what is no contract is paid in full.

    margins: initial and maintenance by symbol or root symbol.
    """

    name: ClassVar[str] = "futures"
    alone: ClassVar[bool] = False
    margins: Mapping[str, tuple[Fraction, Fraction]] = field(default_factory=dict)
    least: Fraction = FREE

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """Contracts without a margin, and what is sold short of anything else."""
        if asset.kind in ("future", "perpetual"):
            known = self._margins(asset)
            return None if known is not None else f"set_account('futures', margins=...) has no margin of {asset.symbol}"
        return f"{asset.symbol} is no contract, and is paid in full: it can't be short" if short else None

    def initial(self, stake: Stake) -> Fraction:
        """The initial margin of each contract; the value of what is none."""
        known = self._margins(stake.asset)
        return stake.value if known is None else abs(stake.units) * known[0]

    def maintenance(self, stake: Stake) -> Fraction:
        """The maintenance margin of each contract."""
        known = self._margins(stake.asset)
        # what is paid in full may come to nothing, and owes nothing
        return FREE if known is None else abs(stake.units) * known[1]

    def _margins(self, asset: Asset) -> tuple[Fraction, Fraction] | None:
        return self.margins.get(asset.symbol) or self.margins.get(getattr(asset, "root_symbol", ""))


@dataclass(frozen=True, slots=True)
class Isolated:
    """Perpetuals, each with the margin that was set aside for it, its cost over the leverage; the rest is paid in full.

    tiers: up to which value a maintenance rate goes, the rate, and what is taken off: value x rate - amount.
    """

    name: ClassVar[str] = "isolated"
    alone: ClassVar[bool] = True
    leverage: Fraction = Fraction(10)
    tiers: Sequence[tuple[Fraction | None, Fraction, Fraction]] = ((None, Fraction("0.005"), FREE),)
    least: Fraction = FREE

    def refused(self, asset: Asset, *, short: bool) -> str | None:
        """Futures, and what is sold short of anything but perpetuals."""
        if asset.kind == "perpetual":
            return None
        if asset.kind == "future":
            return f"{asset.symbol} is a contract with an end: set_account('futures') has those"
        return f"{asset.symbol} is no perpetual, and is paid in full: it can't be short" if short else None

    def initial(self, stake: Stake) -> Fraction:
        """The margin set aside, and what the position has won, which is no money for others."""
        if stake.asset.kind != "perpetual":
            return stake.value
        return stake.cost / self.leverage + stake.gain

    def maintenance(self, stake: Stake) -> Fraction:
        """By the tier that the value lies in."""
        if stake.asset.kind != "perpetual":
            return FREE
        for top, rate, amount in self.tiers:
            if top is None or stake.value <= top:
                return stake.value * rate - amount
        return stake.value


def _on_margin(asset: Asset, account: str) -> str | None:
    if asset.kind in ("future", "perpetual"):
        return f"a {account} account holds no {asset.kind}s: set_account('futures'), 'isolated' or 'portfolio' does"
    return None
