"""Whatever a measure is given, it answers, says None where its docstring does, or refuses in words of ours."""

from __future__ import annotations

import datetime as dt
import inspect
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt import metrics
from rustybt.errors import InputError, NonFiniteInput, RustyBTError
from tests._examples import examples

NO_MEASURES = {"load", "metrics_of", "register", "unregister"}
"""What finds sets of metrics by name."""
OF_INTEGERS = {"benchmark_statistics", "expanding_statistics", "growth_path", "statistics_columns"}
"""What a run makes its daily frame of: integers of a known scale, which it alone passes."""
OF_FRAMES = {
    *("further_figures", "risk_report", "ruined_on", "ruined_row", "summary", "with_statistics", "without_meaning"),
    *("brinson", "trade_table"),
}
MEASURES = sorted(
    name
    for name in metrics.__all__
    if inspect.isfunction(getattr(metrics, name)) and name not in NO_MEASURES | OF_INTEGERS
)
OF_SERIES = [name for name in MEASURES if name not in OF_FRAMES]
RETURNS = ["0.01", "-0.02", "0.03", "0.005"]
OTHERS = RETURNS[::-1]
DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
SERIES = ("returns", "benchmark", "exposure", "values", "results", "leverage", "numbers", "weights")
"""Parameters that are series of numbers."""
PLAIN: dict[str, Any] = dict.fromkeys(SERIES, RETURNS) | {
    "benchmark": OTHERS,
    "values": ["1", "2", "3", "4"],
    "periods": 252,
    "window": 2,
    "sessions": DAYS,
    "days": 30,
}
NAN = float("nan")
ODD_SERIES: list[Any] = [
    *([], ["0.01"], ["0", "0", "0", "0"], ["-1", "-2", "0", "0"], ["1e400"] * 4, [Decimal("1e-60")] * 4),
    *(["NaN", "0.1"], [NAN, 0.1, 0.2, 0.3], [math.inf, 0.1, 0.2, 0.3], [Decimal("sNaN")], [None, 0.1, 0.2, 0.3]),
    *("abc", b"abc", 5, 0.5, None, {"a": 1}, object(), [object()] * 4, ["abc"] * 4, [[1, 2], [3]], [1 + 2j], [b"x"]),
    *([True, False, True, False], [1e300, 1e300, -1e300, 0], {0.1, 0.2}, range(4)),
    *(pl.Series([], dtype=pl.Float64), pl.Series([], dtype=pl.Decimal(38, 18)), pl.Series(["a"]), pl.Series([None])),
    *(pl.Series([1.0, NAN]), pl.Series([[1.0]]), pl.Series([dt.date(2024, 1, 2)]), pl.DataFrame({"a": [1.0]})),
    *(np.array([]), np.array([[1.0, 2.0]]), np.array([NAN]), np.array(["a"]), pd.Series([], dtype=float)),
]
ODD_NUMBERS: list[Any] = [0, -1, -2, 1, 2, 2.5, True, None, "x", "252", "1e50", 10**30, NAN, math.inf, [0.1], {"a": 1}]
ODD_DATES: list[Any] = [[], 5, ["a"] * 4, [1, 2, 3, 4], DAYS[:2], DAYS[::-1], [None] * 4, "abcd", pl.Series(DAYS)]
ODD_TEXTS: list[Any] = ["x", "", None, 5, [], ["x"], ["x", 5]]


