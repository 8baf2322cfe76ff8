"""Notes on the dates of the fees that a run paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rustybt.core import Notes, date_of, day_of
from rustybt.execution.commission._charge import Charge

YEAR: Final = 365


def tell_of_rows(
    notes: Notes, called: str, charges: Sequence[Charge], used: Mapping[tuple[int, int], tuple[int, int]]
) -> None:
    """Adds notes of rates that are used before their first date, long after it was last known, or that nobody verified.

    called: the schedule. used: by charge and row the first and the last day on which a fill paid it.
    """
    early: dict[str, str] = {}
    late: dict[str, str] = {}
    unverified: dict[str, None] = {}
    for (place, row), (first, last) in used.items():
        charge = charges[place]
        rates = charge.rows[row]
        if rates.begins is not None and first < day_of(rates.begins):
            early[charge.kind] = str(rates.begins)
        known = max([day for day in (rates.begins, rates.read_on) if day is not None], default=None)
        if row == len(charge.rows) - 1 and known is not None and last > day_of(known) + YEAR:
            late[charge.kind] = str(known)
        if not rates.verified:
            unverified[charge.kind] = None
    if early:
        begun = date_of(min(first for first, _ in used.values()))
        notes.add(
            "fees_before_their_date",
            f"Fills from {begun} on paid fees of {called} that are known from later days only: {_listed(early)}. Add "
            "rows for the years before to a file of your own where it matters.",
            schedule=called, kinds=list(early), known_from=max(early.values()), used_from=begun,
        )  # fmt: skip
    if late:
        ended = date_of(max(last for _, last in used.values()))
        notes.add(
            "fees_after_their_date",
            f"Fills until {ended} paid fees of {called} that were last read a year before or more: {_listed(late)}. "
            "See whether they still hold.",
            schedule=called, kinds=list(late), known_until=min(late.values()), used_until=ended,
        )  # fmt: skip
    if unverified:
        name = called.strip("'")
        notes.add(
            "fees_unverified",
            f"The {', '.join(unverified)} of {called} could not be verified at the source. `rustybt brokers show "
            f"{name}` says which rows.",
            schedule=called, kinds=list(unverified),
        )  # fmt: skip


def _listed(days: Mapping[str, str]) -> str:
    """Kinds of fees with their days; those of one day together."""
    kinds: dict[str, list[str]] = {}
    for kind, day in days.items():
        kinds.setdefault(day, []).append(kind)
    return "; ".join(f"{', '.join(names)} {day}" for day, names in kinds.items())
