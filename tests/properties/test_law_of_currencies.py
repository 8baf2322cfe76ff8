"""Whole runs in several currencies on drawn markets, against an oracle of its own, with zero difference.

The oracle knows bars, intents and entries; nothing of the engine's. It asks: is the cash of each currency the fold of
the entries; is each value in the run's currency what fractions say, rounded by the one rule; does it change by what the
law names, the sixth term among it: foreign money and foreign value held x change of its rate; are sizes, conversions
and their moments those that rates up to the moment lead to.

What the oracle must notice, tried on the engine: a rate of the bar before; one rounding for all that is held in a
currency; one that rounds down; a fee, a dividend or the cash for a fraction in the run's own currency; a conversion on
a bar that the pair does not have; a weight that is not converted. Each of them fails.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles

D = Decimal
F = Fraction
FIRST = dt.date(2021, 3, 1)
CURRENCIES = ("USD", "EUR", "JPY", "GBP")
NAMES = ["symbol", "date", "open", "high", "low", "close", "volume"]
HALF_UNIT = F(1, 2 * 10**20)
SETTLING = ("future", "perpetual")
OVERNIGHT = ("capital", "dividend", "split", "cash_in_lieu")
INCOME = ("capital", "dividend", "fee", "conversion")
QUIET = settings(max_examples=examples(70), suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@dataclass
class Drawn:
    """A market and what a strategy does on it. closes: by symbol and day; None where a pair has no bar."""

    base: str
    days: int
    closes: dict[str, list[str | None]] = field(default_factory=dict)
    about: dict[str, dict[str, str]] = field(default_factory=dict)
    dividends: list[tuple[str, dt.date, str, dt.date]] = field(default_factory=list)
    splits: list[tuple[str, dt.date, str]] = field(default_factory=list)
    intents: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    capital: dict[dt.date, dict[str, Any]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], str] = field(default_factory=dict)

    def assets(self) -> list[str]:
        return [symbol for symbol, one in self.about.items() if one["type"] != "forex"]

    def currency(self, symbol: str) -> str:
        return self.about[symbol]["currency"]


def day(k: int) -> dt.date:
    return FIRST + dt.timedelta(days=k)


def rounded(amount: Fraction) -> Fraction:
    """To 20 decimals, half-even: the one rule."""
    return F(round(amount * 10**20), 10**20)


def drawn(seed: int) -> Drawn:
    """Three currencies, pairs that connect them, two to four assets, and a plan."""
    dice = random.Random(seed)
    money = dice.sample(CURRENCIES, 3)
    market = Drawn(money[0], dice.randint(5, 10))
    edges = [(money[1], money[dice.choice([0, 2])]), (money[2], money[0])]
    if dice.random() < 0.3:
        edges.append((money[1], money[2]))
    for one, other in dict.fromkeys(tuple(sorted(edge)) for edge in edges):
        first, second = (one, other) if dice.random() < 0.5 else (other, one)
        name = dice.choice(["{}/{}", "{}{}", "{}-{}"]).format(first, second)
        late = 2 if dice.random() < 0.1 else 0
        decimals = dice.randint(2, 5)
        level = dice.choice([0.5, 1.1, 140.0])
        market.pairs[first, second] = name
        market.about[name] = {"currency": second, "type": "forex", "multiplier": "1", "quantity_step": "1"}
        market.closes[name] = [
            None
            if k < late or (k > late and dice.random() < 0.25)
            else f"{level * (1 + dice.uniform(-0.1, 0.1)):.{decimals}f}"
            for k in range(market.days)
        ]
    for number in range(dice.randint(2, 4)):
        _draw_asset(dice, market, f"K{number}", dice.choice(money))
    _draw_plan(dice, market, money)
    return market


def _draw_asset(dice: random.Random, market: Drawn, name: str, currency: str) -> None:
    kind = dice.choice(["equity", "equity", "equity", *SETTLING])
    multiplier = dice.choice(["1", "10", "12.5"]) if kind in SETTLING else "1"
    step = dice.choice(["1", "1", "0.001"])
    market.about[name] = {"currency": currency, "type": kind, "multiplier": multiplier, "quantity_step": step}
    decimals = dice.randint(0, 4)
    level = dice.choice([7, 55, 1800])
    market.closes[name] = [f"{level * (1 + dice.uniform(-0.1, 0.1)):.{decimals}f}" for _ in range(market.days)]
    if kind != "equity":
        return
    if dice.random() < 0.6:
        ex = dice.randrange(1, market.days)
        market.dividends.append((name, day(ex), f"0.{dice.randint(1, 999)}", day(ex + dice.randint(0, 3))))
    if dice.random() < 0.5:
        ratio = dice.choice(["2", "1/2", "3/2", "1/3"])
        market.splits.append((name, day(dice.randrange(1, market.days)), ratio))


def _draw_plan(dice: random.Random, market: Drawn, money: list[str]) -> None:
    for k in range(market.days):
        todo: list[tuple[Any, ...]] = []
        for _ in range(dice.choice([0, 1, 1, 2])):
            name = dice.choice(market.assets())
            kind = dice.choice(["order", "order_target_percent", "order_percent", "order_value", "convert", "square"])
            if kind == "order":
                todo.append((kind, name, dice.randint(-60, 60)))
            elif kind == "order_value":
                todo.append((kind, name, f"{dice.uniform(-40_000, 40_000):.2f}"))
            elif kind == "convert":
                one, other = dice.sample(money, 2)
                todo.append((kind, one, other, f"{dice.uniform(-30_000, 30_000):.{dice.randint(0, 20)}f}"))
            elif kind == "square":
                todo.append((kind, dice.choice(money[1:])))
            else:
                todo.append((kind, name, f"{dice.uniform(-0.6, 0.6):.3f}"))
        market.intents[k] = todo
    if dice.random() < 0.4:
        market.capital[day(dice.randrange(1, market.days))] = {"type": "delta", "value": dice.randint(1, 9) * 1000}


# -- the run ---------------------------------------------------------------------------------------------------------


@dataclass
class Ran:
    """A run, what it asked for, and by bar what the portfolio came to, in all, in cash and in positions."""

    result: rustybt.Result
    asked: list[tuple[Any, ...]]
    seen: list[tuple[Fraction, ...]]


def ingest(market: Drawn) -> None:
    rows = [
        (symbol, day(k), *[close] * 4, "0" if market.about[symbol]["type"] == "forex" else "10000000")
        for symbol, closes in market.closes.items()
        for k, close in enumerate(closes)
        if close is not None
    ]
    about = pl.DataFrame([{"symbol": symbol, **one} for symbol, one in market.about.items()])
    dividends = ["symbol", "ex_date", "amount", "pay_date"]
    rustybt.ingest(
        "world",
        pl.DataFrame(rows, schema=NAMES, orient="row"),
        calendar="24/7",
        assets=about,
        dividends=pl.DataFrame(market.dividends, schema=dividends, orient="row") if market.dividends else None,
        splits=pl.DataFrame(market.splits, schema=["symbol", "ex_date", "ratio"], orient="row")
        if market.splits
        else None,
        mode="replace",
    )


def run(market: Drawn, *, kernel: str = "auto") -> Ran:
    asked: list[tuple[Any, ...]] = []
    seen: list[tuple[Fraction, ...]] = []
    result = rustybt.run_algorithm(**callbacks(market, asked, seen), **arguments(market), kernel=kernel)
    return Ran(result, asked, seen)


def arguments(market: Drawn) -> dict[str, Any]:
    """What else a run is given."""
    return {
        "start": day(0), "end": day(market.days - 1), "capital_base": 100_000, "bundle": "world",
        "currency": market.base, "capital_changes": market.capital, "progress": False,
    }  # fmt: skip


def strategy_of(seed: int) -> dict[str, Any]:
    """The plan of a drawn market as the functions of a strategy, whatever it asks for."""
    return callbacks(drawn(seed), [], [])


def callbacks(market: Drawn, asked: list[Any], seen: list[Any]) -> dict[str, Any]:
    """The plan as the functions of a strategy."""

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.FixedBasisPointsSlippage(5, "0.1"), slippage.NoSlippage())
        context.set_commission(commission.PerDollar("0.0013"), commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        all_in_all = context.portfolio
        seen.append((F(all_in_all.portfolio_value), F(all_in_all.cash), F(all_in_all.positions_value)))
        for kind, *given_ in market.intents.get(context.bar, ()):
            if kind in ("convert", "square"):
                one, other, amount = _conversion(context, market, kind, given_)
                got = context.convert_currency(amount, one, other)
                asked.append((context.bar, kind, got, one, other, amount))
                continue
            name, number = given_
            asset = context.symbol(name)
            held = context.portfolio.positions[asset].amount
            try:
                got = getattr(context, kind)(asset, number)
            except rustybt.errors.CurrencyMismatch:
                got = "no rate"
            asked.append((context.bar, kind, got, name, F(number), F(held)))

    return {"initialize": initialize, "handle_data": handle_data}


def _conversion(context: Any, market: Drawn, kind: str, given_: list[Any]) -> tuple[str, str, Any]:
    if kind == "convert":
        return given_[0], given_[1], given_[2]
    return given_[0], market.base, context.portfolio.cash_by_currency[given_[0]]


# -- the oracle ------------------------------------------------------------------------------------------------------


def legs(market: Drawn, one: str, other: str) -> list[tuple[str, bool]]:
    """The pairs from one currency to another, and whether each is inverse: direct, else by way of the third."""

    def leg(a: str, b: str) -> list[tuple[str, bool]]:
        if (a, b) in market.pairs:
            return [(market.pairs[a, b], False)]
        return [(market.pairs[b, a], True)] if (b, a) in market.pairs else []

    direct = leg(one, other)
    if direct:
        return direct
    between = {name for pair in market.pairs for name in pair} - {one, other}
    ways = [leg(one, name) + leg(name, other) for name in between if leg(one, name) and leg(name, other)]
    assert len(ways) == 1
    return ways[0]


def rate(market: Drawn, one: str, other: str, k: int) -> Fraction | None:
    """Units of the other for one unit, by the last closes up to a day; None before the first."""
    if one == other:
        return F(1)
    product = F(1)
    for name, inverse in legs(market, one, other):
        known = [close for close in market.closes[name][: k + 1] if close is not None]
        if not known:
            return None
        product *= 1 / F(known[-1]) if inverse else F(known[-1])
    return product


def number(value: Any) -> Any:
    return F(value) if isinstance(value, D) else value


class Books:
    """Cash by currency and units by asset, folded from entries one session after the other."""

    def __init__(self, market: Drawn, result: rustybt.Result) -> None:
        self.market = market
        self.cash: dict[str, Fraction] = defaultdict(Fraction)
        self.units: dict[str, Fraction] = defaultdict(Fraction)
        columns = ("stamp", "kind", "asset", "quantity", "amount", "currency")
        self._left = [tuple(map(number, row)) for row in result.entries.select(columns).iter_rows()]
        self.today: list[tuple[Any, ...]] = []

    def fold(self, close: dt.datetime) -> None:
        """Takes the entries up to a close. What opens the next session has the same stamp where markets never close."""
        self.today = []
        while self._left:
            stamp, kind, asset, quantity, amount, currency = self._left[0]
            first = kind == "capital" and not self.cash
            if stamp > close or (stamp == close and kind in OVERNIGHT and not first):
                break
            self.today.append(self._left.pop(0))
            self.cash[currency] += amount
            if asset is not None:
                self.units[asset.partition(":")[2]] += quantity

    def settles(self, name: str) -> bool:
        return self.market.about[name]["type"] in SETTLING

    def comes_to(self, name: str, k: int) -> Fraction:
        """What a position is, as money of its currency."""
        return self.units[name] * F(str(self.market.closes[name][k])) * F(self.market.about[name]["multiplier"])

    def native(self, currency: str, k: int) -> Fraction:
        """Cash and value in a currency."""
        mine = [name for name in self.units if self.market.currency(name) == currency and not self.settles(name)]
        return self.cash[currency] + sum((self.comes_to(name, k) for name in mine), F(0))

    def in_base(self, currency: str, amount: Fraction, k: int) -> Fraction:
        if not amount or currency == self.market.base:
            return amount
        found = rate(self.market, currency, self.market.base, k)
        assert found is not None
        return rounded(amount * found)


def assert_lawful(market: Drawn, result: rustybt.Result) -> None:
    books = Books(market, result)
    names, before = market.assets(), {currency: F(0) for currency in CURRENCIES}
    value = F(0)
    positions: dict[Any, dict[str, Fraction]] = defaultdict(dict)
    for session, symbol, amount in result.positions.select("session", "symbol", "value").iter_rows():
        positions[session][symbol] = F(amount)
    for k, row in enumerate(result.daily.iter_rows(named=True)):
        units = dict(books.units)
        books.fold(row["period_close"])
        # cash of each currency is the fold of its entries
        shown = result.cash_by_currency.row(k, named=True)
        assert {name: number(amount) for name, amount in shown.items() if name != "session" and amount} == {
            currency: amount for currency, amount in books.cash.items() if amount
        }
        # each currency's cash and each position is converted by itself, rounded once; all else are sums
        cash = sum((books.in_base(name, amount, k) for name, amount in books.cash.items()), F(0))
        comes_to = {name: books.in_base(market.currency(name), rounded(books.comes_to(name, k)), k) for name in names}
        worth = {name: F(0) if books.settles(name) else amount for name, amount in comes_to.items()}
        assert (F(row["ending_cash"]), F(row["ending_value"])) == (cash, sum(worth.values()))
        assert F(row["portfolio_value"]) == cash + sum(worth.values())
        assert F(row["long_exposure"]) == sum(amount for amount in comes_to.values() if amount > 0)
        assert F(row["short_exposure"]) == sum(amount for amount in comes_to.values() if amount < 0)
        assert positions[row["session"]] == {name: worth[name] for name in names if books.units[name]}
        change, slack = _change(market, books, result, units, before, k)
        assert abs(F(row["portfolio_value"]) - value - change) <= slack, f"session {k}"
        value = F(row["portfolio_value"])
        before = {currency: books.native(currency, k) for currency in CURRENCIES}
    assert not books._left


def _change(
    market: Drawn, books: Books, result: rustybt.Result, units: dict[str, Fraction], before: dict[str, Fraction], k: int
) -> tuple[Fraction, Fraction]:
    """What the law says that the value changes by, from bars, fills and entries; and how far roundings may be off."""
    fills = result.transactions.filter(pl.col("session") == day(k))
    change = slack = F(0)
    for currency in CURRENCIES:
        now = rate(market, currency, market.base, k) if currency in market_currencies(market) else None
        if now is None:
            assert not before[currency]
            continue
        part = sum((e[4] for e in books.today if e[5] == currency and e[1] in INCOME), F(0))
        roundings = 2 * len(books.units) + 4 * len(books.today) + 4
        for name in market.assets():
            if market.currency(name) == currency:
                part += _of_asset(market, books, fills, name, units.get(name, F(0)), k)
        change += part * now
        earlier = rate(market, currency, market.base, k - 1) if k else None
        if before[currency]:
            assert earlier is not None
            change += before[currency] * (now - earlier)  # the sixth term
        slack += roundings * HALF_UNIT * max(now, 1)
    return change, slack


def market_currencies(market: Drawn) -> set[str]:
    return {name for pair in market.pairs for name in pair} | {market.base}


def _of_asset(market: Drawn, books: Books, fills: pl.DataFrame, name: str, held: Fraction, k: int) -> Fraction:
    """held x change of mark + filled x (mark - price), times the multiplier; a split restates both."""
    multiplier = F(market.about[name]["multiplier"])
    now = F(str(market.closes[name][k]))
    before = F(str(market.closes[name][k - 1])) if k else F(0)
    ratio = F(1)
    for symbol, ex, text in market.splits:
        if symbol == name and ex == day(k):
            ratio *= F(text)
    own = [e for e in books.today if e[2] is not None and e[2].partition(":")[2] == name]
    restated = held + sum((e[3] for e in own if e[1] == "split"), F(0))
    change = restated * (now - before * ratio)
    # what a split leaves over is paid without the session's dividends, which it is owed apart
    paid = sum((F(amount) for symbol, ex, amount, _ in market.dividends if symbol == name and ex == day(k)), F(0))
    change -= (held - restated * ratio) * min(paid, before)
    for quantity, price in fills.filter(pl.col("symbol") == name).select("amount", "price").iter_rows():
        change += F(quantity) * (now - F(price))
    return change * multiplier


def assert_sizes(market: Drawn, ran: Ran) -> None:
    """Sizes by value and percent, and conversions, are those that the moment's value and rates lead to."""
    placed = ran.result.order_events.filter(pl.col("kind").is_in(["accepted", "rejected"]))
    orders = {row["order_id"]: row for row in placed.iter_rows(named=True)}
    done = {row["id"]: row for row in ran.result.conversions.iter_rows(named=True)}
    for k, kind, got, one, other, third in ran.asked:
        if kind in ("convert", "square"):
            _assert_conversion(market, done.get(got), k, one, other, F(str(third)))
            continue
        of_base = rate(market, market.currency(one), market.base, k)
        if of_base is None:
            if kind == "order":
                assert got is None or orders[got]["kind"] == "rejected"
            else:
                assert got == "no rate"
            continue
        size = other
        if kind != "order":
            value = F(ran.result.daily["portfolio_value"][k])
            money = other if kind == "order_value" else other * value
            about = market.about[one]
            size = money / of_base / (F(str(market.closes[one][k])) * F(about["multiplier"]))
            size -= third if kind == "order_target_percent" else 0
        whole = _whole(size, F(market.about[one]["quantity_step"]))
        assert (F(0) if got is None else F(orders[got]["quantity"])) == whole, (k, kind, one)


