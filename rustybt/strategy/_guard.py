"""`context` as a strategy gets it: its own names can't be set."""

from __future__ import annotations

import inspect
import types
from typing import Any

from rustybt.errors import ReservedName
from rustybt.strategy._algorithm import TradingAlgorithm


class Context(TradingAlgorithm):
    """A TradingAlgorithm whose public names raise ReservedName where a strategy sets one of them.

    Each is a data descriptor, which Python asks before the object's own attributes: to set any other name costs what it
    costs without them. To read a method through one costs some 0.1 us; `rustybt.api` calls those of the base class.
    """


def _refusing(name: str) -> Any:
    def refuse(_context: Context, value: object) -> None:
        raise ReservedName(
            f"context.{name} = {value!r}: `{name}` is one of context's own names, and what needs it would find this "
            f"instead. Choose another name, like context.my_{name}."
        )

    return refuse


def guard_properties(kind: type) -> None:
    """Lets the properties of a class raise ReservedName where one of them is set."""
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        if isinstance(member, property):
            setattr(kind, name, member.setter(_refusing(name)))


def _guard_methods() -> None:
    for name in dir(TradingAlgorithm):
        member = inspect.getattr_static(TradingAlgorithm, name)
        if isinstance(member, types.FunctionType) and not name.startswith("_"):
            # the function's own __get__ makes the bound method, without a call of Python
            setattr(Context, name, property(member.__get__, _refusing(name), doc=member.__doc__))


guard_properties(Context)
_guard_methods()
