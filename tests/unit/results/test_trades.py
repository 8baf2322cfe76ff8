"""Trades by hand: matched four ways, through splits, dividends, fees, futures and a short."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import metrics
from rustybt.api import commission, slippage
from rustybt.errors import InputError, ResultError
from tests._kernels import KERNELS
from tests.unit._small import DAYS, ingest, loaded_without_bars, run

D = Decimal


def order(amount: Any, symbol: str = "A", **more: Any) -> Any:
    return lambda context, data: context.order(context.symbol(symbol), amount, **more)


def fees(context: Any) -> None:
    context.set_commission(commission.PerShare("0.1", 0))


def rows(result: rustybt.Result, method: Any = "fifo") -> list[tuple[Any, ...]]:
    columns = ("side", "quantity", "entry_price", "exit_price", "gross", "costs", "net", "sessions", "open")
    return [
        tuple(float(value) if isinstance(value, Decimal) else value for value in row)
        for row in result.round_trips(method).select(columns).rows()
    ]


def test_figures_by_what_closed_a_trade() -> None:
    """Bought at 10, 12 and 9; sold at 12 (+2) and 9 (-3) by the target's orders, at 8 (-1) by one without a tag."""
    ingest({"A": [1, 10, 12, 12, 9, 9, 8]})
    bought, sold = order(1, tag="in"), order(-1, tag="target")
    result = run({0: bought, 1: sold, 2: bought, 3: sold, 4: bought, 5: order(-1)}, days=7)
    table = metrics.trade_table(result.trades, by="exit_tag")
    assert table.columns[0] == "exit_tag"
    figures = table.select("exit_tag", "trades", "net", "win_rate").rows()
    assert figures == [("target", 2, -1, D("0.5")), (None, 1, -1, 0)]
    assert metrics.trade_table(result.trades, by="tag").select("tag", "trades", "net").rows() == [("in", 3, -2)]
    with pytest.raises(InputError, match="no column 'exit_tag'"):
        metrics.trade_table(result.trades.drop("exit_tag"), by="exit_tag")


@pytest.mark.parametrize("kernel", KERNELS)
def test_four_ways_to_match(kernel: str) -> None:
    """Bought 10 at 11, 10 at 12; sold 15 at 14; 5 are held at 15. A tenth a share."""
    ingest({"A": [10, 11, 12, 14, 15]})
    result = run({0: order(10), 1: order(10), 2: order(-15)}, initialize=fees, kernel=kernel)
    assert rows(result) == [
        ("long", 10, 11, 14, 30, 2, 28, 2, False),
        ("long", 5, 12, 14, 10, 1, 9, 1, False),
        ("long", 5, 12, 15, 15, 0.5, 14.5, 2, True),
    ]
    assert rows(result, "lifo") == [
        ("long", 5, 11, 14, 15, 1, 14, 2, False),
        ("long", 5, 11, 15, 20, 0.5, 19.5, 3, True),
        ("long", 10, 12, 14, 20, 2, 18, 1, False),
    ]
    assert rows(result, "average") == [
        ("long", 15, 11.5, 14, 37.5, 3, 34.5, 2, False),
        ("long", 5, 11.5, 15, 17.5, 0.5, 17, 3, True),
    ]
    assert rows(result, "flat") == [("long", 20, 11.5, 14.25, 55, 3.5, 51.5, 3, True)]
    assert result.trades.equals(result.round_trips("fifo"))
    assert result.trades["net"].sum() == result.daily["pnl"].sum()


def test_a_sale_beyond_what_is_held_opens_a_short() -> None:
    """Bought 4 at 11; sold 10 at 12, fees 1.00: 0.40 for the long that ends, 0.60 for the short of 6, back at 9."""
    ingest({"A": [10, 11, 12, 9, 9]})
    result = run({0: order(4), 1: order(-10), 2: order(6)}, initialize=fees)
    assert rows(result) == [
        ("long", 4, 11, 12, 4, 0.8, 3.2, 1, False),
        ("short", 6, 12, 9, 18, 1.2, 16.8, 1, False),
    ]


def test_a_split_restates_what_is_held_and_a_dividend_goes_to_who_held_before_its_ex_date() -> None:
    """10 at 12, split 2 for 1 on day 2: 20 at 6. Ex-date day 3: 0.5 each on 20, paid on day 5. 20 more come on day 3,
    and the first 20 are sold on day 4, before the dividend is paid: it is theirs."""
    ingest(
        {"A": [12, 12, 6, 6, 7, 8, 8]},
        splits=[("A", DAYS[2], "0.5")],
        dividends=[("A", DAYS[3], "0.5", DAYS[5])],
    )
    result = run({0: order(10), 2: order(20), 3: order(-20)}, days=7)
    assert rows(result) == [
        ("long", 20, 6, 7, 30, 0, 30, 3, False),
        ("long", 20, 6, 8, 40, 0, 40, 3, True),
    ]
    assert result.trades["net"].sum() == result.daily["pnl"].sum()


