"""The columns of the frames: their names, kinds and places in the rows that they are made of."""

from __future__ import annotations

from rustybt.metrics import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS
from rustybt.results._frames._frame_builder import column

MONEY_COLUMNS = (
    "portfolio_value",
    "pnl",
    "capital_used",
    "starting_cash",
    "ending_cash",
    "starting_value",
    "ending_value",
    "starting_exposure",
    "ending_exposure",
    "long_value",
    "short_value",
    "long_exposure",
    "short_exposure",
)
RATIO_COLUMNS = ("returns", "gross_leverage", "net_leverage")
COUNT_COLUMNS = ("longs_count", "shorts_count")
DAILY = (
    *("session", "period_open", "period_close"),
    *MONEY_COLUMNS,
    *RATIO_COLUMNS,
    *COUNT_COLUMNS,
    *STATISTICS,
    *BENCHMARK_STATISTICS,
    *ALWAYS_ZERO,
    *("trading_days", "period_label"),
)
"""The columns of the daily frame of a run without a benchmark."""
ORDERS = (
    column("id", "number"),
    column("created", "stamp", 1),
    column("symbol", "symbol"),
    column("sid", "sid"),
    column("amount", "quantity", 2),
    column("filled", "quantity", 3),
    column("limit", "price", 4),
    column("stop", "price", 5),
    column("status", "text", 6),
    column("commission", "money", 7),
    column("cause", "text", 9),
    column("reason", "text", 10),
    column("dt", "stamp", 8),
)
EVENTS = (
    column("seq", "count"),
    column("order_id", "id", 0),
    column("stamp", "stamp", 1),
    column("kind", "text", 2),
    column("quantity", "quantity", 3),
    column("price", "price", 4),
    column("stop", "price", 5),
    column("cause", "text", 6),
    column("ratio", "text", 7),
    column("reason", "text", 8),
)
TRANSACTIONS = (
    column("dt", "stamp", 1),
    column("session", "date", 0),
    column("order_id", "id", 2),
    column("symbol", "symbol"),
    column("sid", "sid"),
    column("amount", "quantity", 4),
    column("price", "price", 5),
    column("commission", "money", 6),
)
TRANSACTIONS_IN_BASE = (column("base_value", "value_in_base", 4), column("base_commission", "in_base", 6))
"""Of runs in several currencies; the native kernel has these kinds, of quantity and price and of money."""
ENTRIES = (
    column("stamp", "stamp", 0),
    column("kind", "text", 1),
    column("asset", "key"),
    column("sid", "sid"),
    column("quantity", "quantity", 3),
    column("amount", "money", 4),
)
POCKET = 8
ENTRIES_FROM_ORDERS = (column("order_id", "id", 5), column("detail", "text", 6), column("reason", "text", 7))
POSITIONS = ("session", "symbol", "sid", "amount", "cost_basis", "last_sale_price", "value", "exposure")
