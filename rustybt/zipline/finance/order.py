"""Where an order stands: RustyBT's own enumeration, under Zipline's name."""

from rustybt.core import OrderStatus as ORDER_STATUS

__all__ = ["ORDER_STATUS"]
