"""Equity over drawdown as a picture. Imports nothing of matplotlib until it is asked for one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import scaled_ints
from rustybt.errors import InputError, MissingExtra
from rustybt.results._text import figures_of, name_of, period_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rustybt.results._result import Result

_INK: Final = "#1f2933"
_QUIET: Final = "#7b8794"
_GRID: Final = "#e4e7eb"
_EQUITY: Final = "#1f5fa8"
_DRAWDOWN: Final = "#c2413b"
_FEW_SESSIONS: Final = 8


def equity_figure(result: Result, path: Path | None, *, size: tuple[float, float], dpi: int) -> Figure:
    """The figure, without pyplot and so without any global state; saved where a path is given."""
    try:
        from rustybt.results._figure import ConstrainedLayoutEngine, NotebookFigure
    except ImportError:
        raise MissingExtra('plot() needs matplotlib. Install it with: pip install "rustybt[analytics]"') from None
    if not result.daily.height:
        raise InputError("There is no session to draw. Run the strategy over at least one.")
    margins = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14)
    figure = NotebookFigure(figsize=size, dpi=dpi, layout=margins, facecolor="white")
    grid = figure.add_gridspec(2, 1, height_ratios=[3, 1.15], hspace=0.04)
    equity = figure.add_subplot(grid[0])
    drawdown = figure.add_subplot(grid[1], sharex=equity)
    values = _floats(result, "portfolio_value")
    _draw_equity(equity, result, values)
    _draw_drawdown(drawdown, result)
    _title(equity, result)
    _dates(drawdown, result)
    equity.tick_params(axis="x", labelbottom=False)
    figure.align_ylabels([equity, drawdown])
    if path is not None:
        path.expanduser().parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path.expanduser(), dpi=dpi)
    return figure


def _floats(result: Result, name: str) -> list[float]:
    column = result.daily[name]
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [float("nan") if value is None else value / unit for value in scaled_ints(column)]


def _draw_equity(axes: Axes, result: Result, values: list[float]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    days: list[Any] = result.daily["session"].to_list()
    start = float(result.metrics["starting_value"] or 0)
    axes.axhline(start, color=_QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.plot(days, values, color=_EQUITY, linewidth=1.5, zorder=3, marker="o" if len(days) == 1 else None)
    axes.fill_between(days, values, start, color=_EQUITY, alpha=0.10, linewidth=0, zorder=2)
    currency = str(result.manifest.get("currency") or "")
    axes.set_ylabel(f"Portfolio value ({currency})" if currency else "Portfolio value", color=_INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}" if value % 1 else f"{value:,.0f}"))
    axes.annotate(
        f"{values[-1]:,.0f}",
        (days[-1], values[-1]),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=_EQUITY,
        fontsize=9,
        fontweight="bold",
    )
    _plain(axes)


def _draw_drawdown(axes: Axes, result: Result) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    days: list[Any] = result.daily["session"].to_list()
    growth = _floats(result, "algorithm_period_return")
    peak, falls = 1.0, []
    for point in growth:
        peak = max(peak, 1 + point)
        falls.append((1 + point) / peak - 1)
    axes.fill_between(days, falls, 0, color=_DRAWDOWN, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(days, falls, color=_DRAWDOWN, linewidth=1.0, zorder=3)
    worst = min(range(len(falls)), key=falls.__getitem__)
    if falls[worst] < 0:
        axes.plot([days[worst]], [falls[worst]], marker="o", markersize=4, color=_DRAWDOWN, zorder=4)
        axes.set_ylim(falls[worst] * 1.25, -falls[worst] * 0.04)
        late = worst > len(days) * 0.85  # the label keeps within the panel
        axes.annotate(
            f"{falls[worst]:.1%}",
            (days[worst], falls[worst]),
            xytext=(-7 if late else 7, -2),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
            color=_DRAWDOWN,
            fontsize=9,
            fontweight="bold",
            zorder=5,
        )
    else:
        axes.set_ylim(-0.01, 0.0004)
    axes.set_ylabel("Drawdown", color=_INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    decimals = 0 if falls[worst] < -0.04 else 2
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=decimals))
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.grid(visible=True, color=_GRID, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, length=0, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
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
    axes.set_title(name, loc="left", fontsize=15, fontweight="bold", color=_INK, pad=26)
    axes.annotate(
        below, (0, 1), xycoords="axes fraction", xytext=(0, 10), textcoords="offset points", color=_QUIET, fontsize=10
    )
