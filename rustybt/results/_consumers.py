"""A result in the form that other libraries of figures take. These are floats: the books are the result's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from rustybt.core import check_process, pandas
from rustybt.errors import InputError
from rustybt.results._assets import assets_by_sid
from rustybt.results._floats import floats

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.results._result import Result


class PyfolioInput(NamedTuple):
    """What pyfolio's tear sheets take: `pyfolio.create_full_tear_sheet(*result.to_pyfolio())`.

    returns: a Series of the sessions' simple returns. positions: a frame of what was held at each close, in money, a
    column for each symbol, and "cash". transactions: a frame of the fills, by their moments: amount, price, symbol and
    more. All are indexed in UTC, the sessions at midnight.
    """

    returns: pd.Series
    positions: pd.DataFrame
    transactions: pd.DataFrame


def pyfolio_input(result: Result) -> PyfolioInput:
    """The three tables. Raises MissingExtra without pandas, InputError for an account that was ruined."""
    check_process()
    pd = pandas("to_pyfolio()")
    index = pd.DatetimeIndex(pd.to_datetime(result.daily["session"].to_list(), utc=True))
    returns = pd.Series(_returns(result), index=index, name="returns")
    return PyfolioInput(returns, _positions(pd, result, index), _transactions(pd, result))


def quantstats_returns(result: Result) -> pd.Series:
    """The returns as quantstats takes them: by date, without a zone, named after the strategy."""
    check_process()
    pd = pandas("to_quantstats()")
    index = pd.DatetimeIndex(pd.to_datetime(result.daily["session"].to_list()), name="Date")
    return pd.Series(_returns(result), index=index, name=str(result.manifest.get("strategy") or "Strategy"))


def _returns(result: Result) -> list[float]:
    if result.daily["returns"].null_count():
        raise InputError(
            "The account was ruined: from then on it has no returns, and other libraries want one a session."
        )
    return floats(result.daily["returns"])


def _positions(pd: Any, result: Result, index: Any) -> Any:
    """What settles daily counts with its exposure, and the cash with what is left of the portfolio's value."""
    daily, held = result.daily, result.positions
    place = {session: row for row, session in enumerate(daily["session"].to_list())}
    names = _names(result, held["sid"].unique().to_list())
    columns = {name: [0.0] * daily.height for name in names.values()}
    for session, sid, money in zip(
        held["session"].to_list(), held["sid"].to_list(), floats(held["exposure"]), strict=True
    ):
        columns[names[sid]][place[session]] = money
    frame = pd.DataFrame(columns, index=index)
    frame["cash"] = pd.Series(floats(daily["portfolio_value"]), index=index) - frame.sum(axis=1)
    frame.columns.name = "sid"
    return frame


def _transactions(pd: Any, result: Result) -> Any:
    filled = result.transactions
    stamps = filled["dt"].to_physical().to_list()
    names = _names(result, filled["sid"].unique().to_list())
    amounts, prices = floats(filled["amount"]), floats(filled["price"])
    multipliers = {sid: float(asset.multiplier) for sid, asset in assets_by_sid(result.assets).items()}
    sids = filled["sid"].to_list()
    rows = zip(sids, amounts, prices, strict=True)
    columns = {
        "amount": amounts,
        "price": prices,
        "symbol": [names[sid] for sid in sids],
        "sid": sids,
        "order_id": filled["order_id"].to_list(),
        "commission": floats(filled["commission"]),
        "txn_dollars": [-amount * price * multipliers.get(sid, 1.0) for sid, amount, price in rows],
    }
    index = pd.DatetimeIndex(pd.to_datetime(stamps, unit="ns", utc=True), name="date")
    return pd.DataFrame(columns, index=index)


def _names(result: Result, sids: list[int]) -> dict[int, str]:
    """A name for each asset: its symbol, and its number behind it where another one has that too, or it is "cash"."""
    symbols = dict(result.assets.select("sid", "symbol").rows())
    found = {sid: str(symbols[sid]) for sid in sids}
    taken = pl.Series(list(found.values()), dtype=pl.String).value_counts()
    twice = {name for name, count in taken.rows() if count > 1} | {"cash"}
    return {sid: f"{name}_{sid}" if name in twice else name for sid, name in sorted(found.items())}
