"""The place of a run among its moments."""

from __future__ import annotations

from rustybt.core import Phase


class Cursor:
    """The place of a run: which of its moments is the next. phase: OPEN, MARKET or CLOSE, of the session."""

    __slots__ = ("bar", "phase", "session")

    def __init__(self) -> None:
        self.session = 0
        self.bar = 0
        self.phase = Phase.OPEN

    def state(self) -> tuple[int, int, int]:
        """The same as plain values."""
        return self.session, self.bar, int(self.phase)

    def restore(self, state: tuple[int, int, int]) -> None:
        """Takes over what `state` gave."""
        self.session, self.bar, phase = state
        self.phase = Phase(phase)
