"""Draws the pictures of docs/guides/same_bar.md: a bar read at its worst and at its best, as SVG.

    python tools/same_bar_pictures.py

`tests/unit/orders/test_same_bar_pictures.py` checks the paths and fills of `CASES` against runs, and the stored files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parents[1] / "docs" / "images" / "same_bar"
WIDTH, HEIGHT, TOP, BOTTOM, LEFT, RIGHT = 300, 190, 34, 14, 14, 92
COLORS: Final = {"entry": "#111111", "target": "#1a7f37", "stop": "#c62828", "limit": "#6f42c1"}


class Reading(NamedTuple):
    """path: prices between which the bar goes straight. fills: of the orders by name, at which price, in turn."""

    path: tuple[str, ...]
    fills: tuple[tuple[str, str], ...]


class Picture(NamedTuple):
    """levels: the prices of orders by name, as they stand at the open. worst, best: what the bar may have done."""

    levels: dict[str, str]
    worst: Reading
    best: Reading


CASES: Final = {
    "both_exits": Picture(
        {"target": "108", "stop": "95"},
        Reading(("101", "94", "109", "100"), (("stop", "95"),)),
        Reading(("101", "109", "94", "100"), (("target", "108"),)),
    ),
    "limit_entry_both_exits": Picture(
        {"entry": "100", "target": "106", "stop": "97"},
        Reading(("102", "96", "106.5", "104"), (("entry", "100"), ("stop", "97"))),
        Reading(("102", "99", "106.5", "96", "104"), (("entry", "100"), ("target", "106"))),
    ),
    "limit_entry_target": Picture(
        {"entry": "100", "target": "106", "stop": "97"},
        Reading(("102", "106.5", "98", "104"), (("entry", "100"),)),
        Reading(("102", "98", "106.5", "104"), (("entry", "100"), ("target", "106"))),
    ),
    "stop_entry_both_exits": Picture(
        {"entry": "104", "target": "108", "stop": "101"},
        Reading(("103", "105", "100", "109", "105"), (("entry", "104"), ("stop", "101"))),
        Reading(("103", "109", "100", "105"), (("entry", "104"), ("target", "108"))),
    ),
    "stop_entry_stop": Picture(
        {"entry": "104", "target": "108", "stop": "101"},
        Reading(("103", "106", "100", "105"), (("entry", "104"), ("stop", "101"))),
        Reading(("103", "100", "106", "105"), (("entry", "104"),)),
    ),
    "trailing_stop": Picture(
        {"stop": "98"},
        Reading(("100", "101", "99", "104", "103"), (("stop", "99"),)),
        Reading(("100", "99", "104", "103"), ()),
    ),
    "stop_limit": Picture(
        {"stop": "103", "limit": "101"},
        Reading(("100", "99", "105", "104"), ()),
        Reading(("100", "105", "99", "104"), (("limit", "101"),)),
    ),
    "two_entries": Picture(
        {"stop": "103", "limit": "98"},
        Reading(("100", "104", "97", "102"), (("stop", "103"),)),
        Reading(("100", "97", "104", "102"), (("limit", "98"),)),
    ),
}
"""By name of the file."""


def svg(picture: Picture) -> str:
    """The picture: the worst on the left, the best on the right."""
    prices = [*map(float, picture.levels.values()), *map(float, (*picture.worst.path, *picture.best.path))]
    low, high = min(prices), max(prices)
    panels = [
        f'<g transform="translate({place * WIDTH} 0)">{_panel(name, reading, picture.levels, low, high)}</g>'
        for place, (name, reading) in enumerate((("pessimistic", picture.worst), ("optimistic", picture.best)))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" width="{2 * WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(panels) + "\n</svg>\n"
    )


def _panel(name: str, reading: Reading, levels: dict[str, str], low: float, high: float) -> str:
    def y(price: float) -> float:
        return round(TOP + (high - price) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    right = WIDTH - RIGHT
    step = (right - LEFT - 20) / (len(reading.path) - 1)
    points = [(round(LEFT + 10 + place * step, 1), y(float(price))) for place, price in enumerate(reading.path)]
    parts = [f'<text x="{LEFT}" y="18" font-weight="bold" fill="#333333">{name}</text>']
    for level, price in levels.items():
        at, color = y(float(price)), COLORS[level]
        parts.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{at}" y2="{at}" stroke="{color}" stroke-dasharray="4 3"/>'
            f'<text x="{right + 6}" y="{at + 4}" fill="{color}">{level} {price}</text>'
        )
    line = " ".join(f"{x},{at}" for x, at in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    parts += [f'<circle cx="{x}" cy="{at}" r="2.5" fill="#1f5fa8"/>' for x, at in (points[0], points[-1])]
    for x, at, color in _dots(reading, points):
        parts.append(f'<circle cx="{x}" cy="{at}" r="5" fill="{color}" stroke="#ffffff"/>')
    if not reading.fills:
        parts.append(f'<text x="{right}" y="18" text-anchor="end" fill="#333333">no fill</text>')
    return "".join(parts)


def _dots(reading: Reading, points: list[tuple[float, float]]) -> list[tuple[float, float, str]]:
    """Where on the path the fills lie: each at the first place from the one before on that comes to its price."""
    found, part, share = [], 0, 0.0
    path = [float(price) for price in reading.path]
    for name, text in reading.fills:
        price = float(text)
        while True:
            start, end = path[part], path[part + 1]
            at = (price - start) / (end - start)
            if share <= at <= 1:
                break
            part, share = part + 1, 0.0
        share = at
        (x0, y0), (x1, y1) = points[part], points[part + 1]
        found.append((round(x0 + at * (x1 - x0), 1), round(y0 + at * (y1 - y0), 1), COLORS[name]))
    return found


def main() -> None:
    """Writes the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in CASES.items():
        (FOLDER / f"{name}.svg").write_text(svg(picture), encoding="utf-8")


if __name__ == "__main__":
    main()
