"""Writes the pages of docs/indicators from the docstrings, a picture each: python tools/indicator_pages.py.

The pictures show shares of Apple in 2010, from the sample.
"""

from __future__ import annotations

import inspect
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import rustybt
from rustybt import indicators
from rustybt.indicators import AGAINST, FIELD, Indicator

FOLDER = Path(__file__).parent.parent / "docs" / "indicators"
HOW = """# Indicators

What `term(KIND, assets, ...)` reads in a strategy, and `KIND(array, ...)` makes of arrays.
[Indicators in a strategy](../guides/indicators.md) says how they are used, and how to write one of your own. These
pages are made of the docstrings by `python tools/indicator_pages.py`; the pictures show Apple's shares in 2010.

| indicator | what it is | reads | bars to its first value |
|---|---|---|---|
"""
WIDTH, HEIGHT, MARGIN, LABELS = 760, 150, 8, 46
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
GIVEN = {"window": 20}
ON_PRICES = frozenset({"price", FIELD})


def kinds() -> list[Indicator]:
    """All of them, by name."""
    return [one for name in sorted(indicators.__all__) if isinstance(one := getattr(indicators, name), Indicator)]


def parameters_of(kind: Indicator) -> dict[str, object]:
    """Those of the picture."""
    return {name: GIVEN[name] if value is ... else value for name, value in kind.parameters.items()}


def page(kind: Indicator) -> str:
    """The page of an indicator: its docstring, the examples as code."""
    text, example, parts = inspect.getdoc(kind.function) or "", [], []
    for line in text.splitlines():
        if line.startswith((">>> ", "... ")) or (example and line.strip()):
            example.append(line)
        else:
            parts.append(line)
    given = ", ".join(f"{name}={value}" for name, value in parameters_of(kind).items())
    unit = {None: "a number of its own, which splits leave as it is"}.get(kind.unit, f"a {kind.unit}")
    unit = "that of the field" if kind.unit == FIELD else unit
    lines = [
        f"# {kind.name}",
        "\n".join(parts).strip(),
        f"![{kind.name} of Apple's shares in 2010]({kind.name}.svg)",
        f"Drawn with {given}." if given else "",
        f"- `{kind!r}`\n- reads: {', '.join(kind.reads)}\n- unit: {unit}"
        + (f"\n- columns: {', '.join(kind.outputs)}" if kind.outputs else "")
        + ("\n- reaches back to the asset's first bar" if kind.recursive else ""),
        "```pycon\n" + "\n".join(example) + "\n```",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def bars() -> dict[str, np.ndarray]:
    """Apple's, and IBM's closes beside them."""
    found: dict[str, np.ndarray] = {}

    def read(context: rustybt.Context, data: rustybt.BarData) -> None:
        asset = context.symbol("AAPL")
        for field in ("open", "high", "low", "close", "volume"):
            found[field] = data.history(asset, field, 400, "1d").to_numpy()
        found[AGAINST] = data.history(context.symbol("IBM"), "close", 400, "1d").to_numpy()

    rustybt.run(read, start="2010-12-31", end="2010-12-31")
    return found | {FIELD: found["close"], "session": np.arange(400.0)}


def picture(kind: Indicator, columns: dict[str, np.ndarray]) -> str:
    """Its lines over the closes, or below them where it has a scale of its own."""
    made = kind(*[columns[name] for name in kind.reads], **parameters_of(kind))
    lines = list(made.values()) if kind.outputs else [made]
    close, lines = columns["close"][-252:], [line[-252:] for line in lines]
    level = float(np.nanmean(lines[0])) / float(np.nanmean(close))
    over = kind.unit in ON_PRICES and 0.5 < level < 2
    if kind.name in {"SuperTrend", "LinearRegression"}:  # the others have another scale
        lines = lines[:1]
    names = kind.outputs or (kind.name,)
    height = HEIGHT if over else 2 * HEIGHT
    body = _panel(0, [close, *lines] if over else [close], ("#888888", *COLORS), over)
    if not over:
        body += _panel(HEIGHT, lines, COLORS, True)
    key = "".join(
        f'<text x="{LABELS + 8 + 110 * place}" y="{height + 14}" fill="{color}">{name}</text>'
        for place, (name, color) in enumerate(zip(names[: len(lines)], COLORS, strict=False))
    )
    key += f'<text x="{WIDTH - 60}" y="{height + 14}" fill="#888888">close</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 20}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{kind.name}</title>{body}{key}</svg>\n'
    )


def _panel(top: int, lines: Sequence[np.ndarray], colors: Sequence[str], thick: bool) -> str:
    low, high = min(float(np.nanmin(one)) for one in lines), max(float(np.nanmax(one)) for one in lines)
    reach = (high - low) or 1.0
    text = "".join(
        f'<text x="{LABELS - 6}" y="{y}" fill="#888888" text-anchor="end">{_short(value)}</text>'
        for y, value in ((top + MARGIN + 8, high), (top + HEIGHT - MARGIN, low))
    )
    for place, (line, color) in enumerate(zip(lines, colors, strict=False)):
        wide = 1.6 if thick and place else 1.1
        points = [
            f"{LABELS + x * (WIDTH - LABELS - MARGIN) / (len(line) - 1):.1f},"
            f"{top + MARGIN + (high - value) / reach * (HEIGHT - 2 * MARGIN):.1f}"
            for x, value in enumerate(line.tolist())
            if not math.isnan(value)
        ]
        text += f'<polyline fill="none" stroke="{color}" stroke-width="{wide}" points="{" ".join(points)}"/>'
    return text


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def pages() -> dict[Path, str]:
    """The text of each page, and each picture."""
    columns, found = bars(), {}
    index = HOW
    for kind in kinds():
        first = (inspect.getdoc(kind.function) or "").split("\n\n")[0].replace("\n", " ")
        count = kind.warm_up(**parameters_of(kind))
        index += f"| [{kind.name}]({kind.name}.md) | {first} | {', '.join(kind.reads)} | {count} |\n"
        found[FOLDER / f"{kind.name}.md"] = page(kind)
        found[FOLDER / f"{kind.name}.svg"] = picture(kind, columns)
    return {FOLDER / "README.md": index} | found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        os.environ["RUSTYBT_ROOT"] = root
        for path, text in pages().items():
            path.write_text(text, encoding="utf-8")
