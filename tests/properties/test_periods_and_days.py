"""A run on weeks or months beside the run on days: the same books, and the same view, at the same moments.

With fill_at="open" an order that is placed at a Friday's close fills at Monday's open in both.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import CannotOrderDelistedAsset, InputError, MoneyOverflow
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles
from tests.properties._market import Listed, Market, drawn, text
from tests.properties._oracle import ZERO, Plan
from tests.properties._period_oracle import PeriodOracle, periods_of
from tests.properties._runs import plain

SEEDS = 40
FREQUENCIES = {"1w": {"weeks": True}, "1mo": {"months": True}}
QUIET = settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, kind: str) -> tuple[Market, str]:
    """The days of a seed, every row of which traded, and their bundle."""
    days = drawn(seed, frequency="1d", **FREQUENCIES[kind])
    days = replace(days, assets=tuple(_traded(asset) for asset in days.assets))
    return days, _bundles.bundle_of(("days and periods", seed, kind), days)


def _traded(asset: Listed) -> Listed:
    bars = {place: bar if bar.volume else replace(bar, volume=Fraction(1)) for place, bar in asset.bars.items()}
    return replace(asset, bars=bars)


class Script:
    """Orders at the ends of periods, and what is seen at them and before the first session of each.

    asked: by the date of a period's end, the asset, the order function and its number.
    """

    def __init__(self, market: Market, kind: str, asked: dict[dt.date, list[tuple[int, str, Decimal]]]) -> None:
        self.market = market
        self.asked = asked
        self.ends = {market.sessions[period[-1]].date for period in periods_of(market, kind)}
        self.begins = {market.sessions[period[0]].date for period in periods_of(market, kind)}
        self.at_ends: list[Any] = []
        self.before: list[Any] = []

    def initialize(self, context: Any) -> None:
        context.set_symbol_lookup_date(self.market.sessions[-1].date)
        context.assets = context.symbols(*(asset.symbol for asset in self.market.assets))
        context.set_slippage(rustybt.api.slippage.NoSlippage(), rustybt.api.slippage.NoSlippage())

    def before_trading_start(self, context: Any, data: Any) -> None:
        # a week is called by its last day; its hook has the time of its first one
        if rustybt.api.get_datetime().date() in self.begins or data.current_session in self.begins:
            self.before.append(self._seen(context, data))

    def handle_data(self, context: Any, data: Any) -> None:
        if data.current_session not in self.ends:
            return
        self.at_ends.append(self._seen(context, data))
        for k, kind, number in self.asked.get(data.current_session, ()):
            try:
                getattr(context, kind)(context.assets[k], number)
            except CannotOrderDelistedAsset:
                continue

    @staticmethod
    def _seen(context: Any, data: Any) -> Any:
        folio = context.portfolio
        positions = {
            asset.symbol: (one.amount, one.cost_basis, one.last_sale_price)
            for asset in context.assets
            for one in (folio.positions[asset],)
            if one.amount
        }
        prices = [data.current(asset, "price") for asset in context.assets]
        return folio.portfolio_value, folio.cash, positions, prices

    def benchmark(self) -> str | None:
        """An asset that can be one: with bars in all of the run, no dividend in shares, and returns not near to -1, of
        which 18 decimals are too few to be linked."""
        last = self.market.starts[-1] - 1
        for asset in self.market.assets:
            closes = [bar.close for bar in asset.bars.values()]
            if 0 in asset.bars and last in asset.bars and not asset.shares and max(closes) < 100 * min(closes):
                return asset.symbol
        return None

    def run(self, bundle: str, frequency: str, changes: Any, kernel: str) -> rustybt.Result:
        return rustybt.run_algorithm(
            self.market.sessions[0].date,
            self.market.sessions[-1].date,
            self.initialize,
            10_000_000,
            self.handle_data,
            self.before_trading_start,
            bundle=bundle,
            data_frequency=frequency,
            fill_at="open",
            capital_changes=changes,
            benchmark=self.benchmark(),
            progress=False,
            kernel=kernel,
        )


@QUIET
@given(st.data(), st.integers(0, SEEDS - 1), st.sampled_from(["1w", "1w", "1mo"]), st.sampled_from(KERNELS))
def test_a_run_on_periods_books_and_shows_what_the_run_on_days_does(
    data: st.DataObject, seed: int, kind: str, kernel: str
) -> None:
    market, bundle = market_of(seed, kind)
    asked: dict[dt.date, list[tuple[int, str, Decimal]]] = {}
    for period in periods_of(market, kind):
        for _ in range(data.draw(st.integers(0, 3))):
            k = data.draw(st.integers(0, len(market.assets) - 1))
            name = data.draw(st.sampled_from(["order", "order_target", "order_target_percent"]))
            number = data.draw(st.integers(-30, 60)) * market.assets[k].lot
            if name == "order_target_percent":
                number = Fraction(data.draw(st.integers(-50, 120)), 100)
            asked.setdefault(market.sessions[period[-1]].date, []).append((k, name, Decimal(text(number))))
    changes = {
        market.sessions[day].date: {"type": one, "value": amount}
        for day, one, amount in data.draw(
            st.lists(
                st.tuples(
                    st.integers(0, len(market.sessions) - 1),
                    st.sampled_from(["delta", "target"]),
                    st.sampled_from([5_000_000, 12_345_678]),
                ),
                max_size=2,
                unique_by=lambda one: one[0],
            )
        )
    }
    both = [Script(market, kind, asked) for _ in range(2)]
    try:
        daily = both[0].run(bundle, "daily", changes, kernel)
    except (MoneyOverflow, InputError):
        return
    long = both[1].run(bundle, kind, changes, kernel)
    for of_days, of_periods in ((both[0].at_ends, both[1].at_ends), (both[0].before, both[1].before)):
        # the price of what ended within a period is seen until the next one
        known = [
            [p if q is not None else None for p, q in zip(b[3], a[3], strict=True)]
            for a, b in zip(of_days, of_periods, strict=True)
        ]
        assert [(*b[:3], prices) for b, prices in zip(of_periods, known, strict=True)] == of_days
    assert _booked(long) == _booked(daily)
    # an account that was ruined on some day has no returns from there on
    columns = ("benchmark_returns",) if daily.daily["portfolio_value"].min() < 0 else ("returns", "benchmark_returns")
    for column in columns:
        if column in daily.daily.columns:
            linked = dict(_linked(daily, column))
            near = [abs(value / linked[session] - 1) for session, value in _linked(long, column) if linked[session]]
            assert not near or max(near) < Fraction(1, 10**12), column


def _booked(result: rustybt.Result) -> list[tuple[Any, ...]]:
    """Every entry but variation, which is settled at each end of a session; where a fill is booked, not when."""
    rows = result.entries.select("stamp", "kind", "asset", "quantity", "amount", "order_id").iter_rows()
    timeless = ("fill", "fee")
    found = [(*(None if row[1] in timeless else plain(row[0]),), *map(plain, row[1:])) for row in rows]
    return sorted((row for row in found if row[1] != "variation"), key=repr)


def _linked(result: rustybt.Result, column: str) -> list[tuple[Any, Fraction]]:
    """Returns since the run's beginning; of days, at every close."""
    value, found = Fraction(1), []
    for session, returns in result.daily.select("session", column).iter_rows():
        value *= 1 + Fraction(returns or 0)
        found.append((session, value))
    return found


