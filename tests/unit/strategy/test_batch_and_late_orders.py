"""Orders for many assets at once, after an asset's end, and of sizes that nobody means."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from rustybt import api
from rustybt.errors import (
    CannotOrderDelistedAsset,
    InputError,
    OrderDuringInitialize,
    OrderTooLarge,
    UnsupportedOrderParameters,
)
from tests._kernels import KERNELS
from tests.unit._small import DAYS, ingest, run

D = Decimal


def test_a_batch_is_a_market_order_for_each_asset_past_the_controls() -> None:
    ingest({"A": ["8"] * 5, "B": ["3"] * 5})
    ids: list[Any] = []

    def place(context: Any, data: Any) -> None:
        a, b = api.symbols("A", "B")
        ids.append(api.batch_market_order({a: 5, b: -3}))
        ids.append(api.batch_market_order(pd.Series({a: 0, b: 2})))

    result = run({0: place}, initialize=lambda context: api.set_max_order_size(max_shares=1))
    assert ids == [["main-1", "main-2"], ["main-3"]]
    assert result.transactions["amount"].to_list() == [5, -3, 2]


@pytest.mark.parametrize("form", ["dict", "series", "pairs", "generator"])
def test_targets_at_once_are_those_one_after_the_other(form: str) -> None:
    ingest({"A": ["8", "8", "4", "4", "4"], "B": ["3"] * 5, "C": ["100"] * 5})
    weights = ({"A": 0.5, "B": "-0.25", "C": 0}, {"C": D("0.3"), "A": 0.0, "B": 0.125})
    ids: list[Any] = []

    def at_once(context: Any, wanted: dict[str, Any]) -> None:
        pairs = [(api.symbol(name), weight) for name, weight in wanted.items()]
        given: Any = {
            "dict": dict,
            "series": lambda p: pd.Series(dict(p), dtype=object),
            "pairs": list,
            "generator": iter,
        }
        ids.append(api.order_target_percents(given[form](pairs)))

    def one_by_one(context: Any, wanted: dict[str, Any]) -> None:
        placed = [api.order_target_percent(api.symbol(name), weight) for name, weight in wanted.items()]
        ids.append([one for one in placed if one is not None])

    results = [
        run(
            {day: lambda c, d, day=day, place=place: place(c, weights[day]) for day in range(2)},
            initialize=lambda c: None,
        )
        for place in (at_once, one_by_one)
    ]
    assert ids[:2] == ids[2:] == [["main-1", "main-2"], ["main-3", "main-4", "main-5"]]
    assert results[0].ledger_hash == results[1].ledger_hash


def test_targets_at_once_obey_the_controls() -> None:
    ingest({"A": ["8"] * 5, "B": ["3"] * 5})

    def place(context: Any, data: Any) -> None:
        api.order_target_percents({api.symbol("A"): 0.001, api.symbol("B"): 0.5})

    result = run({0: place}, initialize=lambda context: api.set_max_order_size(max_shares=20, on_error="reject"))
    assert result.orders["status"].to_list() == ["filled", "rejected"]


@pytest.mark.parametrize("wrong", [5, None, "A", [5], [("A",)], [(1, 2, 3)], [None]])
def test_targets_that_are_no_pairs_are_refused(wrong: Any) -> None:
    ingest({"A": ["8"] * 5})

    def place(context: Any, data: Any) -> None:
        with pytest.raises(InputError, match=r"order_target_percents.* shares by asset|is not a pair of an asset"):
            api.order_target_percents(wrong)

    assert run({0: place}, initialize=lambda context: None).orders.is_empty()


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_asset_that_stands_twice_among_targets_is_refused_by_name(kernel: str) -> None:
    ingest({"A": ["8"] * 5, "B": ["3"] * 5})

    def place(context: Any, data: Any) -> None:
        a, b = api.symbols("A", "B")
        for given in ([(a, 0.25), (b, 0.25), (a, 0.5)], zip([b, b], [0.1, 0.2], strict=True)):
            with pytest.raises(InputError, match=r"order_target_percents: (A|B) stands twice"):
                api.order_target_percents(given)

    assert run({0: place}, initialize=lambda context: None, kernel=kernel).orders.is_empty()


@pytest.mark.parametrize("kernel", KERNELS)
def test_targets_with_a_wrong_one_among_them_are_none_and_other_moments_refused(kernel: str) -> None:
    """On the second day A goes the short way, which does not look at orders one by one."""
    ingest({"A": ["8"] * 5, "B": ["3"] * 5, "C": ["3"] * 5})

    def place(context: Any, data: Any) -> None:
        a, b, c = api.symbols("A", "B", "C")
        for wrong, error in (
            (7, InputError), ((b, "much"), InputError), ((b, float("nan")), InputError), (("B", 0.1), InputError),
            ((b, 1e15), OrderTooLarge),
        ):  # fmt: skip
            for pairs in ([(a, 0.5), wrong], [(c, 0.1), (a, 0.5), wrong]):
                with pytest.raises(error):
                    api.order_target_percents(pairs)
        assert not context.get_open_orders()

    def early(context: Any) -> None:
        with pytest.raises(OrderDuringInitialize):
            api.order_target_percents({api.symbol("A"): 0.5})

    def known(context: Any, data: Any) -> None:
        place(context, data)
        assert api.order_target_percents({api.symbol("A"): 0.25}) == ["main-1"]

    assert len(run({0: known, 1: place, 2: place}, initialize=early, kernel=kernel).orders) == 1


@pytest.mark.parametrize("last", [(0.1, 0.0, 0.3), (0.0, 0.3, 0.1)])
def test_no_order_is_lost_where_a_bar_ends_in_an_error(last: tuple[float, ...]) -> None:
    """A slippage of two hundred per cent leaves a seller no price: the run ends there, and can be looked at."""
    ingest({"A": ["8"] * 5, "B": ["3"] * 5, "C": ["100"] * 5})

    def stopped(kernel: str) -> tuple[Any, ...]:
        kept: list[Any] = []

        def start(context: Any) -> None:
            kept.append(context)
            api.set_slippage(api.slippage.FixedBasisPointsSlippage(20_000))
            context.assets = api.symbols("A", "B", "C")

        def targets(context: Any, weights: tuple[float, ...]) -> None:
            api.order_target_percents(zip(context.assets, weights, strict=True))

        with pytest.raises(InputError, match="though the bar has a price above zero"):
            run(
                {0: lambda c, d: targets(c, (0.1, 0.2, 0.1)), 2: lambda c, d: targets(c, last)},
                initialize=start,
                kernel=kernel,
            )
        orders = [kept[0].get_order(f"main-{number}") for number in range(1, 9)]
        return orders, [list(queue) for queue in kept[0].get_open_orders().values()]

    found = [stopped(kernel) for kernel in KERNELS]
    assert all(one == found[0] for one in found)
    assert [one and str(one.status) for one in found[0][0]].count(None) == 2
    assert found[0][1]


def test_a_batch_before_the_open_is_eligible_from_the_first_bar() -> None:
    ingest({"A": ["8"] * 5})
    result = run(
        initialize=lambda context: None,
        before_trading_start=lambda c, d: api.batch_market_order({api.symbol("A"): 1}),
        days=2,
    )
    assert result.transactions["session"].to_list() == DAYS[:2]


def test_a_batch_before_the_open_is_stamped_with_that_moment() -> None:
    days = [dt.date(2021, 2, 1) + dt.timedelta(days=n) for n in range(3)]
    ingest({"A": ["8"] * 3}, calendar="XNYS", days=days)
    result = run(
        initialize=lambda context: None,
        before_trading_start=lambda c, d: api.batch_market_order({api.symbol("A"): 1}),
        start=days[1],
        end=days[2],
    )
    # 45 minutes before New York's 9:30
    assert result.orders["created"].to_list() == [dt.datetime(2021, 2, n, 13, 45, tzinfo=dt.UTC) for n in (2, 3)]


def test_a_batch_that_means_nothing_is_refused() -> None:
    ingest({"A": ["8"] * 5})
    with pytest.raises(InputError, match="units by asset"):
        run(lambda c, d: api.batch_market_order([1]))
    with pytest.raises(UnsupportedOrderParameters, match="not an asset"):
        run(lambda c, d: api.batch_market_order({"A": 1}))
    with pytest.raises(OrderDuringInitialize):
        run(initialize=lambda c: api.batch_market_order({}))


@pytest.mark.parametrize("ordering", ["order", "order_target", "order_value", "order_target_percent"])
def test_an_order_after_the_end_of_an_asset(ordering: str, caplog: pytest.LogCaptureFixture) -> None:
    """It ends with the third session, and is closed out on the fifth."""
    by_value = ordering in ("order_value", "order_target_percent")

    def ends(compat: Any, auto_close: Any) -> Any:
        columns: dict[str, Any] = {"symbol": ["A", "B"], "auto_close_date": [auto_close, None]}
        ingest(
            {"A": ["8"] * 3, "B": ["3"] * 8},
            assets=pl.DataFrame(columns, schema_overrides={"auto_close_date": pl.Date}),
        )
        ids: list[Any] = []
        amount = 8 if by_value else 1
        late = lambda c, d: ids.append(getattr(c, ordering)(c.symbol("A"), amount))  # noqa: E731
        result = run({3: late}, days=6, compat=compat)
        return ids, result.orders["status"].to_list(), result.orders["reason"].to_list()

    if by_value:
        with pytest.raises(CannotOrderDelistedAsset):
            ends("zipline", None)
    else:
        assert ends("zipline", None)[:2] == (["main-1"], ["open"])
    closes = "A ended on 2021-02-03; what is held of it is closed out on 2021-02-05"
    assert ends(None, DAYS[4]) == (["main-1"], ["rejected"], [closes])
    with caplog.at_level(logging.WARNING, logger="rustybt.orders"):
        assert ends("zipline", DAYS[4]) == ([None], [], [])
    assert "has ended: no order is placed" in caplog.records[-1].getMessage()


def test_an_order_after_an_asset_was_closed_out() -> None:
    columns: dict[str, Any] = {"symbol": ["A"], "auto_close_date": [DAYS[1]]}
    ingest({"A": ["8"] * 6}, assets=pl.DataFrame(columns))
    place = {1: lambda c, d: c.order(c.symbol("A"), 1), 2: lambda c, d: c.order(c.symbol("A"), 2)}
    result = run(place)
    assert result.orders["status"].to_list() == ["cancelled", "rejected"]
    assert result.orders["reason"][1] == "A was closed out on 2021-02-02"
    assert run(place, compat="zipline").orders["amount"].to_list() == [1]


def test_an_order_that_nobody_means_is_refused() -> None:
    ingest({"A": ["8"] * 5})
    with pytest.raises(OverflowError, match="1000000000000000000 of A"):
        run({0: lambda c, d: c.order(c.symbol("A"), 10**18)})
    with pytest.raises(OrderTooLarge, match="100,000,000,000 units"):
        run({0: lambda c, d: c.order(c.symbol("A"), 10**11 + 1)}, compat="zipline")
    # Zipline looks at buys only
    result = run({0: lambda c, d: c.order(c.symbol("A"), -(10**11) - 1)}, compat="zipline", days=1)
    assert result.orders.height == 1
    assert run({0: lambda c, d: c.order(c.symbol("A"), 10**11 + 1)}, days=1).orders.height == 1
