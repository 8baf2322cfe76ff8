"""Joins strategy, orders, execution, ledger, metrics and results: the loop, and run_algorithm."""

from rustybt.engine._compat import Compat
from rustybt.engine._run import run_algorithm

__all__ = ["Compat", "run_algorithm"]
