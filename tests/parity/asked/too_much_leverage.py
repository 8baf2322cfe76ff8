"""A run that an account control ends: the leverage at a close is above its bound."""

from zipline.api import order_target_percent, set_max_leverage, symbol

from tests.parity._told import tell


def initialize(context):
    context.a = symbol("BRAVO")
    set_max_leverage(0.5)
    context.bar = 0


def handle_data(context, data):
    context.bar += 1
    order_target_percent(context.a, 0.1 * context.bar)
    tell(str(data.current_session), lambda: [context.account.leverage, context.account.net_leverage])


def analyze(context, perf):
    tell("never", lambda: len(perf))
