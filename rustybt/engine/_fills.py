"""What the broker reports, booked."""

from __future__ import annotations

from rustybt.engine._recorder import Recorder
from rustybt.execution import Execution
from rustybt.ledger import Ledger


def book(ledger: Ledger, recorder: Recorder, session: int, stamp: int, reports: list[Execution]) -> None:
    """Books fills, then their fees, and keeps them for the frame of transactions."""
    fill, charge, keep = ledger.fill, ledger.charge, recorder.transactions.add
    for order, quantity, price, fee, _ in reports:
        listing = order.listing
        fill(stamp, listing, quantity, price, order.number)
        keep((session, stamp, order.number, listing.slot, quantity, price, fee))
    for order, _, _, fee, parts in reports:
        if fee:
            if parts is None:
                charge(stamp, order.listing, fee, order.number, "commission")
                continue
            for kind, amount in parts:
                if amount:
                    charge(stamp, order.listing, amount, order.number, kind)
