"""Execution: at what price, how much of it and for which fee an order fills that a bar has let through.

It knows models and amounts, and no order type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    Asset,
    Cause,
    CostKind,
    Fee,
    FeeInKind,
    FeeKind,
    Moment,
    OrderEventKind,
    OrderStatus,
    Priced,
    Report,
    TimeInForce,
    as_plain_decimal,
    cut_parts,
)
from rustybt.errors import InputError
from rustybt.execution._offer import Fill, Offer
from rustybt.execution.commission import CommissionModel, Part
from rustybt.execution.slippage import EXHAUSTED, SKIP, SlippageModel

FILLED, PARTIALLY_FILLED, NOT_FILLED = OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED, OrderEventKind.NOT_FILLED
CANCELLED, FOK = OrderEventKind.CANCELLED, TimeInForce.FOK
OPEN = OrderStatus.OPEN
COMMISSION, UNPAID = FeeKind.COMMISSION, FeeKind.UNPAID
_new: Any = tuple.__new__  # a third of what calling a NamedTuple costs, on the hottest way to a fill


class Execution:
    """The models of a class of assets, asked.

    limits_hold: whether a price is held at the limit. fees_can_fall: as `SimulatedBroker` has it. by_range: whether
    stops and limits are reached within a bar, at prices that no model betters.
    """

    __slots__ = (
        "_caps",
        "_commission",
        "_fees_can_fall",
        "_fills",
        "_itemised",
        "_limits_hold",
        "_offers",
        "_reached",
        "_slippage",
        "_tells",
    )

    def __init__(
        self,
        slippage: SlippageModel,
        commission: CommissionModel,
        *,
        limits_hold: bool,
        fees_can_fall: bool,
        by_range: bool = False,
    ) -> None:
        self._reached = by_range
        self._slippage = slippage
        self._commission = commission
        self._limits_hold = limits_hold
        self._fees_can_fall = fees_can_fall
        self._caps = limits_hold and slippage.capped
        self._itemised = commission.itemised
        # whether each fill is to say what its price is worse by
        self._tells = slippage.itemised or slippage.cost_kind is not CostKind.SLIPPAGE
        # whether the models look at an offer and a fill by name; else they unpack plain tuples
        self._offers = not getattr(slippage.quote, "unpacks", False)
        self._fills = not getattr(commission.fee, "unpacks", False)

    def kernel(self) -> tuple[Any, Any] | None:
        """The numbers of the models, as the native kernel takes them; None where it can't do what they do."""
        slippage, commission = self._slippage.kernel(), self._commission.kernel()
        return None if slippage is NotImplemented or commission is NotImplemented else (slippage, commission)

    def let_go(self) -> None:
        """The run is over: the models let go of its market."""
        if hasattr(self._slippage, "_let_go"):
            self._slippage._let_go()

    def of(
        self,
        order: WorkingOrder,
        price: int,
        volume: int,
        used: int,
        cap: int | None,
        moment: Moment,
        account: str,
        maker: bool,
        most: int | None = None,
        *,
        apart: bool = False,
    ) -> Report | None:
        """The execution of an order at a price; None where a model has cancelled it meanwhile.

        used: units of the volume that went to earlier orders. cap: the price that a buy never exceeds, a sale never
        undercuts; None where there is none. most: the units that it may fill at most, None for all. apart: whether the
        price is another than the bar offers to all.
        """
        wanted = order.amount - order.filled
        buys = wanted > 0
        if most is not None:
            wanted = most if buys else -most
        offer: Any = wanted if buys else -wanted, price, volume, used, moment, account
        if self._offers:
            offer = _new(Offer, offer)
        quote = self._slippage.quote(order, offer)
        if order.status is not OPEN:
            return None
        filled_at, filled = quote
        if filled <= 0:
            return _not_filled(order, moment, quote)
        if filled != wanted and order.more is not None and order.more.time_in_force is FOK and filled != -wanted:
            return _not_whole(order, moment, filled)
        if filled_at <= 0 < price and self._limits_hold:
            raise no_price(self._slippage, order, filled_at)
        held = False
        if self._reached and filled_at != price and (filled_at < price) is buys and _has_level(order):
            filled_at, held = price, True
        if cap is not None and self._caps and (filled_at > cap) is buys:
            filled_at, held = cap, True
        priced = self._priced(order, offer, filled_at, held=held) if apart or self._tells else None
        if not buys:
            filled = -filled
        fill: Any = filled, filled_at, moment, account, maker
        if self._fills:
            fill = _new(Fill, fill)
        fee = self._commission.fee(order, fill)
        # one of a single part, as most are, at once
        fees = (_new(Fee, (COMMISSION, fee)),) if fee > 0 and not self._itemised else self._parts(order, fee)
        kind = FILLED if order.filled + filled == order.amount else PARTIALLY_FILLED
        plain = None, None, None, True, False, None
        report = order.number, kind, moment.stamp, filled, filled_at, None, fees, *plain, priced
        return _new(Report, report)  # type: ignore[no-any-return]

    def deal(
        self, order: WorkingOrder, price: int, volume: int, used: int, cap: int | None, moment: Moment
    ) -> tuple[int, int, int] | None:
        """The units that an order fills at a price, signed, the price that it pays, and the fee; None without volume.

        For models of numbers alone, which decline nothing and look at no name of an account; else `of`. The fee may be
        below zero, where `fees_can_fall` is set.
        """
        wanted = order.amount - order.filled
        buys = wanted > 0
        offer: Any = wanted if buys else -wanted, price, volume, used, moment, ""
        filled_at, filled = self._slippage.quote(order, offer)
        if filled <= 0:
            return None
        if filled_at <= 0 and price > 0 and self._limits_hold:
            raise no_price(self._slippage, order, filled_at)
        if cap is not None and (filled_at > cap) is buys:
            filled_at = cap
        if not buys:
            filled = -filled
        fill: Any = filled, filled_at, moment, "", False
        fee = self._commission.fee(order, fill)
        return filled, filled_at, fee if fee > 0 or self._fees_can_fall else 0

    def _priced(self, order: WorkingOrder, offer: Any, filled_at: int, *, held: bool) -> Priced:
        """The reference of a price, and the parts that it is worse by. held: whether a limit held it."""
        model, offered = self._slippage, offer[1]
        worse = filled_at - offered if order.amount > order.filled else offered - filled_at
        if not model.itemised:
            return Priced(offered, ((model.cost_kind, worse),) if worse and self._tells else ())
        parts = model.parts(order, _new(Offer, offer), filled_at)
        return Priced(offered, cut_parts(parts, worse) if held else parts)

    def no_price(self, order: WorkingOrder, price: int) -> InputError:
        """The error for a price of zero or less that the slippage model made of one above zero."""
        return no_price(self._slippage, order, price)

    def _parts(self, order: WorkingOrder, fee: int) -> tuple[Fee | FeeInKind, ...]:
        """The parts of a fee."""
        commission = self._commission
        if not fee and not self._itemised:
            return ()
        if fee < 0 and not commission.rebates:
            return (Fee(UNPAID, fee),) if self._fees_can_fall else ()
        if self._itemised:
            return tuple([_fee_of(part) for part in commission.parts(order, fee) if part[1]])
        return (_new(Fee, (COMMISSION, fee)),)


