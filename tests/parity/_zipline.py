"""A case on zipline-reloaded: `run_case` in this process, `Worker` in a long-lived one of its own.

As a module it is that process: one case as JSON per line of standard input, one outcome as JSON per line of output.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Any

from tests.parity._case import Case, ratio
from tests.parity._script import Script, plain

PRICES = ("open", "high", "low", "close")
STATUS = ("open", "filled", "cancelled", "rejected", "held")
SKIPPED_COLUMNS = (
    "alpha", "beta", "benchmark_period_return", "benchmark_volatility", "excess_return", "treasury_period_return",
    "orders", "transactions", "positions",
)  # fmt: skip


class ZiplineSide:
    """Zipline's half of the script's protocol."""

    def __init__(self) -> None:
        import zipline.api

        self.api = zipline.api

    def slippage(self, name: str, arguments: dict[str, str]) -> Any | None:
        from zipline.finance import slippage

        models = {
            "none": slippage.NoSlippage,
            "fixed": slippage.FixedSlippage,
            "basis_points": slippage.FixedBasisPointsSlippage,
            "volume_share": slippage.VolumeShareSlippage,
        }
        return None if name == "default" else models[name](**_floats(arguments))

    def commission(self, name: str, arguments: dict[str, str]) -> Any | None:
        from zipline.finance import commission

        models = {
            "per_share": commission.PerShare,
            "per_trade": commission.PerTrade,
            "per_dollar": commission.PerDollar,
        }
        if name == "default":
            return None
        return commission.PerShare(cost=0.0) if name == "free" else models[name](**_floats(arguments))

    def stamp(self, moment: Any) -> int | None:
        import pandas as pd

        return None if moment is None or pd.isna(moment) else int(pd.Timestamp(moment).value)

    def column(self, values: Any) -> list[Any]:
        return [plain(v) for v in values]

    def columns(self, values: Any, names: list[Any]) -> list[list[Any]]:
        if values.index.nlevels > 1:
            values = values.droplevel(1)
        return [self.column(values[name]) for name in names]

    def items(self, values: Any, keys: list[Any]) -> list[Any]:
        return self.column(values[key] for key in keys)

    def cells(self, values: Any, assets: list[Any], fields: list[str]) -> list[list[Any]]:
        return [self.column(values.loc[asset, field] for field in fields) for asset in assets]


def _floats(arguments: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in arguments.items()}


# knife's edges


class KnifeEdge:
    """Notes where Zipline's float came to lie on a rounding edge, so that noise decided: such a case proves nothing."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def cents(self, what: str, value: float) -> None:
        """A value that is about to be rounded to cents."""
        away = abs(value * 100 - math.floor(value * 100) - 0.5)
        if away < 1e-6:
            self.notes.append(f"{what} {value!r} lies half-way between cents")

    def whole(self, what: str, value: float) -> None:
        """A value that is about to be truncated."""
        away = abs(value - round(value))
        if 0 < away < 1e-9:
            self.notes.append(f"{what} {value!r} lies next to a whole number")

    def watch(self) -> Any:
        """Wrap what rounds in Zipline; returns a function that takes the wrappers off."""
        from zipline.algorithm import TradingAlgorithm
        from zipline.finance.order import Order
        from zipline.finance.position import Position

        position_split, order_split, sizing = Position.handle_split, Order.handle_split, TradingAlgorithm.round_order

        def on_position(position: Any, asset: Any, split: float) -> Any:
            basis = position.cost_basis * split
            shares = position.amount / split
            self.cents("cost basis", basis)
            self.whole("shares", shares)
            if shares != math.trunc(shares):
                self.cents("cash in lieu", (shares - math.trunc(shares)) * round(basis, 2))
            return position_split(position, asset, split)

        def on_order(order: Any, split: float) -> Any:
            self.whole("open amount", order.open_amount / split)
            self.whole("filled", order.filled / split)
            if order.limit is not None:
                self.cents("limit", order.limit * split)
            return order_split(order, split)

        def on_size(amount: float) -> int:
            fraction = abs(amount) % 1
            if abs(fraction - 0.9999) < 1e-8:
                self.notes.append(f"size {amount!r} lies on the edge of rounding up")
            return int(sizing(amount))

        def undo() -> None:
            Position.handle_split, Order.handle_split = position_split, order_split
            TradingAlgorithm.round_order = staticmethod(sizing)

        Position.handle_split, Order.handle_split = on_position, on_order
        TradingAlgorithm.round_order = staticmethod(on_size)
        return undo


