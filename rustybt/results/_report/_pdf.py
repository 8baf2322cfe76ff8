"""Sections as pages of a PDF, drawn by matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rustybt._version import __version__
from rustybt.errors import MissingExtra
from rustybt.results._report._colours import LIGHT
from rustybt.results._report._escape import plain
from rustybt.results._report._parts import Bars, Cards, Chart, Picture, Scatter, Section, Table, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rustybt.results._report._paper import Paper

_MOST_ROWS: Final = 40
"""Of a table on paper; the page has them all."""
_LEVELS: Final = {"plain": "ink", "good": "gain", "info": "quiet", "warning": "warning", "serious": "loss"}
_FEW_LINES: Final = 8
_SLACK: Final = 0.05
"""Inches, so that a heading is not parted from its chart by the last digit of a float."""


def pdf_of(title: str, subtitle: str, sections: Sequence[Section]) -> bytes:
    """The file. Raises MissingExtra where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_pdf import PdfPages

        from rustybt.results._report._paper import Paper
    except ImportError:
        raise MissingExtra(
            'a report as PDF needs matplotlib. Install it with: pip install "rustybt[analytics]"'
        ) from None
    target = io.BytesIO()
    # without a date, so that equal results give equal files
    about = {"Title": plain(title), "Creator": f"RustyBT {__version__}", "CreationDate": None}
    with warnings.catch_warnings(), PdfPages(target, metadata=about) as pages:
        # a symbol in letters that the typeface has not is drawn as boxes
        warnings.filterwarnings("ignore", message=".*Glyph.*")
        paper = Paper(pages, f"{title}, {subtitle}")
        paper.text(title, 20, weight="bold")
        paper.text(subtitle, 10, "quiet")
        for section in sections:
            _section(paper, section)
        paper.end()
    return target.getvalue()


def _section(paper: Paper, section: Section) -> None:
    paper.space(0.25)
    paper.text(section.title, 14, weight="bold", keep=1.0)
    paper.space(0.05)
    if section.silent:
        paper.text(section.silent, 9, "quiet")
    for part in section.parts:
        _KINDS[type(part)](paper, part)


def _text(paper: Paper, text: Text) -> None:
    label = f"{text.label}: " if text.label else ""
    paper.text(f"{label}{text.text}", 9, _LEVELS[text.level])
    paper.space(0.04)


def _cards(paper: Paper, cards: Cards) -> None:
    width = 6.87 / 4
    for begin in range(0, len(cards.cards), 4):
        four = cards.cards[begin : begin + 4]
        widths = [width] * len(four)
        paper.row([card.label for card in four], widths, frozenset(), 7.5)
        paper.row([card.value for card in four], widths, frozenset(), 12, weight="bold")
        paper.row([card.beside for card in four], widths, frozenset(), 7.5)
        paper.space(0.08)


def _table(paper: Paper, table: Table) -> None:
    rows = table.rows[:_MOST_ROWS]
    columns = len(table.columns)
    longest = [
        min(46, max([round(len(table.columns[place]) * 1.15), *(len(row[place].text) for row in rows), 3]))
        for place in range(columns)
    ]
    size = 7.5
    widths = [0.12 + letters * size * 0.6 / 72 for letters in longest]
    if sum(widths) > 6.87:
        size = max(4.5, size * 6.87 / sum(widths))
        widths = [width * 6.87 / sum(widths) for width in widths]
    paper.text(table.title, 9, weight="bold", keep=0.4)
    if any(table.columns):
        paper.row(table.columns, widths, table.numeric, size, weight="bold")
    for row in rows:
        heats = {
            place: ("gain" if cell.heat > 0 else "loss", 0.06 + 0.3 * abs(cell.heat))
            for place, cell in enumerate(row)
            if cell.heat
        }
        paper.row([cell.text for cell in row], widths, table.numeric, size, heats=heats)
    left_out = len(table.rows) - len(rows)
    below = f"{left_out:,} more rows stand in the page. {table.below}" if left_out else table.below
    if below.strip():
        paper.text(below.strip(), 7, "quiet")
    paper.space(0.14)


