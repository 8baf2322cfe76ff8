"""What a result tells of the dates of the fees that a run paid."""

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
    unverified: dict[str, None] = {}
    for (place, row), (first, last) in used.items():
        charge = charges[place]
        rates = charge.rows[row]
        if rates.begins is not None and first < day_of(rates.begins):
            notes.add(
                "fees_before_their_date",
                f"The {charge.kind} of {called} is known from {rates.begins} on, and fills from {date_of(first)} on "
                "paid it too. Add rows for the years before to a file of your own where it matters.",
                schedule=called, kind=charge.kind, known_from=rates.begins, used_from=date_of(first),
            )  # fmt: skip
        known = max([day for day in (rates.begins, rates.read_on) if day is not None], default=None)
        if row == len(charge.rows) - 1 and known is not None and last > day_of(known) + YEAR:
            notes.add(
                "fees_after_their_date",
                f"The {charge.kind} of {called} was last read on {known}, and fills until {date_of(last)} paid it. See "
                "whether it still holds.",
                schedule=called, kind=charge.kind, known_until=known, used_until=date_of(last),
            )  # fmt: skip
        if not rates.verified:
            unverified[charge.kind] = None
    if unverified:
        name = called.strip("'")
        notes.add(
            "fees_unverified",
            f"The {', '.join(unverified)} of {called} could not be verified at the source. `rustybt brokers show "
            f"{name}` says which rows.",
            schedule=called, kinds=list(unverified),
        )  # fmt: skip
