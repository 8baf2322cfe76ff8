"""Cash, positions and what corporate actions do to them."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from tests.independent._world import NOTHING, Asset, World, cut, half_even, money


class Books:
    """Postings by (session, kind, asset), and what they add up to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pockets: dict[str, Fraction] = defaultdict(Fraction, USD=world.cash)
        self.rate = Fraction(1)
        self.waiting: list[tuple[int, Fraction, str, str]] = []
        self.held: dict[str, Fraction] = defaultdict(Fraction)
        self.posted: dict[tuple[int, str, str], Fraction] = defaultdict(Fraction)
        self.owed: list[tuple[int, str, Fraction]] = []
        self.owed_units: list[list[object]] = []
        self.last: dict[str, tuple[int, Fraction]] = {}

    def post(self, session: int, kind: str, asset: str, amount: Fraction) -> None:
        """An entry of money, in the currency of its asset."""
        self.put(session, kind, asset, self.world.assets[asset].currency, amount)

    def put(self, session: int, kind: str, asset: str, currency: str, amount: Fraction) -> None:
        """An entry of money."""
        amount = money(amount)
        self.pockets[currency] += amount
        self.posted[session, kind, asset] += amount

    @property
    def cash(self) -> Fraction:
        """All pockets, counted in dollars at the moment's rate, each rounded by itself."""
        return sum((self.in_dollars(amount, currency) for currency, amount in self.pockets.items()), NOTHING)

    def in_dollars(self, amount: Fraction, currency: str) -> Fraction:
        """At the last close of the pair."""
        return amount if currency == "USD" else money(amount * self.rate)

    def convert(self, session: int, moment: int) -> None:
        """What was asked to be converted before this bar, at its rate."""
        for asked, amount, currency, other in list(self.waiting):
            if asked < moment:
                self.waiting.remove((asked, amount, currency, other))
                rate = self.rate if currency == "EUR" else 1 / self.rate
                self.put(session, "conversion", "", currency, -amount)
                self.put(session, "conversion", "", other, amount * rate)

    def fill(self, session: int, asset: str, quantity: Fraction, price: Fraction) -> None:
        """Units against money."""
        self.held[asset] += quantity
        self.post(session, "fill", asset, -quantity * price)

    def mark(self, name: str) -> Fraction | None:
        """The last price that is known, as later actions restate it."""
        found = self.last.get(name)
        return None if found is None else half_even(found[1], self.world.assets[name].prices())

    def see(self, name: str, moment: int) -> None:
        """The bar of a moment is over."""
        bar = self.world.assets[name].bars.get(moment)
        if bar is not None:
            self.last[name] = moment, bar.close

    def earn(self, asset: Asset, session: int) -> None:
        """Dividends of an ex-date: owed to who holds, by who is short."""
        for one in asset.dividends:
            if one.ex == session:
                if self.held[asset.name]:
                    self.owed.append((one.pay, asset.name, self.held[asset.name] * one.amount))
                self._restate(asset.name, lambda price, amount=one.amount: price - amount)
        for paid in asset.share_dividends:
            if paid.ex == session and self.held[asset.name]:
                units = cut(self.held[asset.name] * paid.ratio, asset.step)
                self.owed_units.append([paid.pay, asset.name, units])

    def pay(self, session: int) -> None:
        """What is due at the opening of a session."""
        for due, name, amount in self.owed:
            if due == session:
                self.post(session, "dividend", name, amount)
        for due, name, units in self.owed_units:
            if due == session:
                self.held[name] += cut(units, self.world.assets[name].step)

    def split(self, asset: Asset, session: int, ratio: Fraction) -> None:
        """`ratio` is what prices are multiplied by; what is no whole step is paid at the last price before."""
        held = self.held[asset.name]
        whole = cut(held / ratio, asset.step)
        rest = held - whole * ratio
        if rest:
            self.post(session, "cash_in_lieu", asset.name, rest * (self.mark(asset.name) or NOTHING))
        self.held[asset.name] = whole
        for one in self.owed_units:
            if one[1] == asset.name:
                one[2] = one[2] / ratio  # type: ignore[operator]
        self._restate(asset.name, lambda price: price * ratio)

    def _restate(self, name: str, change) -> None:  # type: ignore[no-untyped-def]
        if name in self.last:
            moment, price = self.last[name]
            self.last[name] = moment, change(price)

    def close_out(self, asset: Asset, session: int) -> tuple[Fraction, Fraction] | None:
        """A position is closed at its last price, without a fee; what was sold, and at which price."""
        held, price = self.held[asset.name], self.mark(asset.name) or NOTHING
        if not held:
            return None
        self.post(session, "auto_close", asset.name, held * price)
        self.held[asset.name] = NOTHING
        return -held, price

    def value(self) -> Fraction:
        """Cash and what is held at its last prices."""
        worth = ((units * (self.mark(name) or NOTHING), self.world.assets[name].currency)
                 for name, units in self.held.items())  # fmt: skip
        return self.cash + sum((self.in_dollars(*one) for one in worth), NOTHING)
