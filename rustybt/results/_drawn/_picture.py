"""What is in a picture, whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rustybt.results._report import Bars, Line, Marks

type Style = Literal["money", "percent", "ratio", "number"]
type Points = Sequence[float | None]

FEW: Final = ("c1", "c2", "c3", "c4", "c5", "c6", "c7")
"""Colours of lines that stand side by side, by their names in a theme."""


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of colours; None where there is nothing.

    middle: the value without a colour; the others are green above it and red below, or the other way round where less
    is better. whole: whether the last column is the whole of the others, and stands apart.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Points]
    style: Style = "percent"
    middle: float = 0.0
    whole: bool = True
    less: bool = False

    @property
    def most(self) -> float:
        """The farthest that a value lies from the middle."""
        # the whole of a year has its own column, and would make the months pale
        parts = [row[:-1] if self.whole else row for row in self.values]
        return max((abs(one - self.middle) for row in parts for one in row if one is not None), default=0.01) or 0.01

    def share(self, value: float) -> float:
        """How far a cell is coloured, from -1 (as what is lost) to 1 (as what is gained)."""
        share = (value - self.middle) / (1.6 * self.most)
        return -share if self.less else share

    def text(self, value: float) -> str:
        """A value as it stands in its cell."""
        return percent(value, digits_of(self.most)) if self.style == "percent" else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the axis that is shaded."""

    start: Any
    end: Any
    name: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the panels of a picture, which lie below one another.

    label: of the vertical axis, whose numbers are of `style`. x: the places of the lines. levels: vertical lines with a
    name. places: names of the places of x, instead of numbers. told: what stands there where there is nothing to draw.
    """

    label: str
    style: Style
    x: Sequence[Any] = ()
    lines: Sequence[Line] = ()
    marks: Sequence[Marks] = ()
    bars: Bars | None = None
    heat: Heat | None = None
    spans: Sequence[Span] = ()
    levels: Sequence[tuple[float, str]] = ()
    across: Style | Literal["time"] = "time"
    height: float = 1.0
    zero: bool = False
    told: str = ""
    places: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: a title, what stands below it, and panels. shared: whether all have one axis of time."""

    title: str
    below: str
    panels: Sequence[Panel] = field(default_factory=list)
    shared: bool = True


def digits_of(most: float) -> int:
    """How many decimals a table of percentages needs whose largest is `most`."""
    return 1 if most >= 0.01 else 2 if most >= 0.001 else 3


def legible(share: float, colours: dict[str, str]) -> str:
    """The colour of the text in a cell of a table of colours: of ink and ground the one that stands out more.

    share: how far the cell is from the ground (0) towards the colour of gains (1) or of losses (-1).

    >>> colours = {"ink": "#1b2430", "ground": "#ffffff", "gain": "#1f7a4a", "loss": "#b3362f"}
    >>> legible(0.1, colours), legible(1.0, colours)
    ('#1b2430', '#ffffff')
    """
    strength = min(abs(share), 1.0)
    far, ground = _parts(colours["gain" if share > 0 else "loss"]), _parts(colours["ground"])
    cell = _luminance([strength * one + (1 - strength) * other for one, other in zip(far, ground, strict=True)])

    def contrast(name: str) -> float:
        own = _luminance(_parts(colours[name]))
        return (max(own, cell) + 0.05) / (min(own, cell) + 0.05)

    return colours[max(("ink", "ground"), key=contrast)]


def _parts(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _luminance(parts: Sequence[float]) -> float:
    """The relative luminance of WCAG 2."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def percent(value: float, digits: int) -> str:
    """A share as a percentage; what rounds to nothing has no sign.

    >>> percent(0.1234, 1), percent(-0.0001, 1)
    ('12.3%', '0.0%')
    """
    text = f"{value:.{digits}%}"
    return text.removeprefix("-") if not float(text.removesuffix("%")) else text


def shown(value: float, style: Style) -> str:
    """A number as the tick of an axis.

    >>> shown(0.125, "percent"), shown(1_250_000, "money"), shown(1.5, "ratio")
    ('12.5%', '1.25M', '1.5')
    """
    if style == "percent":
        return f"{value * 100:.6g}%"
    if style == "money":
        for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
            if abs(value) >= unit:
                return f"{value / unit:.6g}{letter}"
    return f"{value:.6g}"
