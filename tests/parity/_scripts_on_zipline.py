"""Zipline's own command runs scripts on the market: a process that writes each frame as JSON.

python -m tests.parity._scripts_on_zipline FOLDER: reads FOLDER/jobs.json, a list of
{script, frequency, start, end, capital}, and writes FOLDER/<number>.json.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.parity._market import DIVIDENDS, SPLITS, Market, days_of, market
from tests.parity._only_zipline import without_rustybt
from tests.parity._perf import plain_frame

PRICES = ("open", "high", "low", "close")


def register(name: str, data: Market) -> None:
    """The market as a bundle of Zipline's, registered as an extension would do it."""
    import pandas as pd
    from zipline.data import bundles

    daily = data.frequency == "daily"
    first, last = (pd.Timestamp(day) for day in days_of(data.frequency))

    def frame(symbol: str) -> Any:
        rows = data.bars[symbol]
        index = pd.DatetimeIndex(list(rows), tz=None if daily else "UTC")
        columns = {name: [row[i] / 100 for row in rows.values()] for i, name in enumerate(PRICES)}
        return pd.DataFrame({**columns, "volume": [float(row[4]) for row in rows.values()]}, index=index)

    @bundles.register(name, calendar_name="XNYS", start_session=first, end_session=last)
    def ingest(environ: Any, assets: Any, minutes: Any, days: Any, adjustments: Any, calendar: Any, *more: Any) -> None:
        frames = {sid: frame(symbol) for sid, symbol in enumerate(data.symbols)}
        per_day = {sid: one if daily else _by_session(calendar, one) for sid, one in frames.items()}
        assets.write(equities=_equities(data, per_day), exchanges=_exchanges())
        days.write(_filled(calendar, per_day, last))
        if not daily:
            minutes.write(list(frames.items()))
        adjustments.write(splits=_splits(data), dividends=_dividends(data))


def _by_session(calendar: Any, frame: Any) -> Any:
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.groupby(calendar.minutes_to_sessions(frame.index)).agg(how)


def _filled(calendar: Any, per_day: dict[int, Any], last: Any) -> list[tuple[int, Any]]:
    """Zipline's writer wants a row for each session; one without a trade is zero."""
    return [
        (sid, days.reindex(calendar.sessions_in_range(days.index[0], last)).fillna(0.0))
        for sid, days in per_day.items()
    ]


def _equities(data: Market, per_day: dict[int, Any]) -> Any:
    import pandas as pd

    last = pd.Timestamp(days_of(data.frequency)[1])
    rows = [
        {
            "symbol": symbol,
            "asset_name": symbol,
            "start_date": per_day[sid].index[0],
            "end_date": last,
            "first_traded": per_day[sid].index[0],
            "auto_close_date": pd.NaT,
            "exchange": "NYSE",
        }
        for sid, symbol in enumerate(data.symbols)
    ]
    return pd.DataFrame(rows)


def _exchanges() -> Any:
    import pandas as pd

    return pd.DataFrame({"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]})


def _splits(data: Market) -> Any:
    import pandas as pd

    first, last = days_of(data.frequency)
    rows = [
        {"sid": data.symbols.index(symbol), "ratio": float(Fraction(ratio)), "effective_date": pd.Timestamp(day)}
        for symbol, day, ratio in SPLITS
        if symbol in data.symbols and first <= day <= last
    ]
    return pd.DataFrame(rows)


def _dividends(data: Market) -> Any:
    import pandas as pd

    first, last = days_of(data.frequency)
    rows = [
        {
            "sid": data.symbols.index(symbol),
            "amount": float(amount),
            "ex_date": pd.Timestamp(ex),
            "record_date": pd.NaT,
            "declared_date": pd.NaT,
            "pay_date": pd.Timestamp(pay),
        }
        for symbol, ex, amount, pay in DIVIDENDS
        if symbol in data.symbols and first <= ex <= last
    ]
    frame = pd.DataFrame(rows)
    for name in ("ex_date", "record_date", "declared_date", "pay_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def run(job: dict[str, str], place: Path) -> None:
    """`zipline run` on a script; its frame in plain values is written to `place`."""
    import pandas as pd
    from zipline.__main__ import main as command

    pickled = place.with_suffix(".pickle")
    where = ["-f", job["script"], "-b", job["frequency"], "-s", job["start"], "-e", job["end"], "-o", str(pickled)]
    how = ["--data-frequency", job["frequency"], "--capital-base", job["capital"], "--no-benchmark"]
    command(["--no-default-extension", "run", *where, *how], standalone_mode=False)
    place.write_text(json.dumps(plain_frame(pd.read_pickle(pickled))), encoding="utf-8")


def main() -> None:
    """Ingests what the jobs need, then runs them."""
    without_rustybt()
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    os.environ["ZIPLINE_ROOT"] = str(folder / "zipline")
    from zipline.data import bundles

    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    for frequency in sorted({job["frequency"] for job in jobs}):
        register(frequency, market(frequency))
        bundles.ingest(frequency, show_progress=False)
    for number, job in enumerate(jobs):
        try:
            run(job, folder / f"{number}.json")
        except Exception as error:
            error.add_note(f"in {job}")
            raise


if __name__ == "__main__":
    main()
