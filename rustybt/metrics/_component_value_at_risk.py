"""The value at risk of what is held, by asset."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from rustybt.core import RATIO_SCALE, Number
from rustybt.errors import InputError
from rustybt.metrics._checks import check_names
from rustybt.metrics._normal import normal_quantile
from rustybt.metrics._numbers import Numbers, scaled_numbers
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded
from rustybt.metrics._sharpe import confidence_of

_DECIMAL = pl.Decimal(38, RATIO_SCALE)


def component_value_at_risk(
    returns: Mapping[str, Numbers], weights: Mapping[str, Number], *, confidence: Number = "0.95"
) -> pl.DataFrame:
    """What each asset adds to the value at risk of a portfolio, by the normal distribution.

    `weight * (z * cov(r, p) / std(p) - mean(r))`, p the returns of the portfolio with these weights: the components add
    up to its `value_at_risk(method="normal")`. Below 0 is an asset that makes it safer.

    returns: of each asset, simple returns of the same sessions; no nulls. weights: of the assets in the portfolio, one
    for each of `returns`, below 0 for shorts. confidence: between 0 and 1.
    Returns a frame, the largest component first: asset, weight, marginal (what one more unit of weight adds), component
    (a loss as a positive number, as a share of the portfolio), share (of the whole; null where that is 0); Decimals of
    18 digits. It has no row for fewer than two sessions, and where the portfolio's return never changes.
    Raises InputError where the assets are not the same or their returns are not as many, NonFiniteInput on NaN and
    infinities.
    Source: Garman (1996), Jorion (2007).

    >>> from rustybt.metrics import component_value_at_risk
    >>> found = component_value_at_risk({"A": [0.01, -0.02, 0.01], "B": [0.01, 0.01, -0.02]}, {"A": 1, "B": 0.5})
    >>> found.select("asset", found["component"].cast(float).round(4)).rows()
    [('A', 0.0247), ('B', 0.0)]
    """
    part = confidence_of(confidence)
    samples, factors, portfolio = _portfolio(returns, weights)
    count = portfolio.count
    rows: list[dict[str, Any]] = []
    if count > 1 and portfolio.second:
        z = normal_quantile(part)
        deviation = PRECISE.sqrt(quotient(portfolio.second, count * (count - 1) * portfolio.one**2))
        for asset, sample in samples.items():
            products = sum(own * whole for own, whole in zip(sample.values, portfolio.values, strict=True))
            shared = count * products - sample.total * portfolio.total
            covariance = quotient(shared, count * (count - 1) * sample.one * portfolio.one)
            marginal = PRECISE.subtract(PRECISE.divide(PRECISE.multiply(z, covariance), deviation), sample.mean)
            rows.append({"asset": asset, "weight": factors[asset], "marginal": marginal})
    return _frame(rows)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    for row in rows:
        row["component"] = PRECISE.multiply(row["weight"], row["marginal"])
    whole = Decimal(0)
    for row in rows:
        whole = PRECISE.add(whole, row["component"])
    rows.sort(key=lambda row: -row["component"])
    columns: dict[str, Any] = {"asset": pl.Series([row["asset"] for row in rows], dtype=pl.String)}
    for name in ("weight", "marginal", "component"):
        columns[name] = pl.Series([rounded(row[name]) for row in rows], dtype=_DECIMAL)
    shares = [rounded(PRECISE.divide(row["component"], whole)) if whole else None for row in rows]
    return pl.DataFrame(columns | {"share": pl.Series(shares, dtype=_DECIMAL)})


def _portfolio(
    returns: Mapping[str, Numbers], weights: Mapping[str, Number]
) -> tuple[dict[str, Sample], dict[str, Decimal], Sample]:
    """The assets' returns, their weights, and the returns of the portfolio."""
    check_names(returns, "returns")
    check_names(weights, "weights")
    if set(returns) != set(weights) or not returns:
        other = sorted(set(returns) ^ set(weights))
        raise InputError(f"weights: pass one for each asset of `returns`; not in both: {', '.join(other) or 'none'}.")
    samples = {asset: Sample(*scaled_numbers(own, f"returns of {asset}")) for asset, own in returns.items()}
    counts = {sample.count for sample in samples.values()}
    if len(counts) > 1:
        raise InputError(f"returns: the assets have {' and '.join(map(str, sorted(counts)))}. Pass the same sessions.")
    factors, scale = scaled_numbers([weights[asset] for asset in samples], "weights")
    common = max(sample.scale for sample in samples.values())
    values = [0] * counts.pop()
    for factor, sample in zip(factors, samples.values(), strict=True):
        up = factor * 10 ** (common - sample.scale)
        values = [whole + up * own for whole, own in zip(values, sample.values, strict=True)]
    shown = {asset: quotient(factor, 10**scale) for asset, factor in zip(samples, factors, strict=True)}
    return samples, shown, Sample(values, common + scale)
