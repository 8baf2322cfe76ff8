"""The rows of Compat that would have changed a run: the run beside its repetitions, each with one row the other way."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rustybt.errors import InputError, ResultCorrupt

if TYPE_CHECKING:
    from rustybt.results._result import Result

COMPAT_ALL: Final = "all"
"""The last line: every row the other way at once."""
_FRAMES: Final = ("entries", "order_events", "orders", "transactions", "positions", "recorded")
_SCHEMA: Final = {
    "row": pl.String(),
    "zipline": pl.Boolean(),
    "changes": pl.Boolean(),
    "first_session": pl.Date(),
    "frames": pl.List(pl.String()),
    "columns": pl.List(pl.String()),
    "final_value": pl.Decimal(38, 20),
    "raised": pl.String(),
}


@dataclass(frozen=True, slots=True)
class CompatReport:
    """The effect of each row of `Compat` on one run.

    lines: a frame with a row per field of Compat, and one for all of them:
        row: the field. zipline: whether the run had Zipline's way. changes: whether the other way changes the result.
        first_session: the first that differs. frames, columns: which frames of the result, which columns of `daily`.
        final_value: what the other way adds to the portfolio's value at the end.
        raised: the error, where the strategy fails the other way.
    """

    lines: pl.DataFrame

    @property
    def rows(self) -> list[str]:
        """The names of the rows that would have changed the result."""
        return self.lines.filter(pl.col("changes") & (pl.col("row") != COMPAT_ALL))["row"].to_list()

    def page(self) -> list[dict[str, Any]]:
        """The lines as JSON can hold them."""
        return [
            line | {"first_session": _text(line["first_session"]), "final_value": _text(line["final_value"])}
            for line in self.lines.iter_rows(named=True)
        ]

    @classmethod
    def of_page(cls, lines: list[dict[str, Any]]) -> CompatReport:
        """The report whose `page` that is. Raises ResultCorrupt where it is none."""
        try:
            rows = [
                line
                | {
                    "first_session": _made(dt.date.fromisoformat, line["first_session"]),
                    "final_value": _made(Decimal, line["final_value"]),
                }
                for line in lines
            ]
            return cls(pl.DataFrame([[row[name] for name in _SCHEMA] for row in rows], schema=_SCHEMA, orient="row"))
        except (KeyError, TypeError, ValueError, ArithmeticError, pl.exceptions.PolarsError) as error:
            raise ResultCorrupt(
                f"The compat report that was saved with the result can't be read: {error!r}. Run the strategy again."
            ) from error

    def beside(self, other: CompatReport) -> CompatReport:
        """With the lines that another report has of other rows."""
        more = other.lines.filter(~pl.col("row").is_in(self.lines["row"].implode()))
        return CompatReport(pl.concat([more, self.lines]))

    def __repr__(self) -> str:
        texts = [_texts(line) for line in self.lines.iter_rows(named=True)]
        widths = [max(len(row[place]) for row in [_HEADS, *texts]) for place in range(len(_HEADS))]
        rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
        head = "  ".join(cell.ljust(width) for cell, width in zip(_HEADS, widths, strict=True))
        return "\n".join(row.rstrip() for row in [head, *rows])

    def _repr_html_(self) -> str:
        def cells(values: tuple[str, ...], tag: str) -> str:
            return "".join(f'<{tag} style="text-align:left">{html.escape(value)}</{tag}>' for value in values)

        rows = [cells(_texts(line), "td") for line in self.lines.iter_rows(named=True)]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in [cells(_HEADS, "th"), *rows]) + "</table>"


def kept_report(kept: CompatReport | None, rows: Iterable[str] | None) -> CompatReport:
    """What a result that can't be run again has of a report. Raises InputError where that is not all that is asked."""
    known = [] if kept is None else kept.lines["row"].to_list()
    wanted = [COMPAT_ALL] if rows is None else [rows] if isinstance(rows, str) else list(rows)
    missing = [name for name in wanted if name not in known]
    if kept is None or missing:
        has = f"It was saved with the rows {', '.join(map(repr, known))}, and not {missing[0]!r}. " if known else ""
        raise InputError(
            "This result was loaded or copied from another process, so its strategy can't be run again. "
            f"{has}Call compat_report() on what run_algorithm returned; what it found is saved with the result."
        )
    return kept if rows is None else CompatReport(kept.lines.filter(pl.col("row").is_in(wanted)))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _made(make: Callable[[str], Any], text: str | None) -> Any:
    return None if text is None else make(text)


