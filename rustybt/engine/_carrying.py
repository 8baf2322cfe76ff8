"""What holding costs overnight, booked with the session after: borrow of shorts, interest on cash, rolling over.

Between two sessions lie as many nights as days. They are charged on what was held when the session before was over, at
its last prices, and at the rates of each night's own day; each entry is rounded once, half-even, at 20 decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from rustybt.core import MONEY_SCALE, PAIR_KINDS, as_plain_decimal, currencies_of_pair, div_half_even
from rustybt.core.carrying import street_value
from rustybt.errors import InputError
from rustybt.view import Instrument, MarketView

if TYPE_CHECKING:
    from rustybt.core.carrying import BorrowTerms, FinancingTerms, RolloverTerms
    from rustybt.engine._loop import Loop

type Price = Callable[[Instrument], int]
"""The last price of an asset at the end of a session, at its fill scale."""
MONEY = 10**MONEY_SCALE
SHOWN = 5


class Charge(NamedTuple):
    """What is to be posted. instrument: None of what is for cash as a whole."""

    kind: str
    detail: str
    pocket: int
    instrument: Instrument | None
    amount: Fraction
    reason: str


class CarryingCosts:
    """Borrow, financing and rollover of a run. Made where any of them is set."""

    def __init__(
        self, borrow: BorrowTerms | None, financing: FinancingTerms | None, rollover: RolloverTerms | None
    ) -> None:
        self._borrow = borrow
        self._financing = financing
        self._rollover = rollover
        # what was held when each of the last sessions was over, by slot, where trades settle later
        self._settling: list[dict[int, Fraction]] = []

    def over_night(self, loop: Loop, session: int) -> None:
        """Charges the nights before a session, at its opening."""
        axis, books = loop.run.market.axis, loop.run.books
        if not session:
            return
        books.seek(axis.bars_of[session - 1][1] - 1)
        steps, step = axis.steps, axis.opening(session)
        days = (steps.days[step - 1], steps.days[step]) if steps else (axis.days[session - 1], axis.days[session])
        self.charge(loop, days, axis.opens[session], lambda instrument: int(books.mark(instrument.slot)), step)
        books.seek(loop.run.market.bar)

    def charge(self, loop: Loop, days: tuple[int, int], stamp: int, price: Price, step: int) -> None:
        """Charges the nights between two days. step: the session that begins, whose splits are still to come."""
        nights = range(*days)
        # all of it on what was there before any of it is posted
        for one in [*self._interest(loop, nights, price), *self._borrowed(loop, nights, price, step),
                    *self._rolled(loop, nights, price)]:  # fmt: skip
            amount = div_half_even(one.amount.numerator * MONEY, one.amount.denominator)
            if amount:
                loop.ledger.carry(stamp, one.kind, one.detail, one.pocket, amount, one.reason, one.instrument)

    def state(self) -> list[list[tuple[int, int, int]]]:
        """The positions that have not settled yet, as plain values."""
        return [[(slot, *held.as_integer_ratio()) for slot, held in one.items()] for one in self._settling]

    def restore(self, state: list[list[tuple[int, int, int]]]) -> None:
        """Takes over what `state` gave."""
        self._settling = [{slot: Fraction(top, low) for slot, top, low in one} for one in state]

    # interest

    def _interest(self, loop: Loop, nights: range, price: Price) -> Iterator[Charge]:
        terms = self._financing
        if terms is None:
            return
        books = loop.run.books
        apart = self._apart(loop, price)
        for pocket, (_, currency) in enumerate(books.pockets()):
            balance = Fraction(books.cash(pocket), MONEY) + apart.get(pocket, 0)
            amount = sum((terms.night(currency, day, balance) for day in nights), Fraction(0))
            told = as_plain_decimal(div_half_even(balance.numerator * MONEY, balance.denominator), MONEY_SCALE)
            detail = "debit" if balance < 0 else "credit"
            yield Charge("financing", detail, pocket, None, amount, f"{_nights(nights)} on {told} {currency}")

    def _apart(self, loop: Loop, price: Price) -> dict[int, Fraction]:
        """What does not count as cash, by pocket: what shorts are worth, and what rolled pairs were paid with."""
        found: dict[int, Fraction] = {}
        books, free = loop.run.books, self._financing is not None and self._financing.free_proceeds
        for slot in books.held():
            instrument = loop.run.account.instruments[slot]
            quantity, cost = books.position(slot)
            if instrument.daily_settled:
                continue
            amount = Fraction(0)
            if self._rolls(instrument):
                amount = Fraction(cost, MONEY)
            elif quantity < 0 and not free:
                amount = _units(instrument, quantity) * _price(instrument, price)
            found[instrument.pocket] = found.get(instrument.pocket, Fraction(0)) + amount
        return found

    # borrow

    def _borrowed(self, loop: Loop, nights: range, price: Price, step: int) -> Iterator[Charge]:
        terms = self._borrow
        if terms is None:
            return
        for slot, held in self._settled(loop, step).items():
            instrument = loop.run.account.instruments[slot]
            if held >= 0 or instrument.daily_settled or instrument.asset.kind == "forex" or self._rolls(instrument):
                continue
            close = _price(instrument, price)
            lent_at = close if terms.value == "close" else street_value(close)
            symbol, units = instrument.asset.symbol, held / 10**instrument.quantity_scale
            rates = [terms.rate(symbol, day) for day in nights]
            amount = units * _multiplier(instrument) * lent_at * sum(rates) / terms.basis
            shown = sorted({float(rate) for rate in rates})
            told = (
                f"{_nights(nights)} of {float(-units):g} at {float(lent_at):g}, {' to '.join(map(repr, shown))} a year"
            )
            yield Charge("borrow", "borrow", instrument.pocket, instrument, amount, told)

    def _settled(self, loop: Loop, step: int) -> dict[int, Fraction]:
        """What is held by slot, as far as trades have settled, in the shares of the session that is over."""
        books, settled = loop.run.books, 0 if self._borrow is None else self._borrow.settled
        held = {slot: Fraction(books.position(slot)[0]) for slot in books.held()}
        if not settled:
            return held
        self._settling.append(held)
        then = self._settling[0] if len(self._settling) > settled else {}
        del self._settling[:-settled]
        # a split does not wait
        for instrument, split in loop.actions.splits(step):
            for one in self._settling:
                if instrument.slot in one:
                    one[instrument.slot] *= Fraction(split.denominator, split.numerator)
        return then

    # currencies

    def _rolls(self, instrument: Instrument) -> bool:
        terms, asset = self._rollover, instrument.asset
        return terms is not None and terms.rolls(asset.symbol, currencies_of_pair(asset))

    def _rolled(self, loop: Loop, nights: range, price: Price) -> Iterator[Charge]:
        terms = self._rollover
        if terms is None:
            return
        for slot in loop.run.books.held():
            instrument = loop.run.account.instruments[slot]
            asset = instrument.asset
            if not self._rolls(instrument):
                if asset.kind == "forex":
                    loop.run.notes.add(
                        "rollover_not_known",
                        f"{asset.symbol} was held overnight, and set_rollover has no rates of it: it cost nothing. "
                        "Give its rates too, or those of both its currencies.",
                        asset=asset.symbol,
                    )
                continue
            pair = currencies_of_pair(asset)
            units = _units(instrument, loop.run.books.position(slot)[0])
            total, swapped = Fraction(0), 0
            for day in nights:
                swap = terms.swap(asset.symbol, pair, day)
                if swap is not None:
                    swapped += terms.nights(day)
                    total += (swap.long if units > 0 else swap.short) * terms.nights(day) - swap.admin
            unit = Fraction(1) if terms.points else _price(instrument, price) / terms.basis
            told = f"{swapped} night{'' if swapped == 1 else 's'} of {float(units):g}"
            yield Charge("rollover", "rollover", instrument.pocket, instrument, abs(units) * unit * total, told)


def check_symbols(market: MarketView, borrow: BorrowTerms | None, rollover: RolloverTerms | None) -> None:
    """Raises InputError where rates are given by symbol, and no asset of the bundle has one of them."""
    for name, given in (("set_borrow", borrow), ("set_rollover", rollover)):
        symbols = [] if given is None else list(given.rows)
        if symbols and not {asset.symbol for asset in market.version.assets()} & set(symbols):
            shown = ", ".join(symbols[:SHOWN]) + (", ..." if len(symbols) > SHOWN else "")
            raise InputError(
                f"{name}: none of {shown} is a symbol of bundle {market.version.bundle!r}. Write symbols as it does."
            )


def check_currencies(
    market: MarketView, base: str, financing: FinancingTerms | None, rollover: RolloverTerms | None
) -> None:
    """Raises InputError where rates are given by currency, and nothing of the run is in one of them."""
    there = {base, *market.version.currencies}
    for side in (None, None) if financing is None else (financing.debit, financing.credit):
        named = set() if side is None else set(side.tiers)
        if named and "" not in named and not named & there:
            raise InputError(
                f"set_financing: the run has no cash in {', '.join(sorted(named))}; it has {', '.join(sorted(there))}."
            )
    if rollover is None or not rollover.currencies:
        return
    pairs = [currencies_of_pair(asset) for asset in market.version.assets(kinds=PAIR_KINDS)]
    if not any(rollover.rolls("", pair) for pair in pairs):
        raise InputError(
            f"set_rollover: bundle {market.version.bundle!r} has no pair of two of {', '.join(rollover.currencies)}. "
            "Give the rates of both currencies of a pair."
        )


def _nights(nights: range) -> str:
    return f"{len(nights)} night{'' if len(nights) == 1 else 's'}"


def _multiplier(instrument: Instrument) -> Fraction:
    return Fraction(instrument.multiplier, 10**instrument.multiplier_scale)


def _units(instrument: Instrument, quantity: int) -> Fraction:
    """Units times the multiplier."""
    return Fraction(quantity, 10**instrument.quantity_scale) * _multiplier(instrument)


def _price(instrument: Instrument, price: Price) -> Fraction:
    return Fraction(price(instrument), 10**instrument.fill_scale)
