"""Almgren, Thum, Hauptmann and Li (2005): what orders in US shares cost, fitted to those of a bank."""

from __future__ import annotations

from typing import Any, NamedTuple

from rustybt.execution.impact._numbers import exact


class AlmgrenImpact(NamedTuple):
    """Shares of the price: by how much it is moved for good, by how much while it is traded, and what that costs.

    >>> from rustybt.api import impact
    >>> impact.AlmgrenImpact(permanent=0.0020, temporary=0.0022, cost=0.0032).cost
    0.0032
    """

    permanent: float
    temporary: float
    cost: float


def almgren(
    quantity: Any,
    volume: Any,
    volatility: Any,
    duration: Any,
    outstanding: Any,
    *,
    gamma: Any = "0.314",
    eta: Any = "0.142",
) -> AlmgrenImpact:
    """The impact of an order that is traded evenly over part of a day.

    quantity: X, units. volume: V, usual units of a day. volatility: sigma, per day, 0.0157 for 1.57 %. duration: T, in
    days of trading. outstanding: Theta, units that there are of the share. gamma, eta: the fitted coefficients. All
    above zero but for the coefficients. Raises InputError.

    permanent = gamma sigma (X / V) (Theta / V)^(1/4): linear in the order, since a price that could be moved by large
    and small orders to a different place would be a machine for money; a share that turns over slowly moves more.
    temporary = eta sigma (X / (V T))^(3/5): by the rate of trading; the exponent is fitted, and 1/2 was rejected.
    cost = permanent / 2 + temporary: an even order pays half of the permanent move on average, as that builds up while
    it is traded. Source: Almgren, Thum, Hauptmann and Li (2005), "Direct estimation of equity market impact".

    >>> from rustybt.api import impact
    >>> ibm = impact.almgren(656_100, 6_561_000, "0.0157", duration="0.2", outstanding=1_728_000_000)
    >>> [round(part * 10_000, 2) for part in ibm]  # basis points
    [19.86, 14.71, 24.64]
    """
    x, v, sigma, t, theta = (
        float(exact(value, f"almgren({name})", above_zero=True))
        for name, value in (
            ("quantity", quantity), ("volume", volume), ("volatility", volatility), ("duration", duration),
            ("outstanding", outstanding),
        )
    )  # fmt: skip
    permanent = float(exact(gamma, "almgren(gamma)")) * sigma * (x / v) * (theta / v) ** 0.25
    temporary = float(exact(eta, "almgren(eta)")) * sigma * (x / (v * t)) ** 0.6
    return AlmgrenImpact(permanent, temporary, permanent / 2 + temporary)
