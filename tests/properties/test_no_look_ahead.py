"""What happens up to a moment does not depend on anything after it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import CannotOrderDelistedAsset, FutureContractsNotFound, HistoryWindowStartsBeforeData
from tests.properties import _bundles
from tests.properties._garbage import anchored, with_garbage_after
from tests.properties._market import ROOT, Market, drawn, text
from tests.properties._oracle import Plan
from tests.properties._runs import plain, set_models
from tests.properties.test_law_of_the_books import plans

FIELDS = ("price", "open", "high", "low", "close", "volume", "last_traded")
DAILY, MINUTE, CUTS = 24, 4, 3


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def pair(seed: int, minutes: bool, number: int) -> tuple[Market, int, str, str]:
    """A market, a bar of it, its bundle, and the bundle of the same market with garbage after that bar."""
    market = anchored(drawn(seed, minutes=minutes))
    bars = market.starts[-1]
    cut = (number * bars // CUTS + 7 * seed) % (bars - 1)
    if number == 0:
        # the last bar of a session: the next thing is the hook before the next one
        cut = next((start - 1 for start in market.starts[1:] if start > cut), cut)
    garbage = with_garbage_after(market, cut, seed)
    key = ("pair", seed, minutes, number)
    return market, cut, _bundles.bundle_of((key, 0), market), _bundles.bundle_of((key, 1), garbage)


class Watcher:
    """Runs a plan and writes down all that it sees, with the stamp of the moment."""

    def __init__(self, market: Market, plan: Plan) -> None:
        self.market = market
        self.plan = plan
        self.seen: list[tuple[int, str, Any]] = []
        self.bar = 0
        self.every = 1 if market.frequency == "1d" else 41

    def initialize(self, context: Any) -> None:
        context.assets = context.symbols(*(asset.symbol for asset in self.market.assets))
        set_models(context, self.plan)
        context.futures = []
        if any(asset.future for asset in self.market.assets):
            # a contract that closes on the session it begins with is no part of a chain
            with contextlib.suppress(FutureContractsNotFound):
                context.futures = [
                    context.continuous_future(ROOT, offset, roll, adjustment)
                    for offset, roll, adjustment in ((0, "volume", "mul"), (0, "calendar", "add"), (1, "volume", None))
                ]
        context.record(start=0)

    def before_trading_start(self, context: Any, data: Any) -> None:
        self.look(context, data, "hook")

    def handle_data(self, context: Any, data: Any) -> None:
        intents = [intent for intent in self.plan.intents if intent.bar == self.bar]
        for intent in intents:
            asset = context.assets[intent.asset]
            try:
                if intent.kind == "cancel":
                    for order in context.get_open_orders(asset):
                        context.cancel_order(order)
                else:
                    limit = None if intent.limit is None else Decimal(text(intent.limit))
                    getattr(context, intent.kind)(asset, Decimal(text(intent.number)), limit_price=limit)
            except CannotOrderDelistedAsset:
                context.record(refused=self.bar)
        if intents or self.bar % self.every == 0:
            self.look(context, data, "bar")
            context.record(value=context.portfolio.portfolio_value)
        self.bar += 1

    def look(self, context: Any, data: Any, where: str) -> None:
        stamp = plain(context.get_datetime())
        own = self.market.frequency
        for field in FIELDS:
            self.see(stamp, f"{where} {field}", data.current(context.assets, field))
        self.see(stamp, f"{where} can_trade", data.can_trade(context.assets))
        self.see(stamp, f"{where} is_stale", data.is_stale(context.assets))
        windows = [(own, count) for count in (1, 3, 30)] + ([("1d", 1), ("1d", 2)] if own == "1m" else [])
        for frequency, count in windows:
            for field in ("price", "volume", "high"):
                for dtype in (float, Decimal):
                    try:
                        window = data.history(context.assets, field, count, frequency, dtype=dtype, timestamps=True)
                    except HistoryWindowStartsBeforeData:
                        continue
                    self.see(stamp, f"{where} history {frequency} {field} {count} {dtype.__name__}", window.rows())
        for future in context.futures:
            found = data.current(future, "contract"), data.current_chain(future), data.can_trade(future)
            self.see(stamp, f"{where} {future}", [found, data.current(future, ["price", "volume"])])
            for count in (1, 3, 30):
                try:
                    windows = [
                        data.history(future, field, count, "1d" if count == 3 else own, dtype=dtype).to_list()
                        for field in ("price", "close", "volume")
                        for dtype in (float, Decimal)
                    ]
                except HistoryWindowStartsBeforeData:
                    continue
                self.see(stamp, f"{where} {future} {count}", windows)
        portfolio = context.portfolio
        self.see(stamp, f"{where} portfolio", [portfolio.portfolio_value, portfolio.cash, portfolio.positions])
        self.see(stamp, f"{where} orders", context.get_open_orders())

    def see(self, stamp: int, what: str, value: Any) -> None:
        self.seen.append((stamp, what, repr(value)))

    def capital_changes(self) -> dict[Any, Any] | None:
        """Capital that comes with a session, and a target with a later one, in every other run."""
        plan, sessions = self.plan, self.market.sessions
        if len(plan.intents) % 2 or plan.last - plan.first < 2:
            return None
        middle = (plan.first + plan.last) // 2
        return {
            sessions[middle].date: {"type": "delta", "value": "12345.5"},
            sessions[plan.last].date: {"type": "target", "value": text(plan.capital)},
        }

    def run(self, bundle: str) -> rustybt.Result:
        return rustybt.run_algorithm(
            self.market.sessions[self.plan.first].date,
            self.market.sessions[self.plan.last].date,
            self.initialize,
            text(self.plan.capital),
            self.handle_data,
            self.before_trading_start,
            bundle=bundle,
            data_frequency="daily" if self.market.frequency == "1d" else "minute",
            fill_at=self.plan.fill_at,
            trigger=self.plan.trigger,
            capital_changes=self.capital_changes(),
            progress=False,
        )


def _up_to(market: Market, cut: int, plan: Plan, watcher: Watcher, result: rustybt.Result) -> dict[str, Any]:
    """All that a run shows of what happened up to the cut."""
    session = sum(start <= cut for start in market.starts[1:])
    moment = market.sessions[session].stamps[cut - market.starts[session]]
    whole = cut + 1 == market.starts[session + 1]
    over = [s.date for s in market.sessions[: session + whole]]
    seen = [row for row in watcher.seen if row[0] <= moment]
    if whole and session < plan.last:
        # nothing of the coming session is seen before it; what lies between is the hook, once, with no bar between
        start = market.sessions[session + 1].open
        seen += [row for row in watcher.seen if moment < row[0] < start and row[1].startswith("hook")]

    def by(frame: pl.DataFrame, column: str) -> list[tuple[Any, ...]]:
        rows = [tuple(map(plain, row)) for row in frame.iter_rows()]
        place = frame.columns.index(column)
        return [row for row in rows if row[place] < moment or (row[place] == moment and cut >= 0)]

    overnight = ("dividend", "stock_dividend", "split", "cash_in_lieu")
    entries = [row for row in by(result.entries, "stamp") if not (row[0] == moment and row[1] in overnight)]
    events = [row[1:] for row in by(result.order_events, "stamp") if not (row[2] == moment and "split" in str(row[6]))]
    return {
        "seen": seen,
        "entries": entries,
        "events": events,
        "transactions": by(result.transactions, "dt"),
        "daily": result.daily.drop("period_label").filter(pl.col("session").is_in(over)).rows(),
        "positions": [tuple(map(plain, r)) for r in result.positions.iter_rows() if r[0] in over],
        "recorded": [r for r in result.recorded.select("session", "start", "value").iter_rows() if r[0] in over],
    }


def _check(data: st.DataObject, seed: int, minutes: bool, number: int) -> None:
    market, cut, bundle, garbage = pair(seed, minutes, number)
    plan = data.draw(plans(market))
    watchers = [Watcher(market, plan), Watcher(market, plan)]
    results = [watcher.run(name) for watcher, name in zip(watchers, (bundle, garbage), strict=True)]
    truth, spoiled = (
        _up_to(market, cut, plan, watcher, result) for watcher, result in zip(watchers, results, strict=True)
    )
    for what, expected in truth.items():
        assert spoiled[what] == expected, what


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.integers(0, DAILY - 1), st.integers(0, CUTS - 1))
def test_what_happened_up_to_a_bar_does_not_depend_on_later_days(data: st.DataObject, seed: int, number: int) -> None:
    _check(data, seed, False, number)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, MINUTE - 1), st.integers(0, CUTS - 1))
def test_what_happened_up_to_a_bar_does_not_depend_on_later_minutes(
    data: st.DataObject, seed: int, number: int
) -> None:
    _check(data, seed, True, number)
