"""A fill as models of a script's own get it."""

from rustybt.zipline._orders import Transaction

__all__ = ["Transaction"]
