"""Metrics sets: by name, registered, of the user's own; what hooks see, when they are called, and what they leave."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rustybt
from rustybt import metrics
from rustybt.errors import InputError
from tests.unit._small import DAYS, ingest, ingest_minutes, run

BOUGHT = {0: lambda context, _: context.order(context.symbol("A"), 10)}


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [10, 10, 20, 15, 15]})


CALLS: list[tuple[Any, ...]] = []
"""The calls of the last run's metric."""


class Everything:
    """Notes every call."""

    def start_of_simulation(
        self, ledger: Any, emission_rate: str, trading_calendar: Any, sessions: Any, benchmark_source: Any
    ) -> None:
        CALLS[:] = []
        CALLS.append(("start", emission_rate, trading_calendar.name, len(sessions)))
        CALLS.append(("benchmark", benchmark_source.daily_returns(sessions[0], sessions[-1]).to_list()))

    def start_of_session(self, ledger: Any, session: Any, data_portal: Any) -> None:
        CALLS.append(("open", session, ledger.portfolio.portfolio_value, data_portal.current_session))

    def end_of_bar(self, packet: Any, ledger: Any, moment: Any, session_ix: int, data_portal: Any) -> None:
        CALLS.append(("bar", moment, session_ix, data_portal.current_dt, sorted(packet)))

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        CALLS.append(("close", session, session_ix, ledger.portfolio.portfolio_value, ledger.todays_returns))
        packet["daily_perf"]["double"] = ledger.portfolio.portfolio_value * 2
        packet["cumulative_risk_metrics"]["where"] = data_portal.current_dt.isoformat()

    def end_of_simulation(
        self, packet: Any, ledger: Any, trading_calendar: Any, sessions: Any, data_portal: Any, benchmark_source: Any
    ) -> None:
        packet["best"] = max(ledger.daily_returns_array)
        CALLS.append(("end", benchmark_source.get_value(sessions[0])))


def test_hooks_are_called_in_order_with_what_zipline_gives() -> None:
    result = run(BOUGHT, metrics_set={Everything()}, days=3, benchmark="A")
    assert [
        ("start", "daily", "24/7", 3),
        ("benchmark", [0, 0, 1]),
        ("open", DAYS[0], 10_000, DAYS[0]),
        ("close", DAYS[0], 0, 10_000, 0),
        ("open", DAYS[1], 10_000, DAYS[1]),
        ("close", DAYS[1], 1, 10_000, 0),
        ("open", DAYS[2], 10_000, DAYS[2]),
        ("close", DAYS[2], 2, 10_100, Decimal("0.01")),
        ("end", 0),
    ] == CALLS
    assert result.measures.columns == ["session", "double", "where"]
    assert result.measures["double"].to_list() == [20_000, 20_000, 20_200]
    assert result.measures["where"][2] == "2021-02-04T00:00:00+00:00"
    assert result.risk_report == {"best": 0.01}


def test_end_of_bar_comes_with_every_bar_where_the_run_emits_minutes() -> None:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    ingest_minutes({"A": [10] * 1440}, opens)
    run(metrics_set=[Everything()], days=1, data_frequency="minute", emission_rate="minute")
    bars = [call for call in CALLS if call[0] == "bar"]
    assert len(bars) == 1440
    first = opens + dt.timedelta(minutes=1)
    assert bars[0] == (
        "bar", first, 0, first,
        ["capital_base", "cumulative_perf", "cumulative_risk_metrics", "minute_perf", "period_end", "period_start",
         "progress"],
    )  # fmt: skip
    run(metrics_set=[Everything()], days=1, data_frequency="minute")
    assert not [call for call in CALLS if call[0] == "bar"]


def test_the_ledger_shows_everything_and_lets_nothing_be_changed() -> None:
    seen: dict[str, Any] = {}

    class Look:
        def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
            if session_ix == 1:
                seen["stats"] = ledger.position_tracker.stats
                seen["positions"] = ledger.positions
                seen["transactions"] = ledger.transactions()
                seen["none"] = ledger.transactions(data_portal.current_dt - dt.timedelta(days=1))
                seen["orders"] = ledger.orders()
                seen["leverage"] = ledger.account.leverage
                seen["series"] = ledger.daily_returns_series.copy()
                seen["held"] = list(ledger.position_tracker.positions)
                with pytest.raises(ValueError, match="read-only"):
                    ledger.daily_returns_array[0] = 1.0

    run(BOUGHT, metrics_set=[Look()], days=3)
    stats = seen["stats"]
    assert (stats.longs_count, stats.shorts_count) == (1, 0)
    assert stats.long_value == stats.net_value == stats.gross_exposure == stats.long_exposure == 100
    assert stats.short_value == stats.short_exposure == 0
    (position,) = seen["positions"]
    assert (position["sid"].symbol, position["amount"], position["cost_basis"]) == ("A", 10, 10)
    (fill,) = seen["transactions"]
    assert (fill["sid"].symbol, fill["amount"], fill["price"], fill["order_id"]) == ("A", 10, 10, "main-1")
    assert seen["none"] == []
    assert [(order["id"], order["filled"], order["sid"].symbol) for order in seen["orders"]] == [("main-1", 10, "A")]
    assert seen["leverage"] == Decimal("0.01")
    assert [asset.symbol for asset in seen["held"]] == ["A"]
    assert seen["series"].tolist()[:2] == [0.0, 0.0]
    assert np.isnan(seen["series"].iloc[2])


