"""Which run the functions of `rustybt.api` belong to: the one that is active in this context."""

from __future__ import annotations

import contextvars
from typing import Any, Final, NoReturn

from rustybt.core import Notes
from rustybt.errors import NoActiveRun

_ACTIVE: contextvars.ContextVar[Any] = contextvars.ContextVar("rustybt_run", default=None)


active: Final = _ACTIVE.get
"""The algorithm of the active run, or None. What is called very often asks this, and `no_run` where there is none."""


def current_algorithm(name: str) -> Any:
    """The algorithm of the active run. Raises NoActiveRun, naming the method of `context` that does the same."""
    algorithm = active()
    return no_run(name) if algorithm is None else algorithm


def notes_of(algorithm: Any) -> Notes:
    """The notes of an algorithm's run."""
    notes: Notes = algorithm._state.notes
    return notes


def no_run(name: str) -> NoReturn:
    """Raises NoActiveRun for a function of `rustybt.api`."""
    raise NoActiveRun(
        f"rustybt.api.{name} was called where no run is active: outside of run_algorithm, or in a thread that the "
        f"strategy started. Inside a strategy, context.{name} does the same from anywhere."
    )


def activate(algorithm: Any) -> contextvars.Token[Any]:
    """Makes a run the active one of this context."""
    return _ACTIVE.set(algorithm)


def deactivate(token: contextvars.Token[Any]) -> None:
    """Restores what was active before."""
    _ACTIVE.reset(token)
