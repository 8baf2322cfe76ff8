"""Runs a plan on the real engine, and compares what it left behind with what the oracle expects."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import rustybt
from rustybt.api import StaticRestrictions, cancel_policy, commission, execution, slippage
from rustybt.errors import CannotOrderDelistedAsset
from tests.properties._kinds import Kind
from tests.properties._market import EPOCH, Market, text
from tests.properties._oracle import Expected, Intent, Plan

FORMS = {"decimal": Decimal, "text": str, "float": float}
"""The ways to write a number; all of them mean the same."""


def run(
    market: Market, plan: Plan, bundle: str, *, form: str = "decimal", days: Market | None = None, **settings: Any
) -> rustybt.Result:
    """The plan as a strategy. days: of a market of weeks or months, where capital comes on one of them."""
    return rustybt.run_algorithm(**arguments(market, plan, form=form, days=days) | {"bundle": bundle} | settings)


def arguments(market: Market, plan: Plan, *, form: str = "decimal", days: Market | None = None) -> dict[str, Any]:
    """What run_algorithm and Run take of a plan, but for the data."""
    asked: dict[int, list[Any]] = {}
    for intent in plan.intents:
        asked.setdefault(intent.bar, []).append(intent)

    def number(value: Fraction) -> Any:
        return written(value, form)

    def initialize(context: Any) -> None:
        context.bar = 0
        context.set_symbol_lookup_date(market.sessions[-1].date)  # some of them begin after the run
        context.assets = context.symbols(*(asset.symbol for asset in market.assets))
        set_models(context, plan)
        set_rules(context, plan)

    def handle_data(context: Any, data: Any) -> None:
        for intent in asked.get(context.bar, ()):
            with contextlib.suppress(CannotOrderDelistedAsset):
                ask(context, market, intent, number)
        context.bar += 1

    return {
        "start": market.sessions[plan.first].date,
        "end": market.sessions[plan.last].date,
        "initialize": initialize,
        "capital_base": text(plan.capital),
        "handle_data": handle_data,
        "fill_at": plan.fill_at,
        "trigger": plan.trigger,
        "capital_changes": changes_of(days or market, plan),
        "progress": False,
        "data_frequency": NAMES.get(market.frequency, market.frequency),
    }


def written(value: Fraction, form: str) -> Any:
    """A number as a strategy may write it."""
    plain = text(value)
    if form == "float" and Fraction(Decimal(repr(float(plain)))) != value:
        return plain  # more digits than a float has
    return FORMS[form](plain)


def ask(context: Any, market: Market, intent: Intent, number: Callable[[Fraction], Any]) -> None:
    """What an intent asks for."""
    asset = context.assets[intent.asset]
    if intent.kind == "cancel":
        for order in context.get_open_orders(asset):
            context.cancel_order(order)
    elif intent.kind == "batch":
        context.batch_market_order({asset: number(intent.number)})
    else:
        prices = [None if price is None else number(price) for price in (intent.limit, intent.stop)]
        options: dict[str, Any] = {}
        if intent.more is not None:
            style, options = style_of(intent.more, prices[0], number), options_of(intent.more)
            if style is not None:
                prices, options["style"] = [None, None], style
        getattr(context, intent.kind)(asset, number(intent.number), *prices, **options)


def style_of(kind: Kind, limit: Any, number: Callable[[Fraction], Any]) -> Any:
    """The style of an order of a kind; None where limit and stop say it."""
    if kind.at is not None:
        market, limited = {
            "open": (execution.MarketOnOpen, execution.LimitOnOpen),
            "close": (execution.MarketOnClose, execution.LimitOnClose),
        }[kind.at]
        return market() if limit is None else limited(limit)
    if kind.touch is not None:
        touch = number(kind.touch)
        return execution.MarketIfTouchedOrder(touch) if limit is None else execution.LimitIfTouchedOrder(limit, touch)
    if kind.trail is None:
        return None
    way, much = kind.trail
    given: dict[str, Any] = {way: int(much) if way == "ticks" else number(much), "trail": ("range", "bar")[kind.by_bar]}
    if kind.activation is not None:
        given["activation"] = number(kind.activation)
    if kind.offset is None:
        return execution.TrailingStopOrder(**given)
    return execution.TrailingStopLimitOrder(limit_offset=number(kind.offset), **given)


def options_of(kind: Kind) -> dict[str, Any]:
    """What an order function takes by name for an order of a kind."""
    options: dict[str, Any] = {name: True for name in ("post_only", "reduce_only") if getattr(kind, name)}
    if isinstance(kind.until, int):
        options["good_till"] = EPOCH + dt.timedelta(microseconds=kind.until // 1000)
    elif kind.until is not None:
        options["time_in_force"] = kind.until
    return options


def callbacks(market: Market, plan: Plan) -> dict[str, Any]:
    """The functions of a plan, as a run that goes on takes them."""
    found = arguments(market, replace(plan, changes=()))
    return {name: found[name] for name in ("initialize", "handle_data")}


NAMES = {"1d": "daily", "1m": "minute"}


def changes_of(market: Market, plan: Plan) -> dict[Any, dict[str, str]] | None:
    """The plan's capital changes, as run_algorithm takes them."""
    given: dict[Any, dict[str, str]] = {}
    for place, when, kind, money in plan.changes:
        session = sum(start <= place for start in market.starts[1:])
        moment = market.sessions[session]
        key: Any = moment.date
        if when == "within":
            key = EPOCH + dt.timedelta(microseconds=moment.stamps[place - market.starts[session]] // 1000)
        given[key] = {"type": kind, "value": text(money)}
    return given or None


def set_models(context: Any, plan: Plan) -> None:
    """The plan's models, for shares and for futures."""
    future = slippage.VolatilityVolumeShare("0.3") if plan.slippage[0] == "impact" else slippage_of(plan.slippage)
    context.set_slippage(slippage_of(plan.slippage), future)
    context.set_commission(commission_of(plan.commission), commission_of(plan.commission, future=True))


def set_rules(context: Any, plan: Plan) -> None:
    """The plan's cancel policy and its controls."""
    if plan.cancels is not None:
        context.set_cancel_policy(cancel_policy.EODCancel(False) if plan.cancels == 1 else Every(plan.cancels))
    for name, *parameters in plan.controls:
        if name in ("set_max_order_size", "set_max_position_size"):
            of, *limits = parameters
            asset = None if of is None else context.assets[of]
            getattr(context, name)(asset, *(None if n is None else Decimal(text(n)) for n in limits), on_error="reject")
        elif name == "set_asset_restrictions":
            restricted = StaticRestrictions([context.assets[k] for k in parameters])
            context.set_asset_restrictions(restricted, on_error="reject")
        else:
            getattr(context, name)(*parameters, on_error="reject")


class Every(cancel_policy.CancelPolicy):
    """Cancels at the end of every n-th session."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.ended = 0

    def should_cancel(self, event: int) -> bool:
        self.ended += 1
        return self.ended % self.n == 0


class Middle(slippage.SlippageModel):
    """Fills between open and close, up to what is left of the bar's whole volume."""

    def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
        opened, close, volume = (data.current(order.asset, field) for field in ("open", "close", "volume"))
        units = min(abs(order.open_amount), volume - self.volume_for_bar)
        if units <= 0:
            return None, None
        return (opened + close) / 2, units * order.direction


class Impact(slippage.MarketImpactBase):
    """Impact by the share of the mean volume, and by the volatility, of the last twenty sessions."""

    def get_txn_volume(self, data: Any, order: Any) -> Any:
        return data.current(order.asset, "volume") / 2

    def get_simulated_impact(
        self, order: Any, current_price: Any, current_volume: Any, txn_volume: Any, mean_volume: Any, volatility: Any
    ) -> Any:
        return current_price * volatility * txn_volume / mean_volume


class FirstFillPays(commission.CommissionModel):
    """So much per unit for the first fill of an order; as much comes back with each later one."""

    rebates = True

    def __init__(self, cost: Any) -> None:
        self.cost = cost
        self.paid: set[str] = set()

    def calculate(self, order: Any, transaction: Any) -> Any:
        later = order.id in self.paid
        self.paid.add(order.id)
        return abs(transaction.amount) * self.cost * (-1 if later else 1)


def slippage_of(model: tuple[Any, ...]) -> Any:
    name, *parameters = model
    kind = {
        "none": slippage.NoSlippage,
        "fixed": slippage.FixedSlippage,
        "basis_points": slippage.FixedBasisPointsSlippage,
        "volume_share": slippage.VolumeShareSlippage,
        "own": Middle,
        "impact": Impact,
    }[name]
    return kind(*(Decimal(text(p)) for p in parameters))


def commission_of(model: tuple[Any, ...], *, future: bool = False) -> Any:
    """The model. Futures have no fee per money that changes hands; one of an exchange beside that per contract."""
    name, *parameters = model
    if name == "per_share":
        cost, least, exchange = (Decimal(text(p)) for p in parameters)
        return commission.PerContract(cost, exchange, least) if future else commission.PerShare(cost, least)
    if future and name == "per_dollar":
        return commission.NoCommission()
    kind = {
        "none": commission.NoCommission,
        "own": FirstFillPays,
        "per_trade": commission.PerTrade,
        "per_dollar": commission.PerDollar,
    }[name]
    return kind(*(Decimal(text(p)) for p in parameters))


def plain(value: Any) -> Any:
    """A cell of a frame as the oracle writes it."""
    if isinstance(value, Decimal):
        return Fraction(value)
    if isinstance(value, dt.datetime):
        return int((value - EPOCH) // dt.timedelta(microseconds=1)) * 1000
    return value


def symbol_of(key: str | None) -> str | None:
    """The symbol within an asset's key, which has the calendar before it."""
    return None if key is None else key.rpartition(":")[2]


def order_number(order_id: str | None) -> int | None:
    return None if order_id is None else int(order_id.removeprefix("main-"))


def assert_equal(result: rustybt.Result, expected: Expected) -> None:
    """Every entry, transaction, order, position and daily value, with a difference of exactly zero."""
    entries = _rows(result.entries, "stamp", "kind", "asset", "quantity", "amount", "order_id")
    got = sorted(((*row[:2], symbol_of(row[2]), *row[3:5], order_number(row[5])) for row in entries), key=_entry_key)
    _same("entries", got, sorted(expected.entries, key=_entry_key))

    transactions = _rows(result.transactions, "dt", "session", "order_id", "symbol", "amount", "price", "commission")
    trades = sorted(((*row[:2], order_number(row[2]), *row[3:]) for row in transactions), key=_trade_key)
    _same("transactions", trades, sorted(expected.transactions, key=_trade_key))

    costs = _rows(result.costs.fills, "dt", "session", "order_id", "symbol", "reference")
    got = sorted(((*row[:2], order_number(row[2]), *row[3:]) for row in costs), key=_trade_key)
    of = [(*row[:4], price) for row, price in zip(expected.transactions, expected.references, strict=True)]
    _same("references", got, sorted(of, key=_trade_key))

    names = list(expected.daily[0])
    for name in names:
        _same(name, [row[0] for row in _rows(result.daily, name)], [day[name] for day in expected.daily])

    positions = _rows(
        result.positions, "session", "symbol", "amount", "cost_basis", "last_sale_price", "value", "exposure"
    )
    _same("positions", sorted(positions), sorted(expected.positions))

    orders = _rows(result.orders, "id", "amount", "filled", "limit", "stop", "status", "commission")
    _same(
        "orders",
        [(order_number(row[0]), *row[1:]) for row in orders],
        [(o.number, o.amount, o.filled, o.limit, o.stop, o.status, o.paid) for o in expected.orders],
    )


def _same(what: str, got: list[Any], expected: list[Any]) -> None:
    """Fails with the first row that differs."""
    for row, (one, other) in enumerate(itertools.zip_longest(got, expected)):
        if one != other:
            raise AssertionError(f"{what}, row {row}:\n  engine {show(one)}\n  oracle {show(other)}")


def show(value: Any) -> str:
    """A value for a message: fractions that are finite decimals as such."""
    if isinstance(value, tuple):
        return "(" + ", ".join(map(show, value)) + ")"
    return text(value) if isinstance(value, Fraction) else repr(value)


def _rows(frame: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(map(plain, row)) for row in frame.select(names).iter_rows()]


KINDS = (
    *("borrow", "financing", "rollover", "capital", "dividend", "stock_dividend", "split", "cash_in_lieu"),
    *("funding", "fill", "fee", "auto_close", "variation"),
)


def _entry_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """By moment, kind, asset and order: between assets of one moment the order of entries means nothing."""
    return row[0], KINDS.index(row[1]), row[2] or "", row[5] or 0, row[4]


def _trade_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[0], row[2] or 10**9, row[3]
