"""`run_async`: a run in a thread, awaited."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from rustybt.engine._run import run_algorithm
from rustybt.engine._watch import WATCHED, Stopped, Watch
from rustybt.results import Result


def _awaited[**P](source: Callable[P, Result]) -> Callable[[Any], Callable[P, Coroutine[Any, Any, Result]]]:
    """Shows a coroutine function as one that takes the arguments of a function."""

    def shown(function: Any) -> Any:
        function.__signature__ = inspect.signature(source)
        return function

    return shown


@_awaited(run_algorithm)
async def run_async(*args: Any, **kwargs: Any) -> Result:
    """`run_algorithm` in a thread, for programs and notebooks with an event loop, which goes on meanwhile.

    Its arguments, its result and its errors are those of `run_algorithm`. The strategy's functions are called in the
    thread; what shows progress is called in the thread of the loop. When the task that awaits it is cancelled, the run
    ends with its next bar, and CancelledError is raised after that: nothing of it goes on. Any number of them may be
    under way at once, on one market too.

    >>> import asyncio
    >>> import rustybt
    >>> from rustybt.api import order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10)
    >>> async def both():
    ...     spans = ("2010-01-04", "2010-01-29"), ("2011-01-03", "2011-01-31")
    ...     return await asyncio.gather(*(rustybt.run_async(*span, handle_data=handle_data) for span in spans))
    >>> [result.transactions.height for result in asyncio.run(both())]
    [18, 19]
    """
    bound = inspect.signature(run_algorithm).bind(*args, **kwargs)
    watch = Watch(asyncio.get_running_loop(), bound.arguments.get("progress"))
    bound.arguments["progress"] = watch
    under_way = asyncio.ensure_future(
        asyncio.to_thread(_watched, watch, functools.partial(run_algorithm, **bound.arguments))
    )
    try:
        result = await asyncio.shield(under_way)
    except asyncio.CancelledError:
        watch.stop()
        await _over(under_way)
        raise
    if watch.error is not None or result is None:
        error = watch.error or Stopped()
        if result is not None:
            with contextlib.suppress(Exception):
                error.result = result  # type: ignore[attr-defined]  # as run_algorithm has it
        raise error
    return result


def _watched(watch: Watch, run: Callable[[], Result]) -> Result | None:
    """Runs it in this thread; None where it was stopped.

    Raises RuntimeError for what a loop takes for its own: an end of an iterator or of the program, or a cancellation.
    """
    WATCHED.set(watch)
    try:
        return run()
    except Stopped:
        return None
    except (StopIteration, StopAsyncIteration, asyncio.CancelledError, SystemExit) as error:
        raise RuntimeError(
            f"The run raised {type(error).__name__}, which an event loop takes for its own. Catch it in the strategy."
        ) from error


async def _over(under_way: asyncio.Future[Any]) -> None:
    """Waits until a run has ended, whatever it ended with, and however often this is cancelled too."""
    while not under_way.done():
        try:
            await asyncio.wait([under_way])
        except asyncio.CancelledError:
            continue
    if not under_way.cancelled():
        under_way.exception()  # it was seen
