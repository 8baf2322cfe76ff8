"""What a section is made of: text, tables, charts and pictures, before anything is drawn on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

type Unit = Literal["money", "percent", "ratio", "count", "price", "plain"]
"""How the values of a chart are written."""
type Level = Literal["plain", "good", "info", "warning", "serious"]
"""How grave a text is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. level: what stands before it, and its colour. label: a few words before it, such as a code."""

    text: str
    level: Level = "plain"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure: its label, its value as text, and beside it its standard error or what it is compared with."""

    label: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline figures in a row."""

    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    text: what is read. key: what it is sorted by. heat: from -1 to 1, how strongly it is coloured, red below 0.
    """

    text: str
    key: float | str | None = None
    heat: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first cell of a row is its header.

    columns: headers. numeric: the columns whose values are numbers, at the right. wide: it is made for many rows, which
    can be sorted, and filtered by a text.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()
    wide: bool = False
    below: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart. values: as many as the chart has places; None where there is none.

    colour: a name of the palette. thin: one of many.
    """

    name: str
    values: Sequence[float | None]
    colour: str = "equity"
    fill: bool = False
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks on a chart: places on its axis and values. up: whether they point upwards."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    up: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over time.

    x: seconds since 1970, ascending. unit: of the values. log: whether a logarithmic scale can be chosen. about: a
    sentence or two for who can't see it. tall: how high, in pixels. step: what a place on the axis is, in seconds.
    """

    title: str
    x: Sequence[int]
    lines: Sequence[Line]
    unit: Unit
    about: str
    log: bool = False
    tall: int = 220
    marks: Sequence[Marks] = ()
    step: int = 86_400
    below: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram: the edges of its bins, one more than there are counts. good: the edge from which bars are green.

    ends: what the outer bars count beyond their edges, in words. neutral: the bar that is mostly of zeros, neither
    gains nor losses.
    """

    title: str
    edges: Sequence[float]
    counts: Sequence[int]
    unit: Unit
    about: str
    good: float | None = None
    ends: tuple[str, str] = ("", "")
    lines: Mapping[str, float] = field(default_factory=dict)
    neutral: int | None = None

    def colour(self, place: int) -> str:
        """The name of a bar's colour."""
        if self.good is None:
            return "c1"
        middle = (self.edges[place] + self.edges[place + 1]) / 2
        return "many" if place == self.neutral else "gain" if middle >= self.good else "loss"


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points. good: whether each is green. labels: what each is, for the pointer; None for those of the one before.

    diagonal: whether a line shows where both numbers of a point are the same.
    """

    title: str
    x: Sequence[float]
    y: Sequence[float]
    good: Sequence[bool]
    labels: Sequence[str] | None
    x_title: str
    y_title: str
    unit: Unit
    about: str
    below: str = ""
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as PNG, and what it shows in words."""

    png: bytes
    about: str


type Part = Text | Cards | Table | Chart | Bars | Scatter | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its name, its title, what it is made of. silent: why it says nothing, where it does not."""

    name: str
    title: str
    parts: Sequence[Part] = ()
    silent: str = ""
