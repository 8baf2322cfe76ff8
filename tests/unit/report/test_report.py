"""`Result.report`: what it shows is what the result says; nothing of others' text becomes a part of the page."""

from __future__ import annotations

import datetime as dt
import html as standard
import itertools
import re
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import rustybt
from rustybt import metrics
from rustybt.core import Note
from rustybt.errors import InputError, ResultExists
from rustybt.results import REPORT_SECTIONS, Report, Result
from rustybt.results._report._escape import plain
from rustybt.results._report._figure_names import GROUPS, METHODS, NAMES
from rustybt.results._report._sampling import folded, kept_places
from tests._examples import examples
from tests.unit._small import DAYS, ingest, ingest_minutes, loaded_without_bars
from tests.unit.report._pages import HOSTILE, Page, hostile, traded


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("root")))
        return traded(benchmark="IBM")


@pytest.fixture(scope="module")
def page(result: Result) -> Page:
    return Page(result.report().html)


def rounded(value: Decimal, factor: int = 1) -> str:
    """Two decimals, half-even."""
    return f"{(value * factor).quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"


def test_every_section_says_something_or_why_not(result: Result, page: Page) -> None:
    report = result.report()
    assert report.sections == tuple(name for name in REPORT_SECTIONS if name != "comparison")
    assert list(page.texts) == list(report.sections)
    assert all(len(text) > 40 for text in page.texts.values())
    assert report.html.count('class="silent"') == 1  # what is told where scripts are switched off


def test_figures_are_those_of_the_result_with_their_standard_errors(result: Result, page: Page) -> None:
    daily = result.daily
    table = metrics.table(daily["returns"], periods=result.periods, benchmark=daily["benchmark_returns"])
    errors = dict(table.select("figure", "error").rows())
    shown = {row[0]: row[1:] for title in ("Growth", "Risk", "Return for risk") for row in page.tables[title][1:]}
    figures = result.metrics
    assert shown["Total return"][0] == f"{rounded(figures['total_return'], 100)}%"
    assert shown["Sharpe ratio"][:2] == [rounded(figures["sharpe"]), rounded(errors["sharpe"])]
    assert shown["Volatility"][:2] == [
        f"{rounded(figures['volatility'], 100)}%",
        f"{rounded(errors['volatility'], 100)}%",
    ]
    assert shown["Deepest drawdown"][0] == f"{rounded(figures['max_drawdown'], 100)}%"
    beside = dict(metrics.table(daily["benchmark_returns"], periods=result.periods).select("figure", "value").rows())
    assert shown["Sharpe ratio"][2] == rounded(beside["sharpe"])
    against = {row[0]: row[1] for row in page.tables["Against the benchmark"][1:]}
    assert against["Beta"] == rounded(figures["beta"])


def total_returns(own: Any, ends: Any) -> Any:
    """Of closes as they were, with dividends of the session, and units that splits made."""
    paid, made = np.zeros(len(own.close)), np.ones(len(own.close))
    for bar, amount in own.dividends:
        paid[bar] += float(amount)
    for bar, ratio in own.splits:
        made[bar] *= float(ratio)
    return (own.close[ends][1:] * made[ends][1:] + paid[ends][1:]) / own.close[ends][:-1] - 1


def test_what_was_held_is_told_with_its_risk(result: Result, page: Page) -> None:
    held = result.positions.filter(pl.col("session") == result.daily["session"][-1])
    rows = {row[0]: row[1:] for row in page.tables["Risk of what was held at the end"][1:]}
    assert set(rows) == set(held["symbol"])
    worth = result.daily["portfolio_value"][-1]
    for symbol, value in held.select("symbol", "value").rows():
        assert rows[symbol][0] == f"{rounded(value / worth, 100)}%"
    # of what the run read, with NumPy
    bars = result.run_bars()
    ends = np.array(bars.starts[1:]) - 1
    returns = np.array([total_returns(bars.of(sid), ends)[-252:] for sid in held["sid"]])
    weights = np.array([float(value / worth) for value in held["value"]])
    portfolio = weights @ returns
    covariance = np.array([np.cov(own, portfolio, ddof=1)[0, 1] for own in returns])
    parts = weights * (1.6448536269514722 * covariance / portfolio.std(ddof=1) - returns.mean(axis=1))
    for symbol, part in zip(held["symbol"], parts, strict=True):
        assert float(rows[symbol][1].rstrip("%")) == pytest.approx(100 * part, abs=0.0051)
    index = (weights**2).sum() / np.abs(weights).sum() ** 2
    assert f"(Herfindahl-Hirschman) {index:.2f}." in page.texts["exposure"]
    assert "Effective number of positions" in page.texts["exposure"]
    assert "Against a normal distribution (QQ)" in page.texts["distribution"]


