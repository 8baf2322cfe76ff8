"""Bars of trades, volume and money: what is conserved, when a bar ends, and runs on them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import InputError
from rustybt.ingest import dollar_bars, tick_bars, volume_bars

D = Decimal
F = Fraction
START = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
SCHEMA = {"symbol": pl.String, "timestamp": pl.Datetime("us", "UTC"), "price": pl.String, "size": pl.String}

type Trade = tuple[str, int, Decimal, Decimal]
"""Symbol, millisecond after the start, price, size."""


def frame(trades: list[Trade]) -> pl.DataFrame:
    rows = [(s, START + dt.timedelta(milliseconds=at), str(price), str(size)) for s, at, price, size in trades]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def expected(trades: list[Trade], symbol: str, threshold: Fraction, counted: str, *, rest: bool) -> list[list[Trade]]:
    """The trades of each bar, by the rule as the documentation says it, one moment after the other."""
    bars: list[list[Trade]] = []
    bar: list[Trade] = []
    reached = F(0)
    mine = [trade for trade in trades if trade[0] == symbol]
    for _, moment in groupby(mine, key=lambda trade: trade[1]):
        for trade in moment:
            bar.append(trade)
            reached += {"count": F(1), "size": F(trade[3]), "money": F(trade[2]) * F(trade[3])}[counted]
        if reached >= threshold:
            bars.append(bar)
            bar, reached = [], F(0)
    return [*bars, bar] if rest and bar else bars


PRICES = st.decimals("0.00000001", "99999.99", places=8)
SIZES = st.decimals("0.0001", "1000", places=4)


@st.composite
def drawn_trades(draw: st.DrawFn) -> list[Trade]:
    count = draw(st.integers(1, 60))
    moments = sorted(draw(st.lists(st.integers(0, 40), min_size=count, max_size=count)))
    return [(draw(st.sampled_from("AB")), at, draw(PRICES), draw(SIZES)) for at in moments]


@given(drawn_trades(), st.sampled_from(["count", "size", "money"]), st.decimals("0.5", "3000", places=3), st.booleans())
def test_every_trade_is_in_one_bar_and_the_bar_is_made_of_its_trades(
    trades: list[Trade], counted: str, threshold: Decimal, rest: bool
) -> None:
    if counted == "count":
        threshold = D(int(threshold) % 12 + 1)
        bars = tick_bars(frame(trades), int(threshold), rest=rest)
    else:
        threshold *= 500 if counted == "money" else 1
        bars = {"size": volume_bars, "money": dollar_bars}[counted](frame(trades), threshold, rest=rest)
    wanted = []
    for symbol in "AB":
        for bar in expected(trades, symbol, F(threshold), counted, rest=rest):
            prices = [price for _, _, price, _ in bar]
            money = sum(F(price) * F(size) for _, _, price, size in bar)
            opened, ended = (START + dt.timedelta(milliseconds=one[1]) for one in (bar[0], bar[-1]))
            volume = sum(F(size) for *_, size in bar)
            wanted.append(
                (symbol, ended, prices[0], max(prices), min(prices), prices[-1], volume, opened, len(bar), money)
            )
    found = [
        tuple(F(x) if isinstance(x, D) and k in (6, 9) else x for k, x in enumerate(row)) for row in bars.iter_rows()
    ]
    assert found == wanted
    # two bars of a symbol never end at one moment
    assert not bars.select("symbol", "timestamp").is_duplicated().any()


@given(drawn_trades(), st.integers(1, 41), st.decimals("0.5", "3000", places=3))
def test_no_bar_depends_on_what_comes_after_it(trades: list[Trade], known_until: int, threshold: Decimal) -> None:
    known = [trade for trade in trades if trade[1] < known_until]
    if not known:
        return
    early = volume_bars(frame(known), threshold)
    late = volume_bars(frame(trades), threshold)
    until = START + dt.timedelta(milliseconds=known_until)
    assert early.rows() == late.filter(pl.col("timestamp") < until).rows()


def test_what_goes_beyond_the_threshold_stays_in_the_bar_and_the_next_one_begins_at_zero() -> None:
    trades = [("A", k, D(10), D(size)) for k, size in enumerate([4, 9, 5, 5, 1, 9])]
    bars = volume_bars(frame(trades), 10)
    assert bars["volume"].to_list() == [13, 10, 10]
    assert bars["trades"].to_list() == [2, 2, 2]
    assert volume_bars(frame(trades[:5]), 10)["volume"].to_list() == [13, 10]
    assert volume_bars(frame(trades[:5]), 10, rest=True)["volume"].to_list() == [13, 10, 1]


def test_trades_of_one_moment_are_not_split() -> None:
    trades = [("A", 0, D(10), D(1)), ("A", 0, D(11), D(1)), ("A", 0, D(12), D(1)), ("A", 1, D(9), D(1))]
    bars = tick_bars(frame(trades), 2)
    assert bars.select("open", "high", "low", "close", "trades").rows() == [(10, 12, 10, 12, 3)]


def test_sums_of_money_beyond_64_bits_are_exact() -> None:
    price, size = D("99999999999.12345678"), D("99999999.87654321")
    # one trade falls short of the threshold by a unit of the last digit, two go beyond it
    threshold = D("9999999987566666678.1082152122374639")
    assert F(price) * F(size) == F(threshold) - F(1, 10**16)
    bars = dollar_bars(frame([("A", k, price, size) for k in range(10)]), threshold)
    assert [F(money) for money in bars["money"]] == [F(price) * F(size) * 2] * 5


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("price", "much", "price is missing or no number"),
        ("price", None, "price is missing or no number"),
        ("price", "0", "price is not above zero"),
        ("price", "-1", "price is not above zero"),
        ("size", "0.00", "size is not above zero"),
        ("size", "0.000000000000000000001", "size has more digits than fit"),
        ("symbol", None, "no symbol"),
        ("timestamp", None, "timestamp is missing"),
    ],
)
def test_what_is_no_trade_is_named(column: str, value: Any, message: str) -> None:
    trades = frame([("A", 0, D(1), D(1)), ("A", 1, D(1), D(1))])
    broken = trades.with_columns(
        pl.when(pl.int_range(pl.len()) == 1).then(pl.lit(value, dtype=SCHEMA[column])).otherwise(column).alias(column)
    )
    with pytest.raises(InputError, match=f"row 2 of trades is no trade: .*{message}"):
        volume_bars(broken, 1)


def test_trades_out_of_order_and_thresholds_that_mean_nothing_are_refused() -> None:
    trades = frame([("A", 1, D(1), D(1)), ("B", 0, D(1), D(1)), ("A", 0, D(1), D(1))])
    with pytest.raises(InputError, match=r"a trade of A .* comes after one at"):
        tick_bars(trades, 1)
    for call in (
        lambda: tick_bars(trades, 0), lambda: tick_bars(trades, 1.5), lambda: tick_bars(trades, True),
        lambda: volume_bars(trades, 0), lambda: dollar_bars(trades, "-5"), lambda: dollar_bars(trades, "many"),
    ):  # fmt: skip
        with pytest.raises(InputError):
            call()
    with pytest.raises(InputError, match="no column size"):
        tick_bars(trades.drop("size"), 1)


def test_floats_are_read_by_their_shortest_form_and_refused_where_they_come_from_a_computation() -> None:
    trades = frame([("A", 0, D(1), D(1))]).with_columns(price=pl.lit(0.1), size=pl.lit(3.0))
    assert volume_bars(trades, 1)["money"].to_list() == [D("0.3")]
    with pytest.raises(InputError, match="float out of a computation"):
        volume_bars(trades.with_columns(price=pl.lit(0.1 + 0.2)), 1)


def test_a_file_is_read_and_stamps_without_a_zone_need_one(tmp_path: Any) -> None:
    path = tmp_path / "trades.csv"
    path.write_text("symbol,timestamp,price,size\nA,2024-03-01 00:00:00.250,10.5,2\nA,2024-03-01 00:00:01,10.6,1\n")
    with pytest.raises(InputError, match="time zone"):
        volume_bars(path, 2)
    assert volume_bars(str(path), 2, tz="UTC")["volume"].to_list() == [2]


def test_a_strategy_runs_on_them_at_the_moments_at_which_they_end() -> None:
    # a trade a second for an hour; ten of them make a bar
    trades = [("A", 1000 * k + k % 7, D(100) + D(k) / 100, D("1.5")) for k in range(3600)]
    bars = tick_bars(frame(trades), 10)
    rustybt.ingest("trades", bars, frequency="1ms", stamp="end", calendar="24/7", assets={"type": "crypto"})
    moments: list[Any] = []

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        moments.append(data.current_dt)
        if len(moments) == 3:
            context.order(context.symbol("A"), "2.5")

    result = rustybt.run_algorithm(
        "2024-03-01", "2024-03-01", initialize, 1000, handle_data, bundle="trades", data_frequency="1ms", progress=False
    )
    assert moments == bars["timestamp"].to_list()
    assert len(moments) == 360
    # asked for with the third bar, filled at the close of the fourth: trade 39
    assert result.transactions.select("amount", "price").rows() == [(D("2.5"), D("100.39"))]
    assert F(result.metrics["final_value"]) == 1000 + F("2.5") * (F("135.99") - F("100.39"))
    # what is stored makes longer bars by the clock, and nothing is found wrong with it
    with rustybt.open_version("trades") as version:
        hours = version.load([0], "1h", 0, 2**62)[0]
        assert F(int(hours.volume[0]), 10 ** version.asset(0).volume_scale) == F(3600) * F("1.5")
    assert not rustybt.validate("trades").findings


def test_a_line_with_too_many_fields_is_named(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_text("symbol,timestamp,price,size\nA,2024-01-01T00:00:00Z,1,1\nA,2024-01-01T00:00:01Z,1,1,5\n")
    with pytest.raises(InputError, match=r"trades.csv: line 3 has 5 fields, and there are 4 columns"):
        rustybt.tick_bars(path, 1)
