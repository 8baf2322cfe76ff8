"""Pictures on matplotlib."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rustybt.errors import MissingExtra
from rustybt.results._drawn._picture import Heat, Panel, Picture, Style, legible, shown
from rustybt.results._plot import check_format, write_figure
from rustybt.results._report import Bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH: Final = 11.0
_PER_HEIGHT: Final = 3.2
_FEW_DAYS: Final = 8
_MANY_MARKS: Final = 300
_ROOM, _ROOM_OF_A_KEY = 105, 5
"""Letters that a legend above a panel has room for, and what each key takes of it."""
_FEW_ROWS: Final = 15
"""As many rows of a table have a number in each of its cells."""

type Colours = dict[str, str]


def figure_on(
    picture: Picture,
    colours: Colours,
    path: Path | None,
    *,
    size: tuple[float, float] | None,
    dpi: int,
    show: bool | None,
) -> Figure:
    """The figure; saved where a path is given, in a window where one is wanted and there is a screen."""
    try:
        from rustybt.results._figure import ConstrainedLayoutEngine
    except ImportError:
        raise MissingExtra('plot() needs matplotlib. Install it with: pip install "rustybt[analytics]"') from None
    if path is not None:
        check_format(path)
    heights = [panel.height for panel in picture.panels]
    inches = size or (_WIDTH, min(1.2 + _PER_HEIGHT * sum(heights), 30.0))
    margins = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.10)
    options: dict[str, Any] = {"figsize": inches, "dpi": dpi, "layout": margins, "facecolor": colours["ground"]}

    def fill(figure: Figure) -> None:
        _fill(figure, picture, colours, heights)

    return write_figure(options, fill, path, dpi=dpi, show=show, own_ground=True)


def _fill(figure: Figure, picture: Picture, colours: Colours, heights: list[float]) -> None:
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    axes: list[Axes] = []
    for place, panel in enumerate(picture.panels):
        shared = axes[0] if axes and picture.shared else None
        axes.append(figure.add_subplot(grid[place], sharex=shared))
        _draw_panel(axes[-1], panel, colours)
        if picture.shared and panel.heat is None:
            axes[-1].tick_params(axis="x", labelbottom=place == len(heights) - 1)
    _title(axes[0], picture, colours)
    if picture.shared and picture.panels[-1].x:
        _dates(axes[-1], picture.panels[-1].x)
    if len(axes) > 1:
        figure.align_ylabels(axes)


def _title(axes: Axes, picture: Picture, colours: Colours) -> None:
    axes.set_title(_plain(picture.title), loc="left", fontsize=15, fontweight="bold", color=colours["ink"], pad=42)
    axes.annotate(
        _plain(picture.below), (0, 1), xycoords="axes fraction", xytext=(0, 26), textcoords="offset points",
        color=colours["quiet"], fontsize=10,
    )  # fmt: skip


def _draw_panel(axes: Axes, panel: Panel, colours: Colours) -> None:
    axes.set_facecolor(colours["ground"])
    axes.tick_params(colors=colours["quiet"], length=0, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["rule"])
    if panel.told:
        axes.set_axis_off()
        axes.annotate(
            panel.told, (0.5, 0.5), xycoords="axes fraction", ha="center", color=colours["quiet"], fontsize=11
        )
        return
    if panel.heat is not None:
        _draw_heat(axes, panel, panel.heat, colours)
        return
    axes.grid(visible=True, color=colours["rule"], linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    if panel.zero:
        axes.axhline(0, color=colours["quiet"], linewidth=0.8, zorder=1)
    _draw_series(axes, panel, colours)
    axes.set_ylabel(_plain(panel.label), color=colours["ink"])
    _ticks(axes, "y", panel.style)
    if panel.places:
        axes.set_xticks(list(panel.x), [_plain(one) for one in panel.places])
    elif panel.across != "time":
        _ticks(axes, "x", panel.across)
    names = [*(line.name for line in panel.lines if line.name), *(mark.name for mark in panel.marks)]
    if len(names) > 1:
        # above the panel where there is room for all, else within
        wide = sum(map(len, names)) + _ROOM_OF_A_KEY * len(names) > _ROOM
        where: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 8, "frameon": False}
        if wide:
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + (high - low) * (0.06 + 0.02 * len(names)) / panel.height)
            where = {"loc": "upper left", "ncols": 2, "facecolor": colours["ground"], "edgecolor": colours["rule"]}
        axes.legend(
            **where, fontsize=8.5, labelcolor=colours["ink"], borderaxespad=0.1, handlelength=1.4, framealpha=0.85
        )


def _draw_series(axes: Axes, panel: Panel, colours: Colours) -> None:
    few = len(panel.x) == 1
    for span in panel.spans:
        axes.axvspan(span.start, span.end, color=colours["loss"], alpha=0.10, linewidth=0, zorder=1)
        axes.annotate(
            span.name, (_middle(span.start, span.end), 0.03), xycoords=axes.get_xaxis_transform(), ha="center",
            va="bottom", color=colours["loss"], fontsize=8.5, zorder=5,
        )  # fmt: skip
    for line in panel.lines:
        values = [math.nan if value is None else value for value in line.values]
        colour = colours[line.colour]
        width, order = (1.1, 2) if line.thin else (1.4, 3)
        axes.plot(
            list(panel.x), values, color=colour, linewidth=width, zorder=order, label=_plain(line.name),
            marker="o" if few else None,
        )  # fmt: skip
        if line.fill:
            axes.fill_between(list(panel.x), values, 0, color=colour, alpha=0.18, linewidth=0, zorder=2)
    if panel.spans:  # room for their names below the lines
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.12 * (high - low), high)
    for mark in panel.marks:
        axes.scatter(
            list(mark.x), list(mark.y), marker="^" if mark.up else "v", s=34 if len(mark.x) < _MANY_MARKS else 6,
            color=colours[mark.colour], edgecolors=colours["ground"], linewidths=0.5, zorder=5, label=mark.name,
        )  # fmt: skip
    if panel.bars is not None:
        _draw_bars(axes, panel.bars, colours)
    for place, (value, name) in enumerate(sorted(panel.levels)):
        axes.axvline(value, color=colours["ink"], linewidth=1.0, linestyle=(0, (4, 3)), zorder=4)
        axes.annotate(
            name, (value, 0.97 - 0.09 * place), xycoords=axes.get_xaxis_transform(), xytext=(4, 0),
            textcoords="offset points", color=colours["ink"], fontsize=8.5, va="top", zorder=6,
        )  # fmt: skip


def _draw_bars(axes: Axes, bars: Bars, colours: Colours) -> None:
    widths = [high - low for low, high in pairwise(bars.edges)]
    axes.bar(
        list(bars.edges[:-1]), list(bars.counts), width=widths, align="edge", linewidth=0.6, zorder=2, alpha=0.85,
        edgecolor=colours["ground"], color=[colours[bars.colour(place)] for place in range(len(widths))],
    )  # fmt: skip
    for end, x, side in zip(bars.ends, (0.0, 1.0), ("left", "right"), strict=True):
        told = end and (f"\N{LEFTWARDS ARROW} {end}" if side == "left" else f"{end} \N{RIGHTWARDS ARROW}")
        axes.text(x, 1.01, told, fontsize=8.5, color=colours["quiet"], ha=side, va="bottom", transform=axes.transAxes)


def _draw_heat(axes: Axes, panel: Panel, heat: Heat, colours: Colours) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    values = [[math.nan if value is None else value for value in row] for row in heat.values]
    most = heat.most
    ends = ("gain", "ground", "loss") if heat.less else ("loss", "ground", "gain")
    map_ = LinearSegmentedColormap.from_list("returns", [colours[name] for name in ends])
    axes.imshow(values, cmap=map_, vmin=heat.middle - 1.6 * most, vmax=heat.middle + 1.6 * most, aspect="auto")
    axes.set_xticks(range(len(heat.columns)), heat.columns)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(heat.rows)), heat.rows)
    if heat.whole:
        axes.axvline(len(heat.columns) - 1.5, color=colours["quiet"], linewidth=1.0)
    axes.spines["bottom"].set_visible(False)
    if panel.label:
        axes.set_ylabel(_plain(panel.label), color=colours["ink"])
    if len(heat.rows) > 4 * _FEW_ROWS:
        return
    for row, cells in enumerate(values):
        for column, value in enumerate(cells):
            if not math.isnan(value):
                axes.annotate(
                    heat.text(value), (column, row), ha="center", va="center",
                    color=legible(heat.share(value), colours),
                    fontsize=8.5 if len(heat.rows) <= _FEW_ROWS else 6.5,
                )  # fmt: skip


def _ticks(axes: Axes, which: str, style: Style) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=6 if which == "y" else 10))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(round(value, 12), style)))


def _dates(axes: Axes, days: Sequence[Any]) -> None:
    from matplotlib import dates

    if len(days) <= _FEW_DAYS:  # no hours between sessions
        axes.set_xticks(list(days), [f"{day:%Y-%m-%d}" for day in days])
        if len(days) == 1:
            untyped_axes: Any = axes
            untyped_axes.set_xlim(days[0] - dt.timedelta(days=1), days[0] + dt.timedelta(days=1))
        return
    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=4, maxticks=13)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))


def _middle(start: dt.date, end: dt.date) -> Any:
    """The day between two, as a number of matplotlib's."""
    from matplotlib import dates

    untyped: Any = dates
    return (untyped.date2num(start) + untyped.date2num(end)) / 2


def _plain(text: str) -> str:
    """A dollar sign in a name would start mathematics."""
    return text.replace("$", r"\$")