def test_months_trades_and_costs_are_those_of_the_result(result: Result, page: Page) -> None:
    january = metrics.by_period(result.daily["returns"], result.daily["session"]).row(0)
    assert january[0] == "2010-01"
    assert page.tables["Returns by month"][1][:2] == ["2010", f"{rounded(january[2], 100)}%"]
    closed = result.round_trips("flat").filter(~pl.col("open"))
    shown = dict(page.tables["Closed trades, USD"][1:])
    assert shown["Trades"] == f"{closed.height:,}"
    assert shown["Net"] == rounded(closed["net"].sum())
    paid = dict(page.tables["Costs by kind"][1:])
    assert paid["all costs"] == rounded(result.costs.total)
    assert paid["profit"] == rounded(result.metrics["pnl"])


def test_lines_of_charts_are_columns_of_the_result(result: Result, page: Page) -> None:
    lines = {line["name"]: (chart, line["values"]) for chart in page.data for line in chart.get("lines", ())}
    daily = result.daily
    chart, values = lines["Portfolio value"]
    days = np.cumsum(chart["x"])
    assert days.tolist() == daily["session"].to_physical().to_list()
    assert values == pytest.approx([float(value) for value in daily["portfolio_value"]], rel=1e-7)
    held = [float(value) for value in result.buy_and_hold["value"]]
    assert lines["buy and hold of the run's assets"][1] == pytest.approx(held, rel=1e-7)
    _, falls = lines["Drawdown"]
    assert min(falls) == pytest.approx(float(result.metrics["max_drawdown"]), rel=1e-5)
    _, paid = lines["Commission"]
    assert paid[-1] == pytest.approx(float(result.costs.of("commission")), rel=1e-7)
    assert lines["spread"][1] == pytest.approx([float(value) for value in result.recorded["spread"]], rel=1e-7)


def test_prices_have_a_mark_for_what_was_bought_and_sold(result: Result, page: Page) -> None:
    charts = [chart for chart in page.data if chart.get("marks")]
    filled = result.transactions
    assert len(charts) == filled["symbol"].n_unique() == 2
    marked = sum(len(marks["x"]) for chart in charts for marks in chart["marks"])
    assert marked == filled.height  # one a session, so that none is left out


def test_drawdown_of_the_page_agrees_with_fractions(result: Result) -> None:
    from fractions import Fraction

    wealth, peak, falls = Fraction(1), Fraction(1), []
    for value in result.daily["returns"]:
        wealth *= 1 + Fraction(value)
        peak = max(peak, wealth)
        falls.append(wealth / peak - 1)
    own = metrics.under_water(result.daily["returns"], result.daily["session"])
    assert own["session"].to_list() == result.daily["session"].to_list()
    assert all(abs(Fraction(a) - b) <= Fraction(1, 10**18) for a, b in zip(own["drawdown"], falls, strict=True))


def test_sections_are_chosen_and_ordered_and_a_rest_is_named(result: Result) -> None:
    assert result.report(sections=["years", "summary"]).sections == ("years", "summary")
    last = result.report(sections=[..., "summary"]).sections
    assert last[-1] == "summary"
    assert sorted(last) == sorted(name for name in REPORT_SECTIONS if name != "comparison")


def figure_of(result: Result) -> Any:
    """Prices and days.

    The first line is the title.
    """
    figure = Figure()
    figure.add_subplot().plot([1, 2, 3])
    return figure


