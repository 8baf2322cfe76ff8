"""What a strategy asks: assets by symbol, the moment, facts of the run, files of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rustybt.core import Asset, ContinuousFuture, Future
from rustybt.strategy import current_algorithm

if TYPE_CHECKING:
    from rustybt.core import Explanation
    from rustybt.strategy import (
        FetchedRows,
        When,
    )


def symbol(symbol_str: str, country_code: str | None = None) -> Asset:
    """The asset that carries a symbol on the look-up date, which is the run's last session unless it was set.

    country_code: among the assets of that country. Raises SymbolNotFound, MultipleSymbolsFound.

    >>> from rustybt import run
    >>> from rustybt.api import symbol
    >>> def handle_data(context, data):
    ...     asset = symbol("AAPL")
    ...     print(asset, asset.exchange, asset.currency, data.current(asset, "price"))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    Equity(0 [AAPL]) XNAS USD 214.0100
    """
    result: Asset = current_algorithm("symbol").symbol(symbol_str, country_code)
    return result


def symbols(*args: str, country_code: str | None = None) -> list[Asset]:
    """The assets that carry these symbols, in their order.

    >>> from rustybt import run
    >>> from rustybt.api import symbols
    >>> def handle_data(context, data):
    ...     for asset, price in data.current(symbols("AAPL", "IBM"), "price").items():
    ...         print(asset.symbol, price)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    AAPL 214.0100
    IBM 132.4500
    """
    result: list[Asset] = current_algorithm("symbols").symbols(*args, country_code=country_code)
    return result


def sid(sid: int) -> Asset:
    """The asset with that number in the bundle. Raises SidsNotFound.

    >>> from rustybt import run
    >>> from rustybt.api import sid
    >>> result = run(lambda context, data: print(sid(4).symbol), start="2010-01-04", end="2010-01-04")
    IBM
    """
    result: Asset = current_algorithm("sid").sid(sid)
    return result


def future_symbol(symbol: str) -> Future:
    """The contract of that symbol, like "CLF24". Raises SymbolNotFound.

    >>> import polars as pl
    >>> from rustybt import run
    >>> from rustybt.api import future_symbol
    >>> days = ["2024-01-02", "2024-01-03"]
    >>> contract = pl.DataFrame({"date": days, "open": 70, "high": 72, "low": 69, "close": [70, 71], "volume": 900})
    >>> def handle_data(context, data):
    ...     oil = future_symbol("CLG24")
    ...     print(oil.root_symbol, oil.multiplier, data.current(oil, "price"))
    >>> what = {"type": "future", "multiplier": 1000}
    >>> result = run(handle_data, {"CLG24": contract}, assets=what, end="2024-01-02")
    CL 1000 70
    """
    result: Future = current_algorithm("future_symbol").future_symbol(symbol)
    return result


def continuous_future(
    root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
) -> ContinuousFuture:
    """The contracts of a root symbol read as one: its current contract, and windows spliced from all of them.

    >>> import polars as pl
    >>> from rustybt import run
    >>> from rustybt.api import continuous_future
    >>> bars = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "open": 70, "high": 73, "low": 69})
    >>> near = bars.with_columns(close=pl.Series([70, 71]), volume=pl.Series([900, 100]))
    >>> far = bars.with_columns(close=pl.Series([72, 73]), volume=pl.Series([500, 2000]))
    >>> def handle_data(context, data):
    ...     oil = continuous_future("CL", roll="calendar")
    ...     print(data.current(oil, "contract"), data.current(oil, "price"))
    >>> result = run(handle_data, {"CLG24": near, "CLH24": far}, assets={"type": "future"})
    Future(0 [CLG24]) 70
    Future(1 [CLH24]) 73
    """
    run = current_algorithm("continuous_future")
    result: ContinuousFuture = run.continuous_future(root_symbol_str, offset, roll, adjustment)
    return result


def set_symbol_lookup_date(dt: When) -> None:
    """The day on which an asset must carry a symbol for `symbol` to find it, from now on.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import set_symbol_lookup_date, symbol
    >>> class OfThen(Strategy):
    ...     def initialize(self, context):
    ...         set_symbol_lookup_date("2012-06-01")
    ...         print(symbol("FB"))  # the one that had the symbol on that day
    >>> result = run(OfThen, start="2012-06-01", end="2012-06-04")
    Equity(1 [FB])
    """
    current_algorithm("set_symbol_lookup_date").set_symbol_lookup_date(dt)


def explain(order_id: str) -> Explanation:
    """What happened to an order so far, and why: a line for each event and each run of like bars. It is reckoned when
    it is asked for. `.frame` is the same as data; see `rustybt.Explanation`.

    Raises InputError for an unknown id.

    >>> from rustybt import run
    >>> from rustybt.api import explain, order, symbol
    >>> def handle_data(context, data):
    ...     open_orders = context.get_open_orders(symbol("IBM"))
    ...     if not open_orders:
    ...         order(symbol("IBM"), 10, limit_price=120)
    ...     elif data.current_session.day == 8:
    ...         print(explain(open_orders[0].id))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-08")
    main-1 IBM, limit order
    2010-01-04 21:00 accepted: buy 10, limit 120
    2010-01-05 21:00 to 2010-01-08 21:00, 4 bars: the close was never nearer than 129.55, the limit is 120: not reached
    """
    result: Explanation = current_algorithm("explain").explain(order_id)
    return result


def fetch_csv(
    url: str | Path,
    pre_func: Callable[[Any], Any] | None = None,
    post_func: Callable[[Any], Any] | None = None,
    date_column: str = "date",
    date_format: str | None = None,
    timezone: str | dt.tzinfo = "UTC",
    symbol: str | None = None,
    mask: bool = True,
    symbol_column: str | None = None,
    special_params_checker: Callable[[str], Any] | None = None,
    country_code: str | None = None,
    **kwargs: Any,
) -> FetchedRows:
    """Reads a CSV, from a file or over http, whose columns become fields that `data.current` knows.

    Each row has a date and, unless the whole file is about one thing that `symbol` names, a symbol. Its values are
    known from the date's session on, before_trading_start included, a row with a time of day after that moment; they
    hold until the next row. Numbers are exact as all others are, text stays text.
    url: a path, or an address of http, https or file. pre_func, post_func: functions of a pandas frame that return one:
    of what was read, and of what was placed (index: the moment; column `sid`: the asset, or `symbol`).
    date_column, date_format, timezone: where the date stands, how it is written, and which zone it means.
    symbol: a name for data about no asset: data.current("VIX", "close"). symbol_column: where the symbols stand.
    mask: leave out rows of symbols that the bundle does not have; False keeps them, under their symbol.
    special_params_checker: url -> (url, parameters). kwargs: params, headers, auth and cert for the address, and what
    pandas.read_csv takes.
    Returns what was read: `df`, `fields`, and how many rows were `dropped`.
    Raises NoData, naming file or address, where nothing can be read; InputError for a missing column; MissingExtra
    without pandas.

    >>> import pathlib, tempfile
    >>> from rustybt import Strategy, run
    >>> from rustybt.api import fetch_csv, symbol
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ratings.csv"
    >>> _ = path.write_text("date,symbol,rating\\n2010-01-04,IBM,3\\n2010-01-06,IBM,4.5\\n")
    >>> class Rated(Strategy):
    ...     def initialize(self, context):
    ...         print(fetch_csv(path).fields)
    ...
    ...     def handle_data(self, context, data):
    ...         print(data.current(symbol("IBM"), "rating"))
    >>> result = run(Rated, start="2010-01-04", end="2010-01-06")
    ['rating']
    3.0
    3.0
    4.5
    """
    run = current_algorithm("fetch_csv")
    result: FetchedRows = run.fetch_csv(
        url=url,
        pre_func=pre_func,
        post_func=post_func,
        date_column=date_column,
        date_format=date_format,
        timezone=timezone,
        symbol=symbol,
        mask=mask,
        symbol_column=symbol_column,
        special_params_checker=special_params_checker,
        country_code=country_code,
        **kwargs,
    )
    return result


def get_datetime(tz: str | dt.tzinfo | None = None) -> dt.datetime:
    """The moment, in UTC or in another time zone.

    >>> from rustybt import run
    >>> from rustybt.api import get_datetime
    >>> def handle_data(context, data):
    ...     print(get_datetime(), get_datetime("America/New_York").time())
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    2010-01-04 21:00:00+00:00 16:00:00
    """
    result: dt.datetime = current_algorithm("get_datetime").get_datetime(tz)
    return result


def get_environment(field: str = "platform") -> Any:
    """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them.

    >>> from rustybt import run
    >>> from rustybt.api import get_environment
    >>> def handle_data(context, data):
    ...     print(get_environment(), get_environment("capital_base"))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    rustybt 100000
    """
    return current_algorithm("get_environment").get_environment(field)
