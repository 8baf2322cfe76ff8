"""Each measure against two implementations that know nothing of it: a library's where it has one, else ours by hand.

The table names them. A measure that is added without two of them fails.
"""

from __future__ import annotations

import inspect
import itertools
import math
import statistics
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rustybt import metrics

stats = pytest.importorskip("scipy.stats")
empyrical = pytest.importorskip("empyrical")
with pytest.importorskip("matplotlib").rc_context():  # it changes the looks of all pictures when it is imported
    quantstats = pytest.importorskip("quantstats").stats
regression = pytest.importorskip("statsmodels.regression.linear_model")

COUNT: Final = 400
_RNG: Final = np.random.default_rng(11)
B: Final[Any] = _RNG.normal(0.0004, 0.011, COUNT).round(8)
R: Final[Any] = (0.0003 + 0.6 * B + _RNG.standard_t(4, COUNT) * 0.006).round(8)
DAYS: Final[Any] = [day.date() for day in pd.bdate_range("2020-01-02", periods=COUNT)]
SERIES: Final[Any] = pd.Series(R, index=pd.DatetimeIndex(DAYS))
WEALTH: Final[Any] = np.cumprod(1 + R)
PEAK: Final[Any] = np.maximum.accumulate(np.concatenate([[1.0], WEALTH]))[1:]
UNDER: Final[Any] = 1 - WEALTH / PEAK
YEAR: Final[Any] = {"periods": 252}
ROOT: Final = math.sqrt(252)
NORMAL: Final = statistics.NormalDist()
MEAN, SD = statistics.fmean(R), statistics.stdev(R)
HELD: Final = {"a": 0.5, "b": -0.2, "c": 0.7}
LEVER: Final[Any] = np.abs(R) * 50
SEGMENTS: Final = [(0.6, 0.03, 0.5, 0.02), (0.4, -0.01, 0.5, 0.01)]

type Values = Any
type Source = Callable[[], Values]


def _by_hand(function: Callable[[list[float]], Any], numbers: Any = R) -> Source:
    return lambda: function([float(number) for number in numbers])


def _falls(returns: list[float]) -> list[float]:
    wealth = peak = 1.0
    found = []
    for value in returns:
        wealth *= 1 + value
        peak = max(peak, wealth)
        found.append(wealth / peak - 1)
    return found


def _longest(flags: list[bool]) -> int:
    return max((len(list(group)) for flag, group in itertools.groupby(flags) if flag), default=0)


def _longest_pandas(flags: Any) -> int:
    flags = pd.Series(flags)
    return int(flags.groupby((~flags).cumsum()).sum().max())


def _moments(values: list[float]) -> tuple[float, float]:
    mean = statistics.fmean(values)
    second, third, fourth = (statistics.fmean([(value - mean) ** power for value in values]) for power in (2, 3, 4))
    return third / second**1.5, fourth / second**2


def _error(skew: float, kurtosis: float) -> float:
    """Of the ratio per session."""
    ratio = MEAN / SD
    return math.sqrt((1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2) / COUNT)


def _moments_of_scipy() -> tuple[float, float]:
    return float(stats.skew(R)), float(stats.kurtosis(R, fisher=False))


def _bent(z: float, skew: float, kurtosis: float) -> float:
    excess = kurtosis - 3
    return z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36


def _capture(sign: int, mean: Callable[[Any], float]) -> float:
    picked = B * sign > 0
    return mean(R[picked]) / mean(B[picked])


def _geometric(values: Any) -> float:
    return math.exp(statistics.fmean([math.log1p(value) for value in values])) - 1


def _ols(*, lags: int | None = None) -> Any:
    how: dict[str, Any] = {} if lags is None else {
        "cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}
    }  # fmt: skip
    return regression.OLS(R, np.column_stack([np.ones(COUNT), B])).fit(**how)


def _newey_west(lags: int) -> list[float]:
    """By matrices."""
    x = np.column_stack([np.ones(COUNT), B])
    inverse = np.linalg.inv(x.T @ x)
    moments = x * (R - x @ (inverse @ x.T @ R))[:, None]
    middle = moments.T @ moments
    for lag in range(1, lags + 1):
        part = moments[lag:].T @ moments[:-lag]
        middle += (1 - lag / (lags + 1)) * (part + part.T)
    return list(np.sqrt(np.diag(inverse @ middle @ inverse) * COUNT / (COUNT - 2)))


