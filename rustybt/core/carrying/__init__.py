"""The costs of holding overnight; imported by the runs that set them."""

from rustybt.core.carrying._terms import (
    SINCE_EVER,
    BorrowRow,
    BorrowTerms,
    Dated,
    FinancingTerms,
    InterestTerms,
    RolloverTerms,
    Swap,
    Tiers,
    by_tiers,
    street_value,
)

__all__ = [
    "SINCE_EVER",
    "BorrowRow",
    "BorrowTerms",
    "Dated",
    "FinancingTerms",
    "InterestTerms",
    "RolloverTerms",
    "Swap",
    "Tiers",
    "by_tiers",
    "street_value",
]