def _whole(size: Fraction, step: Fraction) -> Fraction:
    """In whole steps, towards zero; up to the next one within a ten-thousandth of it."""
    steps, rest = divmod(abs(size) / step, 1)
    steps += rest >= F(9_999, 10_000)
    return (steps if size > 0 else -steps) * step


def _ended(market: Drawn, name: str, k: int) -> bool:
    return all(close is None for close in market.closes[name][k:])


def _assert_conversion(
    market: Drawn, row: dict[str, Any] | None, k: int, one: str, other: str, amount: Fraction
) -> None:
    if not amount:
        assert row is None
        return
    assert row is not None
    wanted = [pair for pair in ((one, other), (one, market.base), (other, market.base)) if pair[0] != pair[1]]
    ways = [name for name, _ in legs(market, one, other)]
    ended = any(_ended(market, name, k) for pair in wanted for name, _ in legs(market, *pair))
    if ended or any(rate(market, *pair, k) is None for pair in wanted):
        assert row["status"] == "rejected"
        return
    later = [j for j in range(k + 1, market.days) if all(market.closes[name][j] is not None for name in ways)]
    if not later:
        assert (row["status"], row["received"]) == ("open", None)
        return
    exact = rate(market, one, other, later[0])
    assert exact is not None
    assert (row["status"], F(row["amount"]), F(row["received"])) == ("filled", amount, rounded(amount * exact))
    assert row["dt"].date() == day(later[0] + 1)