def test_metrics_of_a_field_and_of_a_function() -> None:
    own = [
        metrics.SimpleLedgerField("portfolio.cash"),
        metrics.DailyLedgerField("account.leverage", "geared"),
        metrics.StartOfPeriodLedgerField("portfolio.portfolio_value", "before"),
        metrics.ReturnsStatistic(np.max),
        metrics.ReturnsStatistic(lambda _: float("inf"), "endless"),
    ]
    found = run(BOUGHT, metrics_set=own, days=4).measures
    assert found.columns == ["session", "cash", "geared", "before", "max", "endless"]
    assert found["cash"].to_list() == [10_000, 9_900, 9_900, 9_900]
    assert found["before"].to_list() == [10_000, 10_000, 10_000, 10_100]
    assert found["max"].to_list() == [0, 0, 0.01, 0.01]
    assert found["endless"].to_list() == [None] * 4


def test_the_same_metrics_by_the_minute() -> None:
    ingest_minutes({"A": [10] * 1440}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    packets: list[dict[str, Any]] = []

    class Keep:
        def end_of_bar(self, packet: Any, ledger: Any, moment: Any, session_ix: int, data_portal: Any) -> None:
            packets.append(packet)

    own = [
        metrics.DailyLedgerField("portfolio.cash"),
        metrics.StartOfPeriodLedgerField("portfolio.cash", "before"),
        metrics.ReturnsStatistic(np.max),
        Keep(),
    ]
    run(metrics_set=own, days=1, data_frequency="minute", emission_rate="minute")
    assert {name: packets[0]["minute_perf"][name] for name in ("cash", "before")} == {"cash": 10_000, "before": 10_000}
    assert packets[0]["cumulative_perf"]["cash"] == packets[0]["cumulative_perf"]["before"] == 10_000
    assert packets[0]["cumulative_risk_metrics"] == {"max": 0.0}


def test_sets_have_names_and_names_can_be_added() -> None:
    @metrics.register("mine")
    def mine() -> set[Any]:
        return metrics.load("default") | {metrics.SimpleLedgerField("portfolio.cash", "cash")}

    try:
        assert "mine" in metrics.metrics_sets
        with pytest.raises(InputError, match="registered already"):
            metrics.register("mine", mine)
        frame = run(metrics_set="mine", days=2).to_pandas()
        assert frame["cash"].tolist() == [10_000.0, 10_000.0]
        assert "sharpe" in frame
    finally:
        metrics.unregister("mine")
    with pytest.raises(InputError, match="Choose one of classic, default, none"):
        run(metrics_set="mine")
    with pytest.raises(InputError, match="no metrics set 'mine'"):
        metrics.unregister("mine")


def test_none_leaves_zipline_two_columns_and_the_books_are_kept_all_the_same() -> None:
    def record(context: Any, _: Any) -> None:
        context.record(sharpe=1)

    result = run(record, metrics_set="none", days=3)
    assert list(result.to_pandas().columns) == ["period_open", "period_close", "sharpe"]
    assert result.daily["portfolio_value"].to_list() == [10_000] * 3
    default = run(record, days=3).to_pandas()
    assert default["sharpe"].isna().all()  # Zipline's statistics come after what was recorded


def test_the_classic_set_has_a_risk_report(tmp_path: Path) -> None:
    days = [dt.date(2021, 1, 30) + dt.timedelta(days=day) for day in range(40)]
    ingest({"A": [10 + day % 3 for day in range(40)]}, days=days)
    result = run(BOUGHT, metrics_set="classic", start=days[0], end=days[-1], days=1, benchmark="A")
    report = result.risk_report
    assert [len(report[name]) for name in ("one_month", "three_month", "six_month", "twelve_month")] == [3, 1, 0, 0]
    first, second, third = report["one_month"]
    assert (first["trading_days"], second["trading_days"], third["trading_days"]) == (2, 28, 10)
    assert [span["period_label"] for span in report["one_month"]] == ["2021-01", "2021-02", "2021-03"]
    (whole,) = report["three_month"]
    last = result.daily.row(-1, named=True)
    for name in ("algorithm_period_return", "alpha", "beta", "sharpe", "sortino", "algo_volatility", "max_drawdown"):
        assert whole[name] == last[name]
    assert whole["benchmark_volatility"] == last["benchmark_volatility"]
    assert whole["excess_return"] == whole["algorithm_period_return"]
    assert whole["treasury_period_return"] == 0
    assert rustybt.Result.load(result.save(tmp_path / "run")).risk_report == report
    assert run(days=1, start=days[0], end=days[-1]).risk_report == {}


def test_a_saved_result_keeps_what_metrics_wrote(tmp_path: Path) -> None:
    result = run(BOUGHT, metrics_set=[Everything()], days=3)
    again = rustybt.Result.load(result.save(tmp_path / "run"))
    assert again.measures.equals(result.measures)
    assert again.risk_report == {"best": 0.01}


def test_what_is_no_metric_is_refused() -> None:
    with pytest.raises(InputError, match="none of the methods"):
        run(metrics_set=[object()])
    with pytest.raises(InputError, match="none of the methods"):
        run(metrics_set=[Everything])
    with pytest.raises(InputError, match="pass a name, or a set"):
        run(metrics_set=5)
    with pytest.raises(InputError, match="emission_rate='minute'"):
        run(emission_rate="minute")


def test_the_benchmark_source_knows_the_run_only() -> None:
    class Ask:
        def end_of_simulation(self, packet: Any, *arguments: Any) -> None:
            source = arguments[-1]
            packet["one"] = source.daily_returns(DAYS[2])
            with pytest.raises(InputError, match="no session of the run"):
                source.get_value("2022-01-01")

    assert run(metrics_set=[Ask()], days=3).risk_report == {"one": 0}
