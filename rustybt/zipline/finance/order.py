"""Where an order stands, and an order as models get it, under Zipline's names."""

from rustybt.core import OrderStatus
from rustybt.zipline._orders import WorkingOrder as Order

__all__ = ["ORDER_STATUS", "Order"]

ORDER_STATUS = OrderStatus