def test_a_function_gives_text_frames_and_figures(result: Result) -> None:
    frame = pd.DataFrame({"b": [1.5, float("nan")], "name": ["x", "<b>"]}, index=["first", "second"])
    report = result.report(
        sections=[
            lambda result: f"{result.orders.height} orders\nand <b>no</b> more",
            ("My table", lambda result: result.orders.select("id", "symbol", "amount").head(2)),
            ("Pandas", lambda result: frame),
            figure_of,
            ("Nothing", lambda result: None),
            ("Several", lambda result: ["one", pl.DataFrame({"a": [1]}), None]),
        ]
    )
    page = Page(report.html)
    assert report.sections == ("own", "own-2", "own-3", "own-4", "own-5", "own-6")
    assert f"{result.orders.height} orders" in page.texts["own"]
    assert "<b>no</b>" in page.texts["own"]
    assert page.tables["My table"][1][0] == "main-1"
    assert page.tables["Pandas"][1:] == [["first", "1.5", "x"], ["second", "", "<b>"]]
    titles = [text for tag, text in page.headings if tag == "h2"]
    assert titles[3] == "Prices and days"
    (image,) = [given for tag, given in page.tags if tag == "img"]
    assert image["alt"] == "Prices and days"
    assert str(image["src"]).startswith("data:image/png;base64,iVBOR")
    assert "nothing to say" in page.texts["own-5"]
    assert "one" in page.texts["own-6"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["sumary"], "there is no 'sumary'"),
        ("summary", "Pass a list"),
        ([], "empty"),
        ([..., ...], "once"),
        ([3], "is no section"),
        ([("Title", 3)], "is no section"),
        ([lambda result: 3], "gave a int"),
    ],
)
def test_a_bad_section_is_named(result: Result, asked: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        result.report(sections=asked)


def test_an_error_of_a_function_says_which_section_it_is(result: Result) -> None:
    with pytest.raises(ZeroDivisionError) as told:
        result.report(sections=[("Shares", lambda result: 1 / 0)])
    assert "'Shares'" in told.value.__notes__[0]


def test_bad_themes_and_comparisons_are_refused(result: Result) -> None:
    with pytest.raises(InputError, match="theme"):
        result.report(theme="blue")  # type: ignore[arg-type]
    for bad in (result, "latest", 3, [3]):
        with pytest.raises(InputError, match="compare"):
            result.report(compare=bad)  # type: ignore[arg-type]


def test_results_are_compared_by_name(result: Result, tmp_path: Path) -> None:
    other = traded(capital_base=50_000)
    other.manifest["params"] = {"fast": 3}
    page = Page(result.report(compare={"half": other, "saved": result.save(tmp_path / "one")}).html)
    runs = page.tables["Runs"]
    assert [row[0] for row in runs[1:]] == [result.manifest["strategy"], "half", "saved"]
    assert [row[1] for row in runs] == ["fast", "", "3", ""]
    place = runs[0].index("Total return")
    assert runs[2][place] == f"{rounded(other.metrics['total_return'], 100)}%"
    (chart,) = [one for one in page.data if one["unit"] == "percent" and len(one.get("lines", ())) == 3]
    assert chart["lines"][1]["values"][-1] == pytest.approx(float(other.metrics["total_return"]), rel=1e-4)
    assert page.tables["Figures side by side"][0] == ["Figure", *(row[0] for row in runs[1:])]
    listed = Page(result.report(compare=[other, other], sections=["comparison"]).html).tables["Runs"]
    assert len({row[0] for row in listed[1:]}) == 3


def test_texts_of_others_are_texts(result: Result) -> None:
    told = hostile()
    told.notes += (Note("no_fills", HOSTILE[0]), Note("no_orders", HOSTILE[5]))
    report = told.report(
        sections=[..., (HOSTILE[1], lambda result: [HOSTILE[0], pl.DataFrame({HOSTILE[2]: HOSTILE})])],
        compare=dict.fromkeys(HOSTILE, told),
    )
    page, calm = Page(report.html), Page(result.report().html)
    assert len(page.scripts()) == len(calm.scripts()) == 1
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in calm.tags} | {"img"}
    assert not [given for _, given in page.tags for name in given if name.startswith("on")]
    assert not [given for tag, given in page.tags if tag == "img"]
    everything = "".join(page.texts.values())
    for text in HOSTILE:
        assert plain(text) in everything
    symbols = [chart["lines"][0]["name"] for chart in page.data if chart.get("marks")]
    assert symbols == ["Price", "Price"]
    labels = [label for chart in page.data for label in chart.get("labels") or ()]
    assert any(label.startswith(HOSTILE[0]) for label in labels)
    # what would end a script element or a comment, or a line of a script, is nowhere in the data
    for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', report.html, re.DOTALL):
        assert not set(block) & set("<>&\u2028\u2029")


