"""What is seen at the end of a run and belongs in its notes."""

from __future__ import annotations

import polars as pl

from rustybt.engine._ruin import RUINED
from rustybt.metrics import ruined_row
from rustybt.strategy import Desk


def add_closing_notes(desk: Desk, daily: pl.DataFrame, *, ended_early: bool) -> None:
    """Looks at a run that is over. daily: its daily frame."""
    _note_ruin(desk, daily, ended_early)
    if not len(desk.blotter.rows):
        desk.notes.add(
            "no_orders", "No order was placed in the whole run. Look at the condition that the strategy orders on."
        )


def _note_ruin(desk: Desk, daily: pl.DataFrame, ended_early: bool) -> None:
    row = ruined_row(daily)
    if row is None:
        return
    session, value = daily["session"][row], daily["portfolio_value"][row]
    after = (
        "The run ended there (on_ruin='stop')."
        if ended_early
        else "It traded on, as no account could; on_ruin='stop' ends a run there."
        if row + 1 < daily.height
        else "It was the last session."
    )
    desk.notes.add(
        "ruined",
        f"{RUINED} on {session}: at the close it was worth {value:,.2f} {desk.currency}. {after} Annual "
        "return, volatility, Sharpe, Sortino, alpha and beta mean nothing from there on.",
        session=session,
        value=value,
    )
