"""The strategy of a case: one interpreter for both engines, so that a difference can't come from two readings.

A side gives what differs between the engines: the API module, models, and how its answers become plain values.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from tests.parity._case import Case, Op, rests_of
from tests.parity._setup import set_up

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

    violation: type[Exception]
    """What a trading control raises."""

    def number(self, text: str) -> Any:
        """A number as the engine's users write it."""

    def moment(self, day: str) -> Any:
        """Midnight of a day, as the engine's users write it."""

    def batch(self, amounts: dict[Any, int]) -> list[Any]:
        """`batch_market_order`: the ids."""

    def last_traded(self, moment: Any, daily: bool) -> int | None:
        """`data.current(asset, "last_traded")` in ns UTC; in daily runs the session's midnight."""

    def stamp(self, moment: Any) -> int | None:
        """A moment in ns UTC, None where there is none."""

    def column(self, values: Any) -> list[Any]:
        """A series as plain floats with None for missing."""

    def columns(self, values: Any, names: list[Any]) -> list[list[Any]]:
        """A frame's columns, in the order of the names (assets or fields)."""

    def items(self, values: Any, keys: list[Any]) -> list[Any]:
        """A one-dimensional answer for several assets or fields, in the order of the keys."""

    def weights(self, portfolio: Any) -> dict[str, float | None]:
        """`current_portfolio_weights` by symbol."""

    def cells(self, values: Any, assets: list[Any], fields: list[str]) -> list[list[Any]]:
        """The answer of `current` for assets and fields, a row per asset."""


def plain(value: Any) -> float | None:
    """A number of either engine as float; NaN and None are None."""
    if value is None:
        return None
    number = float(value)
    return None if math.isnan(number) else number


def price_near(price: float, op: Op, points: int) -> float:
    """The limit or stop of an order instruction, so many basis points from the price.

    Even cents, for a split halves them without a rest; a ragged one lies three thousandths beside them, on the side
    from which the tick brings it back. The odd factor keeps the price off half-way points.
    """
    bound = round(price * 1.000373 * (1 + points / 10_000) * 50) / 50
    if op["ragged"]:
        bound += 0.003 if float(op["size"]) > 0 else -0.003
    return round(bound, 3)