def test_a_page_fetches_nothing(page: Page, result: Result) -> None:
    for _, own in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert str(own.get(name) or "#").startswith(("#", "data:")), own
    (policy,) = [given["content"] for tag, given in page.tags if given.get("http-equiv")]
    assert str(policy).startswith("default-src 'none'; img-src data:; ")
    assert "url(" not in result.report().html.partition("</style>")[0]


def test_a_page_can_be_read_by_programs_for_the_blind(page: Page) -> None:
    assert page.tags[0] == ("html", {"lang": "en"})
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert all(text.strip() for _, text in page.headings)
    ids = [given["id"] for _, given in page.tags if given.get("id")]
    assert len(ids) == len(set(ids))
    for _, own in page.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            assert all(one in ids for one in str(own.get(name) or "").split())
    drawn = [given for tag, given in page.tags if tag == "figure" and given["class"] in ("chart", "scatter", "bars")]
    abouts = [given for tag, given in page.tags if tag == "p" and given.get("class") == "about"]
    assert len(drawn) == len(abouts) > 10
    assert all(given.get("scope") in ("col", "row") for tag, given in page.tags if tag == "th")


def test_the_same_result_gives_the_same_page(result: Result, tmp_path: Path) -> None:
    assert result.report().html == result.report().html
    again = Result.load(result.save(tmp_path / "saved"))
    assert (
        again.report(sections=["figures", "trades", "costs"]).html
        == result.report(sections=["figures", "trades", "costs"]).html
    )


def test_a_report_replaces_nothing_unless_told(result: Result, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "report.html"
    report = result.report(place, sections=["summary"])
    assert place.read_text(encoding="utf-8") == report.html
    with pytest.raises(ResultExists, match="overwrite=True"):
        report.save(place)
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(ResultExists):
        result.report(place, sections=["summary"])
    result.report(place, sections=["summary"], overwrite=True)
    assert place.read_text(encoding="utf-8") == report.html
    assert [file.name for file in place.parent.iterdir()] == ["report.html"]
    with pytest.raises(ResultExists):
        report.save(make_folder(tmp_path / "folder.html"), overwrite=True)
    with pytest.raises(InputError, match=r"\.html or \.pdf"):
        report.save(tmp_path / "report.txt")


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_notebook_shows_the_page_in_a_frame(result: Result) -> None:
    report = result.report(sections=["summary"])
    shown = report._repr_html_()
    assert shown.startswith("<iframe ")
    assert standard.unescape(shown.partition('srcdoc="')[2].partition('"')[0]) == report.html
    assert isinstance(report, Report)
    assert "summary" in repr(report)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_theme_is_what_was_asked_for(result: Result, theme: Any) -> None:
    page = Page(result.report(sections=["summary"], theme=theme).html)
    assert page.tags[0][1].get("data-theme", "auto") == theme


def test_an_idle_run_says_why_there_is_nothing(tmp_path: Path) -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})
    idle = rustybt.run_algorithm(DAYS[0], DAYS[4], None, 1000, lambda context, data: None, bundle="small")
    texts = Page(idle.report(tmp_path / "idle.html").html).texts
    assert "Nothing was traded." in texts["trades"]
    assert "Nothing was bought or sold." in texts["prices"]
    assert "No order was placed." in texts["orders"]
    assert "Nothing was held at any close." in texts["exposure"]
    assert "Nothing was paid." in texts["costs"]
    assert "recorded nothing" in texts["recorded"]
    assert "never fell" in texts["drawdowns"]
    assert "has 5" in texts["rolling"]
    assert "None of the" in texts["stress"]
    assert "no orders" in texts["summary"]
    assert idle.report(tmp_path / "idle.pdf", sections=["summary", "trades"]).sections == ("summary", "trades")


