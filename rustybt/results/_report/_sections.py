"""The sections of a report: what there is, what was asked for, and those of the user's own."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterable, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rustybt.errors import InputError
from rustybt.results._report import _overview, _prices, _returns, _trading
from rustybt.results._report._facts import Facts
from rustybt.results._report._frames import table_of
from rustybt.results._report._parts import Part, Picture, Section, Text

if TYPE_CHECKING:
    from rustybt.results._result import Result

type SectionFunction = Callable[[Result], Any]
"""Takes the result, and gives text, a Polars or pandas frame, a matplotlib figure, a list of these, or None."""
type SectionAsked = str | SectionFunction | tuple[str, SectionFunction] | EllipsisType

_MADE: Final[dict[str, tuple[str, Callable[[Facts], _returns.Made]]]] = {
    "summary": ("Summary", _overview.summary),
    "comparison": ("Comparison", _overview.comparison),
    "equity": ("Equity and drawdown", _returns.equity),
    "figures": ("Figures", _returns.figures),
    "months": ("Months", _returns.months),
    "years": ("Years", _returns.years),
    "drawdowns": ("Drawdowns", _returns.drawdowns),
    "rolling": ("Rolling figures", _returns.rolling),
    "distribution": ("Distribution of returns", _returns.distribution),
    "stress": ("Times of stress", _returns.stress),
    "exposure": ("Exposure", _trading.exposure),
    "costs": ("Costs", _trading.costs),
    "trades": ("Trades", _trading.trades),
    "prices": ("Most traded assets", _prices.prices),
    "orders": ("Orders", _trading.orders),
    "recorded": ("Recorded values", _trading.recorded),
    "settings": ("Settings", _overview.settings),
    "definitions": ("Definitions", _overview.definitions),
}
REPORT_SECTIONS: Final = tuple(_MADE)
"""The names of the sections, in their order."""


def sections_of(facts: Facts, asked: Sequence[SectionAsked] | None) -> list[Section]:
    """The sections that were asked for, in that order; all of them where nothing was asked for.

    Of all of them "comparison" is left out where there is nothing to compare with.
    """
    if isinstance(asked, str) or callable(asked):
        raise InputError(f"sections: {asked!r} is one section. Pass a list of them.")
    every = [name for name in REPORT_SECTIONS if name != "comparison" or facts.compared]
    wanted: list[Any] = [...] if asked is None else list(asked)
    if wanted.count(...) > 1:
        raise InputError("sections: `...` stands for all that are not named, and can stand there once.")
    rest = [name for name in every if name not in wanted]
    spread = [one for item in wanted for one in (rest if item is ... else [item])]
    if not spread:
        raise InputError("sections: the list is empty. Name at least one section, or leave `sections` out.")
    return _with_names([_section(facts, one) for one in spread])


def _with_names(sections: Iterable[Section]) -> list[Section]:
    """Each with a name of its own, which links lead to."""
    seen: dict[str, int] = {}
    named = []
    for section in sections:
        seen[section.name] = times = seen.get(section.name, 0) + 1
        name = section.name if times == 1 else f"{section.name}-{times}"
        named.append(Section(name, section.title, section.parts, section.silent))
    return named


def _section(facts: Facts, asked: Any) -> Section:
    if isinstance(asked, str):
        if asked not in _MADE:
            raise InputError(
                f"sections: there is no {asked!r}. Choose among {', '.join(REPORT_SECTIONS)}, or pass a function."
            )
        title, function = _MADE[asked]
        return _finished(asked, title, function(facts))
    title, own = asked if isinstance(asked, tuple) and len(asked) == 2 else (_title_of(asked), asked)
    if not callable(own) or not isinstance(title, str):
        raise InputError(
            f"sections: {asked!r} is no section. Pass a name, a function that takes the result, or a pair of a title "
            "and such a function."
        )
    try:
        made = own(facts.result)
    except Exception as error:
        error.add_note(f"The function of the report's section {title!r} raised this.")
        raise
    return _finished("own", title, _own_parts(made, title))


def _finished(name: str, title: str, made: _returns.Made) -> Section:
    return Section(name, title, silent=made) if isinstance(made, str) else Section(name, title, made)


def _title_of(function: Any) -> str:
    """The first line of its docstring, else its name."""
    words = inspect.getdoc(function) if inspect.isroutine(function) else None
    if words:
        return words.splitlines()[0].rstrip(".")
    name = str(getattr(function, "__name__", "own section")).replace("_", " ").strip("<> ")
    return f"{name[:1].upper()}{name[1:]}"


def _own_parts(made: Any, title: str) -> _returns.Made:
    items = list(made) if isinstance(made, list | tuple) else [made]
    parts = [_own_part(item, title) for item in items if item is not None]
    return parts or "There is nothing to say: its function gave nothing."


def _own_part(item: Any, title: str) -> Part:
    if isinstance(item, str):
        return Text(item)
    if isinstance(item, pl.DataFrame):
        return table_of(item, title)
    if hasattr(item, "savefig"):
        target = io.BytesIO()
        item.savefig(target, format="png", dpi=144, bbox_inches="tight", facecolor="white")
        return Picture(target.getvalue(), title)
    if hasattr(item, "to_dict") and hasattr(item, "columns"):
        return table_of(_of_pandas(item), title)
    raise InputError(
        f"sections: the function of {title!r} gave a {type(item).__name__}. Return text, a Polars or pandas frame, a "
        "matplotlib figure, or a list of these."
    )


def _of_pandas(frame: Any) -> pl.DataFrame:
    """A pandas frame column by column, so that PyArrow is not needed; an index that is more than row numbers too."""
    if type(frame.index).__name__ != "RangeIndex":
        frame = frame.reset_index()
    columns = {}
    for place, name in enumerate(frame.columns):
        values = [None if value != value else value for value in frame.iloc[:, place].tolist()]  # noqa: PLR0124
        label = str(name)
        while label in columns:
            label += " "
        columns[label] = pl.Series(label, values, strict=False)
    return pl.DataFrame(columns)
