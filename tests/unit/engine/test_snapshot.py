"""A run that is saved and gone on with: what it keeps, what it can't, and what it refuses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import pickle
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import (
    StaticRestrictions,
    commission,
    date_rules,
    fetch_csv,
    order,
    order_target_percent,
    record,
    schedule_function,
    set_asset_restrictions,
    set_cancel_policy,
    set_max_order_count,
    slippage,
    symbol,
    time_rules,
)
from rustybt.engine import _snapshot
from rustybt.errors import InputError, SnapshotCorrupt, SnapshotError, SnapshotMismatch
from tests.properties import _elsewhere

DAYS = [dt.date(2024, 1, day) for day in range(2, 31) if dt.date(2024, 1, day).weekday() < 5 and day != 15]
SPAN = {"start": DAYS[0], "end": DAYS[-1], "bundle": "kept", "capital_base": 10_000}


@pytest.fixture(autouse=True)
def _bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mood = tmp_path / "mood.csv"
    mood.write_text("date,mood\n2024-01-02,1\n2024-01-16,2\n")
    monkeypatch.setenv("MOOD", str(mood))
    rows = [
        (name, day, *[str(base + number % 5)] * 4, 1_000)
        for name, base in (("A", 10), ("B", 20), ("C", 30))
        for number, day in enumerate(DAYS)
    ]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    dividends = pl.DataFrame(
        {"symbol": ["A"], "ex_date": [DAYS[5]], "pay_date": [DAYS[15]], "amount": ["0.123"]},
    )
    splits = pl.DataFrame({"symbol": ["B"], "ex_date": [DAYS[9]], "ratio": ["1/3"]})
    frame = pl.DataFrame(rows, schema=names, orient="row")
    rustybt.ingest("kept", frame, dividends=dividends, splits=splits, mode="replace")


class Growing(slippage.SlippageModel):
    """Fills ever worse: by a cent more with each fill."""

    def __init__(self, log: list[Any]) -> None:
        super().__init__()
        self.fills = 0
        self.log = log

    def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
        self.fills += 1
        self.log.append((data.current_dt, order.asset))
        return data.current(order.asset, "price") + Decimal(self.fills) / 100, order.open_amount


class Counting(commission.EquityCommissionModel):
    """Costs as much as there were fills before."""

    fills = 0

    def calculate(self, order: Any, transaction: Any) -> int:
        self.fills += 1
        return self.fills


class EveryThird(rustybt.api.cancel_policy.CancelPolicy):
    """Cancels at the end of every third session."""

    ended = 0

    def should_cancel(self, event: Any) -> bool:
        self.ended += 1
        return self.ended % 3 == 0


class Sums:
    """A metric with a memory."""

    def __init__(self) -> None:
        self.total = 0

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        self.total += len(ledger.orders())
        packet["daily_perf"]["sum"] = self.total


class Everything(rustybt.Strategy):
    """Keeps something in each place where a strategy can."""

    def initialize(self, context: Any) -> None:
        self.seen: list[Any] = []
        context.log = []
        context.model = Growing(context.log)
        context.set_slippage(context.model)
        context.set_commission(Counting())
        context.assets = {name: symbol(name) for name in "ABC"}
        set_cancel_policy(EveryThird())
        set_max_order_count(3, on_error="log")
        set_asset_restrictions(StaticRestrictions([symbol("C")]), on_error="reject")
        schedule_function(self.weekly, date_rules.week_start(days_offset=1), time_rules.market_open())
        schedule_function(monthly, date_rules.month_end())
        fetch_csv(os.environ["MOOD"], symbol="weather", date_column="date")

    def before_trading_start(self, context: Any, data: Any) -> None:
        context.morning = data.current_dt

    def handle_data(self, context: Any, data: Any) -> None:
        self.seen.append(data.current_dt)
        dice = int(context.rng.integers(-5, 20))
        order(context.assets["A"], dice, limit_price=14)
        order(context.assets["C"], 1)
        if len(self.seen) == 4:
            schedule_function(self.late, date_rules.every_day())
        record(dice=dice, mood=data.current("weather", "mood"), log=len(context.log), fills=context.model.fills)

    def weekly(self, context: Any, data: Any) -> None:
        order_target_percent(context.assets["B"], 0.3)

    def late(self, context: Any, data: Any) -> None:
        record(late=len(self.seen))


def monthly(context: Any, data: Any) -> None:
    order_target_percent(symbol("B"), 0 if context.portfolio.positions else 0.1)


def everything() -> dict[str, Any]:
    return {"strategy": Everything}


def arguments() -> dict[str, Any]:
    return {
        **SPAN,
        "metrics_set": [Sums()],
        "seed": 5,
        "capital_changes": {"2024-01-18": {"type": "delta", "value": 777}},
        "benchmark": "B",
    }


@pytest.mark.parametrize("steps", [0, 1, 2, 14, 15, 26, 27, 28, 29, 43, 50, 62, 63])
def test_a_run_goes_on_with_all_that_a_strategy_keeps(steps: int, tmp_path: Path) -> None:
    whole = _elsewhere.outcome(lambda: rustybt.run_algorithm(**arguments(), **everything()))
    run = rustybt.Run(**arguments(), **everything())
    for _ in range(steps):
        run.step()
    fork, path = run.fork(), run.snapshot().save(tmp_path / "kept")
    there = _elsewhere.there(str(path), "python", everything)
    assert there == whole
    assert _elsewhere.outcome(fork.finish) == whole
    # the model that hangs on context is the one that the run asks, as it was
    assert fork.context.model.log is fork.context.log
    assert fork.context.log is not run.context.log
    assert _elsewhere.outcome(run.finish) == whole


def test_prices_on_a_grid_go_on_being_on_it(tmp_path: Path) -> None:
    grid = SPAN | {"decimals": {"equity": {"rounding": "half_even"}}, "numbers": "float"}
    whole = _elsewhere.outcome(lambda: rustybt.run_algorithm(**grid, **plain()))
    run = rustybt.Run(**grid, **plain())
    run.until("2024-01-10")
    path = run.snapshot().save(tmp_path / "kept")
    assert _elsewhere.there(str(path), "python", plain) == whole
    assert _elsewhere.outcome(run.fork().finish) == whole


def plain() -> dict[str, Any]:
    return {"handle_data": monthly, "before_trading_start": look}


def look(context: Any, data: Any) -> None:
    context.looked = data.current(symbol("A"), ["price", "volume"])


def test_forks_go_on_independently() -> None:
    def handle_data(context: Any, data: Any) -> None:
        order(symbol("A"), context.units)

    def initialize(context: Any) -> None:
        context.units = 1
        context.nested = {"list": [1]}

    functions = {"initialize": initialize, "handle_data": handle_data}
    alone = rustybt.run_algorithm(**SPAN, **functions)
    run = rustybt.Run(**SPAN, **functions)
    run.until("2024-01-10")
    forks = [run.fork() for _ in range(3)]
    for units, fork in enumerate(forks):
        fork.context.units = units
        fork.context.nested["list"].append(units)
    results = [fork.finish() for fork in forks]
    assert run.context.nested == {"list": [1]}
    assert results[1].ledger_hash == run.finish().ledger_hash == alone.ledger_hash
    assert len({result.ledger_hash for result in results}) == 3
    past = [result.daily.filter(pl.col("session") <= dt.date(2024, 1, 10)) for result in results]
    assert past[0].equals(past[1])
    assert past[0].equals(past[2])


def test_a_fork_reads_no_bar_again() -> None:
    run = rustybt.Run(**SPAN, strategy=Everything)
    run.until("2024-01-10")
    before = run._parts.market.data.rows_read
    fork = run.fork()
    fork.finish()
    assert fork._parts.market is run._parts.market
    assert run._parts.market.data.rows_read == before


def test_a_snapshot_is_restored_any_number_of_times_and_on_a_loaded_market() -> None:
    run = rustybt.Run(**SPAN, strategy=Everything)
    run.until("2024-01-10")
    snapshot = run.snapshot()
    hashes = {rustybt.Run.restore(snapshot, strategy=Everything).finish().ledger_hash for _ in range(2)}
    market = rustybt.load("kept")
    hashes.add(rustybt.Run.restore(snapshot, strategy=Everything, market=market).finish().ledger_hash)
    assert hashes == {run.finish().ledger_hash}
    assert snapshot.moment is not None
    assert (snapshot.bundle, snapshot.moment.when.date()) == ("kept", dt.date(2024, 1, 10))


@pytest.mark.parametrize(
    ("keep", "named"),
    [
        (lambda context: setattr(context, "lock", threading.Lock()), "context.lock"),
        (lambda context: setattr(context, "rule", lambda: 1), "context.rule"),
        (lambda context: schedule_function(lambda c, d: None), "scheduled function"),
        (lambda context: record(odd=(x for x in ())), "recorded value 'odd'"),
    ],
)
def test_what_cant_be_saved_is_named_when_the_snapshot_is_taken(keep: Any, named: str) -> None:
    run = rustybt.Run(**SPAN, initialize=keep)
    with pytest.raises(SnapshotError, match=named):
        run.snapshot()
    # the run itself is as it was
    run.step()


def test_an_argument_that_cant_be_saved_is_named() -> None:
    class Local(slippage.FixedSlippage):
        pass

    blotter = rustybt.SimulationBlotter(equity_slippage=Local())
    run = rustybt.Run(**SPAN, blotter=blotter, handle_data=monthly)
    with pytest.raises(SnapshotError, match="argument blotter="):
        run.snapshot()


def test_a_run_whose_orders_are_with_another_broker_has_no_snapshot() -> None:
    class Around(rustybt.SimulationBlotter):
        def broker(self, simulated: Any) -> Any:
            return SimpleNamespace(
                submit=simulated.submit,
                replace=simulated.replace,
                cancel=simulated.cancel,
                reports=simulated.reports,
            )

    run = rustybt.Run(**SPAN, blotter=Around(), handle_data=monthly)
    with pytest.raises(SnapshotError, match="can't be saved: it lacks one of the methods snapshot and restore"):
        run.snapshot()


class Dawdling:
    """A broker that passes an order on two bars after it heard of it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.waiting: list[tuple[Any, int]] = []
        self.bar = 0
        self.replace, self.cancel = inner.replace, inner.cancel

    def submit(self, order: Any) -> None:
        self.waiting.append((order, self.bar + 2))

    def reports(self, moment: Any) -> Any:
        self.bar = moment.bar
        now = [one for one, due in self.waiting if due <= self.bar]
        self.waiting = [(one, due) for one, due in self.waiting if due > self.bar]
        for one in now:
            self.inner.submit(one)
        return self.inner.reports(moment)

    def snapshot(self) -> Any:
        return self.bar, [(one.number, due) for one, due in self.waiting]

    def restore(self, state: Any, order: Any) -> None:
        self.bar, waiting = state
        self.waiting = [(order(number), due) for number, due in waiting]


