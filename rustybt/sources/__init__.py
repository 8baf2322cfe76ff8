"""Sources of bars: one file per vendor. Vendors' libraries are imported when a source of theirs is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.sources._actions import Action, ratio
    from rustybt.sources._alpaca import Alpaca
    from rustybt.sources._alphavantage import AlphaVantage
    from rustybt.sources._cached import BarStore, Cached
    from rustybt.sources._ccxt import CCXT
    from rustybt.sources._clock import Clock, WallClock
    from rustybt.sources._csv import CSV
    from rustybt.sources._download import DownloadRequest, download, make_request
    from rustybt.sources._http import Http
    from rustybt.sources._keys import Secret, find_key, keep, keys_file
    from rustybt.sources._pace import Caller, Pace
    from rustybt.sources._page import Page, Row, plain_number, rows_of
    from rustybt.sources._polygon import Polygon
    from rustybt.sources._registry import make_source, options_of, source_names
    from rustybt.sources._source import Failure, Fetched, Progress, Source, Supports, Window
    from rustybt.sources._yfinance import YFinance
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.sources._actions": ("Action", "ratio"),
            "rustybt.sources._alpaca": ("Alpaca",),
            "rustybt.sources._alphavantage": ("AlphaVantage",),
            "rustybt.sources._cached": ("BarStore", "Cached"),
            "rustybt.sources._ccxt": ("CCXT",),
            "rustybt.sources._clock": ("Clock", "WallClock"),
            "rustybt.sources._csv": ("CSV",),
            "rustybt.sources._download": ("DownloadRequest", "download", "make_request"),
            "rustybt.sources._http": ("Http",),
            "rustybt.sources._keys": ("Secret", "find_key", "keep", "keys_file"),
            "rustybt.sources._pace": ("Caller", "Pace"),
            "rustybt.sources._page": ("Page", "Row", "plain_number", "rows_of"),
            "rustybt.sources._polygon": ("Polygon",),
            "rustybt.sources._registry": ("make_source", "options_of", "source_names"),
            "rustybt.sources._source": ("Failure", "Fetched", "Progress", "Source", "Supports", "Window"),
            "rustybt.sources._yfinance": ("YFinance",),
        },
    )

__all__ = [
    "CCXT",
    "CSV",
    "Action",
    "Alpaca",
    "AlphaVantage",
    "BarStore",
    "Cached",
    "Caller",
    "Clock",
    "DownloadRequest",
    "Failure",
    "Fetched",
    "Http",
    "Pace",
    "Page",
    "Polygon",
    "Progress",
    "Row",
    "Secret",
    "Source",
    "Supports",
    "WallClock",
    "Window",
    "YFinance",
    "download",
    "find_key",
    "keep",
    "keys_file",
    "make_request",
    "make_source",
    "options_of",
    "plain_number",
    "ratio",
    "rows_of",
    "source_names",
]


def __dir__() -> list[str]:
    return sorted(__all__)
