"""By which volume a fill falls into its tier, and that the volume is of a run only and part of what is saved of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from tests.unit._small import ingest_minutes, run
from tests.unit.execution._trades import Trade, fees_of
from tests.unit.orders._bars import run_bars

D = dt.date
F = Fraction
Charge, FeeSchedule = commission.Charge, commission.FeeSchedule
COIN = {"type": "crypto", "quantity_step": "0.0001"}


def by_fill(result: rustybt.Result) -> list[Fraction]:
    return [F(amount) for amount in result.transactions["commission"]]


def test_a_month_is_one_by_the_exchanges_own_dates() -> None:
    """The bar of 31 January ends at midnight UTC, in February; its fill is January's all the same."""
    charge = Charge(per="share", tiers=[(0, 2), (100, 1)], window="calendar_month", tier="marginal")
    trades = [Trade(D(2024, 1, 28), 80, 10), Trade(D(2024, 1, 31), 40, 10), Trade(D(2024, 2, 4), 150, 10)]
    done = fees_of(FeeSchedule(charge), trades)
    # 80 at 2; then 20 at 2 and 20 at 1; a new month: 100 at 2, 50 at 1
    assert [fees["commission"] for fees in done.fees] == [160, 60, 250]


def test_a_marginal_rate_goes_over_several_tiers_and_by_money() -> None:
    charge = Charge(per="percent", tiers=[(0, 3), (1_000, 2), (2_500, 1)], window="calendar_month", tier="marginal")
    done = fees_of(FeeSchedule(charge), [Trade(D(2024, 1, 10), 60, 100), Trade(D(2024, 1, 15), 5, 100)])
    # 6,000: 1,000 at 3 %, 1,500 at 2 %, 3,500 at 1 %; then 500 at 1 %
    assert [fees["commission"] for fees in done.fees] == [30 + 30 + 35, 5]


@pytest.mark.parametrize("kernel", ["python", "auto"])
@pytest.mark.parametrize(("fixed", "right"), [("at_placement", [1000, 200]), ("at_fill", [1000, 100])])
def test_when_the_rate_is_fixed(fixed: str, right: list[int], kernel: str) -> None:
    """A limit order is placed with another for 500, which fills before it and brings the next tier."""
    charge = Charge(per="share", tiers=[(0, 2), (500, 1)], window="days=30", fixed=fixed)
    flat = ("100", "100", "100", "100")
    bars = [flat, flat, ("100", "100", "89", "95")]

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids.update(A=context.order(asset, 100, limit_price=90), B=context.order(asset, 500))

    done = run_bars(bars, {0: place}, first=lambda c: c.set_commission(FeeSchedule(charge)), kernel=kernel)
    assert by_fill(done.result) == right


@pytest.mark.parametrize(
    ("evaluated", "right"),
    [
        # trades end at 06:59, 07:00, 07:01 and 08:01, each of 10 shares; the second tier begins at 10
        ("continuously", [20, 10, 10, 10]),
        # what is evaluated at 07:00 comes after the fill of the bar that ends then
        ("daily at 07:00", [20, 20, 10, 10]),
        ("hourly", [20, 20, 10, 10]),
        ("daily at 07:00, in force at 08:00", [20, 20, 20, 10]),
        ("daily at 06:00", [20, 20, 20, 20]),
    ],
)
def test_when_the_volume_is_evaluated(evaluated: str, right: list[int]) -> None:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    ingest_minutes({"A": ["10"] * 500}, opens)
    charge = Charge(per="share", tiers=[(0, 2), (10, 1)], window="days=30", evaluated=evaluated)

    def trade(context: Any, data: Any) -> None:
        now = context.get_datetime()
        if (now.hour, now.minute) in {(6, 58), (6, 59), (7, 0), (8, 0)}:
            context.order(context.symbol("A"), 10)

    result = run(
        trade,
        initialize=lambda context: context.set_commission(FeeSchedule(charge)),
        days=1,
        data_frequency="minute",
    )
    assert by_fill(result) == right


