"""Bookings of several assets matched lot by lot: by the native kernel where it is there, else by its twin."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from rustybt._kernels import kernel_named
from rustybt.results._booked import Booked
from rustybt.results._lots import Matched, Method, Trade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

type Units = list[tuple[int, Fraction]]
"""What one unit of the first session has become, from a session on."""

PIECES: Final[dict[str, Any]] = {
    "sid": pl.Int64(),
    "side": pl.Int64(),
    "entry": pl.Int64(),
    "exit": pl.Int64(),
    "session": pl.Int64(),
    "last": pl.Int64(),
    "quantity": pl.Int128(),
    "value": pl.Int128(),
    "exit_value": pl.Int128(),
    "income": pl.Int128(),
    "costs": pl.Int128(),
    "order_id": pl.String(),
    "exit_order_id": pl.String(),
}
"""A trade before its prices: side 1 or -1, stamps, sessions by their number, units and money as integers. exit: null
where it is open; value, exit_value: what its units cost, or brought, at either end."""
OF_LOTS: Final[dict[str, Any]] = PIECES | {"several": pl.Boolean(), "restated": pl.Int64()}
"""With whether units of several fills or ends are in it, and which of its asset's `Units` holds at the exit."""
_WIDE: Final = [name for name, kind in PIECES.items() if kind == pl.Int128()]


class Pieces(NamedTuple):
    """Trades with the columns of `OF_LOTS`, and the units of each asset that was split."""

    frame: pl.DataFrame
    units: dict[int, Units]


def matched_pieces(booked: Booked, sids: set[int], method: Method, worth: Mapping[int, int], last: int) -> Pieces:
    """The trades of some assets.

    worth: by sid, of what is held at the end; it raises for one that is not known. last: the last session.
    """
    return _native(booked, sids, method, last) or _by_twin(booked, sids, method, worth, last)


def _native(booked: Booked, sids: set[int], method: Method, last: int) -> Pieces | None:
    """None without the native kernel, and for what it can't hold."""
    match = kernel_named("auto").matched_lots
    own = None if match is None else booked.bookings(sids)
    found = None if match is None or own is None else match(method, own.columns, booked.worth, last)
    if found is None or own is None:
        return None
    laid = pl.DataFrame(found[0]).with_columns(pl.col(_WIDE).to_physical(), pl.col("several") == 1)
    entries, ends = laid["entry_row"], pl.Series(laid["exit_row"].replace(-1, None))
    frame = laid.with_columns(
        own.stamps.gather(entries).alias("entry"),
        own.stamps.gather(ends).alias("exit"),
        own.sessions.gather(entries).alias("session"),
        own.orders.gather(entries).alias("order_id"),
        own.orders.gather(ends).alias("exit_order_id"),
    )
    units = {sid: _units((at, Fraction(now, held)) for at, now, held in splits) for sid, splits in found[1]}
    return Pieces(frame.select(list(OF_LOTS)), units)


def _units(splits: Iterable[tuple[int, Fraction]]) -> Units:
    units = [(-1, Fraction(1))]
    for session, ratio in splits:
        units.append((session, units[-1][1] * ratio))
    return units


def _by_twin(booked: Booked, sids: set[int], method: Method, worth: Mapping[int, int], last: int) -> Pieces:
    rows: list[tuple[Any, ...]] = []
    units: dict[int, Units] = {}
    for sid, lines in booked.lines(sids).items():
        matched = Matched(method)
        matched.read(lines)
        still = list(matched.still_open(last, worth[sid] if matched.holding else 0))
        rows += [_piece(trade, sid) for trade in (*matched.trades, *still)]
        if len(matched.units) > 1:
            units[sid] = matched.units
    if not rows:
        return Pieces(pl.DataFrame(schema=OF_LOTS), units)
    columns = zip(OF_LOTS.items(), zip(*rows, strict=True), strict=True)
    return Pieces(pl.DataFrame([pl.Series(name, values, dtype=kind) for (name, kind), values in columns]), units)


def _piece(trade: Trade, sid: int) -> tuple[Any, ...]:
    lot = trade.lot
    return (
        sid, lot.side, lot.entry, trade.exit, lot.session, trade.last, lot.quantity, lot.value, trade.exit_value,
        lot.income, lot.costs, lot.order, trade.order, lot.several, trade.restated,
    )  # fmt: skip
