"""What scripts reach for in context.blotter."""

from zipline.api import EODCancel, get_open_orders, order, set_cancel_policy, set_commission, set_slippage, symbol
from zipline.assets import Equity, Future
from zipline.finance.commission import PerTrade
from zipline.finance.execution import LimitOrder, MarketOrder, StopOrder
from zipline.finance.slippage import FixedSlippage, SlippageModel

from tests.parity._told import tell


class Own(SlippageModel):
    def process_order(self, data, order):
        return data.current(order.asset, "price"), order.open_amount


def initialize(context):
    context.a, context.b = symbol("ALFA"), symbol("BRAVO")
    context.bar = 0
    blotter = context.blotter
    models = (blotter.slippage_models, blotter.commission_models)
    tell("models", lambda: [[type(one[kind]).__name__ for kind in (Equity, Future)] for one in models])
    tell("policy", lambda: type(blotter.cancel_policy).__name__)
    tell("nothing yet", lambda: [len(blotter.open_orders), len(blotter.orders), blotter.max_shares])
    own = Own()
    set_slippage(us_equities=own)
    tell("its own", lambda: blotter.slippage_models[Equity] is own)
    set_commission(PerTrade(1))
    tell("fees", lambda: type(blotter.commission_models[Equity]).__name__)
    set_cancel_policy(EODCancel())
    tell("new policy", lambda: type(blotter.cancel_policy).__name__)
    blotter.slippage_models[Equity] = FixedSlippage(0.02)
    tell("set there", lambda: type(blotter.slippage_models[Equity]).__name__)
    context.blotter.cancel_policy = EODCancel()


def before_trading_start(context, data):
    if context.bar == 4:
        tell(
            "before the open", lambda: seen(context.blotter.orders[context.blotter.order(context.a, 3, MarketOrder())])
        )


FIELDS = (
    "amount",
    "filled",
    "open_amount",
    "open",
    "triggered",
    "asset",
    "direction",
    "created",
    "dt",
    "limit",
    "stop",
)


def seen(one):
    return {name: getattr(one, name) for name in FIELDS} | {"status": int(one.status)}


def handle_data(context, data):
    context.bar += 1
    blotter = context.blotter
    if context.bar == 2:
        context.ids = [order(context.a, 5), order(context.a, 5, limit_price=1), order(context.b, -5, stop_price=1)]
        tell(
            "open", lambda: [[asset, list(map(seen, orders))] for asset, orders in sorted(blotter.open_orders.items())]
        )
        tell("none", lambda: blotter.open_orders[symbol("CHARLIE")])
        tell("in", lambda: [context.ids[0] in blotter.orders, "nope" in blotter.orders, len(blotter.orders)])
        tell("unknown", lambda: blotter.orders["nope"])
        tell("now", lambda: blotter.current_dt)
        tell("cancel", lambda: blotter.cancel(context.ids[1]))
        tell("cancel what is not there", lambda: blotter.cancel("nope"))
        tell("cancelled", lambda: seen(blotter.orders[context.ids[1]]))
        tell("cancel all", lambda: blotter.cancel_all_orders_for_asset(context.b))
        tell("left", lambda: sorted(asset.symbol for asset in get_open_orders()))
    if context.bar == 3:
        tell("done", lambda: [seen(blotter.orders[one]) for one in context.ids])
        tell("order", lambda: seen(blotter.orders[blotter.order(context.a, 7, MarketOrder())]))
        tell("a limit", lambda: seen(blotter.orders[blotter.order(context.a, 7, LimitOrder(20.126))]))
        tell("a stop", lambda: seen(blotter.orders[blotter.order(context.a, -7, StopOrder(20.126))]))
        tell("zero", lambda: blotter.order(context.a, 0, MarketOrder()))
        tell("too many", lambda: blotter.order(context.a, 10**11 + 1, MarketOrder()))
        tell(
            "several", lambda: len(blotter.batch_order([(context.a, 1, MarketOrder()), (context.b, 2, MarketOrder())]))
        )
    if context.bar == 5:
        tell("in the end", lambda: [seen(one) for one in list(blotter.orders.values())])
        tell("held", lambda: context.portfolio.positions[context.a].amount)
