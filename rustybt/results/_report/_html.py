"""Sections as HTML. Each text is escaped where it is put; data of charts are JSON in script elements."""

from __future__ import annotations

import base64
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from rustybt.results._report._escape import escaped, script_json
from rustybt.results._report._parts import (
    Bars,
    Card,
    Cards,
    Cell,
    Chart,
    Line,
    Part,
    Picture,
    Scatter,
    Section,
    Table,
    Text,
)

_MARKS: Final = {"plain": "", "good": "✓", "info": "○", "warning": "◐", "serious": "●"}
_WORDS: Final = {"plain": "", "good": "", "info": "Information: ", "warning": "Warning: ", "serious": "Serious: "}
"""What a reader who sees no marks hears before a text."""
_ROWS_OF_VALUES: Final = 13
"""Of the table that stands for a chart."""
_LONG_TEXT: Final = 26
_LONG_NUMBER: Final = 10
"""Letters of a headline figure that have room in its card in large type."""
_SMALL_TABLE: Final = 5
"""As many columns has a table that stands beside another."""
_BAR_WIDTH, _BAR_HEIGHT = 640, 190
_ABOVE_BARS: Final = 24
"""For words on what the outer bars count."""


def html_of(section: Section) -> str:
    """A section with its heading."""
    name = escaped(section.name)
    body = f'<p class="silent">{escaped(section.silent)}</p>' if section.silent else _body(section)
    title = f'<h2 id="{name}-title">{escaped(section.title)}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{title}{body}</section>'


def _body(section: Section) -> str:
    """The parts one below the other; small tables, and small figures, of which several follow each other, in a row."""
    made = [(_group(part), _part(part, f"{section.name}-{place}")) for place, part in enumerate(section.parts)]
    rows = []
    for kind, parts in itertools.groupby(made, key=lambda pair: pair[0]):
        html = "".join(part for _, part in parts)
        rows.append(f'<div class="{kind}">{html}</div>' if kind else html)
    return "".join(rows)


def _group(part: Part) -> str:
    if isinstance(part, Table):
        return "" if part.wide or len(part.columns) > _SMALL_TABLE else "tables"
    return "pair" if isinstance(part, Bars | Scatter) else ""


def _part(part: Part, key: str) -> str:
    return _KINDS[type(part)](part, escaped(key))


def _text(text: Text, _key: str) -> str:
    label = f"<strong>{escaped(text.label)}</strong> " if text.label else ""
    mark = _MARKS[text.level]
    before = (
        f'<span class="mark" aria-hidden="true">{mark}</span><span class="unseen">{_WORDS[text.level]}</span>'
        if mark
        else ""
    )
    paragraphs = escaped(text.text).replace("\n\n", "</p><p>").replace("\n", "<br>")
    return f'<div class="text {text.level}">{before}<p>{label}{paragraphs}</p></div>'


def _cards(cards: Cards, _key: str) -> str:
    return f'<dl class="cards">{"".join(map(_card, cards.cards))}</dl>'


def _card(card: Card) -> str:
    beside = f"<dd><small>{escaped(card.beside)}</small></dd>" if card.beside else ""
    return f"<div><dt>{escaped(card.label)}</dt><dd{_size_of(card.value)}>{escaped(card.value)}</dd>{beside}</div>"


def _size_of(value: str) -> str:
    """A number stays on one line: where it is long, in smaller type. Other text wraps between its words."""
    if " " in value and not value.split(maxsplit=1)[0].replace(",", "").replace(".", "").removeprefix("-").isdigit():
        return ""
    long = " longer" if len(value) > _LONG_NUMBER + 3 else " long" if len(value) > _LONG_NUMBER else ""
    return f' class="figure{long}"'


def _table(table: Table, key: str) -> str:
    heads = "".join(_head(text, place in table.numeric) for place, text in enumerate(table.columns))
    head = f"<thead><tr>{heads}</tr></thead>" if any(table.columns) else ""
    rows = "".join(_row(row, table.numeric) for row in table.rows)
    below = f'<p class="below">{escaped(table.below)}</p>' if table.below else ""
    kind = ' class="wide"' if table.wide else ""
    return (
        f'<div class="table"><h3 id="{key}-title">{escaped(table.title)}</h3>'
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{key}-title">'
        f'<table{kind} aria-labelledby="{key}-title">{head}<tbody>{rows}</tbody></table></div>{below}</div>'
    )


