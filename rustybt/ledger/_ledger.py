"""The one ledger: an append-only list of entries, and the books that are their fold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple, Protocol

from rustybt._kernels import Kernel
from rustybt.core import MONEY_SCALE, Asset, as_plain_decimal, check_money, date_of, div_half_even
from rustybt.errors import CurrencyMismatch, FloatInTheBooks


class Books(Protocol):
    """Cash, positions and marks as integers; `rustybt._kernels` has it in Python and in Rust."""

    @property
    def bar(self) -> int: ...
    def pockets(self) -> list[tuple[str, str]]: ...
    def in_base(self, pocket: int, amount: int) -> int: ...
    def notional(self, slot: int, quantity: int, price: int) -> int: ...
    def fill(self, slot: int, quantity: int, price: int) -> int: ...
    def charge(self, slot: int, amount: int) -> None: ...
    def post(self, pocket: int, amount: int) -> None: ...
    def transfer(self, from_: int, amount: int, to: int, received: int) -> None: ...
    def unsettled(self) -> list[int]: ...
    def settle(self, slot: int) -> int: ...
    def mark(self, slot: int) -> int: ...
    def position(self, slot: int) -> tuple[int, int]: ...
    def market_value(self, slot: int) -> int: ...
    def set_position(self, slot: int, quantity: int, cost: int) -> None: ...


class Instrument(Protocol):
    """What the ledger must know of an asset that a run touches: its slot and pocket in the books, and its scales."""

    asset: Asset
    slot: int
    pocket: int
    fill_scale: int
    quantity_scale: int
    step: int
    multiplier: int
    multiplier_scale: int


class Entry(NamedTuple):
    """One line of the ledger.

    stamp: ns UTC. kind: capital, fill, fee, in_kind, variation, funding, borrow, financing, rollover, dividend,
    stock_dividend, split, cash_in_lieu, auto_close, conversion or transfer.
    detail: what a fee is for, one of `FeeKind` or a model's own word; of financing debit or credit, of borrow and
    rollover their own name; of a dividend its ex-date. reason: words for people.
    A fill of what settles, a future, has no amount; what its price moved by comes as variation.
    quantity: change of the position, scaled; amount: change of the cash of that currency, scaled by 20 decimals.
    """

    stamp: int
    kind: str
    instrument: Any
    quantity: int
    amount: int
    currency: str
    account: str
    order: int | None
    detail: str | None
    reason: str | None


ENTRY: Final = "ntnwwnttn"
"""How an entry is kept: stamp, kind, slot, quantity, amount, order, detail, reason, pocket. Plain values are nothing
that the garbage collector has to look through; of NamedTuples with objects in them it was a fifth of a busy run."""


class Receivable(NamedTuple):
    """A dividend that was earned and is not yet paid; negative where a short owes it."""

    instrument: Any
    quantity: int
    amount: int
    ex_day: int


class Shares(NamedTuple):
    """A dividend in shares that was earned and is not yet paid; negative where a short owes it.

    instrument: what is paid. quantity: of it, in the shares of when it was earned. reason: the ratio, and whose
    dividend it is. split: how many shares each of these has become by splits since then.
    """

    instrument: Any
    quantity: int
    reason: str
    split: Fraction = Fraction(1)


class Ledger:
    """Exact books.

    Every change of cash or of a position goes through one of the methods below, and leaves an entry: cash and
    quantities are folds over the entries. Amounts are integers with 20 decimals; a float raises FloatInTheBooks.
    What an asset pays and costs is money of its pocket, and so are its entries. capital: what the first pocket has.
    """

    __slots__ = ("_instruments", "books", "rows")

    def __init__(self, books: Books, capital: int, stamp: int, *, kernel: Kernel) -> None:
        self.books = books
        self.rows = kernel.rows(ENTRY)
        self.rows.add((stamp, "capital", None, 0, capital, None, None, None, 0))
        self._instruments: dict[int, Instrument] = {}

    @property
    def entries(self) -> list[Entry]:
        """The entries so far, oldest first."""
        pockets = self.books.pockets()
        return [
            Entry(
                stamp,
                kind,
                None if slot is None else self._instruments[slot],
                quantity,
                amount,
                pockets[pocket][1],
                pockets[pocket][0],
                order,
                detail,
                reason,
            )
            for stamp, kind, slot, quantity, amount, order, detail, reason, pocket in self.rows
        ]

    def state(self, *, whole: bool = True) -> dict[str, Any]:
        """The entries as plain values; the books have a state of their own. whole: else without the entries."""
        # what a fee is for may be a member of an enum
        rows = [(*row[:6], row[6] and str(row[6]), *row[7:]) for row in self.rows] if whole else []
        return {"rows": rows, "slots": list(self._instruments)}

    def restore(self, state: dict[str, Any], instruments: Sequence[Instrument], of: Ledger | None = None) -> None:
        """Takes over what `state` gave in place of the entry of the capital. instruments: by slot.

        of: the ledger that gave it, of a run on the same kernel, where entries are copied from.
        """
        if of is not None:
            self.rows.take(of.rows)
        for row in state["rows"][len(self.rows) :]:
            self.rows.add(tuple(row))
        self._instruments = {slot: instruments[slot] for slot in state["slots"]}

    def _enter(
        self,
        stamp: int,
        kind: str,
        instrument: Instrument,
        quantity: int,
        amount: int,
        order: int | None = None,
        reason: str | None = None,
    ) -> None:
        slot = instrument.slot
        if slot not in self._instruments:
            self._instruments[slot] = instrument
        self.rows.add((stamp, kind, slot, quantity, amount, order, None, reason, instrument.pocket))

    @property
    def touched(self) -> Collection[int]:
        """The slots of which there are entries."""
        return self._instruments.keys()

    def register(self, instrument: Instrument) -> None:
        """Learns of an asset of which entries are added to `rows` without the ledger."""
        self._instruments.setdefault(instrument.slot, instrument)

    def change_capital(self, stamp: int, amount: int, reason: str, pocket: int = 0) -> None:
        """Adds capital to the cash of a pocket, or, negative, takes it away."""
        self.books.post(pocket, amount)
        self.rows.add((stamp, "capital", None, 0, amount, None, None, reason, pocket))

    def convert(self, stamp: int, from_: int, amount: int, to: int, received: int, reason: str) -> None:
        """Turns an amount of one pocket into an amount of another, in another currency; an entry each."""
        self._move("conversion", stamp, from_, amount, to, received, reason)

    def transfer(self, stamp: int, from_: int, to: int, amount: int, reason: str) -> None:
        """Moves an amount from one pocket to another of the same currency; an entry each."""
        (_, one), (_, other) = (self.books.pockets()[pocket] for pocket in (from_, to))
        if one != other:
            raise CurrencyMismatch(f"A transfer of {one} to a pocket in {other}. Convert it instead.")
        self._move("transfer", stamp, from_, amount, to, amount, reason)

    def _move(self, kind: str, stamp: int, from_: int, amount: int, to: int, received: int, reason: str) -> None:
        self.books.transfer(from_, amount, to, received)
        for pocket, change in ((from_, -amount), (to, received)):
            self.rows.add((stamp, kind, None, 0, change, None, None, reason, pocket))

    def fill(self, stamp: int, instrument: Instrument, quantity: int, price: int, order: int) -> None:
        """Books quantity units at a price of the instrument's fill scale."""
        if type(quantity) is not int or type(price) is not int:
            raise FloatInTheBooks(
                f"A fill of {instrument.asset.symbol} with quantity {quantity!r} and price {price!r}: the books take "
                "scaled integers only. Let the slippage model return integers."
            )
        slot = instrument.slot
        amount = self.books.fill(slot, quantity, price)
        # written out, not through `_enter`, as in `charge`: these are the hottest of the entries
        if slot not in self._instruments:
            self._instruments[slot] = instrument
        self.rows.add((stamp, "fill", slot, quantity, amount, order, None, None, instrument.pocket))

    def settle(self, stamp: int) -> None:
        """Posts what the prices of futures moved by since they were filled or last settled, an entry per asset.

        What was closed since then is settled with the rest.
        """
        for slot in self.books.unsettled():
            amount = self.books.settle(slot)
            if amount:
                self._enter(stamp, "variation", self._instruments[slot], 0, amount)

    def charge(self, stamp: int, instrument: Instrument, amount: int, order: int, detail: str) -> None:
        """Takes a fee from cash; it becomes part of the position's cost. A rebate is negative.

        detail: what it is for.
        """
        if type(amount) is not int:
            raise FloatInTheBooks(
                f"A fee of {amount!r} for {instrument.asset.symbol}: the books take integers with {MONEY_SCALE} "
                "decimals. Let the commission model return an integer."
            )
        slot = instrument.slot
        self.books.charge(slot, amount)
        if slot not in self._instruments:
            self._instruments[slot] = instrument
        self.rows.add((stamp, "fee", slot, 0, -amount, order, detail, None, instrument.pocket))

    def take_in_kind(self, stamp: int, instrument: Instrument, units: int, price: int, order: int, detail: str) -> None:
        """Takes units of what was bought, at its price, for a fee that is charged in money besides.

        detail: what it is for.
        """
        slot = instrument.slot
        amount = self.books.fill(slot, -units, price)
        self.rows.add((stamp, "in_kind", slot, -units, amount, order, detail, None, instrument.pocket))

    def pay_funding(
        self, stamp: int, instrument: Instrument, price: int, price_scale: int, rate: int, scale: int
    ) -> None:
        """Takes a rate of the money that is held at a price from cash, or gives it to a short; rounded once."""
        quantity, _ = self.books.position(instrument.slot)
        money = quantity * price * instrument.multiplier
        held_scale = instrument.quantity_scale + price_scale + instrument.multiplier_scale
        amount = -_money(money * rate, held_scale + scale)
        if amount:
            self.books.post(instrument.pocket, amount)
            told = str(as_plain_decimal(rate, scale))
            self._enter(stamp, "funding", instrument, 0, amount, reason=told)

    def carry(
        self,
        stamp: int,
        kind: str,
        detail: str,
        pocket: int,
        amount: int,
        reason: str,
        instrument: Instrument | None = None,
    ) -> None:
        """Posts what holding has cost, below zero, or brought: of a position, or of the cash of a pocket."""
        self.books.post(pocket, amount)
        slot = None
        if instrument is not None:
            slot = instrument.slot
            self.register(instrument)
        self.rows.add((stamp, kind, slot, 0, amount, None, detail, reason, pocket))

    def earn_dividend(self, instrument: Instrument, amount_per_unit: int, scale: int, ex_day: int) -> Receivable | None:
        """What a holder is owed, or a short owes, for what is held now; None where nothing is held."""
        quantity, _ = self.books.position(instrument.slot)
        if not quantity:
            return None
        owed = _money(quantity * amount_per_unit, instrument.quantity_scale + scale)
        return Receivable(instrument, quantity, owed, ex_day)

    def pay_dividend(self, stamp: int, owed: Receivable) -> None:
        """Pays, or collects, an earned dividend."""
        self.books.post(owed.instrument.pocket, owed.amount)
        instrument, ex_date = owed.instrument, date_of(owed.ex_day).isoformat()
        self._instruments.setdefault(instrument.slot, instrument)
        self.rows.add((stamp, "dividend", instrument.slot, 0, owed.amount, None, ex_date, None, instrument.pocket))

    def earn_shares(
        self, instrument: Instrument, payment: Instrument, numerator: int, denominator: int
    ) -> Shares | None:
        """What a holder is owed in units of another, or the same, asset; whole steps of it, cut towards zero.

        None where nothing is held, or what it earns is less than a step.
        """
        held, _ = self.books.position(instrument.slot)
        grain = 10**payment.quantity_scale
        steps = abs(held) * numerator * grain // (denominator * 10**instrument.quantity_scale * payment.step)
        if not steps:
            return None
        quantity = (steps if held > 0 else -steps) * payment.step
        return Shares(payment, quantity, f"{numerator}/{denominator} of {instrument.asset.key}")

    def pay_shares(self, stamp: int, owed: Shares, *, keep_basis: bool) -> None:
        """Books a dividend in shares. The cost of the position stays as it was, and so each share costs less.

        keep_basis: what Zipline does: each share costs what it did, on the other side of zero too. Shares of what was
        not held cost nothing. Of what splits have made of them, whole steps are paid, cut towards zero.
        """
        quantity, step = owed.quantity, owed.instrument.step
        if owed.split != 1:
            steps = abs(quantity) * owed.split.numerator // (owed.split.denominator * step)
            quantity = (steps if quantity > 0 else -steps) * step
            if not quantity:
                return
        held, cost = self.books.position(owed.instrument.slot)
        now = held + quantity
        if not held or (held * now <= 0 and not keep_basis):
            cost = 0
        elif keep_basis or abs(now) < abs(held):
            cost = div_half_even(cost * now, held)
        self.books.set_position(owed.instrument.slot, now, cost)
        self._enter(stamp, "stock_dividend", owed.instrument, quantity, 0, reason=owed.reason)

    def split(self, stamp: int, instrument: Instrument, numerator: int, denominator: int, cents: bool) -> None:
        """Turns q units into q * denominator / numerator, whole steps only, and pays the rest in cash.

        The rest is paid at the mark of before the split, and takes its share of the cost with it. With cents (what
        Zipline does) the cost per unit is rounded to cents, and the rest is paid at that price, rounded to cents.
        """
        held, cost = self.books.position(instrument.slot)
        if not held:
            return
        step = instrument.step
        sign = -1 if held < 0 else 1
        steps, _ = divmod(abs(held) * denominator, numerator * step)
        now = sign * steps * step
        if cents:
            now_cost, cash = _split_in_cents(instrument, held, cost, now, numerator, denominator)
        else:
            # the units that the new ones stand for; times denominator, to stay with integers
            kept = now * numerator
            now_cost = div_half_even(cost * kept, held * denominator)
            left = held * denominator - kept
            cash = _money_share(instrument, left, self.books.mark(instrument.slot), denominator)
        self.books.set_position(instrument.slot, now, now_cost)
        self._enter(stamp, "split", instrument, now - held, 0, reason=f"{numerator}/{denominator}")
        if cash:
            self.books.post(instrument.pocket, cash)
            self._enter(stamp, "cash_in_lieu", instrument, 0, cash)

    def auto_close(self, stamp: int, instrument: Instrument, reason: str = "delisted") -> tuple[int, int] | None:
        """Closes a position at its mark, without order or fee. Returns quantity and price; None if nothing is held."""
        held, _ = self.books.position(instrument.slot)
        if not held:
            return None
        price = self.books.mark(instrument.slot)
        amount = self.books.fill(instrument.slot, -held, price)
        self._enter(stamp, "auto_close", instrument, -held, amount, reason=reason)
        return -held, price


