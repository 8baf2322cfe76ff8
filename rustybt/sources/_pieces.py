"""A download, taken apart by symbol to be kept, and put together again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from rustybt.core import MAX_DIGITS, CachedBars, datetime_of
from rustybt.sources._download import (
    ASSETS,
    DIVIDENDS,
    FUNDING,
    LATE_START,
    SPLITS,
    DownloadRequest,
    late_start,
    unique_records,
)
from rustybt.sources._page import NUMBERS, frame_of
from rustybt.sources._source import Failure, Fetched, Window
from rustybt.sources._spans import Span, days_of, range_of, within

_ACTIONS: Final = ("splits", "dividends", "funding")
_OF_THE_REQUEST: Final = ("symbols", "start", "end", "frequency", "failed")


@dataclass(frozen=True, slots=True)
class Restated:
    """Kept bars differ from those of the vendor now. what: the first difference, for people."""

    what: str


def pieces_of(fetched: Fetched, span: Span, tz: str, as_of: int) -> dict[str, CachedBars]:
    """A download of some days, by symbol. as_of: when, in UTC nanoseconds."""
    start_ns, end_ns = range_of(span, tz, as_of)
    provenance = {name: told for name, told in fetched.provenance.items() if name not in _OF_THE_REQUEST}
    records = {name: _records(getattr(fetched, name)) for name in (*_ACTIONS, "assets")}
    found = {}
    for (symbol,), bars in fetched.bars.partition_by("symbol", as_dict=True, maintain_order=True).items():
        metadata: dict[str, Any] = {name: records[name].get(symbol, []) for name in _ACTIONS}
        metadata["asset"] = next(iter(records["assets"].get(symbol, [])), None)
        metadata["notes"] = [n for n in fetched.notes if n.startswith(f"{symbol}: ") and LATE_START not in n]
        metadata["provenance"] = provenance
        found[str(symbol)] = CachedBars(str(symbol), start_ns, end_ns, as_of, fitted(bars), metadata)
    return found


def _records(frame: pl.DataFrame | None) -> dict[str, list[dict[str, str]]]:
    """Rows of text by symbol."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in [] if frame is None else frame.iter_rows(named=True):
        told = {name: str(value) for name, value in row.items() if value is not None}
        found.setdefault(told["symbol"], []).append(told)
    return found


def extended(kept: CachedBars, piece: CachedBars, window: Window, settled_until: int) -> CachedBars | Restated:
    """Both as one, where they agree on the bars and actions that both have and that were settled."""
    start, end = max(kept.start_ns, piece.start_ns), min(settled_until, piece.end_ns)
    old, new = (within(one.bars, start, end, window.tz) for one in (kept, piece))
    if (what := _difference(old, new)) is not None:
        return Restated(what)
    metadata = {**piece.metadata}
    both = Window(start, end, window.frequency, window.tz)
    replaced = Window(piece.start_ns, piece.end_ns, window.frequency, window.tz)
    for name in _ACTIONS:
        earlier, later = kept.metadata.get(name, []), piece.metadata[name]
        if start < end and _dated(earlier, both) != _dated(later, both):
            return Restated(f"{name} from {both.first_date} to {both.last_date} are others")
        metadata[name] = [*(row for row in earlier if row not in _dated(earlier, replaced)), *later]
    metadata["asset"] = piece.metadata["asset"] or kept.metadata["asset"]
    metadata["notes"] = list(dict.fromkeys([*kept.metadata["notes"], *piece.metadata["notes"]]))
    # what the piece does not reach of bars that may change is given up: one time of fetching holds for all
    newer = piece.end_ns > settled_until
    end_ns, as_of = (piece.end_ns, piece.as_of_ns) if newer else (kept.end_ns, kept.as_of_ns)
    before = within(kept.bars, kept.start_ns, piece.start_ns, window.tz)
    after = within(kept.bars, piece.end_ns, end_ns, window.tz)
    bars = joined([part for part in (before, piece.bars, after) if part.height])
    return CachedBars(kept.symbol, min(kept.start_ns, piece.start_ns), end_ns, as_of, bars, metadata)


def _difference(old: pl.DataFrame, new: pl.DataFrame) -> str | None:
    name = old.columns[1]
    before, after = _one_scale([old, new])
    if before.equals(after, null_equal=True):
        return None
    told = before.join(after, on=name, how="full", suffix=" now", coalesce=True).sort(name)
    for row in told.iter_rows(named=True):
        if row["symbol"] is None or row["symbol now"] is None:
            return f"{row[name]} was {'not there' if row['symbol'] is None else 'there, and is not any more'}"
        for number in NUMBERS:
            if row[number] != row[f"{number} now"]:
                return f"{number} of {row[name]} was {row[number]}, and is {row[f'{number} now']}"
    return "bars are in another order"