def executions(
    slippage: Mapping[str | Asset, SlippageModel],
    commission: Mapping[str | Asset, CommissionModel],
    *,
    limits_hold: bool,
    fees_can_fall: bool,
    by_range: bool,
) -> tuple[Execution, Execution, dict[int, Execution]]:
    """Those of "equity" and of "future", and by sid those of assets that have a model of their own.

    An asset that has one of the two has that of its class beside it.
    """

    def execution(of: str | Asset, kind: str) -> Execution:
        models = slippage.get(of, slippage[kind]), commission.get(of, commission[kind])
        return Execution(*models, limits_hold=limits_hold, fees_can_fall=fees_can_fall, by_range=by_range)

    own = {}
    for asset in dict.fromkeys([*slippage, *commission]):
        if isinstance(asset, Asset):
            own[asset.sid] = execution(asset, "future" if asset.kind == "future" else "equity")
    return execution("equity", "equity"), execution("future", "future"), own


def _fee_of(part: Part) -> Fee | FeeInKind:
    """A part of a fee, as it is reported."""
    return FeeInKind(*part) if len(part) == 3 else Fee(*part)


def _has_level(order: WorkingOrder) -> bool:
    """Whether an order was reached at a price of its own, or the open beyond it."""
    return order.limit is not None or order.stop is not None


def _not_filled(order: WorkingOrder, moment: Moment, quote: Any) -> Report:
    if quote is EXHAUSTED:
        cause = Cause.VOLUME_USED_UP
    else:
        cause = Cause.IMPACT_BEYOND_LIMIT if quote is SKIP else Cause.DECLINED_BY_MODEL
    return Report(order.number, NOT_FILLED, moment.stamp, cause=cause)


def _not_whole(order: WorkingOrder, moment: Moment, filled: int) -> Report:
    scale = order.instrument.quantity_scale
    told = f"{as_plain_decimal(filled, scale)} of {as_plain_decimal(abs(order.amount), scale)} could fill"
    return Report(order.number, CANCELLED, moment.stamp, order.amount, cause=Cause.NOT_AT_ONCE, told=told)


def no_price(slippage: SlippageModel, order: WorkingOrder, price: int) -> InputError:
    """The error for a price of zero or less that a slippage model made of one above zero."""
    instrument = order.instrument
    return InputError(
        f"{slippage!r} fills an order of {instrument.asset.symbol} at "
        f"{as_plain_decimal(price, instrument.fill_scale)}, though the bar has a price above zero. "
        "Use a smaller spread or impact."
    )
