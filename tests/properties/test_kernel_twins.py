"""Both twins do the same: equal results, equal errors and equal state after each of any sequence of calls."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rustybt._kernels import twins
from tests._examples import examples

pytestmark = pytest.mark.skipif(
    "rust" not in twins() and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="there is no native extension to compare with",
)

BARS = 6
INT64 = 2**63 - 1


def integers_of_every_length(bits: int) -> st.SearchStrategy[int]:
    """Uniform in the number of digits, as sizes of amounts are, and often right at the edge of a machine word."""
    long = st.integers(0, bits).flatmap(lambda n: st.integers(-(2**n), 2**n))
    edges = st.sampled_from([63, 64, 127, 128]).flatmap(lambda n: st.integers(2**n - 2, 2**n + 2))
    return long | st.integers(-1_000, 1_000) | edges | edges.map(lambda n: -n)


anything = integers_of_every_length(140)
money = st.integers(-(10**26), 10**26) | st.integers(-(10**38), 10**38) | anything
quantity = st.integers(-10_000, 10_000) | st.integers(-(10**14), 10**14) | anything
price = st.integers(1, 10**16) | integers_of_every_length(70).map(abs) | anything
weight = st.sampled_from([(1, 0), (-1, 0), (37_037_037_037_037_035, 18), (5, 1)]) | st.tuples(
    anything, st.integers(0, 60)
)
slot = st.integers(0, 3)
pocket = st.integers(0, 5)
rate = st.integers(1, 10**6) | integers_of_every_length(70)
account = st.sampled_from(["a", "b", "c"])
currency = st.sampled_from(["USD", "EUR", "JPY"])
WITH_POCKET = {"post": (1,), "transfer": (1, 3), "set_rate": (1,), "in_base": (1,)}
WITH_SLOT = {"fill", "charge", "set_position", "settle", "override_mark", "notional", "size_of_value", "size_of_weight"}

calls = st.one_of(
    st.tuples(st.just("fill"), slot, quantity, price),
    st.tuples(st.just("fill"), slot, st.sampled_from([-3, -2, -1, 1, 2, 3]), price),
    st.tuples(st.just("charge"), slot, money),
    st.tuples(st.just("post"), pocket, money),
    st.tuples(st.just("transfer"), pocket, money, pocket, money),
    st.tuples(st.just("set_rate"), pocket, rate, rate),
    st.tuples(st.just("in_base"), pocket, money),
    st.tuples(st.just("set_position"), slot, quantity, money),
    st.tuples(st.just("settle"), slot),
    st.tuples(st.just("seek"), st.integers(-1, BARS)),
    st.tuples(st.just("override_mark"), slot, price),
    st.tuples(st.just("clear_overrides")),
    st.tuples(st.just("notional"), slot, quantity, price),
    st.tuples(st.just("size_of_value"), slot, money, st.integers(0, 60), price, st.booleans()),
    st.builds(lambda s, w, p, t: ("size_of_weight", s, *w, p, t), slot, weight, price, st.booleans()),
    st.sampled_from([("positions_value",), ("equity",), ("long_and_short",), ("held",), ("used",), ("cash",)]),
    st.tuples(st.sampled_from(["equity", "positions_value"]), account),
)


@st.composite
def assets(draw: Any) -> tuple[Any, ...]:
    narrow = draw(st.booleans())
    one = st.integers(1, 100_000) | st.integers(-INT64, INT64) if narrow else anything
    marks = draw(st.lists(one, min_size=BARS, max_size=BARS))
    mark_scale = draw(st.integers(0, 20))
    return (
        memoryview(np.array(marks, dtype=np.int64)) if narrow else marks,
        mark_scale,
        draw(st.sampled_from([mark_scale, mark_scale + 10, 2, 20])),
        draw(st.integers(0, 20)),
        draw(st.sampled_from([1, 100, 10**8]) | integers_of_every_length(66)),
        draw(st.sampled_from([1, 1, 12_505]) | integers_of_every_length(66)),
        draw(st.integers(0, 20)),
        draw(st.booleans()),
    )


def outcome(books: Any, call: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a call gives, or how it fails."""
    name, *arguments = call
    try:
        result = getattr(books, name)(*arguments)
    except Exception as error:  # noqa: BLE001  whatever it is, the other twin must raise it too
        return "raised", type(error), str(error)
    return "gave", result, type(result)


