"""A run that an account control ends once its grace period is over."""

from datetime import timedelta

from zipline.api import order_target_percent, set_min_leverage, symbol

from tests.parity._told import tell


def initialize(context):
    context.a = symbol("BRAVO")
    set_min_leverage(0.2, timedelta(days=7))
    context.bar = 0


def handle_data(context, data):
    context.bar += 1
    order_target_percent(context.a, 0.5 if context.bar < 12 else 0.1)
    tell(str(data.current_session), lambda: context.account.leverage)
