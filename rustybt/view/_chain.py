"""The contracts of a root symbol in their order, and which of them is the current one on a session.

Nothing here reads a session after the one that is asked about: a contract rolls by the dates in its description, and by
the volumes of sessions that are over.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rustybt.core import Future, day_of
from rustybt.errors import FutureContractsNotFound

GRACE_SESSIONS: Final = 7
"""So many sessions before a contract closes, a session in which the next one had the larger volume counts for good."""

MONTHS: Final[Mapping[str, str]] = {
    # platinum; gold and silver, with their small contracts
    "PL": "FJNV",
    "GC": "GJMQVZ",
    "XG": "GJMQVZ",
    "SV": "HKNUZ",
    "YS": "HKNUZ",
    # quarters only: palladium, small dollar and small midcap, and currencies, of which other months are listed too
    **dict.fromkeys(("PA", "EL", "ME", "JY", "CD", "AD", "BP"), "HMUZ"),
}
"""The delivery months that count for a root of which other months are listed, but hardly traded. As in Zipline."""
_CODE: Final = re.compile(r"([FGHJKMNQUVXZ])\d{1,4}$")

type Volumes = Callable[[Future], Mapping[int, int]]
"""Volume of a contract by day, all contracts at one scale."""


class Chain:
    """Contracts by the day on which they close, and the rolls from each to the next.

    Sessions are positions in `days`. A contract without any closing day counts as closed on its last session with data.
    Raises FutureContractsNotFound where no contract of the root can be part of the chain.
    """

    def __init__(self, root_symbol: str, contracts: Sequence[Future], days: Sequence[int], volumes: Volumes) -> None:
        self._days = days
        self._volumes = volumes
        months = MONTHS.get(root_symbol)
        kept = [contract for contract in contracts if months is None or (_month(contract) or months) in months]
        ordered = sorted(kept, key=lambda contract: (closing_day(contract), contract.sid))
        while ordered and ordered[0].first_day >= closing_day(ordered[0]):
            del ordered[0]  # closed before it began: never current, and nothing can be before it
        if not ordered:
            raise FutureContractsNotFound(
                f"None of the {len(contracts)} contracts of {root_symbol!r} can be part of a chain: "
                + (f"only those of the months {', '.join(months)} count. " if months and not kept else "")
                + "Check their symbols, and that each starts before it closes."
            )
        self.contracts: list[Future] = ordered
        self._closing = [closing_day(contract) for contract in ordered]
        self._rolled: dict[tuple[str, int, int, int], bool] = {}

    def current(self, roll: str, at: int) -> int:
        """The place of the contract that is current on a session."""
        front = self._front(roll, at)
        return self._next_if_rolled(roll, front, at)

    def segments(self, roll: str, start: int, at: int) -> list[tuple[int, int]]:
        """Which contract was current from which session on, from `start` to `at`, as it is seen on session `at`.

        Pairs of a contract's place and its first session, the first pair from `start` on. A contract that was current
        again after the next one had been is seen as current until the last time.
        """
        front = self._front(roll, at)
        back = self._next_if_rolled(roll, front, at)
        found: list[tuple[int, int]] = []
        place, session = front - 1, at
        while place >= 0 and session > start:
            session, rolled = self._roll_before(roll, place, back, session, start)
            if rolled:
                found.insert(0, (back, session))
                back = place
            place -= 1
            if place >= 0:
                session = min(session, bisect_right(self._days, self._closing[place]))
        return [(back, start), *found]

    def _front(self, roll: str, at: int) -> int:
        """The contract that closes next, or the one after it where that has been rolled to.

        By calendar a contract is over on the day it closes; by volume it may be current until that day's close.
        """
        closes_next = (bisect_left if roll == "volume" else bisect_right)(self._closing, self._days[at])
        return self._next_if_rolled(roll, min(closes_next, len(self._closing) - 1), at)

    def _next_if_rolled(self, roll: str, place: int, at: int) -> int:
        following = place + 1
        if following == len(self.contracts) or self.contracts[following].first_day > self._days[at]:
            return place
        return following if self._is_rolled(roll, place, following, at) else place

    def _roll_before(self, roll: str, place: int, back: int, session: int, start: int) -> tuple[int, bool]:
        """The session on which `back` took over from the contract at `place` for the last time, up to `session`."""
        opened = self._closing[place - 1] if place else None
        while session > start:
            if opened is not None and self._days[session - 1] < opened:
                return session, False
            if not self._is_rolled(roll, place, back, session - 1):
                return session, True
            session -= 1
        return session, False

    def _is_rolled(self, roll: str, front: int, back: int, at: int) -> bool:
        key = roll, front, back, at
        known = self._rolled.get(key)
        if known is None:
            if roll == "calendar":
                known = self._days[at] >= self._closing[front]
            else:
                known = self._has_less_volume(front, back, at)
            self._rolled[key] = known
        return known

    def _has_less_volume(self, front: int, back: int, at: int) -> bool:
        """Whether the back contract has taken over, by the volumes of the sessions before `at`."""
        days, one, other = self._days, self.contracts[front], self.contracts[back]
        day, before = days[at], days[at - 1] if at else days[0] - 1
        if day > min(self._closing[front], one.last_day) or one.first_day > before:
            return True
        if day > min(self._closing[back], other.last_day) or other.first_day > before:
            return False
        volume, next_volume = self._volumes(one), self._volumes(other)
        if next_volume.get(before, 0) > volume.get(before, 0):
            return True
        grace = bisect_left(days, self._closing[front]) - GRACE_SESSIONS
        first = max(bisect_left(days, other.first_day), grace)
        return any(next_volume.get(days[s], 0) > volume.get(days[s], 0) for s in range(max(first, 0), at - 1))


def closing_day(contract: Future) -> int:
    """The day on which a contract closes; its last session with data where nothing is known of that."""
    return contract.last_day if contract.auto_close_date is None else day_of(contract.auto_close_date)


def _month(contract: Future) -> str | None:
    """The code of the delivery month in a symbol like CLF24; None where it has none."""
    found = _CODE.search(contract.symbol)
    return found[1] if found else None
