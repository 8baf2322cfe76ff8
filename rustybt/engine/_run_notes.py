"""What is seen at the end of a run and belongs in its notes."""

from __future__ import annotations

from rustybt.strategy import Desk


def add_closing_notes(desk: Desk) -> None:
    """Looks at a run that is over."""
    if not len(desk.blotter.rows):
        desk.notes.add(
            "no_orders", "No order was placed in the whole run. Look at the condition that the strategy orders on."
        )
