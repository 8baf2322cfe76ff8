"""Where bars come from: one file per vendor. Vendors' libraries are imported when a source of theirs is made."""

from rustybt.sources._actions import Action, ratio
from rustybt.sources._alpaca import Alpaca
from rustybt.sources._alphavantage import AlphaVantage
from rustybt.sources._cached import BarStore, Cached
from rustybt.sources._ccxt import CCXT
from rustybt.sources._clock import Clock, WallClock
from rustybt.sources._csv import CSV
from rustybt.sources._download import Request, download, make_request
from rustybt.sources._http import Http
from rustybt.sources._keys import Secret, find_key, keep, keys_file
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, plain_number, rows_of
from rustybt.sources._polygon import Polygon
from rustybt.sources._registry import make_source, options_of, source_names
from rustybt.sources._source import Failure, Fetched, Progress, Source, Supports, Window
from rustybt.sources._yfinance import YFinance

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
    "Failure",
    "Fetched",
    "Http",
    "Pace",
    "Page",
    "Polygon",
    "Progress",
    "Request",
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
