"""The strategy of a case: one interpreter for both engines, so that a difference can't come from two readings.

A side gives what differs between the engines: the API module, models, and how its answers become plain values.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from tests.parity._case import Case, Op

FIELDS = ("price", "open", "high", "low", "close", "volume", "last_traded")
HISTORY_FIELDS = ("price", "open", "high", "low", "close", "volume")
ACCOUNT_FIELDS = (
    "settled_cash",
    "equity_with_loan",
    "total_positions_value",
    "total_positions_exposure",
    "available_funds",
    "leverage",
    "net_leverage",
    "net_liquidation",
)
PORTFOLIO_FIELDS = (
    "cash",
    "portfolio_value",
    "positions_value",
    "positions_exposure",
    "pnl",
    "returns",
    "capital_used",
    "starting_cash",
)


class Side(Protocol):
    """What one engine brings."""

    api: Any

    def slippage(self, name: str, arguments: dict[str, str]) -> Any | None:
        """The slippage model, None for the default."""

    def commission(self, name: str, arguments: dict[str, str]) -> Any | None:
        """The commission model, None for the default."""

    def stamp(self, moment: Any) -> int | None:
        """A moment in ns UTC, None where there is none."""

    def column(self, values: Any) -> list[Any]:
        """A series as plain floats with None for missing."""

    def columns(self, values: Any, names: list[Any]) -> list[list[Any]]:
        """A frame's columns, in the order of the names (assets or fields)."""

    def items(self, values: Any, keys: list[Any]) -> list[Any]:
        """A one-dimensional answer for several assets or fields, in the order of the keys."""

    def cells(self, values: Any, assets: list[Any], fields: list[str]) -> list[list[Any]]:
        """The answer of `current` for assets and fields, a row per asset."""


def plain(value: Any) -> float | None:
    """A number of either engine as float; NaN and None are None."""
    if value is None:
        return None
    number = float(value)
    return None if math.isnan(number) else number


def limit_near(price: float, op: Op) -> float:
    """The limit of an order instruction, `op["limit"]` basis points from the price.

    Even cents, for a split halves them without a rest; a ragged one lies three thousandths beside them, on the side
    from which the tick brings it back. The odd factor keeps the price off half-way points.
    """
    limit = round(price * 1.000373 * (1 + op["limit"] / 10_000) * 50) / 50
    if op["ragged"]:
        limit += 0.003 if float(op["size"]) > 0 else -0.003
    return round(limit, 3)


