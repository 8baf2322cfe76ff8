"""Checks of what the run told itself: its notes."""

from __future__ import annotations

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, Severity


def _of_notes(evidence: Evidence, code: str, severity: Severity, advice: str, *codes: str) -> Finding | None:
    """A finding of the notes of some codes, the first of which says what there is to say."""
    notes = evidence.notes(*(codes or (code,)))
    if not notes:
        return None
    more = f" ({len(notes) - 1} more in result.notes.)" if len(notes) > 1 else ""
    text = notes[0].text
    return Finding(code, severity, f"{text}{more}", dict(notes[0].data), advice)


def ruined(evidence: Evidence) -> Finding | None:
    """The account was worth nothing."""
    return _of_notes(evidence, "ruined", "serious", "Risk less of the account, or end the run there.")


def no_orders(evidence: Evidence) -> Finding | None:
    """Nothing was ordered."""
    return _of_notes(evidence, "no_orders", "serious", "")