class Dawdle(rustybt.SimulationBlotter):
    def broker(self, simulated: Any) -> Any:
        return Dawdling(simulated)


def daily(context: Any, data: Any) -> None:
    order(symbol("A"), 3)
    order(symbol("B"), -2, limit_price=22)


@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_a_broker_that_can_be_saved_goes_on_with_what_it_was_asked_for(kernel: Any, tmp_path: Path) -> None:
    whole = rustybt.Run(**SPAN, blotter=Dawdle(), handle_data=daily).finish()
    assert whole.orders["filled"].max() == 3
    run = rustybt.Run(**SPAN, blotter=Dawdle(), handle_data=daily)
    for day in DAYS[1::4]:
        run.until(day)
        path = run.snapshot().save(tmp_path / "kept")
        again = rustybt.Run.restore(rustybt.Snapshot.load(path), handle_data=daily, kernel=kernel)
        for other in (again, run.fork()):
            result = other.finish()
            assert result.ledger_hash == whole.ledger_hash
            assert result.order_events.equals(whole.order_events)


def at_hand(low: str = "9") -> dict[str, pl.DataFrame]:
    frame = pl.DataFrame({"date": DAYS[:5], "close": ["10", "11", "10", "12", "11"]})
    return {"A": frame.with_columns(open="close", high="close", low=pl.lit(low), volume=10_000)}


