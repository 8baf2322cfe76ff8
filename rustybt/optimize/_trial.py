"""A trial: one point of a space, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rustybt.optimize._space import Params


class TrialState(StrEnum):
    """What became of a trial. REPEATED: the point was tried before, and was not run again."""

    ASKED = "asked"
    COMPLETE = "complete"
    FAILED = "failed"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial of a search.

    number: its place, from 0 on. values: of the objectives, Decimals; None where one has no value. figures: by name.
    error: type and message of what it failed with. ledger_hash: of the run's books. seconds: CPU that it took.
    """

    number: int
    params: Params
    state: TrialState = TrialState.COMPLETE
    values: tuple[Decimal | None, ...] = (None,)
    figures: Mapping[str, Decimal | int | None] = field(default_factory=dict)
    error: str | None = None
    ledger_hash: str | None = None
    seconds: float | None = None
    returns: bytes | None = field(default=None, repr=False)

    @property
    def value(self) -> Decimal | None:
        """That of the first objective."""
        return self.values[0]

    def of(self, **changes: Any) -> Trial:
        """The trial with other fields."""
        return replace(self, **changes)
