"""A run that an order ends: a control forbids it, and nobody catches what it raises."""

from zipline.api import order, set_long_only, symbol

from tests.parity._told import tell


def initialize(context):
    context.a = symbol("BRAVO")
    set_long_only()
    context.bar = 0


def handle_data(context, data):
    context.bar += 1
    tell("bar", lambda: context.bar)
    order(context.a, 5 - 2 * context.bar)