def _head(text: str, numeric: bool) -> str:
    words = escaped(text) or '<span class="unseen">Number</span>'
    return f'<th scope="col"{_aligned(numeric)}>{words}</th>'


def _aligned(numeric: bool, text: str = "") -> str:
    """The class of a cell: a number, or a text so long that it takes several lines."""
    return ' class="n"' if numeric else ' class="l"' if len(text) > _LONG_TEXT else ""


def _row(row: Sequence[Cell], numeric: frozenset[int]) -> str:
    head = row[0]
    first = f'<th scope="row"{_aligned(0 in numeric, head.text)}{_key_of(head)}>{escaped(head.text)}</th>'
    rest = (
        f"<td{_aligned(place in numeric, cell.text)}{_key_of(cell)}{_heat(cell.heat)}>{escaped(cell.text)}</td>"
        for place, cell in enumerate(row[1:], 1)
    )
    return f"<tr>{first}{''.join(rest)}</tr>"


def _key_of(cell: Cell) -> str:
    if cell.key is None or cell.key == cell.text:
        return ""
    key = f"{cell.key:.10g}" if isinstance(cell.key, float) else cell.key
    return f' data-key="{escaped(key)}"'


def _heat(heat: float) -> str:
    if not heat or not math.isfinite(heat):
        return ""
    name = "gain" if heat > 0 else "loss"
    return f' style="background:rgba(var(--heat-{name}),{0.06 + 0.3 * abs(heat):.2f})"'


def _figure(key: str, title: str, about: str, kind: str, body: str, data: Any, below: str) -> str:
    """A figure that a script draws, with the words that stand for it."""
    note = f'<p class="below">{escaped(below)}</p>' if below else ""
    return (
        f'<figure class="{kind}" id="{key}"><h3 id="{key}-title">{escaped(title)}</h3>'
        f'<p class="about" id="{key}-about">{escaped(about)}</p>{body}{note}'
        f'<script type="application/json" class="data">{script_json(data)}</script></figure>'
    )


def _chart(chart: Chart, key: str) -> str:
    steps = [later - earlier for earlier, later in zip(chart.x, chart.x[1:], strict=False)]
    data = {
        "unit": chart.unit,
        "log": chart.log,
        "step": chart.step,
        "x": [place // chart.step for place in [*chart.x[:1], *steps]],
        "lines": [_line_data(line) for line in chart.lines],
        "marks": [
            {
                "name": marks.name,
                "x": [x / chart.step for x in marks.x],
                "y": marks.y,
                "colour": marks.colour,
                "up": marks.up,
            }
            for marks in chart.marks
        ],
    }
    body = f'<div class="plot" style="height:{chart.tall}px"></div>{_values(chart)}'
    return _figure(key, chart.title, chart.about, "chart", body, data, chart.below)


def _line_data(line: Line) -> dict[str, Any]:
    found = {"name": line.name, "colour": line.colour, "values": line.values}
    return found | {name: True for name in ("fill", "thin") if getattr(line, name)}


def _values(chart: Chart) -> str:
    """A table of some of a chart's values, folded away: its ends, and places that are evenly spaced between them."""
    if len(chart.lines) > 8 or not chart.x:
        return ""
    last = len(chart.x) - 1
    count = min(_ROWS_OF_VALUES, last + 1)
    places = sorted({round(place * last / max(1, count - 1)) for place in range(count)})
    heads = "".join(
        _head(text, numeric) for text, numeric in [("Date", False), *((line.name, True) for line in chart.lines)]
    )
    rows = "".join(
        f'<tr><th scope="row">{_date(chart.x[place], chart.step)}</th>'
        + "".join(f'<td class="n">{_value(line.values[place], chart.unit)}</td>' for line in chart.lines)
        + "</tr>"
        for place in places
    )
    label = f"Values of {escaped(chart.title)}"
    return (
        '<details class="values"><summary>Some of the values</summary>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _date(seconds: int, step: int) -> str:
    import datetime as dt

    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%d}" if step % 86_400 == 0 else f"{moment:%Y-%m-%d %H:%M}"


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "percent":
        return f"{value:.2%}"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.2f}" if unit in ("money", "ratio") else f"{value:,.8g}"


