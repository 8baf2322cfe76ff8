"""Small tables for notebooks: every text escaped, no background and no colour of its own, so light and dark both do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

STYLE = "color:inherit;background:transparent;font-size:inherit"


def facts_html(title: str, facts: Iterable[tuple[str, object]]) -> str:
    """A title, and a row for each fact that is not None.

    >>> facts_html("IBM", [("units", Decimal("10.500")), ("tag", "<b>"), ("stop", None)])[-91:]
    'left">10.5</td></tr><tr><td>tag</td><td style="text-align:left">&lt;b&gt;</td></tr></table>'
    """
    from html import escape  # here, as few processes show tables

    rows = "".join(
        f'<tr><td>{escape(name)}</td><td style="text-align:left">{escape(text_of(fact))}</td></tr>'
        for name, fact in facts
        if fact is not None
    )
    return f'<table style="{STYLE}"><caption>{escape(title)}</caption>{rows}</table>'


def grid_html(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a heading for each column.

    >>> grid_html(["asset"], [["<A>"]])[-54:]
    '<th>asset</th></tr><tr><td>&lt;A&gt;</td></tr></table>'
    """
    from html import escape

    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text_of(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table style="{STYLE}"><tr>{head}</tr>{body}</table>'


def text_of(value: object) -> str:
    """A value as people read it: a number with commas and without zeros at its end.

    >>> text_of(Decimal("100000.5000")), text_of(Decimal(0)), text_of(None), text_of(0.25)
    ('100,000.5', '0', '', '0.25')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal) and value.is_finite():
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
