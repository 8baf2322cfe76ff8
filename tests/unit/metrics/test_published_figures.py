"""Figures against published ones: PerformanceAnalytics' output, Bacon's book, and five libraries on one series.

Of the published rows those are left out whose figure is none of ours or is defined otherwise: cumulative capture, the
geometric Sharpe ratio, Sterling, pain, PSR and track record without kurtosis, kappa, M squared, appraisal and the like.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from rustybt import metrics

DATA: Final = Path(__file__).with_name("data")


@cache
def _read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def _column(data: str, name: str) -> list[float | None]:
    table, _, first = data.partition(", first ")
    rows: list[float | None] = _read(f"data_{table}")["columns"][name]
    return rows[: int(first.split()[0])] if first else rows


type Row = dict[str, Any]


def _series(row: Row) -> dict[str, list[float]]:
    """The returns that a row is about, and its benchmark's and riskless ones in the same months; without gaps."""
    params = row["params"]
    names = {"returns": row["column"]}
    for key, role in (("benchmark", "benchmark"), ("rf", "risk_free"), ("mar", "risk_free")):
        if isinstance(params.get(key), str) and params[key] in _read(f"data_{row['data'].split(',')[0]}")["columns"]:
            names[role] = params[key]
    if row["data"] == "portfolio_bacon":
        names["benchmark"] = "benchmark"
    columns = {role: _column(row["data"], name) for role, name in names.items()}
    kept = [month for month in zip(*columns.values(), strict=True) if None not in month]
    return {role: [month[place] for month in kept] for place, role in enumerate(columns)}


def _per_month(value: Decimal | None) -> float:
    """A ratio of months, from the annual one."""
    assert value is not None
    return float(value) / 12**0.5


def _rate(row: Row, count: int) -> list[Decimal] | list[float]:
    """The month's rate that a row was given, one for each month: a yearly one would be compounded."""
    if "risk_free" in (series := _series(row)):
        return series["risk_free"]
    given = row["params"].get("rf", row["params"].get("mar", row["params"].get("threshold", 0)))
    yearly, _, months = str(given).partition("/")
    number = Decimal(yearly) / Decimal(months or 1)
    return [number] * count


def _of_returns(function: Callable[..., Any], sign: int = 1, **given: Any) -> Callable[[Row], float]:
    return lambda row: sign * float(function(_series(row)["returns"], **given))


def _with_rate(function: Callable[..., Any], role: str, months: bool = False, **given: Any) -> Callable[[Row], float]:
    def measure(row: Row) -> float:
        returns = _series(row)["returns"]
        value = function(returns, **given, **{role: _rate(row, len(returns))})
        return _per_month(value) if months else float(value)

    return measure


def _compared(function: Callable[..., Any], *, rate: bool = False, **given: Any) -> Callable[[Row], float]:
    def measure(row: Row) -> float:
        series = _series(row)
        extra = {"risk_free": series["risk_free"]} if rate else {}
        return float(function(series["returns"], series["benchmark"], **given, **extra))

    return measure


def _excess(row: Row) -> list[list[Decimal]]:
    series = _series(row)
    return [
        [Decimal(repr(r)) - Decimal(repr(f)) for r, f in zip(series[role], series["risk_free"], strict=True)]
        for role in ("returns", "benchmark")
    ]


def _excess_beta(row: Row) -> float:
    return float(metrics.beta(*_excess(row)) or 0)


def _tail(method: str, row: Row, function: Callable[..., Any]) -> float:
    return -float(function(_series(row)["returns"], confidence=str(row["params"]["confidence"]), method=method))


def _active(row: Row, *, over_error: bool) -> float:
    """The difference of the annual returns, and what it is in units of the tracking error."""
    series = _series(row)
    own, other = (float(metrics.annual_return(series[role], periods=12) or 0) for role in ("returns", "benchmark"))
    return (own - other) / (_compared(metrics.tracking_error, periods=12)(row) if over_error else 1)


def _population(row: Row, figure: str) -> float:
    """Moments of the population, from the sample's: G1 and G2 undone."""
    returns = _series(row)["returns"]
    n = len(returns)
    if figure == "skewness":
        return float(metrics.skewness(returns) or 0) * (n - 2) / (n * (n - 1)) ** 0.5
    return (float(metrics.kurtosis(returns) or 0) * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1)


def _normal_tail(row: Row, function: Callable[..., Any]) -> float:
    """With the deviation of the population, which divides by n."""
    returns = _series(row)["returns"]
    mean = float(metrics.expectancy(returns) or 0)
    own = float(function(returns, confidence=str(row["params"]["confidence"]), method="normal"))
    return mean - (own + mean) * ((len(returns) - 1) / len(returns)) ** 0.5


