"""A Result's figures, its short texts and its picture."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

import rustybt
from rustybt import core, metrics
from rustybt.core import decimal_column
from rustybt.errors import InputError, MissingExtra
from rustybt.results import Result, summary_of
from tests.unit.results.conftest import daily_frame

type Make = Callable[..., Result]


def test_the_statistics_are_added_to_the_daily_rows(make_result: Make) -> None:
    daily = make_result().daily
    for name in metrics.STATISTICS:
        assert daily.schema[name] == pl.Decimal(38, 18)
    assert daily["algorithm_period_return"].to_list() == [0, Decimal("0.009999"), Decimal("-0.040501")]
    assert daily["max_drawdown"].to_list() == [0, 0, Decimal("-0.050000049504999510")]
    assert daily["max_leverage"].to_list() == [0, Decimal("0.5"), Decimal("0.5")]
    assert daily["sharpe"][0] is None
    assert daily["trading_days"].to_list() == [1, 2, 3]
    assert daily["period_label"].to_list() == ["2024-01"] * 3


def test_the_figures_cover_returns_risk_leverage_exposure_and_activity(make_result: Make) -> None:
    figures = make_result().metrics
    assert figures["total_return"] == Decimal("-0.040501")
    assert figures["starting_value"] == 100_000
    assert figures["final_value"] == Decimal("95949.90")
    assert figures["pnl"] == Decimal("-4050.10")
    assert figures["average_gross_leverage"] == Decimal("0.323333333333333333")
    assert (figures["orders"], figures["transactions"], figures["trading_days"]) == (2, 2, 3)
    assert figures["commission"] == Decimal("1.1")
    assert figures["average_short_exposure"] == 0


def test_what_a_caller_adds_to_the_manifest_stays(make_result: Make) -> None:
    result = make_result()
    result.manifest["strategy"] = "renamed"
    assert result.manifest["strategy"] == "renamed"
    assert "renamed" in repr(result)


def test_a_result_describes_itself_in_one_line(make_result: Make) -> None:
    assert repr(make_result()) == (
        "<Result golden cross: 2024-01-08 to 2024-01-10, return -4.05%, "
        "Sharpe -6.58, max drawdown -5.00%, 2 transactions>"
    )


def test_the_notebook_table_escapes_every_text(make_result: Make) -> None:
    result = make_result(manifest={"strategy": "<script>alert('x')</script>", "currency": "<b>", "bundle": "<i>&"})
    page = result._repr_html_()
    for raw in ("<script", "<b>", "<i>"):
        assert raw not in page
    assert "&lt;script&gt;" in page
    assert "-4.05%" in page
    assert "Sortino ratio" in page


def test_the_summary_has_name_period_figures_and_hash(make_result: Make) -> None:
    result = make_result(manifest={"strategy": "[bold]x", "currency": "USD"})
    name, period, rows = summary_of(result)
    assert (name, period) == ("[bold]x", "2024-01-08 to 2024-01-10")
    assert ("Value at the end", "95,949.90 USD") in rows
    assert rows[-1] == ("Ledger hash", result.ledger_hash[:16])


def test_a_run_without_sessions_has_undefined_figures_and_no_picture(make_result: Make) -> None:
    full = make_result()
    frames = {name: frame.clear() for name, frame in full.frames().items()}
    base = frames["daily"].select(daily_frame().columns)
    empty = make_result(**(frames | {"daily": base}))
    assert empty.metrics["total_return"] is None
    assert "return -" in repr(empty)
    assert empty.daily.columns == full.daily.columns
    assert empty.to_pandas().empty
    with pytest.raises(InputError, match="no session"):
        empty.plot()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_is_written_without_a_window_system(make_result: Make, tmp_path: Path, suffix: str) -> None:
    import matplotlib as mpl

    file = tmp_path / "new folder" / f"equity.{suffix}"
    backend = mpl.get_backend(auto_select=False)
    figure = make_result(manifest={"strategy": "costs $5 and $6"}).plot(file)
    assert mpl.get_backend(auto_select=False) == backend
    assert file.stat().st_size > 5_000
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["Portfolio value (USD)", "Drawdown", "Exposure", "Trades"]
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_a_picture_in_a_notebook_is_read_on_a_light_and_on_a_dark_page(make_result: Make) -> None:
    import io

    from matplotlib.colors import to_hex
    from matplotlib.image import imread

    figure = make_result().plot(show=False)
    pixels = imread(io.BytesIO(figure._repr_png_()))  # type: ignore[attr-defined]
    assert pixels[0, 0, 3] == 0
    drawn = pixels[pixels[..., 3] > 0.95]
    assert len(drawn)
    assert drawn[:, :3].max(axis=1).min() > 0.4
    assert (drawn[:, :3].min(axis=1) < 0.9).all()
    # a file is as it was
    assert (to_hex(figure.get_facecolor()), to_hex(figure.axes[0].title.get_color())) == ("#ffffff", "#000000")
    assert to_hex(figure.axes[0].yaxis.label.get_color()) == "#1f2933"


def test_a_picture_of_no_known_format_is_refused(make_result: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no pictures of the format 'txt'. Name a file that ends in .png"):
        make_result().plot(tmp_path / "equity.txt")
    assert not list(tmp_path.iterdir())


def test_panels_can_be_chosen(make_result: Make) -> None:
    figure = make_result().plot(panels=["trades", "equity"])
    assert [axes.get_ylabel() for axes in figure.axes] == ["Trades", "Portfolio value (USD)"]
    with pytest.raises(InputError, match="choose among equity, drawdown, exposure, trades"):
        make_result().plot(panels=["profit"])
    with pytest.raises(InputError, match="choose among"):
        make_result().plot(panels=[])


def with_benchmark(result: Result) -> Result:
    returns = decimal_column("benchmark_returns", [10**16, -(10**16), 3 * 10**16], 18)
    base = result.daily.select(daily_frame().columns).with_columns(returns)
    return Result(result.frames() | {"daily": base}, manifest=result.manifest | {"benchmark": "SPY"}, periods=252)


def test_the_benchmark_is_drawn_from_the_same_start(make_result: Make) -> None:
    equity = with_benchmark(make_result()).plot().axes[0]
    names = [text.get_text() for text in equity.get_legend().get_texts()]
    assert names == ["portfolio", "benchmark SPY"]
    (line,) = [line for line in equity.get_lines() if line.get_label() == "benchmark SPY"]
    assert list(line.get_ydata()) == pytest.approx([101_000, 99_990, 102_989.7])


def test_trades_are_what_was_bought_and_sold(make_result: Make) -> None:
    trades = make_result().plot(panels=["trades"]).axes[0]
    heights = sorted(bar.get_height() for bar in trades.patches)
    assert heights == pytest.approx([399.5 * 90, 600.5 * 101.25])


@pytest.mark.parametrize(("sessions", "label"), [(100, "Trades"), (300, "Trades a week"), (1500, "Trades a month")])
def test_the_trades_of_a_long_run_are_summed(make_result: Make, sessions: int, label: str) -> None:
    row = daily_frame()[:1]
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=day) for day in range(sessions)]
    daily = pl.concat([row] * sessions).with_columns(pl.Series("session", days, dtype=pl.Date))
    assert make_result(daily=daily).plot(panels=["trades"], dpi=40).axes[0].get_ylabel() == label


def test_shorts_have_an_area_of_their_own(make_result: Make) -> None:
    short = decimal_column("short_exposure", [0, -(10**22), -(10**22)], 20)
    exposure = make_result(daily=daily_frame().with_columns(short)).plot(panels=["exposure"]).axes[0]
    assert [text.get_text() for text in exposure.get_legend().get_texts()] == ["long", "short", "net"]


def test_the_notebook_shows_headlines_and_a_curve(make_result: Make) -> None:
    page = with_benchmark(make_result())._repr_html_()
    tree = ET.fromstring(page.replace("<br>", "<br/>"))
    curves = [line.attrib["points"].split() for line in tree.iter("polyline")]
    assert [len(points) for points in curves] == [3, 3]
    assert [title.text for title in tree.iter("title")] == ["the benchmark", "portfolio value"]
    # the highest point of both is the benchmark's last, the lowest the portfolio's last
    assert (curves[0][-1], curves[1][-1]) == ("640.0,14.0", "640.0,136.0")
    assert page.index("Beta") < page.index("<svg") < page.index("all figures")
    one = make_result(daily=daily_frame()[:1])._repr_html_()
    assert "<svg" not in one
    assert "Beta" not in one


@pytest.mark.parametrize("day", [500, 501, 502, 503, 504])
def test_the_curve_of_a_long_run_has_its_peak_and_its_trough(make_result: Make, day: int) -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=count) for count in range(1500)]
    values = [(400 if count == day else 50 if count == day + 1 else 100) * 10**20 for count in range(1500)]
    daily = pl.concat([daily_frame()[:1]] * 1500).with_columns(
        pl.Series("session", days, dtype=pl.Date), decimal_column("portfolio_value", values, 20)
    )
    page = make_result(daily=daily)._repr_html_()
    (curve,) = ET.fromstring(page.replace("<br>", "<br/>")).iter("polyline")
    heights = [point.split(",")[1] for point in curve.attrib["points"].split()]
    assert (heights.count("14.0"), heights.count("136.0")) == (1, 1)
    assert len(heights) <= 322


def test_a_long_curve_is_drawn_through_few_points(make_result: Make) -> None:
    daily = pl.concat([daily_frame()[:1]] * 5000)
    page = make_result(daily=daily)._repr_html_()
    assert 2 <= page.count(",75.0") <= 330  # flat, at half the height


def test_figures_of_the_benchmark_are_printed_where_there_is_one(make_result: Make) -> None:
    for result, there in ((make_result(), False), (with_benchmark(make_result()), True)):
        assert ("Benchmark return" in dict(summary_of(result)[2])) == there


def test_a_picture_has_ink_of_both_panels(make_result: Make, tmp_path: Path) -> None:
    import matplotlib.image

    file = tmp_path / "equity.png"
    make_result().plot(file, size=(6, 4), dpi=100)
    pixels = matplotlib.image.imread(file)[:, :, :3]
    assert pixels.shape[:2] == (400, 600)
    blue = (pixels[:, :, 2] > pixels[:, :, 0] + 0.05).sum()
    red = (pixels[:, :, 0] > pixels[:, :, 2] + 0.05).sum()
    assert blue > 1_000
    assert red > 1_000


@pytest.mark.parametrize(
    ("method", "library", "extra"), [("plot", "matplotlib", "analytics"), ("to_pandas", "pandas", "pandas")]
)
def test_a_missing_extra_is_named(
    make_result: Make, monkeypatch: pytest.MonkeyPatch, method: str, library: str, extra: str
) -> None:
    import sys

    result = make_result()
    core.pandas.cache_clear()  # another test may have found it
    for name in [name for name in sys.modules if name.split(".")[0] == library or name == "rustybt.results._figure"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf'pip install "rustybt\[{extra}\]"'):
        getattr(result, method)()


def test_the_curve_in_a_notebook_has_values_dates_and_names(make_result: Make) -> None:
    tree = ET.fromstring(with_benchmark(make_result())._repr_html_().replace("<br>", "<br/>"))
    texts = ["".join(text.itertext()) for text in tree.iter("text")]
    sessions = [str(day) for day in make_result().daily["session"]]
    assert set(sessions) <= set(texts)
    assert "— portfolio value   — benchmark SPY" in [text.replace("\u00a0", " ") for text in texts]
    # light and dark: the text has the colour of the page's
    assert {text.attrib["fill"] for text in tree.iter("text")} == {"currentColor"}
    page = ET.tostring(tree, encoding="unicode")
    assert "background" not in page
    assert '<table style="color:inherit' in page  # a table has a colour of its own on some pages
    values = [float(text.replace(",", "")) for text in texts if text and text[0].isdigit() and "-" not in text]
    assert len(values) == 2
    assert values[0] > values[1]


def test_floats_are_the_nearest_ones_and_numpy_takes_them(make_result: Make) -> None:
    import numpy as np

    result = make_result()
    floats = result.daily_float
    assert floats.columns == result.daily.columns
    assert not [name for name, kind in floats.schema.items() if isinstance(kind, pl.Decimal)]
    for name in ("portfolio_value", "returns", "sharpe"):
        exact = result.daily[name].to_list()
        assert floats[name].to_list() == [None if value is None else float(value) for value in exact]
    assert floats["session"].to_list() == result.daily["session"].to_list()
    growth = (1 + floats["returns"]).cum_prod()
    assert growth.to_list() == pytest.approx([1, 1.009999, 0.959499])
    assert np.log(growth * 1.0).to_list() == pytest.approx([0, 0.0099493, -0.0413440], abs=1e-6)
    assert isinstance(result.daily.schema["returns"], pl.Decimal)
    assert result.daily_float is floats


def test_trades_of_a_run_on_months_are_as_wide_as_months() -> None:
    rustybt.ingest_sample()
    result = rustybt.run_algorithm(
        "2010-01-04",
        "2010-12-31",
        data_frequency="1mo",
        handle_data=lambda context, data: context.order(context.symbol("IBM"), 1),
    )
    bars = result.plot(panels=["trades"]).axes[0].patches
    assert all(20 < bar.get_width() < 31 for bar in bars)
    assert len(bars) == 11


def test_exposure_of_an_account_without_value_is_a_gap(make_result: Make) -> None:
    broke = decimal_column("portfolio_value", [10**22, -(10**22), 0], 20)
    exposure = make_result(daily=daily_frame().with_columns(broke)).plot(panels=["exposure"]).axes[0]
    assert exposure.get_legend() is None
    (area,) = exposure.collections
    assert len(area.get_paths()) == 1
    assert max(x for x, _ in area.get_paths()[0].vertices) < exposure.get_xlim()[1]


def test_a_frame_without_rows_is_each_results_own_though_one_was_made() -> None:
    first, second = (rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-05") for _ in range(2))
    orders = second.orders
    first.orders.insert_column(0, pl.Series("mine", [], dtype=pl.Int8))
    assert first.orders.columns == ["mine", *orders.columns]
    assert "mine" not in second.orders.columns
    traded = rustybt.run(
        lambda context, data: rustybt.api.order(rustybt.api.symbol("IBM"), 1), start="2010-01-04", end="2010-01-05"
    )
    # the same columns as where there is a row, in a process that has made the frame without one
    assert {name: kind.base_type() for name, kind in traded.orders.schema.items()} == {
        name: kind.base_type() for name, kind in orders.schema.items()
    }
    assert len(traded.orders) == 2
