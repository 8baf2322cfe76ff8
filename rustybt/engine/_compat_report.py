"""Runs a strategy again with each row of Compat the other way; docs/decisions/17-compat-report.md says why again."""

from __future__ import annotations

import copy
import datetime as dt
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import MethodType, NoneType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakMethod, ref

import numpy as np

from rustybt.core import DecimalConfig
from rustybt.engine._callbacks import callbacks_of
from rustybt.engine._compat import Compat
from rustybt.engine._ruin import RUINED
from rustybt.errors import InputError

if TYPE_CHECKING:
    from rustybt.results import CompatReport, Result

type Rerun = Callable[[Compat], Result]
CHANGED: Final = frozenset({"analyze", "compat", "metrics_set", "emission_rate", "progress", "keep_strategy"})
"""Arguments that are others in a repetition."""
PLAIN: Final = (
    int, float, complex, str, bytes, NoneType, Decimal, Fraction, dt.date, dt.time, dt.timedelta, PurePath, np.generic,
    DecimalConfig,
)  # fmt: skip
"""Values that hold nothing of a user's."""
ATOMS: Final = frozenset({NoneType, bool, int, str})
"""The most frequent of them."""
_GONE: Final = object()


def rerun_for(run: Callable[..., Result], settings: dict[str, Any], keep: bool) -> Rerun:
    """A function that does a run once more with another Compat, silently: no progress bar, no `analyze`, no metrics of
    the user's own.

    keep: whether it keeps the strategy and the arguments alive. Else it holds them weakly, but for plain values, and
    raises InputError once one of them is gone.
    """
    given = {name: value for name, value in settings.items() if name not in CHANGED}
    others = {name: _held(value, keep) for name, value in given.items() if type(value) not in ATOMS}
    atoms = {name: value for name, value in given.items() if name not in others}
    del given

    def rerun(compat: Compat) -> Result:
        settings = atoms | {name: held() for name, held in others.items()}
        gone = [name for name, value in settings.items() if value is _GONE]
        if gone:
            raise InputError(
                f"{gone[0]} of the run is gone: a result does not keep its strategy and arguments alive. Run with "
                "keep_strategy=True, or keep a reference to it."
            )
        names = ("strategy", "initialize", "handle_data", "before_trading_start", "on_order")
        strategy, initialize, handle_data, before, on_order = [settings[name] for name in names]
        callbacks = callbacks_of(strategy, initialize, handle_data, before, None, on_order)  # a class is made anew
        changed = {
            "strategy": None,
            "initialize": callbacks.initialize,
            "handle_data": callbacks.handle_data,
            "before_trading_start": callbacks.before_trading_start,
            "analyze": None,
            "on_order": callbacks.on_order,
            "compat": compat,
            "metrics_set": "default",
            "emission_rate": "daily",
            "progress": False,
            "keep_strategy": False,
        }
        with warnings.catch_warnings():
            # the run itself has told it
            warnings.filterwarnings("ignore", message=RUINED)
            return run(**(settings | changed))

    return rerun


def _held(value: Any, keep: bool) -> Callable[[], Any]:
    """A function that gives an argument, or _GONE. Plain values are held, and containers of them copied."""
    if keep or _is_plain(value):
        plain = value if keep else copy.deepcopy(value)
        return lambda: plain
    try:
        weak: Any = WeakMethod(value) if isinstance(value, MethodType) else ref(value)
    except TypeError:
        return lambda: _GONE
    return lambda: _GONE if (found := weak()) is None else found


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(one) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_plain(one) for one in value)
    return isinstance(value, PLAIN)


def compat_report(base: Result, rerun: Rerun, rows: Iterable[str] | None) -> CompatReport:
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
    frames, columns, session = differing(base, rerun(kind))
    if frames or columns:
        where = f"first on {session}" if session is not None else "in " + ", ".join(frames)
        raise InputError(
            f"The strategy does not repeat itself: run again with nothing changed, its result differs, {where}. Keep "
            "all state on context, draw random numbers from context.rng, and pass a Strategy as a class, not an object."
        )
    others = {name: _tried(rerun, replace(kind, **{name: not getattr(kind, name)})) for name in wanted}
    if rows is None:
        others[COMPAT_ALL] = _tried(rerun, Compat() if kind == Compat.zipline() else Compat.zipline())
    ways = {name: getattr(kind, name) for name in wanted} | {COMPAT_ALL: kind == Compat.zipline()}
    return compared(base, others, ways)


def reporting(rerun: Rerun) -> Callable[[Result, Iterable[str] | None], CompatReport]:
    """What a Result calls for its report: `compat_report` on it, with the run that it came from."""
    return lambda result, rows: compat_report(result, rerun, rows)


def _tried(rerun: Rerun, compat: Compat) -> Result | Exception:
    try:
        return rerun(compat)
    except Exception as error:  # noqa: BLE001  whatever a strategy raises the other way is part of the answer
        return error
