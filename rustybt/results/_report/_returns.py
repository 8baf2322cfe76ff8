"""The sections on returns: equity, figures, months, years, falls, windows, distribution, stress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from statistics import NormalDist
from typing import Any, Final, Literal

import polars as pl

from rustybt import metrics
from rustybt.results._report._facts import Facts, numbers, optional
from rustybt.results._report._figure_names import GROUPS, METHODS, Named, written
from rustybt.results._report._parts import Bars, Cell, Chart, Line, Part, Scatter, Table, Text
from rustybt.results._report._sampling import Floats, kept_places
from rustybt.results._svg import benchmark_path
from rustybt.results._text import shown

type Made = Sequence[Part] | str
"""The parts of a section, or why there is nothing to say."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BINS: Final = 41
STRESS: Final = (
    ("Black Monday", "1987-10-12", "1987-11-30"),
    ("Russia and LTCM", "1998-08-03", "1998-10-08"),
    ("Dot-com crash", "2000-03-10", "2002-10-09"),
    ("11 September 2001", "2001-09-04", "2001-09-28"),
    ("Quant crisis", "2007-08-01", "2007-08-31"),
    ("Lehman Brothers", "2008-09-12", "2008-11-20"),
    ("Bottom of March 2009", "2009-01-06", "2009-03-09"),
    ("Flash crash", "2010-05-05", "2010-05-10"),
    ("Downgrade of the USA", "2011-07-22", "2011-08-10"),
    ("Taper tantrum", "2013-05-22", "2013-06-24"),
    ("August 2015", "2015-08-17", "2015-08-25"),
    ("Brexit", "2016-06-23", "2016-06-27"),
    ("Volatility spike of 2018", "2018-01-26", "2018-02-08"),
    ("End of 2018", "2018-10-03", "2018-12-24"),
    ("Covid-19", "2020-02-19", "2020-03-23"),
    ("Rising rates of 2022", "2022-01-03", "2022-10-12"),
    ("Banks of March 2023", "2023-03-08", "2023-03-24"),
    ("Unwinding of the yen carry", "2024-07-31", "2024-08-05"),
    ("Tariffs of April 2025", "2025-04-02", "2025-04-08"),
)
"""Spans in which markets fell or turned, first and last day."""


def equity(facts: Facts) -> Made:
    """The portfolio's value, the benchmark's, and how far below its highest it was."""
    daily = facts.result.daily
    if not daily.height:
        return facts.lacking
    values = numbers(daily["portfolio_value"])
    path = benchmark_path(facts.result)
    beside = [] if path is None else [(facts.benchmark_name, numbers(pl.Series(path)), "benchmark")]
    if facts.held:
        beside.append(("buy and hold of the run's assets", numbers(facts.result.buy_and_hold["value"]), "c2"))
    places = kept_places([values, *(other for _, other, _ in beside)])
    x = [facts.days[place] for place in places]
    lines = [Line("Portfolio value", optional(values[places]))]
    lines += [Line(name, optional(other[places]), colour) for name, other, colour in beside]
    days = daily["session"]
    low, high = int(values.argmin()), int(values.argmax())
    money = [shown(daily["portfolio_value"][place], "money", facts.currency) for place in (0, low, high, -1)]
    about = (
        f"Portfolio value at each close: {money[0]} on {days[0]}, lowest {money[1]} on {days[low]}, highest {money[2]} "
        f"on {days[high]}, {money[3]} on {days[-1]}."
    )
    chart = Chart("Portfolio value", x, lines, "money", about, log=bool(values.min() > 0), tall=320)
    return [chart, *_falling(facts)]


def _falling(facts: Facts) -> list[Part]:
    if facts.lacking:
        return [Text(facts.lacking, "warning")]
    daily = facts.result.daily
    falls = metrics.under_water(daily["returns"], daily["session"])["drawdown"]
    depths = numbers(falls)
    places = kept_places([depths])
    worst = int(depths.argmin())
    about = (
        f"How far below its highest value so far the portfolio was: at most {shown(falls[worst], 'percent')}, on "
        f"{daily['session'][worst]}; {shown(falls[-1], 'percent')} at the end."
    )
    line = Line("Drawdown", optional(depths[places], 6), "loss", fill=True)
    return [Chart("Drawdown", [facts.days[place] for place in places], [line], "percent", about, tall=150)]