def half(context: Any, data: Any) -> None:
    order_target_percent(symbol("A"), "0.5")


def test_a_run_on_data_at_hand_is_forked_and_restored_on_the_same_data(tmp_path: Path) -> None:
    run = rustybt.Run(data=at_hand(), handle_data=half, capital_base=10_000)
    run.until(DAYS[2])
    path = run.snapshot().save(tmp_path / "kept")
    kept = rustybt.Snapshot.load(path)
    whole = run.fork().finish()
    assert run.finish().ledger_hash == whole.ledger_hash
    # read with an option of its own, so anew, as in another process: another version with the same values
    market = rustybt.load_data(at_hand(), calendar="XNYS")
    assert rustybt.Run.restore(kept, handle_data=half, market=market).finish().ledger_hash == whole.ledger_hash
    with pytest.raises(SnapshotMismatch, match=r"market=rustybt.load_data\(data\)"):
        rustybt.Run.restore(kept, handle_data=half)
    with pytest.raises(SnapshotMismatch, match="Pass the data of the run"):
        rustybt.Run.restore(kept, handle_data=half, market=rustybt.load_data(at_hand("8")))
    pickled = pickle.loads(pickle.dumps(market))
    run = rustybt.Run(market=pickled, handle_data=half, capital_base=10_000)
    with pytest.raises(SnapshotMismatch, match=r"market=rustybt.load_data\(data\)"):
        rustybt.Run.restore(run.snapshot(), handle_data=half)


