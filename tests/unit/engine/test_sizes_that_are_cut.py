"""An order for 1.5 of what is traded in whole units is one for 1, as in Zipline, and the result says so once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit._small import ingest, run


def notes_of(on_bar: Any, **more: Any) -> list[tuple[Any, Any]]:
    result = run(on_bar, **more)
    return [(note.data["asset"], note.data["asked"]) for note in result.notes if note.code == "size_cut"]


@pytest.mark.parametrize("amount", [1.5, "1.5", -1.5, 0.4, 1.999])
def test_the_first_size_that_is_cut_is_told_and_no_other(amount: Any) -> None:
    ingest({"A": [10] * 5, "B": [10] * 5})

    def on_bar(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), amount)
        context.order(context.symbol("B"), 2.5)

    assert notes_of(on_bar) == [("A", str(amount))]


def test_the_size_is_cut_towards_zero() -> None:
    ingest({"A": [10] * 5})
    result = run({0: lambda c, d: c.order(c.symbol("A"), 1.9), 1: lambda c, d: c.order(c.symbol("A"), -1.9)})
    assert result.orders["amount"].to_list() == [1, -1]


def test_targets_and_batches_are_told_of_too() -> None:
    ingest({"A": [10] * 5})
    assert notes_of({0: lambda c, d: c.order_target(c.symbol("A"), 3.25)}) == [("A", "3.25")]
    assert notes_of({0: lambda c, d: c.batch_market_order({c.symbol("A"): 3.25})}) == [("A", "3.25")]


@pytest.mark.parametrize("amount", [2, 2.0, "2", "2.00", 1.99999, 2.00004])
def test_a_whole_number_is_not_told_of(amount: Any) -> None:
    ingest({"A": [10] * 5})
    assert notes_of({0: lambda c, d: c.order(c.symbol("A"), amount)}) == []


def test_money_and_shares_of_the_account_are_not_told_of() -> None:
    ingest({"A": [7] * 5})

    def on_bar(context: Any, data: Any) -> None:
        context.order_value(context.symbol("A"), 10)
        context.order_target_percent(context.symbol("A"), 0.333)

    assert notes_of(on_bar) == []


def test_what_has_smaller_steps_is_not_told_of() -> None:
    ingest({"A": [10] * 5}, assets={"quantity_step": "0.01"})
    assert notes_of({0: lambda c, d: c.order(c.symbol("A"), 1.505)}) == []
