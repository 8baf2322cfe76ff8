"""Results that an older version saved, brought to the form of today."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.core import Cause, FeeKind

_OF_TEXTS: Final = {
    "stop": Cause.STOP_REACHED,
    "the session ended": Cause.SESSION_ENDED,
    "cancelled by the strategy": Cause.STRATEGY,
}
"""Causes that schema 1 gave in words only."""
_PATTERNS: Final = {
    r"^less than one unit was left after the split \d+/\d+$": Cause.SPLIT,
    r" was closed out on \d{4}-\d\d-\d\d$": Cause.CLOSED_OUT,
}
"""Those of its texts that had something of the order in them."""


def with_causes(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Frames of schema 1, which had no causes: those that can be told from its texts; the others are null."""
    events, orders = frames["order_events"], frames["orders"]
    reason, kind = pl.col("reason"), pl.col("kind")
    ratio = pl.when(kind == "adjusted").then(reason.str.extract(r"^split (\d+/\d+)$", 1))
    known = _told(reason, {text: cause.label for text, cause in _OF_TEXTS.items()})
    cause = (
        pl.when((kind == "triggered") & reason.is_null())
        .then(pl.lit(Cause.LIMIT_REACHED.label))
        .when(kind == "adjusted")
        .then(pl.lit(Cause.SPLIT.label))
        .otherwise(known)
    )
    sentences = {cause.sentence: cause.label for cause in Cause}
    of_orders = _told(reason, sentences)
    return frames | {
        "order_events": events.select(
            pl.exclude("reason"), cause.alias("cause"), ratio.alias("ratio").cast(pl.String), reason
        ),
        "orders": orders.with_columns(of_orders.alias("cause")),
    }


def _told(reason: pl.Expr, whole: dict[str, str]) -> pl.Expr:
    """The label of the cause that a text tells: a whole one, or one with a ratio or a date of its own."""
    found = reason.replace_strict(whole, default=None, return_dtype=pl.String)
    for pattern, cause in _PATTERNS.items():
        found = pl.when(reason.str.contains(pattern)).then(pl.lit(cause.label)).otherwise(found)
    return found


def with_details(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Frames of schema 2, whose entries had the kind of a fee as their reason."""
    reason, is_fee = pl.col("reason"), pl.col("kind") == "fee"
    entries = frames["entries"].select(
        pl.exclude("reason"),
        pl.when(is_fee).then(reason.replace("exchange fee", FeeKind.EXCHANGE_FEE.value)).alias("detail"),
        pl.when(~is_fee).then(reason).alias("reason"),
    )
    return frames | {"entries": entries}
