"""Names that scripts import from Zipline's modules, and the helpers of its models at work."""

import zipline.errors
from zipline.api import order, set_commission, set_slippage, symbol
from zipline.assets import Asset, Equity, Future
from zipline.errors import (
    EquitiesNotFound,
    NoTradeDataAvailable,
    SameSymbolUsedAcrossCountries,
    SidsNotFound,
    ZiplineError,
)
from zipline.finance.blotter.blotter import Blotter
from zipline.finance.blotter.simulation_blotter import SimulationBlotter
from zipline.finance.commission import EquityCommissionModel, calculate_per_unit_commission
from zipline.finance.order import ORDER_STATUS, Order
from zipline.finance.slippage import EquitySlippageModel, LiquidityExceeded, fill_price_worse_than_limit_price
from zipline.finance.transaction import Transaction
from zipline.protocol import Account, Portfolio, Position

from tests.parity._told import tell


class Half(EquitySlippageModel):
    """Fills at most fifty units a bar, a quarter of one per cent away."""

    def process_order(self, data, order):
        if order.open_amount == 0:
            raise LiquidityExceeded
        price = data.current(order.asset, "close") * (1 + 0.0025 * order.direction)
        if fill_price_worse_than_limit_price(price, order):
            return None, None
        return price, max(-50, min(50, order.open_amount))


class Fees(EquityCommissionModel):
    def calculate(self, order, transaction):
        kinds = [isinstance(order, Order), isinstance(transaction, Transaction), order.status == ORDER_STATUS.OPEN]
        tell("kinds", lambda: kinds)
        fee = calculate_per_unit_commission(order, transaction, 0.03, 0.5, 2.0)
        tell("fee", lambda: [order.amount, order.filled, transaction.amount, order.commission, fee])
        return fee


def initialize(context):
    context.a, context.b = symbol("ALFA"), symbol("BRAVO")
    context.bar = 0
    set_slippage(Half())
    set_commission(Fees())
    tell("blotters", lambda: [issubclass(SimulationBlotter, Blotter)])
    tell(
        "errors",
        lambda: [issubclass(one, ZiplineError) for one in (NoTradeDataAvailable, SameSymbolUsedAcrossCountries)],
    )
    tell("not found", lambda: issubclass(EquitiesNotFound, SidsNotFound))
    tell("no such error", lambda: hasattr(zipline.errors, "NoSuchErrorAtAll"))
    tell("assets", lambda: [isinstance(context.a, one) for one in (Asset, Equity, Future)])


def handle_data(context, data):
    context.bar += 1
    price = data.current(context.b, "price")
    if context.bar == 1:
        tell("placed", lambda: [bool(order(context.b, size)) for size in (120, -70, 30)])
        tell(
            "limits", lambda: [bool(order(context.b, 10, limit_price=price * ratio)) for ratio in (0.999, 1.001, 1.01)]
        )
        tell(
            "sales", lambda: [bool(order(context.b, -10, limit_price=price * ratio)) for ratio in (0.99, 0.999, 1.001)]
        )
    if context.bar == 3:
        positions = context.portfolio.positions
        tell("kinds", lambda: [isinstance(context.portfolio, Portfolio), isinstance(context.account, Account)])
        tell("position", lambda: isinstance(positions[context.b], Position))


def analyze(context, perf):
    for name in ("ending_cash", "capital_used", "pnl"):
        tell(name, lambda name=name: perf[name])
    tell("filled", lambda: [[one["amount"], one["price"]] for day in perf.transactions for one in day])