@pytest.mark.filterwarnings("ignore:The account was ruined")
def test_a_ruined_account_has_no_figures_of_returns() -> None:
    ingest({"A": ["10", "10", "30", "60", "80"]})

    def handle_data(context: Any, data: Any) -> None:
        context.order_target(context.symbol("A"), -100)

    ruined = rustybt.run_algorithm(DAYS[0], DAYS[4], None, 1000, handle_data, bundle="small")
    texts = Page(ruined.report().html).texts
    for name in ("figures", "months", "years", "drawdowns", "rolling", "distribution", "stress"):
        assert "ruined on 2021-02-0" in texts[name]
    assert "Portfolio value" in texts["equity"]


def test_older_results_without_costs_or_tags_have_a_report(make_result: Any) -> None:
    texts = Page(make_result().report(sections=["costs", "recorded", "orders"]).html).texts
    assert "did not keep costs" in texts["costs"]
    assert "regime" in texts["recorded"]
    assert "the session ended" in texts["orders"]


def test_a_pdf_has_the_same_sections(result: Result, tmp_path: Path) -> None:
    report = result.report(
        tmp_path / "report.pdf",
        sections=["summary", "equity", "months", "trades", figure_of, lambda result: "a $ b $ 漢"],
    )
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", content)) >= 4
    assert report._pdf() == content  # no date in it