# the run


def run_case(case: Case) -> dict[str, Any]:
    """The case on Zipline, as plain values; see `_rustybt.run_case` for the same of the other side."""
    with tempfile.TemporaryDirectory(prefix="parity-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        portal, finder, calendar = _portal(case, Path(folder))
        edge = KnifeEdge()
        undo = edge.watch()
        try:
            return _run(case, portal, finder, calendar) | {"edges": edge.notes}
        finally:
            undo()


def _run(case: Case, portal: Any, finder: Any, calendar: Any) -> dict[str, Any]:
    import pandas as pd
    from zipline.algorithm import TradingAlgorithm
    from zipline.finance.trading import SimulationParameters

    script = Script(case, ZiplineSide())
    start, end = pd.Timestamp(case.start), pd.Timestamp(case.end)
    algorithm = TradingAlgorithm(
        data_portal=portal,
        asset_finder=finder,
        trading_calendar=calendar,
        sim_params=SimulationParameters(
            start_session=start,
            end_session=end,
            trading_calendar=calendar,
            capital_base=float(case.capital),
            data_frequency=case.frequency,
        ),
        benchmark_returns=pd.Series(0.0, index=calendar.sessions_in_range(start, end)),
        initialize=script.initialize,
        handle_data=script.handle_data,
        before_trading_start=script.before_trading_start,
        capital_changes={
            pd.Timestamp(moment, tz="UTC"): {"type": kind, "value": float(amount)}
            for moment, kind, amount in case.capital_changes
        },
    )
    perf = algorithm.run()
    return _outcome(script, algorithm, perf)


def _outcome(script: Script, algorithm: Any, perf: Any) -> dict[str, Any]:
    ordinals = {order_id: number for number, order_id in enumerate(script.order_ids)}
    frame = perf[[name for name in perf.columns if name not in SKIPPED_COLUMNS]]
    daily = {str(name): [_value(v) for v in frame[name]] for name in frame.columns}
    return {
        "seen": script.seen,
        "transactions": [
            [t["dt"].value, t["sid"].symbol, int(t["amount"]), float(t["price"]), ordinals[t["order_id"]]]
            for day in perf["transactions"]
            for t in day
        ],
        "orders": [_order(algorithm.blotter.orders[order_id]) for order_id in script.order_ids],
        "order_days": [
            sorted([ordinals[o["id"]], STATUS[int(o["status"])]] for o in day) for day in perf["orders"]
        ],
        "positions": [
            {p["sid"].symbol: [int(p["amount"]), float(p["cost_basis"]), float(p["last_sale_price"])] for p in day}
            for day in perf["positions"]
        ],
        "daily": daily,
    }  # fmt: skip


def _order(order: Any) -> dict[str, Any]:
    return {
        "created": order.created.value,
        "symbol": order.asset.symbol,
        "amount": int(order.amount),
        "filled": int(order.filled),
        "limit": None if order.limit is None else float(order.limit),
        "commission": float(order.commission),
        "status": STATUS[int(order.status)],
    }


def _value(value: Any) -> Any:
    """A cell of the performance frame: ns for stamps, None for missing."""
    if hasattr(value, "value") and hasattr(value, "tzinfo"):
        return int(value.value)
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return None if math.isnan(number) or math.isinf(number) else number


# the data


def _portal(case: Case, folder: Path) -> tuple[Any, Any, Any]:
    import pandas as pd
    from zipline.assets import AssetFinder
    from zipline.data.adjustments import SQLiteAdjustmentReader
    from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
    from zipline.data.bcolz_minute_bars import BcolzMinuteBarReader, BcolzMinuteBarWriter
    from zipline.data.data_portal import DataPortal
    from zipline.utils.calendar_utils import get_calendar

    calendar = get_calendar("XNYS")
    first, last = pd.Timestamp(case.sessions[0]), pd.Timestamp(case.sessions[-1])
    frames = [_frame(case, stock.bars) for stock in case.stocks]
    per_day = frames if case.frequency == "daily" else [_by_session(calendar, frame) for frame in frames]
    spans = [(days.index[0], last) for days in per_day]

    daily_path = folder / "daily.bcolz"
    per_day = [
        days.reindex(calendar.sessions_in_range(start, last)).fillna(0.0)
        for days, (start, _) in zip(per_day, spans, strict=True)
    ]
    BcolzDailyBarWriter(str(daily_path), calendar, first, last).write(enumerate(per_day))
    readers = {"equity_daily_reader": BcolzDailyBarReader(str(daily_path))}
    if case.frequency == "minute":
        minute_path = folder / "minute.bcolz"
        minute_path.mkdir()
        BcolzMinuteBarWriter(str(minute_path), calendar, first, last, minutes_per_day=390).write(enumerate(frames))
        readers["equity_minute_reader"] = BcolzMinuteBarReader(str(minute_path))

    finder = AssetFinder(_write_assets(case, folder / "assets.sqlite", spans))
    _write_adjustments(case, folder / "adjustments.sqlite", readers["equity_daily_reader"])
    portal = DataPortal(
        finder,
        trading_calendar=calendar,
        first_trading_day=first,
        adjustment_reader=SQLiteAdjustmentReader(str(folder / "adjustments.sqlite")),
        **readers,
    )
    return portal, finder, calendar


def _frame(case: Case, bars: Any) -> Any:
    import pandas as pd

    stamps = case.stamps()
    index = pd.DatetimeIndex([stamps[bar[0]] for bar in bars], tz="UTC" if case.frequency == "minute" else None)
    prices = {name: [bar[i] / 100 for bar in bars] for i, name in enumerate(PRICES, start=1)}
    return pd.DataFrame({**prices, "volume": [float(bar[5]) for bar in bars]}, index=index)


def _by_session(calendar: Any, frame: Any) -> Any:
    """Daily bars of minute bars, as a bundle would hold both."""
    days = calendar.minutes_to_sessions(frame.index)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.groupby(days).agg(how)


def _write_assets(case: Case, path: Path, spans: Any) -> str:
    import pandas as pd
    from zipline.assets import AssetDBWriter

    equities = pd.DataFrame(
        {
            "symbol": [stock.symbol for stock in case.stocks],
            "asset_name": [stock.symbol for stock in case.stocks],
            "start_date": [span[0] for span in spans],
            "end_date": [span[1] for span in spans],
            "first_traded": [span[0] for span in spans],
            "auto_close_date": [pd.NaT for _ in spans],
            "exchange": ["NYSE" for _ in spans],
        }
    )
    exchanges = pd.DataFrame({"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]})
    AssetDBWriter(str(path)).write(equities=equities, exchanges=exchanges)
    return str(path)


def _write_adjustments(case: Case, path: Path, daily_reader: Any) -> None:
    import pandas as pd
    from zipline.data.adjustments import SQLiteAdjustmentWriter

    splits = [
        (sid, float(ratio(text)), pd.Timestamp(case.sessions[at]))
        for sid, stock in enumerate(case.stocks)
        for at, text in stock.splits
    ]
    dividends = [
        (sid, float(d.amount), pd.Timestamp(case.sessions[d.ex]), pd.NaT, pd.NaT, pd.Timestamp(d.pay))
        for sid, stock in enumerate(case.stocks)
        for d in stock.dividends
    ]
    split_frame = pd.DataFrame(splits, columns=["sid", "ratio", "effective_date"]) if splits else None
    columns = ["sid", "amount", "ex_date", "record_date", "declared_date", "pay_date"]
    dividend_frame = pd.DataFrame(dividends, columns=columns) if dividends else None
    if dividend_frame is not None:
        for name in columns[2:]:
            dividend_frame[name] = pd.to_datetime(dividend_frame[name])
    writer = SQLiteAdjustmentWriter(str(path), daily_reader, overwrite=True)
    writer.write(splits=split_frame, dividends=dividend_frame)
    writer.close()


# the process of its own


class Worker:
    """Zipline in a process of its own: its global state and warnings stay there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(self, case: Case) -> dict[str, Any]:
        """The case's outcome. Raises RuntimeError with Zipline's traceback."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.parity._zipline"],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(case.to_json() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The Zipline process ended with code {self._process.wait()}; see its messages above.")
        outcome: dict[str, Any] = json.loads(line)
        if "error" in outcome:
            raise RuntimeError(f"Zipline failed on seed {case.seed}, {case.frequency}:\n{outcome['error']}")
        return outcome

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._process.stdin is not None and self._process.stdout is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(timeout=20)
            self._process = None


def main() -> None:
    """Answer cases until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anybody prints must not get between the answers
    for line in sys.stdin:
        try:
            outcome = run_case(Case.from_json(line))
        except Exception:  # noqa: BLE001 - the caller gets the traceback
            outcome = {"error": traceback.format_exc()}
        answers.write(json.dumps(outcome) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
