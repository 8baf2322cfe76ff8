"""A run as a picture: equity and benchmark, drawdown, exposure, trades. Needs matplotlib only when asked for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import replacing, writing
from rustybt.errors import InputError, MissingExtra, ResultError
from rustybt.results._dark import darken
from rustybt.results._floats import floats
from rustybt.results._panels import (
    EQUITY,
    GRID,
    INK,
    QUIET,
    days_of,
    draw_costs,
    draw_drawdown,
    draw_exposure,
    draw_trades,
    mark_ruin,
)
from rustybt.results._svg import benchmark_path
from rustybt.results._text import figures_of, name_of, period_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rustybt.results._result import Result

_FEW_SESSIONS: Final = 8


def equity_figure(
    result: Result,
    path: Path | None,
    *,
    panels: Sequence[str] | None,
    size: tuple[float, float],
    dpi: int,
    show: bool | None,
    theme: str = "light",
) -> Figure:
    """The figure; saved where a path is given, in a window where one is wanted and there is a screen.

    Without a window it is made without pyplot, and so without any global state.
    """
    try:
        from rustybt.results._figure import ConstrainedLayoutEngine
    except ImportError:
        raise MissingExtra('plot() needs matplotlib. Install it with: pip install "rustybt[analytics]"') from None
    if not result.daily.height:
        raise InputError("There is no session to draw. Run the strategy over at least one.")
    if panels is None:
        panels = [name for name in PANELS if name != "costs" or (result.has_costs and result.costs.by_kind.height)]
    unknown = [name for name in panels if name not in PANELS]
    if unknown or not panels:
        raise InputError(f"panels={panels!r}: choose among {', '.join(PANELS)}.")
    chosen = panels
    if path is not None:
        check_format(path)
    margins = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14)
    options: dict[str, Any] = {"figsize": size, "dpi": dpi, "layout": margins, "facecolor": "white"}

    def fill(figure: Figure) -> None:
        _draw(figure, result, chosen)
        if theme == "dark":
            darken(figure)

    return write_figure(options, fill, path, dpi=dpi, show=show, own_ground=theme == "dark")


def write_figure(
    options: dict[str, Any],
    fill: Callable[[Figure], None],
    path: Path | None,
    *,
    dpi: int,
    show: bool | None,
    own_ground: bool,
) -> Figure:
    """A figure that `fill` draws; own_ground: a notebook shows it on its own ground."""
    from rustybt.results._figure import NotebookFigure
    from rustybt.results._window import show_windows, window_for

    window = window_for(**options) if show or (show is None and path is None) else None
    if show and window is None:
        raise InputError("show=True: this process can't open a window. Pass a path, or show the figure in a notebook.")
    figure = window or NotebookFigure(**options)
    if isinstance(figure, NotebookFigure):
        figure.own_ground = own_ground
    fill(figure)
    if path is not None:
        with writing(ResultError, path, "pass another path."):
            path.expanduser().parent.mkdir(parents=True, exist_ok=True)
            place = path.expanduser()
            with replacing(place if place.suffix else place.with_name(f"{place.name}.png")) as beside:
                figure.savefig(beside, dpi=dpi)
    if window is not None:
        show_windows()
    return figure


def _draw(figure: Figure, result: Result, panels: Sequence[str]) -> None:
    grid = figure.add_gridspec(len(panels), 1, height_ratios=[HEIGHTS[name] for name in panels], hspace=0.04)
    first = figure.add_subplot(grid[0])
    axes = [first, *(figure.add_subplot(grid[place], sharex=first) for place in range(1, len(panels)))]
    for place, name in zip(axes, panels, strict=True):
        PANELS[name](place, result)
        _plain(place)
        place.tick_params(axis="x", labelbottom=place is axes[-1])
    _title(first, result)
    _dates(axes[-1], result)
    figure.align_ylabels(axes)


def check_format(path: Path) -> None:
    """Raises InputError for a file whose suffix names no format of pictures."""
    from matplotlib.backend_bases import FigureCanvasBase

    kind = path.suffix[1:].lower()
    if kind in ("html", "htm"):
        raise InputError(f'{path}: a page is drawn by Plotly. Pass backend="plotly" and a kind=, such as "equity".')
    if kind and kind not in FigureCanvasBase.get_supported_filetypes():
        raise InputError(
            f"{path}: there are no pictures of the format {kind!r}. Name a file that ends in .png, .svg or .pdf."
        )


def _draw_equity(axes: Axes, result: Result) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    days, values = days_of(result), floats(result.daily["portfolio_value"])
    start = float(result.first_figures["starting_value"] or 0)
    axes.axhline(start, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.plot(days, values, color=EQUITY, linewidth=1.5, zorder=3, label="portfolio")
    if len(days) == 1:
        axes.plot(days, values, color=EQUITY, marker="o")
    axes.fill_between(days, values, start, color=EQUITY, alpha=0.10, linewidth=0, zorder=2)
    benchmark = benchmark_path(result)
    if benchmark is not None:
        name = f"benchmark {result.manifest.get('benchmark') or ''}".rstrip()
        axes.plot(days, benchmark, color=QUIET, linewidth=1.2, zorder=2, label=name.replace("$", r"\$"))
        axes.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=INK)
    mark_ruin(axes, result)
    currency = str(result.manifest.get("currency") or "")
    axes.set_ylabel(f"Portfolio value ({currency})" if currency else "Portfolio value", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}" if value % 1 else f"{value:,.0f}"))
    axes.annotate(
        f"{values[-1]:,.0f}",
        (days[-1], values[-1]),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=EQUITY,
        fontsize=9,
        fontweight="bold",
    )


def _plain(axes: Axes) -> None:
    axes.grid(visible=True, color=GRID, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.margins(x=0.01)


def _dates(axes: Axes, result: Result) -> None:
    from matplotlib import dates

    days: list[Any] = result.daily["session"].to_list()
    if len(days) <= _FEW_SESSIONS:  # no hours between sessions
        axes.set_xticks(days, [day.isoformat() for day in days])
        return
    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=4, maxticks=13)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))


def _title(axes: Axes, result: Result) -> None:
    """The strategy's name; below it the period and the three figures that people ask for first."""
    figures = dict(figures_of(result))
    below = "   ·   ".join(
        [
            period_of(result),
            f"Total return {figures['Total return']}",
            f"Sharpe {figures['Sharpe ratio']}",
            f"Max drawdown {figures['Max drawdown']}",
        ]
    )
    # a dollar sign in a name would start mathematics
    name = name_of(result).replace("$", r"\$")
    axes.set_title(name, loc="left", fontsize=15, fontweight="bold", color=INK, pad=26)
    axes.annotate(
        below, (0, 1), xycoords="axes fraction", xytext=(0, 10), textcoords="offset points", color=QUIET, fontsize=10
    )


PANELS: Final[dict[str, Callable[[Axes, Result], None]]] = {
    "equity": _draw_equity,
    "drawdown": draw_drawdown,
    "exposure": draw_exposure,
    "trades": draw_trades,
    "costs": draw_costs,
}
HEIGHTS: Final = {"equity": 3.0, "drawdown": 1.15, "exposure": 1.0, "trades": 1.0, "costs": 1.0}
