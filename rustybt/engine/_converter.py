"""Several currencies in one run: which can be ordered in, and the conversions that a strategy asks for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from rustybt.core import Asset, as_plain_decimal, converted_half_even
from rustybt.engine._rates import Rates
from rustybt.ledger import Ledger
from rustybt.orders import not_convertible

FILLED: Final = "filled"
OPEN: Final = "open"
REJECTED: Final = "rejected"
WAITS: Final = "eligible with the next bar that has a price of each pair"


class Conversion:
    """Money that is to be turned into another currency.

    amount: in the currency `from_`, at scale 20; what is negative is bought. received: of the other one; None until it
    is done. created, done: ns UTC.
    """

    __slots__ = ("amount", "created", "done", "from_", "number", "reason", "received", "status", "to")

    def __init__(self, number: int, created: int, amount: int, from_: str, to: str, refusal: str | None) -> None:
        self.number = number
        self.created = created
        self.amount = amount
        self.from_ = from_
        self.to = to
        self.received: int | None = None
        self.done: int | None = None
        self.status = OPEN if refusal is None else REJECTED
        self.reason: str | None = WAITS if refusal is None else refusal


class Waiting:
    """True while an order or a conversion waits for a bar."""

    __slots__ = ("_conversions", "_orders")

    def __init__(self, orders: Any, conversions: list[Conversion]) -> None:
        self._orders = orders
        self._conversions = conversions

    def __bool__(self) -> bool:
        return bool(self._orders or self._conversions)


class CurrencyConverter:
    """What a run of several currencies has beside its books.

    all: every conversion, oldest first. open: those still to be done. cover: why an account can't pay for one.
    """

    def __init__(self, rates: Rates, books: Any, account: str) -> None:
        self.rates = rates
        self._books = books
        self._account = account
        books.use_rates(rates.to_base)
        self.base = rates.base
        self._prefix = f"{account}-conversion-"
        self.all: list[Conversion] = []
        self.open: list[Conversion] = []
        self.cover: Callable[[int, int, int, Fraction], str | None] | None = None

    def pocket(self, currency: str) -> int:
        """The pocket of a currency; opened where it is not."""
        pocket: int | None = self._books.pocket(self._account, currency)
        return int(self._books.open_pocket(self._account, currency, 0)) if pocket is None else pocket

    def state(self) -> dict[str, Any]:
        """The conversions, those that wait, and between which currencies rates were asked for, as plain values."""
        asked = [tuple(getattr(one, name) for name in Conversion.__slots__) for one in self.all]
        return {"all": asked, "open": [one.number for one in self.open], "rates": self.rates.asked()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave."""
        for values in state["all"]:
            one = Conversion.__new__(Conversion)
            for name, value in zip(Conversion.__slots__, values, strict=True):
                setattr(one, name, value)
            self.all.append(one)
        self.open[:] = [self.all[number - 1] for number in state["open"]]
        for from_, to in state["rates"]:
            self.rates.pairs(from_, to)

    def check(self, asset: Asset) -> None:
        """Raises CurrencyMismatch where an asset's money could not be counted in the base currency."""
        if self.rates.route(asset.currency, self.base) is None:
            raise not_convertible(asset, self.base)
        self.rates.pairs(asset.currency, self.base)

    def rate(self, currency: str, bar: int) -> tuple[int, int]:
        """So many units of the base currency for so many of another, at a bar."""
        return self.rates.to_base(currency, bar)

    def refusal(self, currency: str, bar: int) -> str | None:
        """Why nothing of a currency can be booked at a bar; None where it can."""
        return self.rates.missing(currency, self.base, bar)

    def place(self, amount: int, from_: str, to: str, bar: int, stamp: int) -> str:
        """Notes a conversion for the next bar, or keeps it as rejected. Returns its id.

        Raises CurrencyMismatch where no pairs of the bundle lead from one currency to the other, or to the base.
        """
        refusal = None
        for one, other in ((from_, to), (from_, self.base), (to, self.base)):
            if one != other:
                refusal = refusal or self.rates.missing(one, other, bar) or self._ended(one, other, bar)
        if refusal is None and self.cover is not None and from_ != to:
            rate = Fraction(*self.rate(from_, bar)) / Fraction(*self.rate(to, bar))
            refusal = self.cover(amount, self.pocket(from_), self.pocket(to), rate)
        conversion = Conversion(len(self.all) + 1, stamp, amount, from_, to, refusal)
        self.all.append(conversion)
        if refusal is None:
            self.open.append(conversion)
        return self.id_of(conversion)

    def _ended(self, from_: str, to: str, bar: int) -> str | None:
        for instrument, _ in self.rates.pairs(from_, to):
            if bar > instrument.last:
                return f"{instrument.asset.symbol} ended on {instrument.asset.end_date}"
        return None

    def id_of(self, conversion: Conversion) -> str:
        """The id of a conversion: account and sequence."""
        return f"{self._prefix}{conversion.number}"

    def with_orders(self, orders: Any) -> Waiting:
        """What is true while an order or a conversion waits for a bar."""
        return Waiting(orders, self.open)

    def work(self, bar: int, stamp: int, ledger: Ledger) -> None:
        """Does what waits, oldest first, where each pair on the route has a price of this very bar."""
        left = [one for one in self.open if not self._convert(one, bar, stamp, ledger)]
        if len(left) < len(self.open):
            self.open[:] = left

    def _convert(self, conversion: Conversion, bar: int, stamp: int, ledger: Ledger) -> bool:
        from_, to, amount = conversion.from_, conversion.to, conversion.amount
        if not all(instrument.present[bar] for instrument, _ in self.rates.pairs(from_, to)):
            return False
        conversion.received = converted_half_even(amount, *self.rates.at(from_, to, bar))
        source, target = self.pocket(from_), self.pocket(to)
        ledger.convert(stamp, source, amount, target, conversion.received, self._told(conversion, bar))
        conversion.status = FILLED
        conversion.reason = None
        conversion.done = stamp
        return True

    def _told(self, conversion: Conversion, bar: int) -> str:
        """The rate in words: the pairs on the route, and their prices."""
        pairs = self.rates.pairs(conversion.from_, conversion.to)
        return ", ".join(
            f"{'1 / ' if inverse else ''}{instrument.asset.symbol} "
            f"{as_plain_decimal(instrument.price[bar], instrument.mark_scale)}"
            for instrument, inverse in pairs
        )