@pytest.mark.parametrize("method", ["fifo", "lifo", "average"])
def test_a_trade_that_ended_before_a_split_keeps_its_units(method: Any) -> None:
    """10 at 12, 4 of them out at 13, then a split 2 for 1: 12 are left, worth 7 each."""
    ingest({"A": [12, 12, 13, "6.5", 7]}, splits=[("A", DAYS[3], "0.5")])
    found = run({0: order(10), 1: order(-4)}, days=5).round_trips(method)
    columns = found.select("quantity", "entry_price", "exit_price", "net", "open").rows()
    assert columns == [(4, 12, 13, 4, False), (12, 6, 7, 12, True)]


def test_how_far_a_trade_was_down_and_up() -> None:
    """Long 10 at 10, closes 7 and 13, out at 12; the split in between changes nothing. The short is down at 15."""
    ingest({"A": [10, 10, 7, "6.5", 6, 6], "B": [20, 20, 15, 30, 18, 18]}, splits=[("A", DAYS[3], "0.5")])
    asked = {
        0: lambda c, d: (order(10)(c, d), order(-10, "B")(c, d)),
        3: lambda c, d: (order(-20)(c, d), order(10, "B")(c, d)),
    }
    found = run(asked, days=6).trades.sort("symbol").select("symbol", "mae", "mfe", "gross").rows()
    assert found == [("A", D(-30), D(30), D(20)), ("B", D(-100), D(50), D(20))]


def test_the_tag_of_the_order_that_opened_it() -> None:
    ingest({"A": [10, 11, 12, 13]})
    result = run({0: order(10, tag="breakout"), 1: order(-10, tag="out")}, days=4)
    found = result.trades.select("tag", "order_id", "exit_tag", "exit_order_id").rows()
    assert found == [("breakout", "main-1", "out", "main-2")]


def test_units_of_several_fills_have_no_worst_moment() -> None:
    """At the mean price: what was held at the first close had cost another price."""
    ingest({"A": [100, 103, 105, 106, 107]})
    found = run({0: order(100), 1: order(100), 3: order(-200)}, capital=100_000).round_trips("average")
    assert found.select("mae", "mfe").rows() == [(None, None)]


def test_without_trades_there_are_no_rows() -> None:
    ingest({"A": [10, 11, 12, 13]})
    found = run({}, days=4).trades
    assert found.height == 0
    assert found.schema["net"] == result_schema()["net"]


def result_schema() -> Any:
    ingest({"A": [10, 11, 12, 13]})
    return run({0: order(1)}, days=4).trades.schema


def test_another_method_is_refused() -> None:
    ingest({"A": [10, 11, 12, 13]})
    with pytest.raises(InputError, match=r"'hifo' is unknown\. Pass one of 'fifo', 'lifo', 'average', 'flat'"):
        run({}, days=4).round_trips("hifo")  # type: ignore[arg-type]


def test_figures_of_trades() -> None:
    """Net: A +4, -6, 0; B +8. Fees are part of it."""
    ingest({"A": [1, 10, 14, 10, 4, 4, 4, 4], "B": [1, 20, 28, 28, 28, 28, 28, 28]})
    asked = {
        0: lambda c, d: (order(1)(c, d), order(1, "B")(c, d)),
        1: lambda c, d: (order(-1)(c, d), order(-1, "B")(c, d)),
        2: order(1),
        3: order(-1),
        4: order(1),
        5: order(-1),
    }
    result = run(asked, days=8)
    whole = metrics.trade_table(result.trades).row(0, named=True)
    assert (whole["trades"], whole["win_rate"], whole["profit_factor"]) == (4, D("0.5"), D(2))
    assert (whole["payoff_ratio"], whole["expectancy"], whole["net"]) == (D(1), D("1.5"), 6)
    assert (whole["longest_winning_streak"], whole["longest_losing_streak"]) == (2, 1)
    assert whole["win_rate_error"] == D("0.25")
    each = metrics.trade_table(result.trades, by="symbol")
    assert each.select("symbol", "trades", "net").rows() == [("A", 3, -2), ("B", 1, 8)]
    assert metrics.trade_table(result.trades, by="weekday")["trades"].sum() == 4
    assert metrics.trade_table(result.trades, by="sessions")["sessions"].to_list() == [1]
    for by in ("side", "tag", "hour", "month"):
        assert metrics.trade_table(result.trades, by=by)["net"].sum() == 6  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'day' is unknown"):
        metrics.trade_table(result.trades, by="day")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no column 'net'"):
        metrics.trade_table(result.trades.drop("net"))


