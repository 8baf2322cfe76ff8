"""The equity curve as a few lines of SVG, for a notebook without matplotlib."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import polars as pl

from rustybt.metrics import ruined_row
from rustybt.results._floats import floats

if TYPE_CHECKING:
    from rustybt.results._result import Result

WIDTH: Final = 640
_HEIGHT: Final = 150
_BELOW: Final = 18
"""For the dates."""
_ABOVE: Final = 16
"""For the names of the curves."""
_TEXT: Final = 'fill="currentColor" fill-opacity=".7" font-size="11" font-family="sans-serif"'
_MARGIN: Final = 14
"""For the highest and the lowest value, above and below the curve."""
_POINTS: Final = 320
"""A curve is drawn through no more points than about one every two pixels."""
_EQUITY: Final = "#2f7fd1"
_BENCHMARK: Final = "#8a8f98"
_RUIN: Final = "#c2413b"


def benchmark_path(result: Result) -> list[float] | None:
    """The run's start value invested in the benchmark, at each close; None without a benchmark."""
    if "benchmark_returns" not in result.daily.columns:
        return None
    start = float(result.first_figures["starting_value"] or 0)
    return [start * (1 + growth) for growth in floats(result.daily["benchmark_period_return"])]


def equity_svg(result: Result) -> str:
    """The portfolio's value over the sessions, the benchmark's in grey; nothing for fewer than two sessions."""
    values = floats(result.daily["portfolio_value"])
    if len(values) < 2:
        return ""
    benchmark = benchmark_path(result)
    start = float(result.first_figures["starting_value"] or 0)
    seen = [value for value in [*values, *(benchmark or []), start] if value == value]  # noqa: PLR0124  no NaN
    low, high = min(seen), max(seen)
    level = _y(start, low, high)
    dashes = 'stroke="currentColor" stroke-opacity=".35" stroke-dasharray="4 4"'
    lines = [f'<line x1="0" y1="{level}" x2="{WIDTH}" y2="{level}" {dashes}/>']
    if benchmark is not None:
        lines.append(_line(benchmark, low, high, _BENCHMARK, "the benchmark"))
    lines.append(_line(values, low, high, _EQUITY, "portfolio value"))
    ruin = ruined_row(result.daily)
    if ruin is not None:
        x = f"{ruin / (len(values) - 1) * WIDTH:.1f}"
        title = f"<title>ruined on {result.daily['session'][ruin]}</title>"
        lines.append(
            f'<line x1="{x}" y1="0" x2="{x}" y2="{_HEIGHT}" stroke="{_RUIN}" stroke-dasharray="3 3">{title}</line>'
        )
    lines += _scale(low, high)
    lines += _dates(result.daily["session"])
    names = ["portfolio value"]
    if benchmark is not None:
        names.append(f"benchmark {result.manifest.get('benchmark') or ''}".rstrip())
    lines.append(_legend(names))
    height = _ABOVE + _HEIGHT + _BELOW
    return (
        f'<svg viewBox="-1 {-_ABOVE} {WIDTH + 2} {height}" width="100%" role="img" aria-label="equity curve" '
        f'style="max-width:{WIDTH}px">{"".join(lines)}</svg>'
    )


def _scale(low: float, high: float) -> list[str]:
    """The highest and the lowest value, at the left edge, where no curve comes."""
    levels = [high, low] if high > low else [high]
    return [
        f'<text x="2" y="{_y(one, low, high) + (-3 if one == high else 11):g}" {_TEXT}>{one:,.0f}</text>'
        for one in levels
    ]


def _dates(sessions: pl.Series) -> list[str]:
    """The first and the last session, and one in the middle, below the curve."""
    last = sessions.len() - 1
    places = {0: "start", last // 2: "middle", last: "end"} if last > 1 else {0: "start", last: "end"}
    return [
        f'<text x="{place / last * WIDTH:g}" y="{_HEIGHT + 13}" text-anchor="{anchor}" {_TEXT}>{sessions[place]}</text>'
        for place, anchor in places.items()
    ]


def _legend(names: list[str]) -> str:
    """The name of each curve behind a dash of its colour, above the curves at the right, where they hide nothing."""
    dashed = (
        f'<tspan fill="{colour}" fill-opacity="1" font-weight="bold">\u2014</tspan>\u00a0{escape(name)}'
        for name, colour in zip(names, (_EQUITY, _BENCHMARK), strict=False)
    )
    return f'<text x="{WIDTH}" y="-4" text-anchor="end" {_TEXT}>{"\u00a0\u00a0\u00a0".join(dashed)}</text>'


def _line(values: list[float], low: float, high: float, colour: str, title: str) -> str:
    last = len(values) - 1
    points = " ".join(f"{place / last * WIDTH:.1f},{_y(values[place], low, high)}" for place in _drawn(values))
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round">'
        f"<title>{title}</title></polyline>"
    )


def _drawn(values: list[float]) -> list[int]:
    """The places of a curve's points: all, or the ends and the highest and lowest value of each stretch."""
    known = [place for place, value in enumerate(values) if value == value]  # noqa: PLR0124  no NaN
    if len(known) <= _POINTS:
        return known
    size = -(-2 * len(known) // _POINTS)
    stretches = [known[at : at + size] for at in range(0, len(known), size)]
    extremes = {most(stretch, key=values.__getitem__) for stretch in stretches for most in (min, max)}
    return sorted({known[0], known[-1]} | extremes)


def _y(value: float, low: float, high: float) -> float:
    height = _HEIGHT - 2 * _MARGIN
    return round(_MARGIN + height * (1 - (value - low) / (high - low)) if high > low else _HEIGHT / 2, 1)
