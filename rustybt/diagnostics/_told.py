"""Checks of what the run told itself: each is of the notes of some codes, and says what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, Severity


class Told(NamedTuple):
    """Which notes a finding is of. tells: what it means. codes: of the notes, by default its own."""

    severity: Severity
    tells: str
    advice: str = ""
    codes: tuple[str, ...] = ()


TOLD: Final[dict[str, Told]] = {
    "ruined": Told("serious", "The account lost all it had.", "Risk less of it, or end the run there."),
    "no_orders": Told("serious", "No order was placed in the whole run."),
    "no_fills": Told("serious", "Orders were placed, and none was filled."),
    "never_ran": Told("serious", "A part of the strategy never ran.", "", ("callback_never_ran", "schedule_never_ran")),
    "cash_below_zero": Told("warning", "Cash was below zero, and nothing was paid for it."),
    "forced_orders": Told(
        "warning", "The broker sold or bought by itself.", "Risk less, or keep more cash than the margin asks for."
    ),
    "ambiguous_bars": Told(
        "warning", "Orders hang on the order of prices within bars.", "same_bar='interval' runs the worst and the best."
    ),
    "rate_above_100_percent": Told("warning", "A yearly rate is above 100 %."),
    "text_for_asset": Told("warning", "An asset was compared with a text.", "Compare with symbol(...)."),
    "data_ended": Told(
        "warning",
        "The data end before the run does.",
        "",
        ("ended_and_held", "runs_on", "span_cut"),
    ),
    "rows_left_out": Told("warning", "Bad rows of the data are not in the run.", "Look at them before using it."),
    "benchmark_gaps": Told(
        "warning", "The benchmark lacks sessions of the run.", "", ("benchmark_incomplete", "benchmark_left_out")
    ),
    "asset_without_bars": Told("info", "An asset has no bar in the run."),
    "moved_schedules": Told(
        "info",
        "A scheduled function ran at another time, or not on all days.",
        "",
        ("schedule_left_out", "schedule_moved"),
    ),
    "size_cut": Told("info", "Orders were cut to whole units."),
    "guessed_costs": Told(
        "info",
        "Impact or spread was guessed.",
        "",
        ("impact_not_known", "spread_not_estimated", "model_told_nothing"),
    ),
    "fees_in_doubt": Told(
        "info",
        "Fees were paid that may not be those of that day.",
        "",
        ("fees_before_their_date", "fees_after_their_date", "fees_unverified"),
    ),
}
"""By the code of the finding."""
NO_FINDINGS: Final = ("interval", "data_read")
"""Codes of notes that are no finding: what was asked for."""


def told(code: str) -> Callable[[Evidence], Finding | None]:
    """The check of a row of `TOLD`."""
    row = TOLD[code]

    def look(evidence: Evidence) -> Finding | None:
        notes = evidence.notes(*(row.codes or (code,)))
        if not notes:
            return None
        more = f" ({len(notes) - 1} more in result.notes.)" if len(notes) > 1 else ""
        return Finding(code, row.severity, f"{notes[0].text}{more}", dict(notes[0].data), row.advice)

    return look
