"""The names that `context` has of its own, and that a strategy can't take for something else.

They are looked at after `initialize` and after the first session: to ask with every attribute that is set would cost
more than setting it.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from rustybt.errors import ReservedName
from rustybt.strategy._algorithm import TradingAlgorithm
from rustybt.strategy._portfolio import Account, Portfolio

MADE_WITH_IT: Final[dict[str, type]] = {"account": Account, "portfolio": Portfolio}
METHODS: Final = {
    name: function
    for name in dir(TradingAlgorithm)
    if isinstance(function := getattr(TradingAlgorithm, name), types.FunctionType) and not name.startswith("_")
}


def taken_names(context: TradingAlgorithm) -> list[str]:
    """The names of context's own that were set."""
    replaced = [name for name, kind in MADE_WITH_IT.items() if not isinstance(getattr(context, name), kind)]
    hidden = [
        name for name, function in METHODS.items() if getattr(getattr(context, name), "__func__", None) is not function
    ]
    return sorted([*replaced, *hidden])


def check_names(context: Any) -> None:
    """Raises ReservedName where a strategy has set one of them."""
    for name in taken_names(context):
        raise reserved(name, getattr(context, name))


@contextmanager
def names_checked(context: Any) -> Iterator[None]:
    """Checks them after `initialize`, and where it fails as it meets what it has set itself."""
    try:
        yield
    except TypeError:
        check_names(context)
        raise
    check_names(context)


def reserved(name: str, value: object) -> ReservedName:
    """The error of a name that was set."""
    return ReservedName(
        f"context.{name} = {value!r}: `{name}` is one of context's own names, and what needs it would find this "
        f"instead. Choose another name, like context.my_{name}."
    )


def _refusing(name: str) -> Any:
    def refuse(_context: TradingAlgorithm, value: object) -> None:
        raise reserved(name, value)

    return refuse


for _name, _member in list(vars(TradingAlgorithm).items()):
    if isinstance(_member, property):
        setattr(TradingAlgorithm, _name, _member.setter(_refusing(_name)))
