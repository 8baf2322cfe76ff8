"""What is the user's in a run that is stopped (attributes of context, models, scheduled functions), as one pickle.

One pickle keeps together what was one object: a model that hangs on context too is the same one afterwards. What is the
run's own is named in it, not copied.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, Final

from rustybt.core import Asset
from rustybt.engine._callbacks import Callbacks
from rustybt.engine._prepared import Prepared
from rustybt.errors import SnapshotError, SnapshotMismatch
from rustybt.indicators import Indicator
from rustybt.strategy import Schedule, Watch

type Parts = Mapping[str, Any]


class Globals:
    """What stands in the modules of a strategy's callbacks, which need not be importable.

    objects, names: the objects that are the run's own, by name and by identity; here none.
    """

    def __init__(self, callbacks: Callbacks) -> None:
        found = [getattr(one, "__func__", one) for one in callbacks.by_name().values()]
        self._globals = [one.__globals__ for one in found if hasattr(one, "__globals__")]
        self.objects: dict[str, Any] = {}
        self.names: dict[int, str] = {}

    def asset(self, sid: int) -> Asset | None:
        """An asset of the run: one object each. None where there is no run yet."""
        return None

    def has(self, value: Any) -> bool:
        """Whether a function or a class is found by its name."""
        name = getattr(value, "__name__", None)
        return any(named.get(name) is value for named in self._globals)

    def get(self, name: str) -> Any:
        """The function or the class of that name. Raises SnapshotMismatch where there is none."""
        for named in self._globals:
            if name in named:
                return named[name]
        raise SnapshotMismatch(
            f"The snapshot holds {name!r} of the strategy's module, and no module of the functions that were given has "
            "it. Restore with the strategy that the snapshot was taken of."
        )


class Names(Globals):
    """The same, with the objects that are a run's own. owners: those whose methods the strategy's functions are."""

    def __init__(self, parts: Prepared) -> None:
        super().__init__(parts.callbacks)
        run, context, market = parts.run, parts.context, parts.run.market
        own = {
            "run": run,
            "gate": parts.gate,
            "settings": parts.settings,
            "context": context,
            "market": market,
            "version": market.version,
            "axis": market.axis,
            "calendar": market.axis.calendar,
            "data": run.data,
            "continuous": run.lookup.continuous,
            "lookup": run.lookup,
            "books": run.books,
            "book": run.book,
            "views": run.views,
            "notes": run.notes,
            "phase": run.phase,
            "account state": run.account,
            "portfolio": context.portfolio,
            "positions": context.portfolio.positions,
            "account": context.account,
        }
        self.owners = [one for one in parts.callbacks.objects() if hasattr(one, "__dict__") and one is not context]
        self.objects = own | {f"owner {place}": owner for place, owner in enumerate(self.owners)}
        self.names = {id(one): name for name, one in self.objects.items()}
        self._market = market

    def asset(self, sid: int) -> Asset | None:
        instrument = self._market.instruments.get(sid)
        found: Asset = self._market.version.asset(sid) if instrument is None else instrument.asset
        return found


class _Writer(pickle.Pickler):
    """held: None, or a list that takes functions and classes as they are."""

    def __init__(self, file: io.BytesIO, names: Globals, held: list[Any] | None) -> None:
        super().__init__(file, protocol=5)
        self._names = names
        self._held = held

    def persistent_id(self, value: Any) -> tuple[str, Any] | None:
        name = self._names.names.get(id(value))
        if name is not None:
            return "own", name
        if isinstance(value, Asset):
            return None if self._names.asset(value.sid) is None else ("asset", value.sid)
        if isinstance(value, FunctionType | type | Indicator):
            if self._names.has(value):
                return "global", value.__name__  # type: ignore[union-attr]  # an indicator has its function's
            if self._held is not None:
                self._held.append(value)
                return "held", len(self._held) - 1
        return None


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, names: Globals, held: list[Any]) -> None:
        super().__init__(file)
        self._names = names
        self._held = held

    def persistent_load(self, of: tuple[str, Any]) -> Any:
        kind, what = of
        if kind == "own":
            return self._names.objects[what]
        if kind == "asset":
            return self._names.asset(what)
        return self._held[what] if kind == "held" else self._names.get(what)


def arguments_pickled(arguments: Parts, names: Globals, held: list[Any] | None) -> bytes:
    """The arguments of a run as a pickle of their own, which is read before there is a run. Raises SnapshotError."""
    try:
        return _bytes_of(arguments, names, held)
    except Exception as error:
        for name, value in arguments.items():
            try:
                _bytes_of(value, names, None if held is None else [])
            except Exception as cause:
                raise SnapshotError(_not_saved(f"The argument {name}={value!r}", cause)) from cause
        raise SnapshotError(_not_saved("An argument", error)) from error


def pickled(parts: Parts, names: Globals, held: list[Any] | None) -> bytes:
    """All parts as one pickle. Raises SnapshotError naming what can't be saved.

    held: for a fork, a list that takes functions and classes as they are; None where they go by name.
    """
    try:
        return _bytes_of(parts, names, held)
    except Exception as error:
        what, cause = next(_culprits(parts, names, held), ("Something of the strategy's", error))
        raise SnapshotError(_not_saved(what, cause)) from error


def _not_saved(what: str, cause: Exception) -> str:
    return (
        f"{what} can't be saved: {type(cause).__name__}: {cause}. Open files, connections, generators, lambdas and "
        "functions within functions can't be: keep them out of what a run has, or write __getstate__ and __setstate__ "
        "for what holds them."
    )


def unpickled(data: bytes, names: Globals, held: list[Any]) -> dict[str, Any]:
    """What `pickled` made a pickle of. Executes what the pickle says: only of a source that is trusted."""
    parts: dict[str, Any] = _Reader(io.BytesIO(data), names, held).load()
    return parts


def _bytes_of(value: Any, names: Globals, held: list[Any] | None) -> bytes:
    file = io.BytesIO()
    _Writer(file, names, held).dump(value)
    return file.getvalue()


def _culprits(parts: Parts, names: Globals, held: list[Any] | None) -> Iterator[tuple[str, Exception]]:
    """What can't be pickled by itself, and why."""
    for what, value in _named(parts):
        try:
            _bytes_of(value, names, None if held is None else [])
        except Exception as error:  # noqa: BLE001  whatever an object of the user's raises
            yield what, error


def _named(parts: Parts) -> Iterator[tuple[str, Any]]:
    """Each thing by itself, with what to call it."""
    for name, value in parts["context"].items():
        yield f"context.{name}", value
    for owner in parts["owners"]:
        for name, value in owner.items():
            yield f"The strategy's attribute {name!r}", value
    for one in parts["schedules"]:
        what = "scheduled function" if isinstance(one, Schedule) else f"function of {one.id}"
        yield f"The {what} {getattr(one.function, '__qualname__', one.function)!r}", one.function
        if isinstance(one, Watch):
            yield f"The trigger {type(one.trigger).__name__} of {one.id}", one.trigger
    for name, value in parts["recorded"].items():
        yield f"The recorded value {name!r}", value
    for name, value in parts.items():
        yield LABELS.get(name, name), value


LABELS: Final[Mapping[str, str]] = {
    "slippage": "A slippage model",
    "commission": "A commission model",
    "cancel_policy": "The cancel policy",
    "controls": "A trading control",
    "account_controls": "An account control",
    "restrictions": "A list of restrictions",
    "metrics": "A metric",
    "hooks": "What a metric wrote",
    "timers": "What a timer calls",
    "fetched": "What fetch_csv brought",
    "rows": "A recorded value",
}
