"""Sessions that wait for their bars: a journal, a clock, a feed; on paper so far."""

from rustybt.live._journal import Journal, read_journal

__all__ = ["Journal", "read_journal"]
