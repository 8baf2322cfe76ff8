"""The report of an ingestion."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from rustybt.validation import Finding

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Change:
    """One number of a stored bar that a correction changes.

    stamp: date of a bar of a day and longer, else its end (aware datetime). field: "open", ..., "volume".
    """

    symbol: str
    stamp: dt.date | dt.datetime
    frequency: str
    field: str
    before: Decimal
    after: Decimal

    def __str__(self) -> str:
        return f"{self.symbol} {self.stamp}: {self.field} {self.after}, was {self.before}"


@dataclass(frozen=True, slots=True, repr=False)
class IngestReport:
    """The report of `ingest`.

    bundle, version, hash: what was written, or what was there already where the data was the same.
    rows: bars that this call added, or with mode="correct" changed. assets: assets of the version.
    findings: the rows that were left out, and why; empty where all was fine.
    quarantine: the Parquet file that those rows were put into, None where there is none.
    notes: what was done to rows while they were read, such as filling what was missing.
    is_new: False where the bundle held the same already, so that nothing was written.
    changes: what mode="correct" changed, number by number.
    """

    bundle: str
    version: str
    hash: str
    rows: int
    assets: int
    findings: tuple[Finding, ...]
    quarantine: Path | None
    is_new: bool
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    def __repr__(self) -> str:
        held = "nothing is added" if self.findings else "nothing to do, the bundle holds this already"
        done = f"{_count(self.rows, 'bar')} {'corrected' if self.changes else 'added'}" if self.is_new else held
        lines = [
            f"IngestReport: bundle {self.bundle!r}, version {self.version}: {done}; {_count(self.assets, 'asset')}"
        ]
        lines += [f"  note: {note}" for note in self.notes[:_SHOWN]]
        lines += [f"  {change}" for change in self.changes[:_SHOWN]]
        if len(self.changes) > _SHOWN:
            lines.append(f"  ... and {len(self.changes) - _SHOWN:,} more")
        if self.findings:
            lines.append(f"  left out: {summary(self.findings)}")
        if self.quarantine is not None:
            lines.append(f"  kept in {self.quarantine}")
        return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def summary(findings: tuple[Finding, ...]) -> str:
    """How many findings, and the first of them, one a line."""
    lines = [_count(len(findings), "finding")]
    lines += [f"    {finding}" for finding in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"    ... and {len(findings) - _SHOWN:,} more")
    return "\n".join(lines)
