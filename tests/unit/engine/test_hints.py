"""What pandas, NumPy and Decimal trap people with gets a hint, on the error that it raises anyway."""

from __future__ import annotations

import decimal
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from rustybt import Result, run
from rustybt.api import date_rules, order, record, schedule_function
from rustybt.errors import BadSchedule, InputError, UnsupportedOrderParameters

FRAME = pl.DataFrame({"date": ["2024-01-02", "2024-01-03", "2024-01-04"], "close": [10, 11, 12]}).with_columns(
    open="close", high="close", low="close", volume=100
)
NAN = float("nan")
TRAPS: dict[str, tuple[type[Exception], str, Callable[[Any, Any, Any], object]]] = {
    "iloc": (AttributeError, "series[-1]", lambda c, d, a: d.history(a, "close", 2, "1d").iloc[-1]),
    "loc": (AttributeError, "frame['AAPL']", lambda c, d, a: d.history([a], "close", 2, "1d").loc["x"]),
    "frame[asset]": (TypeError, "frame[asset.symbol]", lambda c, d, a: d.history([a], "close", 2, "1d")[a]),
    "rolling": (AttributeError, "rolling_mean(20)", lambda c, d, a: d.history(a, "close", 2, "1d").rolling(2)),
    "frame.rolling": (TypeError, "rolling_mean(20)", lambda c, d, a: d.history([a], "close", 2, "1d").rolling(2)),
    "values": (AttributeError, "output='numpy'", lambda c, d, a: d.history(a, "close", 2, "1d").values),
    "pct_change": (
        AttributeError,
        "pl.all().pct_change()",
        lambda c, d, a: d.history([a], "close", 2, "1d").pct_change(),
    ),
    "mean(axis)": (TypeError, "mean_horizontal()", lambda c, d, a: d.history([a], "close", 2, "1d").mean(axis=1)),
    "dropna": (AttributeError, "drop_nulls()", lambda c, d, a: d.history(a, "close", 2, "1d").dropna()),
    "log of a column": (
        TypeError,
        "takes no Decimals",
        lambda c, d, a: np.log(d.history(a, "close", 2, "1d", dtype=Decimal)),
    ),
    "log of a scalar": (TypeError, "takes no Decimals", lambda c, d, a: np.log(d.current(a, "close"))),
    "if series": (TypeError, "series[-1] > 100", lambda c, d, a: bool(d.history(a, "close", 2, "1d") > 3)),
    "Decimal and float": (TypeError, "exact Decimals", lambda c, d, a: d.current(a, "close") * 0.5),
    "Decimal and NaN": (
        decimal.InvalidOperation,
        "compared or reckoned with NaN",
        lambda c, d, a: d.current(a, "close") > NAN,
    ),
    "Decimal and None": (TypeError, "if price is not None", lambda c, d, a: d.current(a, "close") > None),
    "data[text]": (TypeError, "data.current(symbol('AAPL'), 'price')", lambda c, d, a: d["AAPL"]),
    "history without frequency": (
        TypeError,
        "data.history(asset, 'price', 20, '1d')",
        lambda c, d, a: d.history(a, "price", 2),
    ),
    "asset.price": (AttributeError, "data.current(asset, 'price')", lambda c, d, a: a.price),
}
REFUSED: dict[str, tuple[type[Exception], str, Callable[[Any, Any, Any], object]]] = {
    "record without a name": (InputError, "record(price=5)", lambda c, d, a: record(5)),
    "order of a text": (UnsupportedOrderParameters, "symbol('A')", lambda c, d, a: order("A", 1)),
    "positions[text]": (InputError, "symbol('A')", lambda c, d, a: c.portfolio.positions["A"]),
    "current of a text": (InputError, "symbol('A')", lambda c, d, a: d.current("A", "price")),
    "a rule for a function": (
        BadSchedule,
        "the function to call",
        lambda c, d, a: schedule_function(date_rules.every_day),
    ),
    "a rule that is not called": (
        BadSchedule,
        "date_rules.every_day()",
        lambda c, d, a: schedule_function(idle, date_rules.every_day),
    ),
    "a rule as text": (BadSchedule, "date_rules.month_start()", lambda c, d, a: schedule_function(idle, "monthly")),
}


def idle(context: Any, data: Any) -> None:
    pass


