"""A case on RustyBT, in compat mode, as the same plain values that `_zipline.run_case` gives."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.parity._case import Case
from tests.parity._script import Script, plain

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SILENT_EVENTS = ("adjusted", "triggered")
"""Kinds of order events that Zipline has no daily order row for."""


class RustySide:
    """RustyBT's half of the script's protocol."""

    def __init__(self) -> None:
        import rustybt.api

        self.api: Any = rustybt.api

    def slippage(self, name: str, arguments: dict[str, str]) -> Any | None:
        models = {
            "none": "NoSlippage",
            "fixed": "FixedSlippage",
            "basis_points": "FixedBasisPointsSlippage",
            "volume_share": "VolumeShareSlippage",
        }
        return None if name == "default" else getattr(self.api.slippage, models[name])(**_decimals(arguments))

    def commission(self, name: str, arguments: dict[str, str]) -> Any | None:
        models = {"per_share": "PerShare", "per_trade": "PerTrade", "per_dollar": "PerDollar"}
        if name == "default":
            return None
        if name == "free":
            return self.api.commission.PerShare(cost=0)
        return getattr(self.api.commission, models[name])(**_decimals(arguments))

    def stamp(self, moment: Any) -> int | None:
        return stamp_ns(moment)

    def column(self, values: Any) -> list[Any]:
        return [plain(v) for v in values]

    def columns(self, values: Any, names: list[Any]) -> list[list[Any]]:
        return [self.column(values[getattr(name, "symbol", name)]) for name in names]

    def items(self, values: Any, keys: list[Any]) -> list[Any]:
        return [plain(values[key]) for key in keys]

    def cells(self, values: Any, assets: list[Any], fields: list[str]) -> list[list[Any]]:
        return [[plain(row[field]) for field in fields] for row in values.iter_rows(named=True)]


def _decimals(arguments: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in arguments.items()}


def stamp_ns(moment: Any) -> int | None:
    """ns UTC of what RustyBT gives for a moment: a datetime, a date (midnight), ns, or None."""
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, dt.datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
        delta = aware - EPOCH
        return (delta.days * 86_400_000_000 + delta.seconds * 1_000_000 + delta.microseconds) * 1_000
    if isinstance(moment, dt.date):
        return (moment - dt.date(1970, 1, 1)).days * 86_400_000_000_000
    raise TypeError(f"A moment came as {type(moment).__name__}: {moment!r}. Teach stamp_ns to read it.")


def run_case(case: Case) -> dict[str, Any]:
    """The case on RustyBT, as plain values."""
    import rustybt

    with tempfile.TemporaryDirectory(prefix="parity-") as folder, _root(folder):
        rustybt.ingest(
            "parity",
            _bars(case),
            frequency="1d" if case.frequency == "daily" else "1m",
            calendar="XNYS",
            splits=_splits(case),
            dividends=_dividends(case),
            **({} if case.frequency == "daily" else {"stamp": "end", "tz": "UTC"}),
        )
        script = Script(case, RustySide())
        result = rustybt.run_algorithm(
            start=case.start,
            end=case.end,
            initialize=script.initialize,
            handle_data=script.handle_data,
            before_trading_start=script.before_trading_start if case.before_open else None,
            capital_base=case.capital,
            data_frequency=case.frequency,
            bundle="parity",
            compat="zipline",
            capital_changes={moment: {"type": kind, "value": amount} for moment, kind, amount in case.capital_changes},
        )
    return _outcome(script, result)


@contextmanager
def _root(folder: str) -> Iterator[None]:
    before = os.environ.get("RUSTYBT_ROOT")
    os.environ["RUSTYBT_ROOT"] = str(Path(folder))
    try:
        yield
    finally:
        if before is None:
            del os.environ["RUSTYBT_ROOT"]
        else:
            os.environ["RUSTYBT_ROOT"] = before


# the data


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


# the outcome


def _outcome(script: Script, result: Any) -> dict[str, Any]:
    ordinals = {str(order_id): number for number, order_id in enumerate(script.order_ids)}
    sessions = result.daily["session"].to_list()
    return {
        "seen": script.seen,
        "transactions": [
            [stamp_ns(t["dt"]), t["symbol"], plain(t["amount"]), plain(t["price"]), ordinals[str(t["order_id"])]]
            for t in _rows(result.transactions)
        ],
        "orders": _orders(script, result),
        "order_days": _order_days(result, sessions, ordinals),
        "positions": _positions(result, sessions),
        "daily": _daily(result),
    }


def _rows(frame: Any) -> list[dict[str, Any]]:
    """Rows with stamps as ns: Python datetimes would cut nanoseconds off."""
    import polars as pl
    import polars.selectors as cs

    rows: list[dict[str, Any]] = frame.with_columns(cs.datetime().dt.timestamp("ns").cast(pl.Int64)).to_dicts()
    return rows


def _orders(script: Script, result: Any) -> list[dict[str, Any]]:
    by_id = {str(row["id"]): row for row in _rows(result.orders)}
    found = []
    for order_id in script.order_ids:
        row = by_id[str(order_id)]
        found.append(
            {
                "created": row["created"],
                "symbol": row["symbol"],
                **{name: plain(row[name]) for name in ("amount", "filled", "limit", "commission")},
                "status": row["status"],
            }
        )
    return found


def _order_days(result: Any, sessions: list[dt.date], ordinals: dict[str, int]) -> list[list[Any]]:
    """Per session, the orders to which something happened and their status after it."""
    days: dict[dt.date, dict[int, str]] = {session: {} for session in sessions}
    for event in _rows(result.order_events):
        day = (EPOCH + dt.timedelta(microseconds=event["stamp"] // 1_000)).date()
        kind = event["kind"]
        if kind in SILENT_EVENTS:
            continue
        status = {"accepted": "open", "partially_filled": "open"}.get(kind, kind)
        days[day][ordinals[str(event["order_id"])]] = status
    return [sorted([ordinal, status] for ordinal, status in days[session].items()) for session in sessions]


def _positions(result: Any, sessions: list[dt.date]) -> list[dict[str, Any]]:
    days: dict[dt.date, dict[str, Any]] = {session: {} for session in sessions}
    for row in _rows(result.positions):
        values = [plain(row[name]) for name in ("amount", "cost_basis", "last_sale_price")]
        days[row["session"]][row["symbol"]] = values
    return [days[session] for session in sessions]


def _daily(result: Any) -> dict[str, list[Any]]:
    rows = _rows(result.daily)
    columns = {name: [_cell(row[name]) for row in rows] for name in result.daily.columns if name != "session"}
    recorded = {row["session"]: row for row in _rows(result.recorded)}  # from the first record on
    for name in result.recorded.columns:
        if name != "session":
            columns[name] = [plain(recorded.get(row["session"], {}).get(name)) for row in rows]
    return columns


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | dt.date) else plain(value)
