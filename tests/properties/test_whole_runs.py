"""Whole runs that mix everything against the oracle, with zero difference, in both kernels."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import CannotOrderDelistedAsset, InputError, MoneyOverflow, OrderTooLarge
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles, _law, _life, _runs
from tests.properties._accounts import LEAST, Account
from tests.properties._carried import Borrow, Carried, Financing, Rollover
from tests.properties._charges import Charge
from tests.properties._linked import Bracket, Change, Exit, Link
from tests.properties._market import Listed, Market
from tests.properties._oracle import ZERO, Intent, Plan
from tests.properties._whole import Act, WholeOracle, WholePlan
from tests.properties._whole_runs import do, set_account, set_carrying, set_fees, set_latency
from tests.properties.test_law_of_the_books import DAILY_MARKETS, MINUTE_MARKETS, _is_too_much, _near, market_of, plans

SETTINGS: dict[str, Any] = {
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "deadline": None,
    # a failing run takes minutes to shrink; what it says is enough to begin with
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}
DELAYS = tuple(milliseconds * 10**6 for milliseconds in (1, 1000, 30_000, 60_000, 90_000, 5_400_000, 129_600_000))
"""How long orders take, in ns: within a bar, to its end and beyond, and for days."""
RATES = st.integers(0, 3000).map(lambda n: Fraction(n, 10_000))


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def _dated(market: Market, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One to three values, each from a day on; the first one from the beginning or from later on."""
    first, last = market.sessions[0].date, market.sessions[-1].date
    days = st.dates(first - dt.timedelta(days=2), last)
    pairs = st.lists(st.tuples(days, values), min_size=1, max_size=3, unique_by=lambda one: one[0])
    return pairs.map(lambda found: tuple(sorted(found, key=lambda one: one[0])))


@st.composite
def tiers(draw: st.DrawFn, below: bool = False) -> Any:
    """below: whether rates may be below zero."""
    ends = sorted(draw(st.sets(st.sampled_from([1_000, 10_000, 100_000, 10**6]), max_size=2)))
    rates = st.none() | RATES | (RATES.map(lambda rate: -rate / 10) if below else st.none())
    return tuple((end, draw(rates)) for end in (*map(Fraction, ends), None))


@st.composite
def carried(draw: st.DrawFn, market: Market) -> Carried:
    """What holding costs."""
    assets = st.sets(st.integers(0, len(market.assets) - 1))
    borrow = financing = rollover = None
    if draw(st.booleans()):
        rates = {k: draw(_dated(market, RATES)) for k in sorted(draw(assets))}
        borrow = Borrow(draw(RATES), rates, draw(st.booleans()), draw(st.sampled_from([0, 0, 1, 2])))
    if draw(st.booleans()):
        bench = draw(_dated(market, RATES)) if draw(st.booleans()) else None
        debit, credit = draw(_dated(market, tiers())), draw(_dated(market, tiers(below=bench is not None)))
        financing = Financing(debit, credit, bench, draw(st.booleans()))
    if draw(st.booleans()):
        signed = st.integers(-2000, 2000).map(lambda n: Fraction(n, 10_000))
        of = {k: (draw(signed), draw(signed), draw(RATES)) for k in sorted(draw(assets))}
        rollover = Rollover(of, draw(st.booleans()), draw(st.booleans())) if of else None
    return Carried(borrow, financing, rollover)


@st.composite
def charges(draw: st.DrawFn, kind: str) -> Charge:
    """A line of a schedule; by volume or not, with a rate for makers and one for takers."""
    per = draw(st.sampled_from(["share", "percent", "million", "order"]))
    charge: dict[str, Any] = {"kind": kind, "per": per, "side": draw(st.sampled_from(["both", "both", "buy", "sell"]))}
    if per != "order":
        charge["each"] = draw(st.sampled_from(["order", "fill"]))
    begins = sorted(draw(st.sets(st.integers(1, 12).map(lambda n: 10**n), max_size=3)) | {0})
    rate = st.integers(-2, 40).map(lambda n: f"{n / (10**6 if per == 'share' else 10)}")
    charge["tiers"] = [(begin, draw(rate), draw(rate)) for begin in begins]
    charge["window"] = draw(st.sampled_from(["calendar_month", "days=9"]))
    marginal = per != "order" and draw(st.booleans())
    charge["tier"] = "marginal" if marginal else "whole"
    charge["fixed"] = "at_fill" if marginal else draw(st.sampled_from(["at_fill", "at_placement"]))
    charge["counts"] = draw(st.sampled_from(["units", "value"]))
    for bound in sorted(draw(st.sets(st.sampled_from(["minimum", "maximum", "maximum_percent", "above"])))):
        charge[bound] = draw(st.integers(1, 9)) * (1000 if bound == "above" else 1)
    if charge.get("minimum", 0) > charge.get("maximum", 99):
        del charge["maximum"]
    grids = ["none", "up to 0.5", "down to 0.05", "half_up to 0.01", "half_even to 2"]
    charge["rounding"] = draw(st.sampled_from(grids))
    return charge


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Charge, ...]:
    kinds = draw(st.lists(st.sampled_from(["commission", "exchange_fee", "stamp_duty"]), max_size=3, unique=True))
    return tuple(draw(charges(kind)) for kind in kinds)


