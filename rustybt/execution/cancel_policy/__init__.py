"""Cancel policies: one per file. `rustybt.api.cancel_policy` offers them to strategies."""

from rustybt.execution.cancel_policy._base import SESSION_END, CancelPolicy
from rustybt.execution.cancel_policy._end_of_day import EODCancel
from rustybt.execution.cancel_policy._never import NeverCancel

__all__ = ["SESSION_END", "CancelPolicy", "EODCancel", "NeverCancel"]


def __dir__() -> list[str]:
    return sorted(__all__)
