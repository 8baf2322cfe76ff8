"""Where the data of an asset end before the run does, its picture says so."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

import rustybt

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(30)]


def bars(symbol: str, days: list[dt.date]) -> pl.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), ["10"] * len(days))
    return pl.DataFrame({"symbol": symbol, "date": days, **prices, "volume": ["1000000"] * len(days)})


def run(*symbols: str) -> rustybt.Result:
    frame = pl.concat([bars("ENDED", DAYS[:12]), bars("TOO", DAYS[:12]), bars("EARLY", DAYS[:7]), bars("ON", DAYS)])

    def handle_data(context, data):
        for symbol in symbols:
            asset = context.symbol(symbol)
            if data.current_session == DAYS[1]:
                context.order(asset, 5)

    return rustybt.run(handle_data, frame, start=DAYS[0], end=DAYS[-1], trading_calendar="24/7")


def test_a_line_marks_where_the_data_of_what_was_traded_end() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.dates import date2num

    figure = run("ENDED", "TOO", "EARLY", "ON").plot(panels=["equity", "exposure", "trades"], show=False)
    _, exposure, trades = figure.axes
    ends = [date2num(DAYS[6]), date2num(DAYS[11])]
    for axes in (exposure, trades):
        lines = [line for line in axes.get_lines() if line.is_dashed()]
        assert [date2num(line.get_xdata()[0]) for line in lines] == ends
    assert [text.get_text() for text in trades.texts] == ["EARLY: data end", "2 assets: data end"]
    assert not exposure.texts


def test_of_what_has_data_to_the_end_or_was_not_traded_there_is_none() -> None:
    pytest.importorskip("matplotlib")
    _, trades = run("ON").plot(panels=["equity", "trades"], show=False).axes
    assert not trades.texts


def test_a_drawdown_has_no_ticks_below_all_that_can_be_lost() -> None:
    pytest.importorskip("matplotlib")
    closes = ["10", "10", "5", "1", "0.5", "0.5"]
    prices = dict.fromkeys(("open", "high", "low", "close"), closes)
    frame = pl.DataFrame({"symbol": "FALLS", "date": DAYS[:6], **prices, "volume": ["1000000"] * 6})

    def handle_data(context, data):
        context.order_target_percent(context.symbol("FALLS"), 1)

    result = rustybt.run(handle_data, frame, trading_calendar="24/7")
    _, drawdown = result.plot(panels=["equity", "drawdown"], show=False).axes
    assert drawdown.get_ylim()[0] < -1  # the label of the lowest point has room below it
    ticks = drawdown.get_yticks()
    assert len(ticks) >= 3
    assert -1 <= min(ticks) < -0.7