@st.composite
def acts(draw: st.DrawFn, market: Market, plan: Plan) -> tuple[Act, ...]:
    """Brackets, exits for orders that are there, orders of which one cancels the other, and changes."""
    bars = market.starts[plan.last + 1] - market.starts[plan.first]
    found: list[Act] = []
    for _ in range(draw(st.integers(2, 6))):
        bar, k = draw(st.integers(0, 600)) * bars // 1000, draw(st.integers(0, len(market.assets) - 1))
        asset = market.assets[k]
        near = [place for place in asset.bars if place <= market.starts[plan.first] + bar] or [min(asset.bars)]
        close = asset.bars[max(near)].close
        limit, stop = draw(entries(asset, close))
        what = draw(st.sampled_from(["bracket", "bracket", "bracket", "attach", "oco", "change", "change"]))
        if what == "oco":
            side = draw(st.sampled_from([1, -1])) * asset.lot
            legs = tuple((draw(st.integers(1, 60)) * side, *draw(entries(asset, close))) for _ in range(2))
            found.append(Link(bar, k, draw(st.integers(2, 4)), draw(st.sampled_from(["oco", "reduce"])), legs))
        elif what == "change":
            share = draw(st.none() | st.sampled_from([Fraction(1, 2), Fraction(2), Fraction(1, 10)]))
            if (share, limit, stop) != (None, None, None):
                found.append(Change(bar, k, draw(st.booleans()), share, limit, stop))
        else:
            profit = draw(st.none() | exits(asset, close, ("percent", "distance")))
            loss = draw(exits(asset, close, ("percent", "distance", "trail"))) if profit is None else None
            if profit is not None:
                loss = draw(st.none() | exits(asset, close, ("percent", "distance", "trail")))
            link, after = draw(st.sampled_from(["reduce", "oco"])), draw(st.sampled_from(["part", "whole"]))
            lots = draw(st.integers(-60, 60)) * asset.lot
            found.append(Bracket(bar, k, profit, loss, link, after, lots, limit, stop, what == "attach"))
    return tuple(sorted(found, key=lambda act: act.bar))


@st.composite
def entries(draw: st.DrawFn, asset: Listed, close: Fraction) -> tuple[Fraction | None, Fraction | None]:
    """A limit and a stop, mostly none of them or one."""
    limit, stop = (_near(draw, close, asset.price_scale) for _ in range(2))
    which = draw(st.sampled_from(["none", "none", "limit", "stop", "both"]))
    return (limit if which in ("limit", "both") else None), (stop if which in ("stop", "both") else None)


@st.composite
def exits(draw: st.DrawFn, asset: Listed, close: Fraction, ways: tuple[str, ...]) -> Exit:
    """An exit up to 6 % away."""
    way, much = draw(st.sampled_from(ways)), Fraction(draw(st.integers(1, 24)), 4)
    if way == "distance":
        much = max(asset.tick_size, round(close * much / 100, asset.price_scale + 2))
    return Exit(way, much)


@st.composite
def accounts(draw: st.DrawFn, market: Market) -> Account:
    kinds = ["cash", "reg_t", "portfolio"]
    if any(asset.settles for asset in market.assets):
        perpetual = any(asset.perpetual for asset in market.assets)
        kinds = ["portfolio", "futures", *["isolated"] * (3 if perpetual else 1)]
    kind = draw(st.sampled_from(kinds))
    if kind == "cash":
        return Account(kind, draw(st.integers(0, 3)), Fraction(draw(st.integers(0, 20)), 100))
    if kind == "futures":
        margins = {}
        for k, asset in enumerate(market.assets):
            if asset.settles and draw(st.integers(0, 4)):
                value = next(iter(asset.bars.values())).close * asset.multiplier
                share = Fraction(draw(st.integers(1, 30)), 100)
                margins[k] = (value * share, value * share * Fraction(draw(st.integers(50, 100)), 100))
        return Account(kind, margins=margins)
    if kind == "isolated":
        tiers = ((Fraction(50_000), Fraction("0.004"), ZERO), (None, Fraction("0.02"), Fraction(800)))
        leverage = Fraction(draw(st.sampled_from([1, 3, 10, 50, 100])))
        return Account(kind, leverage=leverage, tiers=draw(st.sampled_from([tiers, Account(kind).tiers])))
    least = draw(st.sampled_from([ZERO, LEAST[kind], Fraction(500_000)]))
    initial = Fraction(draw(st.sampled_from([50, 60, 65])), 100)
    long, short = (min(initial, Fraction(draw(st.sampled_from([25, 30, 60, 65])), 100)) for _ in range(2))
    return Account(kind, least=least, initial=initial, long=long, short=short, move=initial)