@QUIET
@given(st.integers(0, SEEDS - 1), st.sampled_from(["1w", "1mo"]), st.integers(1, 4))
def test_windows_of_weeks_and_months_are_restated_by_all_that_is_over_and_nothing_else(
    seed: int, kind: str, count: int
) -> None:
    market, bundle = market_of(seed, kind)
    oracle = Windows(market, Plan(0, 0, ()), kind)
    seen: list[tuple[int, bool, Any]] = []

    def initialize(context: Any) -> None:
        context.set_symbol_lookup_date(market.sessions[-1].date)
        context.assets = context.symbols(*(asset.symbol for asset in market.assets))
        context.bar = 0

    def look(context: Any, data: Any, hook: bool) -> None:
        length = min(count, context.bar + (not hook))
        if length:
            for k, asset in enumerate(context.assets):
                for field in ("open", "high", "low", "close", "volume"):
                    window = data.history(asset, field, length, kind, dtype=Decimal).to_list()
                    # floats are not rounded to the grid
                    unit = 0.0 if field == "volume" else 10.0 ** -(market.assets[k].price_scale + 10)
                    floats = data.history(asset, field, length, kind).to_list()
                    expected = oracle.window(k, field, context.bar, length, hook=hook)
                    assert [None if v is None else Fraction(v) for v in window] == expected, (context.bar, hook, field)
                    near = [None if v is None else pytest.approx(float(v), rel=1e-12, abs=unit) for v in expected]
                    assert floats == near, (context.bar, hook, field)
                    seen.append((context.bar, hook, expected))

    def before(context: Any, data: Any) -> None:
        look(context, data, True)

    def handle_data(context: Any, data: Any) -> None:
        look(context, data, False)
        context.bar += 1

    first, last = market.sessions[0].date, market.sessions[-1].date
    rustybt.run_algorithm(
        first, last, initialize, 1_000, handle_data, before, bundle=bundle, data_frequency=kind, progress=False
    )
    assert seen


class Windows(PeriodOracle):
    """What windows of periods show, in fractions."""

    def window(self, k: int, field: str, now: int, count: int, *, hook: bool) -> list[Fraction | None]:
        """The last bars up to a period, or up to the one before it, seen before its first session."""
        end = self.periods[now].start if hook else self.periods[now][-1]
        last = now if hook else now + 1
        return [self._value_of(k, field, number, end) for number in range(last - count, last)]

    def _value_of(self, k: int, field: str, number: int, until: int) -> Fraction | None:
        asset, period = self.market.assets[k], self.periods[number]
        found = self._bar(k, period)
        if found is None:
            return ZERO if field == "volume" else None
        price = shares = Fraction(1)
        for session in range(period[-1] + 1, until + 1):
            for one in asset.dividends:
                if self.market.session_on_or_after(one.ex) == session:
                    price *= self._kept(k, one.amount, session)
            for split in asset.splits:
                if self.market.session_on_or_after(split.ex) == session:
                    price, shares = price * split.ratio, shares * split.ratio
        if field == "volume":
            return round(found[1].volume / shares, asset.volume_scale + 10)
        value: Fraction = getattr(found[1], field)
        return round(value * price, asset.price_scale + 10)

    def _kept(self, k: int, amount: Fraction, session: int) -> Fraction:
        """What a dividend leaves of earlier prices: of the last close, in the shares of before the session."""
        asset = self.market.assets[k]
        row = max((place for place in asset.bars if place < session), default=None)
        if row is None:
            return Fraction(1)
        split, _ = self._factors(k, row, session - 1)
        close = asset.bars[row].close * split
        return 1 - amount / close if amount < close else Fraction(1)
