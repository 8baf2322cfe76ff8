"""A moment of a run: how far it has come."""

from __future__ import annotations

from typing import NamedTuple


class Moment(NamedTuple):
    """A point in time up to which everything is known.

    stamp: ns UTC. session: its place among the run's sessions. bar: the last bar that has closed, on the run's axis.
    """

    stamp: int
    session: int
    bar: int
