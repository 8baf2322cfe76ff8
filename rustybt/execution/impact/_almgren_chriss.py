"""Almgren and Chriss (2000): expected cost and risk of selling in parts, and the parts that weigh both."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from rustybt.errors import InputError
from rustybt.execution.impact._numbers import check_count, exact, rounded


class ExpectedCost(NamedTuple):
    """Money: what an order costs beside the price at its start, on average, and the variance of that.

    >>> from rustybt.api import impact
    >>> impact.ExpectedCost(expected=662_500, variance=1_083_000_000_000).expected
    662500
    """

    expected: Decimal
    variance: Decimal


def expected_cost(
    slices: Iterable[Any], *, volatility: Any, epsilon: Any, gamma: Any, eta: Any, tau: Any = 1
) -> ExpectedCost:
    """The expected cost of trading in parts, one after the other.

    slices: n, units of one side, one for each period. tau: how long a period is. volatility: of the price, money per
    unit and root of time. epsilon: half the spread and fees, money a unit. gamma: permanent impact, money a unit for a
    unit. eta: temporary impact, money a unit for a unit traded in a unit of time. All 0 or more, tau above zero.
    Returns both with 18 decimals. Raises InputError.

    Of the price that a part gets, earlier parts have taken gamma for each of their units, and its own rate n / tau
    takes eta n / tau and epsilon. With X the sum of the parts, and sum (X before n) n = (X^2 - sum n^2) / 2, that adds
    up to E = gamma X^2 / 2 + epsilon X + (eta - gamma tau / 2) / tau sum n^2. What is not traded yet, x, is at the
    mercy of the price: V = volatility^2 tau sum x^2. Source: Almgren and Chriss (2000), "Optimal execution of portfolio
    transactions", equations (4) and (5).

    >>> from rustybt.api import impact
    >>> costs = {"volatility": "0.95", "epsilon": "0.0625", "gamma": "2.5e-7", "eta": "2.5e-6"}
    >>> even = impact.expected_cost([200_000] * 5, **costs)
    >>> int(even.expected), int(even.variance)
    (662500, 1083000000000)
    """
    sigma, half_spread, permanent, temporary = (
        exact(value, f"expected_cost({name})")
        for name, value in (("volatility", volatility), ("epsilon", epsilon), ("gamma", gamma), ("eta", eta))
    )
    period = exact(tau, "expected_cost(tau)", above_zero=True)
    parts = [exact(one, "expected_cost(slices)") for one in slices]
    whole = sum(parts, Fraction(0))
    squares = sum((one * one for one in parts), Fraction(0))
    expected = permanent * whole**2 / 2 + half_spread * whole + (temporary / period - permanent / 2) * squares
    left, open_squares = whole, Fraction(0)
    for one in parts:
        left -= one
        open_squares += left * left
    return ExpectedCost(rounded(expected), rounded(sigma**2 * period * open_squares))


def urgency(*, volatility: Any, gamma: Any, eta: Any, risk_aversion: Any, tau: Any = 1) -> float:
    """kappa of the parts that weigh cost and risk: its inverse is the time in which the rest falls to 1/e of itself.

    risk_aversion: lambda, what a unit of variance is worth, above zero. The others are as `expected_cost` has them,
    eta above gamma tau / 2. Raises InputError.

    E + lambda V is least where neighbouring rests obey x(j-1) - 2 x(j) + x(j+1) = k tau^2 x(j), with k = lambda
    volatility^2 / (eta - gamma tau / 2); sinh(kappa t) does, where 2 (cosh(kappa tau) - 1) = k tau^2. Source: as
    `expected_cost`, equation (15).

    >>> from rustybt.api import impact
    >>> kappa = impact.urgency(volatility="0.95", gamma="2.5e-7", eta="2.5e-6", risk_aversion="1e-6")
    >>> round(kappa, 6)
    0.607076
    """
    period = exact(tau, "urgency(tau)", above_zero=True)
    sigma = exact(volatility, "urgency(volatility)")
    wariness = exact(risk_aversion, "urgency(risk_aversion)", above_zero=True)
    rest = exact(eta, "urgency(eta)") - exact(gamma, "urgency(gamma)") * period / 2
    if rest <= 0:
        raise InputError(
            f"urgency: eta {eta} is not above gamma tau / 2. There is no best way then; pass a larger eta, or a "
            "shorter tau."
        )
    square = wariness * sigma**2 / rest * period**2
    return math.acosh(float(square) / 2 + 1) / float(period)


def optimal_slices(
    quantity: Any, periods: int, *, volatility: Any, gamma: Any, eta: Any, risk_aversion: Any = 0, tau: Any = 1
) -> list[float]:
    """The parts of an order, one for each period, for which expected cost and lambda times its variance are least.

    quantity: of the whole order, units. periods: 1 or more. risk_aversion: lambda; 0 for equal parts. The others are as
    `urgency` has them. Raises InputError.

    With T = periods tau and t the middle of a period, a part is 2 sinh(kappa tau / 2) / sinh(kappa T) cosh(kappa (T -
    t)) of the whole. Source: as `expected_cost`, equations (18) and (19).

    >>> from rustybt.api import impact
    >>> costs = {"volatility": "0.95", "gamma": "2.5e-7", "eta": "2.5e-6"}
    >>> [round(part) for part in impact.optimal_slices(1_000_000, 5, risk_aversion="1e-6", **costs)]
    [458044, 252101, 141957, 85756, 62142]
    """
    check_count(periods, "optimal_slices: periods")
    whole = float(exact(quantity, "optimal_slices(quantity)"))
    if not exact(risk_aversion, "optimal_slices(risk_aversion)") or not exact(volatility, "optimal_slices(volatility)"):
        return [whole / periods] * periods
    kappa = urgency(volatility=volatility, gamma=gamma, eta=eta, risk_aversion=risk_aversion, tau=tau)
    step = float(exact(tau, "optimal_slices(tau)", above_zero=True))
    end = periods * step
    share = 2 * math.sinh(kappa * step / 2) / math.sinh(kappa * end)
    return [whole * share * math.cosh(kappa * (end - (k + 0.5) * step)) for k in range(periods)]