def test_a_rate_that_was_fixed_at_placement_was_evaluated_before() -> None:
    """The order of 07:00 is placed when the bar is over, and so after what is evaluated then."""
    ingest_minutes({"A": ["10"] * 500}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    tiers = {"tiers": [(0, 2), (10, 1)], "window": "days=30", "fixed": "at_placement", "evaluated": "daily at 07:00"}

    def trade(context: Any, data: Any) -> None:
        now = context.get_datetime()
        if (now.hour, now.minute) in {(6, 58), (6, 59), (7, 0)}:
            context.order(context.symbol("A"), 10)

    charge = Charge(per="share", **tiers)  # type: ignore[arg-type]  # a dict of several types
    first = lambda context: context.set_commission(FeeSchedule(charge))  # noqa: E731
    assert by_fill(run(trade, initialize=first, days=1, data_frequency="minute")) == [20, 20, 10]


def test_charges_of_one_pool_share_their_volume() -> None:
    tiers = {"per": "percent", "window": "days=30", "pool": "all"}
    model = FeeSchedule(
        Charge(**tiers, assets="crypto", tiers=[(0, 2), (1_000, 1)], weight=2),  # type: ignore[arg-type]
        Charge(**tiers, assets="equity", tiers=[(0, 4), (1_500, 3)]),  # type: ignore[arg-type]
    )
    days = [D(2024, 3, day) for day in range(1, 6)]
    rows = [(name, day, *["100"] * 4, "100000") for name in ("COIN", "SHARE") for day in days]
    frame = pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")
    assets = pl.DataFrame({"symbol": ["COIN", "SHARE"], "type": ["crypto", "equity"]})
    script = [("COIN", 6), ("SHARE", 4), ("SHARE", 4), ("COIN", 1)]

    def initialize(context: Any) -> None:
        context.set_commission(model)
        context.set_slippage(slippage.NoSlippage())
        context.left = list(script)

    def handle_data(context: Any, data: Any) -> None:
        if context.left:
            name, units = context.left.pop(0)
            context.order(context.symbol(name), units)

    market = rustybt.load_data(frame, calendar="24/7", assets=assets)
    result = rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, market=market, progress=False)
    # 600 of coins at 2 % weigh 1,200; 400 at 4 % make 1,600; 400 at 3 %; 100 at 1 %
    assert by_fill(result) == [12, 16, 12, 1]


def tiered() -> Any:
    return FeeSchedule(
        Charge(per="share", tiers=[(0, "0.5"), (30, "0.25")], window="calendar_month", minimum=8, tier="marginal"),
        Charge(kind="desk", per="percent", tiers=[(0, 1), (500, "0.5")], window="days=14", rounding="up to 0.01"),
        Charge(kind="pass", per="percent", rate="0.7", of="commission"),
    )


