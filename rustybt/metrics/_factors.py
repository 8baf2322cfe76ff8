"""Returns explained by factors: a regression whose errors hold for returns that depend on each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from rustybt.core import RATIO_SCALE
from rustybt.errors import InputError
from rustybt.metrics._checks import check_names
from rustybt.metrics._numbers import Numbers, check_periods, scaled_numbers
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded, sample_of

_DECIMAL: Final = pl.Decimal(38, RATIO_SCALE)
_RESIDUAL: Final = 10**60
"""One unit of a residual, rounded far beyond the digits that are kept."""
ALPHA: Final = "alpha"

type _Square = list[list[Fraction]]


@dataclass(frozen=True, eq=False, slots=True)
class FactorRegression:
    """What `factor_regression` found.

    frame: a row for "alpha" and one for each factor: factor, coefficient (alpha's per session), error (Newey-West), t
    (coefficient over error), contribution (what it was in a year's mean return; they add up to that). r_squared,
    adjusted_r_squared: the explained share of the variance; None where the returns never change. residual_volatility:
    of what is not explained, annual. lags, sessions: how many.

    >>> from rustybt.metrics import factor_regression
    >>> market = ["0.01", "-0.02", "0.03", "0.00", "0.01"]
    >>> found = factor_regression(["0.02", "-0.04", "0.06", "0", "0.02"], {"market": market}, periods=252)
    >>> found.r_squared, found.sessions
    (Decimal('1.000000000000000000'), 5)
    """

    frame: pl.DataFrame
    r_squared: Decimal | None
    adjusted_r_squared: Decimal | None
    residual_volatility: Decimal | None
    lags: int
    sessions: int


def factor_regression(
    returns: Numbers | Sample,
    factors: Mapping[str, Numbers],
    *,
    periods: int,
    risk_free: Rate = 0,
    lags: int | None = None,
    small_sample: bool = True,
) -> FactorRegression:
    """Least squares of returns on factors, with errors that count heteroskedasticity and autocorrelation (HAC).

    `r - rf = alpha + sum(b * f) + e`. A coefficient is what the returns moved by where its factor did; alpha is what no
    factor explains. A t below 2 says that it may as well be 0.

    returns: simple returns per session; no nulls. factors: by name, of the same sessions: returns of a market above the
        riskless rate, of one portfolio above another, or any number. A factor can't be called "alpha".
    periods: sessions per year. risk_free: a yearly rate, compounded over the sessions, or the riskless return of each
        session; it is taken from the returns alone.
    lags: how many sessions back returns may depend on each other, with Bartlett's weights; by default
        `4 * (n / 100) ** (2 / 9)`, cut to a whole number. small_sample: errors times `sqrt(n / (n - k))`.
    Returns a `FactorRegression`, Decimals of 18 digits; t is null where an error is 0.
    Raises InputError where a factor is made of the others, or there are not more sessions than coefficients;
    NonFiniteInput on NaN and infinities.
    Source: Newey and West (1987, 1994).

    >>> from rustybt.metrics import factor_regression
    >>> market = ["0.01", "-0.02", "0.03", "0.00", "0.01"]
    >>> found = factor_regression(["0.021", "-0.038", "0.061", "0.002", "0.019"], {"market": market}, periods=252)
    >>> found.frame.select("factor", found.frame["coefficient"].cast(float).round(4)).rows()
    [('alpha', 0.0012), ('market', 1.9697)]
    """
    annual = check_periods(periods)
    own = excess_over(sample_of(returns), risk_free, annual, "risk_free")
    names, columns, one = _columns(own, factors)
    count, width = len(columns[-1]), len(columns) - 1
    if count <= width:
        raise InputError(f"{count} sessions are too few for alpha and {width - 1} factors. Pass more than {width}.")
    back = math.floor(4 * (count / 100) ** (2 / 9)) if lags is None else lags
    if isinstance(back, bool) or not isinstance(back, int) or not 0 <= back < count:
        raise InputError(f"lags: {lags!r} is no number of sessions from 0 to {count - 1}.")
    explained, target = columns[:-1], columns[-1]
    inverse = _inverse([[Fraction(_dot(a, b)) for b in explained] for a in explained], names)
    moments = [_dot(column, target) for column in explained]
    slopes = [sum((cell * own for cell, own in zip(row, moments, strict=True)), Fraction()) for row in inverse]
    residuals = _residuals(explained, target, slopes)
    variances = _variances(inverse, explained, residuals, back)
    widen = Fraction(count, count - width) if small_sample else Fraction(1)
    rows = []
    for name, column, slope, variance in zip(names, explained, slopes, variances, strict=True):
        value = _decimal(slope)
        error = PRECISE.sqrt(_decimal(max(variance, Fraction()) * widen))
        t = rounded(PRECISE.divide(value, error)) if error else None
        contribution = _decimal(slope * Fraction(sum(column), count * one) * annual)
        rows.append((name, rounded(value), rounded(error), t, rounded(contribution)))
    schema = dict.fromkeys(("coefficient", "error", "t", "contribution"), _DECIMAL)
    frame = pl.DataFrame(rows, {"factor": pl.String, **schema}, orient="row")
    return FactorRegression(frame, *_fit(residuals, target, one, width, annual), back, count)


def _columns(own: Sample, factors: Mapping[str, Numbers]) -> tuple[list[str], list[list[int]], int]:
    """The names of the coefficients; ones, the factors and last the returns, at one scale; and the integer for 1."""
    check_names(factors, "factors")
    if not factors or ALPHA in factors:
        raise InputError(f"factors: {list(factors)} were given. Pass one or more, by names other than {ALPHA!r}.")
    read = {name: scaled_numbers(values, f"factor {name}") for name, values in factors.items()}
    for name, (values, _) in read.items():
        if len(values) != own.count:
            raise InputError(f"factor {name}: {len(values)} values for {own.count} sessions. Pass one for each.")
    scale = max(own.scale, *(scale for _, scale in read.values()))
    one = 10**scale
    columns = [[one] * own.count]
    columns += [[value * 10 ** (scale - its) for value in values] for values, its in read.values()]
    columns.append([value * 10 ** (scale - own.scale) for value in own.values])
    return [ALPHA, *read], columns, one


def _dot(one: Sequence[int], other: Sequence[int]) -> int:
    return sum([a * b for a, b in zip(one, other, strict=True)])


def _decimal(value: Fraction) -> Decimal:
    return quotient(value.numerator, value.denominator)


def _inverse(square: _Square, names: Sequence[str]) -> _Square:
    """By Gauss and Jordan, exactly. Raises InputError for a column that the ones before it make up."""
    size = len(square)
    rows = [[*row, *(Fraction(int(at == place)) for at in range(size))] for place, row in enumerate(square)]
    for place in range(size):
        # the square is of a column with itself, so that what the columns before leave of it stands on the diagonal
        pivot = rows[place][place]
        if not pivot:
            raise InputError(
                f"factors: {names[place]!r} never changes or is made of those before it: its coefficient could be "
                "anything. Leave it out."
            )
        rows[place] = [cell / pivot for cell in rows[place]]
        for other in range(size):
            if other != place and (factor := rows[other][place]):
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[place], strict=True)]
    return [row[size:] for row in rows]


def _residuals(explained: list[list[int]], target: list[int], slopes: list[Fraction]) -> list[int]:
    """What is not explained of each value, in units of `1 / _RESIDUAL` of theirs."""
    under = math.lcm(*(slope.denominator for slope in slopes))
    factors = [slope.numerator * (under // slope.denominator) for slope in slopes]
    left = [under * value for value in target]
    for factor, column in zip(factors, explained, strict=True):
        left = [rest - factor * value for rest, value in zip(left, column, strict=True)]
    return [rest * _RESIDUAL // under for rest in left]


def _variances(inverse: _Square, explained: list[list[int]], residuals: list[int], lags: int) -> list[Fraction]:
    """The diagonal of `inverse * S * inverse`, S with Bartlett's weights `1 - l / (lags + 1)`."""
    moments = [[value * rest for value, rest in zip(column, residuals, strict=True)] for column in explained]
    around = [_with_weights(moment, lags) for moment in moments]
    unit = (lags + 1) * _RESIDUAL**2
    middle = [[Fraction(_dot(moment, other), unit) for other in around] for moment in moments]
    return [_quadratic(row, middle) for row in inverse]


def _with_weights(moment: list[int], lags: int) -> list[int]:
    """For each session `lags + 1` times its moment and those around it with their weights."""
    count = len(moment)
    found = [value * (lags + 1) for value in moment]
    for lag in range(1, lags + 1):
        weight = lags + 1 - lag
        shifted = [weight * value for value in moment]
        for place in range(count - lag):
            found[place] += shifted[place + lag]
            found[place + lag] += shifted[place]
    return found


def _quadratic(row: list[Fraction], square: _Square) -> Fraction:
    """`row * square * row`."""
    products = (x * y * cell for x, cells in zip(row, square, strict=True) for y, cell in zip(row, cells, strict=True))
    return sum(products, Fraction())


def _fit(
    residuals: list[int], target: list[int], one: int, width: int, periods: int
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """R squared, the adjusted one, and the yearly deviation of the residuals with `n - k`."""
    count = len(target)
    left = Fraction(sum([rest * rest for rest in residuals]), _RESIDUAL**2)
    volatility = rounded(PRECISE.sqrt(_decimal(left * periods / (count - width) / one**2)))
    spread = Fraction(count * _dot(target, target) - sum(target) ** 2, count)
    if not spread:
        return None, None, volatility
    unexplained = left / spread
    adjusted = 1 - unexplained * (count - 1) / (count - width)
    return rounded(_decimal(1 - unexplained)), rounded(_decimal(adjusted)), volatility
