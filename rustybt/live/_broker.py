"""A broker around a broker, which writes what passes into the journal before it passes it on."""

from __future__ import annotations

from collections.abc import Iterator

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, Moment, OrderTerms, Report
from rustybt.execution import Broker, SimulationBlotter
from rustybt.live._record import Record


class JournalledBroker:
    """Commands are on the disk before they leave; reports are written before they are applied."""

    __slots__ = ("_broker", "_record")

    def __init__(self, broker: Broker, record: Record) -> None:
        self._broker = broker
        self._record = record

    def submit(self, order: WorkingOrder, /) -> None:
        self._record.add(
            "submit",
            order=str(order.number),
            asset=order.instrument.asset.key,
            quantity=str(order.amount),
            stamp=str(order.created),
            **_terms(order.terms),
        )
        self._record.commit()
        self._broker.submit(order)

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None, /
    ) -> None:
        self._record.add("replace", order=str(order.number), stamp=str(stamp), **_terms(terms))
        self._record.commit()
        self._broker.replace(order, terms, stamp, amount)

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None, /) -> None:
        self._record.add("cancel", order=str(order.number), stamp=str(stamp), cause=cause.label)
        self._record.commit()
        self._broker.cancel(order, stamp, cause, told)

    def reports(self, moment: Moment, /) -> Iterator[Report]:
        for report in self._broker.reports(moment):
            self._record.add("report", **_report(report))
            yield report


class JournalledBlotter(SimulationBlotter):
    """The models of another blotter, and a broker whose commands and reports go into a journal."""

    def __init__(self, models: SimulationBlotter, record: Record) -> None:
        self.slippage = models.slippage
        self.commission = models.commission
        self.cancel_policy = models.cancel_policy
        self._models = models
        self._record = record

    def broker(self, simulated: Broker) -> Broker:
        return JournalledBroker(self._models.broker(simulated), self._record)

    def __deepcopy__(self, _: object) -> JournalledBlotter:
        # a run copies what it is given; the journal is the session's
        return self


def _terms(terms: OrderTerms[int] | None) -> dict[str, str]:
    """The terms that an order has, as text."""
    return {} if terms is None else _texts(terms)


def _report(report: Report) -> dict[str, str]:
    fields = _texts(report)
    return {"report": fields.pop("kind")} | fields


def _texts(value: tuple[object, ...]) -> dict[str, str]:
    """The fields of a named tuple that are no defaults of its class, as text."""
    defaults: dict[str, object] = value._field_defaults  # type: ignore[attr-defined]
    names: tuple[str, ...] = value._fields  # type: ignore[attr-defined]
    fields = zip(names, value, strict=True)
    return {name: _text(one) for name, one in fields if name not in defaults or one != defaults[name]}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    label = getattr(value, "label", None)
    if isinstance(label, str):
        return label
    return str(getattr(value, "value", value))
