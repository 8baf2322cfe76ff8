"""What the figures are called on a page, how they are written, and where each is defined."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import Final, NamedTuple

from rustybt import metrics
from rustybt.results._text import shown


class Named(NamedTuple):
    """A figure: its label, its style as of `shown`, and the function of `rustybt.metrics` that defines it."""

    label: str
    style: str
    function: str


GROUPS: Final[dict[str, dict[str, Named]]] = {
    "Growth": {
        "total_return": Named("Total return", "percent", "total_return"),
        "annual_return": Named("Annual return, by sessions", "percent", "annual_return"),
        "calendar_return": Named("Annual return, by calendar", "percent", "calendar_return"),
        "best_session": Named("Best session", "percent", ""),
        "worst_session": Named("Worst session", "percent", ""),
        "expectancy": Named("Mean return of a session", "fine", "expectancy"),
    },
    "Risk": {
        "volatility": Named("Volatility", "percent", "volatility"),
        "downside_deviation": Named("Downside deviation", "percent", "downside_deviation"),
        "max_drawdown": Named("Deepest drawdown", "percent", "max_drawdown"),
        "ulcer_index": Named("Ulcer index", "percent", "ulcer_index"),
        "time_under_water": Named("Time under water", "percent", "time_under_water"),
        "longest_under_water": Named("Longest time under water, sessions", "count", "longest_under_water"),
        "skewness": Named("Skewness", "ratio", "skewness"),
        "kurtosis": Named("Excess kurtosis", "ratio", "kurtosis"),
    },
    "Return for risk": {
        "sharpe": Named("Sharpe ratio", "ratio", "sharpe"),
        "sharpe_low": Named("Sharpe ratio, lower end at 95 %", "ratio", "sharpe_interval"),
        "sharpe_high": Named("Sharpe ratio, upper end at 95 %", "ratio", "sharpe_interval"),
        "probabilistic_sharpe": Named("Probability of a Sharpe ratio above 0", "percent", "probabilistic_sharpe"),
        "minimum_track_record": Named("Sessions that show it at 95 %", "ratio", "minimum_track_record"),
        "sortino": Named("Sortino ratio", "ratio", "sortino"),
        "calmar": Named("Calmar ratio", "ratio", "calmar"),
        "omega": Named("Omega", "ratio", "omega"),
        "martin": Named("Martin ratio", "ratio", "martin"),
        "gain_to_pain": Named("Gain to pain", "ratio", "gain_to_pain"),
        "tail_ratio": Named("Tail ratio", "ratio", "tail_ratio"),
        "recovery_factor": Named("Recovery factor", "ratio", "recovery_factor"),
        "kelly": Named("Kelly fraction", "ratio", "kelly"),
    },
    "Sessions": {
        "win_rate": Named("Sessions won", "percent", "win_rate"),
        "profit_factor": Named("Profit factor of sessions", "ratio", "profit_factor"),
        "payoff_ratio": Named("Payoff ratio of sessions", "ratio", "payoff_ratio"),
        "longest_winning_streak": Named("Longest run of gains", "count", "longest_streaks"),
        "longest_losing_streak": Named("Longest run of losses", "count", "longest_streaks"),
    },
    "Against the benchmark": {
        "benchmark_return": Named("Return of the benchmark", "percent", "total_return"),
        "benchmark_volatility": Named("Volatility of the benchmark", "percent", "volatility"),
        "alpha": Named("Alpha, as Zipline has it", "percent", "alpha"),
        "arithmetic_alpha": Named("Alpha, arithmetic", "percent", "arithmetic_alpha"),
        "beta": Named("Beta", "ratio", "beta"),
        "correlation": Named("Correlation", "ratio", "correlation"),
        "tracking_error": Named("Tracking error", "percent", "tracking_error"),
        "information_ratio": Named("Information ratio", "ratio", "information_ratio"),
        "treynor": Named("Treynor ratio", "ratio", "treynor"),
        "up_capture": Named("Up capture", "ratio", "up_capture"),
        "down_capture": Named("Down capture", "ratio", "down_capture"),
    },
    "Account": {
        "max_leverage": Named("Highest gross leverage", "ratio", "max_leverage"),
        "average_gross_leverage": Named("Average gross leverage", "ratio", "average_leverage"),
        "average_net_leverage": Named("Average net leverage", "ratio", "average_leverage"),
        "average_long_exposure": Named("Average long exposure", "percent", "average_exposure"),
        "average_short_exposure": Named("Average short exposure", "percent", "average_exposure"),
    },
}
NAMES: Final[dict[str, Named]] = {name: named for group in GROUPS.values() for name, named in group.items()}
METHODS: Final = {"": "Historical", "_normal": "Normal", "_cornish_fisher": "Cornish-Fisher"}
"""How value at risk is reckoned, by the ending of the figure's name."""


def written(value: Decimal | int | None, style: str, currency: str = "") -> str:
    """A figure as people read it; "fine" has four decimals of a per cent.

    >>> written(Decimal("0.000312"), "fine"), written(3, "count"), written(None, "ratio")
    ('0.0312%', '3', '–')
    """
    if value is None:
        return "–"
    if style == "fine":
        return f"{value * 100:,.4f}%"
    return shown(int(value) if style == "count" else value, style, currency)


def definition(function: str) -> tuple[str, str]:
    """What a figure is, and whose definition it is: of the docstring of its function; empty where there is none."""
    text = inspect.getdoc(getattr(metrics, function, None)) if function else None
    if not text:
        return "", ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    source = next((part.partition("Source: ")[2] for part in paragraphs if "Source: " in part), "")
    return paragraphs[0].replace("`", ""), source
