"""Drawn runs, reckoned twice: every fill, order, cost and close is the same, as fractions."""

from __future__ import annotations

import pytest

from tests._kernels import kernel_of
from tests.independent._compare import differences, parted
from tests.independent._draw import draw
from tests.independent._simulator import Simulator
from tests.independent._through import reckon

BY_DAY, ALL = 40, 500


def check(seed: int) -> None:
    world = draw(seed)
    assert not parted(world, reckon(world, kernel_of(seed))), f"seed {seed}"


@pytest.mark.parametrize("first", range(0, BY_DAY, 10))
def test_a_second_reckoning_comes_to_the_same_books(first: int) -> None:
    for seed in range(first, first + 10):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BY_DAY, ALL, 20))
def test_a_second_reckoning_comes_to_the_same_books_at_night(first: int) -> None:
    for seed in range(first, first + 20):
        check(seed)


def test_a_difference_is_found() -> None:
    world = draw(0)
    ours, result = Simulator(world).run(), reckon(world)
    assert not differences(world, ours, result)
    ours.books.posted.clear()
    ours.daily[-1] = (ours.daily[-1][0] + 1, ours.daily[-1][1])
    assert differences(world, ours, result)