class Saved(rustybt.Strategy):
    """Buys and sells in parts, over more than a month."""

    def initialize(self, context: Any) -> None:
        context.set_commission(context.model if hasattr(context, "model") else tiered())
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit="0.1", price_impact=0))
        context.bar = 0

    def handle_data(self, context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar % 3 == 1:
            context.order(context.symbol("X"), 25 if context.bar % 2 else -15)


DAYS = [D(2024, 1, 20) + dt.timedelta(days=n) for n in range(24)]
ROWS = [("X", day, *[str(10 + n % 4)] * 4, "100") for n, day in enumerate(DAYS)]


def bundle() -> dict[str, Any]:
    frame = pl.DataFrame(ROWS, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")
    rustybt.ingest("fees", frame, calendar="24/7", mode="replace")
    return {"bundle": "fees", "start": DAYS[0], "end": DAYS[-1], "strategy": Saved}


def entries(result: rustybt.Result) -> list[tuple[Any, ...]]:
    return result.entries.rows()


@pytest.mark.parametrize(("begins", "goes_on"), [("python", "auto"), ("auto", "python")])
def test_a_run_that_is_saved_anywhere_pays_the_same_fees(tmp_path: Path, begins: str, goes_on: str) -> None:
    arguments = bundle()
    whole = rustybt.run_algorithm(**arguments, progress=False)
    assert {row[0] for row in whole.entries.filter(kind="fee").select("detail").rows()} == {
        "commission",
        "desk",
        "pass",
    }
    for day in DAYS[:-1:2]:
        run = rustybt.Run(**arguments, kernel=begins)
        run.until(day)
        path = run.snapshot().save(tmp_path / "run.snapshot")
        later = rustybt.Run.restore(rustybt.Snapshot.load(path), strategy=Saved, kernel=goes_on).finish()
        assert entries(later) == entries(whole)
        assert later.ledger_hash == whole.ledger_hash


def test_runs_share_no_volume() -> None:
    model = tiered()

    def initialize(context: Any) -> None:
        context.model = model
        Saved.initialize(Saved(), context)

    def handle_data(context: Any, data: Any) -> None:
        Saved.handle_data(Saved(), context, data)

    arguments = bundle() | {"strategy": None, "initialize": initialize, "handle_data": handle_data, "progress": False}
    first, second = (rustybt.run_algorithm(**arguments) for _ in range(2))
    assert entries(first) == entries(second)
    forks = rustybt.Run(**arguments)
    forks.until(DAYS[9])
    one = forks.fork()
    assert entries(one.finish()) == entries(first)
    assert entries(forks.finish()) == entries(first)


def test_a_split_between_two_parts_changes_nothing_of_what_was_charged() -> None:
    """Of 200 the first 100 fill at 20; after two for one 200 are left, at 10, and 300 were charged for."""
    days = [D(2024, 1, 2), D(2024, 1, 3), D(2024, 1, 4), D(2024, 1, 5)]
    rows = [("X", day, *[price] * 4, volume) for day, price, volume in zip(
        days, ("20", "20", "10", "10"), ("1000", "1000", "2000", "2000"), strict=True
    )]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")
    splits = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})

    def initialize(context: Any) -> None:
        context.set_commission(FeeSchedule(Charge(per="share", rate="0.01", minimum="2.50")))
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit="0.1", price_impact=0))
        context.placed = False

    def handle_data(context: Any, data: Any) -> None:
        if not context.placed:
            context.placed = bool(context.order(context.symbol("X"), 200))

    market = rustybt.load_data(frame, splits=splits)
    result = rustybt.run_algorithm(initialize=initialize, handle_data=handle_data, market=market, progress=False)
    assert result.transactions["amount"].to_list() == [100, 200]
    assert result.transactions["commission"].to_list() == [Decimal("2.5"), Decimal("0.5")]


@pytest.mark.parametrize("frequency", ["1w", "1mo"])
def test_a_fill_within_a_week_or_month_pays_what_its_own_day_says(frequency: str) -> None:
    """The rate changes on Wednesday, 7 February: who buys at an open before it pays the old one."""
    days = [D(2024, 1, 1) + dt.timedelta(days=n) for n in range(100)]
    rows = [("X", day, *["10"] * 4, "100000") for day in days]
    frame = pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")
    charge = Charge(per="share", rows=[{"from": "2024-01-01", "rate": 1}, {"from": "2024-02-07", "rate": 2}])

    def initialize(context: Any) -> None:
        context.set_commission(FeeSchedule(charge))
        context.set_slippage(slippage.NoSlippage())

    def handle_data(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), 1)

    rustybt.ingest("fees", frame, calendar="24/7", mode="replace")
    result = rustybt.run_algorithm(
        "2024-01-01", "2024-03-31", initialize, handle_data=handle_data, bundle="fees", data_frequency=frequency,
        fill_at="open", progress=False,
    )  # fmt: skip
    paid = {stamp.date(): int(fee) for stamp, fee in result.transactions.select("dt", "commission").iter_rows()}
    assert len(paid) > 1
    assert paid == {day: 1 if day < D(2024, 2, 7) else 2 for day in paid}
    assert set(paid.values()) == {1, 2}
