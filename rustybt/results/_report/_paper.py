"""Pages of a PDF that are filled from top to bottom."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rustybt.results._report._colours import LIGHT
from rustybt.results._report._escape import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 8.27, 11.69
"""Of a page of A4, in inches."""
MARGIN: Final = 0.7
INNER: Final = WIDTH - 2 * MARGIN
_POINT: Final = 1 / 72
_DIGIT: Final = 0.64
_LETTER: Final = 0.56
"""How wide a letter is on average, as a share of the size of the type."""


class Paper:
    """Puts text, tables and axes below each other, on as many pages as it takes."""

    def __init__(self, pages: PdfPages, footer: str) -> None:
        self._pages = pages
        self._footer = plain(footer)
        self._page: Figure | None = None
        self._number = 0
        self._left = 0.0

    def room(self, height: float) -> float:
        """Takes so many inches, on a new page where this one has not as much; returns where they begin."""
        if self._page is None or self._left - height < MARGIN:
            self.turn()
        top = self._left
        self._left -= height
        return top

    def turn(self) -> None:
        """Ends the page, if there is one, and begins another."""
        self.end()
        self._page = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
        self._number += 1
        self._left = HEIGHT - MARGIN
        self._write(self._footer, MARGIN, 0.4, 7, LIGHT["quiet"])
        self._write(str(self._number), WIDTH - MARGIN, 0.4, 7, LIGHT["quiet"], ha="right")

    def end(self) -> None:
        """Ends the page, if there is one."""
        if self._page is not None:
            untyped: Any = self._pages
            untyped.savefig(self._page)
        self._page = None

    def space(self, height: float) -> None:
        """Leaves so many inches, unless the page is over."""
        self._left -= height

    def text(self, text: str, size: float = 9, colour: str = "ink", weight: str = "normal", keep: float = 0.0) -> None:
        """A paragraph. keep: inches that must follow on the same page, for what it is the head of."""
        lines = _wrapped(plain(text), INNER, size)
        step = size * 1.4 * _POINT
        for number, line in enumerate(lines):
            top = self.room(step + (0.0 if number else keep + step * (len(lines) - 1 if keep else 0)))
            if not number and keep:
                self._left += keep + step * (len(lines) - 1)
            self._write(line, MARGIN, top - step * 0.75, size, LIGHT[colour], weight=weight)

    def axes(self, height: float, left: float = 0.55) -> Axes:
        """Axes over the width of the page."""
        top = self.room(height)
        assert self._page is not None  # noqa: S101 - `room` has turned to a page
        bottom = top - height + 0.32
        box = ((MARGIN + left) / WIDTH, bottom / HEIGHT, (INNER - left) / WIDTH, (height - 0.42) / HEIGHT)
        return self._page.add_axes(box)

    def picture(self, image: Any) -> None:
        """A picture of pixels, as wide as the page or as high as half of it."""
        tall, wide = image.shape[:2]
        height = min(INNER * tall / wide, HEIGHT / 2)
        width = height * wide / tall
        top = self.room(height + 0.1)
        assert self._page is not None  # noqa: S101 - `room` has turned to a page
        axes = self._page.add_axes((MARGIN / WIDTH, (top - height) / HEIGHT, width / WIDTH, height / HEIGHT))
        axes.imshow(image, aspect="auto")
        axes.axis("off")

    def row(
        self, cells: Sequence[str], widths: Sequence[float], numeric: frozenset[int], size: float, **more: Any
    ) -> None:
        """A row of a table. heats: by place, a colour and its strength. weight: of the type."""
        texts = [
            [plain(text)]
            if place in numeric and text and " " not in text
            else _wrapped(plain(text), max(width - 0.08, 0.1), size)
            for place, (text, width) in enumerate(zip(cells, widths, strict=True))
        ]
        step = size * 1.3 * _POINT
        height = step * max(map(len, texts), default=1) + 0.035
        top = self.room(height)
        x = MARGIN
        for place, (lines, width) in enumerate(zip(texts, widths, strict=True)):
            self._heat(more.get("heats", {}).get(place), x, top - height, width, height)
            right = place in numeric
            for number, line in enumerate(lines):
                y = top - step * (number + 0.85)
                at, side = (x + width - 0.04, "right") if right else (x + 0.04, "left")
                # a number is not broken, but smaller where it is long
                own = min(size, (width - 0.04) / (max(len(line), 1) * _DIGIT * _POINT)) if right else size
                self._write(line, at, y, own, LIGHT["ink"], ha=side, weight=more.get("weight", "normal"))
            x += width

    def _heat(self, heat: tuple[str, float] | None, x: float, y: float, width: float, height: float) -> None:
        if heat is None or self._page is None:
            return
        box = Rectangle(
            (x / WIDTH, y / HEIGHT), width / WIDTH, height / HEIGHT, color=LIGHT[heat[0]], alpha=heat[1], linewidth=0
        )
        box.set_transform(self._page.transFigure)
        self._page.add_artist(box)

    def _write(self, text: str, x: float, y: float, size: float, colour: str, **more: Any) -> None:
        assert self._page is not None  # noqa: S101 - nothing is written before `turn`
        self._page.text(
            x / WIDTH, y / HEIGHT, text, fontsize=size, color=colour, va="baseline", parse_math=False, **more
        )


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """The lines of a text in so many inches."""
    letters = max(4, int(width / (size * _LETTER * _POINT)))
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, letters) or [""]]
    return lines or [""]
