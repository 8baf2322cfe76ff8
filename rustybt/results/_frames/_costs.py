"""The costs of a run: a row for each part of each fill's price, and for each entry of the ledger that is a cost."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.core import (
    COST_OF_ENTRY,
    MONEY_SCALE,
    POWERS,
    TAXES,
    UTC_NS,
    CostKind,
    Priced,
    decimal_column,
    rescale_half_even,
)
from rustybt.results._frames._currencies import in_base_of_pockets
from rustybt.results._frames._frame_builder import AssetTable, column, frame_of_rows
from rustybt.results._frames._run_rows import RunRows, SlotTerms

COSTS: Final = (
    column("dt", "stamp", 0),
    column("session", "date", 1),
    column("order_id", "id", 2),
    column("symbol", "symbol"),
    column("sid", "sid"),
    column("kind", "text", 4),
    column("detail", "text", 5),
    column("reference", "price", 6),
    column("amount", "money", 7),
)
_KIND_OF_ENTRY: Final = {entry: kind.value for entry, kind in COST_OF_ENTRY.items()}
_SLIPPAGE: Final = CostKind.SLIPPAGE.value
_TAX: Final = CostKind.TAX.value
OVERNIGHT: Final = ("borrow", "financing", "rollover")
"""The kinds of entries that are made when a session opens."""
NO_COSTS: Final = pl.DataFrame(
    schema={
        "dt": UTC_NS,
        "session": pl.Date(),
        "order_id": pl.String(),
        "fill": pl.Int64(),
        "symbol": pl.String(),
        "sid": pl.Int64(),
        "kind": pl.String(),
        "detail": pl.String(),
        "reference": pl.Decimal(38, 0),
        "amount": pl.Decimal(38, MONEY_SCALE),
        "currency": pl.String(),
        "cost": pl.Decimal(38, MONEY_SCALE),
    }
)


type _Row = tuple[int, int, int | None, int | None, str, str | None, int | None, int, int | None, int]
"""A cost: the values of the frame's columns (stamp, session, order, slot, kind, detail, reference, amount), then the
fill that it is of, and the pocket that it was paid from."""
_AMOUNT: Final = 7
_FILL: Final = 8
_POCKET: Final = 9


def costs_frame(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    """A row for each cost, in the order of fills, then of entries.

    fill: the row of `transactions` that it is of. reference: of a price, what it is measured against. amount: in
    `currency`; cost: in the run's. Both are above zero for what was paid.
    """
    found = [*_of_prices(rows), *_of_entries(rows)]
    if not found:
        return NO_COSTS.clone()
    kept = rows.kernel.rows("nnnnttww")
    for row in found:
        kept.add(row[:8])
    frame = frame_of_rows(kept, table, 3, COSTS)
    currencies = [rows.pockets[row[_POCKET]][1] for row in found]
    fills = pl.Series("fill", [row[_FILL] for row in found], dtype=pl.Int64)
    frame = frame.with_columns(fills, pl.Series("currency", currencies), _in_base(rows, found))
    return frame.select(NO_COSTS.columns)


def _of_prices(rows: RunRows) -> Iterator[_Row]:
    """What each fill's price was worse by than its reference; parts of 0 are left out, but for one of each fill."""
    offered, slots = rows.offered, rows.slots
    for place, (session, stamp, order, slot, quantity, price, _) in enumerate(rows.transactions):
        terms = slots[slot]
        priced = rows.priced.get(place)
        if priced is not None and order is not None:
            for kind, amount in _parts(terms, quantity, price, priced):
                yield stamp, session, order, slot, kind, None, priced.reference, amount, place, terms.pocket
            continue
        # what is closed out is closed at the mark
        mark = terms.price[session] if offered is None else offered[place]
        reference = price if order is None else mark * terms.mark_to_fill_scale
        slipped = _worse_by(terms, quantity, price, reference)
        yield stamp, session, order, slot, _SLIPPAGE, None, reference, slipped, place, terms.pocket


def _parts(terms: SlotTerms, quantity: int, price: int, priced: Priced) -> list[tuple[str, int]]:
    """What a fill's price is worse by, in money: as it was booked, less as the reference would have been."""
    whole = _worse_by(terms, quantity, price, priced.reference)
    parts = [(kind.value, _money(terms, abs(quantity), part)) for kind, part in priced.parts]
    rest = whole - sum(amount for _, amount in parts)
    found = [(kind, amount) for kind, amount in parts if amount]
    return [*found, (_SLIPPAGE, rest)] if rest or not found else found


def _worse_by(terms: SlotTerms, quantity: int, price: int, reference: int) -> int:
    """The money paid beyond the reference: each as it is booked, so that a rounding is in it too."""
    scale = terms.quantity_scale + terms.fill_scale + terms.multiplier_scale
    if scale <= MONEY_SCALE:
        return quantity * (price - reference) * terms.multiplier * POWERS[MONEY_SCALE - scale]
    return _money(terms, quantity, price) - _money(terms, quantity, reference)


def _money(terms: SlotTerms, quantity: int, price: int) -> int:
    scale = terms.quantity_scale + terms.fill_scale + terms.multiplier_scale
    return rescale_half_even(quantity * price * terms.multiplier, scale, MONEY_SCALE)


def _of_entries(rows: RunRows) -> Iterator[_Row]:
    """The entries that are costs; a fee is of the fill that it was charged for."""
    fills: dict[tuple[int | None, int], int] = {}
    for place, (_, stamp, order, *_) in enumerate(rows.transactions):
        fills.setdefault((order, stamp), place)
    closes, last = rows.closes.tolist(), rows.count - 1
    for stamp, entry, slot, _, amount, order, detail, _, pocket in rows.entries:
        kind = _KIND_OF_ENTRY.get(entry)
        if kind is None:
            continue
        if entry == "fee" and detail in TAXES:
            kind = _TAX
        # where markets never close, a session opens when the one before closes
        place = bisect_right(closes, stamp) if entry in OVERNIGHT else bisect_left(closes, stamp)
        fill = None if order is None else fills.get((order, stamp))
        text = None if detail is None else str(detail)
        yield stamp, min(place, last), order, slot, kind, text, None, -amount, fill, pocket


def _in_base(rows: RunRows, found: Sequence[_Row]) -> pl.Series:
    amounts: Any = [row[_AMOUNT] for row in found]
    if rows.currencies is not None:
        stamps, pockets = (np.array([row[place] for row in found], dtype=np.int64) for place in (0, _POCKET))
        bars = np.searchsorted(rows.currencies.stamps, stamps, side="right") - 1
        amounts = in_base_of_pockets(rows, rows.currencies, pockets, bars, amounts)
    return decimal_column("cost", amounts, MONEY_SCALE)
