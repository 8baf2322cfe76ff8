"""What a run hands over at its end: the Result and its manifest."""

from __future__ import annotations

import functools
import sys
import warnings
from pathlib import Path
from typing import Any

from rustybt import _version
from rustybt.calendars import sessions_per_year
from rustybt.catalog import record_run
from rustybt.core import (
    date_of,
    exact_number,
    text_of_object,
)
from rustybt.engine._compat import Compat
from rustybt.engine._loop import Loop
from rustybt.engine._prepared import Prepared
from rustybt.engine._run_frames import RunFrames
from rustybt.engine._run_notes import add_closing_notes
from rustybt.errors import CatalogError
from rustybt.results import Result

PERIODS_OF_ZIPLINE = 252
PERIODS_OF = {"1w": 52, "1mo": 12}
"""Of bars that are no sessions."""
DEEPEST = 20


def result_of(parts: Prepared, loop: Loop, again: Any) -> Result:
    """The result of a run that is over. again: runs it once more with another Compat."""
    desk, functions, data = parts.desk, parts.functions, parts.data
    axis = desk.market.axis
    # of a run that was ended early it is not the last of the axis
    last_session = axis.first_session + len(loop.recorder.days) - 1
    of_sessions = PERIODS_OF_ZIPLINE if parts.compat.year_of_252 else sessions_per_year(axis.calendar)
    periods = PERIODS_OF.get(desk.market.frequency, of_sessions)
    manifest = {
        "rustybt": _version.__version__,
        "strategy": functions.name,
        "strategy_sha256": functions.code_hash(),
        "params": {key: _plain(value) for key, value in parts.params.items()},
        "seed": desk.seed,
        "start": desk.start_date.isoformat(),
        "end": date_of(int(axis.calendar.days[last_session])).isoformat(),
        "capital_base": str(exact_number(desk.numbers.money(desk.capital))),
        "currency": desk.currency,
        "data_frequency": desk.environment["data_frequency"],
        "bundle": data.bundle,
        "data_version": data.id,
        "data_hash": data.hash,
        "calendar": axis.calendar.name,
        "periods": periods,
        "fill_at": parts.given["fill_at"],
        "trigger": parts.given["trigger"],
        "numbers": desk.numbers.name,
        "compat": {field: getattr(parts.compat, field) for field in Compat.__dataclass_fields__},
        "benchmark": loop.recorder.benchmark.name if loop.recorder.benchmark is not None else None,
        "metrics": [type(metric).__qualname__ for metric in parts.metrics],
        "slippage": text_of_object(desk.slippage["equity"], repr),
        "commission": text_of_object(desk.commission["equity"], repr),
        "futures_slippage": text_of_object(desk.slippage["future"], repr),
        "futures_commission": text_of_object(desk.commission["future"], repr),
        "cancel_policy": text_of_object(desk.cancel_policy, repr),
        "kernel": desk.kernel.name,
        "python": ".".join(map(str, sys.version_info[:3])),
        "bars": loop.bars_run,
    }
    if desk.exchange is not None:
        manifest["rates"] = desk.exchange.rates.used()
    if loop.capital.given:
        manifest["capital_changes"] = loop.capital.given
    written, report = (None, None) if loop.hooks is None else (loop.hooks.frame, loop.hooks.report)
    frames = RunFrames(desk, loop.recorder, loop.ledger, desk.blotter, periods, written)
    add_closing_notes(desk, loop, functions, frames)
    result = Result(frames, manifest=manifest, periods=periods, report=report, again=again, notes=desk.notes.all())
    days = axis.calendar.days[[axis.first_session, last_session]]
    keys = tuple(listing.asset.key for listing in desk.listing_of_slot)
    result.tell_when_saved(functools.partial(_note_use, data.path.parents[2], (int(days[0]), int(days[1])), keys))
    return result


def _note_use(root: Path, days: tuple[int, int], keys: tuple[str, ...], folder: Path, manifest: dict[str, Any]) -> None:
    """The catalog learns of a saved run; one that can't be written to must not lose the user the result."""
    try:
        record_run(root, folder, manifest, days, keys)
    except CatalogError as error:
        warnings.warn(f"The result was saved, but the catalog could not note which data it used: {error}", stacklevel=4)


def _plain(value: Any, depth: int = 0) -> Any:
    """A parameter as JSON can hold it; what holds itself, down to some depth."""
    if depth > DEEPEST:
        return text_of_object(value)
    if isinstance(value, bool | int | str | float | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {text_of_object(key): _plain(item, depth + 1) for key, item in value.items()}
    return text_of_object(value)