# -- the properties --------------------------------------------------------------------------------------------------


@QUIET
@given(st.integers(0, 10**6))
def test_the_books_of_several_currencies_obey_their_law_on_both_kernels(seed: int) -> None:
    market = drawn(seed)
    ingest(market)
    results = []
    for kernel in KERNELS:
        ran = run(market, kernel=kernel)
        assert_lawful(market, ran.result)
        closes = ran.result.daily.select("portfolio_value", "ending_cash", "ending_value").iter_rows()
        assert ran.seen == [tuple(map(F, row)) for row in closes]
        assert_sizes(market, ran)
        results.append(ran.result)
    assert len({result.ledger_hash for result in results}) == 1
    for name in ("daily", "cash_by_currency", "positions", "transactions", "entries"):
        assert all(getattr(result, name).equals(getattr(results[0], name)) for result in results)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.integers(1, 99))
def test_nothing_before_a_moment_depends_on_rates_or_prices_after_it(seed: int, cut: int) -> None:
    market = drawn(seed)
    last = market.days * cut // 100
    ingest(market)
    before = run(market).result
    for closes in market.closes.values():
        for k in range(last + 1, market.days):
            if closes[k] is not None:
                closes[k] = f"{D(closes[k]) * 3:f}"
    ingest(market)
    after = run(market).result
    seen = last + 1
    money = ["portfolio_value", "ending_cash", "returns", "gross_leverage"]
    assert before.daily.select(money).head(seen).equals(after.daily.select(money).head(seen))
    close = before.daily["period_close"][last]
    known = (pl.col("stamp") < close) | ((pl.col("stamp") == close) & pl.col("kind").is_in(OVERNIGHT).not_())
    entries = [one.entries.filter(known).drop("sid").rows() for one in (before, after)]
    assert entries[0] == entries[1]
    orders = [
        one.order_events.filter((pl.col("stamp") <= close) & (pl.col("kind") != "adjusted")).rows()
        for one in (before, after)
    ]
    assert orders[0] == orders[1]
