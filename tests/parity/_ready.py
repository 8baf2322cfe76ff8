"""Which features cases may carry: what RustyBT can do, and what agrees with Zipline on hundreds of seeds."""

from __future__ import annotations

FEATURES = (
    "stops",
    "batch",
    "cancel_policy",
    "controls",
    "restrictions",
    "account_controls",
    "delisting",
    "all_end",
    "stock_dividends",
    "futures",
    "continuous",
    "calendars",
    "capital_changes",
    "benchmark",
    "custom_models",
    "minute_1d",
    "context",
)
READY: frozenset[str] = frozenset(FEATURES)

COLUMNS = {
    "benchmark": (
        *("alpha", "beta", "benchmark_period_return", "benchmark_volatility"),
        *("excess_return", "treasury_period_return"),
    ),
}
"""Daily columns that are compared from when a feature is ready."""
ORDER_FIELDS = {"stops": ("stop", "stop_reached", "limit_reached")}
"""Fields of an order likewise."""


def unready(fields: dict[str, tuple[str, ...]], ready: frozenset[str]) -> frozenset[str]:
    """The names that are not compared yet."""
    return frozenset(name for feature, names in fields.items() if feature not in ready for name in names)
