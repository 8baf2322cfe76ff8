"""A result in words: for a terminal, a notebook and a plain prompt."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from rustybt.errors import CatalogError, ResultError

if TYPE_CHECKING:
    from rustybt.results._result import Result

_CONTEXT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_FIGURES: Final = (
    ("Total return", "total_return", "percent"),
    ("Annual return", "annual_return", "percent"),
    ("Volatility", "volatility", "percent"),
    ("Sharpe ratio", "sharpe", "ratio"),
    ("Sortino ratio", "sortino", "ratio"),
    ("Max drawdown", "max_drawdown", "percent"),
    ("Benchmark return", "benchmark_return", "percent"),
    ("Benchmark volatility", "benchmark_volatility", "percent"),
    ("Alpha", "alpha", "percent"),
    ("Beta", "beta", "ratio"),
    ("Max leverage", "max_leverage", "ratio"),
    ("Average gross leverage", "average_gross_leverage", "ratio"),
    ("Average net leverage", "average_net_leverage", "ratio"),
    ("Average long exposure", "average_long_exposure", "percent"),
    ("Average short exposure", "average_short_exposure", "percent"),
    ("Value at the start", "starting_value", "money"),
    ("Value at the end", "final_value", "money"),
    ("Profit", "pnl", "money"),
    ("Commission", "commission", "money"),
    ("Orders", "orders", "count"),
    ("Transactions", "transactions", "count"),
    ("Trading days", "trading_days", "count"),
)
_HEADLINES: Final = frozenset(
    (
        "Total return",
        "Buy and hold",
        "Annual return",
        "Sharpe ratio",
        "Max drawdown",
        "Alpha",
        "Beta",
        "Value at the end",
    )
)
MOST_BARS: Final = 1_000_000
"""Bars of all assets of a run beyond which a result that is shown does not look at them again by itself."""
_STYLES: Final = {"percent": ("0.01", 100, "%"), "ratio": ("0.01", 1, ""), "money": ("0.01", 1, "")}


def shown(value: Decimal | int | None, style: str, currency: str = "") -> str:
    """A figure as people read it, rounded to two decimals; "-" where it is undefined.

    >>> shown(Decimal("0.12345"), "percent"), shown(Decimal("-1234.5"), "money", "USD"), shown(None, "ratio")
    ('12.34%', '-1,234.50 USD', '-')
    """
    if value is None:
        return "-"
    if style == "count":
        return f"{value:,}"
    step, factor, unit = _STYLES[style]
    number = _CONTEXT.quantize(_CONTEXT.multiply(Decimal(value), Decimal(factor)), Decimal(step))
    text = f"{number or abs(number):,.2f}"  # abs: no "-0.00"
    return f"{text}{unit}" if style != "money" else f"{text} {currency}".rstrip()


def period_of(result: Result) -> str:
    """First and last session."""
    if not result.daily.height:
        return "no sessions"
    return f"{result.daily['session'][0]} to {result.daily['session'][-1]}"


def name_of(result: Result) -> str:
    """The name of the strategy."""
    return str(result.manifest.get("strategy") or "strategy")


def figures_of(result: Result) -> list[tuple[str, str]]:
    """Label and text of every figure, in the order to show them; those of a benchmark where there is one."""
    currency = str(result.manifest.get("currency") or "")
    metrics = result.first_figures
    return [(label, shown(metrics[name], style, currency)) for label, name, style in _FIGURES if name in metrics]


def costs_of(result: Result) -> list[tuple[str, str]]:
    """Label and text of what the run cost besides commission, of all costs and of the profit before them.

    Nothing where commission is all that there was.
    """
    if not result.has_costs:
        return []
    currency, costs = str(result.manifest.get("currency") or ""), result.costs
    kinds = [kind for kind in dict.fromkeys(costs.by_kind["kind"].to_list()) if kind != "commission"]
    if not kinds:
        return []
    rows = [(kind.capitalize(), costs.of(kind)) for kind in kinds]
    rows += [("All costs", costs.total), ("Profit before costs", costs.gross)]
    return [(label, shown(money, "money", currency)) for label, money in rows]


def rows_of(result: Result) -> list[tuple[str, str]]:
    """Label and text of every figure and cost, in the order to show them."""
    figures, costs = figures_of(result), costs_of(result)
    after = next((place for place, (label, _) in enumerate(figures, 1) if label == "Commission"), len(figures))
    return [*figures[:after], *costs, *figures[after:]]


def held_of(result: Result) -> list[tuple[str, str]]:
    """Label and text of what holding the run's assets came to; nothing where that is not known, or long to work out."""
    if int(result.manifest.get("bars") or 0) * result.assets.height > MOST_BARS:
        return []
    try:
        held = result.buy_and_hold
    except (ResultError, CatalogError):  # the bars are not at hand, or there is nothing that could be held
        return []
    total = held["value"][-1] / Decimal(str(result.manifest["capital_base"])) - 1 if held.height else None
    return [("Buy and hold", shown(total, "percent"))]


