"""Fills matched first in, first out, all assets at once: for those of which nothing else was booked than fills."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.results._wide import shared_out, wide

_MOST_UNITS: Final = 2**61
"""Sums of units up to here fit 64 bits."""

type Places = npt.NDArray[np.int64]


def fits(quantities: pl.Series) -> bool:
    """Whether sums of so many units fit 64 bits."""
    return abs(quantities.cast(pl.Float64)).sum() < _MOST_UNITS


def matched_fills(fills: pl.DataFrame, worth: dict[int, int], last: int) -> pl.DataFrame:
    """Each unit that was closed beside the one it opened with, in the order of time.

    fills: sorted by asset, then by time: sid, stamp, session, quantity, amount, fees, order. worth: by sid, what is
    held at the end. last: the last session.
    What was opened and what was closed are two streams of units in the same order: where one of their sums has a step,
    a trade ends. Returns the columns of `_trades.PIECES`.
    """
    sids, units = fills["sid"].to_numpy(), fills["quantity"].cast(pl.Int64).to_numpy()
    ends = np.append(np.flatnonzero(np.diff(sids)), len(sids) - 1)
    opened, closed, held = _streams(units, ends)
    still = np.flatnonzero(held)
    # what is held is closed by rows of its own, behind those of the fills
    count = len(sids)
    exits = np.insert(np.arange(count), ends[still] + 1, count + np.arange(len(still)))
    closed = np.append(closed, abs(held[still]))[exits]
    open_rows, exit_rows = np.flatnonzero(opened), exits[closed > 0]
    until_opened, until_closed = np.cumsum(opened[open_rows]), np.cumsum(closed[closed > 0])
    both = np.sort(np.concatenate([until_opened, until_closed]), kind="stable")
    until = both[np.diff(both, prepend=0) > 0]
    entry = open_rows[np.searchsorted(until_opened, until)]
    ending = exit_rows[np.searchsorted(until_closed, until)]
    parts = np.diff(until, prepend=0)
    return _pieces(fills, worth, last, entry, ending, parts, [int(sid) for sid in sids[ends[still]]], held[still])


def _streams(units: Places, ends: Places) -> tuple[Places, Places, Places]:
    """Of each fill how many units it opens and closes, and of each asset what is held at its end."""
    sums = np.cumsum(units)
    before_asset = np.append(0, sums[ends[:-1]])
    lengths = np.diff(ends, prepend=-1)
    held_before = sums - units - np.repeat(before_asset, lengths)
    against = np.sign(held_before) == -np.sign(units)
    closed = np.where(against, np.minimum(abs(held_before), abs(units)), 0)
    return abs(units) - closed, closed, sums[ends] - before_asset


def _pieces(
    fills: pl.DataFrame,
    worth: dict[int, int],
    last: int,
    entry: Places,
    ending: Places,
    parts: Places,
    still: list[int],
    held: Places,
) -> pl.DataFrame:
    sign = fills["quantity"].sign()
    whole = pl.concat([wide(abs(fills["quantity"])), wide(np.abs(held).tolist())])
    money = {
        "value": pl.concat([wide([0]) - sign * fills["amount"], wide([worth[sid] for sid in still])]),
        "costs": pl.concat([fills["fees"], wide([0] * len(still))]),
    }
    # a fill's closing parts come before those that it opens, and are divided first
    uses = np.stack([ending, entry], axis=1).ravel()
    units = wide(pl.Series(np.repeat(parts, 2)))
    shares = {name: shared_out(amounts, whole, uses, units) for name, amounts in money.items()}
    of_exits, of_entries = np.arange(0, len(uses), 2), np.arange(1, len(uses), 2)
    over = ending < fills.height
    exits = pl.Series(np.where(over, ending, 0))
    known: dict[str, Any] = {
        "exit": fills["stamp"].gather(exits),
        "last": fills["session"].gather(exits),
        "exit_order_id": fills["order"].gather(exits),
    }
    was_closed = pl.Series(over)
    opening = fills.select("sid", "stamp", "session", "order")[pl.Series(entry)]
    frame = pl.DataFrame(
        {
            "sid": opening["sid"],
            "side": sign.gather(entry).cast(pl.Int64),
            "entry": opening["stamp"],
            **known,
            "session": opening["session"],
            "quantity": wide(pl.Series(parts)),
            "value": shares["value"].gather(of_entries),
            "exit_value": shares["value"].gather(of_exits),
            "income": wide([0]).new_from_index(0, len(parts)),
            "costs": shares["costs"].gather(of_entries) + shares["costs"].gather(of_exits),
            "order_id": opening["order"],
        }
    )
    return frame.with_columns(
        pl.when(was_closed).then(pl.col("exit")),
        pl.when(was_closed).then(pl.col("last")).otherwise(last),
        pl.when(was_closed).then(pl.col("exit_order_id")),
    )
