"""The kernels against their twins, on the work that a profile of D50 and M1 finds them doing.

    python -m pytest benchmarks/test_kernels.py -m bench --benchmark-enable

docs/performance/kernels.md says what came out, and why these.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rustybt._kernels import twins

pytestmark = pytest.mark.bench

MONEY = 10**20
POSITIONS = 50
BARS = 1_000
WEIGHT = 37_037_037_037_037_035, 18  # 1/27 as a float says it
FEE = MONEY * 3 // 10


class Work:
    """Books with 50 positions in shares priced to the cent, as D50 has them, and what a run asks of them."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.books = module.Books()
        self.books.open_pocket("main", "USD", 1_000_000 * MONEY)
        prices = np.random.default_rng(7).integers(4_000, 6_000, (POSITIONS, BARS))
        self.prices = [memoryview(row) for row in np.ascontiguousarray(prices, dtype=np.int64)]
        for slot, marks in enumerate(self.prices):
            self.books.open_slot(0, marks, 2, 12, 0, 1, 1, 0)
            self.books.fill(slot, 100 + slot, marks[0] * 10**10)

    def value_after_each_bar(self) -> int:
        """The value of 50 positions at 100 bars: what any read of the portfolio asks for first."""
        books, total = self.books, 0
        for bar in range(100):
            books.seek(bar)
            total += books.positions_value()
        return int(total)

    def size_of_weights(self) -> int:
        """A rebalancing of 50 targets at one bar: D50's orders."""
        books, total = self.books, 0
        weight, scale = WEIGHT
        books.seek(100)
        for slot, marks in enumerate(self.prices):
            total += books.size_of_weight(slot, weight, scale, marks[100] * 10**10, True)
        return int(total)

    def weight_after_each_fill(self) -> int:
        """Sizing where each fill changed the value: 50 fills, and a target after each."""
        books, total = self.books, 0
        weight, scale = WEIGHT
        for slot, marks in enumerate(self.prices):
            price = marks[100] * 10**10 + 12_345
            books.fill(slot, 3, price)
            total += books.size_of_weight(slot, weight, scale, price, True)
            books.fill(slot, -3, price)
        return int(total)

    def fills_and_fees(self) -> int:
        """50 fills with a fee each, there and back: what the ledger books."""
        books = self.books
        for quantity in (7, -7):
            for slot, marks in enumerate(self.prices):
                books.fill(slot, quantity, marks[100] * 10**10 + 12_345)
                books.charge(slot, FEE)
        return int(books.cash())

    def session_end(self) -> int:
        """The row of a day: both sides, and each position with its cost."""
        self.books.write_positions(self.module.Rows("nww"))
        return int(sum(self.books.long_and_short()))


TIMES = {
    "value_after_each_bar": 5.0,
    "size_of_weights": 1.5,
    "weight_after_each_fill": 4.0,
    "fills_and_fees": 1.5,
    "session_end": 1.3,
}
"""How many times faster the kernel must be at least. Set after measuring, at 0.55 to 0.75 of the lowest factor seen
(docs/performance/kernels.md), as machines differ and others work on them."""


@pytest.mark.parametrize("work", TIMES)
@pytest.mark.parametrize("kernel", twins())
def test_kernel(benchmark: Any, kernel: str, work: str) -> None:
    benchmark.group = work
    benchmark(getattr(Work(twins()[kernel]), work))


@pytest.mark.skipif("rust" not in twins(), reason="there is no native extension to compare with")
@pytest.mark.parametrize("work", TIMES)
def test_the_kernel_beats_its_twin_by_the_stated_factor_and_gives_the_same(work: str) -> None:
    pair = {name: getattr(Work(module), work) for name, module in twins().items()}
    assert pair["python"]() == pair["rust"]()
    seconds = {name: best(call) for name, call in pair.items()}
    factor = seconds["python"] / seconds["rust"]
    print(f"{work}: {seconds['python'] * 1e6:.1f} us / {seconds['rust'] * 1e6:.1f} us = {factor:.1f}")
    assert factor >= TIMES[work]


def best(call: Callable[[], int]) -> float:
    """Seconds of one call, the best of many: what disturbs a measurement only adds to it."""
    number = timeit.Timer(call).autorange()[0] // 4 + 1
    return min(timeit.repeat(call, number=number, repeat=15)) / number
