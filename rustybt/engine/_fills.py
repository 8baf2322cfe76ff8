"""The reports of a broker, applied to the orders and posted to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rustybt.core import FeeInKind, FeeKind, Moment, OrderEventKind, OrderStatus, Report
from rustybt.engine._recorder import Recorder
from rustybt.execution import Broker
from rustybt.ledger import Ledger
from rustybt.orders import Cancel, Command, OrderBook, Release

FILLED: Final = OrderEventKind.FILLED
PARTIALLY_FILLED: Final = OrderEventKind.PARTIALLY_FILLED
UNPAID: Final = FeeKind.UNPAID
HELD: Final = OrderStatus.HELD


def take_reports(broker: Broker, orders: OrderBook, moment: Moment) -> list[Report]:
    """Applies what a broker reports for a moment, and carries out what linked orders answer. Returns the fills."""
    fills = []
    apply = orders.apply
    for report in broker.reports(moment):
        commands = apply(report)
        if commands:
            carry_out(broker, orders, commands)
        kind = report.kind
        if kind is FILLED or kind is PARTIALLY_FILLED:
            fills.append(report)
    return fills


def carry_out(broker: Broker, orders: OrderBook, commands: Sequence[Command]) -> None:
    """Passes on what linked orders ask of a broker."""
    for command in commands:
        if isinstance(command, Release):
            orders.release(*command)
            broker.submit(command.order)
        elif command.order.status is HELD:
            orders.cancel(*command)
        elif isinstance(command, Cancel):
            broker.cancel(*command)
        else:
            broker.replace(*command)


def book(ledger: Ledger, recorder: Recorder, orders: OrderBook, session: int, fills: Sequence[Report]) -> None:
    """Books fills, then their fees, and keeps them for the frame of transactions."""
    if not fills:
        return
    fill, charge, keep, every = ledger.fill, ledger.charge, recorder.transactions.add, orders.orders
    charges, taken = [], []
    for report in fills:
        number, _, stamp, quantity, price, _, fees = report[:7]
        if report.priced is not None:
            recorder.priced[len(recorder.transactions)] = report.priced
        instrument = every[number - 1].instrument
        fill(stamp, instrument, quantity, price, number)  # type: ignore[arg-type]  # a fill has a price
        fee = 0
        for part in fees:
            kind, amount = part[:2]
            if kind is not UNPAID:
                fee += amount
                charges.append((stamp, instrument, amount, number, kind))
                if isinstance(part, FeeInKind):
                    taken.append((stamp, instrument, part.units, price, number, kind))
        keep((session, stamp, number, instrument.slot, quantity, price, fee))
    # what arrives is less, and costs what was paid for all
    for units in taken:
        ledger.take_in_kind(*units)  # type: ignore[arg-type]  # a fill has a price
    for one in charges:
        charge(*one)
