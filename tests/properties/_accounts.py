"""What an account may hold, in fractions, written from decision 37 and the guide to holding costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.properties._kinds import Kind
from tests.properties._oracle import ZERO, Oracle, Ordered

FIVE, CHEAPEST = Fraction(5), Fraction("2.5")
LEAST = {"reg_t": Fraction(2000), "portfolio": Fraction(100_000)}


@dataclass(frozen=True)
class Account:
    """kind: one of the five. margins: of "futures", money a contract, by asset: at first, and from then on.

    leverage, tiers: of "isolated": up to which value, the rate, what is taken off. least: the equity below which
    nothing is lent. initial, long, short: shares of "reg_t", move: of "portfolio".
    """

    kind: str
    settlement: int = 1
    cushion: Fraction = ZERO
    margins: dict[int, tuple[Fraction, Fraction]] = field(default_factory=dict)
    leverage: Fraction = Fraction(10)
    tiers: tuple[tuple[Fraction | None, Fraction, Fraction], ...] = ((None, Fraction("0.005"), ZERO),)
    least: Fraction = ZERO
    initial: Fraction = Fraction("0.5")
    long: Fraction = Fraction("0.25")
    short: Fraction = Fraction("0.3")
    move: Fraction = Fraction("0.15")


@dataclass(frozen=True)
class Stake:
    """A position. price, value: of one, and of all of it without a sign. cost: at which it was opened, without one."""

    asset: int
    units: Fraction
    price: Fraction
    value: Fraction
    cost: Fraction

    @property
    def gain(self) -> Fraction:
        return (self.value - self.cost) * (1 if self.units > 0 else -1)


class Accounts(Oracle):
    """The part of the oracle that refuses what the account can't pay for, and sells by itself."""

    account: Account | None
    sales: list[tuple[int, Fraction]]
    """Sessions, and what was got for a sale in them."""
    forced: set[int]
    """The numbers of the broker's own orders."""

    # -- at placement --

    def _unpaid(self, order: Ordered) -> bool:
        """Whether the account can't pay for an order that is to be placed."""
        if self.account is None or (order.more is not None and order.more.reduce_only):
            return False
        return self._lacks(order.asset, order.amount, order)

    def _lacks(self, k: int, size: Fraction, order: Ordered) -> bool:
        """size: of an order, or of what is to be added to one."""
        account: Any = self.account
        if account.kind == "cash":
            return self._uncovered(k, size, order)
        equity = self._value()
        unlent = equity < account.least
        before, after = self._needed(k, ZERO, None, unlent), self._needed(k, size, order, unlent)
        worst = self.held[k] + sum((left for left, _ in self._left(k) if left * size > 0), size)
        if worst * size > 0 and self._forbidden(k, size < 0, unlent):
            return True
        if before is None or after is None:
            return True
        if after <= before:
            return False
        others = [self._needed(other, ZERO, None, unlent) or ZERO for other in range(len(self.held)) if other != k]
        return sum(others, after) > equity

    def _forbidden(self, k: int, short: bool, unlent: bool) -> bool:
        asset, account = self.market.assets[k], self.account
        if unlent:
            return short or asset.settles
        kind = "" if account is None else account.kind
        if kind == "reg_t":
            return asset.settles
        if kind == "futures":
            return account is not None and (k not in account.margins if asset.settles else short)
        if kind == "isolated":
            return asset.future or (short and not asset.perpetual)
        return False

    def _left(self, k: int) -> list[tuple[Fraction, Ordered]]:
        """What is open of the asset's orders that do more than reduce."""
        orders = [one for one in self._open_orders(k) if one.more is None or not one.more.reduce_only]
        return [(one.amount - one.filled, one) for one in orders]

    def _needed(self, k: int, size: Fraction, order: Ordered | None, unlent: bool) -> Fraction | None:
        """What stands behind a position with all open buys filled, or all open sales, whichever is more."""
        last, asset = self._mark(k), self.market.assets[k]
        if last is None or self._session() < self._life(k)[0]:
            return None
        open_ = self._left(k) + ([(size, order)] if order is not None else [])
        held = self.held[k]
        now = self._initial(Stake(k, held, last, abs(self._exposure_at(k, held, last)), abs(self.cost[k])), unlent)
        found = [now if held else ZERO]
        for side in (1, -1):
            legs = [(left, self._counted(one, last)) for left, one in open_ if left * side > 0]
            units = sum((left for left, _ in legs), ZERO)
            worst = held + units
            if not units or not worst:
                continue
            at = sum((left * price for left, price in legs), ZERO) / units
            added = worst - held if held * worst > 0 else worst
            if held * worst > 0 and abs(worst) < abs(held):
                continue  # it only reduces
            value = abs(added) * at * asset.multiplier
            beside = found[0] if held * worst > 0 else ZERO
            found.append(beside + self._initial(Stake(k, added, at, value, value), unlent))
        return max(found)

    def _exposure_at(self, k: int, units: Fraction, price: Fraction) -> Fraction:
        return units * price * self.market.assets[k].multiplier

    @staticmethod
    def _counted(order: Ordered, last: Fraction) -> Fraction:
        """A limit order counts at its limit, another one at the last price or its stop."""
        return max(last, order.stop or ZERO) if order.limit is None else order.limit

    def _uncovered(self, k: int, size: Fraction, order: Ordered) -> bool:
        account, asset, last = self.account, self.market.assets[k], self._mark(k)
        if account is None or asset.settles:
            return True
        if size < 0:
            return self.held[k] + sum((left for left, _ in self._left(k) if left < 0), size) < 0
        if last is None or self._session() < self._life(k)[0]:
            return True
        return self._price_of(k, size, order) > self.cash - self._unsettled() - self._bought()

    def _price_of(self, k: int, units: Fraction, order: Ordered) -> Fraction:
        account: Any = self.account
        beyond = 1 if order.limit is not None else 1 + account.cushion
        return units * self._counted(order, self._mark(k) or ZERO) * self.market.assets[k].multiplier * beyond

    def _unpaid_as(self, order: Ordered, amount: Fraction, limit: Fraction | None, stop: Fraction | None) -> bool:
        """Whether the account can't pay for an open order of other prices or size: the larger and dearer counts."""
        was, last, k = (order.amount, order.limit, order.stop), self._mark(order.asset) or ZERO, order.asset
        before, counted = self._reserved(k), self._counted(order, last)
        order.amount = max(order.amount, amount, key=abs)
        order.limit, order.stop = limit, stop
        if self._counted(order, last) < counted:
            order.limit, order.stop = was[1:]
        after = self._reserved(k)
        order.amount, order.limit, order.stop = was
        if before is None or after is None:
            return True
        if self.account is not None and self.account.kind == "cash":
            return after > max(before, ZERO)
        unlent = self.account is not None and self._value() < self.account.least
        others = [self._needed(other, ZERO, None, unlent) or ZERO for other in range(len(self.held)) if other != k]
        return after > before and sum(others, after) > self._value()

    def _reserved(self, k: int) -> Fraction | None:
        """What an asset's position and orders take of the account; of a cash account, what all buys take beyond it."""
        account: Any = self.account
        if account.kind != "cash":
            return self._needed(k, ZERO, None, self._value() < account.least)
        return self._bought() + self._unsettled() - self.cash

    def _bought(self) -> Fraction:
        """What all open buys cost."""
        legs = [(k, left, one) for k in range(len(self.held)) for left, one in self._left(k) if left > 0]
        return sum((self._price_of(k, left, one) for k, left, one in legs), ZERO)

    def _unsettled(self) -> Fraction:
        """By the session of the next bar, the first on which an order may fill."""
        account: Any = self.account
        session = min(self._session(self.place + 1), self.plan.last)
        return sum((got for of, got in self.sales if of > session - account.settlement), ZERO)

    # -- rules --

    def _initial(self, stake: Stake, unlent: bool) -> Fraction:
        account, asset = self.account, self.market.assets[stake.asset]
        if account is None or unlent:
            return stake.value
        if account.kind == "reg_t":
            return max(stake.value * account.initial, self._maintenance(stake))
        if account.kind == "portfolio":
            return self._maintenance(stake)
        if account.kind == "futures":
            known = account.margins.get(stake.asset)
            return stake.value if known is None else abs(stake.units) * known[0]
        return stake.cost / account.leverage + stake.gain if asset.perpetual else stake.value

    def _maintenance(self, stake: Stake) -> Fraction:
        account, asset = self.account, self.market.assets[stake.asset]
        if account is None:
            return ZERO
        kind = account.kind
        if kind == "reg_t":
            if stake.units >= 0:
                return stake.value * account.long
            if stake.price < FIVE:
                return max(stake.value, -stake.units * CHEAPEST)
            return max(stake.value * account.short, -stake.units * FIVE)
        if kind == "portfolio":
            return stake.value * account.move
        if kind == "futures":
            return abs(stake.units) * account.margins[stake.asset][1] if stake.asset in account.margins else ZERO
        if kind == "isolated" and asset.perpetual:
            rows = [(rate, off) for top, rate, off in account.tiers if top is None or stake.value <= top]
            return stake.value * rows[0][0] - rows[0][1]
        return ZERO

    # -- at each bar's close --

    def _supervise(self) -> None:
        if self.account is None or self.account.kind == "cash":
            return
        stakes = {k: self._stake(k, self._after_calls(k)) for k in range(len(self.held)) if self.held[k]}
        if self.account.kind == "isolated":
            for k, stake in stakes.items():
                asked = self._maintenance(stake)
                if stake.units and asked and self._initial(stake, False) <= asked:
                    self._force(k, -stake.units)
            return
        lacking = sum((self._maintenance(stake) for stake in stakes.values()), ZERO) - self._value()
        for k in sorted(stakes, key=lambda k: (stakes[k].gain, k)):
            asked, step = self._maintenance(stakes[k]), self.market.assets[k].step
            if lacking <= 0 or not asked:
                continue
            whole = abs(stakes[k].units) / step
            steps = min(whole, math.ceil(lacking * whole / asked))
            sold = steps * step * (1 if stakes[k].units > 0 else -1)
            lacking -= asked - self._maintenance(self._stake(k, stakes[k].units - sold))
            self._force(k, -sold)

    def _after_calls(self, k: int) -> Fraction:
        calls = [one for one in self._open_orders(k) if one.number in self.forced]
        return self.held[k] + sum((one.amount - one.filled for one in calls), ZERO)

    def _stake(self, k: int, units: Fraction) -> Stake:
        price = self._mark(k) or ZERO
        cost = abs(self.cost[k]) * abs(units) / abs(self.held[k])
        return Stake(k, units, price, abs(self._exposure_at(k, units, price)), cost)

    def _force(self, k: int, size: Fraction) -> None:
        order = Ordered(len(self.out.orders) + 1, k, size, None, None, self.place, turn=self._turn())
        order.more = Kind(reduce_only=True)
        self.forced.add(order.number)
        self._opened(order)
        self.out.orders.append(order)
