"""Indicators: causal arithmetic on columns of bars, for `term` in a run and for arrays.

Each one states its definition, its source and how many bars it takes to its first value.
"""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.indicators._indicator import AGAINST, FIELD, FIELDS, Indicator

if TYPE_CHECKING:
    from rustybt.indicators._averages import EMA, SMA, VWAP, WMA, SessionVWAP
    from rustybt.indicators._oscillators import CCI, MACD, RSI, Stochastic
    from rustybt.indicators._own import indicator
    from rustybt.indicators._ranges import (
        ADX,
        ATR,
        DI,
        OBV,
        BollingerBands,
        DonchianChannels,
        HeikinAshi,
        Ichimoku,
        KeltnerChannels,
        SuperTrend,
        TrueRange,
    )
    from rustybt.indicators._statistics import (
        Beta,
        Correlation,
        Highest,
        LinearRegression,
        Lowest,
        Momentum,
        Rank,
        Returns,
        StandardDeviation,
        Volatility,
        ZScore,
    )
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.indicators._averages": (
                "EMA",
                "SMA",
                "VWAP",
                "WMA",
                "SessionVWAP",
            ),
            "rustybt.indicators._oscillators": (
                "CCI",
                "MACD",
                "RSI",
                "Stochastic",
            ),
            "rustybt.indicators._own": ("indicator",),
            "rustybt.indicators._ranges": (
                "ADX",
                "ATR",
                "DI",
                "OBV",
                "BollingerBands",
                "DonchianChannels",
                "HeikinAshi",
                "Ichimoku",
                "KeltnerChannels",
                "SuperTrend",
                "TrueRange",
            ),
            "rustybt.indicators._statistics": (
                "Beta",
                "Correlation",
                "Highest",
                "LinearRegression",
                "Lowest",
                "Momentum",
                "Rank",
                "Returns",
                "StandardDeviation",
                "Volatility",
                "ZScore",
            ),
        },
    )


__all__ = [
    "ADX",
    "AGAINST",
    "ATR",
    "CCI",
    "DI",
    "EMA",
    "FIELD",
    "FIELDS",
    "MACD",
    "OBV",
    "RSI",
    "SMA",
    "VWAP",
    "WMA",
    "Beta",
    "BollingerBands",
    "Correlation",
    "DonchianChannels",
    "HeikinAshi",
    "Highest",
    "Ichimoku",
    "Indicator",
    "KeltnerChannels",
    "LinearRegression",
    "Lowest",
    "Momentum",
    "Rank",
    "Returns",
    "SessionVWAP",
    "StandardDeviation",
    "Stochastic",
    "SuperTrend",
    "TrueRange",
    "Volatility",
    "ZScore",
    "indicator",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