def _half_of_kelly(row: Row) -> float:
    """Half of it, over the variance of the returns instead of those above the riskless rate."""
    returns = _series(row)["returns"]
    excess = [Decimal(repr(r)) - Decimal(repr(f)) for r, f in zip(returns, _rate(row, len(returns)), strict=True)]
    own, other = (float(metrics.volatility(part, periods=12) or 0) for part in (excess, returns))
    return float(metrics.kelly(excess, periods=12) or 0) / 2 * (own / other) ** 2


MEASURES: Final[dict[str, Callable[[Row], float]]] = {
    "VaR gaussian": lambda row: _normal_tail(row, metrics.value_at_risk),
    "ES gaussian": lambda row: _normal_tail(row, metrics.conditional_value_at_risk),
    "skewness, population": lambda row: _population(row, "skewness"),
    "excess kurtosis, population": lambda row: _population(row, "kurtosis"),
    "active premium (difference of annual geometric returns)": lambda row: _active(row, over_error=False),
    "information ratio (active premium / tracking error)": lambda row: _active(row, over_error=True),
    "ulcer index (root mean square of the drawdowns)": _of_returns(metrics.ulcer_index),
    "martin ratio": _of_returns(metrics.martin, periods=12),
    "R squared": lambda row: float(metrics.correlation(*_excess(row)) or 0) ** 2,
    "sharpe, per period": _with_rate(metrics.sharpe, "risk_free", months=True, periods=12),
    "sharpe, annualised (mean*12/sd*sqrt12)": _with_rate(metrics.sharpe, "risk_free", periods=12),
    "sortino, per period": _with_rate(metrics.sortino, "target", months=True, periods=12),
    "calmar": _of_returns(metrics.calmar, periods=12),
    "omega": _with_rate(metrics.omega, "target", periods=12),
    "downside deviation": _with_rate(metrics.downside_deviation, "target", months=True, periods=12),
    "VaR historical": lambda row: _tail("historical", row, metrics.value_at_risk),
    "VaR Cornish-Fisher": lambda row: _tail("cornish-fisher", row, metrics.value_at_risk),
    "ES historical": lambda row: _tail("historical", row, metrics.conditional_value_at_risk),
    "ES Cornish-Fisher (operational: not below VaR)": lambda row: _tail(
        "cornish-fisher", row, metrics.conditional_value_at_risk
    ),
    "tracking error (annual)": _compared(metrics.tracking_error, periods=12),
    "beta of excess returns": _excess_beta,
    "alpha, per period": lambda row: _compared(metrics.arithmetic_alpha, rate=True, periods=12)(row) / 12,
    "treynor (annual excess return / beta)": _compared(metrics.treynor, rate=True, periods=12),
    "maximum drawdown": _of_returns(metrics.max_drawdown, sign=-1),
    "annual return, geometric": _of_returns(metrics.annual_return, periods=12),
    "annual return, arithmetic": lambda row: 12 * _of_returns(metrics.expectancy)(row),
    "volatility, annual": _of_returns(metrics.volatility, periods=12),
    "excess kurtosis, sample": _of_returns(metrics.kurtosis),
    "kelly, half": _half_of_kelly,
    "bernardo-ledoit (gain/loss)": _of_returns(metrics.profit_factor),
}
ROWS: Final = [row for row in _read("performance_figures")["rows"] if row["metric"] in MEASURES]


def test_most_of_the_published_figures_are_compared() -> None:
    assert len(ROWS) >= 265
    assert {row["metric"] for row in ROWS} == set(MEASURES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['metric']} {row['data']} {row['column']}")
def test_a_published_figure(row: Row) -> None:
    found = MEASURES[row["metric"]](row)
    assert found == pytest.approx(row["recomputed"], rel=1e-9, abs=1e-13)
    if row["agrees"] and row["published"] is not None:
        assert abs(found - row["published"]) < 10.0 ** -row["decimals"]


def _sure(function: Callable[..., Any], reference: float, **more: Any) -> float:
    """Of the months of one index, against a ratio per month."""
    months = [value for value in _column("edhec", "Convertible Arbitrage") if value is not None]
    return float(function(months, periods=1, above=reference, **more))


def test_how_sure_a_sharpe_ratio_is_as_published() -> None:
    rows = {row["metric"]: row for row in _read("performance_figures")["rows"] if row["data"] == "edhec"}
    for name, function in (
        ("PSR", metrics.probabilistic_sharpe),
        ("minimum track record", metrics.minimum_track_record),
    ):
        row = rows[name]
        found = _sure(function, row["params"]["ref"])
        assert found == pytest.approx(row["recomputed"], rel=1e-9)
        assert abs(found - row["published"]) < 10.0 ** -row["decimals"]
    # after as many sessions as it asks for the probability is the confidence
    months = [value for value in _column("edhec", "Convertible Arbitrage") if value is not None]
    assert _sure(metrics.probabilistic_sharpe, 0.28) < 0.95
    assert _sure(metrics.minimum_track_record, 0.28) > len(months)