def _money(value: int, scale: int) -> int:
    """A product of scaled integers as money: rounded half-even beyond 20 decimals, and below 1e18."""
    if scale <= MONEY_SCALE:
        return check_money(value * 10 ** (MONEY_SCALE - scale))
    return check_money(div_half_even(value, 10 ** (scale - MONEY_SCALE)))


def _money_share(instrument: Instrument, quantity: int, price: int, parts: int) -> int:
    """One of so many equal parts of quantity times price, as money, rounded once."""
    product = quantity * price * instrument.multiplier
    exponent = MONEY_SCALE - instrument.fill_scale - instrument.quantity_scale - instrument.multiplier_scale
    if exponent >= 0:
        return check_money(div_half_even(product * 10**exponent, parts))
    return check_money(div_half_even(product, parts * 10**-exponent))


def _split_in_cents(
    instrument: Instrument, held: int, cost: int, now: int, numerator: int, denominator: int
) -> tuple[int, int]:
    """Zipline's split: new total cost and cash for the rest, both from a cost per unit in whole cents."""
    unit = 10**instrument.quantity_scale
    money = 10**MONEY_SCALE
    cents = div_half_even(cost * unit * numerator * 100, held * denominator * money)
    rest = held * denominator - now * numerator  # of numerator * unit
    paid = div_half_even(rest * cents, numerator * unit)
    return div_half_even(now * cents * money, unit * 100), paid * money // 100
