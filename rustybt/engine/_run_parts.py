"""What `Run` consists of beside its methods: its arguments, its loop, and who it is to `rustybt.api`."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate

from rustybt.core import DAY_NS, parse_moment
from rustybt.engine._benchmark import benchmark_of
from rustybt.engine._hooks import hooks_for
from rustybt.engine._loop import Loop
from rustybt.engine._prepared import Prepared
from rustybt.engine._setup import initialised, joined
from rustybt.strategy import activate, deactivate

if TYPE_CHECKING:
    from rustybt.engine._snapshot import Snapshot
    from rustybt.view import Axis


def with_arguments_of[**P](
    source: Callable[P, object],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, P], None]]:
    """Shows a method as one that takes the arguments of a function."""

    def shown(method: Any) -> Any:
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        taken = inspect.signature(source)
        method.__signature__ = taken.replace(parameters=[own, *taken.parameters.values()], return_annotation="None")
        return method

    return shown


def loop_of(parts: Prepared, snapshot: Snapshot | None = None) -> Loop:
    """Calls `initialize`, and joins the steps; of a snapshot those that it was taken of, as they were."""
    if snapshot is not None:
        from rustybt.engine._snapshot import restored

        return restored(snapshot, parts)
    given, run = parts.given, parts.run
    loop = joined(parts, initialised)
    loop.recorder.benchmark = benchmark_of(
        run.market,
        run.notes,
        parts.context,
        parts.settings.benchmark,
        given["benchmark"],
        given["benchmark_returns"],
        in_ticks=parts.compat.history_in_thousandths,
    )
    loop.attach(hooks_for(loop.copies.metrics, run, loop.recorder, given["emission_rate"]))
    return loop


def bar_at(axis: Axis, stamp: Any) -> int:
    """The stamp (ns UTC) up to which a run goes that is to go to a moment; to a date, to the close of its session."""
    stop: int = stamp if type(stamp) is int else parse_moment(stamp, "until")
    return axis.close_of(stop // DAY_NS) if stop % DAY_NS == 0 else stop


@contextlib.contextmanager
def active(context: Any) -> Iterator[None]:
    """What `rustybt.api` speaks to is this run, that of the context."""
    token = activate(context)
    try:
        yield
    except Exception as error:
        from rustybt.engine._hints import explain

        explain(error)
        raise
    finally:
        deactivate(token)
