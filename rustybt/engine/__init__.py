"""Joins strategy, orders, execution, ledger, metrics and results: the loop, Run and run_algorithm."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.engine._after import result_on
from rustybt.engine._callbacks import code_hash_of
from rustybt.engine._compat import Compat
from rustybt.engine._extensions import load_extensions
from rustybt.engine._failure import beside, failure_of_strategy, note_of_zipline, note_place
from rustybt.engine._load import load
from rustybt.engine._market import Market
from rustybt.engine._progress import progress_for
from rustybt.engine._run import Run, run_algorithm
from rustybt.engine._strategy_file import callbacks_in, load_strategy, strategy_of

if TYPE_CHECKING:
    from rustybt.engine._explain import explains_again
    from rustybt.engine._first_run import run
    from rustybt.engine._market_of_data import load_data
    from rustybt.engine._run_async import run_async
    from rustybt.engine._snapshot import Snapshot
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.engine._explain": ("explains_again",),
            "rustybt.engine._first_run": ("run",),
            "rustybt.engine._market_of_data": ("load_data",),
            "rustybt.engine._run_async": ("run_async",),
            "rustybt.engine._snapshot": ("Snapshot",),
        },
    )

__all__ = [
    "Compat",
    "Market",
    "Run",
    "Snapshot",
    "beside",
    "callbacks_in",
    "code_hash_of",
    "explains_again",
    "failure_of_strategy",
    "load",
    "load_data",
    "load_extensions",
    "load_strategy",
    "note_of_zipline",
    "note_place",
    "progress_for",
    "result_on",
    "run",
    "run_algorithm",
    "run_async",
    "strategy_of",
]


def __dir__() -> list[str]:
    return sorted(__all__)
