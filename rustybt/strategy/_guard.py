"""`context` as a strategy gets it: its own names can't be set."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any

from rustybt.core import Scalar
from rustybt.errors import ReservedName
from rustybt.strategy._algorithm import TradingAlgorithm


class Context(TradingAlgorithm[Scalar]):
    """What a strategy's functions get first: portfolio and account, the functions of `rustybt.api` as methods, and
    whatever the strategy keeps on it. Its own names raise ReservedName where a strategy sets one of them.

    To type checkers `Context` is that of a run on Decimals; `Context[float]` that of one with numbers="float".

    >>> from rustybt import BarData, Context, run
    >>> def handle_data(context: Context, data: BarData) -> None:
    ...     context.bars = getattr(context, "bars", 0) + 1
    ...     context.record(bars=context.bars, cash=context.portfolio.cash)
    >>> run(handle_data, start="2010-01-04", end="2010-01-06").recorded["bars"].to_list()
    [1, 2, 3]
    """

    # Each name is a data descriptor, which Python asks before the object's own attributes: to set any other name costs
    # what it costs without them. To read a method through one costs some 0.1 us; `rustybt.api` calls the base class's.

    if TYPE_CHECKING:
        # what a strategy keeps is of any type; context's own names are what they are
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]


def _refusing(name: str) -> Any:
    def refuse(_context: Context[Any], value: object) -> None:
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
