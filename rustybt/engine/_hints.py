"""What the author of a strategy may have meant, as notes on the error that Python or a library raised.

Looked at where an error leaves a run, and nowhere else: a run without one pays nothing.
"""

from __future__ import annotations

import decimal
import difflib
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

from rustybt.core import Asset
from rustybt.orders import OrderOptions

IN_PANDAS: Final = "data.history(..., output='pandas') gives pandas objects."
OF_PANDAS: Final = {
    "iloc": "rows go by number: series[-1], frame[-1], frame[-5:].",
    "loc": "columns go by name, frame['AAPL'], and rows by what is true of them: frame.filter(pl.col('AAPL') > 100).",
    "ix": "rows go by number, frame[-1], and columns by name, frame['AAPL'].",
    "at": "a value is frame['AAPL'][-1].",
    "iat": "a value is frame[-1, 0].",
    "index": "there is no index: data.history(..., timestamps=True) adds the times as a column.",
    "values": "data.history(..., output='numpy') gives an array, and .to_numpy() makes one.",
    "rolling": "it is series.rolling_mean(20), .rolling_std(20), .rolling_max(20) and so on.",
    "ewm": "it is series.ewm_mean(span=20), .ewm_std(span=20).",
    "expanding": "it is series.cum_max(), .cum_sum() and so on.",
    "pct_change": "a Series has it; of a frame it is frame.select(pl.all().pct_change()).",
    "diff": "a Series has it; of a frame it is frame.select(pl.all().diff()).",
    "cumsum": "it is cum_sum().",
    "cumprod": "it is cum_prod().",
    "cummax": "it is cum_max().",
    "cummin": "it is cum_min().",
    "dropna": "it is drop_nulls(), and drop_nans() for NaN.",
    "fillna": "it is fill_null(0), or fill_null(strategy='forward').",
    "ffill": "it is fill_null(strategy='forward').",
    "bfill": "it is fill_null(strategy='backward').",
    "isna": "it is is_null().",
    "isnull": "it is is_null().",
    "notna": "it is is_not_null().",
    "notnull": "it is is_not_null().",
    "astype": "it is cast(pl.Float64).",
    "apply": "it is map_elements(function) of a Series, map_rows(function) of a frame; expressions are quicker.",
    "iterrows": "it is iter_rows(named=True).",
    "itertuples": "it is iter_rows(named=True).",
    "items": "columns are iter_columns(), and frame.columns has their names.",
    "groupby": "it is group_by().",
    "sort_values": "it is sort().",
    "idxmax": "it is arg_max().",
    "idxmin": "it is arg_min().",
    "nlargest": "it is top_k(5).",
    "nsmallest": "it is bottom_k(5).",
    "T": "it is transpose().",
    "resample": "ask for longer bars with the frequency, or group_by_dynamic a frame with its times.",
}
"""What pandas has and Polars calls otherwise."""
PRICES: Final = frozenset({"price", "open", "high", "low", "close", "volume"})
PARTS: Final = ("execution", "commission", "slippage", "cancel_policy", "latency")
"""Modules of `rustybt.api` in which names lie that people write bare."""
PYTHONS: Final = "Did you mean"
"""What Python itself says below an AttributeError, where it finds a name that is near enough."""
UNSUPPORTED: Final = ("unsupported operand", "not supported between")

OF_ORDERS: Final = re.compile(r"\border(_target)?(_value|_percent)?\(\) got an unexpected keyword argument")

type Hint = tuple[Callable[[str], bool], str]


def _all(*parts: str) -> Callable[[str], bool]:
    return lambda text: all(part in text for part in parts)