def call_of(name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A measure, and arguments with which it answers."""
    function = getattr(metrics, name)
    given = {
        parameter.name: PLAIN[parameter.name]
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.name in PLAIN
    }
    if name == "component_value_at_risk":
        given = {"returns": {"a": RETURNS, "b": OTHERS}, "weights": {"a": "0.5", "b": "0.5"}}
    if name == "factor_regression":
        given["factors"] = {"a": OTHERS}
    if name == "table":
        given["periods"] = 252
    return function, given


def odd_values(parameter: str, plain: Any) -> list[Any]:
    """What may be passed for it that is not as it should be, and sometimes is."""
    if parameter in SERIES or parameter == "factors":
        named = [{"a": odd, "b": OTHERS} for odd in ODD_SERIES] if isinstance(plain, dict) else []
        return [*ODD_SERIES, RETURNS[:2], *named, {}, {5: RETURNS}]
    if parameter == "sessions":
        return ODD_DATES
    if parameter in ("every", "method", "figures"):
        return ODD_TEXTS
    return [*ODD_NUMBERS, *(ODD_SERIES if parameter in ("risk_free", "target") else [])]


@pytest.mark.parametrize("name", OF_SERIES)
def test_a_measure_answers_what_it_is_given_or_refuses_in_words(name: str) -> None:
    function, given = call_of(name)
    function(**given)
    for parameter in inspect.signature(function).parameters:
        for odd in odd_values(parameter, given.get(parameter)):
            asked(function, given | {parameter: odd})


@settings(max_examples=examples(200))
@given(st.data())
def test_a_measure_of_several_odd_arguments_too(data: st.DataObject) -> None:
    function, given = call_of(data.draw(st.sampled_from(OF_SERIES)))
    numbers = st.none() | st.integers() | st.floats() | st.decimals() | st.text(max_size=3) | st.booleans()
    for parameter in inspect.signature(function).parameters:
        odd = st.sampled_from(odd_values(parameter, given.get(parameter)))
        if parameter in SERIES and not isinstance(given.get(parameter), dict):
            odd |= st.lists(numbers, max_size=6)
        if data.draw(st.booleans()):
            given[parameter] = data.draw(odd)
    asked(function, given)


def asked(function: Callable[..., Any], given: dict[str, Any]) -> None:
    """Asks; what comes of it is an answer of its kind or an error of ours."""
    try:
        answer = function(**given)
    except RustyBTError:
        return
    except Exception as error:
        raise AssertionError(f"{function.__name__}({given!r})") from error
    if answer is None:
        assert "None" in (function.__doc__ or ""), (function.__name__, given)
    if isinstance(answer, Decimal):
        assert answer.is_finite(), (function.__name__, given)


PERIODIC = [name for name in OF_SERIES if "periods" in inspect.signature(getattr(metrics, name)).parameters]
COMPARED = [name for name in OF_SERIES if "benchmark" in inspect.signature(getattr(metrics, name)).parameters]


@pytest.mark.parametrize("name", PERIODIC)
def test_sessions_per_year_are_a_positive_number(name: str) -> None:
    function, given = call_of(name)
    for wrong in (0, -252, 2.5, "252", True, NAN):
        with pytest.raises(InputError, match=r"^periods: "):
            function(**given | {"periods": wrong})


@pytest.mark.parametrize("name", COMPARED)
def test_a_benchmark_of_another_length_is_refused(name: str) -> None:
    function, given = call_of(name)
    for wrong in (RETURNS[:2], [*RETURNS, "0.1"], []):
        more = {"benchmark": wrong} | ({"figures": ["beta"]} if name == "rolling" else {})
        with pytest.raises(InputError):
            function(**given | more)


@pytest.mark.parametrize(
    "name", [name for name in OF_SERIES if name not in ("component_value_at_risk", "concentration")]
)
def test_what_is_no_number_is_refused_whatever_is_beside_it(name: str) -> None:
    function, given = call_of(name)
    first = next(iter(inspect.signature(function).parameters))
    for wrong in (NAN, math.inf, -math.inf, "NaN"):
        with pytest.raises(NonFiniteInput):
            function(**given | {first: [*RETURNS[:3], wrong]})


@pytest.mark.parametrize("name", sorted(OF_FRAMES))
def test_a_frame_of_another_kind_is_refused(name: str) -> None:
    function = getattr(metrics, name)
    rustybt.ingest_sample()
    result = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-02-26")
    whole = result.trades if name == "trade_table" else result.daily
    more = {"periods": 252} if "periods" in inspect.signature(function).parameters else {}
    if name != "brinson":
        function(whole, **more)
    wrong = [5, None, "daily", [], {}, pl.DataFrame(), pl.DataFrame({"returns": [0.1]}), pd.DataFrame({"returns": [1]})]
    if name not in ("brinson", "trade_table"):
        floats = [pl.col(column).cast(pl.Float64) for column in ("portfolio_value", "returns")]
        wrong += [whole.with_columns(floats), whole.drop("returns")]
    for frame in wrong:
        with pytest.raises(InputError):
            function(frame, **more)
