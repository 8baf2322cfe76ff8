"""Runs a strategy again with each row of Compat the other way; docs/decisions/17-compat-report.md says why again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from rustybt.engine._compat import Compat
from rustybt.engine._functions import functions_of
from rustybt.engine._ruin import RUINED
from rustybt.errors import InputError

if TYPE_CHECKING:
    from rustybt.results import CompatReport, Result

type Again = Callable[[Compat], Result]


def again_for(run: Callable[..., Result], settings: dict[str, Any]) -> Again:
    """A function that does a run once more with another Compat, silently: no progress bar, no `analyze`, no metrics of
    the user's own."""

    def again(compat: Compat) -> Result:
        names = ("strategy", "initialize", "handle_data", "before_trading_start", "analyze")
        functions = functions_of(*(settings[name] for name in names))  # a class is made anew
        changed = {
            "strategy": None,
            "initialize": functions.initialize,
            "handle_data": functions.handle_data,
            "before_trading_start": functions.before_trading_start,
            "analyze": None,
            "compat": compat,
            "metrics_set": "default",
            "emission_rate": "daily",
            "progress": False,
        }
        with warnings.catch_warnings():
            # the run itself has told it
            warnings.filterwarnings("ignore", message=RUINED)
            return run(**(settings | changed))

    return again


def compat_report(base: Result, again: Again, rows: Iterable[str] | None) -> CompatReport:
    """Which rows would have changed a run.

    rows: the names of the fields of Compat to look at; by default all, and a last line for all of them at once.
    Raises InputError for a name that is no field, and where the strategy does not repeat itself: then a difference
    could not be told from chance.
    """
    from rustybt.results import COMPAT_ALL, compared, differing

    kind = Compat(**base.manifest["compat"])
    known = [field.name for field in fields(Compat)]
    wanted = known if rows is None else list(rows)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise InputError(f"Compat has no row {', '.join(map(repr, unknown))}. There are: {', '.join(known)}.")
    frames, columns, session = differing(base, again(kind))
    if frames or columns:
        where = f"first on {session}" if session is not None else "in " + ", ".join(frames)
        raise InputError(
            f"The strategy does not repeat itself: run again with nothing changed, its result differs, {where}. Keep "
            "all state on context, draw random numbers from context.rng, and give a Strategy as a class, not an object."
        )
    others = {name: _tried(again, replace(kind, **{name: not getattr(kind, name)})) for name in wanted}
    if rows is None:
        others[COMPAT_ALL] = _tried(again, Compat() if kind == Compat.zipline() else Compat.zipline())
    ways = {name: getattr(kind, name) for name in wanted} | {COMPAT_ALL: kind == Compat.zipline()}
    return compared(base, others, ways)


def reporting(again: Again) -> Callable[[Result, Iterable[str] | None], CompatReport]:
    """What a Result calls for its report: `compat_report` on it, with the run that it came from."""
    return lambda result, rows: compat_report(result, again, rows)


def _tried(again: Again, compat: Compat) -> Result | Exception:
    try:
        return again(compat)
    except Exception as error:  # noqa: BLE001  whatever a strategy raises the other way is part of the answer
        return error
