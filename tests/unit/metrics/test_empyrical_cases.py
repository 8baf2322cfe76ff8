"""The calls of empyrical's own tests: what it gave, measure by measure, where both define a figure alike.

Where it has an infinity, ours is None. Not compared, since the definitions differ on purpose: the four of capture
(annualised over the days that count; ours geometric means), conditional_value_at_risk (the lowest
`int((n - 1) * cutoff) + 1` returns; ours all at or below the quantile). Not ours: simple_returns, cum_returns,
stability_of_timeseries, batting_average, the rolling drawdown. Its rates are those of each session, and NaN is left out
of means and counts as 0 in growth; ours refuse it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from rustybt import metrics
from rustybt.errors import InputError, NonFiniteInput

CASES: Final = json.loads(Path(__file__).with_name("data").joinpath("empyrical_tests.json").read_text())["functions"]
PERIODS: Final = {None: 252, "daily": 252, "weekly": 52, "monthly": 12, "quarterly": 4, "yearly": 1}

type Case = dict[str, Any]


def numbers(given: Any) -> Any:
    """A list of returns with None for NaN, or a number."""
    if isinstance(given, dict):
        return given.get("series", given.get("array"))
    return given


def per_session(rate: Any, count: int) -> list[Any]:
    """empyrical's rates are those of each session."""
    given = numbers(rate)
    return list(given) if isinstance(given, list) else [given] * count


def kept(*series: list[Any]) -> list[list[Decimal]]:
    """Means leave out the sessions in which one series has no value."""
    rows = [row for row in zip(*series, strict=True) if None not in row]
    return [[Decimal(repr(float(row[place]))) for row in rows] for place in range(len(series))]


def filled(returns: list[Any]) -> list[Any]:
    """Growth counts them as 0."""
    return [0 if value is None else value for value in returns]


def _over_rate(function: Callable[..., Any], role: str, key: str) -> Callable[[Case], Any]:
    def measure(case: Case) -> Any:
        returns = numbers(case["args"][0])
        rate = case["kwargs"][key]
        own, least = kept(returns, per_session(rate, len(returns)))
        return function(own, periods=PERIODS[case["kwargs"].get("period")], **{role: least})

    return measure


def _growing(function: Callable[..., Any], **more: Any) -> Callable[[Case], Any]:
    def measure(case: Case) -> Any:
        options = {"periods": PERIODS[case["kwargs"]["period"]]} if "period" in case["kwargs"] else {}
        return function(filled(numbers(case["args"][0])), **options, **more)

    return measure


def _omega(case: Case) -> Any:
    returns = numbers(case["args"][0])
    required = Decimal(str(case["kwargs"]["required_return"]))
    if required <= -1:
        return None
    least = (1 + required) ** (Decimal(1) / 252) - 1
    own, riskless = kept(returns, per_session(case["kwargs"]["risk_free"], len(returns)))
    return metrics.omega(own, periods=252, target=[rate + least for rate in riskless])


def _compared(function: Callable[..., Any], **more: Any) -> Callable[[Case], Any]:
    def measure(case: Case) -> Any:
        own = numbers(case["args"][0])
        other = per_session(case["args"][1], len(own))
        if not own or not other:
            return function([], [], **more)
        return function(*kept(own, other), **more)

    return measure


def _deviation(case: Case) -> Any:
    (own,) = kept(numbers(case["args"][0]))
    return metrics.volatility(own, periods=PERIODS[case["kwargs"]["period"]])


def _loss(case: Case) -> Any:
    given = case["args"][1] if len(case["args"]) > 1 else case["kwargs"].get("cutoff", 0.05)
    cutoff = Decimal(str(given))
    (own,) = kept(numbers(case["args"][0]))
    if not 0 < cutoff < 1:  # the ends are no quantiles of ours
        return max(own) if cutoff else min(own)
    value = metrics.value_at_risk(own, confidence=1 - cutoff)
    return None if value is None else -value


def _excess(case: Case) -> Any:
    annual = _compared(metrics.information_ratio, periods=252)(case)
    return None if annual is None else float(annual) / 252**0.5


def _grown(case: Case) -> Any:
    returns = numbers(case["args"][0])
    if not returns:
        return None
    whole, start = metrics.total_return(filled(returns)), case["kwargs"]["starting_value"]
    return float(whole) if not start else start * (1 + float(whole))


MEASURES: Final[dict[str, Callable[[Case], Any]]] = {
    "cum_returns_final": _grown,
    "max_drawdown": _growing(metrics.max_drawdown),
    "annual_return": _growing(metrics.annual_return),
    "cagr": _growing(metrics.annual_return),
    "calmar_ratio": _growing(metrics.calmar),
    "annual_volatility": _deviation,
    "omega_ratio": _omega,
    "sharpe_ratio": _over_rate(metrics.sharpe, "risk_free", "risk_free"),
    "downside_risk": _over_rate(metrics.downside_deviation, "target", "required_return"),
    "sortino_ratio": _over_rate(metrics.sortino, "target", "required_return"),
    "excess_sharpe": _excess,
    "alpha": _compared(metrics.alpha, periods=252),
    "beta": _compared(metrics.beta),
    "tail_ratio": lambda case: metrics.tail_ratio(kept(numbers(case["args"][0]))[0]),
    "value_at_risk": _loss,
}


CALLS: Final = [(name, number) for name in MEASURES for number in range(len(CASES[name]))]


@pytest.mark.parametrize(("name", "number"), CALLS)
def test_a_call_of_empyrical_s_tests(name: str, number: int) -> None:
    case = CASES[name][number]
    found, expected = MEASURES[name](case), case["result"]
    if expected is None or math.isinf(expected):
        assert found is None
    else:
        assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_most_of_the_calls_are_compared() -> None:
    assert len(CALLS) >= 270


@pytest.mark.parametrize("number", range(len(CASES["roll_sharpe_ratio"])))
def test_a_rolling_ratio_is_that_of_empyrical(number: int) -> None:
    case = CASES["roll_sharpe_ratio"][number]
    returns, window = filled(numbers(case["args"][0])), int(case["kwargs"]["window"])
    if None in numbers(case["args"][0]) or len(returns) < window:
        return
    frame = metrics.rolling(returns, window=window, periods=252, figures=["sharpe"])
    found = [None if value is None else float(value) for value in frame["sharpe"].to_list()[window - 1 :]]
    for own, expected in zip(found, numbers(case["result"]), strict=True):
        assert own is None if expected is None or math.isinf(expected) else own == pytest.approx(expected, rel=1e-9)


def test_a_value_that_is_missing_is_refused() -> None:
    with pytest.raises(InputError, match="row 0"):
        metrics.sharpe([None, 0.01, 0.02], periods=252)  # type: ignore[list-item]
    with pytest.raises(NonFiniteInput):
        metrics.sharpe([math.nan, 0.01, 0.02], periods=252)
