"""What one should know before believing a result: checks, each with its evidence, severity and what to do."""

from rustybt.diagnostics._checks import CODES, examine
from rustybt.diagnostics._evidence import Evidence, Examined
from rustybt.diagnostics._finding import Diagnostics, Finding, NotMade

__all__ = ["CODES", "Diagnostics", "Evidence", "Examined", "Finding", "NotMade", "examine"]


def __dir__() -> list[str]:
    return sorted(__all__)
