"""The oracle for runs that mix it all: it replays, besides what `Oracle` does, what holding costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.properties._carried import Carried, interest, lent, nights, rolled
from tests.properties._market import Market
from tests.properties._oracle import MONEY, ZERO, Oracle, Plan


@dataclass(frozen=True)
class WholePlan(Plan):
    """A plan with what holding costs."""

    carried: Carried = Carried()


class WholeOracle(Oracle):
    """Replays such a plan on a market."""

    plan: WholePlan

    def __init__(self, market: Market, plan: WholePlan) -> None:
        super().__init__(market, plan)
        self.ended: list[list[Fraction]] = []  # what was held at each close, in the shares of now

    # -- overnight --

    def _overnight(self, session: int) -> None:
        """The nights since the session before, on what was held and on the cash when it was over."""
        if session == self.plan.first:
            return
        self.ended.append(list(self.held))
        days = nights(self.market.sessions[session - 1].date, self.market.sessions[session].date)
        stamp, terms = self.market.sessions[session].open, self.plan.carried
        due: list[tuple[str, int | None, Fraction]] = []
        rolls = {} if terms.rollover is None else terms.rollover.rates
        for k in sorted(range(len(self.held)), key=lambda k: self.market.assets[k].symbol):
            asset, price = self.market.assets[k], self._mark(k) or ZERO
            units, borrowed = self.held[k] * asset.multiplier, self._borrowed(k) * asset.multiplier
            # what settles each day or rolls over is not borrowed
            if terms.borrow is not None and borrowed < 0 and not asset.settles and k not in rolls:
                due.append(("borrow", k, lent(terms.borrow, k, borrowed, price, days)))
            if terms.rollover is not None and k in rolls and units:
                due.append(("rollover", k, rolled(terms.rollover, k, units, price, days)))
        if terms.financing is not None:
            due.append(("financing", None, interest(terms.financing, self._bearing(terms), days)))
        for kind, asset, exact in due:
            amount = round(exact, MONEY)
            if amount:
                self.cash += amount
                self._entry(stamp, kind, asset, ZERO, amount)

    def _borrowed(self, k: int) -> Fraction:
        """What was held as far as trades have settled."""
        borrow = self.plan.carried.borrow
        late = 0 if borrow is None else borrow.settled
        return self.ended[-1 - late][k] if len(self.ended) > late else ZERO

    def _split_position(self, stamp: int, k: int, ratio: Fraction, mark: Fraction) -> None:
        super()._split_position(stamp, k, ratio, mark)
        for held in self.ended:
            held[k] /= ratio

    def _bearing(self, terms: Carried) -> Fraction:
        """The cash that bears interest: less what shorts are worth, and what was paid for what rolls over."""
        cash, over = self.cash, terms.rollover.rates if terms.rollover is not None else {}
        for k, held in enumerate(self.held):
            if self.market.assets[k].settles:
                continue
            if k in over:
                cash += self.cost[k]
            elif held < 0 and terms.financing is not None and not terms.financing.free:
                cash += self._worth(k)
        return cash

