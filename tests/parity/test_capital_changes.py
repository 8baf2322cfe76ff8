"""Capital that comes and goes during a run, against Zipline."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from tests.parity._case import Case, clock_of
from tests.parity._check import WORKER, comparable, differences
from tests.parity._outcomes import Answer, on_record

SEEDS = range(6)


def changes(case: Case, seed: int) -> tuple[tuple[str, str, int], ...]:
    """Three changes on sessions and, in a minute run, three with minutes, the first and the last of a session too."""
    random_ = random.Random(seed)
    sessions = random_.sample(case.sessions[case.first : case.last + 1], min(3, case.last + 1 - case.first))
    moments = list(sessions)
    kinds = ["delta", "target"]
    if case.calendar == "us_futures":
        # with a day, or its first minute, Zipline values the portfolio at midnight UTC, within that session
        moments = [case.sessions[case.first]]
    if case.frequency == "minute":
        days = [clock_of(case.calendar, day) for day in case.sessions[case.first : case.last + 1]]
        own = [stamp for day in days for stamp in day[case.calendar == "us_futures" :]]
        starts = [day[0] for day in days[1:]] if case.calendar != "us_futures" and len(days) > 1 else own
        places = {random_.choice(starts), random_.choice(own[1:]), random_.choice(own[1:])}
        moments += [dt.datetime.fromtimestamp(stamp // 10**9, dt.UTC).isoformat() for stamp in sorted(places)]
    return tuple(
        (moment, random_.choice(kinds), random_.choice([case.capital // 3, case.capital * 2, 12_345]))
        for moment in moments
    )


def asked(seed: int, frequency: str, answer: Answer = on_record) -> tuple[Case, dict[str, Any]]:
    """The case of a seed with such changes, and Zipline's outcome of it."""
    drawn = comparable(seed, frequency, answer=answer)[0]
    case = drawn.with_(capital_changes=changes(drawn, seed))
    return case, answer("capital-changes", case.to_json(), lambda: WORKER.run(case))


@pytest.mark.parametrize("frequency", ["daily", "minute"])
@pytest.mark.parametrize("seed", SEEDS)
def test_capital_comes_and_goes_as_in_zipline(seed: int, frequency: str) -> None:
    case, outcome = asked(seed, frequency)
    found = differences(case, outcome)
    assert not found, f"{case.capital_changes}\n" + "\n".join(map(str, found[:8]))
