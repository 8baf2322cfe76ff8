"""The law of the books over runs that mix it all: orders of every kind, brackets, changes, tiers, borrow, interest,
accounts with margin calls, impact. No oracle says what such a run does; the law holds all the same, in both kernels."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, execution, slippage
from rustybt.errors import InputError, MoneyOverflow, OrderTooLarge, RustyBTError
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles, _law, _life, _runs
from tests.properties._market import Market
from tests.properties._oracle import Plan
from tests.properties.test_law_of_the_books import DAILY_MARKETS, MINUTE_MARKETS, market_of, plans

MODELS: dict[str, Callable[[], Any]] = {
    "spread": lambda: slippage.FixedSlippage("0.02"),
    "square root": slippage.SquareRootImpact,
    "basis points": lambda: slippage.FixedBasisPointsSlippage(7, "0.1"),
    "at the tick": lambda: slippage.AtTick(slippage.VolumeShareSlippage("0.3", "0.1"), rounding="against"),
}
FEES: dict[str, Callable[[], Any]] = {
    "tiered": lambda: commission.broker("ibkr-tiered"),
    "fixed": lambda: commission.broker("ibkr-fixed"),
    "a share": lambda: commission.PerShare("0.005", 1),
}
ACCOUNTS = (None, None, "reg_t", "cash")


@dataclass(frozen=True)
class Bracket:
    """An entry with exits, in hundredths of the price, or a change of what is open."""

    bar: int
    asset: int
    what: str
    lots: int
    profit: int
    loss: int
    link: str
    trails: bool


@dataclass(frozen=True)
class Mix:
    slips: str
    fees: str
    account: str | None
    borrow: bool
    interest: bool
    brackets: tuple[Bracket, ...]


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@st.composite
def mixes(draw: st.DrawFn, market: Market, plan: Plan) -> Mix:
    bars = market.starts[plan.last + 1] - market.starts[plan.first]
    bracket = st.builds(
        Bracket,
        st.integers(0, 999).map(lambda n: n * bars // 1000),
        st.integers(0, len(market.assets) - 1),
        st.sampled_from(["market", "market", "limit", "stop", "change", "close"]),
        st.integers(-30, 30).filter(bool),
        st.integers(1, 10),
        st.integers(1, 10),
        st.sampled_from(["reduce", "oco"]),
        st.booleans(),
    )
    return Mix(
        draw(st.sampled_from(sorted(MODELS))),
        # a broker's schedule has no charge for perpetuals
        draw(st.sampled_from(["a share"] if any(one.perpetual for one in market.assets) else sorted(FEES))),
        draw(st.sampled_from(ACCOUNTS)),
        draw(st.booleans()),
        draw(st.booleans()),
        tuple(draw(st.lists(bracket, max_size=6))),
    )


def ask(context: Any, data: Any, market: Market, one: Bracket) -> None:
    asset, listed = context.assets[one.asset], market.assets[one.asset]
    price = data.current(asset, "price")
    if one.what == "close":
        context.close_position(asset)
    elif one.what == "change":
        for order in context.get_open_orders(asset):
            if order.limit is not None:
                context.modify_order(order.id, limit_price=order.limit * (100 + one.profit) / 100)
    elif price is not None:
        side = 1 if one.lots > 0 else -1
        entry: dict[str, Any] = {}
        if one.what != "market":
            entry[f"{one.what}_price"] = price * (100 + side * one.loss * (1 if one.what == "stop" else -1)) / 100
        loss = execution.TrailingStopOrder(percent=one.loss) if one.trails else execution.Percent(one.loss)
        context.bracket_order(
            asset,
            one.lots * Decimal(str(float(listed.lot))),
            take_profit=execution.Percent(one.profit),
            stop_loss=loss,
            link=one.link,
            **entry,
        )


def arguments(market: Market, plan: Plan, mix: Mix) -> dict[str, Any]:
    given = _runs.arguments(market, plan)
    initialize, handle_data = given["initialize"], given["handle_data"]

    def begin(context: Any) -> None:
        initialize(context)
        context.set_slippage(MODELS[mix.slips]())
        context.set_commission(FEES[mix.fees]())
        if mix.borrow:
            context.set_borrow(default="0.07")
        if mix.interest:
            context.set_financing(debit=[(10_000, "0.08"), (None, "0.06")], credit="0.03")
        if mix.account is not None:
            context.set_account(mix.account)

    def trade(context: Any, data: Any) -> None:
        bar = context.bar
        for one in mix.brackets:
            if one.bar == bar:
                with contextlib.suppress(RustyBTError):  # an asset that is over, a price of nothing
                    ask(context, data, market, one)
        handle_data(context, data)

    return given | {"initialize": begin, "handle_data": trade}


def _check(market: Market, bundle: str, plan: Plan, mix: Mix) -> None:
    found = []
    for kernel in KERNELS:
        try:
            found.append(rustybt.run_algorithm(**arguments(market, plan, mix) | {"bundle": bundle, "kernel": kernel}))
        except (MoneyOverflow, OrderTooLarge, InputError) as error:
            found.append(f"{type(error).__name__}: {error}")
    first, other = found[0], found[-1]
    if isinstance(first, str):
        assert first == other
        return
    assert first.ledger_hash == other.ledger_hash
    assert first.costs.rows.equals(other.costs.rows)
    _law.assert_folds(market, first)
    _life.assert_orders_are_what_their_events_come_to(market, first, prices=False)
    _law.assert_value_changes_as_the_law_says(market, plan, first)
    _law.assert_costs_are_what_gross_is_more_than_net(market, plan, first)
    _assert_what_ended_never_fills(first)
    _law.assert_exits_fill_no_more_than_is_held(first)


def _assert_what_ended_never_fills(result: rustybt.Result) -> None:
    over: set[str] = set()
    for order, kind in result.order_events.select("order_id", "kind").iter_rows():
        assert order not in over, f"{order} was {kind} after its end"
        if kind in ("filled", "cancelled", "rejected", "expired"):
            over.add(order)


SETTINGS: dict[str, Any] = {
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}


@settings(max_examples=examples(60), **SETTINGS)
@given(st.data(), st.integers(0, DAILY_MARKETS - 1))
def test_a_daily_run_of_everything_obeys_the_law_in_both_kernels(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, False)
    plan = data.draw(plans(market, kinds=True))
    _check(market, bundle, plan, data.draw(mixes(market, plan)))


@settings(max_examples=examples(15), **SETTINGS)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1))
def test_a_minute_run_of_everything_obeys_it_too(data: st.DataObject, seed: int) -> None:
    market, bundle = market_of(seed, True)
    plan = data.draw(plans(market, kinds=True))
    _check(market, bundle, plan, data.draw(mixes(market, plan)))