def raised(trap: Callable[[Any, Any, Any], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is looked at
        run(lambda context, data: trap(context, data, context.symbol("A")), {"A": FRAME}, start="2024-01-03")
    assert caught.tb.tb_frame.f_code.co_filename == __file__
    return caught.value


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_keeps_its_error_and_gets_a_hint(name: str) -> None:
    kind, hint, trap = TRAPS[name]
    error = raised(trap)
    assert isinstance(error, kind)
    assert hint in "".join(error.__notes__)
    assert len(error.__notes__) == 2  # the hint and the moment


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_how_it_is_meant(name: str) -> None:
    kind, hint, trap = REFUSED[name]
    error = raised(trap)
    assert type(error) is kind
    assert hint in str(error)


def test_a_name_that_is_nearly_right_is_suggested_once() -> None:
    assert raised(lambda c, d, a: c.portfolio.cahs).__notes__[1:] == ["Did you mean cash?"]
    pythons = raised(lambda c, d, a: c.account.levrage)
    assert len(pythons.__notes__) == 1
    assert "Did you mean: 'leverage'?" in traceback.format_exception_only(pythons)[0]


def test_other_errors_get_no_hint() -> None:
    assert len(raised(lambda c, d, a: [].nothing).__notes__) == 1
    assert len(raised(lambda c, d, a: 1 / 0).__notes__) == 1


@pytest.fixture(scope="module")
def result() -> Result:
    return run(idle, {"A": FRAME})


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("sharpe", "result.metrics['sharpe']"),
        ("sharpe_ratio", "result.metrics['sharpe']"),
        ("sharp", "result.metrics['sharpe']"),
        ("portfolio_value", "result.daily['portfolio_value']"),
        ("returns", "result.daily['returns']"),
        ("fills", "result.transactions, a row a fill"),
        ("trade_log", "result.trades, a row for what was bought and sold"),
        ("equity", 'result.daily["portfolio_value"]'),
        ("stats", "result.metrics, or print(result)"),
    ],
)
def test_a_result_says_where_something_is(result: Result, name: str, place: str) -> None:
    with pytest.raises(AttributeError) as asked:
        getattr(result, name)
    with pytest.raises(TypeError) as indexed:
        result[name]
    assert asked.value.__notes__ == indexed.value.__notes__ == [f"It is {place}."]


def test_a_result_says_nothing_of_what_it_does_not_know(result: Result) -> None:
    assert not hasattr(result, "zzz")
    with pytest.raises(AttributeError, match="'Result' object has no attribute 'zzz'") as asked:
        result.zzz  # noqa: B018
    assert not hasattr(asked.value, "__notes__")


def test_a_figure_that_is_not_there_is_a_key_error_that_names_the_next(result: Result) -> None:
    with pytest.raises(KeyError) as asked:
        result.metrics["sharp"]
    assert (asked.value.args, asked.value.__notes__) == (("sharp",), ["Did you mean 'sharpe'?"])
    with pytest.raises(KeyError) as unknown:
        result.metrics["zzz"]
    assert "trading_days, " in unknown.value.__notes__[0]
    assert result.metrics.get("sharp") is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TrailingStopOrder", "Write execution.TrailingStopOrder, after: from rustybt.api import execution"),
        ("PerShare", "Write commission.PerShare, after: from rustybt.api import commission"),
        ("bracket_order", "Write: from rustybt.api import bracket_order"),
    ],
)
def test_a_name_that_was_not_imported_is_found(name: str, hint: str) -> None:
    with pytest.raises(NameError) as caught:
        run(lambda c, d: eval(name), FRAME, symbol="A")
    assert hint in caught.value.__notes__


def test_run_refuses_what_is_called_once() -> None:
    """It would be called with each bar, with the data in the place of its parameter."""

    def initialize(context: Any, lookback: int = 60) -> None:
        raise AssertionError

    def set_up(context: Any, lookback: int = 60) -> None:
        raise AssertionError

    for function in (initialize, set_up):
        with pytest.raises(InputError, match=rf"{function.__name__} is called once.*run_algorithm\(initialize="):
            run(function)
    with pytest.raises(InputError, match=r"handle_data=.*It is the first argument"):
        run(lambda context, data: None, handle_data=lambda context, data: None)  # type: ignore[call-arg]
