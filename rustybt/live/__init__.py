"""Sessions that wait for their bars, on paper so far: a journal, feeds, and a broker that writes what passes."""

from rustybt.live._broker import JournalledBlotter, JournalledBroker
from rustybt.live._feed import Clock, Feed, RecordedFeed, ReplayFeed
from rustybt.live._journal import Journal, read_journal
from rustybt.live._paper import PaperSession

__all__ = [
    "Clock",
    "Feed",
    "Journal",
    "JournalledBlotter",
    "JournalledBroker",
    "PaperSession",
    "RecordedFeed",
    "ReplayFeed",
    "read_journal",
]


def __dir__() -> list[str]:
    return sorted(__all__)
