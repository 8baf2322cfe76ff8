"""The kernels in Python, under the names that the native extension has for them."""

from __future__ import annotations

from rustybt._kernels._books import Books
from rustybt._kernels._days import Days
from rustybt._kernels._order import OrderStore, WorkingOrder
from rustybt._kernels._steps import whole_steps
from rustybt._kernels._wake import Wake
from rustybt.core import Rows

__all__ = ["Books", "Days", "OrderStore", "Rows", "Wake", "WorkingOrder", "whole_steps"]
