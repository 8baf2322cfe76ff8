"""Terms of orders from prices that may be missing."""

from __future__ import annotations

from rustybt.core import OrderTerms


def terms_with(limit: int | None = None, stop: int | None = None) -> OrderTerms[int] | None:
    """The terms of an order with these prices, None for a market order, as the order gate makes them."""
    return None if limit is stop is None else OrderTerms(limit, stop)
