"""Execution styles: RustyBT's own, under Zipline's names."""

from rustybt.orders import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder

__all__ = ["ExecutionStyle", "LimitOrder", "MarketOrder", "StopLimitOrder", "StopOrder"]
