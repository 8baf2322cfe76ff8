"""A case's data as a bundle of RustyBT."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tests.parity._case import Case


def ingest(case: Case) -> None:
    """Store the case's data as the bundle "parity"."""
    import rustybt

    rustybt.ingest(
        "parity",
        _bars(case),
        frequency="1d" if case.frequency == "daily" else "1m",
        calendar=case.calendar,
        assets=_assets(case),
        splits=_splits(case),
        dividends=_dividends(case),
        stock_dividends=_stock_dividends(case),
        **({} if case.frequency == "daily" else {"stamp": "end", "tz": "UTC"}),
    )


def _date(day: str | None) -> dt.date | None:
    return None if day is None else dt.date.fromisoformat(day)


def _assets(case: Case) -> Any:
    """What bars alone don't say; None where there is nothing of that."""
    import polars as pl

    if all(stock.auto_close is None and stock.contract is None for stock in case.stocks):
        return None
    rows = []
    for stock in case.stocks:
        row: dict[str, Any] = {"symbol": stock.symbol, "auto_close_date": _date(stock.auto_close)}
        if stock.contract is not None:
            contract = stock.contract
            row |= {
                "type": "future",
                "root_symbol": contract.root,
                "multiplier": contract.multiplier,
                "tick_size": contract.tick,
                "notice_date": _date(contract.notice),
                "expiration_date": _date(contract.expires),
            }
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _stock_dividends(case: Case) -> Any:
    import polars as pl

    symbols = {stock.symbol for stock in case.stocks}
    rows = [
        {
            "symbol": stock.symbol,
            "ex_date": _date(case.sessions[d.ex]),
            "pay_date": _date(d.pay),
            "ratio": d.ratio,
            "payment_symbol": d.of,
        }
        for stock in case.stocks
        for d in stock.stock_dividends
        if d.of in symbols
    ]
    return pl.DataFrame(rows) if rows else None


def _bars(case: Case) -> Any:
    import polars as pl

    stamps = case.stamps()
    rows = [(stock.symbol, stamps[bar[0]], *bar[1:]) for stock in case.stocks for bar in stock.bars]
    symbol, stamp, *prices, volume = zip(*rows, strict=True)
    when = pl.Series("timestamp", stamp, dtype=pl.Int64)
    if case.frequency == "daily":
        when = (when // 86_400_000_000_000).cast(pl.Int32).cast(pl.Date).alias("date")
    else:
        when = when.cast(pl.Datetime("ns", "UTC"))
    columns = [pl.Series("symbol", symbol), when]
    for name, cents in zip(("open", "high", "low", "close"), prices, strict=True):
        columns.append(pl.Series(name, [Decimal(c).scaleb(-2) for c in cents], dtype=pl.Decimal(18, 2)))
    return pl.DataFrame([*columns, pl.Series("volume", volume, dtype=pl.Int64)])


def _splits(case: Case) -> Any:
    import polars as pl

    rows = [
        (stock.symbol, dt.date.fromisoformat(case.sessions[at]), text)
        for stock in case.stocks
        for at, text in stock.splits
    ]
    schema = {"symbol": pl.String, "ex_date": pl.Date, "ratio": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else None


def _dividends(case: Case) -> Any:
    import polars as pl

    rows = [
        (
            stock.symbol,
            dt.date.fromisoformat(case.sessions[d.ex]),
            Decimal(d.amount),
            None if d.pay is None else dt.date.fromisoformat(d.pay),
        )
        for stock in case.stocks
        for d in stock.dividends
    ]
    schema = {"symbol": pl.String, "ex_date": pl.Date, "amount": pl.Decimal(18, 3), "pay_date": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else None
