"""A broker's report on an order: the one message from which an order's state changes."""

from __future__ import annotations

from typing import Any, NamedTuple

from rustybt.core._causes import SENTENCES, Cause
from rustybt.core._costs import Priced
from rustybt.core._fees import Fee, FeeInKind
from rustybt.core._orders import OrderEventKind
from rustybt.core._terms import OrderTerms


class Report(NamedTuple):
    """Something that happened to an order, from whatever broker.

    order: its number. stamp: ns UTC.
    quantity: scaled units: what was filled, signed; what is left open after a split; else what is still to fill.
    price: of a fill; the limit that was reached. stop: that was reached. Both at the fill scale.
    terms: that a new or refused order has, and that one has from now on; None for a market order, and in other reports.
    fees: what the fill costs, itemised. cause: why; None where the kind says it all.
    ratio: of the split that restates the order, numerator and denominator of prices.
    told: words for people; nothing reads them. dated: whether it counts as the order's last change.
    recharged: whether the units that fees were charged for are restated by the split too.
    priced: what the price of a fill is measured against; None for the price that `fill_at` names of its bar.
    """

    order: int
    kind: OrderEventKind
    stamp: int
    quantity: int = 0
    price: int | None = None
    stop: int | None = None
    fees: tuple[Fee | FeeInKind, ...] = ()
    cause: Cause | None = None
    ratio: tuple[int, int] | None = None
    told: str | None = None
    dated: bool = True
    recharged: bool = False
    terms: OrderTerms[int] | None = None
    priced: Priced | None = None


_new: Any = tuple.__new__  # a third of what calling a NamedTuple costs, where there are many


def report_of_cancel(order: int, left: int, stamp: int, cause: Cause, told: str | None) -> Report:
    """The report that the open rest of an order is cancelled. told: where the cause does not say all."""
    told = told or SENTENCES[cause]
    report = (order, OrderEventKind.CANCELLED, stamp, left, None, None, (), cause, None, told, True, False, None, None)
    return _new(Report, report)  # type: ignore[no-any-return]


def report_of_replacement(order: int, left: int, stamp: int, terms: OrderTerms[int] | None) -> Report:
    """The report that the open rest of an order has other terms."""
    return Report(order, OrderEventKind.REPLACED, stamp, left, terms=terms)
