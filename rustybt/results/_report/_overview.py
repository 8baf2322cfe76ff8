"""The sections that say what the run was: summary, comparison, settings, definitions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt import metrics
from rustybt.results._report._colours import FEW
from rustybt.results._report._facts import DAY, Facts, numbers, optional, short
from rustybt.results._report._figure_names import GROUPS, NAMES, definition, written
from rustybt.results._report._parts import Card, Cards, Cell, Chart, Level, Line, Part, Table, Text
from rustybt.results._report._returns import Made
from rustybt.results._report._sampling import Floats, folded
from rustybt.results._text import period_of, shown

if TYPE_CHECKING:
    from rustybt.results._result import Result

_CARDS: Final = ("total_return", "annual_return", "volatility", "sharpe", "sortino", "max_drawdown", "alpha", "beta")
_LEVELS: Final[dict[str, Level]] = {"serious": "serious", "warning": "warning", "info": "info"}
_POINTS_OF_ALL: Final = 60_000
"""Of all lines of the comparison together."""
_COMPARED: Final = ("total_return", "annual_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar")
_SIDE_BY_SIDE: Final = 6
"""As many runs have a column of their own."""
_MOST_PARAMS: Final = 6


def summary(facts: Facts) -> Made:
    """What ran, when and on what; its headline figures; notes and diagnostics."""
    manifest, result = facts.result.manifest, facts.result
    data = [f"{manifest[name]}" for name in ("bundle", "data_version") if manifest.get(name) is not None]
    rows = [
        ("Period", f"{period_of(result)}, {result.daily.height:,} sessions"),
        ("Bars", f"{manifest.get('data_frequency') or '–'}, calendar {manifest.get('calendar') or '–'}"),
        ("Data", " ".join(data) or "–"),
        ("Hash of the data", short(manifest.get("data_hash") or "–")),
        ("Hash of the ledger", result.ledger_hash),
        ("Made with", f"RustyBT {manifest.get('rustybt') or '–'}, seed {manifest.get('seed')}"),
    ]
    what = Table("The run", ["", ""], [[Cell(label), Cell(text)] for label, text in rows])
    return [Cards(_cards(facts)), what, *_notes(facts), *_diagnostics(facts)]


def _cards(facts: Facts) -> list[Card]:
    figures, daily = facts.table, facts.result.daily
    cards = []
    if daily.height:
        start = shown(facts.result.metrics["starting_value"], "money")
        label = ", ".join(part for part in ("Value at the end", facts.currency) if part)
        cards.append(Card(label, shown(daily["portfolio_value"][-1], "money"), f"from {start}"))
    for name in _CARDS:
        if name not in figures:
            continue
        value, error = figures[name]
        beside = "" if error is None else f"± {written(error, NAMES[name].style)}"
        if name == "sharpe" and (sure := figures.get("probabilistic_sharpe", (None, None))[0]) is not None:
            beside += f", above 0 with {written(sure, 'percent')}"
        if name == "total_return":
            against = {"buy and hold": facts.held}
            if "benchmark_return" in figures:
                against["benchmark"] = written(figures["benchmark_return"][0], "percent")
            beside = ", ".join(f"{label} {text}" for label, text in against.items() if text)
        cards.append(Card(NAMES[name].label, written(value, NAMES[name].style), beside))
    return cards


def _notes(facts: Facts) -> list[Part]:
    notes = facts.result.notes
    if not notes:
        return [Text("The run has nothing to tell besides its figures.", "good", "Notes")]
    return [Text(note.text, "warning", note.code.replace("_", " ")) for note in notes]


def _diagnostics(facts: Facts) -> list[Part]:
    found = getattr(facts.result, "diagnostics", None)
    if found is None:
        return []
    parts: list[Part] = [
        Text(f"{one.text} {one.advice}".rstrip(), _LEVELS.get(one.severity, "info"), one.code.replace("_", " "))
        for one in found
    ]
    if not parts:
        parts = [Text("No check found anything.", "good", "Diagnostics")]
    if found.not_made:
        reasons = dict.fromkeys(str(one.reason) for one in found.not_made)
        codes = ", ".join(str(one.code).replace("_", " ") for one in found.not_made)
        parts.append(Text(f"{codes}. {' '.join(reasons)}", "info", "Checks not made"))
    return parts


def comparison(facts: Facts) -> Made:
    """All runs: what each returned over time, and their figures beside each other."""
    if not facts.compared:
        return "No other result was given to compare with."
    runs = facts.named_runs
    varied = _varied({name: run.manifest.get("params") or {} for name, run in runs.items()})
    heads = ["Run", *varied, "Period"]
    heads += [NAMES[name].label for name in _COMPARED]
    heads += ["Standard error of Sharpe", "Transactions", "Value at the end"]
    rows = []
    for name, run in runs.items():
        params = run.manifest.get("params") or {}
        cells = [Cell(name), *(_param(params.get(one)) for one in varied), Cell(period_of(run))]
        cells += [_figure(run.metrics[one], NAMES[one].style) for one in _COMPARED]
        cells += [_figure(_sharpe_error(run), "ratio"), _figure(run.metrics["transactions"], "count")]
        rows.append([*cells, _figure(run.metrics["final_value"], "money")])
    numeric = frozenset(range(2 + len(varied), len(heads)))
    parts: list[Part] = [_overlaid(runs), Table("Runs", heads, rows, numeric, wide=True)]
    return parts if len(runs) > _SIDE_BY_SIDE else [*parts, _side_by_side(runs)]


def _varied(params: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The parameters in which the runs differ."""
    names = dict.fromkeys(name for own in params.values() for name in own)
    return [name for name in names if len({repr(own.get(name)) for own in params.values()}) > 1][:_MOST_PARAMS]


