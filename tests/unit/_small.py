"""Small bundles and runs for the tests of the steps."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from decimal import Decimal
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
    _ingest(frame, mode="replace", **more)


def _ingest(frame: pl.DataFrame, **more: Any) -> None:
    """`rustybt.ingest`; into an empty catalog a copy of what the very same call left in another.

    Thousands of tests run on some hundreds of bundles, and to ingest one takes longer than most of the runs.
    """
    root = Path(os.environ["RUSTYBT_ROOT"])
    told = _told((frame, more))
    if told is None or any(root.iterdir()):
        rustybt.ingest("small", frame, **more)
        return
    kept = root.parent / f"kept-{hashlib.sha256(told.encode()).hexdigest()}"
    if kept.exists():
        shutil.copytree(kept, root, dirs_exist_ok=True)
    else:
        rustybt.ingest("small", frame, **more)
        shutil.copytree(root, kept)


def _told(value: Any) -> str | None:
    """The whole of a value as text; None where it has something in it whose text does not say all of it."""
    if isinstance(value, pl.DataFrame):
        return _told((list(value.schema.items()), value.rows()))
    if isinstance(value, dict):
        return _told(list(value.items()))
    if isinstance(value, list | tuple):
        texts = [_told(part) for part in value]
        return None if None in texts else f"{type(value).__name__}{texts}"
    plain = (type(None), bool, int, float, str, Decimal, dt.date, pl.DataType, type(pl.Int64))
    return f"{type(value).__name__} {value!r}" if isinstance(value, plain) else None


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
    _ingest(frame, frequency="1m", stamp="end", mode="replace", **more)


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
