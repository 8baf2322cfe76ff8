"""Checks of the account: leverage and cash."""

from __future__ import annotations

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding

BARELY: float = 1.05
"""Gross exposure per unit of account that is no leverage: an order for all of it fills at the next bar's price."""
MUCH: float = 3.0


def leverage(evidence: Evidence) -> Finding | None:
    """Positions worth more than the account at closes."""
    most = evidence.result.daily["gross_leverage"].drop_nulls().max()
    if most is None or float(most) <= BARELY:  # type: ignore[arg-type]  # a Decimal
        return None
    gross = float(most)  # type: ignore[arg-type]  # a Decimal
    return Finding(
        "leverage",
        "serious" if gross > MUCH else "warning",
        f"At the closes, positions were worth up to {gross:.2f} times the account: it was on borrowed money.",
        {"gross_leverage": f"{gross:.4f}"},
        "Order less, or set_max_leverage(1); where it is meant, charge it with set_financing and set_account.",
    )