def _columns() -> dict[str, Any]:
    return {"a": R, "b": B, "c": R[::-1]}


def _components() -> list[float]:
    rows = np.array(list(_columns().values()))
    weights = np.array(list(HELD.values()))
    covariance = np.cov(rows)
    return list(
        weights * (stats.norm.ppf(0.95) * covariance @ weights / np.sqrt(weights @ covariance @ weights) - rows.mean(1))
    )


def _components_by_change() -> list[float]:
    """What the whole changes by where a weight does, times the weight: it is of the first degree in the weights."""
    columns = _columns()

    def whole(weights: Mapping[str, float]) -> float:
        portfolio = [sum(weights[name] * columns[name][row] for name in columns) for row in range(COUNT)]
        return float(NORMAL.inv_cdf(0.95) * statistics.stdev(portfolio) - statistics.fmean(portfolio))

    step = 1e-5
    return [
        HELD[name] * (whole(HELD | {name: HELD[name] + step}) - whole(HELD | {name: HELD[name] - step})) / (2 * step)
        for name in HELD
    ]


def _segments() -> pl.DataFrame:
    rows = [(0, name, *map(str, one)) for name, one in zip("xy", SEGMENTS, strict=True)]
    names = ["period", "segment", "weight", "return", "benchmark_weight", "benchmark_return"]
    return pl.DataFrame(rows, names, orient="row")


def _brinson_by_hand() -> list[float]:
    level = sum(one[2] * one[3] for one in SEGMENTS)
    return [(w - v) * (b - level) for w, _, v, b in SEGMENTS] + [v * (r - b) for _, r, v, b in SEGMENTS]


def _brinson_by_arrays() -> list[float]:
    w, r, v, b = np.array(SEGMENTS).T
    return [*((w - v) * (b - v @ b)), *(v * (r - b))]


def _months() -> Any:
    return SERIES.groupby([SERIES.index.year, SERIES.index.month])


def _edges() -> list[float]:
    frame = metrics.histogram(R, bins=12)
    return [float(edge) for edge in (*frame["low"], frame["high"][-1])]


def _ours_by_asset() -> list[Decimal]:
    weights = {name: str(weight) for name, weight in HELD.items()}
    frame = metrics.component_value_at_risk(_columns(), weights)
    found = dict(frame.select("asset", "component").rows())
    return [found[name] for name in HELD]


