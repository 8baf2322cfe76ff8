"""Runs with what is no share: coins, currencies, indices; the books were computed by hand, in fractions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.api import commission, slippage
from rustybt.cli._main import cli
from rustybt.core import CryptoSpot, Forex, Index
from rustybt.errors import InputError

D = Decimal
F = Fraction
NAMES = ["symbol", "date", "open", "high", "low", "close", "volume"]
FRIDAY = dt.date(2024, 3, 1)
WEEK = [FRIDAY + dt.timedelta(days=k) for k in range(8)]
"""Friday to the Friday after."""
WEEKDAYS = [day for day in WEEK if day.weekday() < 5]


def bars(closes: dict[str, list[str]], days: list[dt.date] = WEEK, volume: str = "1000") -> pl.DataFrame:
    rows = [
        (symbol, day, *[close] * 4, volume)
        for symbol, prices in closes.items()
        for day, close in zip(days, prices, strict=False)
    ]
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def run(on_bar: dict[int, Callable[[Any, Any], Any]], *, fee: Any = None, slip: Any = None, **more: Any) -> Any:
    """Friday to Friday on "g", without slippage and fees unless they are given; on_bar: by bar, from 0 on."""

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slip or slippage.NoSlippage())
        context.set_commission(fee or commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar in on_bar:
            on_bar[context.bar](context, data)

    more = {"capital_base": 100_000, "bundle": "g", "progress": False, **more}
    return rustybt.run_algorithm(WEEK[0], WEEK[-1], initialize, handle_data=handle_data, **more)


def order(symbol: str, amount: Any, **more: Any) -> Callable[[Any, Any], Any]:
    return lambda context, data: context.order(context.symbol(symbol), amount, **more)


def as_fractions(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(F(x) if isinstance(x, D) else x for x in row) for row in frame.select(columns).iter_rows()]


# -- coins -----------------------------------------------------------------------------------------------------------

COIN = ["61234.56", "62000.01", "63999.99", "60000.00", "58123.45", "59876.54", "61000.00", "62500.25"]


def test_coins_are_bought_to_the_last_digit_of_their_step_on_a_weekend():
    about = {"type": "crypto", "quantity_step": "0.00000001", "tick_size": "0.01", "currency": "USDT"}
    rustybt.ingest("g", bars({"BTC/USDT": COIN}), calendar="24/7", assets=about)
    # asked for on Friday and Sunday; filled at the closes of Saturday and Monday; 4 basis points of the money each
    result = run(
        {0: order("BTC/USDT", "0.123456789"), 2: order("BTC/USDT", "-0.02345678")}, fee=commission.PerDollar("0.0004")
    )
    bought, sold = F(12345678, 10**8), F(-2345678, 10**8)
    saturday, monday, last = F(COIN[1]), F(COIN[3]), F(COIN[-1])
    fees = [bought * saturday * F(4, 10_000), -sold * monday * F(4, 10_000)]
    assert as_fractions(result.entries, "kind", "quantity", "amount") == [
        ("capital", 0, 100_000),
        ("fill", bought, -bought * saturday),
        ("fee", 0, -fees[0]),
        ("fill", sold, -sold * monday),
        ("fee", 0, -fees[1]),
    ]
    cash = 100_000 - bought * saturday - sold * monday - sum(fees)
    assert F(result.metrics["final_value"]) == cash + (bought + sold) * last
    assert result.daily.height == 8
    assert result.entries["currency"].unique().to_list() == ["USDT"]


def test_what_is_off_the_step_is_cut_and_what_is_off_the_tick_goes_to_the_better_side():
    about = {"type": "crypto", "quantity_step": "0.001", "tick_size": "0.5"}
    rustybt.ingest("g", bars({"ETH": ["3000.25"] * 8}), calendar="24/7", assets=about)
    seen: list[Any] = []

    def ask(context: Any, data: Any) -> None:
        eth = context.symbol("ETH")
        ids = [
            context.order(eth, "1.2349", limit_price="2999.9"),
            context.order(eth, "-0.0019", limit_price="3001.1"),
            context.order(eth, "0.0009"),
            context.order_value(eth, 1000),
        ]
        seen.extend(None if one is None else context.get_order(one) for one in ids)

    run({0: ask})
    assert [None if one is None else (one.amount, one.limit) for one in seen] == [
        (D("1.234"), D("2999.5")),  # a buy down
        (D("-0.001"), D("3001.5")),  # a sale up
        None,  # less than a step
        (D("0.333"), None),  # 1000 / 3000.25 = 0.33330...
    ]


def test_without_a_word_on_it_a_coin_has_a_step_of_a_hundred_millionth_and_a_share_of_one():
    rustybt.ingest("g", bars({"BTC": ["1"], "ACME": ["1"]}), calendar="24/7",
                   assets=pl.DataFrame({"symbol": ["BTC"], "type": ["crypto"]}))  # fmt: skip
    with rustybt.open_version("g") as version:
        assert {a.symbol: a.quantity_step for a in version.assets()} == {"BTC": D("0.00000001"), "ACME": D(1)}


# -- currencies ------------------------------------------------------------------------------------------------------

EURO = ["1.08371", "1.08565", "1.08590", "1.09011", "1.09484", "1.09397"]


def test_a_currency_pair_is_traded_on_weekdays_though_nobody_tells_its_volume():
    about = {"type": "forex", "tick_size": "0.00001", "quantity_step": "1000"}
    rustybt.ingest("g", bars({"EUR/USD": EURO}, WEEKDAYS, volume="0"), calendar="24/5", assets=about)
    stale: list[bool] = []

    def ask(context: Any, data: Any) -> None:
        context.order(context.symbol("EUR/USD"), 251_999)
        stale.append(data.is_stale(context.symbol("EUR/USD")))

    # on Monday, and sold in part with a limit off the tick, which goes up to 1.09011, on Wednesday
    result = run({0: ask, 2: order("EUR/USD", -51_000, limit_price="1.090101")}, slip=slippage.FixedSlippage("0.00002"))
    bought, sold = F("1.08565") + F(1, 10**5), F("1.09011")
    assert as_fractions(result.transactions, "amount", "price") == [(251_000, bought), (-51_000, sold)]
    value = 100_000 - 251_000 * bought + 51_000 * sold + 200_000 * F("1.09397")
    assert F(result.metrics["final_value"]) == value
    assert result.daily["session"].to_list() == WEEKDAYS
    assert stale == [False]


@pytest.mark.parametrize(
    "model", [slippage.FixedBasisPointsSlippage(0), slippage.VolumeShareSlippage(), slippage.FixedSlippage(0)]
)
def test_a_share_of_a_volume_that_is_not_told_is_no_limit(model: Any):
    rustybt.ingest("g", bars({"EUR/USD": EURO}, WEEKDAYS, volume="0"), calendar="24/5", assets={"type": "forex"})
    result = run({0: order("EUR/USD", 10**12)}, slip=model, capital_base=10**13)
    assert as_fractions(result.transactions, "amount", "price") == [(10**12, F("1.08565"))]


def test_a_volume_that_is_told_of_a_currency_counts():
    rustybt.ingest("g", bars({"EUR/USD": EURO}, WEEKDAYS, volume="100"), calendar="24/5", assets={"type": "forex"})
    result = run({0: order("EUR/USD", 25)}, slip=slippage.FixedBasisPointsSlippage(0, volume_limit="0.1"))
    assert as_fractions(result.transactions, "amount") == [(10,), (10,), (5,)]


def test_minutes_of_a_currency_run_from_midnight_to_midnight_of_weekdays():
    moments = [dt.datetime(2024, 3, 1, 23, 59), dt.datetime(2024, 3, 2), dt.datetime(2024, 3, 4, 0, 1)]
    rows = [("EUR/USD", moment, *["1.08371"] * 4, "0") for moment in moments]
    frame = pl.DataFrame(rows, schema=["symbol", "timestamp", *NAMES[2:]], orient="row")
    about = {"type": "forex", "tick_size": "0.00001"}
    rustybt.ingest("g", frame, frequency="1m", stamp="end", tz="UTC", calendar="24/5", assets=about)
    seen: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        seen.append(data.current_dt)

    rustybt.run_algorithm(FRIDAY, "2024-03-04", handle_data=handle_data, bundle="g", data_frequency="minute",
                          progress=False)  # fmt: skip
    assert len(seen) == 2 * 24 * 60
    assert [str(moment)[:16] for moment in (seen[0], seen[1439], seen[1440], seen[-1])] == [
        "2024-03-01 00:01", "2024-03-02 00:00", "2024-03-04 00:01", "2024-03-05 00:00",
    ]  # fmt: skip


# -- indices ---------------------------------------------------------------------------------------------------------

LEVELS = ["5137.08", "5130.95", "5078.65", "5104.76", "5157.36", "5123.69"]


def test_an_index_is_data_and_benchmark_and_every_order_of_it_is_refused_with_a_reason():
    about = pl.DataFrame({"symbol": ["SPX"], "type": ["index"]})
    rustybt.ingest("g", bars({"SPX": LEVELS, "ACME": ["10"] * 6}, WEEKDAYS, volume="0"), assets=about)
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        spx = context.symbol("SPX")
        context.order(spx, 1)
        context.order_target_percent(spx, "0.5")
        context.order(spx, 1, limit_price=5000)
        seen.append((data.current(spx, "price"), data.can_trade(spx), data.is_stale(spx)))
        seen.append(data.history(spx, "price", 2, "1d", dtype=D).to_list())

    result = run({1: look}, benchmark="SPX")
    assert seen == [(D("5130.95"), False, False), [D("5137.08"), D("5130.95")]]
    assert result.orders.select("status", "reason").unique().rows() == [
        ("rejected", "SPX is an index, which can't be ordered")
    ]
    assert result.orders.height == 3
    assert result.transactions.height == 0
    # a bundle that begins with the run: the benchmark's first return is 0
    returns = [round(F(now) / F(before) - 1, 18) for before, now in pairwise(LEVELS)]
    assert F(result.metrics["benchmark_return"]) == round(prod(1 + one for one in returns) - 1, 18)


# -- saying it -------------------------------------------------------------------------------------------------------


def test_the_command_says_it_of_all_assets_and_a_file_of_each(tmp_path: Any):
    path, about = tmp_path / "bars.csv", tmp_path / "about.csv"
    bars({"EUR/USD": EURO, "USD/JPY": ["150.12"] * 6, "DXY": ["103.9"] * 6}, WEEKDAYS).write_csv(path)
    about.write_text("symbol,currency,tick_size,type\nUSD/JPY,JPY,0.001,\nDXY,,,index\n")
    done = CliRunner().invoke(
        cli,
        ["ingest", "csv", str(path), "-b", "fx", "--calendar", "24/5", "--type", "forex", "--tick-size", "0.00001",
         "--quantity-step", "1000", "--currency", "USD", "--assets", str(about)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    with rustybt.open_version("fx") as version:
        assert {
            a.symbol: (type(a), a.tick_size, a.quantity_step, a.currency) for a in version.assets()
        } == {
            "EUR/USD": (Forex, D("0.00001"), D(1000), "USD"),
            "USD/JPY": (Forex, D("0.001"), D(1000), "JPY"),
            "DXY": (Index, D("0.00001"), D(1000), "USD"),
        }  # fmt: skip


def test_what_is_said_of_all_holds_for_what_has_bars_in_the_call_alone():
    rustybt.ingest("g", bars({"BTC": ["1", "2"]}), calendar="24/7", assets={"type": "crypto", "exchange": "kraken"})
    rustybt.ingest("g", bars({"EUR": ["1", "2"]}), calendar="24/7", assets={"type": "forex"}, mode="append")
    with rustybt.open_version("g") as version:
        assert {(a.key, type(a)) for a in version.assets()} == {("kraken:BTC", CryptoSpot), ("24/7:EUR", Forex)}


@pytest.mark.parametrize(
    ("assets", "message"),
    [
        ({"type": "coin"}, "type of every asset is 'coin'"),
        ({"tick_size": 0}, "above zero"),
        ({"symbol": "BTC"}, "mean nothing: symbol"),
        ({"root_symbol": "CL"}, "type is 'equity'"),
        ([], "empty list"),
    ],
)
def test_what_means_nothing_is_refused(assets: Any, message: str):
    with pytest.raises(InputError, match=message):
        rustybt.ingest("g", bars({"BTC": ["1"]}), calendar="24/7", assets=assets)
