"""The risk report of the classic metrics: Zipline's own function on the same returns, key by key."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

from rustybt import metrics
from rustybt.core import decimal_column

E18 = 10**18

pytestmark = pytest.mark.parity


def sessions(first: dt.date, count: int) -> list[dt.date]:
    days = [first + dt.timedelta(days=day) for day in range(count * 2)]
    return [day for day in days if day.weekday() < 5][:count]


def ours(days: list[dt.date], columns: dict[str, Any]) -> dict[str, Any]:
    scaled = {name: [round(float(v) * 10**9) * 10**9 for v in values] for name, values in columns.items()}
    frame = pl.DataFrame([pl.Series("session", days), *(decimal_column(n, v, 18) for n, v in scaled.items())])
    return metrics.risk_report(frame, periods=252)


def ziplines(days: list[dt.date], columns: dict[str, Any]) -> dict[str, Any]:
    pd = pytest.importorskip("pandas")
    classic = pytest.importorskip("zipline.finance.metrics.metric")._ClassicRiskMetrics
    index = pd.DatetimeIndex(days)
    series = [pd.Series(np.round(columns[name], 9), index=index) for name in columns]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: dict[str, Any] = classic.risk_report(*series)
    return found


@pytest.mark.parametrize(("first", "count"), [((2020, 1, 2), 300), ((2020, 1, 31), 3), ((2020, 2, 28), 60)])
def test_every_span_has_ziplines_figures(first: tuple[int, int, int], count: int) -> None:
    rng = np.random.default_rng(count)
    days = sessions(dt.date(*first), count)
    columns = {
        "returns": rng.normal(0, 0.01, count),
        "benchmark_returns": rng.normal(0, 0.01, count),
        "gross_leverage": rng.uniform(0, 2, count),
    }
    columns["returns"][:1] = 0
    theirs, mine = ziplines(days, columns), ours(days, columns)
    assert mine.keys() == theirs.keys()
    for name, spans in theirs.items():
        assert len(mine[name]) == len(spans), name
        for a, b in zip(spans, mine[name], strict=True):
            assert a.keys() == b.keys()
            for key, value in a.items():
                if value is None or isinstance(value, str | int):
                    assert b[key] == value, (name, key)
                elif abs(value) < 1e19:  # a column of ours holds no more
                    assert float(b[key]) == pytest.approx(value, rel=1e-8, abs=1e-12), (name, key)
