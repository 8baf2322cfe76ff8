"""Execution styles: RustyBT's own, under Zipline's names."""

from rustybt.orders import ExecutionStyle, LimitOrder, MarketOrder

__all__ = ["ExecutionStyle", "LimitOrder", "MarketOrder"]
