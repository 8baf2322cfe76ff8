"""Terms that a strategy asked for are drawn with its trades, of the result itself and of one that was saved."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rustybt
from rustybt.api import order_target_percent, symbol, symbols, term
from rustybt.indicators import ATR, MACD, RSI, SMA, Beta, BollingerBands, indicator
from rustybt.results import Result
from rustybt.results._drawn._kinds import picture_of
from rustybt.results._drawn._picture import Panel
from tests.unit._small import ingest_minutes
from tests.unit.report._pages import Page


@indicator(window=3, step=True)
def spread(values: Any) -> float:
    return float(values.max() - values.min())


@indicator(window=3, step=True)
def middle(values: Any) -> float:
    return float(values.max() + values.min()) / 2


def initialize(context: Any) -> None:
    context.asset = symbol("AAPL")
    context.fast = term(SMA, context.asset, window=5)
    term(SMA, context.asset, window=5)  # again: drawn once
    context.weekly = term(SMA, symbols("AAPL", "IBM"), "high", window=4, frequency="1w")
    context.rsi = term(RSI, context.asset)
    context.bands = term(BollingerBands, context.asset, window=10)
    context.macd = term(MACD, context.asset)
    context.beta = term(Beta, context.asset, window=9, against=symbol("IBM"))
    context.others = term(ATR, symbol("IBM")), term(spread, context.asset), term(middle, context.asset)
    term(SMA, context.asset, window=5000)  # without a value in the data, and never read


def handle_data(context: Any, data: Any) -> None:
    order_target_percent(context.asset, 1 if data.current_session.day < 15 else 0)
    context.record(
        fast=context.fast.now, rsi=context.rsi.now, weekly=context.weekly.now[0], lower=context.bands.lower.now
    )


def made(**options: Any) -> Result:
    return rustybt.run_algorithm(
        "2004-12-01", "2005-04-29", initialize=options.pop("initialize", initialize), handle_data=handle_data, **options
    )


@pytest.fixture(scope="module")
def result() -> Result:
    return made()


def saved(result: Result, folder: Path) -> Result:
    return Result.load(result.save(folder / "run"))


def stopped(_: Result, __: Path) -> Result:
    run = rustybt.Run("2004-12-01", "2005-04-29", initialize=initialize, handle_data=handle_data)
    run.until("2005-03-01")
    return rustybt.Run.restore(run.snapshot(), initialize=initialize, handle_data=handle_data).finish()


ALIKE: dict[str, Callable[[Result, Path], Result]] = {
    "itself": lambda result, _: result,
    "pickled": lambda result, _: pickle.loads(pickle.dumps(result)),
    "saved": saved,
    "stopped": stopped,
}


def without_recorded(panels: list[Panel]) -> list[Panel]:
    return [panel for panel in panels if panel.label not in ("fast", "rsi", "weekly", "lower")]


@pytest.mark.parametrize("how", ALIKE)
def test_terms_lie_over_the_prices_or_in_panels_of_their_own(result: Result, tmp_path: Path, how: str) -> None:
    own = how in ("itself", "stopped")
    picture = picture_of(ALIKE[how](result, tmp_path), "trades")
    chart, *below = picture.panels
    assert [line.name for line in chart.lines] == [
        "price",
        "SMA 5",
        "SMA high 4 1w",
        *(f"BollingerBands 10 2 {name}" for name in ("upper", "middle", "lower")),
        *(["middle"] if own else []),
    ]
    assert [panel.label for panel in below] == ["RSI 14", "MACD 12 26 9", "Beta 9 IBM", *(["spread"] if own else [])]
    assert [line.name for line in below[1].lines] == ["macd", "signal", "histogram"]
    assert ("middle not drawn: own code is not saved" in picture.title) == (not own)


def test_what_is_drawn_is_what_the_terms_said(result: Result) -> None:
    chart, rsi, *_ = picture_of(result, "trades").panels
    lines = {line.name: line.values for line in chart.lines} | {"rsi": rsi.lines[0].values}
    for name, recorded in (("SMA 5", "fast"), ("SMA high 4 1w", "weekly"), ("rsi", "rsi")):
        expected = result.recorded[recorded].to_list()
        assert len(expected) == result.daily.height
        assert lines[name] == [None if math.isnan(value) else value for value in expected]
    assert chart.x[0] == dt.date(2004, 12, 1)


def test_a_report_draws_them_with_the_prices(result: Result) -> None:
    """Each term that the picture has, and its values."""
    charts = Page(result.report(sections=["prices"]).html).data
    price, *lines = charts[0]["lines"]
    picture, *panels = picture_of(result, "trades").panels
    assert [line["name"] for line in lines] == [line.name for line in picture.lines[1:]]
    panes = {line["name"]: line["values"] for chart in charts[1:] for line in chart["lines"]}
    below = without_recorded(panels)
    assert list(panes) == [line.name for panel in below for line in panel.lines]
    drawn = {line["name"]: line["values"] for line in lines} | panes
    for name, recorded in (("SMA 5", "fast"), ("SMA high 4 1w", "weekly"), ("RSI 14", "rsi")):
        expected = [None if math.isnan(value) else value for value in result.recorded[recorded].to_list()]
        assert drawn[name] == [None if value is None else pytest.approx(value, rel=1e-5) for value in expected]
    assert len({line["colour"] for line in (price, *lines)}) == len(lines) + 1


def test_the_prices_themselves_are_drawn_once() -> None:
    """A second line would lie over theirs, which nobody would see."""

    def of_the_price(context: Any) -> None:
        context.asset = symbol("AAPL")
        context.fast = context.rsi = term(SMA, context.asset, window=1)
        context.weekly = term(SMA, symbols("AAPL", "IBM"), "price", window=1)
        context.bands = term(BollingerBands, context.asset, window=10)
        term(SMA, context.asset, "high", window=1)

    drawn = made(initialize=of_the_price)
    chart, *_ = picture_of(drawn, "trades").panels
    expected = [*(f"BollingerBands 10 2 {name}" for name in ("upper", "middle", "lower")), "SMA high 1"]
    assert [line.name for line in chart.lines if line.name not in ("lower", "fast", "rsi", "weekly")] == [
        "price",
        *expected,
    ]
    first, *_ = Page(drawn.report(sections=["prices"]).html).data
    assert [line["name"] for line in first["lines"]] == ["Price", *expected]


def test_nothing_is_computed_before_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    @indicator(window=2, step=True)
    def counted(values: Any) -> float:
        calls.append(1)
        return float(values[0])

    def unread(context: Any) -> None:
        initialize(context)
        term(counted, symbol("AAPL"))

    result = made(initialize=unread)
    assert result.metrics["sharpe"] is not None
    assert not calls
    assert not any("counted" in name for name in result.recorded.columns)
    picture_of(result, "trades")
    assert calls


def test_an_indicator_that_fails_when_it_is_drawn_is_told() -> None:
    @indicator(window=2, step=True)
    def breaks(values: Any) -> float:
        raise ZeroDivisionError

    def unread(context: Any) -> None:
        initialize(context)
        term(breaks, symbol("AAPL"))

    assert "breaks not drawn: its code raised ZeroDivisionError" in picture_of(made(initialize=unread), "trades").title


def test_more_terms_than_there_is_room_for_are_counted() -> None:
    def many(context: Any) -> None:
        initialize(context)
        for window in range(20, 30):
            term(SMA, context.asset, window=window)
            term(RSI, context.asset, window=window)

    picture = picture_of(made(initialize=many), "trades")
    assert len(picture.panels[0].lines) == 7
    # 16 lie over the prices, of which 6 are drawn; 14 have panels, of which 4 are
    assert "20 lines and panels of terms not drawn" in picture.title


@pytest.mark.parametrize("backend", ["matplotlib", "plotly"])
def test_both_libraries_draw_them(result: Result, tmp_path: Path, backend: Any) -> None:
    pytest.importorskip(backend, exc_type=ImportError)
    path = tmp_path / ("run.png" if backend == "matplotlib" else "run.html")
    figure = result.plot(path, kind="trades", backend=backend)
    assert path.stat().st_size > 10_000
    names = {one.name for one in figure.data} if backend == "plotly" else {
        text.get_text() for axes in figure.axes for text in (axes.get_legend().get_texts() if axes.get_legend() else ())
    }  # fmt: skip
    assert {"SMA 5", "BollingerBands 10 2 upper", "macd"} <= names


def test_in_a_run_of_minutes_each_bar_that_is_drawn_has_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    prices = [100 + k % 17 for k in range(600)]
    ingest_minutes({"A": prices}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))

    def start(context: Any) -> None:
        context.mean = term(SMA, symbol("A"), window=3)

    def trade(context: Any, data: Any) -> None:
        order_target_percent(symbol("A"), 1 if data.current_dt.minute < 30 else 0)

    result = rustybt.run_algorithm(
        "2021-02-01", "2021-02-01", initialize=start, handle_data=trade, bundle="small", data_frequency="minute"
    )
    (chart,) = picture_of(result, "trades").panels
    price, mean = chart.lines
    assert (price.name, mean.name) == ("price", "SMA 3")
    midnight = dt.datetime(2021, 2, 1)
    for moment, value, said in zip(chart.x, price.values, mean.values, strict=True):
        place = round((moment - midnight).total_seconds()) // 60 - 1
        if place < len(prices):
            assert value == prices[place]
            expected = None if place < 2 else pytest.approx(np.mean(prices[place - 2 : place + 1]))
            assert said == expected
