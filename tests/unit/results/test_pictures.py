"""Pictures of one kind each: what is in them comes from the result, on both libraries that draw."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, MissingExtra, ResultError
from rustybt.results import Result
from rustybt.results._drawn import KINDS
from rustybt.results._drawn._kinds import picture_of
from tests.unit._small import loaded_without_bars

plotly = pytest.importorskip("plotly", exc_type=ImportError)


def handle_data(context: Any, data: Any) -> None:
    asset = context.symbol("AAPL")
    context.order_target_percent(asset, "0.9" if data.current_session.day < 15 else "-0.2")
    context.record(price=data.current(asset, "price"), day=data.current_session.day, word="text")


@pytest.fixture(scope="module")
def year() -> Result:
    return rustybt.run(handle_data, start="2010-01-04", end="2011-06-30", benchmark="MSFT")


@pytest.fixture(scope="module")
def two_days() -> Result:
    return rustybt.run(handle_data, start="2010-01-04", end="2010-01-05")


@pytest.fixture(scope="module")
def ruined() -> Result:
    def all_in(context: Any, data: Any) -> None:
        context.order_target_percent(context.symbol("AAPL"), -12)

    return rustybt.run(all_in, start="2010-01-04", end="2010-12-31")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("backend", ["matplotlib", "plotly"])
def test_each_kind_is_drawn(year: Result, tmp_path: Path, kind: Any, theme: Any, backend: Any) -> None:
    path = tmp_path / ("run.png" if backend == "matplotlib" else "run.json")
    figure = year.plot(path, kind=kind, theme=theme, backend=backend, dpi=40)
    assert path.stat().st_size > 2_000
    panels = picture_of(year, kind).panels
    if backend == "matplotlib":
        assert len(figure.axes) == len(panels)
        ground = figure.get_facecolor()
        assert all((part < 0.3) == (theme == "dark") for part in ground[:3])
    else:
        page = json.loads(path.read_text())
        traces = sum(len(p.lines) + len(p.marks) + (p.bars is not None) + (p.heat is not None) for p in panels)
        assert len(page["data"]) == traces


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", ["matplotlib", "plotly"])
def test_two_days_and_a_ruin_are_drawn_too(two_days: Result, ruined: Result, kind: Any, backend: Any) -> None:
    for result in (two_days, ruined):
        assert result.plot(kind=kind, backend=backend, show=False) is not None


def test_what_is_drawn_are_the_result_s_own_numbers(year: Result) -> None:
    (equity,) = picture_of(year, "equity").panels
    assert equity.lines[0].values == year.daily_float["portfolio_value"].to_list()
    (fall,) = picture_of(year, "drawdown").panels
    assert min(value for value in fall.lines[0].values if value is not None) == pytest.approx(
        float(year.metrics["max_drawdown"] or 0)
    )
    (table,) = picture_of(year, "monthly").panels
    assert table.heat is not None
    assert list(table.heat.rows) == ["2010", "2011"]
    months = rustybt.metrics.by_period(year.daily["returns"], year.daily["session"])
    assert [value for row in table.heat.values for value in row[:12] if value is not None] == [
        float(value) for value in months["total_return"]
    ]
    bars = [panel.bars for panel in picture_of(year, "distribution").panels]
    assert [sum(one.counts) for one in bars if one] == [year.daily.height, year.trades.filter(~pl.col("open")).height]
    sessions, quantiles, _ = picture_of(year, "distribution").panels
    assert sessions.bars is not None
    assert sessions.bars.ends == ("and below", "and above")
    found, normal = quantiles.lines
    returns = year.daily["returns"].cast(pl.Float64)
    assert found.values[0] == pytest.approx(returns.min())
    assert found.values[-1] == pytest.approx(returns.max())
    assert normal.values == quantiles.x
    assert float(np.median(normal.values)) == pytest.approx(returns.mean(), abs=2e-4)  # type: ignore[arg-type]
    paid, profit = picture_of(year, "costs").panels
    assert paid.lines[0].values[-1] == pytest.approx(float(year.costs.total))
    assert [line.values[-1] for line in profit.lines] == pytest.approx([float(year.costs.gross), float(year.costs.net)])
    sharpe, *_ = picture_of(year, "rolling", window=100).panels
    assert [value is None for value in sharpe.lines[0].values].count(True) == 99
    shares, held = picture_of(year, "exposure").panels
    assert [line.name for line in shares.lines] == ["long", "short", "net"]
    assert set(held.lines[0].values) <= {0, 1}


def test_entries_and_exits_stand_at_the_prices_of_their_fills(year: Result) -> None:
    chart, day = picture_of(year, "trades").panels
    assert [line.name for line in chart.lines] == ["price", "price"]
    closes = dict(zip(chart.x, chart.lines[0].values, strict=True))
    known = dict(year.positions.select("session", pl.col("last_sale_price").cast(float)).rows())
    assert {session: closes[session] for session in known} == known
    assert (day.label, day.lines[0].values[0]) == ("day", 4)
    filled = set(year.transactions.select("session", pl.col("price").cast(float)).rows())
    for mark in chart.marks:
        assert set(zip(mark.x, mark.y, strict=True)) <= filled
    assert {mark.name for mark in chart.marks} == {"enter long", "exit long", "enter short", "exit short"}


def test_a_loaded_result_is_drawn_with_the_prices_that_it_knows(year: Result, tmp_path: Path) -> None:
    whole = Result.load(year.save(tmp_path / "whole"))
    assert picture_of(whole, "trades", assets="AAPL") == picture_of(year, "trades", assets="AAPL")
    loaded = loaded_without_bars(year, tmp_path / "run")
    chart = picture_of(loaded, "trades", assets="AAPL").panels[0]
    assert sum(value is not None for value in chart.lines[0].values) == year.positions.height


def test_what_is_not_known_is_refused(year: Result, tmp_path: Path) -> None:
    for options, told in (
        ({"kind": "equities"}, "choose among equity, trades"),
        ({"kind": ["equity"]}, "choose among equity, trades"),
        ({"path": tmp_path / "run.html"}, r'backend="plotly"'),
        ({"kind": "equity", "backend": "bokeh"}, "choose among matplotlib, plotly"),
        ({"kind": "equity", "theme": "blue"}, "choose light or dark"),
        ({"theme": "blue"}, "choose light or dark"),
        ({"backend": "plotly"}, "draws one kind of picture"),
        ({"kind": "equity", "panels": ["costs"]}, "panels= are those of the whole run"),
        ({"kind": "trades", "assets": "MSFTX"}, "the run did not look at 'MSFTX'"),
        ({"kind": "trades", "assets": []}, "Pass from 1 to 12"),
        ({"kind": "equity", "backend": "plotly", "path": tmp_path / "run.png"}, r"ends in \.html or \.json"),
        ({"kind": "equity", "path": tmp_path / "run.xyz"}, "no pictures of the format"),
    ):
        with pytest.raises(InputError, match=told):
            year.plot(**options)  # type: ignore[arg-type]


def test_the_whole_run_is_drawn_in_the_dark(year: Result, tmp_path: Path) -> None:
    figure = year.plot(tmp_path / "run.png", theme="dark", dpi=40)
    assert len(figure.axes) == 5
    colours = {line.get_color() for axes in figure.axes for line in axes.lines}
    assert "#1f5fa8" not in colours
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_plotly_is_loaded_where_it_draws_alone(monkeypatch: pytest.MonkeyPatch, year: Result) -> None:
    code = "import sys, rustybt, rustybt.results._drawn; print('plotly' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    monkeypatch.setitem(sys.modules, "plotly.subplots", None)
    with pytest.raises(MissingExtra, match=r"rustybt\[plotly\]"):
        year.plot(kind="equity", backend="plotly")


def test_text_of_users_is_no_markup(year: Result, tmp_path: Path) -> None:
    year.manifest["strategy"] = "<b>$5 & more</b>"
    try:
        figure = year.plot(tmp_path / "run.html", kind="equity", backend="plotly")
        assert "&lt;b&gt;$5 &amp; more" in figure.layout.title.text
        assert year.plot(tmp_path / "run.png", kind="equity", dpi=40) is not None
    finally:
        year.manifest["strategy"] = "handle_data"


def test_the_text_of_a_table_stands_out_from_its_cell(year: Result) -> None:
    from matplotlib.colors import to_rgb

    def luminance(colour: Any) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for theme in ("light", "dark"):
        axes = year.plot(kind="monthly", theme=theme, show=False).axes[0]
        image = axes.images[0]
        colours = set()
        for text in axes.texts:
            if not text.get_text().endswith("%") or text.xy == (0, 1):
                continue
            column, row = text.xy
            cell = luminance(image.to_rgba(image.get_array()[row, column])[:3])
            own = luminance(text.get_color())
            assert (max(own, cell) + 0.05) / (min(own, cell) + 0.05) >= 3.9, (theme, text)
            colours.add(text.get_color())
        page = year.plot(kind="monthly", theme=theme, backend="plotly", show=False)
        assert {one.font.color for one in page.layout.annotations} == colours
        assert len(colours) == 2


@pytest.fixture(scope="module")
def minutes() -> Result:
    """Two sessions of ten minutes each; bought at a minute and sold at another, flat at each close."""
    from datetime import datetime, timedelta

    rows = [
        {
            "symbol": "A",
            "date": datetime.fromisoformat(f"{day} 14:31") + timedelta(minutes=minute),
            "close": 50 + minute,
        }
        for day in ("2024-01-02", "2024-01-03")
        for minute in range(10)
    ]
    frame = pl.DataFrame(rows).with_columns(open="close", high="close", low="close", volume=10_000)
    market = rustybt.load_data(frame, data_frequency="minute", stamp="end", tz="UTC")

    def trade(context: Any, data: Any) -> None:
        minute = data.current_dt.minute
        if data.current_dt.hour == 14 and minute in (33, 36):
            context.order_target(context.symbol("A"), 10 if minute == 33 else 0)

    return rustybt.run(trade, market=market)  # type: ignore[arg-type]


def test_the_line_of_a_run_of_minutes_goes_through_its_marks(minutes: Result, tmp_path: Path) -> None:
    (chart,) = picture_of(minutes, "trades").panels
    path = dict(zip(chart.x, chart.lines[0].values, strict=True))
    assert {mark.name: len(mark.x) for mark in chart.marks} == {"enter long": 2, "exit long": 2}
    # each is filled at the minute after, at its close (spread aside)
    for mark in chart.marks:
        assert [moment.minute for moment in mark.x] == [34 if mark.name == "enter long" else 37] * 2
        assert [path[moment] for moment in mark.x] == pytest.approx(list(mark.y), abs=0.2)
    loaded = Result.load(minutes.save(tmp_path / "run"))
    picture = picture_of(loaded, "trades")
    assert "the bars of the run are not at hand" in picture.title
    assert [line.name for line in picture.panels[0].lines] == []
    assert loaded.plot(kind="trades", show=False) is not None


def test_a_picture_with_nothing_in_it_says_why(year: Result, minutes: Result, tmp_path: Path) -> None:
    (panel,) = picture_of(year, "rolling", window=5000).panels
    assert panel.told == "A window of 5000 sessions is longer than the run, which has 377."
    shares, held = picture_of(minutes, "exposure").panels
    assert (shares.told, held.told) == ("The run held nothing at any close.", "")

    def look(context: Any, data: Any) -> None:
        data.current(context.symbol("IBM"), "price")

    idle = rustybt.run(look, start="2010-01-04", end="2010-01-29")
    assert picture_of(idle, "trades", assets="IBM").panels[0].label == "IBM (not traded)"
    told = picture_of(loaded_without_bars(idle, tmp_path / "idle"), "trades", assets="IBM").panels[0].told
    assert told == "IBM was not traded, and its prices are not at hand."


@pytest.mark.parametrize(("name", "backend"), [("kept.svg", "matplotlib"), ("kept.html", "plotly")])
def test_a_picture_that_can_not_be_written_whole_leaves_the_one_that_was_there(
    name: str, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-29", progress=False)
    place = tmp_path / name
    result.plot(place, kind="equity", backend=backend)
    before = place.read_bytes()

    def full(self: Path, target: Any) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResultError, match="can't be written to"):
        result.plot(place, kind="drawdown", backend=backend)
    assert place.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [name]
