"""Objects of a class of the user's own whose `__init__` did not call that of the class it was derived from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rustybt.errors import InputError


def uninitialised(given: object) -> tuple[type, str] | None:
    """The class that has not set its attributes on an object, and the first one that is missing; None if it has all.

    Classes of ours name in `_set_by_init` what their `__init__` sets and their methods read.
    """
    given = behind(given)
    for kind in type(given).__mro__:
        if "_set_by_init" in vars(kind):
            missing = [name for name in kind._set_by_init if not hasattr(given, name)]  # type: ignore[attr-defined]
            return (kind, missing[0]) if missing else None
    return None


def behind(given: Any) -> Any:
    """The object that was handed in, where something stands before it (rustybt.zipline)."""
    return given.model if getattr(type(given), "is_wrapper", False) else given


def check_initialised(given: object, methods: Iterable[str]) -> None:
    """Raises InputError where one of the methods that a run asks is inherited, and what it reads was never set."""
    found = uninitialised(given)
    if found is not None:
        kind, missing = found
        for method in methods:
            inherited = getattr(kind, method, None)
            if inherited is not None and getattr(type(behind(given)), method) is inherited:
                raise InputError(_said(given, kind, method, missing))


class Refusing:
    """A stand-in for the inherited method of an object that was not initialised: refuses every call."""

    def __init__(self, given: object, method: str) -> None:
        kind, missing = uninitialised(given) or (type(given), "")
        self._message = _said(given, kind, method, missing)

    def __call__(self) -> Any:
        raise InputError(self._message)


def _said(given: object, kind: type, method: str, missing: str) -> str:
    name = type(behind(given)).__name__
    return (
        f"{name} has no {missing!r}, which {kind.__name__}.{method} reads and {kind.__name__}.__init__ sets. Call "
        f"super().__init__(...) in {name}.__init__, or write {method} of its own."
    )
