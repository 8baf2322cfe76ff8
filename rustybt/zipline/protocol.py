"""What a script is given, as in zipline.protocol."""

from rustybt.zipline._bar_data import BarData
from rustybt.zipline._orders import Event, Order
from rustybt.zipline._portfolio import Account, Portfolio, Position, Positions

__all__ = ["Account", "BarData", "Event", "Order", "Portfolio", "Position", "Positions"]
