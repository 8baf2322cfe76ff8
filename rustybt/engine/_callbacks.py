"""The callbacks of a strategy, as functions or as a class."""

from __future__ import annotations

import copy
import difflib
import hashlib
import inspect
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, Final

from rustybt.errors import InputError, WrongType
from rustybt.strategy import Strategy

NAMES: Final = ("initialize", "handle_data", "before_trading_start", "analyze", "on_order")
TAKEN: Final = {
    "handle_data": ("context", "data"),
    "before_trading_start": ("context", "data"),
    "analyze": ("context", "results"),
    "on_order": ("context", "event"),
}
"""The arguments that the callbacks are called with."""
NEVER_RUNNING: Final = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class Callbacks:
    """The callbacks of a strategy, whichever way it was written."""

    def __init__(
        self,
        name: str,
        initialize: Any,
        handle_data: Any,
        before_trading_start: Any,
        analyze: Any,
        on_order: Any = None,
    ) -> None:
        self.name = name
        self.initialize = initialize
        self.handle_data = handle_data
        self.before_trading_start = before_trading_start
        self.analyze = analyze
        self.on_order = on_order

    def by_name(self) -> dict[str, Any]:
        """Those that there are."""
        return {name: function for name in NAMES if (function := getattr(self, name)) is not None}

    def objects(self) -> list[Any]:
        """The objects whose methods the callbacks are, and those that are called themselves."""
        found = [getattr(one, "__self__", one) for one in self.by_name().values() if not isinstance(one, FunctionType)]
        return list({id(one): one for one in found}.values())

    def apart(self, strategy: Any) -> dict[str, Any]:
        """The callbacks by name, on copies of these objects, which share their attributes as yet.

        strategy: what `run_algorithm(strategy=)` was given.
        """
        copies = {id(one): copy.copy(one) for one in self.objects()}
        if strategy is not None:
            made = next((one for one in self.objects() if isinstance(one, Strategy)), None)
            return {"strategy": strategy if made is None else copies[id(made)], **dict.fromkeys(NAMES)}
        apart: dict[str, Any] = {"strategy": None}
        for name in NAMES:
            one = getattr(self, name)
            if isinstance(one, MethodType):
                apart[name] = MethodType(one.__func__, copies[id(one.__self__)])
            else:
                apart[name] = copies.get(id(one), one)
        return apart

    def code_hash(self) -> str | None:
        """SHA-256 of the file that the strategy stands in; None where there is none, as in a notebook."""
        try:
            function = inspect.unwrap(self.initialize or self.handle_data)
            code = getattr(function, "__code__", None)
            path = Path(code.co_filename) if code is not None else None
            return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None and path.is_file() else None
        except (OSError, ValueError):  # the file is gone or can't be read; functions that wrap each other
            return None


def never_runs(function: Any) -> str | None:
    """The kind of a function whose body does not run when it is called; None where it does."""
    if type(function) is FunctionType and not function.__code__.co_flags & NEVER_RUNNING:
        return None
    called = function if inspect.isroutine(function) or isinstance(function, partial) else type(function).__call__
    if inspect.iscoroutinefunction(called):
        return "a coroutine function (async def)"
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        return "a generator function (it has a yield)"
    return None


def outer_values(function: Any) -> dict[str, Any]:
    """Values that a function uses and that are defined outside of it, by name."""
    try:
        found = inspect.getclosurevars(function)
    except TypeError:  # no function of Python
        return {}
    return {**found.globals, **found.nonlocals}


def params_of(params: Any) -> dict[str, Any]:
    """The parameters that `initialize` is given by name."""
    if params is None:
        return {}
    if not isinstance(params, Mapping) or not all(isinstance(name, str) for name in params):
        raise InputError(f"params={params!r}: pass a dict of the names and values that initialize takes.")
    return dict(params)


def check_arity(callbacks: Callbacks) -> None:
    """Raises WrongType for a callback that can't be called with what it is given."""
    for name, given in TAKEN.items():
        function = getattr(callbacks, name)
        if function is None:
            continue
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):  # no function of Python
            continue
        try:
            signature.bind(*given)
        except TypeError as error:
            takes = ", ".join(map(str, signature.parameters.values())) or "nothing"
            raise WrongType(
                f"{name}: {error}. It is called with {' and '.join(given)}, and takes {takes}. "
                f"Write it as {name}({', '.join(given)})."
            ) from None  # Python's own words are in it


def check_params(initialize: Any, context: Any, params: Mapping[str, Any]) -> None:
    """Raises WrongType where `initialize` does not take the parameters that there are, saying which it takes."""
    try:
        signature = inspect.signature(initialize)
    except (TypeError, ValueError):  # no function of Python
        return
    try:
        signature.bind(context, **params)
    except TypeError as error:
        taken = list(signature.parameters.values())[1:]
        names = [one.name for one in taken if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        plain = [one.replace(annotation=one.empty) for one in taken]
        shown = ", ".join(map(str, plain)) or "no parameters"
        told = f"params: {error}. initialize takes {shown}."
        for name in params:
            if name not in names and (near := difflib.get_close_matches(name, names, 1)):
                told += f" Did you mean {near[0]} by {name}?"
        raise WrongType(told) from None  # Python's own words are in it


def _name_of(initialize: Any, handle_data: Any) -> str:
    """The name of a strategy of functions: that of its module, or where they stand in a script or notebook, as the one
    function that it is, or as the script."""
    module = getattr(initialize or handle_data, "__module__", None) or "strategy"
    if module != "__main__":
        return str(module)
    name = getattr(handle_data, "__name__", "")
    if initialize is None and name.isidentifier() and name != "handle_data":
        return str(name)
    script = getattr(sys.modules["__main__"], "__file__", None)
    return Path(script).stem if script else "strategy"


def callbacks_of(
    strategy: Any,
    initialize: Any,
    handle_data: Any,
    before_trading_start: Any,
    analyze: Any,
    on_order: Any = None,
) -> Callbacks:
    given = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
        "on_order": on_order,
    }
    if strategy is None:
        for name, function in given.items():
            if function is not None and not callable(function):
                raise InputError(f"{name}={function!r} is not a function.")
        return Callbacks(_name_of(initialize, handle_data), **given)
    twice = [name for name, function in given.items() if function is not None]
    if twice:
        raise InputError(f"Both strategy= and {', '.join(twice)} were given. Pass one of them.")
    made = strategy() if inspect.isclass(strategy) else strategy
    if not isinstance(made, Strategy):
        raise InputError(
            f"strategy= is a {type(made).__name__}. Pass a subclass of rustybt.Strategy or an object of one; "
            "rustybt.run(strategy, data) takes a function of (context, data) too."
        )
    own = {name: getattr(made, name) for name in given if getattr(type(made), name) is not getattr(Strategy, name)}
    return Callbacks(type(made).__name__, **{name: own.get(name) for name in given})


def code_hash_of(given: Mapping[str, Any]) -> str | None:
    """The hash of a strategy's code; None where its text is not known.

    given: its callbacks, or the strategy, as `run_algorithm` takes them.
    """
    names = ("strategy", "initialize", "handle_data", "before_trading_start", "analyze", "on_order")
    return callbacks_of(*(given.get(name) for name in names)).code_hash()
