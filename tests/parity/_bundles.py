"""Bundles that Zipline itself writes, and one strategy that both run on them.

As a module it is the process that Zipline works in: the folder that is to be ZIPLINE_ROOT as the argument, outcomes as
JSON on standard output.
"""

from __future__ import annotations

import base64
import json
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from tests.parity._only_zipline import without_rustybt
from tests.parity._outcomes import Answer, on_record

START, END = "2023-11-01", "2023-12-29"
DAYS = ("2023-11-06", END)
MINUTES = ("2023-11-21", "2023-11-27")
"""The span of the minute run; 24 November is a half day."""
SIDS = (3, 24, 1001)
DAILY_COLUMNS = (
    "portfolio_value", "pnl", "returns", "starting_cash", "ending_cash", "capital_used", "long_value", "short_value",
    "gross_leverage", "max_drawdown", "seen",
)  # fmt: skip


def strategy(api: Any) -> dict[str, Any]:
    """The callbacks, on either engine's API: targets by the last closes, and what was seen is recorded."""

    def initialize(context: Any) -> None:
        context.turn = 0
        context.assets = [api.sid(sid) for sid in SIDS]

    def handle_data(context: Any, data: Any) -> None:
        context.turn += 1
        if api.get_environment("data_frequency") == "minute" and context.turn % 29:
            return
        seen = 0.0
        for place, asset in enumerate(context.assets):
            if not data.can_trade(asset):
                continue
            seen += float(data.current(asset, "price")) + float(data.current(asset, "volume"))
            closes = [float(price) for price in data.history(asset, "price", 3, "1d")]
            seen += sum(price for price in closes if not math.isnan(price))
            if (context.turn + place) % 5 < 2:
                api.order(asset, 137 - 100 * place)
        api.record(seen=seen)

    return {"initialize": initialize, "handle_data": handle_data}


# -- Zipline's side


def ingest_function(environ: Any, assets: Any, minutes: Any, days: Any, adjustments: Any, *rest: Any) -> None:
    """A user's ingest function."""
    import pandas as pd

    calendar = rest[0]
    sessions = calendar.sessions_in_range(START, END)
    frames = {sid: _minutes(calendar, sid, sessions) for sid in SIDS}
    gone = sessions[30]
    frames[1001] = frames[1001][: calendar.session_close(gone)]
    per_day = {sid: _days(calendar, frame) for sid, frame in frames.items()}
    change = sessions[20]
    rows = [
        (3, "OLD", "Renamed Inc", sessions[0], sessions[19], "New York Stock CurrencyConverter"),
        (3, "NEW", "Renamed Inc", change, sessions[-1], "New York Stock CurrencyConverter"),
        (24, "BRK.A", "Class A", sessions[0], sessions[-1], "NASDAQ"),
        (1001, "GONE", "Delisted", sessions[0], gone, "New York Stock CurrencyConverter"),
        (77, "IDLE", "Never traded", sessions[0], sessions[-1], "New York Stock CurrencyConverter"),
    ]
    equities = pd.DataFrame(rows, columns=["sid", "symbol", "asset_name", "start_date", "end_date", "exchange"])
    equities["first_traded"] = equities["start_date"]
    equities["auto_close_date"] = equities["end_date"] + pd.Timedelta(days=1)
    equities.loc[equities["sid"] != 1001, "auto_close_date"] = pd.NaT
    exchanges = pd.DataFrame(
        {
            "exchange": ["New York Stock CurrencyConverter", "NASDAQ"],
            "canonical_name": ["NYSE", "NASDAQ"],
            "country_code": ["US", "US"],
        }
    )
    contract = {"sid": 500, "symbol": "CLF24", "root_symbol": "CL", "asset_name": "Crude", "exchange": "NASDAQ"}
    dates = {"start_date": sessions[0], "end_date": sessions[-1], "first_traded": sessions[0]}
    last = {"notice_date": sessions[33], "expiration_date": sessions[35], "auto_close_date": sessions[33]}
    futures = pd.DataFrame([contract | dates | last | {"multiplier": 1000.0, "tick_size": 0.01}])
    roots = pd.DataFrame({"root_symbol": ["CL"], "root_symbol_id": [1], "exchange": ["NASDAQ"]})
    assets.write(
        equities=equities.set_index("sid"), futures=futures.set_index("sid"), exchanges=exchanges, root_symbols=roots
    )
    days.write([*per_day.items(), (500, _days(calendar, _minutes(calendar, 500, sessions)))])
    minutes.write(frames.items())
    _adjust(adjustments, sessions)


