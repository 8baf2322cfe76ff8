"""The names that `context` has of its own, and that a strategy can't take for something else."""

from __future__ import annotations

from typing import Any, Final

from rustybt.errors import ReservedName
from rustybt.strategy._algorithm import TradingAlgorithm

MADE_WITH_IT: Final = ("account", "portfolio")
RESERVED: Final = frozenset([*MADE_WITH_IT, *(name for name in dir(TradingAlgorithm) if not name.startswith("_"))])


class Guarded(TradingAlgorithm):
    """A `context` that refuses to have its own names set.

    To ask with every attribute costs more than to set one, so a run keeps it for `initialize` and its first session.
    """

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        if name in RESERVED:
            raise ReservedName(
                f"context.{name} = {value!r}: `{name}` is one of context's own names, and what needs it would find "
                f"this instead. Choose another name, like context.my_{name}."
            )
        object.__setattr__(self, name, value)


def guard(context: TradingAlgorithm) -> TradingAlgorithm:
    """Makes a context refuse to have its own names set."""
    context.__class__ = Guarded
    return context


def release(context: Any) -> None:
    """Ends that."""
    if type(context) is Guarded:
        context.__class__ = TradingAlgorithm  # type: ignore[assignment]


def taken_names(context: TradingAlgorithm) -> list[str]:
    """The names of context's own that were set all the same."""
    own = vars(context)
    replaced = [name for name in MADE_WITH_IT if not type(own[name]).__module__.startswith("rustybt.")]
    return sorted([*replaced, *(RESERVED.intersection(own) - {*MADE_WITH_IT})])