def test_a_future_s_trades_are_of_its_prices() -> None:
    """2 contracts of 50 from 100 to 103: what settled each day is not counted again."""
    root = {
        "symbol": "F",
        "type": "future",
        "multiplier": "50",
        "root_symbol": "F",
        "expiration_date": dt.date(2021, 3, 1),
    }
    ingest({"F": [99, 100, 101, 103, 103]}, assets=pl.DataFrame([root]))

    def none(context: Any) -> None:
        context.set_commission(us_futures=commission.NoCommission())
        context.set_slippage(us_futures=slippage.NoSlippage())

    result = run({0: order(2, "F"), 2: order(-2, "F")}, initialize=none)
    assert rows(result) == [("long", 2, 100, 103, 300, 0, 300, 2, False)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_a_fee_took_of_a_purchase_is_no_trade(kernel: str) -> None:
    """Twice 10 bought, at 100 and 200, of which 9 arrive; 18 are sold at 200. Nothing was held or sold of the rest."""
    ingest({"A": [100, 100, 200, 200, 200]}, assets={"type": "crypto", "quantity_step": "1"})

    def in_kind(context: Any) -> None:
        charge = commission.Charge(per="percent", rate=10, paid_in="received")
        context.set_commission(commission.FeeSchedule(charge))

    result = run({0: order(10), 1: order(10), 2: order(-18)}, initialize=in_kind, kernel=kernel)
    each = [("long", 9, 100, 200, 900, 280, 620, 2, False), ("long", 9, 200, 200, 0, 380, -380, 1, False)]
    assert rows(result) == each
    assert rows(result, "lifo") == each
    assert rows(result, "flat") == [("long", 18, 150, 200, 900, 660, 240, 2, False)]
    assert result.trades["net"].sum() == result.daily["pnl"].sum() == 240


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_fee_in_kind_that_leaves_nothing_is_a_loss_of_its_own(kernel: str) -> None:
    """One unit for 100, and a minimum of 500: the unit is taken, and 400 in money."""
    ingest({"A": [100] * 3}, assets={"type": "crypto", "quantity_step": "1"})

    def in_kind(context: Any) -> None:
        charge = commission.Charge(per="percent", rate=1, minimum=500, paid_in="received")
        context.set_commission(commission.FeeSchedule(charge))

    result = run({0: order(1)}, initialize=in_kind, days=3, kernel=kernel)
    assert rows(result) == [("long", 1, 100, 100, 0, 500, -500, 0, False)]
    assert result.daily["pnl"].sum() == -500


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_short_that_a_fee_in_kind_leaves_open_was_open_all_the_time(kernel: str) -> None:
    """10 are sold at 100, 10 bought back at 200, of which 9 arrive: 9 are closed, and one is short since the sale."""
    ingest({"A": [100, 100, 200, 200]}, assets={"type": "crypto", "quantity_step": "1"})

    def in_kind(context: Any) -> None:
        charge = commission.Charge(per="percent", rate=10, side="buy", paid_in="received")
        context.set_commission(commission.FeeSchedule(charge))

    result = run({0: order(-10), 1: order(10)}, initialize=in_kind, days=4, kernel=kernel)
    assert rows(result) == [
        ("short", 9, 100, 200, -900, 200, -1100, 1, False),
        ("short", 1, 100, 200, -100, 0, -100, 2, True),
    ]
    assert result.trades["net"].sum() == result.daily["pnl"].sum() == -1200


def test_what_a_trade_made_of_its_risk() -> None:
    """Long 10 at 11 with a stop at 9: 20 are at risk; left at 16 for 50. Short 4 at 20 with a stop at 25, bought back
    at 26 by it: -24 of 20."""
    ingest({"A": [10, 11, 12, 16, 16, 16], "B": [20, 20, 22, 24, 26, 26]})
    asked = {
        0: lambda c, d: (
            c.bracket_order(c.symbol("A"), 10, take_profit=16, stop_loss=9),
            c.bracket_order(c.symbol("B"), -4, stop_loss=25),
        )
    }
    found = run(asked, days=6).trades.sort("symbol").select("symbol", "net", "r_multiple").rows()
    assert found == [("A", 50, D("2.5")), ("B", -24, D("-1.2"))]


def test_the_stop_that_counts_is_the_one_placed_with_the_entry() -> None:
    """Two brackets at once, stops 2 and 4 away; an own stop of before, 8 away, is for the third alone. The last one has
    none: the stop of the other side is above."""
    ingest({"A": [20] * 4 + [21] * 4})
    asked = {
        0: lambda c, d: (
            c.bracket_order(c.symbol("A"), 1, stop_loss=18),
            c.bracket_order(c.symbol("A"), 1, stop_loss=16),
        ),
        2: lambda c, d: c.order(c.symbol("A"), -1, stop_price=12),
        3: lambda c, d: c.order(c.symbol("A"), 1),
    }
    multiples = run(asked, days=7).trades["r_multiple"].to_list()
    assert multiples[:2] == [D("0.5"), D("0.25")]
    assert multiples[2] is not None
    plain = run({0: order(1), 1: order(-1)}, days=5).trades
    assert plain["r_multiple"].to_list() == [None]
    assert metrics.trade_table(plain)["mean_r"].to_list() == [None]


def test_risk_is_that_of_the_units_at_the_entry() -> None:
    """10 at 12, stop 10: 20 at risk; after a split 20 are sold at 8: a result of 40."""
    ingest({"A": [12, 12, 12, 6, 7, 8, 8]}, splits=[("A", DAYS[3], "0.5")])
    result = run({0: lambda c, d: c.bracket_order(c.symbol("A"), 10, stop_loss=10), 4: order(-20)}, days=7)
    assert result.trades.select("quantity", "net", "r_multiple").rows() == [(20, 40, D(2))]


def test_how_good_entries_and_exits_were() -> None:
    """In at 10, closes 8 and 18, out at 16: 2 of 10 below the entry, 8 of 10 above the worst."""
    ingest({"A": [10, 10, 8, 18, 16, 16], "B": [10, 10, 8, 18, 16, 16]})
    asked = {
        0: lambda c, d: (order(1)(c, d), order(-1, "B")(c, d)),
        3: lambda c, d: (order(-1)(c, d), order(1, "B")(c, d)),
    }
    found = run(asked, days=6).trades.sort("symbol").select("entry_quality", "exit_quality").rows()
    assert found == [(D("0.8"), D("0.8")), (D("0.2"), D("0.2"))]


def test_histograms() -> None:
    seconds = pl.Series([dt.timedelta(days=1), dt.timedelta(days=2), None])
    spans = metrics.histogram(seconds, bins=4)
    assert spans["count"].sum() == 2
    assert spans["low"][0] <= dt.timedelta(days=1) < spans["high"][0]
    assert spans["low"].dtype == pl.Duration("ns")
    assert metrics.histogram(pl.Series([], dtype=pl.Decimal(38, 2))).height == 0
    assert metrics.histogram(["-0.5", "0.5"], bins=2).rows() == [(D(-1), D(0), 1), (D(0), D(1), 1)]
    for bins in (0, 1001, True, "5"):
        with pytest.raises(InputError, match="is not a number of ranges"):
            metrics.histogram([1], bins=bins)  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_fills_cost_against_the_prices_they_were_decided_at(kernel: str) -> None:
    """Decided at 10, offered 11, had at 11.055 (half a per cent worse), 0.1 a share: 10 + 0.55 + 1 for 10. The sale is
    decided at 14, two for one before it: at 7; offered 6, had at 5.97: 20 + 0.6 + 2 for 20. Of a day from 4 to 8 it is
    at 1.97 of 4."""
    bars = [(10, 10, 10, 10, 10**6), (11, 11, 11, 11, 10**6), (14, 14, 14, 14, 10**6), (7, 8, 4, 6, 10**6)]
    ingest({"A": [*bars, *bars[3:] * 2]}, splits=[("A", DAYS[3], "0.5")])

    def initialize(context: Any) -> None:
        context.set_commission(commission.PerShare("0.1", 0))
        context.set_slippage(slippage.FixedBasisPointsSlippage(basis_points=50))

    result = run({0: order(10), 2: order(-10)}, initialize=initialize, days=5, kernel=kernel)
    found = result.shortfall
    columns = ("amount", "decision", "reference", "price", "delay", "slippage", "fees", "total", "quality")
    assert found.select(columns).rows() == [
        (10, 10, 11, D("11.055"), 10, D("0.55"), 1, D("11.55"), None),
        (-20, 7, 6, D("5.97"), 20, D("0.6"), 2, D("22.6"), D("0.4925")),
    ]
    assert found.select("day_low", "day_high").rows()[1] == (4, 8)
    assert result.costs.total == found.select(pl.col("slippage") + pl.col("fees")).to_series().sum()


def test_a_shortfall_needs_the_bars_of_the_run(tmp_path: Any) -> None:
    ingest({"A": [10, 11, 12, 13]})
    result = run({0: order(1)}, days=4)
    assert rustybt.Result.load(result.save(tmp_path / "whole")).shortfall.equals(result.shortfall)
    with pytest.raises(ResultError, match="bars of the run are not at hand"):
        _ = loaded_without_bars(result, tmp_path / "run").shortfall
    assert run({}, days=4).shortfall.height == 0
