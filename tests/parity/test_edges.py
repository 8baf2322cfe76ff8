"""Cases that the noise of floats decides are noticed while Zipline runs, and end there."""

from __future__ import annotations

import pytest

from tests.parity._check import WORKER, comparable
from tests.parity._compare import _same_cell
from tests.parity._draw import draw
from tests.parity._edges import KnifeEdge, Undecided
from tests.parity._outcomes import on_record


def test_what_is_rounded_or_compared_next_to_an_edge_is_noted() -> None:
    edge = KnifeEdge()
    edge.cents("cost basis", 10.125)
    edge.whole("shares", 3.0000000000001)
    edge.trigger("limit", 10.1, 10.100000000000001)
    assert len(edge.notes) == 3


def test_what_lies_beside_an_edge_or_is_exact_is_not() -> None:
    edge = KnifeEdge()
    edge.cents("cost basis", 10.124)
    edge.whole("shares", 3.0)
    edge.trigger("limit", 10.1, 10.1)
    edge.trigger("limit", 10.1, None)
    edge.money(-99_999_999.0, 5.0)
    assert edge.notes == []


def test_roundings_that_may_come_to_a_thousandth_of_a_cent_are_noted_once() -> None:
    # half a unit in the last place of 2e9 is 1.2e-7, two of 1e4 are 3.6e-12
    edge = KnifeEdge()
    for _ in range(83):
        edge.money(2e9, 1e4)
    assert edge.notes == []
    edge.money(2e9, 1e4)
    edge.money(2e9, 1e4)
    assert len(edge.notes) == 1
    assert "a thousandth of a cent" in edge.notes[0]


def test_so_are_those_of_the_prices_of_a_future() -> None:
    edge = KnifeEdge()
    for _ in range(41):
        edge.settled(-2e9)
    assert edge.notes == []
    edge.settled(2e9)
    assert len(edge.notes) == 1


def test_money_is_compared_as_closely_as_the_roundings_of_bookings_let_it() -> None:
    assert _same_cell("pnl", 1.0, 1.0 + 9e-7, [], [])
    assert not _same_cell("pnl", 1.0, 1.0 + 2e-6, [], [])
    assert _same_cell("pnl", 1.0, 1.0 + 2e-6, [], [], 3e-6)
    assert not _same_cell("returns", 1.0, 1.0 + 2e-6, [], [], 3e-6)


def test_money_that_leaves_and_is_not_there_is_noted() -> None:
    edge = KnifeEdge()
    edge.withdrawal(100.0, -100.0)
    edge.withdrawal(-5.0, 3.0)
    assert edge.notes == []
    edge.withdrawal(100.0, -100.01)
    assert len(edge.notes) == 1


def test_alpha_is_compared_as_closely_as_the_returns_agree() -> None:
    def alpha_agrees(apart: float, alpha: float) -> bool:
        theirs = [0.0, -0.5, 1.2, 0.1]  # a mean of 0.2: 1.2 to the 252nd power is 9e19
        return _same_cell("alpha", 1.2**252, alpha, theirs, [*theirs[:2], 1.2 + apart, 0.1])

    # 4e-9 on four sessions are 1e-9 of the mean: 252/1.2 as much of the power, 2.1e-7 of it
    assert alpha_agrees(4e-9, (1.2 + 1e-9) ** 252)
    assert not alpha_agrees(4e-9, (1.2 + 1.1e-9) ** 252)
    assert not alpha_agrees(0.0, (1.2 + 1e-9) ** 252)
    assert alpha_agrees(0.0, 1.2**252 * (1 + 9e-10))


def test_the_first_edge_can_end_the_run() -> None:
    with pytest.raises(Undecided, match="half-way between cents"):
        KnifeEdge(stop=True).cents("cost basis", 10.125)


def test_a_case_that_noise_decides_gives_place_to_the_next() -> None:
    pytest.importorskip("zipline")
    try:
        case = draw(6, "minute")
        outcome = on_record(
            "minute-000", f"stop {case.to_json()}", lambda: WORKER.run(case, stop=True)
        )  # as `comparable`
        assert outcome.keys() == {"edges"}
        assert comparable(6, "minute")[0].seed == 10_006
    finally:
        WORKER.close()
