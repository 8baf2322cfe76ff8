"""`data.history(output="pandas")`: the shapes that Zipline's windows have."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from rustybt.errors import InputError, MissingExtra
from tests.unit._small import DAYS, ingest, ingest_minutes, seen

pd = pytest.importorskip("pandas")
OPENS = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _bars() -> None:
    ingest({"A": [10, 11, None, 13, 14], "B": [20, 21, 22, 23, 24]}, volume=100)


def asked(assets: str | list[str], fields: Any, count: int, frequency: str = "1d", **how: Any) -> Any:
    def look(context: Any, data: Any) -> Any:
        one = context.symbol(assets) if isinstance(assets, str) else [context.symbol(name) for name in assets]
        return data.history(one, fields, count, frequency, **{"output": "pandas"} | how)

    return seen(look, bar=4)


def test_one_asset_and_one_field_are_a_series_by_session() -> None:
    window = asked("A", "close", 3)
    assert isinstance(window, pd.Series)
    assert window.index.equals(pd.DatetimeIndex(DAYS[2:5]))
    assert window.index.tz is None
    assert window.name.symbol == "A"
    np.testing.assert_array_equal(window.to_numpy(), [np.nan, 13.0, 14.0])


def test_several_assets_are_the_columns_of_a_frame() -> None:
    window = asked(["B", "A"], "close", 2)
    assert [asset.symbol for asset in window.columns] == ["B", "A"]
    assert window[window.columns[1]].tolist() == [13.0, 14.0]
    assert window.iloc[-1].tolist() == [24.0, 14.0]
    assert window.pct_change().iloc[-1].tolist() == [24 / 23 - 1, 14 / 13 - 1]


def test_several_fields_have_a_row_for_each_session_and_asset() -> None:
    window = asked(["B", "A"], ["close", "volume"], 2)
    assert window.columns.tolist() == ["close", "volume"]
    assert window.index.names == ["date", None]
    assert [(day.date(), asset.symbol) for day, asset in window.index] == [
        (day, name) for day in DAYS[3:5] for name in ("A", "B")
    ]
    assert window["close"].tolist() == [13.0, 23.0, 14.0, 24.0]
    assert window["volume"].tolist() == [100.0] * 4


def test_one_asset_and_several_fields_have_a_row_for_each_session() -> None:
    window = asked("A", ["open", "close"], 2)
    assert window.shape == (2, 2)
    assert window.loc[str(DAYS[4])]["close"].tolist() == [14.0]


def test_a_window_is_the_strategys_own_to_change() -> None:
    window = asked(["A", "B"], "close", 2)
    window.iloc[0, 0] = 0
    assert asked(["A", "B"], "close", 2).iloc[0, 0] == 13.0


def test_minutes_have_their_end_in_utc() -> None:
    ingest_minutes({"A": [10, 11, 12]}, OPENS)

    def look(context: Any, data: Any) -> Any:
        return data.history(context.symbol("A"), "close", 2, "1m", output="pandas")

    window = seen(look, bar=2, data_frequency="minute", days=1)
    assert window.index.tolist() == [pd.Timestamp(OPENS) + pd.Timedelta(minutes=minutes) for minutes in (2, 3)]
    assert window.tolist() == [11.0, 12.0]


@pytest.mark.parametrize("how", [{"timestamps": True}, {"dtype": Decimal}])
def test_times_and_decimals_are_not_for_pandas(how: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="for floats without timestamps, 'pandas'"):
        asked("A", "close", 2, **how)


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from rustybt.core import pandas

    pandas.cache_clear()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"history\(output='pandas'\) needs pandas.*rustybt\[pandas\]"):
        asked("A", "close", 2)
    pandas.cache_clear()