@st.composite
def stretched(draw: st.DrawFn, market: Market, plan: Plan, account: Account) -> Plan:
    """The plan with orders for nearly all that the account can pay for: a move of the price may be too much."""
    orders = []
    first, last = market.starts[plan.first], market.starts[plan.last + 1] - 1
    alone = [k for k, asset in enumerate(market.assets) if asset.perpetual and min(asset.bars) < last]
    for bar in range(draw(st.integers(1, 2))):
        k = draw(st.integers(0, len(market.assets) - 1))
        if account.kind == "isolated" and alone:
            k = draw(st.sampled_from(alone))
            bar = max(bar, min(market.assets[k].bars) - first)  # noqa: PLW2901 - not before it trades
        share = {"reg_t": account.initial, "portfolio": account.move, "isolated": 1 / account.leverage}.get(
            account.kind
        )
        weight = Fraction(draw(st.integers(80, 99)), 100) / (share or Fraction(draw(st.sampled_from([1, 5, 20])), 20))
        side = draw(st.sampled_from([1, 1, -1]))
        orders.append(Intent(bar, k, "order_percent", round(side * weight, 4)))
    few = tuple(intent for intent in plan.intents if draw(st.booleans()))
    return replace(plan, intents=(*orders, *few), capital=Fraction("12345.67"), slippage=("none",), controls=())


@st.composite
def whole_plans(draw: st.DrawFn, market: Market) -> WholePlan:
    delay = draw(st.none() | st.just(None) | st.sampled_from(DELAYS))
    # how latency is with other kinds of orders, with changes and who gives liquidity, is no part of the oracle
    plan = draw(plans(market, kinds=delay is None))
    done = draw(st.just(()) | acts(market, plan)) if delay is None else ()
    if done:
        plan = replace(plan, trigger="close")  # a range is read for a group as decision 38 has it
    account = draw(st.none() | accounts(market))
    if account is not None and draw(st.booleans()):
        plan = draw(stretched(market, plan, account))
    if delay is not None and (account is not None or any(asset.splits for asset in market.assets)):
        # a cancel that arrives within a bar shows with the next one, when a split may have restated the order
        plan = replace(plan, intents=tuple(intent for intent in plan.intents if intent.kind != "cancel"))
    given = {field.name: getattr(plan, field.name) for field in fields(plan)}
    return WholePlan(
        **given,
        carried=draw(carried(market)),
        charges=draw(schedules()) if delay is None else (),
        acts=done,
        account=account,
        delay=delay,
    )


def run(market: Market, bundle: str, plan: WholePlan, kernel: str) -> rustybt.Result:
    given = _runs.arguments(market, plan)
    begin, handle = given["initialize"], given["handle_data"]

    def handle_data(context: Any, data: Any) -> None:
        bar = context.bar
        handle(context, data)
        for act in plan.acts:
            if act.bar == bar:
                with contextlib.suppress(CannotOrderDelistedAsset):
                    do(context, market, act)

    def initialize(context: Any) -> None:
        begin(context)
        context.linked = set()
        set_carrying(context, market, plan.carried)
        if plan.account is not None:
            set_account(context, market, plan.account)
        set_latency(context, plan.delay)
        set_fees(context, plan.charges, _runs.commission_of(plan.commission, future=True))

    return rustybt.run_algorithm(
        **given | {"initialize": initialize, "handle_data": handle_data, "bundle": bundle, "kernel": kernel}
    )


def check(market: Market, bundle: str, plan: WholePlan) -> None:
    oracle = WholeOracle(market, plan)
    expected = oracle.run()
    hashes = set()
    for kernel in KERNELS:
        if oracle.too_large or _is_too_much(expected) or oracle.drained:
            with pytest.raises((OrderTooLarge, MoneyOverflow, InputError)):
                run(market, bundle, plan, kernel)
            continue
        result = run(market, bundle, plan, kernel)
        _runs.assert_equal(result, expected)
        hashes.add(result.ledger_hash)
    assert len(hashes) <= 1
    if hashes:
        _law.assert_folds(market, result)
        _life.assert_orders_are_what_their_events_come_to(market, result, prices=plan.plain)
        _law.assert_value_changes_as_the_law_says(market, plan, result)
        _law.assert_costs_are_what_gross_is_more_than_net(market, plan, result)
        _law.assert_exits_fill_no_more_than_is_held(result)


@settings(max_examples=examples(20), **SETTINGS)
@given(st.data(), st.integers(0, DAILY_MARKETS - 1))
def test_a_run_that_mixes_it_all_leaves_the_books_that_the_oracle_expects(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, False)
    check(market, bundle, data.draw(whole_plans(market)))


@settings(max_examples=examples(3), **SETTINGS)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1))
def test_a_run_of_minutes_that_mixes_it_all_leaves_them_too(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, True)
    check(market, bundle, data.draw(whole_plans(market)))
