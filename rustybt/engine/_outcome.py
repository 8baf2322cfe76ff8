"""The outcome of a run: the Result and its manifest."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any

from rustybt.calendars import sessions_per_year
from rustybt.catalog import record_run
from rustybt.core import (
    date_of,
)
from rustybt.engine._explain import explains_later
from rustybt.engine._loop import Loop
from rustybt.engine._manifest import manifest_of
from rustybt.engine._prepared import Prepared
from rustybt.engine._run_notes import add_closing_notes
from rustybt.engine._run_rows import rows_of_run
from rustybt.engine._wire import met_later
from rustybt.errors import CatalogError
from rustybt.results import Result, RunFrames

PERIODS_OF_ZIPLINE = 252
PERIODS_OF = {"1w": 52, "1mo": 12}
"""Of bars that are no sessions."""
DEEPEST = 20


def result_of(parts: Prepared, loop: Loop, rerun: Any) -> Result:
    """The result of a run that is over. again: runs it once more with another Compat."""
    run, callbacks, data = parts.run, parts.callbacks, parts.data
    axis = run.market.axis
    # of a run that was ended early it is not the last of the axis
    last_session = axis.first_session + len(loop.recorder.days) - 1
    of_sessions = PERIODS_OF_ZIPLINE if parts.compat.year_of_252 else sessions_per_year(axis.calendar)
    periods = PERIODS_OF.get(run.market.frequency, of_sessions)
    manifest = manifest_of(parts) | {
        "end": date_of(int(axis.calendar.days[last_session])).isoformat(),
        "periods": periods,
        "benchmark": loop.recorder.benchmark.name if loop.recorder.benchmark is not None else None,
        "bars": loop.bars_run,
    }
    if run.converter is not None:
        manifest["rates"] = run.converter.rates.used()
    if loop.capital.given:
        manifest["capital_changes"] = loop.capital.given
    written, report = (None, None) if loop.hooks is None else (loop.hooks.frame, loop.hooks.report)
    fill_at = loop.simulated.triggers.field
    frames = RunFrames(rows_of_run(run, loop.recorder, loop.ledger, periods, written, fill_at))
    add_closing_notes(run, loop, callbacks, frames, parts.given)
    explains = explains_later(parts, loop.recorder, loop.simulated.triggers, met_later(loop.wire))
    told = run.notes.all()
    result = Result(
        frames, manifest=manifest, periods=periods, report=report, rerun=rerun, notes=told, explains=explains
    )
    days = axis.calendar.days[[axis.first_session, last_session]]
    keys = tuple(instrument.asset.key for instrument in run.account.instruments)
    result.tell_when_saved(functools.partial(_note_use, data.path.parents[2], (int(days[0]), int(days[1])), keys))
    return result


def _note_use(root: Path, days: tuple[int, int], keys: tuple[str, ...], folder: Path, manifest: dict[str, Any]) -> None:
    """The catalog learns of a saved run; one that can't be written to must not lose the user the result."""
    try:
        record_run(root, folder, manifest, days, keys)
    except CatalogError as error:
        warnings.warn(f"The result was saved, but the catalog could not note which data it used: {error}", stacklevel=4)
