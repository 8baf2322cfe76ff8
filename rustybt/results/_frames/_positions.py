"""The frame of the positions: what was held at each close, at its marks."""

from __future__ import annotations

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, decimal_column, series_of
from rustybt.results._frames._currencies import in_base, rates_by_pocket
from rustybt.results._frames._exact_columns import (
    Values,
    columns_of,
    costs_per_unit,
    exposures,
    in_128_bits,
    of_slots,
    shortest_column,
)
from rustybt.results._frames._frame_builder import AssetTable, places
from rustybt.results._frames._layouts import POSITIONS
from rustybt.results._frames._run_rows import Currencies, Places, RunRows

NARROW = 2**16


def positions_frame(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    """A row for each position at each close."""
    native = table.kernel.positions_frame
    if native is not None:
        currencies = rows.currencies
        base = None if currencies is None else rates_by_pocket(rows, currencies, _last_bars(currencies))
        laid = native(
            POSITIONS,
            table.native,
            rows.holdings,
            rows.holdings_from,
            list(range(rows.count)),
            [x.price for x in rows.slots],
            [(x.multiplier, x.multiplier_scale, x.mark_to_fill_scale, x.daily_settled) for x in rows.slots],
            base,
        )
        if laid is not None:
            return pl.DataFrame(laid)
    return _in_columns(rows, table)


def _in_columns(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    held_slots, held_quantities, costs = columns_of(rows.holdings)
    basis = costs_per_unit(places(held_slots), held_quantities, costs, rows.slots)
    sessions, of_rows = _rows_of_positions(rows)
    slots = places(held_slots)[places(of_rows)]
    marks = _marks(rows, np.array(held_slots, dtype=np.int64)[of_rows], sessions)
    units = in_128_bits(held_quantities)
    quantities = _taken(held_quantities if units is None else units, of_rows)
    exposure = exposures(slots, quantities, marks, rows.slots)
    if rows.currencies is not None:
        exposure = in_base(rows, rows.currencies, slots, _last_bars(rows.currencies)[sessions], exposure)
    return pl.DataFrame(
        [
            table.dates(sessions).alias("session"),
            table.series["symbol"][slots].alias("symbol"),
            table.series["sid"][slots].alias("sid"),
            shortest_column("amount", quantities, slots, table.quantity_scales),
            shortest_column("cost_basis", _taken(basis, of_rows), slots, table.fill_scales),
            shortest_column("last_sale_price", marks, slots, table.fill_scales),
            decimal_column("value", _market_value(rows, exposure, slots), MONEY_SCALE),
            decimal_column("exposure", exposure, MONEY_SCALE),
        ]
    )


def _last_bars(currencies: Currencies) -> Places:
    """The last bar of each session."""
    return np.array(currencies.bars, dtype=np.int64)


def _rows_of_positions(rows: RunRows) -> tuple[Places, Places]:
    """For each row of the positions its session, and its place among all that was ever held."""
    holdings, count = rows.holdings_from, rows.count
    firsts = np.array([session for session, _ in holdings], dtype=np.int64)
    ends = np.array([end for _, end in holdings], dtype=np.int64)
    sizes = np.diff(ends, prepend=0)
    which = np.searchsorted(firsts, np.arange(count), side="right") - 1
    of_session = np.where(which >= 0, sizes[which], 0) if len(sizes) else np.zeros(count, dtype=np.int64)
    sessions = np.repeat(np.arange(count), of_session)
    begins = np.cumsum(of_session) - of_session
    offsets = ends - sizes
    return sessions, np.arange(len(sessions)) - begins[sessions] + offsets[which[sessions]]


def _marks(rows: RunRows, slots: Places, sessions: Places) -> Values:
    """The price of each slot at the close of each session, at its fill scale."""
    terms, counts = rows.slots, np.bincount(slots, minlength=1)
    held = np.flatnonzero(counts).tolist()
    columns = [terms[slot].price for slot in held]
    if not all(isinstance(one, memoryview) for one in columns):
        pairs = zip(slots.tolist(), sessions.tolist(), strict=True)
        return [terms[slot].price[session] * terms[slot].mark_to_fill_scale for slot, session in pairs]
    closes = np.empty(len(slots), dtype=np.int64)
    # sorts of narrow integers count them
    by_slot = np.argsort(slots.astype(np.uint16) if len(counts) <= NARROW else slots, kind="stable")
    ends = np.cumsum(counts).tolist()
    for slot, prices in zip(held, columns, strict=True):
        of_slot = by_slot[ends[slot] - counts[slot] : ends[slot]]
        closes[of_slot] = np.asarray(prices)[sessions[of_slot]]
    marks = series_of(closes).cast(pl.Int128)
    return marks * of_slots([x.mark_to_fill_scale for x in terms], series_of(slots).cast(pl.UInt32))


def _market_value(rows: RunRows, exposure: Values, slots: pl.Series) -> Values:
    """The market value of positions: all of their exposure, but nothing of what is settled daily."""
    daily_settled = [one.daily_settled for one in rows.slots]
    if not any(daily_settled):
        return exposure
    if isinstance(exposure, pl.Series):
        return exposure * of_slots([int(not settled) for settled in daily_settled], slots)
    return [0 if daily_settled[slot] else value for slot, value in zip(slots.to_list(), exposure, strict=True)]


def _taken(values: Values, rows: Places) -> Values:
    """The values at some places."""
    return values[places(rows)] if isinstance(values, pl.Series) else [values[row] for row in rows.tolist()]
