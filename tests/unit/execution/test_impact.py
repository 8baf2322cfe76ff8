"""What large orders cost: figures of the papers, worked out from their formulas."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import impact
from rustybt.errors import InputError

AC = {"volatility": "0.95", "gamma": "2.5e-7", "eta": "2.5e-6"}
"""The parameters of Almgren and Chriss (2000), per day."""


@pytest.mark.parametrize(
    ("share", "duration", "figures"),
    [
        ("IBM", "0.1", (19.86, 22.29, 32.22)),
        ("IBM", "0.2", (19.86, 14.71, 24.64)),
        ("IBM", "0.5", (19.86, 8.49, 18.42)),
        ("DRI", "0.1", (21.68, 32.09, 42.93)),
        ("DRI", "0.2", (21.68, 21.17, 32.01)),
        ("DRI", "0.5", (21.68, 12.22, 23.06)),
    ],
)
def test_the_two_shares_of_almgren_and_others(share: str, duration: str, figures: tuple[float, ...]) -> None:
    """A tenth of a day's volume; basis points, to the hundredth."""
    volume, outstanding, sigma = {
        "IBM": (6_561_000, 1_728_000_000, "0.0157"),
        "DRI": (1_929_000, 168_000_000, "0.0226"),
    }[share]
    found = impact.almgren(volume // 10, volume, sigma, duration, outstanding)
    assert [part * 10_000 for part in found] == pytest.approx(figures, abs=0.005)


def test_an_even_order_of_almgren_and_chriss_costs_662_500() -> None:
    even = impact.expected_cost([200_000] * 5, epsilon="0.0625", **AC)
    assert even == (Decimal(662_500), Decimal(1_083_000_000_000))
    at_once = impact.expected_cost([1_000_000], epsilon="0.0625", **AC)
    assert at_once == (Decimal(2_562_500), 0)


def test_the_parts_that_weigh_cost_and_risk() -> None:
    assert impact.urgency(risk_aversion="1e-6", **AC) == pytest.approx(0.607076, abs=5e-7)
    assert 1 / impact.urgency(risk_aversion="1e-9", **AC) == pytest.approx(51.30, abs=0.005)
    slices = impact.optimal_slices(1_000_000, 5, risk_aversion="1e-6", **AC)
    assert slices == pytest.approx([458_044.45, 252_101.33, 141_956.73, 85_755.69, 62_141.80], abs=0.005)
    cost = impact.expected_cost(slices, epsilon="0.0625", **AC)
    assert float(cost.expected) == pytest.approx(911_226.99, abs=0.005)
    assert float(cost.variance) == pytest.approx(3.64129e11, rel=2e-6)


def test_no_other_parts_weigh_less() -> None:
    wariness = Decimal("1e-6")
    best = impact.optimal_slices(1_000_000, 5, risk_aversion=wariness, **AC)

    def weight(slices: list[float]) -> Decimal:
        cost = impact.expected_cost(slices, epsilon="0.0625", **AC)
        return cost.expected + wariness * cost.variance

    for k in range(4):
        for moved in (-1_000.0, 1_000.0):
            other = [*best]
            other[k] += moved
            other[k + 1] -= moved
            assert weight(other) > weight(best)


def test_without_aversion_to_risk_parts_are_equal() -> None:
    assert impact.optimal_slices(900, 3, **AC) == [300, 300, 300]


def test_the_square_root_law() -> None:
    assert impact.square_root(10_000, 1_000_000, "0.02") == pytest.approx(0.002, abs=1e-15)
    assert impact.square_root(40_000, 1_000_000, "0.02") == pytest.approx(0.004, abs=1e-15)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: impact.square_root(1, 0, 1), "volume.* above zero"),
        (lambda: impact.almgren(1, 1, 1, 0, 1), "duration.* above zero"),
        (lambda: impact.expected_cost([-1], epsilon=0, **AC), "slices.* 0 or more"),
        (lambda: impact.optimal_slices(1, 0, **AC), "whole number"),
        (lambda: impact.urgency(volatility=1, gamma=2, eta=1, risk_aversion=1), "not above gamma"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(ask: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask()
