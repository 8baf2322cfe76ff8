"""Capital that comes and goes during a run: what `run_algorithm(capital_changes=...)` takes, placed on its axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from rustybt.core import (
    DAY_NS,
    MONEY_SCALE,
    as_plain_decimal,
    check_money,
    date_of,
    datetime_of,
    exact_number,
    parse_moment,
    to_scale,
)
from rustybt.errors import InputError
from rustybt.view import Axis, Steps

KINDS: Final = ("target", "delta")
EXAMPLE: Final = 'Write it like {"2024-07-01": {"type": "delta", "value": 5000}}.'


class Change(NamedTuple):
    """kind: "delta" adds an amount, "target" makes the portfolio worth it. amount: money."""

    kind: str
    amount: int

    def delta(self, value: int) -> int:
        """What comes, or, negative, goes, where the portfolio is worth `value`."""
        return self.amount if self.kind == "delta" else self.amount - value


class CapitalChanges:
    """Changes before a session's corporate actions, by session of the run, and before a minute bar, by bar.

    at_steps: those before a session within a week or month, by its step; before the first one they are overnight.
    given: what they were made of, as a manifest keeps it.
    """

    __slots__ = ("at_bars", "at_steps", "given", "overnight")

    def __init__(self) -> None:
        self.given: dict[str, dict[str, str]] = {}
        self.overnight: dict[int, Change] = {}
        self.at_bars: dict[int, Change] = {}
        self.at_steps: dict[int, Change] = {}


def capital_changes_on(axis: Axis, given: Any) -> CapitalChanges:
    """Places changes on the axis.

    given: None, or a dict of moments and {"type": "target" or "delta", "value": amount}. A moment is a session (a date,
    midnight, or text like "2024-07-01") or, in a minute run, the end of one of its bars ("2024-07-01 14:31", UTC
    where no time zone is given).
    Raises InputError for what is no session or no bar of the run, naming the next one, and for anything else.
    """
    placed = CapitalChanges()
    if given is None:
        return placed
    if not isinstance(given, Mapping):
        raise InputError(f"capital_changes={given!r} is not a dict. {EXAMPLE}")
    for key, change in given.items():
        stamp = parse_moment(key, "capital_changes")
        if stamp % DAY_NS == 0 and axis.steps is not None:
            place, inside = _step(axis.steps, stamp // DAY_NS, key)
            known = placed.at_steps if inside else placed.overnight
        elif stamp % DAY_NS == 0:
            known, place = placed.overnight, _session(axis, stamp // DAY_NS, key)
        else:
            known, place = placed.at_bars, _bar(axis, stamp, key)
        if place in known:
            raise InputError(f"capital_changes: {key!r} is there twice. Pass one change for each moment.")
        known[place] = _change(key, change)
        placed.given[str(key)] = {"type": change["type"], "value": str(change["value"])}
    return placed


def check_change(value: int, amount: int, stamp: int) -> None:
    """Raises InputError where more is to leave than the portfolio is worth: its returns would mean nothing."""
    if amount < 0 and value + amount < 0:
        raise InputError(
            f"capital_changes: {as_plain_decimal(-amount, MONEY_SCALE)} is to leave at {datetime_of(stamp)}, when the "
            f"portfolio is worth {as_plain_decimal(value, MONEY_SCALE)}. Take out no more than that."
        )


def _change(key: Any, given: Any) -> Change:
    if not isinstance(given, Mapping) or set(given) != {"type", "value"}:
        raise InputError(f"capital_changes[{key!r}]={given!r}: pass its type and its value. {EXAMPLE}")
    if given["type"] not in KINDS:
        raise InputError(f"capital_changes[{key!r}]: type {given['type']!r} is neither 'target' nor 'delta'. {EXAMPLE}")
    value = exact_number(given["value"], f"capital_changes[{key!r}]")
    return Change(given["type"], check_money(to_scale(value, MONEY_SCALE)))


def _bar(axis: Axis, stamp: int, key: Any) -> int:
    if axis.daily:
        raise InputError(
            f"capital_changes: {key!r} has a time of day, and a daily run changes capital with a session. Pass a date, "
            "or run with data_frequency='minute'."
        )
    bar = int(np.searchsorted(axis.stamps, stamp))
    if bar == 0 or bar >= len(axis.stamps) or int(axis.stamps[bar]) != stamp or not axis.runs(bar):
        raise InputError(
            f"capital_changes: {key!r} is not the end of a bar of this run, which has bars from "
            f"{datetime_of(int(axis.stamps[axis.bars_of[0][0]]))} to {datetime_of(int(axis.stamps[-1]))}. "
            "Pass the end of a minute within a session, in UTC or with its time zone."
        )
    return bar


def _step(steps: Steps, day: int, key: Any) -> tuple[int, bool]:
    """The run's week or month that a session is the first of; of another session its step, and True."""
    place = int(np.searchsorted(steps.days, day))
    if place < len(steps.days) and steps.days[place] == day:
        session = steps.session_of(place)
        return (session, False) if steps.of(session)[0] == place else (place, True)
    hint = f"The run goes from {date_of(steps.days[0])} to {date_of(steps.days[-1])}."
    if 0 < place < len(steps.days):
        hint = f"The next session is {date_of(steps.days[place])}."
    raise InputError(f"capital_changes: {key!r} is not a session of this run ({steps.table.name}). {hint}")


def _session(axis: Axis, day: int, key: Any) -> int:
    days = axis.calendar.days
    place = int(np.searchsorted(days, day))
    session = place - axis.first_session
    if 0 <= session < axis.sessions and int(days[place]) == day:
        return session
    last = axis.first_session + axis.sessions - 1
    hint = f"The run goes from {date_of(int(days[axis.first_session]))} to {date_of(int(days[last]))}."
    if 0 <= session < axis.sessions:
        hint = f"The next session is {date_of(int(days[place]))}."
    raise InputError(f"capital_changes: {key!r} is not a session of this run ({axis.calendar.name}). {hint}")
