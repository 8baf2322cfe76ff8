"""A run in two currencies beside the same run in one: what the second costs, and that the value is what fractions say.

Measured in CPU time, the best of whole runs in turn, frames included. The plan is D50's: 50 shares, two years of days,
all weights set anew every day. In the second run half of the shares are in euros.
"""

from __future__ import annotations

import datetime as dt
import gc
import random
from fractions import Fraction
from time import process_time
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt._kernels import twins
from rustybt.api import commission, order_target_percents, set_commission, set_slippage, slippage

pytestmark = pytest.mark.bench

SHARES, DAYS, ROUNDS = 50, 504, 15
ALLOWED = 1.3
"""How many times the CPU of the run in one currency the run in two may take; 1.23 is reached."""
SYMBOLS = [f"S{n:02d}" for n in range(SHARES)]
FOREIGN = SYMBOLS[1::2]
FIRST = dt.date(2021, 1, 1)
MONEY = 10**20


def closes(seed: int, level: float, spread: float, decimals: int) -> list[str]:
    dice = random.Random(seed)
    return [f"{level * (1 + dice.uniform(-spread, spread)):.{decimals}f}" for _ in range(DAYS)]


def ingest(bundle: str, foreign: list[str]) -> dict[str, list[str]]:
    """Shares, of which some are in euros, and the pair of both currencies."""
    prices = {symbol: closes(n, 50 + n, 0.05, 2) for n, symbol in enumerate(SYMBOLS)} | {
        "EUR/USD": closes(99, 1.1, 0.03, 4)
    }
    rows = [
        (symbol, FIRST + dt.timedelta(days=k), *[price] * 4, "1000000")
        for symbol, closes in prices.items()
        for k, price in enumerate(closes)
    ]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    about = pl.DataFrame(
        [{"symbol": s, "currency": "EUR" if s in foreign else "USD", "type": "equity"} for s in SYMBOLS]
        + [{"symbol": "EUR/USD", "currency": "USD", "type": "forex"}]
    )
    rustybt.ingest(bundle, pl.DataFrame(rows, schema=names, orient="row"), calendar="24/7", assets=about)
    return prices


def run(bundle: str, currency: str | None, kernel: str) -> tuple[float, rustybt.Result]:
    """CPU seconds of a run, and its result, all frames looked at."""

    def initialize(context: Any) -> None:
        context.shares = context.symbols(*SYMBOLS)
        context.bar = 0
        set_slippage(slippage.FixedBasisPointsSlippage())
        set_commission(commission.PerShare("0.001"))

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        weights = [(share, (1 + (n + context.bar) % 3) / 120) for n, share in enumerate(context.shares)]
        order_target_percents(weights)

    gc.collect()  # what another run left behind is not this one's
    begin = process_time()
    result = rustybt.run_algorithm(
        None, None, initialize, 1_000_000, handle_data, bundle=bundle, currency=currency, kernel=kernel, progress=False
    )
    for name in ("daily", "orders", "order_events", "transactions", "positions", "entries"):
        assert len(getattr(result, name))
    return process_time() - begin, result


def rounded(amount: Fraction) -> Fraction:
    return Fraction(round(amount * MONEY), MONEY)


def assert_value(result: rustybt.Result, prices: dict[str, list[str]]) -> None:
    """The value at each close, of entries and closes alone: each currency's cash and each position by itself."""
    folded = result.entries.select("stamp", "asset", "quantity", "amount", "currency").rows()
    cash, units, place = {"USD": Fraction(0), "EUR": Fraction(0)}, dict.fromkeys(SYMBOLS, Fraction(0)), 0
    for k, row in enumerate(result.daily.iter_rows(named=True)):
        while place < len(folded) and folded[place][0] <= row["period_close"]:
            _, asset, quantity, amount, currency = folded[place]
            place += 1
            cash[currency] += Fraction(amount)
            if asset is not None:
                units[asset.partition(":")[2]] += Fraction(quantity)
        rate = {"USD": Fraction(1), "EUR": Fraction(prices["EUR/USD"][k])}
        value = sum(rounded(amount * rate[currency]) for currency, amount in cash.items())
        for symbol, held in units.items():
            value += rounded(held * Fraction(prices[symbol][k]) * rate["EUR" if symbol in FOREIGN else "USD"])
        assert Fraction(row["portfolio_value"]) == value
    assert place == len(folded)


@pytest.mark.skipif("rust" not in twins(), reason="there is no native extension")
def test_a_run_in_two_currencies_takes_at_most_so_many_times_the_cpu_of_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    prices = ingest("one", [])
    ingest("two", FOREIGN)
    best: dict[str, float] = {}
    results = {}
    for _ in range(ROUNDS):
        for bundle, currency in (("one", None), ("two", "USD")):
            took, results[bundle] = run(bundle, currency, "rust")
            best[bundle] = min(took, best.get(bundle, took))
    assert_value(results["two"], prices)
    assert results["two"].ledger_hash == run("two", "USD", "python")[1].ledger_hash
    print(f"one currency {best['one'] * 1e3:.1f} ms, two {best['two'] * 1e3:.1f}: {best['two'] / best['one']:.2f}")
    assert best["two"] <= ALLOWED * best["one"]