def test_a_snapshot_that_a_folder_is_in_the_way_of_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(SnapshotError, match="Move what lies in the way"):
        rustybt.Run(**SPAN, handle_data=monthly).snapshot().save(tmp_path / "kept")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_what_is_no_snapshot_or_no_market_is_told(tmp_path: Path) -> None:
    run = rustybt.Run(**SPAN, handle_data=monthly)
    with pytest.raises(InputError, match=r"Snapshot.load\(path\) reads a file"):
        rustybt.Run.restore(tmp_path, handle_data=monthly)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="market='kept': pass what"):
        rustybt.Run.restore(run.snapshot(), handle_data=monthly, market="kept")  # type: ignore[arg-type]


def test_within_a_moment_no_snapshot_is_taken() -> None:
    runs: list[rustybt.Run] = []

    def handle_data(context: Any, data: Any) -> None:
        runs[0].snapshot()

    runs.append(rustybt.Run(**SPAN, handle_data=handle_data))
    with pytest.raises(SnapshotError, match="within a moment"):
        runs[0].finish()
    with pytest.raises(InputError, match="ended with an error"):
        runs[0].snapshot()


def test_a_file_that_is_damaged_of_another_format_or_no_snapshot_is_refused(tmp_path: Path) -> None:
    path = rustybt.Run(**SPAN, strategy=Everything).snapshot().save(tmp_path / "kept")
    whole = path.read_bytes()
    for place in (len(whole) - 1, len(whole) // 2):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(SnapshotCorrupt, match="checksum"):
            rustybt.Snapshot.load(path)
    path.write_bytes(whole[:-5])
    with pytest.raises(SnapshotCorrupt, match="checksum"):
        rustybt.Snapshot.load(path)
    path.write_bytes(whole.replace(b'"format": %d' % _snapshot.FORMAT, b'"format": 9', 1))
    with pytest.raises(SnapshotMismatch, match="format 9"):
        rustybt.Snapshot.load(path)
    for other in (b"", b"PK", pickle.dumps({})):
        path.write_bytes(other)
        with pytest.raises(SnapshotCorrupt, match="no snapshot"):
            rustybt.Snapshot.load(path)
    with pytest.raises(SnapshotError, match="can't be read"):
        rustybt.Snapshot.load(tmp_path / "missing")


def test_a_snapshot_of_other_data_or_of_another_strategy_is_refused() -> None:
    snapshot = rustybt.Run(**SPAN, strategy=Everything).snapshot()
    with pytest.raises(SnapshotMismatch, match="handle_data"):
        rustybt.Run.restore(snapshot, initialize=monthly)
    frame = pl.DataFrame(
        {"symbol": "A", "date": DAYS, **dict.fromkeys(("open", "high", "low", "close"), 1), "volume": 1}
    )
    other = rustybt.ingest("other", frame)
    assert other is not None
    with pytest.raises(SnapshotMismatch, match="hash"):
        rustybt.Run.restore(snapshot, strategy=Everything, market=rustybt.load("other"))
    rustybt.ingest("kept", frame, mode="replace")
    rustybt.clean("kept", keep_last=1)
    with pytest.raises(rustybt.errors.RustyBTError, match=snapshot.version):
        rustybt.Run.restore(snapshot, strategy=Everything)


def test_reading_a_file_executes_nothing(tmp_path: Path) -> None:
    """The part that is the run's own holds plain values only; what else is there is executed when a run is restored."""

    class Bomb:
        def __reduce__(self) -> Any:
            return (exec, ("raise SystemExit",))

    snapshot = rustybt.Run(**SPAN, strategy=Everything).snapshot()
    snapshot._parts = (pickle.dumps(Bomb().__reduce__()), *snapshot._parts[1:])
    loaded = rustybt.Snapshot.load(snapshot.save(tmp_path / "kept"))
    with pytest.raises(SnapshotCorrupt, match="exec"):
        rustybt.Run.restore(loaded, strategy=Everything)


def test_every_part_of_a_run_is_saved_or_made_anew() -> None:
    run = rustybt.Run(**SPAN, strategy=Everything)
    parts, named = run._parts, {*vars(run._loop), *(field.name for field in dataclasses.fields(run._loop))}
    found = [f"loop.{name}" for name in named]
    for name, part in (("run", parts.run), ("account", parts.run.account), ("settings", parts.settings)):
        found += [f"{name}.{field.name}" for field in dataclasses.fields(part)]
    assert sorted(found) == sorted([*_snapshot.SAVED, *_snapshot.REMADE])