OF_TYPES: Final[tuple[Hint, ...]] = (
    (
        _all("decimal.Decimal", "float"),
        (
            "Scalars of a run are exact Decimals: write Decimal('0.5') or a whole number instead of 0.5, or take "
            "float(x). run_algorithm(numbers='float') gives floats instead; the books stay exact."
        ),
    ),
    (
        lambda text: "'NoneType'" in text and "decimal.Decimal" in text and any(one in text for one in UNSUPPORTED),
        (
            "data.current gives None where an asset has no price yet, or, of a field but 'price', no trade on the bar. "
            "Ask `if price is not None` or data.can_trade(asset) first, or pass default= to data.current."
        ),
    ),
    (
        lambda text: "ufunc" in text and ("dtype('O')" in text or "decimal.Decimal" in text),
        (
            "NumPy takes no Decimals: take float(x) of a scalar. data.history gives floats unless dtype=Decimal is "
            "asked for, and result.daily_float has the days of a result in floats."
        ),
    ),
    (
        _all("Decimal without precision/scale"),
        (
            "Polars takes assets apart into their fields. Pass a list of them; where it has to be a Series, make it "
            "with pl.Series(assets, dtype=pl.Object)."
        ),
    ),
    (
        _all("cannot select", "of type 'rustybt."),
        f"The columns of a frame of Polars go by text: frame[asset.symbol]. {IN_PANDAS} Its columns are the assets.",
    ),
    (
        _all("truth value of a Series is ambiguous"),
        "A window is many values: take one, as series[-1] > 100, or ask of all, as (series > 100).all().",
    ),
    (
        _all("DataFrame.rolling() missing"),
        f"In pandas' way it is frame.select(pl.all().rolling_mean(20)). {IN_PANDAS}",
    ),
    (
        lambda text: text.startswith("DataFrame.") and "unexpected keyword argument 'axis'" in text,
        f"Over rows it is frame.mean_horizontal(), .sum_horizontal(), .max_horizontal(). {IN_PANDAS}",
    ),
    (
        lambda text: OF_ORDERS.search(text) is not None,
        f"By name an order takes limit_price, stop_price, style, {', '.join(OrderOptions.__annotations__)}.",
    ),
    (
        _all("BarData' object is not subscriptable"),
        "Ask with data.current(symbol('AAPL'), 'price') or data.history(symbol('AAPL'), 'price', 20, '1d').",
    ),
    (
        _all("history() missing", "'frequency'"),
        "Name the length of the bars: data.history(asset, 'price', 20, '1d'), or '1m' in a run of minutes.",
    ),
)
"""Of a TypeError, by its text."""


def explain(error: BaseException) -> None:
    """Adds hints to an error that leaves a run."""
    for hint in _hints(error):
        error.add_note(hint)


def _hints(error: BaseException) -> Iterator[str]:
    if isinstance(error, TypeError):
        text = str(error)
        yield from (hint for fits, hint in OF_TYPES if fits(text))
    elif isinstance(error, AttributeError):
        yield from _of_attribute(error)
    elif isinstance(error, NameError):
        yield from _of_name(error.name or "")
    elif isinstance(error, decimal.InvalidOperation) and error.args[:1] == ([decimal.InvalidOperation],):
        yield (
            "A Decimal was compared or reckoned with NaN, which is a hole in floats; Decimals have None there. Test it "
            "first: math.isnan(x), or x is None."
        )


def _of_name(name: str) -> Iterator[str]:
    """Where a name of `rustybt.api` lies that was not imported."""
    api = sys.modules.get("rustybt.api")
    if name in getattr(api, "__all__", ()):
        yield f"Write: from rustybt.api import {name}"
        return
    for part in PARTS:
        if name in getattr(getattr(api, part, None), "__all__", ()):
            yield f"Write {part}.{name}, after: from rustybt.api import {part}"
            return


def _of_attribute(error: AttributeError) -> Iterator[str]:
    asked, name = error.obj, error.name or ""
    if isinstance(asked, pl.Series | pl.DataFrame) and name in OF_PANDAS:
        yield f"This is a {type(asked).__name__} of Polars: {OF_PANDAS[name]} {IN_PANDAS}"
    elif isinstance(asked, Asset) and name in PRICES:
        yield f"An asset has no prices of its own. Ask with data.current(asset, {name!r})."
    elif type(asked).__module__.startswith("rustybt.") and PYTHONS not in traceback.format_exception_only(error)[0]:
        public = [one for one in dir(asked) if not one.startswith("_")]
        yield from (f"Did you mean {near}?" for near in difflib.get_close_matches(name, public, 1))