def figures(facts: Facts) -> Made:
    """Every figure with its standard error, and the benchmark's beside it."""
    if facts.lacking:
        return facts.lacking
    tables: list[Part] = []
    for title, group in GROUPS.items():
        known = {name: named for name, named in group.items() if name in facts.table}
        if not known:
            continue
        heads, rows = (
            ["Figure", "Value"],
            [[named.label, _figure(facts.table[name][0], named)] for name, named in known.items()],
        )
        if any(facts.table[name][1] is not None for name in known):
            heads.append("Standard error")
            for row, (name, named) in zip(rows, known.items(), strict=True):
                error = facts.table[name][1]
                row.append("" if error is None else written(error, named.style))
        if any(name in facts.benchmark_table for name in known):
            heads.append("Benchmark")
            for row, (name, named) in zip(rows, known.items(), strict=True):
                row.append(_figure(facts.benchmark_table[name], named) if name in facts.benchmark_table else "")
        cells = [[Cell(text) for text in row] for row in rows]
        tables.append(Table(title, heads, cells, frozenset(range(1, len(heads)))))
    below = (
        "Standard errors are those of returns that do not depend on each other; a figure without one has none that is "
        "known. A dash stands where a figure is not defined. What each one is stands under Definitions."
    )
    return [*tables, Text(below)]


def _figure(value: Decimal | int | None, named: Named) -> str:
    return written(value, named.style)


def months(facts: Facts) -> Made:
    """The return of each month, a year in a row."""
    if facts.lacking:
        return facts.lacking
    daily = facts.result.daily
    by_month = dict(_returns_by(daily, "month"))
    by_year = dict(_returns_by(daily, "year"))
    rows = []
    for year, whole in by_year.items():
        cells = [_heated(by_month.get(f"{year}-{month:02}"), 0.10) for month in range(1, 13)]
        rows.append([Cell(year), *cells, _heated(whole, 0.40)])
    return [Table("Returns by month", ["Year", *_MONTHS, "Year in all"], rows, frozenset(range(1, 14)))]


def _returns_by(
    daily: pl.DataFrame, every: Literal["month", "year"], column: str = "returns"
) -> list[tuple[str, Decimal]]:
    frame = metrics.by_period(daily[column], daily["session"], every=every)
    return frame.select("period", "total_return").rows()


def _heated(value: Decimal | None, full: float) -> Cell:
    """A return, coloured fully from `full` on."""
    if value is None:
        return Cell("")
    number = float(value)
    return Cell(shown(value, "percent"), number, max(-1.0, min(1.0, number / full)))


def years(facts: Facts) -> Made:
    """The return of each year and each weekday, and how often its sessions won."""
    if facts.lacking:
        return facts.lacking
    daily = facts.result.daily
    frame = metrics.by_period(daily["returns"], daily["session"], every="year")
    other = dict(_returns_by(daily, "year", "benchmark_returns")) if facts.has_benchmark else {}
    heads = ["Year", "Sessions", "Return", *([facts.benchmark_title] if other else []), "Sessions won"]
    rows = []
    for year, sessions, whole, _, won in frame.rows():
        beside = [_heated(other[year], 0.40)] if other else []
        rows.append([Cell(year), Cell(f"{sessions}"), _heated(whole, 0.40), *beside, Cell(shown(won, "percent"))])
    parts: list[Part] = [Table("Returns by year", heads, rows, frozenset(range(1, len(heads))))]
    frame = metrics.by_period(daily["returns"], daily["session"], every="weekday")
    rows = [
        [Cell(_WEEKDAYS[day - 1]), Cell(f"{sessions}"), Cell(written(mean, "fine")), Cell(shown(won, "percent"))]
        for day, sessions, _, mean, won in frame.rows()
    ]
    heads = ["Weekday", "Sessions", "Mean return", "Sessions won"]
    return [*parts, Table("Returns by weekday", heads, rows, frozenset((1, 2, 3)))]