class Script:
    """Runs a case's operations and notes what the strategy saw."""

    def __init__(self, case: Case, side: Side) -> None:
        self.case = case
        self.side = side
        self.api = side.api
        self.bar = -1
        self.seen: list[list[Any]] = []
        self.order_ids: list[Any] = []
        self.assets: list[Any] = []

    # callbacks

    def initialize(self, context: Any) -> None:
        """Look the assets up, set the models, register the schedules."""
        api = self.api
        self.assets = [api.symbol(stock.symbol) for stock in self.case.stocks]
        slippage = self.side.slippage(*self.case.slippage)
        if slippage is not None:
            api.set_slippage(us_equities=slippage)
        commission = self.side.commission(*self.case.commission)
        if commission is not None:
            api.set_commission(us_equities=commission)
        for number, schedule in enumerate(self.case.schedules):
            api.schedule_function(
                self._scheduled(number, schedule.ops),
                self._rule(api.date_rules, *schedule.date),
                self._rule(api.time_rules, *schedule.time),
                half_days=schedule.half_days,
            )

    def handle_data(self, context: Any, data: Any) -> None:
        """The operations that belong to this bar."""
        self.bar += 1
        self._run(self.case.ops, context, data)

    def before_trading_start(self, context: Any, data: Any) -> None:
        """The operations of the time before the open."""
        for op in self.case.before_open:
            self._do(op, context, data)

    def _scheduled(self, number: int, ops: tuple[Op, ...]) -> Any:
        def fire(context: Any, data: Any) -> None:
            self._see(f"schedule {number}", True)
            for op in ops:
                self._do(op, context, data)

        return fire

    @staticmethod
    def _rule(rules: Any, name: str, argument: int | None) -> Any:
        make = getattr(rules, name)
        if argument is None:
            return make()
        return make(minutes=argument) if name.startswith("market") else make(days_offset=argument)

    def _run(self, ops: tuple[Op, ...], context: Any, data: Any) -> None:
        for op in ops:
            if self.bar % op["every"] == op["phase"]:
                self._do(op, context, data)

    def _see(self, label: str, value: Any) -> None:
        self.seen.append([self.side.stamp(self.api.get_datetime()), label, value])

    def _do(self, op: Op, context: Any, data: Any) -> None:
        getattr(self, "_do_" + op["do"])(op, context, data)

    # orders

    def _do_order(self, op: Op, context: Any, data: Any) -> None:
        asset = self.assets[op["asset"]]
        price = plain(data.current(asset, "price"))
        sized = op["how"] not in ("order", "order_target")
        if (sized or op["limit"] is not None or op["careful"]) and (price is None or not data.can_trade(asset)):
            self._see(f"{op['how']} skipped", True)
            return
        extra = {}
        if op["limit"] is not None:
            assert price is not None
            extra["limit_price"] = limit_near(price, op)
        size = op["size"] if op["how"] in ("order", "order_target") else float(op["size"])
        made = getattr(self.api, op["how"])(asset, size, **extra)
        if made is not None:
            self.order_ids.append(made)
        self._see(op["how"], None if made is None else len(self.order_ids) - 1)

    def _ordinal(self, order: Any) -> int:
        return self.order_ids.index(order.id)

    def _do_cancel(self, op: Op, context: Any, data: Any) -> None:
        orders = self.api.get_open_orders(self.assets[op["asset"]])
        if orders:
            self.api.cancel_order(orders[0] if op["by_object"] else orders[0].id)
            self._see("cancel", self._ordinal(orders[0]))

    def _do_open_orders(self, op: Op, context: Any, data: Any) -> None:
        book = self.api.get_open_orders()
        sizes = sorted(
            (self._ordinal(o), plain(o.amount), plain(o.filled), plain(o.limit)) for os in book.values() for o in os
        )
        self._see("open orders", [list(row) for row in sizes])

    def _do_get_order(self, op: Op, context: Any, data: Any) -> None:
        if self.order_ids:
            order = self.api.get_order(self.order_ids[-1])
            self._see("get_order", [plain(order.amount), plain(order.filled), self.side.stamp(order.created)])

    # data

    def _do_current(self, op: Op, context: Any, data: Any) -> None:
        asset = self.assets[op["asset"]]
        for field in FIELDS:
            if field == "last_traded" and op.get("before_open"):
                continue  # Zipline multiplies the stamp by the overnight adjustment, a TypeError
            value = data.current(asset, field)
            shown = self._last_traded(value) if field == "last_traded" else plain(value)
            self._see(f"current {op['asset']} {field}", shown)
        if not op.get("before_open"):  # before the open Zipline always says no: it asks about the bell, not a minute
            self._see(f"can_trade {op['asset']}", bool(data.can_trade(asset)))
        self._see(f"is_stale {op['asset']}", bool(data.is_stale(asset)))

    def _last_traded(self, value: Any) -> int | None:
        """In daily runs the day alone: Zipline names a session by its midnight, RustyBT by its close."""
        stamp = self.side.stamp(value)
        return stamp if stamp is None or self.case.frequency == "minute" else stamp - stamp % 86_400_000_000_000

    def _do_current_many(self, op: Op, context: Any, data: Any) -> None:
        field = op["field"]
        fields = ["close", "volume", "price"]
        self._see(f"current all {field}", self.side.items(data.current(self.assets, field), self.assets))
        self._see("current 0 fields", self.side.items(data.current(self.assets[0], fields), fields))
        table = data.current(self.assets, fields)
        self._see("current all fields", self.side.cells(table, self.assets, fields))
        self._see("can_trade all", [bool(x) for x in self.side.items(data.can_trade(self.assets), self.assets)])
        self._see("is_stale all", [bool(x) for x in self.side.items(data.is_stale(self.assets), self.assets)])

    def _do_history(self, op: Op, context: Any, data: Any) -> None:
        window, frequency, field = op["window"], op["frequency"], op["field"]
        label = f"history {field} {window} {frequency}"
        if op["asset"] is None:
            field = "price" if field == "*" else field
            frame = data.history(self.assets, field, window, frequency)
            self._see(label + " all", self.side.columns(frame, self.assets))
        elif field == "*":
            fields = list(HISTORY_FIELDS)
            frame = data.history(self.assets[op["asset"]], fields, window, frequency)
            self._see(f"{label} {op['asset']}", self.side.columns(frame, fields))
        else:
            series = data.history(self.assets[op["asset"]], field, window, frequency)
            self._see(f"{label} {op['asset']}", self.side.column(series))

    # books

    def _do_portfolio(self, op: Op, context: Any, data: Any) -> None:
        portfolio = context.portfolio
        self._see("portfolio", {name: plain(getattr(portfolio, name)) for name in PORTFOLIO_FIELDS})
        held = {
            stock.symbol: [plain(p.amount), plain(p.cost_basis), plain(p.last_sale_price)]
            for stock, asset in zip(self.case.stocks, self.assets, strict=True)
            if (p := portfolio.positions.get(asset)) is not None and p.amount != 0
        }
        self._see("positions", held)

    def _do_account(self, op: Op, context: Any, data: Any) -> None:
        self._see("account", {name: plain(getattr(context.account, name)) for name in ACCOUNT_FIELDS})

    def _do_record(self, op: Op, context: Any, data: Any) -> None:
        self.api.record(bars=self.bar, **{op["name"]: plain(context.portfolio.cash)})