def _param(value: Any) -> Cell:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell("" if value is None else short(value, 60), value if number else None)


def _figure(value: Decimal | int | None, style: str) -> Cell:
    return Cell(written(value, style), None if value is None else float(value))


def _sharpe_error(run: Result) -> Decimal | None:
    if run.metrics["sharpe"] is None:
        return None
    return metrics.sharpe_error(run.daily["returns"], periods=run.periods)


def _overlaid(runs: Mapping[str, Result]) -> Chart:
    """What each run had returned so far, on the sessions of all of them."""
    days = [run.daily["session"].to_physical().to_list() for run in runs.values()]
    axis = sorted({day for own in days for day in own})
    place_of = {day: place for place, day in enumerate(axis)}
    series: list[Floats] = []
    for run, own in zip(runs.values(), days, strict=True):
        values = np.full(len(axis), np.nan)
        values[[place_of[day] for day in own]] = numbers(run.daily["algorithm_period_return"])
        series.append(values)
    most = max(400, min(5_000, _POINTS_OF_ALL // len(runs)))
    places, kept = folded(series, most) if axis else (np.arange(0), series)
    many = len(runs) > len(FEW)
    lines = [
        Line(
            name,
            optional(values, 5),
            "equity" if not place else "many" if many else FEW[place],
            thin=many and place > 0,
        )
        for place, (name, values) in enumerate(zip(runs, kept, strict=True))
    ]
    ends = [run.metrics["total_return"] for run in runs.values()]
    known = [one for one in ends if one is not None]
    span = f", between {shown(min(known), 'percent')} and {shown(max(known), 'percent')} at their ends" if known else ""
    about = f"What each of {len(runs)} runs had returned so far{span}; the table below has each of them."
    x = [axis[place] * DAY for place in places]
    return Chart("Returns so far", x, lines, "percent", about, tall=320)


def _side_by_side(runs: Mapping[str, Result]) -> Table:
    """All figures, a column for each run."""
    rows = []
    for group in GROUPS.values():
        for name, named in group.items():
            values = [run.metrics.get(name) for run in runs.values()]
            if any(value is not None for value in values):
                rows.append([Cell(named.label), *(_figure(value, named.style) for value in values)])
    return Table("Figures side by side", ["Figure", *runs], rows, frozenset(range(1, len(runs) + 1)))


def settings(facts: Facts) -> Made:
    """What the run was made from: enough to run it again."""
    manifest = dict(facts.result.manifest)
    params, compat = manifest.pop("params", None) or {}, manifest.pop("compat", None) or {}
    parts: list[Part] = []
    if params:
        rows = [[Cell(str(name)), Cell(_as_text(value))] for name, value in params.items()]
        parts.append(Table("Parameters", ["Parameter", "Value"], rows))
    rows = [
        [Cell(name.replace("_", " ")), Cell(_as_text(value))] for name, value in manifest.items() if value is not None
    ]
    kept = (
        [name.replace("_", " ") for name, value in compat.items() if value]
        if isinstance(compat, dict)
        else [str(compat)]
    )
    rows.append([Cell("like Zipline to the letter"), Cell(", ".join(kept) or "in nothing")])
    return [*parts, Table("Manifest", ["Setting", "Value"], rows)]


def _as_text(value: Any) -> str:
    if isinstance(value, str | int | float):
        return short(value)
    return short(json.dumps(value, ensure_ascii=False, default=str), 400)


def definitions(_facts: Facts) -> Made:
    """What each figure is, and whose definition it is."""
    rows: list[Sequence[Cell]] = []
    seen: set[str] = set()
    for named in [*NAMES.values(), *_OTHERS]:
        words, source = definition(named[2])
        if words and named[2] not in seen:
            seen.add(named[2])
            rows.append([Cell(named[0]), Cell(words), Cell(source)])
    if not rows:
        return "This Python runs without docstrings, which hold the definitions."
    below = "In Python: help(rustybt.metrics.sharpe), and so on."
    return [Table("Figures", ["Figure", "What it is", "Source"], rows, below=below)]


_OTHERS: Final = (
    ("Value at risk (VaR)", "", "value_at_risk"),
    ("Conditional value at risk (CVaR)", "", "conditional_value_at_risk"),
    ("Drawdown", "", "under_water"),
    ("Figures of trades", "", "trade_table"),
)
