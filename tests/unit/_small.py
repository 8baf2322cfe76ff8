"""Small bundles and runs for the tests of the steps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import rustybt
from rustybt.api import commission, slippage

DAYS = [dt.date(2021, 2, day) for day in range(1, 15)]
"""Sessions of a calendar that never closes."""
NAMES = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]


def ingest(prices: dict[str, list[Any]], *, volume: Any = 1_000_000, days: list[dt.date] = DAYS, **more: Any) -> None:
    """A bundle "small": a close per day (None: no bar), or (open, high, low, close, volume)."""
    rows = []
    for symbol, given in prices.items():
        for day, price in zip(days, given, strict=False):
            if price is None:
                continue
            bar = price if isinstance(price, tuple) else (price, price, price, price, volume)
            rows.append((symbol, day, *map(str, bar)))
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    more.setdefault("calendar", "24/7")
    for name, columns in (
        ("splits", ["symbol", "ex_date", "ratio"]),
        ("dividends", ["symbol", "ex_date", "amount", "pay_date"]),
    ):
        if name in more:
            more[name] = pl.DataFrame(more[name], schema=columns, orient="row")
    rustybt.ingest("small", frame, mode="replace", **more)


def ingest_minutes(prices: dict[str, list[Any]], opens: dt.datetime, **more: Any) -> None:
    """A bundle "small" of minutes: a close per minute after the open (None: no bar)."""
    rows = [
        (symbol, opens + dt.timedelta(minutes=k + 1), *[str(price)] * 4, "1000000")
        for symbol, given in prices.items()
        for k, price in enumerate(given)
        if price is not None
    ]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    more.setdefault("calendar", "24/7")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", mode="replace", **more)


def run(
    on_bar: dict[int, Callable[[Any, Any], Any]] | Callable[[Any, Any], Any] | None = None,
    *,
    initialize: Callable[..., Any] | None = None,
    start: Any = DAYS[0],
    end: Any = None,
    days: int = 5,
    capital: Any = 10_000,
    **settings: Any,
) -> rustybt.Result:
    """Runs on "small", without slippage and fees unless `initialize` sets them. on_bar: by bar, or for every bar."""

    def first(context: Any, **params: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        if initialize is not None:
            initialize(context, **params)

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        function = on_bar.get(context.bar) if isinstance(on_bar, dict) else on_bar
        if function is not None:
            function(context, data)

    settings.setdefault("progress", False)
    return rustybt.run_algorithm(start, end or DAYS[days - 1], first, capital, handle_data, bundle="small", **settings)


def seen(look: Callable[[Any, Any], Any], *, bar: int | None = None, **settings: Any) -> Any:
    """What `look` returns on that bar; on every bar up to the last one where none is named."""
    found: list[Any] = []

    def keep(context: Any, data: Any) -> None:
        if bar is None or context.bar == bar:
            found.append(look(context, data))

    run(keep, **settings)
    return found[-1]


def loaded_without_bars(result: rustybt.Result, folder: Path) -> rustybt.Result:
    """A result saved and loaded again, as a version saved it that did not keep where its bars are."""
    place = result.save(folder)
    page = json.loads((place / "result.json").read_text(encoding="utf-8"))
    del page["looks_back"]
    (place / "result.json").write_text(json.dumps(page), encoding="utf-8")
    return rustybt.Result.load(place)