# by measure: ours, and by source theirs
MEASURES: Final[dict[str, tuple[Source, dict[str, Source]]]] = {
    "total_return": (lambda: metrics.total_return(R), {
        "empyrical": lambda: empyrical.cum_returns_final(R),
        "hand": _by_hand(lambda r: math.prod(1 + x for x in r) - 1)}),
    "annual_return": (lambda: metrics.annual_return(R, **YEAR), {
        "empyrical": lambda: empyrical.annual_return(R), "numpy": lambda: WEALTH[-1] ** (252 / COUNT) - 1}),
    "calendar_return": (lambda: metrics.calendar_return(R, days=560), {
        "numpy": lambda: np.expm1(np.log1p(R).sum() * 365.25 / 560),
        "hand": _by_hand(lambda r: math.prod(1 + x for x in r) ** (365.25 / 560) - 1)}),
    "volatility": (lambda: metrics.volatility(R, **YEAR), {
        "empyrical": lambda: empyrical.annual_volatility(R), "statistics": lambda: SD * ROOT}),
    "sharpe": (lambda: metrics.sharpe(R, **YEAR), {
        "empyrical": lambda: empyrical.sharpe_ratio(R), "statistics": lambda: MEAN / SD * ROOT}),
    "sharpe_error": (lambda: metrics.sharpe_error(R, **YEAR), {
        "scipy": lambda: _error(*_moments_of_scipy()) * ROOT, "hand": lambda: _error(*_moments(list(R))) * ROOT}),
    "sharpe_interval": (lambda: metrics.sharpe_interval(R, **YEAR), {
        "scipy": lambda: stats.norm.interval(0.95, MEAN / SD * ROOT, _error(*_moments_of_scipy()) * ROOT),
        "hand": lambda: [
            (MEAN / SD + NORMAL.inv_cdf(part) * _error(*_moments(list(R)))) * ROOT for part in (0.025, 0.975)]}),
    "probabilistic_sharpe": (lambda: metrics.probabilistic_sharpe(R, **YEAR, above="0.5"), {
        "scipy": lambda: stats.norm.cdf(
            (MEAN / SD - 0.5 / ROOT) / (_error(*_moments_of_scipy()) * math.sqrt(COUNT / (COUNT - 1)))),
        "hand": lambda: NORMAL.cdf(
            (MEAN / SD - 0.5 / ROOT) * math.sqrt((COUNT - 1) / COUNT) / _error(*_moments(list(R))))}),
    "minimum_track_record": (lambda: metrics.minimum_track_record(R, **YEAR), {
        "scipy": lambda: 1 + COUNT * (_error(*_moments_of_scipy()) * stats.norm.ppf(0.95) / (MEAN / SD)) ** 2,
        "hand": lambda: 1 + COUNT * (_error(*_moments(list(R))) * NORMAL.inv_cdf(0.95) * SD / MEAN) ** 2}),
    "downside_deviation": (lambda: metrics.downside_deviation(R, **YEAR), {
        "empyrical": lambda: empyrical.downside_risk(R),
        "hand": _by_hand(lambda r: math.sqrt(statistics.fmean([min(x, 0) ** 2 for x in r]) * 252))}),
    "sortino": (lambda: metrics.sortino(R, **YEAR), {
        "empyrical": lambda: empyrical.sortino_ratio(R),
        "hand": _by_hand(
            lambda r: statistics.fmean(r) * ROOT / math.sqrt(statistics.fmean([min(x, 0) ** 2 for x in r])))}),
    "calmar": (lambda: metrics.calmar(R, **YEAR), {
        "empyrical": lambda: empyrical.calmar_ratio(R),
        "numpy": lambda: (WEALTH[-1] ** (252 / COUNT) - 1) / UNDER.max()}),
    "omega": (lambda: metrics.omega(R, **YEAR), {
        "empyrical": lambda: empyrical.omega_ratio(R), "quantstats": lambda: quantstats.omega(SERIES)}),
    "martin": (lambda: metrics.martin(R, **YEAR), {
        "numpy": lambda: (WEALTH[-1] ** (252 / COUNT) - 1) / np.sqrt((UNDER**2).mean()),
        "hand": _by_hand(lambda r: (math.prod(1 + x for x in r) ** (252 / COUNT) - 1)
                         / math.sqrt(statistics.fmean([x * x for x in _falls(r)])))}),
    "gain_to_pain": (lambda: metrics.gain_to_pain(R), {
        "quantstats": lambda: quantstats.gain_to_pain_ratio(SERIES), "numpy": lambda: R.sum() / -R[R < 0].sum()}),
    "tail_ratio": (lambda: metrics.tail_ratio(R), {
        "empyrical": lambda: empyrical.tail_ratio(R),
        "statistics": lambda: abs((q := statistics.quantiles(R, n=20, method="inclusive"))[-1] / q[0])}),
    "kelly": (lambda: metrics.kelly(R, **YEAR), {
        "statistics": lambda: MEAN / SD**2, "numpy": lambda: R.mean() / R.var(ddof=1)}),
    "recovery_factor": (lambda: metrics.recovery_factor(R), {
        "empyrical": lambda: empyrical.cum_returns_final(R) / -empyrical.max_drawdown(R),
        "hand": _by_hand(lambda r: (math.prod(1 + x for x in r) - 1) / -min(_falls(r)))}),
    "skewness": (lambda: metrics.skewness(R), {
        "scipy": lambda: stats.skew(R, bias=False), "pandas": SERIES.skew}),
    "kurtosis": (lambda: metrics.kurtosis(R), {
        "scipy": lambda: stats.kurtosis(R, bias=False), "pandas": SERIES.kurtosis}),
    "max_drawdown": (lambda: metrics.max_drawdown(R), {
        "empyrical": lambda: empyrical.max_drawdown(R), "hand": _by_hand(lambda r: min(_falls(r)))}),
    "max_drawdown_of_values": (lambda: metrics.max_drawdown_of_values([1, *WEALTH]), {
        "empyrical": lambda: empyrical.max_drawdown(R), "numpy": lambda: -UNDER.max()}),
    "ulcer_index": (lambda: metrics.ulcer_index(R), {
        "numpy": lambda: np.sqrt((UNDER**2).mean()),
        "quantstats": lambda: quantstats.ulcer_index(SERIES) * math.sqrt((COUNT - 1) / COUNT)}),
    "under_water": (lambda: metrics.under_water(R)["drawdown"], {
        "quantstats": lambda: quantstats.to_drawdown_series(SERIES), "hand": _by_hand(_falls)}),
    "time_under_water": (lambda: metrics.time_under_water(R), {
        "numpy": (UNDER > 1e-14).mean,
        "hand": _by_hand(lambda r: statistics.fmean(x < -1e-14 for x in _falls(r)))}),
    "longest_under_water": (lambda: metrics.longest_under_water(R), {
        "pandas": lambda: _longest_pandas(UNDER > 1e-14),
        "hand": _by_hand(lambda r: _longest([x < -1e-14 for x in _falls(r)]))}),
    "drawdowns": (lambda: metrics.drawdowns(R, count=1)["depth"], {
        "empyrical": lambda: [empyrical.max_drawdown(R)], "hand": _by_hand(lambda r: [min(_falls(r))])}),
    "value_at_risk": (lambda: [metrics.value_at_risk(R, method=how) for how in ("historical", "normal",
        "cornish-fisher")], {
        "scipy": lambda: [-np.percentile(R, 5), -stats.norm(MEAN, SD).ppf(0.05),
                          -(MEAN + _bent(stats.norm.ppf(0.05), *_moments_of_scipy()) * R.std())],
        "hand": lambda: [-statistics.quantiles(R, n=20, method="inclusive")[0],
                         -statistics.NormalDist(MEAN, SD).inv_cdf(0.05),
                         -(MEAN + _bent(NORMAL.inv_cdf(0.05), *_moments(list(R))) * statistics.pstdev(R))]}),
    "conditional_value_at_risk": (lambda: [metrics.conditional_value_at_risk(R, method=how) for how in ("historical",
        "normal")], {
        "numpy": lambda: [-R[np.percentile(R, 5) >= R].mean(), SD * stats.norm.pdf(stats.norm.ppf(0.05)) / 0.05 - MEAN],
        "hand": lambda: [-statistics.fmean([x for x in R if x <= statistics.quantiles(R, n=20, method="inclusive")[0]]),
                         SD * NORMAL.pdf(NORMAL.inv_cdf(0.05)) / 0.05 - MEAN]}),
    "win_rate": (lambda: metrics.win_rate(R), {
        "quantstats": lambda: quantstats.win_rate(SERIES), "numpy": (R > 0).mean}),
    "profit_factor": (lambda: metrics.profit_factor(R), {
        "quantstats": lambda: quantstats.profit_factor(SERIES), "numpy": lambda: R[R > 0].sum() / -R[R < 0].sum()}),
    "payoff_ratio": (lambda: metrics.payoff_ratio(R), {
        "quantstats": lambda: quantstats.payoff_ratio(SERIES), "numpy": lambda: R[R > 0].mean() / -R[R < 0].mean()}),
    "expectancy": (lambda: metrics.expectancy(R), {"statistics": lambda: MEAN, "numpy": R.mean}),
    "longest_streaks": (lambda: metrics.longest_streaks(R), {
        "quantstats": lambda: [quantstats.consecutive_wins(SERIES), quantstats.consecutive_losses(SERIES)],
        "hand": _by_hand(lambda r: [_longest([x > 0 for x in r]), _longest([x < 0 for x in r])])}),
    "beta": (lambda: metrics.beta(R, B), {
        "empyrical": lambda: empyrical.beta(R, B), "scipy": lambda: stats.linregress(B, R).slope}),
    "alpha": (lambda: metrics.alpha(R, B, **YEAR), {
        "empyrical": lambda: empyrical.alpha(R, B),
        "scipy": lambda: (1 + stats.linregress(B, R).intercept) ** 252 - 1}),
    "arithmetic_alpha": (lambda: metrics.arithmetic_alpha(R, B, **YEAR), {
        "statsmodels": lambda: _ols().params[0] * 252,
        "statistics": lambda: statistics.linear_regression(B, R).intercept * 252}),
    "correlation": (lambda: metrics.correlation(R, B), {
        "numpy": lambda: np.corrcoef(R, B)[0, 1], "statistics": lambda: statistics.correlation(R, B)}),
    "tracking_error": (lambda: metrics.tracking_error(R, B, **YEAR), {
        "empyrical": lambda: empyrical.annual_volatility(R - B), "statistics": lambda: statistics.stdev(R - B) * ROOT}),
    "information_ratio": (lambda: metrics.information_ratio(R, B, **YEAR), {
        "empyrical": lambda: empyrical.excess_sharpe(R, B) * ROOT,
        "quantstats": lambda: quantstats.information_ratio(SERIES, pd.Series(B, SERIES.index)) * ROOT}),
    "treynor": (lambda: metrics.treynor(R, B, **YEAR), {
        "empyrical": lambda: empyrical.annual_return(R) / empyrical.beta(R, B),
        "scipy": lambda: (WEALTH[-1] ** (252 / COUNT) - 1) / stats.linregress(B, R).slope}),
    "up_capture": (lambda: metrics.up_capture(R, B), {
        "scipy": lambda: _capture(1, lambda x: stats.gmean(1 + x) - 1), "hand": lambda: _capture(1, _geometric)}),
    "down_capture": (lambda: metrics.down_capture(R, B), {
        "scipy": lambda: _capture(-1, lambda x: stats.gmean(1 + x) - 1), "hand": lambda: _capture(-1, _geometric)}),
    "factor_regression": (lambda: metrics.factor_regression(R, {"b": B}, periods=252, lags=3).frame["error"], {
        "statsmodels": lambda: _ols(lags=3).bse, "numpy": lambda: _newey_west(3)}),
    "brinson": (lambda: [*(found := metrics.brinson(_segments(), link=None))["allocation"], *found["selection"]], {
        "hand": _brinson_by_hand, "numpy": _brinson_by_arrays}),
    "component_value_at_risk": (_ours_by_asset, {
        "numpy": _components, "hand, by change": _components_by_change}),
    "concentration": (lambda: metrics.concentration(list(HELD.values())), {
        "hand": lambda: sum((abs(x) / 1.4) ** 2 for x in HELD.values()),
        "numpy": lambda: np.square(list(HELD.values())).sum() / np.abs(list(HELD.values())).sum() ** 2}),
    "max_leverage": (lambda: metrics.max_leverage(LEVER), {"numpy": LEVER.max, "hand": lambda: max(LEVER.tolist())}),
    "average_leverage": (lambda: metrics.average_leverage(LEVER), {
        "numpy": LEVER.mean, "statistics": lambda: statistics.fmean(LEVER)}),
    "average_exposure": (lambda: metrics.average_exposure(LEVER * WEALTH, WEALTH), {
        "numpy": LEVER.mean, "statistics": lambda: statistics.fmean(LEVER)}),
    "by_period": (lambda: metrics.by_period(R, DAYS)["total_return"], {
        "pandas": lambda: _months().apply(lambda part: (1 + part).prod() - 1),
        "empyrical": lambda: empyrical.aggregate_returns(SERIES, "monthly")}),
    "rolling": (metrics.rolling(R, window=20, periods=252, figures=["volatility"])["volatility"].drop_nulls, {
        "pandas": lambda: SERIES.rolling(20).std().dropna() * ROOT,
        "empyrical": lambda: empyrical.roll_annual_volatility(SERIES, window=20)}),
    "histogram": (lambda: metrics.histogram(R, bins=12)["count"], {
        "numpy": lambda: np.histogram(R, _edges())[0],
        "pandas": lambda: pd.cut(R, _edges(), right=False).value_counts()}),
}  # fmt: skip
NO_MEASURES: Final = {
    "benchmark_statistics", "expanding_statistics", "further_figures", "growth_path", "load", "metrics_of",
    "metrics_sets", "register", "risk_report", "ruined_on", "ruined_row", "statistics_columns", "summary", "table",
    "trade_table", "unregister", "with_statistics", "without_meaning",
}  # fmt: skip
"""Functions that gather measures, or serve them."""


def _list(values: Values) -> list[float]:
    return [float(value) for value in (values if np.iterable(values) else [values])]


def test_every_measure_has_two_sources_that_are_not_ours() -> None:
    public = {name for name in metrics.__all__ if inspect.isfunction(getattr(metrics, name))}
    assert public - NO_MEASURES == set(MEASURES)
    assert [name for name, (_, sources) in MEASURES.items() if len(sources) < 2] == []


@pytest.mark.parametrize(
    ("name", "source"), [(name, source) for name, (_, sources) in MEASURES.items() for source in sources]
)
def test_a_measure_is_what_the_source_says(name: str, source: str) -> None:
    ours, sources = MEASURES[name]
    theirs = _list(sources[source]())
    near = 1e-6 if "by change" in source else 1e-9
    assert _list(ours()) == pytest.approx(theirs, rel=near, abs=1e-12)
