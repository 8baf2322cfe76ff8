"""The panels below the equity curve: drawdown, exposure, trades, costs."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

from rustybt.metrics import ruined_on
from rustybt.results._assets import assets_by_sid
from rustybt.results._floats import floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rustybt.results._result import Result

INK: Final = "#1f2933"
QUIET: Final = "#7b8794"
GRID: Final = "#e4e7eb"
EQUITY: Final = "#1f5fa8"
LOSS: Final = "#c2413b"
GAIN: Final = "#2f8f5b"
LINES: Final = [(colour, dashes) for dashes in ("-", "--", ":") for colour in (EQUITY, LOSS, GAIN)]
"""Of as many kinds as there may be in one panel: colour and stroke."""
FEW_ENDS: Final = 6
"""As many marks of where data end have words beside them."""
FEW_BARS: Final = 120
"""As many sessions can have a bar of their own in the picture; more are summed over weeks or months."""


def draw_drawdown(axes: Axes, result: Result) -> None:
    """How far below its highest point so far the run was."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    days, falls = days_of(result), under_water(result)
    axes.fill_between(days, falls, 0, color=LOSS, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(days, falls, color=LOSS, linewidth=1.0, zorder=3)
    worst = min(range(len(falls)), key=falls.__getitem__)
    if falls[worst] < 0:
        axes.plot([days[worst]], [falls[worst]], marker="o", markersize=4, color=LOSS, zorder=4)
        axes.set_ylim(falls[worst] * 1.35, -falls[worst] * 0.04)
        share = worst / len(days)
        side = "left" if share < 0.05 else "right" if share > 0.95 else "center"  # the label keeps within the panel
        axes.annotate(
            f"{falls[worst]:.1%}",
            (days[worst], falls[worst]),
            xytext=(0, -4),
            textcoords="offset points",
            ha=side,
            va="top",  # below the lowest point, where no curve comes
            color=LOSS,
            fontsize=9,
            fontweight="bold",
            zorder=5,
        )
    else:
        axes.set_ylim(-0.01, 0.0004)
    axes.set_ylabel("Drawdown", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    low, high = axes.get_ylim()
    if low < -1:  # the room below the label has ticks of its own, of more than can be lost
        lowest = min(-1.0, falls[worst])
        axes.set_yticks([tick for tick in axes.get_yticks() if lowest <= tick <= high])
        axes.set_ylim(low, high)


def under_water(result: Result) -> list[float]:
    """How far each close lies below the highest before it, the start among them."""
    peak, falls = 1.0, []
    for point in floats(result.daily["algorithm_period_return"]):
        peak = max(peak, 1 + point)
        falls.append((1 + point) / peak - 1)
    return falls


def exposures(result: Result) -> tuple[list[float], list[float]]:
    """Long and short exposure as shares of the portfolio's value; NaN where that is nothing or less."""
    values = floats(result.daily["portfolio_value"])
    longs, shorts = (
        [
            part / whole if whole > 0 else math.nan
            for part, whole in zip(floats(result.daily[name]), values, strict=True)
        ]
        for name in ("long_exposure", "short_exposure")
    )
    return longs, shorts


def mark_ruin(axes: Axes, result: Result) -> None:
    """A line at the session after which the account had lost all it had."""
    day = ruined_on(result.daily)
    if day is None:
        return
    untyped: Any = axes
    untyped.axvline(day, color=LOSS, linewidth=1.2, linestyle=(0, (2, 2)), zorder=4)
    axes.annotate(
        f"ruined on {day}",
        (untyped.convert_xunits(day), 0.95),
        xycoords=axes.get_xaxis_transform(),
        xytext=(5, 0),
        textcoords="offset points",
        color=LOSS,
        fontsize=9,
        fontweight="bold",
        zorder=5,
    )


def mark_ends(axes: Axes, result: Result, *, named: bool) -> None:
    """Lines at the sessions after which assets that were traded have no more data. named: with their symbols."""
    untyped: Any = axes
    for place, (day, symbols) in enumerate(ends_of(result)):
        untyped.axvline(day, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=4)
        if named and place < FEW_ENDS:
            told = symbols[0] if len(symbols) == 1 else f"{len(symbols)} assets"
            axes.annotate(
                f"{told}: data end".replace("$", r"\$"),
                (untyped.convert_xunits(day), 0.02 + 0.12 * (place % 3)),
                xycoords=axes.get_xaxis_transform(),
                xytext=(-3, 0),
                textcoords="offset points",
                ha="right",
                va="bottom",
                color=QUIET,
                fontsize=8,
                zorder=5,
            )


def ends_of(result: Result) -> list[tuple[Any, list[str]]]:
    """The last sessions with data before the end of the run of assets that were traded, and their symbols."""
    last, assets = days_of(result)[-1], assets_by_sid(result.assets)
    ends: dict[Any, list[str]] = {}
    for sid in result.transactions["sid"].unique().sort().to_list():
        if sid in assets and assets[sid].end_date < last:
            ends.setdefault(assets[sid].end_date, []).append(assets[sid].symbol)
    return sorted(ends.items())


def draw_exposure(axes: Axes, result: Result) -> None:
    """Long and short exposure at the closes as a share of the portfolio's value, and both together; a gap where
    that is nothing or less."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    days = days_of(result)
    longs, shorts = exposures(result)
    axes.fill_between(days, longs, 0, color=GAIN, alpha=0.25, linewidth=0, zorder=2, label="long")
    if any(short < 0 for short in shorts):
        axes.fill_between(days, shorts, 0, color=LOSS, alpha=0.25, linewidth=0, zorder=2, label="short")
        net = [long + short for long, short in zip(longs, shorts, strict=True)]
        axes.plot(days, net, color=INK, linewidth=1.0, zorder=3, label="net")
        _legend_above(axes)
    mark_ends(axes, result, named=False)
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.set_ylabel("Exposure", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))


def draw_trades(axes: Axes, result: Result) -> None:
    """What was bought (up) and sold (down), in money, per session; per week or month in a long run."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    bought, sold, width, label = _traded(result)
    for amounts, colour, name in ((bought, GAIN, "bought"), (sold, LOSS, "sold")):
        if not amounts:
            continue
        axes.bar(
            list(amounts), list(amounts.values()), width=width, color=colour, alpha=0.75, linewidth=0, label=name,
            align="edge" if label else "center", zorder=2,
        )  # fmt: skip
    if bought or sold:
        _legend_above(axes)
    mark_ends(axes, result, named=True)
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.set_ylabel(f"Trades{label}", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_money(value)))


def draw_costs(axes: Axes, result: Result) -> None:
    """What was paid so far, all of it and by kind; below zero what was received."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    days, daily = days_of(result), result.costs.daily
    kinds = list(dict.fromkeys(result.costs.by_kind["kind"].to_list()))
    total = list(itertools.accumulate(floats(daily["total"])))
    axes.fill_between(days, total, 0, color=LOSS, alpha=0.15, linewidth=0, zorder=2)
    axes.plot(days, total, color=INK, linewidth=1.0, zorder=3, label="all costs")
    for kind, style in zip(kinds if len(kinds) > 1 else (), itertools.cycle(LINES)):
        colour, dashes = style
        axes.plot(
            days, list(itertools.accumulate(floats(daily[kind]))),
            color=colour, linewidth=1.0, linestyle=dashes, zorder=3, label=kind,
        )  # fmt: skip
    _legend_above(axes)
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.set_ylabel("Costs", color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_money(value)))


def _legend_above(axes: Axes) -> None:
    """Outside of the panel, where it hides nothing."""
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 0.94), ncols=5, frameon=False, fontsize=8, labelcolor=INK,
        borderaxespad=0.0, handlelength=1.2,
    )  # fmt: skip


def _traded(result: Result) -> tuple[dict[Any, float], dict[Any, float], float, str]:
    """Money bought and sold by the first day of its span; a bar's width in days, and what to call the span."""
    days = days_of(result)
    length = (days[-1] - days[0]).days + 1
    span, width, label = (
        ("1d", 0.8 * max(1.0, (length - 1) / max(len(days) - 1, 1) if length > 3 * len(days) else 1.0), "")
        if len(days) <= FEW_BARS
        else ("1w", 6.0, " a week")
        if length <= 7 * FEW_BARS
        else ("1mo", 26.0, " a month")
    )
    assets = assets_by_sid(result.assets)
    frame = result.transactions
    bought: dict[Any, float] = {}
    sold: dict[Any, float] = {}
    if "base_value" in frame.columns:  # a run in several currencies
        worth = floats(frame["base_value"])
    else:
        rows = zip(frame["sid"].to_list(), floats(frame["amount"]), floats(frame["price"]), strict=True)
        worth = [n * price * (float(assets[sid].multiplier) if sid in assets else 1.0) for sid, n, price in rows]
    for day, money in zip(frame["session"].dt.truncate(span).to_list(), worth, strict=True):
        side = bought if money > 0 else sold
        side[day] = side.get(day, 0.0) + money
    return bought, sold, width, label


def days_of(result: Result) -> list[Any]:
    """The dates of the sessions."""
    return result.daily["session"].to_list()


def short_money(value: float) -> str:
    """An amount as the tick of an axis.

    >>> short_money(1_250_000), short_money(-40_000), short_money(12.5)
    ('1.25M', '-40k', '12.5')
    """
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.4g}{letter}"
    return f"{value:.4g}"