def _adjust(adjustments: Any, sessions: Any) -> None:
    import pandas as pd

    splits = pd.DataFrame({"sid": [24], "effective_date": [sessions[15]], "ratio": [1 / 3]})
    dividends = pd.DataFrame(
        {
            "sid": [3, 1001],
            "amount": [0.1 + 0.2, 0.125],
            "ex_date": [sessions[14], sessions[12]],
            "record_date": pd.to_datetime([sessions[15], pd.NaT]),
            "declared_date": pd.to_datetime([pd.NaT, pd.NaT]),
            "pay_date": pd.to_datetime([sessions[17], pd.NaT]),
        }
    )
    in_shares = pd.DataFrame({"sid": [24], "payment_sid": [3], "ratio": [0.05], "ex_date": [sessions[1]]})
    for name, at in (("record_date", 2), ("declared_date", 0), ("pay_date", 2)):
        in_shares[name] = [sessions[at]]
    mergers = pd.DataFrame({"sid": [3], "effective_date": [sessions[10]], "ratio": [0.8]})
    adjustments.write(splits=splits, mergers=mergers, dividends=dividends, stock_dividends=in_shares)


def _minutes(calendar: Any, sid: int, sessions: Any) -> Any:
    """A bar every seventh minute, prices in thousandths."""
    import numpy as np
    import pandas as pd

    index = calendar.minutes_in_range(
        calendar.session_first_minute(sessions[0]), calendar.session_last_minute(sessions[-1])
    )[sid % 5 :: 7]
    random = np.random.default_rng(sid)
    close = np.round(50 + sid % 40 + np.cumsum(random.normal(0, 0.05, len(index))), 3)
    open_ = np.round(close + random.normal(0, 0.02, len(index)), 3)
    return pd.DataFrame(
        {
            "open": open_,
            "high": np.maximum(open_, close) + 0.01,
            "low": np.minimum(open_, close) - 0.01,
            "close": close,
            "volume": random.integers(1_000, 90_000, len(index)).astype(float),
        },
        index=index,
    )


def _days(calendar: Any, frame: Any) -> Any:
    days = calendar.minutes_to_sessions(frame.index)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.groupby(days).agg(how)


def write_hdf5(path: Path) -> None:
    """Daily bars of two countries in one HDF5 file."""
    import pandas as pd
    from zipline.data.hdf5_daily_bars import HDF5DailyBarWriter

    sessions = pd.DatetimeIndex(["2023-11-01", "2023-11-02", "2023-11-03"])
    writer = HDF5DailyBarWriter(str(path), date_chunk_size=30)
    for country, sid, currency, factor in (("US", 3, "USD", 1000), ("CA", 24, "CAD", 100_000)):
        prices = pd.DataFrame({sid: [10.25, float("nan"), 10.12345]}, index=sessions)
        frames = {name: prices.copy() for name in ("open", "high", "low", "close")}
        frames["volume"] = pd.DataFrame({sid: [100.0, float("nan"), 300.0]}, index=sessions)
        writer.write(
            country,
            frames,
            currency_codes=pd.Series({sid: currency}),
            scaling_factors=dict.fromkeys(("open", "high", "low", "close"), factor) | {"volume": 1},
        )


def _run(frequency: str, start: str, end: str) -> dict[str, Any]:
    import pandas as pd
    import zipline.api
    from zipline import run_algorithm

    perf = run_algorithm(
        start=pd.Timestamp(start),
        end=pd.Timestamp(end),
        capital_base=100_000,
        data_frequency=frequency,
        bundle="both",
        default_extension=False,
        **strategy(zipline.api),
    )
    return {
        "daily": {name: [None if pd.isna(value) else float(value) for value in perf[name]] for name in DAILY_COLUMNS},
        "transactions": [
            [t["dt"].value, int(t["sid"]), int(t["amount"]), float(t["price"])]
            for day in perf["transactions"]
            for t in day
        ],
    }


def zipline_writes(folder: Path) -> dict[str, Any]:
    """Have Zipline write the bundle "both" and an HDF5 file below the folder, and run the strategy; in a process."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity._bundles", str(folder)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"ZIPLINE_ROOT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def written(folder: Path, answer: Answer = on_record) -> dict[str, Any]:
    """The same from the record: its files are put below the folder. Gives what Zipline's runs came to."""

    def ask() -> dict[str, Any]:
        outcome = zipline_writes(folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        names = {path: path.relative_to(folder).as_posix() for path in files}
        return outcome | {"files": {names[path]: base64.b64encode(path.read_bytes()).decode() for path in files}}

    outcome = answer("bundles", Path(__file__).read_text(encoding="utf-8"), ask)
    for name, content in outcome["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(base64.b64decode(content))
    return outcome


def main() -> None:
    """What the process does."""
    without_rustybt()
    warnings.simplefilter("ignore")
    import pandas as pd
    from zipline.data import bundles

    sessions = (pd.Timestamp(START), pd.Timestamp(END))
    bundles.register("both", ingest_function, calendar_name="XNYS", start_session=sessions[0], end_session=sessions[1])
    bundles.ingest("both", show_progress=False, assets_versions=(6, 5, 4, 1))
    write_hdf5(Path(sys.argv[1]) / "daily.h5")
    outcome = {"daily": _run("daily", *DAYS), "minute": _run("minute", *MINUTES)}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
