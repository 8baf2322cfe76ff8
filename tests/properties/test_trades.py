"""The trades of drawn runs add up to what the ledger booked, to the last digit, however they are matched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt._kernels import twins
from rustybt.errors import InputError, MoneyOverflow, OrderTooLarge
from rustybt.results._booked import Booked
from tests._examples import examples
from tests.properties import _bundles, _runs, test_law_of_currencies
from tests.properties.test_law_of_the_books import DAILY_MARKETS, market_of, plans

METHODS = ("fifo", "lifo", "average", "flat")


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def booked(result: rustybt.Result) -> dict[str, Fraction]:
    """By currency, what was booked of assets, and what they are worth at the last close."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for sid, amount, currency in result.entries.select("sid", "amount", "currency").rows():
        if sid is not None:
            found[currency] += Fraction(amount)
    assets = {row["sid"]: row for row in result.assets.rows(named=True)}
    last = result.daily["session"][-1]
    for session, sid, amount, price in result.positions.select("session", "sid", "amount", "last_sale_price").rows():
        asset = assets[sid]
        if session == last and asset["type"] not in ("future", "perpetual"):
            found[asset["currency"]] += Fraction(amount) * Fraction(price) * Fraction(asset["multiplier"])
    return {currency: amount for currency, amount in found.items() if amount}


def assert_they_add_up(result: rustybt.Result) -> None:
    """Each method's trades add up to the same, which is what was booked."""
    expected = booked(result)
    for method in METHODS:
        trades = result.round_trips(method)  # type: ignore[arg-type]
        assert_each_way(result, method, trades)
        net: dict[str, Fraction] = defaultdict(Fraction)
        for currency, gross, costs, own in trades.select("currency", "gross", "costs", "net").rows():
            assert Fraction(gross) - Fraction(costs) == Fraction(own)
            net[currency] += Fraction(own)
        assert {currency: amount for currency, amount in net.items() if amount} == expected, method
        assert (trades["mae"].drop_nulls() <= 0).all()
        assert (trades["mfe"].drop_nulls() >= 0).all()
        assert (trades["quantity"] >= 0).all()
        open_ = trades.filter("open")
        assert open_["exit"].null_count() == open_.height
        if method == "flat":
            held = result.positions.filter(result.positions["session"] == result.daily["session"][-1])
            assert sorted(open_["sid"]) == sorted(held["sid"])
    assert_shortfall_adds_up(result)
    fifo, trips = result.trades, result.round_trips("flat")
    assert trips.height <= fifo.height


def assert_each_way(result: rustybt.Result, method: str, trades: pl.DataFrame) -> None:
    """By whole columns, by the native kernel and lot by lot in Python they are the same."""
    for kernel in twins():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUSTYBT_KERNELS", kernel)
            patch.setattr(Booked, "plain", lambda _: [])
            assert result.round_trips(method).equals(trades), (method, kernel)  # type: ignore[arg-type]


def assert_shortfall_adds_up(result: rustybt.Result) -> None:
    """Each fill's parts come to what was paid more than at the decision price, rounded as the books are."""
    multipliers = dict(result.assets.select("sid", "multiplier").rows())
    for row in result.shortfall.rows(named=True):
        if row["total"] is None:
            continue
        units = Fraction(row["amount"]) * Fraction(multipliers[row["sid"]])
        parts = [Fraction(row[name]) for name in ("delay", "spread", "slippage", "impact", "fees")]
        assert sum(parts) == Fraction(row["total"])
        whole = units * (Fraction(row["price"]) - Fraction(row["decision"])) + parts[-1]
        assert abs(Fraction(row["total"]) - whole) <= Fraction(1, 10**19)


@given(st.integers(0, DAILY_MARKETS - 1), st.data())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
def test_trades_add_up_to_the_ledger(seed: int, data: st.DataObject) -> None:
    market, bundle = market_of(seed, minutes=False)
    plan = data.draw(plans(market))
    try:
        result = _runs.run(market, plan, bundle=bundle)
    except (InputError, MoneyOverflow, OrderTooLarge):
        return
    assert_they_add_up(result)


@given(st.integers(0, 10_000))
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
def test_trades_add_up_in_each_currency(seed: int) -> None:
    market = test_law_of_currencies.drawn(seed)
    test_law_of_currencies.ingest(market)
    assert_they_add_up(test_law_of_currencies.run(market).result)