def _bars(bars: Bars, key: str) -> str:
    """A histogram as a picture of lines: it needs no script, and has the colours of the page."""
    highest = max(bars.counts, default=0) or 1
    width = _BAR_WIDTH / max(1, len(bars.counts))
    drawn = []
    for place, count in enumerate(bars.counts):
        low, high = bars.edges[place], bars.edges[place + 1]
        tall = max(_BAR_HEIGHT * count / highest, 1.0 if count else 0.0)
        kind = _BARS[bars.colour(place)]
        beyond = bars.ends[0] if not place else bars.ends[1] if place == len(bars.counts) - 1 else ""
        title = f"{_edge(low, bars.unit)} to {_edge(high, bars.unit)} {beyond}".rstrip() + f": {count:,}"
        box = f'x="{place * width + 0.5:.2f}" y="{_BAR_HEIGHT - tall:.2f}" width="{max(width - 1, 0.5):.2f}"'
        drawn.append(f'<rect class="{kind}" {box} height="{tall:.2f}"><title>{escaped(title)}</title></rect>')
    ticks = [
        f'<text x="{_BAR_WIDTH * part:.1f}" y="{_BAR_HEIGHT + 20}" text-anchor="{_anchor(part)}">'
        f"{escaped(_edge(value, bars.unit))}</text>"
        for value, part in _round_places(bars.edges[0], bars.edges[-1])
    ]
    for end, x, anchor in zip(bars.ends, (0, _BAR_WIDTH), ("start", "end"), strict=True):
        if end:
            ticks.append(f'<text x="{x}" y="-8" text-anchor="{anchor}">{_ARROWS[anchor].format(escaped(end))}</text>')
    above = _ABOVE_BARS if any(bars.ends) else 0
    base = f'<line x1="0" x2="{_BAR_WIDTH}" y1="{_BAR_HEIGHT}" y2="{_BAR_HEIGHT}"/>'
    return (
        f'<figure class="bars" id="{key}"><h3 id="{key}-title">{escaped(bars.title)}</h3>'
        f'<p class="about" id="{key}-about">{escaped(bars.about)} The tallest bar counts {highest:,}.</p>'
        f'<svg viewBox="0 {-above} {_BAR_WIDTH} {_BAR_HEIGHT + 26 + above}" role="img" '
        f'aria-labelledby="{key}-title {key}-about">'
        f"{base}{''.join(drawn)}{''.join(ticks)}</svg></figure>"
    )


_ARROWS: Final = {"start": "← {}", "end": "{} →"}


_BARS: Final = {"c1": "bar", "many": "bar none", "gain": "bar good", "loss": "bar bad"}


def _round_places(low: float, high: float) -> list[tuple[float, float]]:
    """Round numbers between two ends, four to eight of them, and where between them each is, from 0 to 1."""
    power = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(one * power for one in (5, 2, 1) if (high - low) / (one * power) >= 4)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [(place * step, (place * step - low) / (high - low)) for place in range(first, last + 1)]


def _anchor(part: float) -> str:
    return "start" if part < 0.04 else "end" if part > 0.96 else "middle"


def _edge(value: float, unit: str) -> str:
    if unit == "percent":
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _scatter(scatter: Scatter, key: str) -> str:
    data = {
        "unit": scatter.unit,
        "x": scatter.x,
        "y": scatter.y,
        "good": [int(one) for one in scatter.good],
        "labels": scatter.labels,
        "titles": [scatter.x_title, scatter.y_title],
        "diagonal": scatter.diagonal,
    }
    body = (
        f'<div class="points" role="img" aria-labelledby="{key}-title {key}-about" style="height:320px">'
        '<canvas></canvas><div class="tip" hidden></div></div>'
    )
    return _figure(key, scatter.title, scatter.about, "scatter", body, data, scatter.below)


def _picture(picture: Picture, key: str) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    image = f'<img alt="{escaped(picture.about)}" src="data:image/png;base64,{data}">'
    return f'<figure class="picture" id="{key}">{image}</figure>'


_KINDS: Final[dict[type, Callable[[Any, str], str]]] = {
    Text: _text,
    Cards: _cards,
    Table: _table,
    Chart: _chart,
    Bars: _bars,
    Scatter: _scatter,
    Picture: _picture,
}
