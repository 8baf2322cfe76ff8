"""`ingest_zipline`: a bundle that Zipline has ingested, as a bundle of RustyBT."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rustybt.catalog import DAILY, MINUTE
from rustybt.errors import InputError
from rustybt.ingest import IngestReport, ingest
from rustybt.zipline.reader._actions import Actions, read_actions
from rustybt.zipline.reader._assets import AssetFile, assets_frame, read_assets
from rustybt.zipline.reader._bars import Bars, daily_calendar, read_daily, read_metadata, read_minutes
from rustybt.zipline.reader._folder import (
    ADJUSTMENTS,
    DAILY_BARS,
    MINUTE_BARS,
    Ingestion,
    find_ingestion,
)
from rustybt.zipline.reader._folder import zipline_root as _root
from rustybt.zipline.reader._hdf5 import read_hdf5


def ingest_zipline(
    bundle: str,
    *,
    zipline_root: str | Path | None = None,
    timestamp: dt.datetime | str | None = None,
    name: str | None = None,
    calendar: str | None = None,
    hdf5: str | Path | None = None,
    countries: Sequence[str] | None = None,
    mode: Literal["error", "append", "replace", "correct"] = "error",
    on_bad_row: Literal["error", "drop", "quarantine"] = "error",
    root: str | Path | None = None,
) -> IngestReport:
    """Take over a bundle that zipline-reloaded has ingested: bars of days and minutes, assets, actions, in one version.

    Prices become the decimals that their integers stand for, amounts and ratios what their floats were written as;
    sids, symbols over time, exchanges, countries and the dates of assets stay. Rows of zeros are no bars. Rows that the
    bundle's own calendar has no session or minute for, which Zipline could not see, are left out; a note counts them.

    bundle: the name under which Zipline has it.
    zipline_root: the folder with Zipline's data; None means ZIPLINE_ROOT, else ~/.zipline.
    timestamp: take the newest ingestion at or before that moment (UTC); None takes the newest.
    name: the name of the bundle here; None keeps it.
    calendar: whose sessions the bars belong to; None takes that of the bundle.
    hdf5: a file of daily bars that `zipline.data.hdf5_daily_bars` wrote, in the place of the bundle's own;
        minutes are those of the assets in it.
    countries: of that file; None takes all. A bundle has one calendar, so ingest countries with other sessions apart.
    mode, on_bad_row, root: as in `rustybt.ingest`.

    Needs blosc2 and for HDF5 h5py, which the extra `rustybt[zipline]` brings; neither Zipline nor pandas.
    Raises BundleNotFound, InputError naming a file that can't be read, MissingExtra, and what `ingest` raises.
    """
    found = find_ingestion(bundle, _root(zipline_root), timestamp)
    return ingest_folder(
        found,
        name=name or bundle,
        calendar=calendar,
        hdf5=None if hdf5 is None else Path(hdf5).expanduser(),
        countries=countries,
        mode=mode,
        on_bad_row=on_bad_row,
        root=root,
    )


@dataclass(slots=True)
class _Data:
    """What the files held."""

    assets: AssetFile
    calendars: dict[str, str]
    bars: dict[str, Bars] = field(default_factory=dict)
    countries: list[str] = field(default_factory=list)


def ingest_folder(
    found: Ingestion,
    *,
    name: str,
    calendar: str | None,
    hdf5: Path | None,
    countries: Sequence[str] | None,
    mode: Literal["error", "append", "replace", "correct"],
    on_bad_row: Literal["error", "drop", "quarantine"],
    root: str | Path | None,
) -> IngestReport:
    """`ingest_zipline` of one folder."""
    data = _read(found, hdf5, countries)
    chosen = calendar or _one_calendar(found, data.calendars)
    notes = _leave_out(data, chosen)
    sids = {sid for bars in data.bars.values() for sid in bars.sids}
    if not sids:
        told = "".join(f" {note}" for note in notes)
        raise InputError(f"{found.folder} holds no bars.{told} Check that the bundle's ingest function wrote some.")
    present = {sid: data.assets.assets[sid] for sid in sorted(sids)}
    currencies = {sid: code for bars in data.bars.values() for sid, code in bars.currencies.items()}
    path = found.file(ADJUSTMENTS)
    actions = read_actions(path, present) if path else None
    frames = {frequency: bars.whole() for frequency, bars in data.bars.items() if bars.frames}
    report = ingest(
        name,
        frames,
        calendar=chosen,
        stamp="end",
        assets=assets_frame(present.values(), currencies),
        splits=actions.splits if actions else None,
        dividends=actions.dividends if actions else None,
        stock_dividends=actions.stock_dividends if actions else None,
        mode=mode,
        on_bad_row="drop-most" if on_bad_row == "drop" else on_bad_row,  # it is Zipline's choice what it holds
        provenance=_provenance(found, data, actions, len(present)),
        root=root,
    )
    return replace(report, notes=(*notes, *report.notes))


def _leave_out(data: _Data, calendar: str) -> list[str]:
    """Leaves out the rows that Zipline could not see, and tells how many. On another calendar than the bundle's own
    every row is judged by `ingest`: what is outside of it may well have been seen."""
    if set(data.calendars.values()) - {calendar}:
        return []
    notes = []
    for frequency, bars in data.bars.items():
        dates = bars.leave_out(calendar)
        if dates is not None:
            notes.append(
                f"{bars.outside} row{'s' if bars.outside > 1 else ''} of {frequency!r}, from {dates[0]} to {dates[1]}, "
                f"lie outside of {calendar}, the bundle's calendar: Zipline could not see them, and they were left out."
            )
    return notes


def _read(found: Ingestion, hdf5: Path | None, countries: Sequence[str] | None) -> _Data:
    data = _Data(read_assets(found.assets()), {})
    assets = data.assets.assets
    daily, minute = found.file(DAILY_BARS), found.file(MINUTE_BARS)
    if hdf5 is not None:
        data.bars[DAILY], data.countries = read_hdf5(hdf5, countries, assets)
        assets = {sid: assets[sid] for sid in sorted(data.bars[DAILY].sids)}
    elif countries is not None:
        raise InputError(f"countries={list(countries)!r} chooses from an HDF5 file, and none was given. Pass hdf5=.")
    elif daily is not None:
        data.bars[DAILY] = read_daily(daily, assets)
    if daily is not None:
        data.calendars[DAILY] = daily_calendar(daily)
    if minute is not None:
        data.bars[MINUTE] = read_minutes(minute, assets.values())
        data.calendars[MINUTE] = read_metadata(minute).calendar
    return data


def _one_calendar(found: Ingestion, calendars: dict[str, str]) -> str:
    names = set(calendars.values())
    if len(names) == 1:
        return names.pop()
    if not names:
        raise InputError(f"{found.folder} does not say which calendar its bars are on. Pass calendar=, such as 'XNYS'.")
    raise InputError(
        f"{found.folder} has bars on the calendars {', '.join(sorted(names))}. Pass calendar=, one of them."
    )


def _provenance(found: Ingestion, data: _Data, actions: Actions | None, assets: int) -> dict[str, Any]:
    counts: dict[str, int] = {
        "assets": assets,
        "assets without bars": len(data.assets.assets) - assets,
        **{f"bars {frequency}": bars.rows for frequency, bars in data.bars.items()},
        **{f"empty rows {frequency}": bars.empty_rows for frequency, bars in data.bars.items()},
        **{f"rows outside the calendar {frequency}": bars.outside for frequency, bars in data.bars.items()},
        "sids without asset": len(set().union(*(bars.unknown for bars in data.bars.values()))),
        "supplementary mappings left out": data.assets.supplementary,
    }
    if actions is not None:
        for kind in ("splits", "dividends", "stock_dividends"):
            frame: pl.DataFrame | None = getattr(actions, kind)
            counts[kind.replace("_", " ")] = 0 if frame is None else frame.height
        counts["mergers among the splits"] = actions.mergers
        counts["actions of assets without bars"] = actions.without_bars
    said: dict[str, Any] = {
        "source": f"Zipline bundle {found.bundle!r}, {found.folder}",
        "ingested by Zipline": None if found.moment is None else f"{found.moment.isoformat()}Z",
        "asset database": f"schema {data.assets.version}",
        "counts": {what: count for what, count in counts.items() if count},
    }
    if data.countries:
        said["countries"] = data.countries
    return {what: value for what, value in said.items() if value is not None}
