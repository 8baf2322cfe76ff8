"""The table of the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from rustybt.diagnostics import _account, _told
from rustybt.diagnostics._evidence import Evidence, Examined
from rustybt.diagnostics._finding import Diagnostics, Finding, NotMade
from rustybt.errors import CatalogError, ResultError


class Check(NamedTuple):
    """A look at the evidence. tells: what it means where it finds something."""

    look: Callable[[Evidence], Finding | None]
    tells: str


CHECKS: Final[dict[str, Check]] = {
    "ruined": Check(_told.ruined, "The account lost all it had."),
    "no_orders": Check(_told.no_orders, "No order was placed in the whole run."),
    "leverage": Check(_account.leverage, "Positions were worth more than the account at a close."),
}
"""Every check by its code. docs/guides/diagnostics.md lists the same."""
CODES: Final[dict[str, str]] = {code: check.tells for code, check in CHECKS.items()}
"""Every code that a finding may have, and what it tells."""


def examine(result: Examined) -> Diagnostics:
    """Makes every check of a result: what was found, and which checks could not be made."""
    evidence = Evidence(result)
    found: list[Finding] = []
    not_made: list[NotMade] = []
    for code, check in CHECKS.items():
        try:
            finding = check.look(evidence)
        except (ResultError, CatalogError) as error:
            not_made.append(NotMade(code, str(error)))
            continue
        if finding is not None:
            found.append(finding)
    return Diagnostics(found, not_made)