def drawdowns(facts: Facts) -> Made:
    """The ten deepest falls."""
    if facts.lacking:
        return facts.lacking
    daily = facts.result.daily
    frame = metrics.drawdowns(daily["returns"], daily["session"], count=10)
    if not frame.height:
        return "The portfolio never fell below an earlier value."
    rows = []
    for place, (depth, peak, trough, recovery, length, to_trough) in enumerate(frame.rows(), 1):
        days = [
            "the start" if peak is None else f"{peak}",
            f"{trough}",
            "not yet" if recovery is None else f"{recovery}",
        ]
        cells = [Cell(f"{place}"), _heated(depth, 0.40), *map(Cell, days)]
        # the session of the recovery is at the peak again
        below = length - (recovery is not None)
        rows.append([*cells, Cell(f"{below:,}", below), Cell(f"{to_trough:,}", to_trough)])
    heads = ["", "Depth", "Peak", "Trough", "Recovery", "Sessions under water", "Sessions to the trough"]
    return [Table("Deepest drawdowns", heads, rows, frozenset((1, 5, 6)))]


def rolling(facts: Facts) -> Made:
    """Volatility, Sharpe ratio and, with a benchmark, beta over the past half year."""
    if facts.lacking:
        return facts.lacking
    daily, periods = facts.result.daily, facts.result.periods
    window = max(2, periods // 2)
    if daily.height < window + 1:
        return f"A window is half a year, {window} sessions; the run has {daily.height}."
    benchmark = daily["benchmark_returns"] if facts.has_benchmark else None
    wanted: list[Any] = ["volatility", "sharpe", *(["beta"] if facts.has_benchmark else [])]
    frame = metrics.rolling(
        daily["returns"], daily["session"], window=window, periods=periods, figures=wanted, benchmark=benchmark
    )
    titles = {"volatility": ("Volatility", "percent"), "sharpe": ("Sharpe ratio", "ratio"), "beta": ("Beta", "ratio")}
    charts: list[Part] = []
    for name in wanted:
        title, style = titles[name]
        column = frame[name]
        values = numbers(column)
        places = kept_places([values])
        known = column.drop_nulls()
        span = [shown(one, style) for one in (known.min(), known.max(), column[-1])] if known.len() else ["–"] * 3
        about = f"{title} of the past {window} sessions: between {span[0]} and {span[1]}, {span[2]} at the end."
        line = Line(title, optional(values[places], 6), "c4" if name == "sharpe" else "c6")
        x = [facts.days[place] for place in places]
        charts.append(Chart(f"{title}, rolling over {window} sessions", x, [line], style, about, tall=170))  # type: ignore[arg-type]
    return charts


def distribution(facts: Facts) -> Made:
    """How often which returns came, and what is lost in bad sessions."""
    if facts.lacking:
        return facts.lacking
    returns = facts.result.daily["returns"]
    values = numbers(returns)
    parts: list[Part] = []
    if values.min() < values.max():
        low, high, count = shown(returns.min(), "percent"), shown(returns.max(), "percent"), len(values)  # type: ignore[arg-type]
        about = f"Histogram of the returns of {count:,} sessions, between {low} and {high}."
        parts += [histogram("Returns of sessions", values.tolist(), "percent", about), _quantiles(values)]
    else:
        parts.append(Text(f"All sessions have the return {shown(returns[0], 'percent')}.", "info"))
    rows = [
        [Cell(label), *(Cell(shown(facts.table[f"{kind}_{level}{ending}"][0], "percent")) for kind, level in _TAILS)]
        for ending, label in METHODS.items()
    ]
    heads = ["Method", *(f"{'CVaR' if kind == 'cvar' else 'VaR'} {level} %" for kind, level in _TAILS)]
    below = "What one session loses, as a positive number: passed in 5 or 1 % of them, and on average in those."
    return [*parts, Table("Value at risk of a session", heads, rows, frozenset((1, 2, 3, 4)), below=below)]


def against_normal(values: Floats) -> tuple[list[float], list[float]]:
    """What sorted returns would be if they were normal, with their mean and deviation, and what they are.

    Of many the ends are kept, and every so many of those between.
    """
    import numpy as np

    normal, count = NormalDist(float(values.mean()), float(values.std(ddof=1))), len(values)
    places = np.arange(count)
    if count > _MOST_QUANTILES:
        spaced = np.linspace(0, count - 1, _MOST_QUANTILES // 2).astype(int)
        tail = _MOST_QUANTILES // 4
        places = np.unique(np.concatenate([places[:tail], spaced, places[-tail:]]))
    expected = [normal.inv_cdf((place + 0.5) / count) for place in places.tolist()]
    return expected, np.sort(values)[places].tolist()


def _quantiles(values: Floats) -> Scatter:
    expected, found = against_normal(values)
    about = (
        f"The {len(values):,} returns in their order against those of a normal distribution with the same mean and "
        "deviation, which would lie on the line: below it at the left, and above it at the right, are fat tails."
    )
    x, y = ([round(value, 6) for value in side] for side in (expected, found))
    good = [value >= 0 for value in y]
    titles = ("If the returns were normal", "Returns")
    return Scatter("Against a normal distribution (QQ)", x, y, good, [], *titles, "percent", about, diagonal=True)


_MOST_QUANTILES: Final = 400
_TAILS: Final = (("var", 95), ("var", 99), ("cvar", 95), ("cvar", 99))


def histogram(
    title: str, values: Sequence[float], unit: str, about: str, good: float | None = 0.0, bins: int = _BINS
) -> Bars:
    """Bars for values; what lies beyond 0.5 and 99.5 % is counted in the outer ones, so that the middle can be seen."""
    import numpy as np

    known = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(known, [0.005, 0.995])
    if not low < high:
        low, high = float(known.min()), float(known.max())
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    if good is not None and low < good < high:
        edges += good - edges[np.abs(edges - good).argmin()]  # none of them is partly good
    counts, _ = np.histogram(np.clip(known, edges[0], edges[-1]), edges)
    ends = ("and below" if known.min() < edges[0] else "", "and above" if known.max() > edges[-1] else "")
    place = int(np.searchsorted(edges, 0.0, side="right")) - 1
    mostly_zeros = 0 <= place < bins and 2 * int((known == 0).sum()) > counts[place]
    neutral = place if good is not None and mostly_zeros else None
    return Bars(title, edges.tolist(), counts.tolist(), unit, about, good, ends, neutral=neutral)  # type: ignore[arg-type]


def stress(facts: Facts) -> Made:
    """What the run did in spans in which markets fell."""
    if facts.lacking:
        return facts.lacking
    daily = facts.result.daily
    first, last = daily["session"][0], daily["session"][-1]
    rows = []
    for name, begin, end in STRESS:
        since, until = dt.date.fromisoformat(begin), dt.date.fromisoformat(end)
        part = daily.filter(pl.col("session").is_between(since, until))
        if since < first or until > last or not part.height:
            continue
        own = metrics.total_return(part["returns"])
        fall = metrics.max_drawdown(part["returns"])
        other = [_heated(metrics.total_return(part["benchmark_returns"]), 0.30)] if facts.has_benchmark else []
        rows.append([Cell(name), Cell(begin), Cell(end), _heated(own, 0.30), *other, _heated(fall, 0.30)])
    if not rows:
        return f"None of the {len(STRESS)} known crises lies within {first} to {last}."
    beside = [facts.benchmark_title] if facts.has_benchmark else []
    heads = ["Crisis", "From", "To", "Return", *beside, "Drawdown"]
    return [Table("Times of stress", heads, rows, frozenset(range(3, len(heads))))]
