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

from tests.parity._case import Case
from tests.parity._edges import KnifeEdge, Undecided
from tests.parity._only_zipline import without_rustybt
from tests.parity._script import Script, plain
from tests.parity._zipline_data import portal

STATUS = ("open", "filled", "cancelled", "rejected", "held")
SKIPPED_COLUMNS = ("orders", "transactions", "positions")
STOP = "stop "
"""Before a case that may end where noise decides."""
CLOSED_OUT = -1
"""Number of the order of a fill that no order asked for: a delisted or expired asset is closed out."""


class ZiplineSide:
    """Zipline's half of the script's protocol."""

    def __init__(self) -> None:
        import zipline.api
        from zipline.errors import TradingControlViolation

        self.api: Any = zipline.api
        self.violation: type[Exception] = TradingControlViolation

    def number(self, text: str) -> float:
        return float(text)

    def moment(self, day: str) -> Any:
        import pandas as pd

        return pd.Timestamp(day, tz="UTC")

    def batch(self, amounts: dict[Any, int]) -> list[Any]:
        import pandas as pd

        return list(self.api.batch_market_order(pd.Series(amounts, dtype="int64")))

    def last_traded(self, moment: Any, daily: bool) -> int | None:
        return self.stamp(moment)

    def weights(self, portfolio: Any) -> dict[str, float | None]:
        return {asset.symbol: plain(weight) for asset, weight in portfolio.current_portfolio_weights.items()}

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


# the run


def run_case(case: Case, *, stop: bool = False) -> dict[str, Any]:
    """The case on Zipline, as plain values; see `_rustybt.run_case` for the same of the other side.

    stop: whether it ends where noise decides, and gives nothing but "edges".
    """
    with tempfile.TemporaryDirectory(prefix="parity-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = portal(case, Path(folder))
        edge = KnifeEdge(stop)
        undo = edge.watch()
        try:
            return _run(case, *parts) | {"edges": edge.notes, "noise": edge.noise}
        except Undecided:
            return {"edges": edge.notes}
        finally:
            undo()


def _run(case: Case, portal: Any, finder: Any, calendar: Any) -> dict[str, Any]:
    import pandas as pd
    from zipline import errors
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
        benchmark_returns=_benchmark(case, calendar.sessions_in_range(start, end)),
        initialize=script.initialize,
        handle_data=script.handle_data,
        before_trading_start=script.before_trading_start,
        capital_changes={
            pd.Timestamp(moment, tz="UTC"): {"type": kind, "value": float(amount)}
            for moment, kind, amount in case.capital_changes
        },
    )
    try:
        perf = algorithm.run()
    except errors.AccountControlViolation as error:
        return {"seen": script.seen, "raised": type(error).__name__}
    return _outcome(script, algorithm, perf)


def _benchmark(case: Case, sessions: Any) -> Any:
    import pandas as pd

    if isinstance(case.benchmark, tuple):
        return pd.Series([float(value) for value in case.benchmark[: len(sessions)]], index=sessions)
    return pd.Series(0.0, index=sessions)


def _outcome(script: Script, algorithm: Any, perf: Any) -> dict[str, Any]:
    ordinals = {order_id: number for number, order_id in enumerate(script.order_ids)}
    frame = perf[[name for name in perf.columns if name not in SKIPPED_COLUMNS]]
    daily = {str(name): [_value(v) for v in frame[name]] for name in frame.columns}
    ordinals[None] = CLOSED_OUT
    return {
        "seen": script.seen,
        "raised": None,
        "transactions": [
            [t["dt"].value, t["sid"].symbol, int(t["amount"]), float(t["price"]), ordinals[t["order_id"]]]
            for day in perf["transactions"]
            for t in day
        ],
        "orders": [_order(algorithm.blotter.orders[order_id]) for order_id in script.order_ids],
        "order_days": [
            {ordinals[o["id"]]: order_state(o) for o in day} for day in perf["orders"]
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


def order_state(order: dict[str, Any]) -> dict[str, Any]:
    """An order of the performance frame's column "orders"; both engines give such dicts."""
    return {
        **{name: int(order[name].value) for name in ("dt", "created")},
        **{name: int(order[name]) for name in ("amount", "filled")},
        **{name: plain(order[name]) for name in ("commission", "stop", "limit")},
        **{name: bool(order[name]) for name in ("stop_reached", "limit_reached")},
        "symbol": order["sid"].symbol,
        "status": STATUS[int(order["status"])],
    }


def _value(value: Any) -> Any:
    """A cell of the performance frame: ns for stamps, None for missing."""
    if hasattr(value, "value") and hasattr(value, "tzinfo"):
        return int(value.value)
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return None if math.isnan(number) or math.isinf(number) else number


# the process of its own


class Worker:
    """Zipline in a process of its own: its global state and warnings stay there."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(self, case: Case, *, stop: bool = False) -> dict[str, Any]:
        """The case's outcome, see `run_case`. Raises RuntimeError with Zipline's traceback."""
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
        self._process.stdin.write(STOP * stop + case.to_json() + "\n")
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
    without_rustybt()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anybody prints must not get between the answers
    for line in sys.stdin:
        try:
            outcome = run_case(Case.from_json(line.removeprefix(STOP)), stop=line.startswith(STOP))
        except Exception:  # noqa: BLE001 - the caller gets the traceback
            outcome = {"error": traceback.format_exc()}
        answers.write(json.dumps(outcome) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
