"""The frames of a result are made when they are first looked at, of what the run left behind."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import rustybt
from rustybt import metrics
from rustybt.results._frames import _run_frames
from rustybt.view import Instrument, Track
from tests.unit._small import DAYS, ingest, run

FRAMES = (
    *("daily", "orders", "order_events", "transactions", "positions", "recorded", "measures", "entries", "assets"),
    "cost_rows",
)


def trade(context: Any, data: Any) -> None:
    aaa, bbb = context.symbols("AAA", "BBB")
    context.order(aaa, 10)
    context.order(bbb, -1, limit_price=9)
    context.record(price=data.current(aaa, "price"))


@pytest.fixture
def result() -> rustybt.Result:
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5]})
    return run(trade)


def told(made: list[str], name: str, make: Any) -> Any:
    """A function that notes its name before it does what another one does."""

    def function(*given: Any) -> Any:
        made.append(name)
        return make(*given)

    return function


def test_a_run_makes_no_frame_that_nobody_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5]})
    for module, name in ((_run_frames, "frame_of_rows"), (_run_frames, "assets_frame"), (metrics, "without_meaning")):
        monkeypatch.setattr(module, name, told(made, name, getattr(module, name)))
    result = run(trade)
    assert result.notes == ()
    assert made == []
    assert result.orders.height == 10
    assert made == ["frame_of_rows"]
    assert result.orders is result.orders
    assert made == ["frame_of_rows"]


OF_CURRENCIES = (*FRAMES, "cash_by_currency", "conversions")


def run_in_two_currencies(function: Any = trade) -> rustybt.Result:
    ingest(
        {"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5], "EUR/USD": ["1.1", "1.2", "1.3", "1.2", "1.1"]},
        assets=pl.DataFrame(
            {
                "symbol": ["AAA", "BBB", "EUR/USD"],
                "currency": ["EUR", "USD", "USD"],
                "type": ["equity", "equity", "forex"],
            }
        ),
    )
    return run(function, currency="USD")


def test_a_run_in_several_currencies_makes_no_frame_either(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("frame_of_rows", "assets_frame", "daily_frame", "positions_frame", "costs_frame", "ambiguous_frame"):
        monkeypatch.setattr(_run_frames, name, told(made, name, getattr(_run_frames, name)))
    result = run_in_two_currencies()
    assert made == []
    assert result.positions["value"].to_list()[-1] == 40 * 14 * Decimal("1.1")
    assert made == ["positions_frame"]


def test_frames_of_several_currencies_are_the_same_in_whatever_order_they_are_looked_at() -> None:
    one, other = run_in_two_currencies(), run_in_two_currencies()
    assert set(one.frames()) == set(OF_CURRENCIES)
    forth = {name: getattr(one, name) for name in OF_CURRENCIES}
    back = {name: getattr(other, name) for name in reversed(OF_CURRENCIES)}
    for name in OF_CURRENCIES:
        assert_frame_equal(forth[name], back[name])


def test_each_frame_is_made_once_whoever_asks_first(result: rustybt.Result) -> None:
    frames = result.frames()
    assert tuple(frames) == FRAMES
    for name in FRAMES:
        assert getattr(result, name) is frames[name]
        assert getattr(result, name) is getattr(result, name)


def test_frames_are_the_same_in_whatever_order_they_are_looked_at() -> None:
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5]})
    one, other = run(trade), run(trade)
    forth = {name: getattr(one, name) for name in FRAMES}
    back = {name: getattr(other, name) for name in reversed(FRAMES)}
    for name in FRAMES:
        assert_frame_equal(forth[name], back[name])
    assert one.ledger_hash == other.ledger_hash


def test_a_result_that_was_never_looked_at_is_copied_pickled_saved_and_shown(
    result: rustybt.Result, tmp_path: Any
) -> None:
    copies = [copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))]
    place = result.save(tmp_path / "kept")
    for other in [*copies, rustybt.Result.load(place)]:
        assert other.ledger_hash == result.ledger_hash
        for name in FRAMES:
            assert_frame_equal(getattr(other, name), getattr(result, name))
        assert repr(other) == repr(result)
        assert str(other) == str(result)
        assert other._repr_html_() == result._repr_html_()


def run_in_one_currency(function: Any) -> rustybt.Result:
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5]})
    return run(function)


@pytest.mark.parametrize("run_of", [run_in_one_currency, run_in_two_currencies])
def test_a_result_without_frames_keeps_neither_the_strategy_nor_the_market_alive(run_of: Any) -> None:
    seen: list[Any] = []

    def watched(context: Any, data: Any) -> None:
        if not seen:
            seen.append(weakref.ref(context))
        trade(context, data)

    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, Track | Instrument) for one in gc.get_objects())
        result = run_of(watched)
        assert seen[0]() is None
        assert sum(isinstance(one, Track | Instrument) for one in gc.get_objects()) == before
    finally:
        gc.enable()
    assert result.positions["last_sale_price"].to_list()[-1] == 14


def test_frames_can_be_looked_at_in_other_threads(result: rustybt.Result) -> None:
    with ThreadPoolExecutor(4) as threads:
        heights = list(threads.map(lambda name: getattr(result, name).height, FRAMES * 4))
    assert heights == [getattr(result, name).height for name in FRAMES] * 4


def test_a_frame_of_a_result_is_not_set(result: rustybt.Result) -> None:
    with pytest.raises(AttributeError, match="daily is a frame of the result"):
        result.daily = result.orders


def test_a_ruined_account_and_orders_without_a_fill_are_told_of() -> None:
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, None, 5, 5]})
    notes = run({0: lambda context, data: context.order(context.symbol("AAA"), 5, limit_price=1)}).notes
    assert [note.code for note in notes] == ["no_fills"]
    ingest({"AAA": [10, 10, 100, 100, 100]})
    with pytest.warns(UserWarning, match="The account was ruined on 2021-02-03"):
        ruined = run({0: lambda context, data: context.order(context.symbol("AAA"), -900)}, capital=10_000)
    assert [note.code for note in ruined.notes] == ["ruined"]
    assert ruined.daily["portfolio_value"][2] < 0
    assert DAYS[2] == ruined.daily["session"][2]
