"""Where an order stands: RustyBT's own enumeration, under Zipline's name."""

from rustybt.core import OrderStatus

__all__ = ["ORDER_STATUS"]

ORDER_STATUS = OrderStatus