def test_the_parts_of_a_value_at_risk_as_published() -> None:
    (row,) = (one for one in _read("performance_figures")["rows"] if one["metric"].startswith("portfolio VaR"))
    names = list(_read("data_edhec")["columns"])[:3]
    returns = {name: _column("edhec, first 100 rows", name) for name in names}
    weights = dict(zip(names, ("0.3", "0.4", "0.3"), strict=True))
    frame = metrics.component_value_at_risk(returns, weights)  # type: ignore[arg-type]
    found = dict(frame.select("asset", "component").rows())
    assert [float(found[name]) for name in names] == pytest.approx(row["component"], rel=1e-9)
    assert float(sum(found.values())) == pytest.approx(row["published"], abs=5e-7)


# what a library computes by the definition that ours has, on 2,516 sessions of one share and another as the benchmark
_SAME: Final = {
    "annual_return": "annual return (CAGR)",
    "volatility": "volatility, annual",
    "sharpe": "sharpe, rf 0",
    "sortino": "sortino, target 0",
    "downside_deviation": "downside deviation, annual",
    "max_drawdown": "max drawdown",
    "calmar": "calmar",
    "omega": "omega, threshold 0",
    "tail_ratio": "tail ratio",
    "ulcer_index": "ulcer index",
    "beta": "beta",
    "alpha": "alpha, annual",
    "information_ratio": "information ratio, annual",
    "treynor": "treynor",
    "gain_to_pain": "gain to pain (daily)",
    "probabilistic_sharpe": "PSR against 0",
    "kelly": "kelly",
    "recovery_factor": "recovery factor",
}
_NEGATIVE: Final = {
    "var_95": "VaR 95 % historical",
    "var_95_normal": "VaR 95 % normal",
    "var_95_cornish_fisher": "VaR 95 % Cornish-Fisher",
    "cvar_95": "CVaR 95 % historical",
    "cvar_95_normal": "CVaR 95 % normal",
}
_OTHER: Final = {
    "skewness": ("skewness", "sample_G1"),
    "kurtosis": ("excess kurtosis", "sample_G2"),
    "up_capture": ("up capture", "morningstar_geometric_mean"),
    "down_capture": ("down capture", "morningstar_geometric_mean"),
}


@cache
def _three_stocks() -> dict[str, tuple[Decimal | None, Decimal | None]]:
    prices = _read("data_daily_three_stocks")["prices"]
    own, other = ([new / old - 1 for old, new in pairwise(prices[name])] for name in ("AAPL", "MSFT"))
    frame = metrics.table(own, periods=252, benchmark=other)
    return {figure: (value, error) for figure, value, error in frame.rows()}


@pytest.mark.parametrize("figure", [*_SAME, *_NEGATIVE, *_OTHER])
def test_a_figure_of_the_table_is_that_of_other_libraries(figure: str) -> None:
    value = _three_stocks()[figure][0]
    assert value is not None
    known = _read("libraries_compared")["figures"]
    name, key = (_SAME | _NEGATIVE).get(figure), "ours"
    expected = known[_OTHER[figure][0]][_OTHER[figure][1]] if name is None else known[name][key]
    assert float(-value if figure in _NEGATIVE else value) == pytest.approx(expected, rel=1e-9)


def test_the_error_of_the_sharpe_ratio_counts_skewness_and_kurtosis() -> None:
    error = _three_stocks()["sharpe"][1]
    known = _read("libraries_compared")["figures"]["sharpe standard error (Mertens 2002 / Opdyke 2007), annual"]
    assert error is not None
    assert float(error) == pytest.approx(known["ours"], rel=1e-9)


def test_a_riskless_rate_is_yearly() -> None:
    prices = _read("data_daily_three_stocks")["prices"]["AAPL"]
    returns = [new / old - 1 for old, new in pairwise(prices)]
    known = _read("libraries_compared")["figures"]
    for figure, name, function in (
        ("0.03", "sharpe, rf 3 % a year", metrics.sharpe),
        ("0.1", "omega, required 10 % a year", metrics.omega),
    ):
        role = "risk_free" if function is metrics.sharpe else "target"
        value = function(returns, periods=252, **{role: figure})  # type: ignore[operator]
        assert float(value) == pytest.approx(known[name]["ours"], rel=1e-9)
