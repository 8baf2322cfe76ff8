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

from tests._kernels import kernel_of
from tests.parity._case import Case
from tests.parity._rustybt_data import ingest
from tests.parity._script import Script, plain
from tests.parity._zipline import order_state

DAY = 86_400_000_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CLOSED_OUT = -1


class RustySide:
    """RustyBT's half of the script's protocol."""

    def __init__(self) -> None:
        import rustybt.api
        from rustybt import errors

        self.api: Any = rustybt.api
        self.violation: type[Exception] = getattr(errors, "TradingControlViolation", LookupError)

    def number(self, text: str) -> Decimal:
        return Decimal(text)

    def moment(self, day: str) -> dt.date:
        return dt.date.fromisoformat(day)

    def batch(self, amounts: dict[Any, int]) -> list[Any]:
        return list(self.api.batch_market_order(amounts))

    def last_traded(self, moment: Any, daily: bool) -> int | None:
        stamp = stamp_ns(moment)
        return stamp if stamp is None or not daily else stamp // DAY * DAY

    def weights(self, portfolio: Any) -> dict[str, float | None]:
        return {asset.symbol: plain(weight) for asset, weight in portfolio.current_portfolio_weights.items()}

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
    from rustybt import errors

    violation: type[Exception] = getattr(errors, "AccountControlViolation", LookupError)
    with tempfile.TemporaryDirectory(prefix="parity-") as folder, _root(folder):
        ingest(case)
        script = Script(case, RustySide())
        try:
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
                kernel=kernel_of(case.seed),
                capital_changes={
                    moment: {"type": kind, "value": amount} for moment, kind, amount in case.capital_changes
                },
                **_options(case),
            )
        except violation as error:
            return {"seen": script.seen, "raised": type(error).__name__}
    return _outcome(script, result)


def _options(case: Case) -> dict[str, Any]:
    """What most cases leave at its default."""
    options: dict[str, Any] = {}
    if isinstance(case.benchmark, tuple):
        import polars as pl

        days = [dt.date.fromisoformat(day) for day in case.sessions[case.first : case.last + 1]]
        values = [Decimal(value) for value in case.benchmark[: len(days)]]
        options["benchmark_returns"] = pl.DataFrame({"date": days, "return": values})
    return options


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


# the outcome


def _outcome(script: Script, result: Any) -> dict[str, Any]:
    ordinals = {str(order_id): number for number, order_id in enumerate(script.order_ids)} | {"None": CLOSED_OUT}
    sessions = result.daily["session"].to_list()
    return {
        "seen": script.seen,
        "raised": None,
        "transactions": [
            [stamp_ns(t["dt"]), t["symbol"], plain(t["amount"]), plain(t["price"]), ordinals[str(t["order_id"])]]
            for t in _rows(result.transactions)
        ],
        "orders": _orders(script, result),
        "order_days": _order_days(result, ordinals),
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
                **{name: plain(row.get(name)) for name in ("amount", "filled", "limit", "commission")},
                "status": row["status"],
            }
        )
    return found


def _order_days(result: Any, ordinals: dict[str, int]) -> list[dict[int, Any]]:
    """Per session, the orders to which something happened, as they stood after it: Zipline's column "orders"."""
    return [{ordinals[str(order["id"])]: order_state(order) for order in day} for day in result.to_pandas()["orders"]]


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
