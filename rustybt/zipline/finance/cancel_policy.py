"""Cancel policies: RustyBT's own, under Zipline's names."""

from rustybt.execution.cancel_policy import SESSION_END, CancelPolicy, EODCancel, NeverCancel

__all__ = ["SESSION_END", "CancelPolicy", "EODCancel", "NeverCancel"]