def _chart(paper: Paper, chart: Chart) -> None:
    height = 0.5 + chart.tall / 110
    paper.text(chart.title, 9, weight="bold", keep=height + _SLACK)
    axes = paper.axes(height)
    days = [seconds / 86_400 for seconds in chart.x]
    for line in chart.lines:
        values: Any = [float("nan") if value is None else value for value in line.values]
        colour = LIGHT[line.colour]
        label = plain(line.name).replace("$", r"\$")
        axes.plot(
            days, values, color=colour, linewidth=0.5 if line.thin else 0.9, alpha=0.6 if line.thin else 1, label=label
        )
        if line.fill:
            axes.fill_between(days, values, 0, color=colour, alpha=0.2, linewidth=0)
    for marks in chart.marks:
        places = [seconds / 86_400 for seconds in marks.x]
        axes.scatter(
            places, marks.y, s=9, marker="^" if marks.up else "v", color=LIGHT[marks.colour], zorder=3, label=marks.name
        )
    if 1 < len(chart.lines) + len(chart.marks) <= _FEW_LINES:  # above the axes, and not over the lines
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 0.98), fontsize=6.5, frameon=False, ncols=8, borderaxespad=0.0
        )
    _dated(axes)
    _plain(axes, chart.unit)
    paper.text(f"{chart.about} {chart.below}".strip(), 7, "quiet")
    paper.space(0.12)


def _dated(axes: Axes) -> None:
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=3, maxticks=12)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))


def _plain(axes: Axes, unit: str, across: str = "") -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter

    axes.grid(visible=True, color=LIGHT["rule"], linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=7, length=0, colors=LIGHT["quiet"])
    for side in axes.spines.values():
        side.set_visible(False)
    per_cent = FuncFormatter(lambda value, _: f"{value:.4g}" if unit != "percent" else f"{value:.1%}")
    form = EngFormatter(sep="") if unit == "money" else per_cent
    axes.yaxis.set_major_formatter(form)
    if across:
        axes.xaxis.set_major_formatter(form if across == "both" else per_cent)


def _bars(paper: Paper, bars: Bars) -> None:
    paper.text(bars.title, 9, weight="bold", keep=1.8 + _SLACK)
    axes = paper.axes(1.8)
    widths = [high - low for low, high in zip(bars.edges, bars.edges[1:], strict=False)]
    colours = [LIGHT[bars.colour(place)] for place in range(len(bars.counts))]
    axes.bar(bars.edges[:-1], bars.counts, widths, align="edge", color=colours, edgecolor="white", linewidth=0.4)
    _plain(axes, "count")
    from matplotlib.ticker import EngFormatter, PercentFormatter

    axes.xaxis.set_major_formatter(PercentFormatter(1) if bars.unit == "percent" else EngFormatter(sep=""))
    for end, x, side in zip(bars.ends, (0.0, 1.0), ("left", "right"), strict=True):
        axes.text(x, 0.92, end, fontsize=6.5, color=LIGHT["quiet"], ha=side, transform=axes.transAxes)
    paper.text(bars.about, 7, "quiet")
    paper.space(0.12)


def _scatter(paper: Paper, scatter: Scatter) -> None:
    paper.text(scatter.title, 9, weight="bold", keep=2.6 + _SLACK)
    axes = paper.axes(2.6)
    for good, colour, marker in ((True, "gain", "o"), (False, "loss", "s")):
        rows = [row for row, one in enumerate(scatter.good) if one == good]
        x, y = [scatter.x[row] for row in rows], [scatter.y[row] for row in rows]
        axes.scatter(x, y, s=5, color=LIGHT[colour], alpha=0.6, marker=marker, linewidths=0, rasterized=len(rows) > 500)
    if scatter.diagonal:
        axes.axline((0, 0), slope=1, color=LIGHT["quiet"], linewidth=0.8)
    _plain(axes, scatter.unit, across="both")
    axes.set_xlabel(scatter.x_title, fontsize=7, color=LIGHT["quiet"], labelpad=1)
    axes.set_ylabel(scatter.y_title, fontsize=7, color=LIGHT["quiet"], labelpad=1)
    paper.space(0.12)
    paper.text(f"{scatter.about} {scatter.below}".strip(), 7, "quiet")
    paper.space(0.12)


def _picture(paper: Paper, picture: Picture) -> None:
    from matplotlib import image

    paper.picture(image.imread(io.BytesIO(picture.png), format="png"))


_KINDS: Final[dict[type, Callable[[Paper, Any], None]]] = {
    Text: _text,
    Cards: _cards,
    Table: _table,
    Chart: _chart,
    Bars: _bars,
    Scatter: _scatter,
    Picture: _picture,
}
