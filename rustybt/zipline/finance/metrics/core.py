"""The registry of metrics sets: RustyBT's own, in which a script finds Zipline's metrics under Zipline's names."""

from rustybt.metrics import register, unregister
from rustybt.zipline.finance.metrics._sets import load, metrics_sets

__all__ = ["load", "metrics_sets", "register", "unregister"]