class Script:
    """Runs a case's operations and notes what the strategy saw."""

    def __init__(self, case: Case, side: Side) -> None:
        self.case = case
        self.side = side
        self.api = side.api
        self.rests = rests_of(case)
        self.bar = -1
        self.seen: list[list[Any]] = []
        self.order_ids: list[Any] = []
        self.assets: list[Any] = []
        self.continuous: list[Any] = []

    # callbacks

    def initialize(self, context: Any) -> None:
        """Look the assets up, set the models, register the schedules."""
        api = self.api
        set_up(self)
        for number, schedule in enumerate(self.case.schedules):
            api.schedule_function(
                self._scheduled(number, schedule.ops),
                self._rule(api.date_rules, *schedule.date),
                self._rule(api.time_rules, *schedule.time),
                half_days=schedule.half_days,
            )

    def handle_data(self, context: Any, data: Any) -> None:
        """The operations that belong to this bar; what Zipline calls bars of a break is none."""
        if self.rests and self.side.stamp(self.api.get_datetime()) in self.rests:
            return
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
        asset = self._target(op, data)
        if asset is None:
            return
        price = plain(data.current(asset, "price"))
        sized = op["how"] not in ("order", "order_target")
        bound = op["limit"] is not None or op.get("stop") is not None
        if (sized or bound or op["careful"]) and (price is None or not data.can_trade(asset)):
            self._see(f"{op['how']} skipped", True)
            return
        size = op["size"] if not sized else float(op["size"])
        try:
            made = getattr(self.api, op["how"])(asset, size, **self._style(op, price, asset))
        except self.side.violation:
            self._see("refused by a control", op["how"])
            return
        if made is not None:
            self.order_ids.append(made)
        self._see(op["how"], None if made is None else len(self.order_ids) - 1)

    def _target(self, op: Op, data: Any) -> Any | None:
        """The asset of an order; of a continuous future the contract of the moment."""
        if "continuous" in op:
            return data.current(self.continuous[op["continuous"]], "contract")
        return self.assets[op["asset"]]

    def _style(self, op: Op, price: float | None, asset: Any) -> dict[str, Any]:
        bounds: dict[str, Any] = {}
        for name in ("limit", "stop"):
            if op.get(name) is not None:
                assert price is not None
                bounds[f"{name}_price"] = price_near(price, op, op[name])
        if not op.get("style"):
            return bounds
        kind = ("Stop" if "stop_price" in bounds else "") + ("Limit" if "limit_price" in bounds else "")
        if kind and ("continuous" in op or self.case.stocks[op["asset"]].contract is not None):
            bounds["asset"] = asset  # without it Zipline rounds to cents, whatever the contract's tick
        return {"style": getattr(self.api.execution, f"{kind or 'Market'}Order")(**bounds)}

    def _do_batch(self, op: Op, context: Any, data: Any) -> None:
        made = self.side.batch({self.assets[number]: amount for number, amount in op["amounts"]})
        self.order_ids += made
        self._see("batch", len(made))

    def _ordinal(self, order: Any) -> int:
        return self.order_ids.index(order.id)

    def _do_cancel(self, op: Op, context: Any, data: Any) -> None:
        orders = self.api.get_open_orders(self.assets[op["asset"]])
        if orders:
            self.api.cancel_order(orders[0] if op["by_object"] else orders[0].id)
            self._see("cancel", self._ordinal(orders[0]))

    def _do_open_orders(self, op: Op, context: Any, data: Any) -> None:
        book = self.api.get_open_orders()
        orders = sorted((o for orders in book.values() for o in orders), key=self._ordinal)
        shown = [[self._ordinal(o), plain(o.amount), plain(o.filled), plain(o.limit)] for o in orders]
        self._see("open orders", shown)
        if op.get("stops"):
            self._see("open stops", [[plain(o.stop), bool(o.stop_reached), bool(o.limit_reached)] for o in orders])

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
            traded = field == "last_traded"
            shown = self.side.last_traded(value, self.case.frequency == "daily") if traded else plain(value)
            self._see(f"current {op['asset']} {field}", shown)
        if not op.get("before_open"):  # before the open Zipline always says no: it asks about the bell, not a minute
            self._see(f"can_trade {op['asset']}", bool(data.can_trade(asset)))
        self._see(f"is_stale {op['asset']}", bool(data.is_stale(asset)))

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

    def _do_continuous(self, op: Op, context: Any, data: Any) -> None:
        which = op["which"]
        future = self.continuous[which]
        contract = data.current(future, "contract")
        self._see(f"contract {which}", None if contract is None else contract.symbol)
        for field in op["fields"]:
            self._see(f"continuous {which} {field}", plain(data.current(future, field)))
        if op["chain"]:
            self._see(f"chain {which}", [c.symbol for c in data.current_chain(future)])

    def _do_continuous_history(self, op: Op, context: Any, data: Any) -> None:
        future = self.continuous[op["which"]]
        series = data.history(future, op["field"], op["window"], op["frequency"])
        label = f"continuous history {op['which']} {op['field']} {op['window']} {op['frequency']}"
        shown = self.side.column(series)
        if op["field"] == "sid":  # the engines number the assets each in its own order
            symbols = {asset.sid: asset.symbol for asset in self.assets}
            shown = [symbols.get(sid) for sid in shown]
        self._see(label, shown)

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

    def _do_context(self, op: Op, context: Any, data: Any) -> None:
        """The rest of what a strategy can ask: weights, environment, the session, the moment."""
        weights = self.side.weights(context.portfolio)
        self._see("weights", dict(sorted(weights.items())))
        self._see("session", self.side.stamp(data.current_session))
        self._see("moment", self.side.stamp(data.current_dt))
        for name in ("arena", "data_frequency"):
            self._see(f"environment {name}", self.api.get_environment(name))
        for name in ("start", "end"):
            self._see(f"environment {name}", self.side.stamp(self.api.get_environment(name)))
        self._see("environment capital_base", plain(self.api.get_environment("capital_base")))
        dates = [
            self.side.stamp(p.last_sale_date)
            for asset in self.assets
            if (p := context.portfolio.positions.get(asset)) is not None and p.amount != 0
        ]
        self._see("last sale dates", dates)

    def _do_record(self, op: Op, context: Any, data: Any) -> None:
        self.api.record(bars=self.bar, **{op["name"]: plain(context.portfolio.cash)})