_HEADS: Final = ("row", "this run", "the other way", "from", "value at the end", "what differs")


def _texts(line: Mapping[str, Any]) -> tuple[str, ...]:
    own = "Zipline's" if line["zipline"] else "RustyBT's"
    if not line["changes"]:
        return line["row"], own, "the same", "", "", ""
    if line["raised"] is not None:
        return line["row"], own, "the strategy fails", "", "", line["raised"]
    what = ", ".join([*line["frames"], *line["columns"]][:4])
    more = len(line["frames"]) + len(line["columns"]) - 4
    session = "" if line["first_session"] is None else line["first_session"].isoformat()
    value = f"{line['final_value']:+,.2f}" if line["final_value"] else ""
    return line["row"], own, "differs", session, value, what + (f" and {more} more" if more > 0 else "")


def compared(base: Result, others: Mapping[str, Result | Exception], ways: Mapping[str, bool]) -> CompatReport:
    """The report on a run.

    others: for each row the same run with that row the other way, or what it raised. ways: what the rows were.
    """
    lines = [_line(base, name, other) | {"zipline": ways.get(name)} for name, other in others.items()]
    return CompatReport(
        pl.DataFrame([[line[name] for name in _SCHEMA] for line in lines], schema=_SCHEMA, orient="row")
    )


def differing(base: Result, other: Result) -> tuple[list[str], list[str], dt.date | None]:
    """The frames that differ, the columns of `daily` that do, and the first session in which something does."""
    frames, columns = [], []
    sessions: list[dt.date] = []
    for name in (*_FRAMES, "daily"):
        one, two = base.frames()[name], other.frames()[name]
        places = _places(one, two)
        if places and name == "daily":
            columns = list(places)
        elif places:
            frames.append(name)
        if places and "session" in one.columns:
            first = min(places.values())
            sessions += [frame["session"][first] for frame in (one, two) if first < frame.height]
    return frames, columns, min(sessions, default=None)


def _places(one: pl.DataFrame, two: pl.DataFrame) -> dict[str, int]:
    """The columns that differ, and the first row in which each does."""
    found: dict[str, int] = dict.fromkeys({*one.columns} ^ {*two.columns}, 0)
    for name in one.columns:
        if name in two.columns:
            values, others = one[name].to_list(), two[name].to_list()
            place = next((at for at, pair in enumerate(zip(values, others, strict=False)) if not _same(*pair)), None)
            if place is None and len(values) != len(others):
                place = min(len(values), len(others))
            if place is not None:
                found[name] = place
    return found


def _same(one: Any, two: Any) -> bool:
    return bool(one == two) or (one != one and two != two)  # noqa: PLR0124  NaN is as it was


def _line(base: Result, name: str, other: Result | Exception) -> dict[str, Any]:
    if isinstance(other, Exception):
        raised = f"{type(other).__name__}: {other}"
        nothing: dict[str, Any] = {"first_session": None, "final_value": None, "frames": [], "columns": []}
        return {"row": name, "changes": True, "raised": raised} | nothing
    frames, columns, session = differing(base, other)
    ends = [result.first_figures["final_value"] or Decimal(0) for result in (other, base)]
    return {
        "row": name,
        "changes": bool(frames or columns),
        "first_session": session,
        "frames": frames,
        "columns": columns,
        "final_value": ends[0] - ends[1],
        "raised": None,
    }
