"""One trial: a run with a point's parameters, and what is kept of it."""

from __future__ import annotations

import copy
import io
import time
import traceback
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from rustybt.engine import Market, beside, run_algorithm, strategy_of
from rustybt.errors import ForkedProcess
from rustybt.optimize._objective import Objective, UnknownMeasure, figures_with
from rustybt.results import Result

FIGURES: Final = ("total_return", "sharpe", "max_drawdown", "transactions")
"""What a table of trials has beside the objective."""


@dataclass(frozen=True)
class Job:
    """What all trials of a search have in common; a worker is given it once.

    text, filename: a strategy file's; or callbacks: as `run_algorithm` takes them.
    """

    market: Market
    objectives: tuple[Objective, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    filename: str = ""
    figures: tuple[str, ...] = FIGURES
    keep_returns: bool = True

    @property
    def maximize(self) -> tuple[bool, ...]:
        """Of each objective, whether more is better."""
        return tuple(objective.maximize for objective in self.objectives)

    def of_strategy(self) -> dict[str, Any]:
        """The callbacks; those of a file are made anew, so that no trial sees what another one left in its module."""
        if self.text is None:
            return copy.deepcopy(dict(self.callbacks))  # of a Strategy that is an object
        return strategy_of(self.text, self.filename, {"__name__": "strategy", "__file__": self.filename})


@dataclass(frozen=True)
class Outcome:
    """What became of a run. stops: it is no fault of this trial, and every other one would have it."""

    values: tuple[Decimal | None, ...]
    figures: dict[str, Decimal | int | None] = field(default_factory=dict)
    ledger_hash: str | None = None
    returns: bytes | None = None
    error: str | None = None
    stops: bool = False
    seconds: float = 0.0


def run_of(job: Job, params: Mapping[str, Any]) -> Result:
    """The run of a trial."""
    fixed = dict(job.options.get("params") or {})
    options = {**job.options, "params": {**fixed, **params}, "progress": False}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The account was ruined")  # it is a note of the result
        with beside(job.filename) if job.text is not None else nullcontext():
            return run_algorithm(market=job.market, **options, **job.of_strategy())


def evaluate(job: Job, params: Mapping[str, Any]) -> Outcome:
    """Runs a trial. What its strategy or objective raises is told, and does not come out."""
    began = time.process_time()
    try:
        result = run_of(job, params)
        values = tuple(objective.value(result) for objective in job.objectives)
        figures = {name: figures_with(result, name).get(name) for name in job.figures}
        returns = packed(result) if job.keep_returns else None
        return Outcome(values, figures, result.ledger_hash, returns, seconds=time.process_time() - began)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a trial that fails leaves the others
        nothing = (None,) * len(job.objectives)
        stops = isinstance(error, UnknownMeasure | ForkedProcess)
        return Outcome(nothing, error=_told(error), stops=stops, seconds=time.process_time() - began)


def packed(result: Result) -> bytes:
    """The sessions and their returns, exact, as an Arrow file's bytes."""
    target = io.BytesIO()
    result.daily.select("session", "returns").write_ipc(target, compression="zstd")
    return target.getvalue()


def _told(error: BaseException) -> str:
    """The type and message, and the last line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
