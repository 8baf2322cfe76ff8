"""Checks of orders: what was asked for and not had."""

from __future__ import annotations

import polars as pl

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, found


def orders_unfilled(evidence: Evidence) -> Finding | None:
    """Many orders of which nothing was filled."""
    orders = evidence.result.orders.filter(pl.col("status") != "rejected")
    last = evidence.result.daily["period_close"].max()
    unfilled = orders.filter((pl.col("filled") == 0) & (pl.col("created") < last))
    if unfilled.height < 10 or unfilled.height < orders.height / 2:
        return None
    reason = _reason(unfilled)
    why = f" The most frequent reason: {reason}." if reason else ""
    return found(
        "orders_unfilled",
        "warning",
        f"Of {unfilled.height} of {orders.height} orders nothing was filled.{why}",
        "result.explain(order_id) tells of one order why, bar by bar.",
        orders=unfilled.height,
        of=orders.height,
    )


def orders_refused(evidence: Evidence) -> Finding | None:
    """Orders that were not even placed."""
    orders = evidence.result.orders
    refused = orders.filter(pl.col("status") == "rejected")
    if not refused.height:
        return None
    reason = _reason(refused)
    why = f": {reason}." if reason else "."
    return found(
        "orders_refused",
        "warning" if refused.height > orders.height / 10 else "info",
        f"{refused.height} of {orders.height} orders were refused{why}",
        "Look at result.orders where the status is 'rejected'.",
        orders=refused.height,
        of=orders.height,
    )


def partly_filled(evidence: Evidence) -> Finding | None:
    """Orders that ended with a part of what they were for."""
    orders = evidence.result.orders
    done = orders.filter(~pl.col("status").is_in(["open", "held", "rejected"]))
    part = done.filter((pl.col("filled") != 0) & (pl.col("filled") != pl.col("amount")))
    if part.height < 5 or part.height < done.height / 10:
        return None
    return found(
        "partly_filled",
        "info",
        f"{part.height} of {done.height} orders ended with a part of what they were for: the account is larger than "
        "the market allows.",
        "Trade less, or over more bars.",
        orders=part.height,
        of=done.height,
    )


def _reason(orders: pl.DataFrame) -> str:
    """The most frequent reason of orders, without its full stop; of equally many the first by name."""
    counts = orders["reason"].drop_nulls().value_counts().sort(["count", "reason"], descending=[True, False])
    return str(counts["reason"][0]).rstrip(".") if counts.height else ""
