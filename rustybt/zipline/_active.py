"""Which of a process's runs the functions of zipline.api belong to."""

from __future__ import annotations

import contextvars
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rustybt.errors import NoActiveRun

if TYPE_CHECKING:
    from rustybt.zipline._algorithm import TradingAlgorithm

_ACTIVE: contextvars.ContextVar[TradingAlgorithm | None] = contextvars.ContextVar("zipline_run", default=None)


def activate(algorithm: TradingAlgorithm | None) -> contextvars.Token[Any]:
    """Makes a script's run the active one of this context."""
    return _ACTIVE.set(algorithm)


def deactivate(token: contextvars.Token[Any]) -> None:
    """Restores what was active before."""
    _ACTIVE.reset(token)


def entered(algorithm: TradingAlgorithm) -> None:
    """Names the run that `activate` made room for."""
    _ACTIVE.set(algorithm)


def function_of(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of `context` as a function of zipline.api: it belongs to the run that is active where it is called."""
    name = method.__name__

    @functools.wraps(method)
    def function(*args: Any, **kwargs: Any) -> Any:
        algorithm = _ACTIVE.get()
        if algorithm is None:
            raise NoActiveRun(
                f"zipline.api.{name} was called where no Zipline script runs: outside of rustybt.zipline.run_algorithm "
                f"and `rustybt run --zipline`, or in a thread. Inside a script, context.{name} works from anywhere; "
                "a strategy run by rustybt.run_algorithm takes its functions from rustybt.api."
            )
        return method(algorithm, *args, **kwargs)

    signature = inspect.signature(method)
    function.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    function.__module__ = "rustybt.zipline.api"
    return function