def test_reports_are_not_imported_where_nobody_asks() -> None:
    code = """
import sys
from rustybt import run
result = run(lambda context, data: None, start="2010-01-04", end="2010-01-08")
repr(result), str(result), result._repr_html_()
assert not [name for name in sys.modules if name.startswith("rustybt.results._report.")], "a run"
result.report().html
assert not {"matplotlib", "pandas", "pyarrow"} & set(sys.modules), "a report"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_chart_library_is_the_one_of_its_notice(checkout: Path) -> None:
    folder = checkout / "rustybt" / "results" / "_report" / "page" / "uplot"
    version = re.search(r"\(v([0-9.]+)\)", (folder / "uPlot.iife.min.js").read_text(encoding="utf-8"))
    assert version is not None
    assert f"uPlot {version[1]}" in (checkout / "NOTICE").read_text(encoding="utf-8")
    assert "Leon Sorokin" in (folder / "LICENSE").read_text(encoding="utf-8")


floats = st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9))


@settings(max_examples=examples(80))
@given(st.lists(floats, min_size=1, max_size=400), st.integers(4, 60))
def test_fewer_points_keep_every_extreme(values: list[float], most: int) -> None:
    series = np.array(values)
    places = kept_places([series], most)
    assert len(places) <= max(most, 2) + 2 or len(values) <= most
    assert sorted(set(places.tolist())) == places.tolist()
    assert {0, len(values) - 1} <= set(places.tolist()) or len(values) <= most
    at, (line,) = folded([series], most)
    assert len(at) == len(line) <= max(most, len(values))
    assert sorted(set(at.tolist())) == at.tolist()
    known = series[~np.isnan(series)]
    for kept in (series[places], line):
        if len(known):
            assert np.nanmax(kept) == known.max()
            assert np.nanmin(kept) == known.min()


def test_of_each_stretch_the_lowest_and_highest_are_kept() -> None:
    wave = np.sin(np.arange(100_000) / 7)
    wave[31_415], wave[27_182] = 9.0, -9.0
    places = kept_places([wave], 1000)
    assert len(places) <= 1002
    assert {31_415, 27_182} <= set(places.tolist())
    for stretch in np.array_split(np.arange(100_000), 500):
        # the bounds of each column of the screen are those of the whole line
        inside = places[(places >= stretch[0]) & (places <= stretch[-1])]
        assert len(inside) >= 1
    assert wave[places].max() == 9.0


def test_prices_of_minutes_stand_at_their_minutes_and_fills_at_theirs() -> None:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    closes = ["8", "9", None, "11", "12", "11.5"]
    ingest_minutes({"A": closes}, opens)

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.get_open_orders():
            context.order(context.symbol("A"), 10)

    traded = rustybt.run_algorithm(DAYS[0], DAYS[0], None, 1000, handle_data, bundle="small", data_frequency="minute")
    (chart,) = [one for one in Page(traded.report(sections=["prices"]).html).data if one.get("marks")]
    assert chart["step"] == 1
    stamps = np.cumsum(chart["x"]).tolist()
    midnight = int(opens.timestamp())
    assert [stamp - midnight for stamp in stamps[:6]] == [60, 120, 180, 240, 300, 360]
    assert chart["lines"][0]["values"][:6] == [8, 9, 9, 11, 12, 11.5]  # the third minute has no bar
    (bought, sold) = chart["marks"]
    filled = traded.transactions
    assert [when - midnight for when in bought["x"]] == [120]
    assert bought["y"] == [float(filled["price"][0])]
    assert sold["x"] == []


def test_a_loaded_result_draws_the_prices_that_it_knows(result: Result, tmp_path: Path) -> None:
    again = Result.load(result.save(tmp_path / "whole"))
    assert again.report(sections=["prices"]).html == result.report(sections=["prices"]).html
    loaded = loaded_without_bars(result, tmp_path / "saved")
    page = Page(loaded.report(sections=["prices"]).html)
    assert "the bars of the run are not at hand" in page.texts["prices"]
    held = result.positions.filter(pl.col("symbol") == "AAPL")
    days = {day: float(price) for day, price in held.select("session", "last_sale_price").rows()}
    symbols = [text for tag, text in page.headings if tag == "h3"]
    chart = page.data[symbols.index("AAPL")]
    shown = dict(zip(np.cumsum(chart["x"]).tolist(), chart["lines"][0]["values"], strict=True))
    epoch = dt.date(1970, 1, 1)
    assert {(day - epoch).days: price for day, price in days.items()}.items() <= shown.items()


def test_a_split_is_told_below_the_prices() -> None:
    ingest({"A": ["8", "9", "5", "5", "6"]}, splits=[("A", DAYS[2], "0.5")])

    def handle_data(context: Any, data: Any) -> None:
        context.order_target(context.symbol("A"), 10)

    split = rustybt.run_algorithm(DAYS[0], DAYS[4], None, 1000, handle_data, bundle="small")
    assert f"a unit became 2 on {DAYS[2]}" in Page(split.report(sections=["prices"]).html).texts["prices"]


def test_numbers_of_cards_stay_on_one_line_and_outer_bars_are_marked() -> None:
    from rustybt.results._report._html import html_of
    from rustybt.results._report._parts import Card, Cards, Section
    from rustybt.results._report._returns import histogram

    cards = Cards([Card("Value", "1,944,739.63"), Card("Return", "3.1%"), Card("Stance", "long and short")])
    bars = histogram("Returns", [0.0] * 600 + [-0.01, 0.02] * 200 + [-0.5, 0.5], "percent", "About.")
    page = html_of(Section("own", "Own", [cards, bars]))
    assert '<dd class="figure long">1,944,739.63</dd>' in page
    assert '<dd class="figure">3.1%</dd>' in page
    assert "<dd>long and short</dd>" in page
    assert ("← and below" in page, "and above →" in page) == (True, True)
    assert page.count('class="bar none"') == 1  # the zeros are no gains


def test_every_figure_of_a_run_has_its_place_and_name_in_the_report() -> None:
    """And none is in it that `result.metrics` has not."""
    rustybt.ingest_sample()
    own = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-03-31", benchmark="AAPL").metrics
    of_trading = {"trading_days", "starting_value", "final_value", "pnl", "orders", "transactions", "commission"}
    at_risk = {f"{kind}_{part}{method}" for kind in ("var", "cvar") for part in (95, 99) for method in METHODS}
    assert set(own) - of_trading == set(NAMES) | at_risk
    assert sum(map(len, GROUPS.values())) == len(NAMES)
    assert not set(NAMES) & at_risk
    table = metrics.table(["0.01", "-0.02", "0.03"], periods=252, benchmark=["0.01", "0.02", "-0.01"])
    assert set(table["figure"]) - {"sessions"} <= set(NAMES) | at_risk
