"""Pictures of one kind each: what is in them comes from the result, on both libraries that draw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, MissingExtra
from rustybt.results import Result
from rustybt.results._drawn import KINDS
from rustybt.results._drawn._kinds import picture_of

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
    assert [sum(one.values) for one in bars if one] == [year.daily.height, year.trades.filter(~pl.col("open")).height]
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
        assert set(zip(mark.x, mark.values, strict=True)) <= filled
    assert {mark.name for mark in chart.marks} == {"enter long", "exit long", "enter short", "exit short"}


def test_a_loaded_result_is_drawn_with_the_prices_that_it_knows(year: Result, tmp_path: Path) -> None:
    loaded = Result.load(year.save(tmp_path / "run"))
    chart = picture_of(loaded, "trades", assets="AAPL").panels[0]
    assert sum(value is not None for value in chart.lines[0].values) == year.positions.height


def test_what_is_not_known_is_refused(year: Result, tmp_path: Path) -> None:
    for options, told in (
        ({"kind": "equities"}, "choose among equity, trades"),
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
