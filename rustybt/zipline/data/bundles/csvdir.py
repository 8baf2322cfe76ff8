"""csvdir: CSV files in folders daily and minute, one per symbol, with dividends and splits in columns of the bars."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.zipline._pandas import pandas
from rustybt.zipline.data.bundles.core import register

__all__ = ["CSVDIRBundle", "csvdir_bundle", "csvdir_equities"]

_FRAMES: Final = ("daily", "minute")
_VARIABLE: Final = "CSVDIR"


def csvdir_equities(tframes: Iterable[str] | None = None, csvdir: str | Path | None = None) -> Any:
    """An ingest function for `register`.

    tframes: of "daily" and "minute"; None takes those that are there. csvdir: the folder with them; None means the one
    that the variable CSVDIR names.
    """
    return CSVDIRBundle(tframes, csvdir).ingest


class CSVDIRBundle:
    """A folder of CSV files and which of its frequencies are taken; `ingest` is the ingest function."""

    def __init__(self, tframes: Iterable[str] | None = None, csvdir: str | Path | None = None) -> None:
        self.tframes = None if tframes is None else list(tframes)
        self.csvdir = csvdir
        self.ingest = functools.partial(csvdir_bundle, tframes=self.tframes, csvdir=csvdir)


def csvdir_bundle(
    environ: Mapping[str, str],
    asset_db_writer: Any,
    minute_bar_writer: Any,
    daily_bar_writer: Any,
    adjustment_writer: Any,
    calendar: Any,
    start_session: Any,
    end_session: Any,
    cache: Any,
    show_progress: bool,
    output_dir: str,
    tframes: Iterable[str] | None = None,
    csvdir: str | Path | None = None,
) -> None:
    """Reads the files and hands them to the writers. A dividend has no pay date: it is paid on its ex-date."""
    folder = _folder(environ, csvdir)
    wanted = [name for name in _FRAMES if name in (tframes or _there(folder))]
    files = {name: _files(folder / name) for name in wanted}
    symbols = sorted({symbol for of_frame in files.values() for symbol in of_frame})
    sids = {symbol: sid for sid, symbol in enumerate(symbols)}
    spans: dict[str, list[Any]] = {}
    actions: dict[str, list[dict[str, Any]]] = {"splits": [], "dividends": []}
    for name in wanted:
        pairs = []
        for symbol, path in files[name].items():
            frame = _read(path)
            if not len(frame):
                continue
            spans.setdefault(symbol, []).extend((frame.index[0], frame.index[-1]))
            if name == wanted[0]:  # the other folder says the same again
                _note_actions(frame, sids[symbol], actions)
            pairs.append((sids[symbol], frame))
        writer = minute_bar_writer if name == "minute" else daily_bar_writer
        writer.write(pairs, show_progress=show_progress)
    asset_db_writer.write(equities=_equities(spans, sids))
    frames = {kind: pandas().DataFrame(rows) if rows else None for kind, rows in actions.items()}
    adjustment_writer.write(**frames)


def _folder(environ: Mapping[str, str], csvdir: str | Path | None) -> Path:
    given = csvdir or environ.get(_VARIABLE)
    if not given:
        raise InputError(
            f"The variable {_VARIABLE} is not set. Set it to the folder with the folders daily and minute."
        )
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Name one that holds the folders daily and minute.")
    return folder


def _there(folder: Path) -> list[str]:
    found = [name for name in _FRAMES if (folder / name).is_dir()]
    if not found:
        raise InputError(f"{folder} has neither a folder daily nor one minute. Put the CSV files into these.")
    return found


def _files(folder: Path) -> dict[str, Path]:
    """Files by symbol: what stands before .csv in their names."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Make it, or leave that frequency out.")
    found = {path.name.split(".csv")[0]: path for path in sorted(folder.iterdir()) if ".csv" in path.name}
    if not found:
        raise InputError(f"No CSV file in {folder}. Put one for each symbol there.")
    return found


def _read(path: Path) -> Any:
    try:
        frame = pandas().read_csv(path, parse_dates=[0], index_col=0, float_precision="round_trip").sort_index()
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{path} can't be read: {error}. Fix the file.") from error
    if len(frame) and not hasattr(frame.index, "tz"):
        raise InputError(f"{path}: its first column holds no dates, but {frame.index[0]!r}. Put the dates first.")
    return frame


def _note_actions(frame: Any, sid: int, actions: dict[str, list[dict[str, Any]]]) -> None:
    nothing = pandas().NaT
    if "split" in frame.columns:
        for stamp, shares in frame.loc[frame["split"].notna() & (frame["split"] != 1), "split"].items():
            actions["splits"].append({"sid": sid, "ratio": 1 / shares if shares else shares, "effective_date": stamp})
    if "dividend" in frame.columns:
        dates = dict.fromkeys(("record_date", "declared_date", "pay_date"), nothing)
        for stamp, amount in frame.loc[frame["dividend"].notna() & (frame["dividend"] != 0), "dividend"].items():
            actions["dividends"].append({"sid": sid, "amount": amount, "ex_date": stamp, **dates})


def _equities(spans: Mapping[str, list[Any]], sids: Mapping[str, int]) -> Any:
    """Listed from the first to the last bar, closed out on the day after; on the exchange CSVDIR, as in Zipline."""
    pd = pandas()
    rows = []
    for symbol, stamps in spans.items():
        days = [pd.Timestamp(stamp).tz_localize(None).normalize() for stamp in stamps]
        last = max(days)
        dates = {"start_date": min(days), "end_date": last, "auto_close_date": last + pd.Timedelta(days=1)}
        rows.append({"sid": sids[symbol], "symbol": symbol, **dates, "exchange": "CSVDIR"})
    return pd.DataFrame(rows)


register("csvdir", csvdir_bundle)
