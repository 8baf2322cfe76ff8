"""`fetch_csv` in daily runs, against Zipline: what is known on which session."""

from __future__ import annotations

import http.server
import importlib.util
import math
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt

if importlib.util.find_spec("zipline") is None:
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

SESSIONS = ("2020-01-02", "2020-01-15")
ROWS = """date,symbol,x,y
2019-12-20,A,1,5
2020-01-04,A,2,6
2020-01-06,A,,7
2020-01-08 15:00,A,4,8
2020-01-09 21:30,A,5,9
2020-01-13,A,6,
2020-01-13,A,7,11
2020-01-30,A,8,12
"""


@pytest.fixture
def address() -> Iterator[str]:
    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.end_headers()
            self.wfile.write(ROWS.encode())

        def log_message(self, *arguments: Any) -> None:
            """Nothing is printed."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/rows.csv"
    server.shutdown()
    server.server_close()
    thread.join()


def in_zipline(address: str) -> dict[str, list[Any]]:
    """What Zipline's own reader and portal know of each field on each session, as dates and numbers."""
    import pandas as pd
    from zipline.data.data_portal import DataPortal
    from zipline.sources.requests_csv import PandasRequestsCSV
    from zipline.utils.calendar_utils import get_calendar

    calendar = get_calendar("XNYS")
    start, end = map(pd.Timestamp, SESSIONS)

    def as_iso(frame: Any) -> Any:
        # its way of reading dates takes the first row's form for all; the moments are what is compared
        return frame.assign(date=pd.to_datetime(frame["date"], format="ISO8601").dt.strftime("%Y-%m-%d %H:%M"))

    source = PandasRequestsCSV(
        address, as_iso, None, None, calendar.day, start, end, "date", None, "UTC", "VALUES", True, None, "daily", None,
        keep_default_na=True,
    )  # fmt: skip
    portal = DataPortal.__new__(DataPortal)
    portal.trading_calendar = calendar
    portal._augmented_sources_map = {}

    class Period:
        start_session, end_session = start, end

    portal.handle_extra_source(source.df, Period)
    sessions = calendar.sessions_in_range(start, end)
    return {
        field: [portal._get_fetcher_value("VALUES", field, day.tz_localize("UTC")) for day in sessions]
        for field in ("x", "y")
    }


def in_rustybt(address: str) -> dict[str, list[Any]]:
    days = pl.date_range(pl.date(2020, 1, 2), pl.date(2020, 1, 15), eager=True)
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    rows = [("A", day, "1", "1", "1", "1", 1) for day in days if day.isoweekday() < 6]
    rustybt.ingest("small", pl.DataFrame(rows, schema=names, orient="row"), calendar="XNYS")
    seen: dict[str, list[Any]] = {"x": [], "y": []}

    def look(context: Any, data: Any) -> None:
        for field, values in seen.items():
            values.append(data.current("VALUES", field))

    rustybt.run_algorithm(
        *SESSIONS, lambda c: c.fetch_csv(address, symbol="VALUES", keep_default_na=True), handle_data=look,
        bundle="small", numbers="float", progress=False,
    )  # fmt: skip
    return seen


def test_what_is_known_on_which_session_is_as_in_zipline(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = in_zipline(address)
        got = in_rustybt(address)
    shown = {name: [None if math.isnan(v) else float(v) for v in values] for name, values in expected.items()}
    assert {name: [None if math.isnan(v) else v for v in values] for name, values in got.items()} == shown
    # by hand: a Saturday counts from Monday, a time after the close from the next session, of several the last one
    # that has a value
    assert shown["x"] == [1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 5.0, 7.0, 7.0, 7.0]
