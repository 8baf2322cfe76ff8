"""Promises as tests: a subclass of a contract in your own test file holds your plug-in to them. Needs pytest."""

from rustybt.testing._algorithm import AlgorithmContract
from rustybt.testing._broker import BrokerContract
from rustybt.testing._clock import FakeClock
from rustybt.testing._replay import replay
from rustybt.testing._source import SourceContract
from rustybt.testing._trigger import TriggerContract

__all__ = ["AlgorithmContract", "BrokerContract", "FakeClock", "SourceContract", "TriggerContract", "replay"]


def __dir__() -> list[str]:
    return sorted(__all__)