def _dated(records: Sequence[Mapping[str, str]], window: Window) -> list[Mapping[str, str]]:
    first, last = str(window.first_date), str(window.last_date)
    return [record for record in records if first <= (record.get("ex_date") or record["timestamp"])[:10] <= last]


def _one_scale(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The frames with Decimals of one scale each for prices and volume."""
    scales = [tuple(frame.schema[name].scale for name in ("open", "volume")) for frame in frames]  # type: ignore[attr-defined]
    price, volume = (max(column) for column in zip(*scales, strict=True))
    return [
        frame if scale == (price, volume) else frame.with_columns(_cast(NUMBERS[:4], price), _cast(NUMBERS[4:], volume))
        for frame, scale in zip(frames, scales, strict=True)
    ]


def _cast(names: Sequence[str], scale: int) -> pl.Expr:
    return pl.col(names).cast(pl.Decimal(MAX_DIGITS, scale))


def joined(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One frame, with the fewest decimals that show every digit, as if it had been fetched at once."""
    return fitted(pl.concat(_one_scale(frames)))


def fitted(bars: pl.DataFrame) -> pl.DataFrame:
    """The same numbers, with the fewest decimals that show every digit: one scale for prices, one for volume."""
    for names in (NUMBERS[:4], NUMBERS[4:]):
        scale = max(bars.schema[name].scale for name in names)  # type: ignore[attr-defined]
        least = scale
        while least and _holds(bars, names, least - 1):
            least -= 1
        if any(bars.schema[name] != pl.Decimal(MAX_DIGITS, least) for name in names):
            bars = bars.with_columns(_cast(names, least))
    return bars


def _holds(bars: pl.DataFrame, names: Sequence[str], scale: int) -> bool:
    for name in names:
        column = bars[name]
        # the first rows tell most of the time
        for part in (column.head(64), column):
            if not (part.cast(pl.Decimal(MAX_DIGITS, scale)).cast(column.dtype) == part).all():
                return False
    return True


def fetched_of(
    request: DownloadRequest,
    window: Window,
    answers: Sequence[CachedBars],
    failures: Iterable[Failure],
    notes: Sequence[str],
    provenance: Mapping[str, Any],
) -> Fetched:
    """The result of `fetch`, from what is known of each symbol; each has bars in the window."""
    ordered = sorted(answers, key=lambda one: one.symbol)
    parts = [within(one.bars, window.start_ns, window.end_ns, window.tz) for one in ordered]
    cut = any(part.height < one.bars.height for part, one in zip(parts, ordered, strict=True))
    bars = pl.concat(_one_scale(parts))
    records: dict[str, list[dict[str, str | None]]] = {
        name: [row for one in ordered for row in _dated(one.metadata.get(name, []), window)]  # type: ignore[misc]
        for name in _ACTIONS
    }
    told = list(notes)
    for one, part in zip(ordered, parts, strict=True):
        told += one.metadata["notes"]
        told += late_start(one.symbol, _first_day(part, window), window)
    newest = max(answers, key=lambda one: one.as_of_ns)
    dated = {
        "symbols": list(request.symbols),
        "start": str(window.first_date),
        "end": str(window.last_date),
        "frequency": str(window.frequency),
        "fetched_at": datetime_of(newest.as_of_ns).isoformat(),
    }
    return Fetched(
        bars=(fitted(bars) if cut else bars).rechunk(),
        frequency=str(window.frequency),
        calendar=request.supports.calendar_of(request.window.frequency),
        extended_hours=request.supports.extended_hours and window.frequency.step_ns is not None,
        splits=frame_of(unique_records(records["splits"]), SPLITS),
        dividends=frame_of(unique_records(records["dividends"]), DIVIDENDS),
        funding=frame_of(unique_records(records["funding"]), FUNDING),
        assets=frame_of([one.metadata["asset"] for one in ordered if one.metadata["asset"]], ASSETS),
        failures=tuple(failures),
        notes=tuple(dict.fromkeys(told)),
        provenance={**newest.metadata["provenance"], **dated, **provenance},
    )


def _first_day(bars: pl.DataFrame, window: Window) -> dt.date:
    day: dt.date = days_of(bars.head(1), window)[0]
    return day
