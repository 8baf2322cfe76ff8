"""The generator: a case from a seed.

What a feature adds comes from a stream of its own, so that cases without it stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.parity import _draw_futures, _draw_more
from tests.parity._case import Case
from tests.parity._draw_base import TAIL, base
from tests.parity._ready import READY

CALENDARS = {
    "daily": ("XLON", "XTKS", "us_futures"),
    "minute": ("24/7", "XLON", "XTKS", "us_futures", "us_futures"),
}
SHARES = {
    "stops": 0.55, "batch": 0.2, "cancel_policy": 0.3, "controls": 0.3, "restrictions": 0.2, "account_controls": 0.08,
    "delisting": 0.3, "stock_dividends": 0.2, "futures": 0.35, "continuous": 0.2, "calendars": 0.25,
    "capital_changes": 0.2, "benchmark": 0.4, "custom_models": 0.15, "minute_1d": 0.4, "context": 0.3,
    "all_end": 0.12,
}  # fmt: skip
"""How many of the cases have a feature."""


@dataclass(frozen=True, slots=True)
class _Chooser:
    seed: int
    frequency: str
    ready: frozenset[str]
    only: frozenset[str]

    def stream(self, feature: str) -> Random | None:
        """The feature's own numbers, None where the case has not got it."""
        random = Random(f"{self.frequency}-{self.seed}-{feature}")
        share = SHARES[feature]
        if feature in self.only:
            return random if random.random() < 2 else None
        return random if random.random() < share and feature in self.ready else None


def draw(seed: int, frequency: str, *, ready: frozenset[str] = READY, only: frozenset[str] = frozenset()) -> Case:
    """The case of a seed; the same on every machine. only: features that it has for certain."""
    chooser = _Chooser(seed, frequency, ready, only)
    random = chooser.stream("calendars")
    calendar = "XNYS" if random is None else random.choice(CALENDARS[frequency])
    midnight = frequency == "minute" and calendar == "24/7"  # there nothing ends within the run, see the README
    delisting = None if midnight else chooser.stream("delisting")
    all_end = None if midnight else chooser.stream("all_end")

    def ends(number: int, earliest: int, final: int) -> int | None:
        if all_end is not None and earliest < final - TAIL:  # before the run's last session
            return all_end.randint(earliest, final - TAIL - 1)
        if delisting is None or number == 0 or earliest >= final or delisting.random() < 0.4:
            return None
        return delisting.randint(earliest, final - 1)

    case = base(seed, frequency, calendar, ends)
    ending = delisting or all_end
    if ending is not None:
        case = _draw_more.auto_closes(case, ending)
    for feature, add in (
        ("futures", _draw_futures.futures),
        ("continuous", _draw_futures.continuous),
        *_draw_more.FEATURES.items(),
    ):
        random = chooser.stream(feature)
        if random is not None:
            case = add(case, random)
    return _draw_more.without_known_faults(case)
