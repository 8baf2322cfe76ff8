"""What a broker does with an account by itself: margin calls and liquidations at bars, recalled shares at closes.

A forced order is an ordinary one, of a cause of its own, that only reduces: it is eligible from the next bar on, and
fills as the models of the run say. What a call asks for is sold in the smallest whole steps that restore the
maintenance margin, the position with the largest loss first; orders of earlier calls that are open count as filled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import ASSET_TYPES, MARKET_TERMS, MONEY_SCALE, Cause
from rustybt.orders import TAGS_OF_FORCED, is_forced
from rustybt.orders.accounts import BuyingPower, CashAccount, CashCover, Limits, Rule, Stake, ToBorrow

if TYPE_CHECKING:
    from rustybt.engine._recorder import Recorder
    from rustybt.engine._state import RunState
    from rustybt.strategy import RunSettings

MONEY: Final = 10**MONEY_SCALE


class Supervision:
    """Watches over the account of a run. `supervised` makes it where there is something to watch."""

    def __init__(self, run: RunState, rule: Rule | None, borrow: ToBorrow | None, *, by_range: bool) -> None:
        self._by_range = by_range
        self._run_books = run.books
        self._book = run.book
        self._market = run.market
        self._instruments = run.account.instruments
        self._converter = run.converter
        self._rule = rule
        self._borrow = borrow

    def at_bar(self, _context: Any, _data: Any) -> None:
        """Asks whether the maintenance margin is there, and sells where it is not."""
        rule = self._rule
        if rule is None or not self._run_books.held():
            return
        if rule.alone:
            self._liquidate(rule)
        else:
            self._call(rule)

    def at_close(self, stamp: int) -> None:
        """Buys in what is short of more shares than there are to borrow."""
        if self._borrow is None:
            return
        for slot in self._run_books.held():
            instrument = self._instruments[slot]
            available = self._borrow.available(instrument)
            if available is None:
                continue
            short = -(self._run_books.position(slot)[0] + self._forced(slot))
            most = int(available * 10**instrument.quantity_scale)
            if short > most:
                more = -(-(short - most) // instrument.step) * instrument.step
                told = f"{float(available):g} of {instrument.asset.symbol} can be borrowed: bought in"
                self._force(instrument, min(more, short), stamp, Cause.RECALLED, told)

    # margin

    def _call(self, rule: Rule) -> None:
        stakes = {slot: self._stake(slot) for slot in self._run_books.held()}
        needed = sum((rule.maintenance(one) * self._rate(slot) for slot, one in stakes.items()), Fraction(0))
        equity = Fraction(self._run_books.equity(), MONEY) - self._worse(stakes)
        lacking = needed - equity
        if lacking <= 0:
            return
        told = f"margin of {float(needed):,.2f} is asked for, and the {rule.name} account is worth {float(equity):,.2f}"
        stamp = self._market.axis.times[self._market.bar]
        for slot in sorted(stakes, key=lambda slot: (stakes[slot].gain * self._rate(slot), slot)):
            if lacking <= 0:
                return
            asked = rule.maintenance(stakes[slot]) * self._rate(slot)
            steps = self._steps_to_free(rule, slot, stakes[slot], lacking)
            if not steps:
                continue
            instrument = self._instruments[slot]
            left = self._left(slot) - steps * instrument.step
            lacking -= asked - rule.maintenance(self._stake(slot, left)) * self._rate(slot)
            self._force(instrument, -steps * instrument.step, stamp, Cause.MARGIN_CALL, told)

    def _steps_to_free(self, rule: Rule, slot: int, stake: Stake, lacking: Fraction) -> int:
        """How many steps of a position, signed as it, have to go until so much less is asked for; all at most."""
        step = self._instruments[slot].step
        left = self._left(slot)
        whole = abs(left) // step
        asked = rule.maintenance(stake) * self._rate(slot)
        if not whole or not asked:
            return 0
        # what is asked for goes with the units
        steps = min(whole, -(-lacking * whole // asked))
        return int(steps) if left > 0 else -int(steps)

    def _liquidate(self, rule: Rule) -> None:
        stamp = self._market.axis.times[self._market.bar]
        for slot in list(self._run_books.held()):
            left = self._left(slot)
            if not left:
                continue
            stake = self._stake(slot)
            asked, there = rule.maintenance(stake), rule.initial(stake)
            if asked and there <= asked:
                told = f"{float(there):,.2f} stand behind it, and {float(asked):,.2f} are asked for"
                self._force(self._instruments[slot], -left, stamp, Cause.LIQUIDATION, told)

    # what is there

    def _stake(self, slot: int, quantity: int | None = None) -> Stake:
        instrument = self._instruments[slot]
        held, cost = self._run_books.position(slot)
        left = self._left(slot) if quantity is None else quantity
        return Stake.of(instrument, left, self._price(slot, held), cost * left // held if left != held else cost)

    def _price(self, slot: int, held: int) -> int:
        """The price at which margin is asked for, at the fill scale: the last, or the worst of the bar."""
        instrument, bar = self._instruments[slot], self._market.bar
        if not self._by_range or not instrument.present[bar]:
            return int(self._run_books.mark(slot))
        return int(instrument.column("low" if held > 0 else "high")[bar] * instrument.mark_to_fill_scale)

    def _worse(self, stakes: dict[int, Stake]) -> Fraction:
        """How much less the account is worth at those prices, what earlier calls are still selling included."""
        if not self._by_range:
            return Fraction(0)
        total = Fraction(0)
        for slot in stakes:
            held, _ = self._run_books.position(slot)
            prices = self._run_books.mark(slot), self._price(slot, held)
            last, worst = (Stake.of(self._instruments[slot], held, price) for price in prices)
            total += abs(last.value - worst.value) * self._rate(slot)
        return total

    def _left(self, slot: int) -> int:
        """The position, less what earlier calls are still selling."""
        return int(self._run_books.position(slot)[0]) + self._forced(slot)

    def _forced(self, slot: int) -> int:
        return sum(order.amount - order.filled for order in self._book.open.get(slot, ()) if is_forced(order))

    def _rate(self, slot: int) -> Fraction:
        instrument = self._instruments[slot]
        if not instrument.foreign or self._converter is None:
            return Fraction(1)
        return Fraction(*self._converter.rate(instrument.asset.currency, self._market.bar))

    def _force(self, instrument: Any, size: int, stamp: int, cause: Cause, told: str) -> None:
        terms = MARKET_TERMS._replace(reduce_only=True, tag=TAGS_OF_FORCED[cause])
        self._book.force(instrument, size, terms, stamp, cause, told)


def supervised(run: RunState, gate: Any, settings: RunSettings, recorder: Recorder) -> Supervision | None:
    """Holds the gate to what the account allows, and watches over it; None where there is nothing to watch."""
    asked: list[Any] = []

    changing: dict[int, Any] = {}

    def becoming(order: Any) -> Any:
        if order.number in changing:
            return changing[order.number]
        return (order.terms, order.amount) if gate.wire is None else gate.wire.becoming(order)

    books, book, market, account = run.books, run.book, run.market, settings.account
    rule: Rule | None = None
    if isinstance(account, CashAccount):
        cover = CashCover(account, books, book, market, becoming, _unsettled(run, recorder, account.settlement))
        asked.append(cover)
        if run.converter is not None:
            run.converter.cover = cover.refusal_of_conversion
    elif account is not None:
        rule = account
        asked.append(BuyingPower(rule, books, book, market, run.converter, becoming, run.account.instruments))
    terms, borrow = settings.borrow, None
    if terms is not None and terms.bounded:
        borrow = ToBorrow(terms, books, book, market)
        asked.append(borrow)
    _tell_of_unknown(run, account)
    if asked:
        gate.limit = Limits(asked, becoming, changing)
    return (
        None if rule is None and borrow is None else Supervision(run, rule, borrow, by_range=settings.margin_by_range)
    )


def _tell_of_unknown(run: RunState, account: Any) -> None:
    """Adds a note of names in an account's terms that no asset of the bundle has."""
    named = {*getattr(account, "moves", ()), *getattr(account, "margins", ())} - {"", *ASSET_TYPES}
    if not named:
        return
    assets = run.market.version.assets()
    unknown = named - {name for one in assets for name in (one.symbol, getattr(one, "root_symbol", one.symbol))}
    if unknown:
        listed = sorted(unknown)
        run.notes.add(
            "account_names_unknown",
            f"set_account({account.name!r}): bundle {run.market.version.bundle!r} has no {', '.join(listed)}, neither "
            "as a symbol nor as a kind of asset. What it says of them applies to nothing.",
            names=listed,
        )


def _unsettled(run: RunState, recorder: Recorder, settlement: int) -> Callable[[int], int]:
    """Proceeds of a pocket that have not settled in the session of the next bar, where an order fills first."""
    market, books, instruments = run.market, run.books, run.account.instruments
    first = [0]

    def of(pocket: int) -> int:
        # a market order of the last bar of a session is paid for in the next one
        since, total, place = bisect_right(market.axis.starts, market.bar + 1) - 1 - settlement, 0, first[0]
        for session, _, _, slot, quantity, price, fee in recorder.transactions.since(place):
            if session <= since:
                first[0] += 1
            elif quantity < 0 and instruments[slot].pocket == pocket:
                total += books.notional(slot, -quantity, price) - fee
        return int(total)

    return of