def _beside(rows: list[tuple[str, str]], held: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Rows with those of buy and hold after the total return."""
    return [*rows[:1], *held, *rows[1:]]


def text_of(result: Result) -> str:
    """One line."""
    figures = dict(figures_of(result))
    count = len(result.notes)
    from rustybt.metrics import ruined_on

    day = ruined_on(result.daily)
    ruin = "" if day is None else f"ruined on {day}, "
    notes = f", {count} {'note' if count == 1 else 'notes'}" if count else ""
    return (
        f"<Result {name_of(result)}: {period_of(result)}, {ruin}return {figures['Total return']}, "
        f"Sharpe {figures['Sharpe ratio']}, max drawdown {figures['Max drawdown']}, "
        f"{figures['Transactions']} transactions{notes}>"
    )


def table_of(result: Result) -> str:
    """The figures and notes as a table, for print."""
    name, period, rows = summary_of(result)
    rows = _beside(rows, held_of(result))
    label_width, text_width = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [f"{label:<{label_width}}  {text:>{text_width}}" for label, text in rows]
    return "\n".join([f"{name}  {period}", *lines, *(f"note {note}" for note in result.notes)])


def html_of(result: Result) -> str:
    """For a notebook: the headline figures, the equity curve, the notes, and all figures folded away.

    Every text is escaped. It sets no background and no colour of the text, so that it can be read on light and on dark.
    """
    import html

    from rustybt.results._svg import WIDTH, equity_svg

    figures = _beside(rows_of(result), held_of(result))
    cards = "".join(_card(html.escape(label), html.escape(text)) for label, text in figures if label in _HEADLINES)
    rows = "".join(
        f'<tr><td style="text-align:left">{html.escape(label)}</td>'
        f'<td style="text-align:right">{html.escape(text)}</td></tr>'
        for label, text in figures
    )
    data = html.escape(" ".join(str(part) for part in _data_of(result.manifest)))
    return (
        f'<div style="max-width:{WIDTH}px"><strong>{html.escape(name_of(result))}</strong> '
        f"<small>{html.escape(period_of(result))}<br>{data}</small>"
        f'<div style="display:flex;flex-wrap:wrap;gap:4px 22px;margin:8px 0">{cards}</div>{equity_svg(result)}'
        f"{_notes_html(result)}"
        f"<details><summary><small>all figures</small></summary>"
        f'<table style="color:inherit;font-size:inherit">{rows}</table></details></div>'
    )


def _card(label: str, text: str) -> str:
    return f'<div><small style="opacity:.65">{label}</small><br><span style="font-size:1.25em">{text}</span></div>'


def _notes_html(result: Result) -> str:
    import html

    items = "".join(f"<li>{html.escape(note.text)} <code>{html.escape(note.code)}</code></li>" for note in result.notes)
    return f'<ul style="margin:6px 0;padding-left:1.4em"><small>{items}</small></ul>' if items else ""


def _data_of(manifest: dict[str, Any]) -> list[Any]:
    parts = [manifest.get("bundle"), manifest.get("data_frequency"), manifest.get("data_version")]
    return [part for part in parts if part is not None]


def summary_of(result: Result) -> tuple[str, str, list[tuple[str, str]]]:
    """For a terminal: the strategy's name, the period, and label and text of every figure and of the ledger hash."""
    return name_of(result), period_of(result), [*rows_of(result), ("Ledger hash", result.ledger_hash[:16])]
