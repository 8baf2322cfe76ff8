"""Whole runs on drawn markets against an oracle of its own, with zero difference.

What the oracle must notice, tried on the engine: a stop that fills at its price where the bar opened beyond it; a
stop-limit that counts the whole range as later than its stop; a stop that a split leaves as it was; a daily policy that
cancels what was placed with the bar; capital that counts as profit; slippage that goes beyond a limit; a bar that
belongs to the longer bar after its own; funding on what a bar has filled. Each of them fails.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import InputError, MoneyOverflow, OrderTooLarge
from tests._examples import examples
from tests._kernels import kernel_of
from tests.properties import _bundles, _fairness, _law, _life, _runs
from tests.properties._kinds import Kind
from tests.properties._market import Listed, Market, aggregated, drawn
from tests.properties._oracle import Expected, Intent, Oracle, Plan

DAILY_MARKETS = 48
OF_MINUTES = (("24/7", 7), ("XNYS", 28), ("XTKS", 16), ("XTKS", 14), ("XTKS", 15), ("XNYS", 23))
"""Calendars and seeds of the markets of minutes, as few bars as show shares with all their actions, futures and
perpetuals, one session and two, a day that never ends, and sessions with a break."""
MINUTE_MARKETS = len(OF_MINUTES)
KINDS = ("order", "order_target", "order_value", "order_percent", "order_target_value", "order_target_percent")
ODD_SEEDS = 30
ODD = ("5m", "1m as 5m", "1m as 1h", "1m as 1d", "1d of XTKS", "30m of XTKS", "1h of XLON")
"""Runs at other lengths and on other calendars; "as": bars that are made of shorter ones. Weeks and months have tests
of their own, in `test_periods`."""


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, minutes: bool) -> tuple[Market, str]:
    """The market of a seed, and its bundle."""
    calendar, number = OF_MINUTES[seed] if minutes else (None, seed)
    market = drawn(number, minutes=minutes, calendar=calendar)
    return market, _bundles.bundle_of(("law", seed, minutes), market)


def _number(kind: str, draw: st.DrawFn, lot: Fraction, step: Fraction, capital: Fraction) -> Fraction:
    """An amount, a sum of money or a weight; some of them near to, but not on, a whole number of steps."""
    if kind in ("order", "order_target"):
        lots = Fraction(draw(st.integers(-60, 60)), draw(st.sampled_from([1, 1, 4, 10])))
        off = draw(st.sampled_from([0, 0, 1, 5_000, 9_998, 9_999])) * step / 10_000
        return lots * lot + off
    weight = Fraction(draw(st.integers(-15_000, 15_000)), 10_000)
    return weight * capital if "value" in kind else weight


@st.composite
def plans(draw: st.DrawFn, market: Market, kinds: bool = False) -> Plan:
    """A plan on a market. kinds: whether some orders are of the kinds that Zipline lacks."""
    sessions = len(market.sessions)
    first = draw(st.integers(0, max(0, sessions - 2)))
    last = draw(st.just(sessions - 1) | st.integers(first, sessions - 1))
    bars = market.starts[last + 1] - market.starts[first]
    capital = draw(st.sampled_from([Fraction(1_000_000), Fraction("12345.67"), Fraction(10**9)]))
    intents = []
    for _ in range(draw(st.integers(1, 10))):
        k = draw(st.integers(0, len(market.assets) - 1))
        asset = market.assets[k]
        bar = draw(st.integers(0, 99) | st.integers(0, 999)) * bars // 1000
        kind = draw(st.sampled_from((*KINDS, "order", "batch", "cancel")))
        if kind == "cancel":
            intents.append(Intent(bar, k, kind))
            continue
        number = _number(kind, draw, asset.lot, asset.step, capital)
        limit = stop = more = None
        if kind != "batch":
            near = [place for place in asset.bars if place <= market.starts[first] + bar] or [min(asset.bars)]
            close = asset.bars[max(near)].close
            limit, stop = (_near(draw, close, asset.price_scale) for _ in range(2))
            if kinds and draw(st.booleans()):
                limit, stop, more = draw(_kinds_of(market, asset, market.starts[first] + bar, close, limit, stop))
        intents.append(Intent(bar, k, kind, number, limit, stop, more))
    return Plan(
        first,
        last,
        tuple(intents),
        capital,
        slippage=draw(SLIPPAGE),
        commission=draw(COMMISSION),
        fill_at=draw(st.sampled_from(["close", "close", "open"])),
        trigger=draw(st.sampled_from(["close", "range"])),
        cancels=draw(st.sampled_from([None, None, 1, 2, 3])),
        controls=draw(_controls(market)) if draw(st.booleans()) else (),
        changes=draw(_changes(market, first, last, capital)) if draw(st.booleans()) else (),
    )


@st.composite
def _kinds_of(
    draw: st.DrawFn, market: Market, asset: Listed, place: int, close: Fraction, limit: Any, stop: Any
) -> tuple[Fraction | None, Fraction | None, Kind]:
    """The limit and stop that an order keeps, and what it says besides."""
    what = draw(st.sampled_from(["trail", "trail", "touch", "at", "at once", "until", "post", "reduce", "reduce"]))
    if what == "trail":
        way, much = draw(
            st.tuples(st.just("percent"), st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(5, 2), Fraction(7)]))
            | st.tuples(st.just("ticks"), st.integers(1, 300).map(Fraction))
            | st.tuples(st.just("amount"), st.integers(1, 80).map(lambda n: Fraction(n, 1000)))
        )
        if way == "amount":
            much = max(asset.tick_size, round(close * much, asset.price_scale + 2))
        offset = draw(st.none() | st.integers(0, 50).map(lambda n: n * asset.tick_size / 2))
        activation = _near(draw, close, asset.price_scale)
        kind = Kind((way, much), activation, offset, draw(st.booleans()), reduce_only=draw(st.booleans()))
        return None, None, kind
    if what == "touch":
        return limit, None, Kind(touch=_near(draw, close, asset.price_scale) or close)
    if what == "at":
        return limit, None, Kind(at=draw(st.sampled_from(["open", "close"])))
    if what == "at once":
        return limit, None, Kind(until=draw(st.sampled_from(["ioc", "fok"])))
    if what == "post":
        return (limit, None, Kind(post_only=True)) if limit is not None else (None, stop, Kind(until="day"))
    if what == "reduce":
        return limit, stop, Kind(reduce_only=True, until="day" if draw(st.booleans()) else None)
    return limit, stop, Kind(until="day" if draw(st.booleans()) else _later(draw, market, place))


def _later(draw: st.DrawFn, market: Market, place: int) -> int:
    """A moment after a bar: at the end of another one, a second beside it, or after all of them."""
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    later = stamps[min(place + draw(st.integers(1, 5)), len(stamps) - 1)] + draw(st.sampled_from([-1, 0, 1])) * 10**9
    return later if later > stamps[place] else stamps[place] + 10**9


def _near(draw: st.DrawFn, price: Fraction, scale: int) -> Fraction | None:
    """None, or a price within a tenth of another one, in and between ticks."""
    if draw(st.booleans()):
        return None
    return round(price * Fraction(draw(st.integers(900, 1100)), 1000), scale + 2)


@st.composite
def _controls(draw: st.DrawFn, market: Market) -> tuple[tuple[object, ...], ...]:
    """One to three controls that refuse."""
    k = draw(st.integers(0, len(market.assets) - 1))
    asset = market.assets[k]
    shares = draw(st.integers(0, 20)) * asset.lot
    notional = draw(st.none() | st.sampled_from([Fraction(0), Fraction(5_000), Fraction("70000.5")]))
    found: list[tuple[object, ...]] = [
        (name, of, shares if notional is None or draw(st.booleans()) else None, notional)
        for name, of in (("set_max_order_size", draw(st.sampled_from([None, k]))), ("set_max_position_size", k))
    ]
    found += [("set_max_order_count", draw(st.integers(0, 3))), ("set_long_only",), ("set_asset_restrictions", k)]
    return tuple(draw(st.lists(st.sampled_from(found), min_size=1, max_size=3, unique_by=lambda one: one[0])))


@st.composite
def _changes(
    draw: st.DrawFn, market: Market, first: int, last: int, capital: Fraction
) -> tuple[tuple[int, str, str, Fraction], ...]:
    """Capital before some sessions, and within some that have bars enough."""
    found = []
    for session in draw(st.lists(st.integers(first, last), max_size=3, unique=True)):
        begin, end = market.starts[session], market.starts[session + 1]
        kind = draw(st.sampled_from(["delta", "target"]))
        share = Fraction(draw(st.integers(1, 200) if kind == "target" else st.integers(-50, 90)), 100)
        if end - begin > 2 and draw(st.booleans()):
            found.append((draw(st.integers(begin + 1, end - 2)), "within", kind, share * capital))
        else:
            found.append((begin, "overnight", kind, share * capital))
    return tuple(found)


SLIPPAGE = st.one_of(
    st.just(("none",)),
    st.just(("basis_points", Fraction(5), Fraction("0.1"))),
    st.tuples(
        st.just("basis_points"),
        st.integers(0, 3000).map(lambda n: Fraction(n, 10)),
        st.sampled_from([Fraction("0.1"), Fraction("0.025"), Fraction(1)]),
    ),
    st.tuples(
        st.just("volume_share"),
        st.sampled_from([Fraction("0.025"), Fraction("0.3"), Fraction(1)]),
        st.integers(0, 90).map(lambda n: Fraction(n, 100)),
    ),
    st.just(("own",)),
    st.tuples(st.just("fixed"), st.sampled_from([Fraction(0), Fraction(3, 10**10), Fraction(1, 10**14)])),
)
COMMISSION = st.one_of(
    st.just(("none",)),
    st.just(("per_share", Fraction("0.001"), Fraction(0), Fraction(0))),
    st.tuples(st.just("own"), st.sampled_from([Fraction("0.01"), Fraction(1, 10**9)])),
    st.tuples(
        st.just("per_share"),
        st.integers(0, 99).map(lambda n: Fraction(n, 7_812_500)),
        st.sampled_from([Fraction(0), Fraction(1), Fraction("4.95")]),
        st.sampled_from([Fraction(0), Fraction("1.38")]),
    ),
    st.tuples(st.just("per_trade"), st.sampled_from([Fraction(0), Fraction("1.25")])),
    st.tuples(st.just("per_dollar"), st.sampled_from([Fraction("0.0015"), Fraction(1, 2**10)])),
)


def _is_too_much(expected: Expected) -> bool:
    """Whether some amount of a day is more than the books hold: coins at 1e-8 that pay in shares at 1e9, say."""
    amounts = (amount for day in expected.daily for amount in day.values() if isinstance(amount, Fraction))
    return any(abs(amount) >= 10**18 for amount in amounts)


def _check(market: Market, bundle: str, plan: Plan, form: str, kernel: str) -> None:
    oracle = Oracle(market, plan)
    expected = oracle.run()
    if oracle.too_large:
        with pytest.raises((OrderTooLarge, MoneyOverflow)):
            _runs.run(market, plan, bundle, form=form, kernel=kernel)
        return
    if _is_too_much(expected):
        with pytest.raises(MoneyOverflow if not oracle.drained else (MoneyOverflow, InputError)):
            _runs.run(market, plan, bundle, form=form, kernel=kernel)
        return
    if oracle.drained:
        with pytest.raises(InputError, match="is to leave at"):
            _runs.run(market, plan, bundle, form=form, kernel=kernel)
        return
    result = _runs.run(market, plan, bundle, form=form, kernel=kernel)
    _runs.assert_equal(result, expected)
    _assert_lawful(market, plan, result)


def _assert_lawful(market: Market, plan: Plan, result: rustybt.Result) -> None:
    _law.assert_folds(market, result)
    _life.assert_orders_are_what_their_events_come_to(market, result, prices=plan.plain)
    _law.assert_value_changes_as_the_law_says(market, plan, result)
    _law.assert_costs_are_what_gross_is_more_than_net(market, plan, result)
    _fairness.assert_fills_are_fair(market, plan, result)


@settings(
    max_examples=examples(400, nightly=5_000), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data(), st.integers(0, DAILY_MARKETS - 1), st.sampled_from(["decimal", "text", "float"]))
def test_a_daily_run_leaves_the_books_that_the_oracle_expects(data: st.DataObject, seed: int, form: str) -> None:
    market, bundle = market_of(seed, False)
    _check(market, bundle, data.draw(plans(market)), form, kernel_of(seed))


@settings(
    max_examples=examples(50),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # a failing run of minutes takes minutes to shrink; what it says is enough to begin with
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1), st.sampled_from(["decimal", "text", "float"]))
def test_a_minute_run_leaves_the_books_that_the_oracle_expects(data: st.DataObject, seed: int, form: str) -> None:
    market, bundle = market_of(seed, True)
    _check(market, bundle, data.draw(plans(market)), form, kernel_of(seed))


@settings(
    max_examples=examples(300, nightly=5_000), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data(), st.integers(0, DAILY_MARKETS - 1))
def test_a_daily_run_with_orders_of_every_kind_leaves_them(data: st.DataObject, seed: int) -> None:
    """Stops that follow, touches, auctions, at once, for a day or till a moment, resting only, reducing only."""
    market, bundle = market_of(seed, False)
    _check(market, bundle, data.draw(plans(market, kinds=True)), "decimal", kernel_of(seed))


@settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1))
def test_a_minute_run_with_orders_of_every_kind_leaves_them(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, True)
    _check(market, bundle, data.draw(plans(market, kinds=True)), "decimal", kernel_of(seed))


@functools.cache
def odd_market(seed: int, what: str) -> tuple[Market, str]:
    """A market of another length or calendar, and the bundle that its runs read."""
    frequency, _, calendar = what.partition(" of ")
    stored, _, made = frequency.partition(" as ")
    market = drawn(seed, frequency=stored, calendar=calendar or None)
    bundle = _bundles.bundle_of(("odd", seed, stored, calendar), market)
    return (aggregated(market, made) if made else market), bundle


@settings(max_examples=examples(160), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.integers(0, ODD_SEEDS - 1), st.sampled_from(ODD))
def test_a_run_at_another_length_or_on_another_calendar_leaves_them_too(
    data: st.DataObject, seed: int, what: str
) -> None:
    market, bundle = odd_market(seed % (6 if what.startswith("1m") else ODD_SEEDS), what)
    _check(market, bundle, data.draw(plans(market)), "decimal", kernel_of(seed))


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.integers(0, DAILY_MARKETS - 1))
def test_a_run_whose_prices_come_from_windows_obeys_the_law(data: st.DataObject, seed: int) -> None:
    """Volatility and mean volume decide what fills and where: no oracle says it, the law holds all the same."""
    market, bundle = market_of(seed, False)
    plan = replace(data.draw(plans(market)), slippage=("impact",))
    try:
        result = _runs.run(market, plan, bundle, kernel=kernel_of(seed))
    except (MoneyOverflow, OrderTooLarge):
        return
    except InputError as refusal:
        # of several things that a plan may lead to: more money leaves than there is, or a model fills below zero
        assert re.search("is to leave at|Use a smaller spread or impact", str(refusal))  # noqa: PT017
        return
    _assert_lawful(market, plan, result)
