"""Whether a source of whatever package gave what the protocol promises, before it is kept for good."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from rustybt.errors import SourceMalformed
from rustybt.sources._page import NUMBERS
from rustybt.sources._source import Fetched, Window
from rustybt.sources._spans import within

_CONTRACT = "docs/sources/writing_a_source.md tells what a source gives, and rustybt.testing.SourceContract tests it."


def check_fetched(fetched: object, source: str, symbols: Collection[str], window: Window) -> None:
    """Raises SourceMalformed where the bars are not those of the symbols and the window, each once and in order.

    What is kept is given again and again, so that one wrong answer would last.
    """
    what = _first_trouble(fetched, symbols, window)
    if what is not None:
        raise SourceMalformed(f"source {source!r} gave {what}. Nothing of it was kept. {_CONTRACT}")


def _first_trouble(fetched: object, symbols: Collection[str], window: Window) -> str | None:
    if not isinstance(fetched, Fetched):
        return f"a {type(fetched).__name__}, and no Fetched"
    bars, stamp = fetched.bars, "date" if window.frequency.by_session else "timestamp"
    columns = ["symbol", stamp, *NUMBERS]
    if bars.columns != columns:
        return f"bars with the columns {', '.join(bars.columns)}, and not {', '.join(columns)}"
    wanted = pl.Date() if stamp == "date" else pl.Datetime("ns", "UTC")
    for name, dtype in bars.schema.items():
        told = {"symbol": pl.String(), stamp: wanted}.get(name, pl.Decimal)
        if dtype != told:
            return f"{name} as {dtype}, and not as {told if name in columns[:2] else 'Decimal'}"
    if bars["symbol"].null_count() or bars[stamp].null_count():
        return "bars without a symbol or a stamp"
    others = set(bars["symbol"].unique()) - set(symbols)
    if others:
        return f"bars of {min(others)}, which was not asked for"
    carried, moment = pl.col("symbol"), pl.col(stamp)
    same = carried == carried.shift()
    if bars.select(((carried < carried.shift()) | (same & (moment < moment.shift()))).any()).item():
        return "bars that do not ascend by symbol and time"
    again = bars.filter(same & (moment == moment.shift()))
    if again.height:
        return f"the bar of {again['symbol'][0]} at {again[stamp][0]} twice"
    for (symbol,), one in bars.partition_by("symbol", as_dict=True).items():
        if within(one, window.start_ns, window.end_ns, window.tz).height < one.height:
            return f"bars of {symbol} outside of {window.first_date} to {window.last_date}"
    return None
