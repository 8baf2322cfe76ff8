"""A folder of CSV files as a bundle, registered and ingested by the script that runs on it."""

import tempfile
from pathlib import Path

import pandas as pd
from zipline import run_algorithm
from zipline.api import order, record, sid, symbol
from zipline.data import bundles
from zipline.data.bundles import ingest, load, register, unregister
from zipline.data.bundles.csvdir import csvdir_equities
from zipline.utils.calendar_utils import get_calendar

from tests.parity._perf import plain_frame
from tests.parity._told import tell

HEAD = "date,open,high,low,close,volume,dividend,split\n"
SESSIONS = [str(day.date()) for day in get_calendar("XNYS").sessions_in_range("2016-05-02", "2016-05-27")]


def rows(first, price, events=(), sessions=SESSIONS):
    """A row a session, a cent up each day. events: by day, dividend and split."""
    events = dict(events)
    lines = []
    for number, day in enumerate(sessions):
        if day < first:
            continue
        dividend, split = events.get(day, (0.0, 1.0))
        price = round((price + 0.01) / split, 2)
        bar = f"{price},{price + 0.5:.2f},{price - 0.5:.2f},{price + 0.1:.2f},{1000 + number}"
        lines.append(f"{day},{bar},{dividend},{split}")
    return HEAD + "\n".join(lines) + "\n"


def write(folder):
    daily = folder / "daily"
    daily.mkdir()
    files = {
        "ONE": rows("2016-05-02", 20.0, {"2016-05-10": (0.5, 1.0), "2016-05-17": (0.0, 2.0)}),
        "two": rows("2016-05-09", 55.5),
        "THREE": rows("2016-05-02", 7.25, sessions=SESSIONS[:10]),
        "backwards": HEAD + "\n".join(reversed(rows("2016-05-02", 30.0).splitlines()[1:])) + "\n",
    }
    for name, text in files.items():
        (daily / f"{name}.csv").write_text(text)
    return folder


def describe(asset):
    names = ("sid", "symbol", "start_date", "end_date", "auto_close_date", "exchange", "country_code")
    return {name: getattr(asset, name) for name in names}


def initialize(context):
    context.bar = 0
    for name in ("ONE", "two", "TWO", "THREE", "backwards", "BACKWARDS", "THREE"):
        tell(name, lambda name=name: describe(symbol(name)))
    context.assets = [sid(number) for number in range(4)]


def handle_data(context, data):
    context.bar += 1
    for asset in context.assets:
        if context.bar == 2 and data.can_trade(asset):
            order(asset, 15)
        for field in ("price", "open", "close", "volume"):
            tell(f"{data.current_session.date()} {asset.symbol} {field}", lambda a=asset, f=field: data.current(a, f))
    if context.bar in (8, 9, 12, 13, 18):
        for field in ("close", "volume", "price"):
            tell(f"windows of {field}", lambda field=field: data.history(context.assets, field, 7, "1d"))
    record(cash=context.portfolio.cash)


with tempfile.TemporaryDirectory() as folder:
    place = write(Path(folder))
    register("files", csvdir_equities(["daily"], str(place)), calendar_name="XNYS")
    tell("registered", lambda: "files" in bundles.bundles)
    ingest("files", show_progress=False)
    tell("finder", lambda: sorted(load("files").asset_finder.sids))
    perf = run_algorithm(
        start=pd.Timestamp("2016-05-03"),
        end=pd.Timestamp("2016-05-26"),
        initialize=initialize,
        handle_data=handle_data,
        capital_base=10_000,
        bundle="files",
        default_extension=False,
    )
    for column, values in sorted(plain_frame(perf)["columns"].items()):
        tell(column, lambda values=values: values)
    unregister("files")