def state(books: Any, slots: int) -> tuple[Any, ...]:
    """All that can be asked without filling a cache."""
    posted = [books.posted(one) for one in range(len(books.pockets()))]
    return posted, books.used(), books.unsettled(), books.bar, books.held(), [books.position(n) for n in range(slots)]


def full_state(books: Any, slots: int) -> list[Any]:
    asked: list[tuple[Any, ...]]
    asked = [("positions_value",), ("equity",), ("cash",), ("long_and_short",), ("long_and_short_exposure",)]
    asked += [(name, one) for name in ("equity", "positions_value") for one in "abc"]
    asked += [(name, one) for name in ("cash", "variation_margin", "rate") for one in range(len(books.pockets()))]
    asked += [(name, one) for name in ("mark", "market_value", "exposure") for one in range(slots)]
    return [outcome(books, call) for call in asked]


@settings(max_examples=examples(250))
@given(
    pockets=st.just([]) | st.lists(st.tuples(account, currency, st.just(0) | money), max_size=5),
    cash=money,
    opened=st.lists(assets(), min_size=1, max_size=4),
    sequence=st.lists(st.tuples(calls, st.booleans()), max_size=30),
)
@example(
    pockets=[],
    cash=10**26,
    opened=[([1] * BARS, 0, 0, 0, 1, 1, 0)],
    sequence=[
        (("fill", 0, 1, 0), True),
        (("fill", 0, 2**127 - 1, 0), True),
        (("fill", 0, -1, 0), True),
        (("set_position", 0, 10**38, 10**38), True),
    ],
)
@example(
    pockets=[],
    cash=10**26,
    opened=[([10**38 - 1] * BARS, 0, 20, 20, 1, 1, 20)],
    sequence=[
        (("set_position", 0, 10**38 - 1, 10**38 - 1), True),
        (("size_of_weight", 0, 10**38, 60, 1, True), True),
    ],
)
@example(  # no rate and no mark at the bar: the same one of the two is told
    pockets=[("a", "EUR", 1)],
    cash=0,
    opened=[([0] * BARS, 0, 0, 0, 1, 1, 0, False)],
    sequence=[(("fill", 0, 1, 1), False), (("seek", BARS), False)],
)
def test_the_books_of_both_twins_are_the_same_after_every_call(pockets, cash, opened, sequence):
    both = [module.Books() for module in twins().values()]
    for one in [("a", "USD", cash), *pockets]:
        first, second = (outcome(books, ("open_pocket", *one)) for books in both)
        assert first == second
    first, second = (books.pockets() for books in both)
    assert first == second
    if not first:
        return
    count, slots = len(first), 0
    for place, asset in enumerate(opened):
        first, second = (outcome(books, ("open_slot", place % count, *asset)) for books in both)
        assert first == second
        slots += first[0] == "gave"
    for call, asked in sequence:
        if call[0] in WITH_SLOT:
            if not slots:
                continue
            call = (call[0], call[1] % slots, *call[2:])  # noqa: PLW2901
        for place in WITH_POCKET.get(call[0], ()):
            call = (*call[:place], call[place] % count, *call[place + 1 :])  # noqa: PLW2901
        first, second = (outcome(books, call) for books in both)
        assert first == second, call
        first, second = ((full_state if asked else state)(books, slots) for books in both)
        assert first == second, call
    first, second = (full_state(books, slots) for books in both)
    assert first == second


@settings(max_examples=examples(250))
@given(integers_of_every_length(400), integers_of_every_length(300))
def test_whole_steps_are_the_same_on_both_twins(numerator, denominator):
    results = []
    for module in twins().values():
        try:
            results.append(("gave", module.whole_steps(numerator, denominator)))
        except ZeroDivisionError as error:
            results.append(("raised", str(error)))
    assert results[0] == results[1]


@settings(max_examples=examples(300))
@given(st.integers(1, 10**40), st.integers(0, 10**9), st.integers(-2, 2), st.sampled_from([1, -1]))
def test_whole_steps_agree_around_a_ten_thousandth(unit, whole, hair, sign):
    denominator = unit * 10_000
    numerator = sign * ((whole + 1) * denominator - unit + hair)
    python, rust = (module.whole_steps(numerator, denominator) for module in twins().values())
    assert python == rust == sign * (whole + (hair >= 0))
