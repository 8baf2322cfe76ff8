"""The sections on what was traded and held: trades, exposure, costs, orders."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt import metrics
from rustybt.core import MONEY_SCALE, decimal_column, scaled_ints
from rustybt.results._report._facts import DAY, Facts, numbers, optional
from rustybt.results._report._frames import exact, lasting, table_of
from rustybt.results._report._held import effective_number, risk_of_held
from rustybt.results._report._parts import Cell, Chart, Line, Part, Scatter, Table, Text
from rustybt.results._report._returns import Made, histogram
from rustybt.results._report._sampling import Floats, kept_places
from rustybt.results._text import shown

_MOST_POINTS: Final = 2_000
"""Of a scatter."""
_MOST_GROUPS: Final = 20
_MOST_TRADES: Final = 25
"""The best and the worst of them, each."""
_BY_POSITION: Final = (
    "A trade is a position from its first unit until nothing is held, as result.round_trips('flat') has them; "
    "result.trades matches fills, first in, first out."
)
_BY_FILL: Final = (
    "No position was closed whole: trades are fills matched first in, first out, as result.trades has them."
)
_WITHOUT: Final = "closes of sessions count, and a trade within a session, or of several fills, has none of its own"
_WEEKDAYS: Final = {1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday", 6: "Saturday", 7: "Sunday"}
_BY: Final = (
    ("symbol", "Asset"),
    ("side", "Side"),
    ("tag", "Tag"),
    ("weekday", "Weekday of the entry"),
    ("hour", "Full hours from the open of the session to the entry"),
    ("sessions", "Sessions held"),
)
_STYLES: Final = {
    "trades": ("Trades", "count"),
    "win_rate": ("Won", "percent"),
    "win_rate_error": ("Standard error", "percent"),
    "profit_factor": ("Profit factor", "ratio"),
    "payoff_ratio": ("Payoff ratio", "ratio"),
    "expectancy": ("Mean result", "money"),
    "gross": ("Gross", "money"),
    "costs": ("Costs", "money"),
    "net": ("Net", "money"),
}


def trades(facts: Facts) -> Made:
    """What was bought and sold, matched: how often it won, how long it lasted, how far it was up and down."""
    closed, still = facts.closed, facts.trades.height - facts.closed.height
    if not closed.height:
        return "No trade was closed." if still else "Nothing was traded."
    parts: list[Part] = [Text(_BY_POSITION if facts.by_position else _BY_FILL)]
    if still:
        parts.append(Text(f"{still} {'trade is' if still == 1 else 'trades are'} still open and not counted here."))
    for currency in sorted(closed["currency"].unique().to_list()):
        parts += _of_currency(facts, closed.filter(pl.col("currency") == currency), currency)
    return parts


def _of_currency(facts: Facts, closed: pl.DataFrame, currency: str) -> list[Part]:
    money = f", {currency}" if currency else ""
    total = metrics.trade_table(closed)
    rows = [[Cell(label), Cell(_text(total[name][0], style))] for name, (label, style) in _STYLES.items()]
    rows += [
        [Cell("Longest run of gains"), Cell(f"{total['longest_winning_streak'][0]}")],
        [Cell("Longest run of losses"), Cell(f"{total['longest_losing_streak'][0]}")],
        [Cell("Costs as a share of gross"), Cell(shown(total["cost_share"][0], "percent"))],
    ]
    parts: list[Part] = [Table(f"Closed trades{money}", ["Figure", "Value"], rows, frozenset((1,)))]
    net = numbers(closed["net"])
    low, high = (shown(one, "money", currency) for one in (closed["net"].min(), closed["net"].max()))  # type: ignore[arg-type]
    about = f"Histogram of the results of {closed.height:,} trades, between {low} and {high}."
    parts.append(histogram(f"Results of trades{money}", net.tolist(), "money", about))
    days = numbers(closed["duration"].dt.total_seconds()) / DAY
    longest = lasting(closed["duration"].max())  # type: ignore[arg-type]
    about = f"Histogram of how long {closed.height:,} trades lasted, at most {longest}."
    parts.append(histogram("How long trades lasted, in days", days.tolist(), "plain", about, None, 31))
    parts += _scatters(closed, net, currency)
    parts += _groups(facts, closed, money)
    return [*parts, *_extremes(closed, money)]


def _groups(facts: Facts, closed: pl.DataFrame, money: str) -> list[Part]:
    """The figures by each kind of group; by hour where bars are shorter than a session."""
    parts: list[Part] = []
    for by, label in _BY:
        rows = closed
        if by == "hour":
            if facts.result.manifest.get("data_frequency") != "minute":
                continue
            # from the open: the same in summer and winter time
            opens = facts.result.daily["period_open"].cast(closed["entry"].dtype)
            before = opens.search_sorted(closed["entry"], side="right").cast(pl.Int64) - 1
            since = closed["entry"].to_physical() - opens.to_physical().gather(before.clip(lower_bound=0))
            rows = closed.with_columns(since.cast(closed["entry"].dtype).alias("entry"))
        if (table := _grouped(rows, by, label, money)) is not None:
            parts.append(table)
    return parts


def _text(value: Any, style: str) -> str:
    if isinstance(value, Decimal) and style == "money":
        return exact(value)
    return shown(value, style)


def _scatters(closed: pl.DataFrame, net: Floats, currency: str) -> list[Part]:
    """How far trades were down and up before they ended as they did."""
    known = closed["mae"].is_not_null() & closed["mfe"].is_not_null()
    part = closed.filter(known)
    if not part.height:
        return [Text(f"MAE and MFE are not shown: {_WITHOUT}.")]
    results = net[known.to_numpy()]
    chosen = _chosen(results, numbers(part["mae"]), numbers(part["mfe"]))
    below = ""
    if len(chosen) < part.height:
        below = (
            f"{len(chosen):,} of {part.height:,} trades: the furthest of each kind, and every so many of the others."
        )
    if part.height < closed.height:
        below = f"{below} {closed.height - part.height:,} of {closed.height:,} trades have none: {_WITHOUT}.".lstrip()
    drawn = part[chosen]
    labels = [
        f"{symbol}, {side}, {entry:%Y-%m-%d} to {exit:%Y-%m-%d}"
        for symbol, side, entry, exit in drawn.select("symbol", "side", "entry", "exit").rows()
    ]
    money = f" ({currency})" if currency else ""
    scatters: list[Part] = []
    for name, words in (("mae", "down"), ("mfe", "up")):
        x, y = numbers(drawn[name]).round(2).tolist(), results[chosen].round(2).tolist()
        furthest = part[name].min() if name == "mae" else part[name].max()
        about = (
            f"Each of {part.height:,} trades: how far it was {words} at a close, at most "
            f"{shown(furthest, 'money', currency)}, against its result."  # type: ignore[arg-type]
        )
        title = f"How far {words} at the closes ({name.upper()}), and what came of it"
        axis = f"Furthest {words}{money}"
        good = [value > 0 for value in y]
        scatters.append(
            Scatter(title, x, y, good, None if scatters else labels, axis, f"Result{money}", "money", about, below)
        )
    return scatters


def _chosen(results: Floats, *excursions: Floats) -> list[int]:
    """The rows to draw, ascending: the largest of each kind, and others evenly spaced."""
    if len(results) <= _MOST_POINTS:
        return list(range(len(results)))
    part = _MOST_POINTS // 4
    ends = [np.argsort(-np.abs(values), kind="stable")[:part].tolist() for values in (results, *excursions)]
    spaced = np.linspace(0, len(results) - 1, part).astype(int).tolist()
    return sorted({*spaced, *(row for rows in ends for row in rows)})


def _grouped(closed: pl.DataFrame, by: Any, label: str, money: str) -> Table | None:
    """The figures by group; None where there is but one."""
    below = ""
    if by in closed.columns and (groups := closed[by].n_unique()) > _MOST_GROUPS:
        below = f"The {_MOST_GROUPS} with the most trades, of {groups:,}."
        counts = closed.group_by(by, maintain_order=True).len().sort("len", descending=True, maintain_order=True)
        closed = closed.join(counts.head(_MOST_GROUPS), on=by, how="semi", nulls_equal=True)
    frame = metrics.trade_table(closed, by=by)
    if frame.height < 2:
        return None
    rows = []
    for row in frame.iter_rows(named=True):
        group = _WEEKDAYS[row[by]] if by == "weekday" else "(none)" if row[by] is None else str(row[by])
        key = row[by] if isinstance(row[by], int) else group
        cells = [Cell(_text(row[name], style), _key(row[name])) for name, (_, style) in _STYLES.items()]
        rows.append([Cell(group, key), *cells])
    heads = [label, *(name for name, _ in _STYLES.values())]
    numeric = frozenset(range(1, len(heads)))
    return Table(f"By {label[0].lower()}{label[1:]}{money}", heads, rows, numeric, wide=True, below=below)


def _key(value: Any) -> float | None:
    return None if value is None else float(value)


def _extremes(closed: pl.DataFrame, money: str) -> list[Part]:
    """The best and the worst trades, all of their columns that a reader looks at."""
    names = {"symbol": "Asset", "side": "Side", "quantity": "Quantity", "entry": "Entry", "entry_price": "at"}
    names |= {"exit": "Exit", "exit_price": "at", "duration": "Lasted", "gross": "Gross", "costs": "Costs"}
    names |= {"net": "Net", "mae": "MAE", "mfe": "MFE", "r_multiple": "R", "entry_quality": "Entry quality"}
    names |= {"exit_quality": "Exit quality", "tag": "Tag"}
    names = {name: head for name, head in names.items() if name in closed.columns and closed[name].count()}
    ranked = closed.sort("net", descending=True, maintain_order=True).select(list(names))
    heads = list(names.values())
    if ranked.height <= 2 * _MOST_TRADES:
        return [table_of(ranked, f"All closed trades{money}", heads)]
    worst = ranked.tail(_MOST_TRADES).reverse()
    return [
        table_of(ranked.head(_MOST_TRADES), f"The {_MOST_TRADES} best trades{money}", heads),
        table_of(worst, f"The {_MOST_TRADES} worst trades{money}", heads),
    ]


def exposure(facts: Facts) -> Made:
    """Leverage, what was held long and short, of how many assets, and what was held at the end."""
    daily = facts.result.daily
    if not facts.result.positions.height:
        return "Nothing was held at any close."
    parts: list[Part] = [
        _lines(facts, "Leverage", "ratio", {"gross_leverage": "Gross", "net_leverage": "Net"}),
        _lines(facts, "Exposure", "money", {"long_exposure": "Long", "short_exposure": "Short"}),
        _lines(facts, "Assets held", "count", {"longs_count": "Long", "shorts_count": "Short"}),
        effective_number(facts),
    ]
    last = daily["session"][-1]
    held = facts.result.positions.filter(pl.col("session") == last)
    if not held.height:
        return [*parts, Text("Nothing was held at the end.")]
    size = [abs(value or 0) for value in scaled_ints(held["value"])]
    names = ["symbol", "amount", "cost_basis", "last_sale_price", "value"]
    ranked = held[sorted(range(held.height), key=lambda row: -size[row])].select(names)
    heads = ["Asset", "Amount", "Cost basis", "Last price", f"Value {facts.currency}".rstrip()]
    return [*parts, table_of(ranked, f"Held at the end, {last}", heads), *risk_of_held(facts.result)]


def _lines(facts: Facts, title: str, unit: Any, columns: dict[str, str]) -> Chart:
    daily = facts.result.daily
    series = [numbers(daily[name]) for name in columns]
    places = kept_places(series)
    about = []
    for name, label in columns.items():
        known = daily[name].drop_nulls()
        ends = (known.min(), known.max()) if known.len() else (None, None)
        low, high = (shown(one, unit, facts.currency) for one in ends)  # type: ignore[arg-type]
        about.append(f"{label}: between {low} and {high}.")
    lines = [
        Line(label, optional(values[places], 6), colour)
        for label, values, colour in zip(columns.values(), series, ("c1", "c2"), strict=True)
    ]
    return Chart(title, [facts.days[place] for place in places], lines, unit, " ".join(about), tall=150)


def costs(facts: Facts) -> Made:
    """What was paid, by kind, and how it grew."""
    result = facts.result
    if not result.has_costs:
        return "The result was saved by a version that did not keep costs."
    paid = result.costs
    if not paid.by_kind.height:
        return "Nothing was paid."
    rows = [
        [Cell(kind if detail is None else f"{kind}, {detail}"), Cell(exact(cost), float(cost))]
        for kind, detail, cost in paid.by_kind.rows()
    ]
    sums = (("all costs", paid.total), ("profit before costs", paid.gross), ("profit", paid.net))
    rows += [[Cell(label), Cell(exact(money), float(money))] for label, money in sums]
    below = "Costs below zero were received. Profit before costs is that of fills at their reference prices."
    heads = ["Kind", f"Paid {facts.currency}".rstrip()]
    parts: list[Part] = [Table("Costs by kind", heads, rows, frozenset((1,)), below=below)]
    kinds = list(dict.fromkeys(paid.by_kind["kind"].to_list()))
    paths = [decimal_column(kind, list(accumulate(_ints(paid.daily[kind]))), MONEY_SCALE) for kind in kinds]
    series = [numbers(path) for path in paths]
    places = kept_places(series)
    lines = [
        Line(kind.capitalize(), optional(values[places]), f"c{number % 7 + 1}")
        for number, (kind, values) in enumerate(zip(kinds, series, strict=True))
    ]
    words = (f"{kind} {shown(path[-1], 'money', facts.currency)}" for kind, path in zip(kinds, paths, strict=True))
    about = f"What was paid so far, by kind; at the end {', '.join(words)}."
    x = [facts.days[place] for place in places]
    return [*parts, Chart("Paid so far", x, lines, "money", about, tall=200)]


def _ints(column: pl.Series) -> list[int]:
    return [value or 0 for value in scaled_ints(column)]


def orders(facts: Facts) -> Made:
    """What became of orders, and why some were refused or cancelled."""
    frame = facts.result.orders
    if not frame.height:
        return "No order was placed."
    counts = frame.group_by("status", "cause").len().sort("len", "status", descending=[True, False])
    rows = [
        [Cell(status), Cell((cause or "").replace("_", " ")), Cell(f"{count:,}", count)]
        for status, cause, count in counts.rows()
    ]
    parts: list[Part] = [Table("What became of orders", ["Status", "Cause", "Orders"], rows, frozenset((2,)))]
    missed = frame.filter(pl.col("status").is_in(["rejected", "cancelled", "expired"]) | (pl.col("status") == "open"))
    if not missed.height:
        return [*parts, Text("Every order was filled.", "good")]
    columns = {"id": "Order", "created": "Placed", "symbol": "Asset", "amount": "Amount", "filled": "Filled"}
    columns |= {"status": "Status", "reason": "Reason", "tag": "Tag"}
    kept = {name: head for name, head in columns.items() if name in missed.columns}
    return [*parts, table_of(missed.select(list(kept)), "Refused, cancelled, expired or open", list(kept.values()))]


def recorded(facts: Facts) -> Made:
    """What the strategy recorded, a chart for each number."""
    frame = facts.result.recorded
    names = [name for name in frame.columns if name != "session"]
    if not names or not frame.height:
        return "The strategy recorded nothing."
    parts: list[Part] = []
    days = [day * DAY for day in frame["session"].to_physical().to_list()]
    drawn = [name for name in names if frame[name].dtype.is_numeric()][:20]
    for name in drawn:
        values = numbers(frame[name])
        if not np.isfinite(values).any():
            continue
        places = kept_places([values])
        known = values[np.isfinite(values)]
        about = f"{name}: between {known.min():,.6g} and {known.max():,.6g}, {known[-1]:,.6g} at the end."
        line = Line(name, optional(values[places]), "c4")
        parts.append(Chart(name, [days[place] for place in places], [line], "plain", about, tall=140))
    others = [name for name in names if name not in drawn and frame[name].dtype != pl.Object]
    if others:
        last = pl.DataFrame({"name": others, "last value": [f"{frame[name][-1]}" for name in others]})
        parts.append(table_of(last, "Other recorded values", ["Name", "Last value"]))
    return parts or "No recorded value is a number or a text."
