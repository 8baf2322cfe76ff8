"""Odd questions to `data`: fields, windows, assets."""

import numpy as np
import pandas as pd
from zipline.api import get_datetime, record, symbols

from tests.parity._told import tell


def initialize(context):
    context.a, context.b, context.echo = symbols("ALFA", "BRAVO", "ECHO")
    context.bar = 0


def shape(answer):
    kind = type(answer).__name__
    if hasattr(answer, "columns"):
        return [kind, list(answer.shape), list(answer.columns), list(answer.index.names), answer.columns.name, answer]
    if hasattr(answer, "index"):
        return [kind, len(answer), str(answer.dtype), getattr(answer.name, "symbol", answer.name), answer]
    return [kind, answer]


def handle_data(context, data):
    context.bar += 1
    a, b, echo = context.a, context.b, context.echo
    values = [
        1,
        np.int64(2),
        "text",
        None,
        [1, 2],
        {"x": 1},
        (1,),
        np.float64(2.5),
        True,
        pd.Timestamp("2016-05-02"),
        a,
    ]
    if context.bar <= len(values):
        record(odd=values[context.bar - 1])
        record("named", context.bar, other=-context.bar)
    if context.bar == 12:
        record(positions=5, returns="mine", sharpe=7)
    if context.bar == 3:
        tell("no pairs", lambda: record("x"))
        tell("a name that is none", lambda: record(5, 6))
        tell("empty", record)
    if context.bar not in (3, 45, 80):
        return
    fields = ["price", "close", "open", "high", "low", "volume", "last_traded"]
    for field in fields:
        for name, asset in (("a", a), ("echo", echo), ("two", [a, echo]), ("tuple", (a,))):
            tell(f"current({name}, {field!r})", lambda asset=asset, field=field: shape(data.current(asset, field)))
    for odd in (["price", "volume"], ("price",), ["price", "price"], np.array(["price", "open"])):
        tell(f"current(a, {odd!r})", lambda odd=odd: shape(data.current(a, odd)))
        tell(f"current([a, echo], {odd!r})", lambda odd=odd: shape(data.current([a, echo], odd)))
    for odd in (pd.Index([a, b]), np.array([a, b]), pd.Series([a, b])):
        tell(f"current({odd!r})", lambda odd=odd: shape(data.current(odd, "price")))
        tell(f"can_trade({odd!r})", lambda odd=odd: shape(data.can_trade(odd)))
        tell(f"is_stale({odd!r})", lambda odd=odd: shape(data.is_stale(odd)))
        tell(f"history({odd!r})", lambda odd=odd: shape(data.history(odd, "price", 2, "1d")))
    for count in (0, -1, 1, 2, 60, 200):
        tell(f"bars {count!r}", lambda count=count: shape(data.history(a, "close", count, "1d")))
    for frequency in ("1d", "1m", "d", "1D", "daily", "5m", "1w", ""):
        if frequency != "1m":
            tell(f"frequency {frequency!r}", lambda frequency=frequency: shape(data.history(a, "close", 2, frequency)))
    for field in ("price", "open", "volume", "nope", ["open", "close"], ("volume",)):
        tell(f"history of {field!r}", lambda field=field: shape(data.history(a, field, 2, "1d")))
        tell(f"history of {field!r}, two", lambda field=field: shape(data.history([b, a], field, 2, "1d")))
        tell(f"history of {field!r}, late", lambda field=field: shape(data.history(echo, field, 3, "1d")))
    tell("keywords", lambda: shape(data.history(assets=[a], fields="price", bar_count=2, frequency="1d")))
    tell("the same twice now", lambda: shape(data.current([a, a], "price")))
    tell("now", lambda: [data.current_dt, data.current_session, len(data.current_session_minutes)])
    tell("moments", lambda: [get_datetime(), get_datetime("US/Eastern"), get_datetime(tz="Asia/Tokyo")])
    tell("no zone", lambda: get_datetime("Nowhere"))
    tell("fetcher assets", lambda: data.fetcher_assets)
    tell("item", lambda: data[a])
    tell("portfolio", lambda: data.portfolio)


def analyze(context, perf):
    for name in ("odd", "named", "other", "positions", "returns", "sharpe"):
        tell(f"recorded {name}", lambda name=name: list(perf[name].iloc[:14]))
        tell(f"type of {name}", lambda name=name: str(perf[name].dtype))
