"""Fees as data: a list of charges, each an entry of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import MONEY_SCALE, POWERS, Asset, FeeKind, Notes, div_half_even
from rustybt.errors import InputError
from rustybt.execution._offer import Fill
from rustybt.execution.commission._base import CommissionModel, Part, Parts
from rustybt.execution.commission._charge import Charge
from rustybt.execution.commission._dates import tell_of_rows
from rustybt.execution.commission._rates import ZERO
from rustybt.execution.commission._told import ToldCharge, told
from rustybt.execution.commission._volume import DAY_NS, Traded, Window

MONEY: Final = 10**MONEY_SCALE
ONE: Final = Fraction(1)


class _Trade(NamedTuple):
    """A fill, as charges see it. value: money traded. placed: when its order was."""

    units: Fraction
    value: Fraction
    side: str
    maker: bool
    stamp: int
    day: int
    placed: int
    currency: str

    def counted(self, charge: Charge) -> Fraction:
        """The volume that it adds to the one that tiers go by."""
        return charge.weight * (self.units if charge.counts == "units" else self.value)

    def base(self, charge: Charge, *, first: bool, parts: Sequence[Part]) -> Fraction:
        """The base of a charge's rate. first: it is the order's first fill. parts: what other charges came to."""
        if charge.of is not None:
            return Fraction(sum([part[1] for part in parts if part[0] == charge.of]), MONEY)
        if charge.per == "order":
            return ONE if first else ZERO
        return self.value if charge.per in ("percent", "million") else self.units


class _Charged:
    """The sum of a charge for an order so far. value: of its fills. paid: money."""

    __slots__ = ("paid", "total", "value")

    def __init__(self) -> None:
        self.total, self.value, self.paid = ZERO, ZERO, 0


class FeeSchedule(CommissionModel):
    """The fees of a broker, an exchange and the state, as data: a list of charges.

    name: how it is called in notes and in the manifest of a result. currency: what the assets must trade in, where sums
    are in it; None for any. title, about: for people.
    charges: `Charge`s; those of a fill's asset and side are added up, each as an entry of its own kind. All sums are
    exact; a minimum, a maximum and a rounding are of the order over all its fills, or of each, as the charge says.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = commission.FeeSchedule(
    ...     commission.Charge(per="share", rate="0.005", minimum=1),
    ...     commission.Charge(kind="stamp_duty", per="percent", rate="0.5", side="buy", rounding="half_up to 0.01"),
    ... )
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter)
    >>> for detail, amount in result.entries.filter(kind="fee").select("detail", "amount").iter_rows():
    ...     print(detail, round(amount, 2))
    commission -1.00
    stamp_duty -65.46
    """

    itemised = True
    rebates = True

    _set_by_init = ("_charges", "_days", "_orders", "_parts", "_traded", "_used", "currency", "name")

    def __init__(
        self,
        *charges: Charge,
        name: str | None = None,
        currency: str | None = None,
        title: str = "",
        about: str = "",
    ) -> None:
        kinds: set[str] = set()
        for charge in charges:
            if not isinstance(charge, Charge):
                raise InputError(f"FeeSchedule({charge!r}): pass charges, such as Charge(per='share', rate='0.005').")
            if charge.of is not None and charge.of not in kinds:
                raise InputError(
                    f"{charge!r} is a part of {charge.of!r}, and no charge of that kind stands before it. Put it first."
                )
            kinds.add(charge.kind)
        if not charges:
            raise InputError("FeeSchedule() has no charges. Pass some, or set NoCommission().")
        self.name = name
        self.currency = currency
        self.title = title
        self.about = about
        self._charges = charges
        self._days: Sequence[int] = ()
        self._orders: dict[int, list[_Charged]] = {}
        self._traded: dict[tuple[str, str], Traded] = {}
        self._parts: Parts = ()
        # by charge and row the first and the last day on which it was used
        self._used: dict[tuple[int, int], tuple[int, int]] = {}

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Its lines."""
        return self._charges

    def _begin(self, days: Sequence[int]) -> None:
        """A run begins, or goes on. days: of its sessions, as numbers since 1970; none where they are longer."""
        self._days = days

    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        trade = self._trade_of(order, fill)
        charged = self._orders.get(order.number) or [_Charged() for _ in self._charges]
        parts: list[Part] = []
        # what a fee can be taken from
        arrives = 0 if order.instrument.daily_settled else max(fill.quantity, 0)
        for place, charge in self._of(order.instrument.asset):
            if charge.side in ("both", trade.side):
                due = self._due(place, charge, charged[place], trade, parts)
                units = _units_of(due, fill.quantity, trade, arrives) if charge.paid_in == "received" else 0
                arrives -= units
                parts.append((charge.kind, due, units) if units else (charge.kind, due))
            if charge.window is not None:
                self._traded_in(place, charge, trade).add(trade.stamp, trade.day, trade.counted(charge))
        if order.filled + fill.quantity == order.amount:
            self._orders.pop(order.number, None)
        else:
            self._orders[order.number] = charged
        self._parts = tuple(parts)
        return sum([part[1] for part in parts])

    def parts(self, order: WorkingOrder, fee: int) -> Parts:
        # what a model derived from this one adds is its own commission
        more = fee - sum([part[1] for part in self._parts])
        return (*self._parts, (FeeKind.COMMISSION, more)) if more else self._parts

    def parameters(self) -> dict[str, str]:
        charges = f"[{', '.join(map(repr, self._charges))}]"
        if self.name is None:
            return {"charges": charges}
        return {"name": self.name, "digest": hashlib.sha256(charges.encode()).hexdigest()[:12]}

    @property
    def called(self) -> str:
        """Its name, or what it is."""
        return repr(self) if self.name is None else repr(self.name)

    def told(self) -> list[ToldCharge]:
        """Its charges in words and tables, for people: each with its headline, rows and notes.

        >>> from rustybt.api import broker
        >>> broker("binance-spot").told()[0].headline.partition(";")[0]
        'commission, in per cent'
        """
        return [told(charge) for charge in self._charges]

    def tell(self, notes: Notes) -> None:
        tell_of_rows(notes, self.called, self._charges, self._used)

    def _trade_of(self, order: WorkingOrder, fill: Fill) -> _Trade:
        instrument, moment = order.instrument, fill.moment
        quantity, scale = abs(fill.quantity), instrument.quantity_scale
        units = Fraction(quantity, POWERS[scale])
        scale += instrument.fill_scale + instrument.multiplier_scale
        value = Fraction(quantity * fill.price * instrument.multiplier, POWERS[scale])
        # the date as the exchange has it; where a session has several, that of UTC
        day = self._days[moment.session] if self._days else (moment.stamp - 1) // DAY_NS
        side = "buy" if fill.quantity > 0 else "sell"
        return _Trade(units, value, side, fill.maker, moment.stamp, day, order.created, instrument.asset.currency)

    def _of(self, asset: Asset) -> list[tuple[int, Charge]]:
        """The charges that an asset's type has. Raises InputError where there is none, or in another currency."""
        if self.currency not in (None, asset.currency):
            raise InputError(
                f"The fees of {self.called} are in {self.currency}, and {asset.symbol} trades in {asset.currency}. Set "
                "a schedule whose sums are in that, or one without currency where they are per cent only."
            )
        found = [
            (place, charge)
            for place, charge in enumerate(self._charges)
            if charge.assets is None or asset.kind in charge.assets
        ]
        if not found:
            kinds = sorted({kind for charge in self._charges for kind in charge.assets or ()})
            raise InputError(
                f"{self.called} has no charge for {asset.symbol}, whose type is {asset.kind!r}; it charges "
                f"{', '.join(kinds)}. Say the type where the data are read, as assets={{'type': {kinds[0]!r}}}, or add "
                f"a charge with assets={[asset.kind]!r} to a file of your own."
            )
        return found

    def _due(self, place: int, charge: Charge, charged: _Charged, trade: _Trade, parts: Sequence[Part]) -> int:
        """The fee of a fill, as money: what its order comes to with it, without what it came to before."""
        row = charge.row_on(trade.day)
        first, _ = self._used.get((place, row), (trade.day, 0))
        self._used[place, row] = first, trade.day
        rates, base = charge.rows[row], trade.base(charge, first=not charged.value, parts=parts)
        if charge.window is None:
            raw = rates.whole(base, ZERO, trade.maker)
        else:
            volume = self._volume(place, charge, charge.window, trade)
            raw = (
                rates.marginal(base, volume, trade.counted(charge), trade.maker)
                if charge.tier == "marginal"
                else rates.whole(base, volume, trade.maker)
            )
        if not charge.sums:
            return _money(charge.rounded(rates.bounded(raw, trade.value)))
        charged.total += raw
        charged.value += trade.value
        due = _money(charge.rounded(rates.bounded(charged.total, charged.value)))
        fee = due - charged.paid
        charged.paid = due
        return fee

    def _volume(self, place: int, charge: Charge, window: Window, trade: _Trade) -> Fraction:
        """The volume that says in which tier a fill falls."""
        traded = self._traded_in(place, charge, trade)
        if charge.fixed == "at_fill":
            return window.volume(traded, trade.stamp, trade.day, filled=True)
        return window.volume(traded, trade.placed, trade.placed // DAY_NS, filled=False)

    def _traded_in(self, place: int, charge: Charge, trade: _Trade) -> Traded:
        """The volume that counts for the tiers of a charge; money of two currencies is never added up."""
        return self._traded.setdefault((charge.pool or str(place), trade.currency), Traded())


def _units_of(due: int, quantity: int, trade: _Trade, most: int) -> int:
    """The units of a purchase that pay a fee at its price, cut to whole ones, and so many at most."""
    if due <= 0 or not most or not trade.value:
        return 0
    return min(int(Fraction(due * quantity, MONEY) / trade.value), most)


def _money(total: Fraction) -> int:
    return div_half_even(total.numerator * MONEY, total.denominator)
