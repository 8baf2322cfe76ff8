"""Pictures of searches: what is in them; `rustybt.results` draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from rustybt.errors import InputError
from rustybt.optimize._objective import better_first
from rustybt.optimize._parameters import Choice
from rustybt.optimize._space import shown
from rustybt.optimize._trial import Trial, TrialState
from rustybt.results import Heat, Line, Marks, Panel, Picture, draw_picture

if TYPE_CHECKING:
    from rustybt.optimize._search import Search
    from rustybt.optimize._sensitivity import Sensitivity
    from rustybt.optimize._walk_forward import WalkForward

BINS: Final = 10
_LINES: Final = 60
"""So many trials have a line of their own: the best, and others evenly."""
_TEXT: Final = 14


def importance_of(found: Search) -> pl.DataFrame:
    """As `Search.importance` says."""
    trials, values = _valued(found)
    rows: list[tuple[str, float | None]] = []
    for name in found.space.names:
        parts = [place for place, _ in (_bin(found, name, trial) for trial in trials)]
        rows.append((name, _omega(np.array(parts), values) if len(trials) >= 2 * len({*parts}) > 2 else None))
    return pl.DataFrame(rows, schema={"parameter": pl.String, "share": pl.Float64}, orient="row").sort(
        "share", descending=True, nulls_last=True, maintain_order=True
    )


def _omega(parts: Any, values: Any) -> float:
    """Of the variance of values the share that is between the parts, less that of chance."""
    whole = ((values - values.mean()) ** 2).sum()
    if not whole > 0:
        return 0.0
    groups = [values[parts == one] for one in np.unique(parts)]
    between = sum(len(one) * (one.mean() - values.mean()) ** 2 for one in groups)
    within = (whole - between) / max(len(values) - len(groups), 1)
    return float(np.clip((between - (len(groups) - 1) * within) / (whole + within), 0.0, 1.0))


def _valued(found: Search) -> tuple[list[Trial], Any]:
    """The trials with a value, in the order of their numbers, and the values."""
    trials = [one for one in found.all if one.state is TrialState.COMPLETE and one.value is not None]
    if not trials:
        raise InputError(f"No trial of {found.name!r} has a value: there is nothing to draw.")
    return trials, np.array([float(one.value or 0) for one in trials])


def _bin(found: Search, name: str, trial: Trial) -> tuple[int, str]:
    """In which bin of a parameter a trial lies, and what the bin is called."""
    if name not in trial.params:
        return -1, "-"
    parameter, value = found.space.parameters[name], trial.params[name]
    share = parameter.share(value)
    if isinstance(parameter, Choice) or (parameter.count is not None and parameter.count <= BINS):
        return int(share * (parameter.count or 1)), str(value)
    place = min(int(share * BINS), BINS - 1)
    low, high = parameter.at(place / BINS), parameter.at((place + 1) / BINS - 1e-9)
    return place, f"{low:.4g}-{high:.4g}"


def drawn_search(
    found: Search, path: Path | str | None, kind: str, parameters: Sequence[str] | None, how: Mapping[str, Any]
) -> Any:
    """The figure of a search. Raises InputError for a kind that there is not, and for what can't be drawn."""
    if kind not in KINDS:
        raise InputError(f"kind={kind!r}: choose among {', '.join(map(repr, KINDS))}.")
    if parameters is not None and kind != "surface":
        raise InputError(f"parameters= is of kind='surface', not of {kind!r}: leave it out.")
    return draw_picture(KINDS[kind](found, parameters), path, **how)


def _below(found: Search) -> str:
    best = found.best
    return f"{found.name}: best {found.objectives[0]} {best.value:.4f} with {shown(best.params)}"


def _history(found: Search, _: Any) -> Picture:
    trials, values = _valued(found)
    best = np.maximum.accumulate(values) if found.job.maximize[0] else np.minimum.accumulate(values)
    numbers = [float(one.number) for one in trials]
    panel = Panel(
        found.objectives[0], "number", numbers, [Line("best so far", best.tolist(), "equity")],
        [Marks("trial", numbers, values.tolist(), "c2", True)], across="number", height=2,
    )  # fmt: skip
    return Picture(f"{len(trials)} trials", _below(found), [panel], shared=False)


def _importance(found: Search, _: Any) -> Picture:
    frame = importance_of(found)
    known = frame.drop_nulls()
    if not known.height:
        panel = Panel("", "percent", told=f"{len(found.ranked)} trials are too few to say which parameter matters.")
    else:
        heat = Heat(known["parameter"].to_list(), ["share of the variance"], [[one] for one in known["share"]],
                    whole=False)  # fmt: skip
        panel = Panel("", "percent", heat=heat, height=max(0.6, known.height / 4))
    return Picture("Importance of parameters", _below(found), [panel], shared=False)


def _parallel(found: Search, _: Any) -> Picture:
    ranked = [one for one in found.ranked if one.value is not None]
    names, top = found.space.names, max(1, len(ranked) // 10)
    chosen = [*ranked[:top][:_LINES], *ranked[top :: max(1, -(-(len(ranked) - top) // _LINES))]]
    lines = []
    for place, trial in reversed(list(enumerate(chosen))):
        shares = [found.space.parameters[n].share(trial.params[n]) if n in trial.params else None for n in names]
        lines.append(Line("", shares, "gain" if place < min(top, _LINES) else "many", thin=place >= top))
    lines.append(Line("best", list(lines.pop().values), "equity"))
    panel = Panel("share of the range", "percent", [float(k) for k in range(len(names))], lines, places=names,
                  across="number", height=2)  # fmt: skip
    return Picture(f"{len(ranked)} trials over {len(names)} parameters", _below(found), [panel], shared=False)


def _surface(found: Search, parameters: Sequence[str] | None) -> Picture:
    names = list(parameters) if parameters is not None else importance_of(found)["parameter"].to_list()[:2]
    if len({*names}) != 2 or any(name not in found.space.names for name in names):
        raise InputError(f"parameters={parameters!r}: a surface is over two of {', '.join(found.space.names)}.")
    trials, values = _valued(found)
    cells: dict[tuple[int, int], list[float]] = {}
    called: tuple[dict[int, str], dict[int, str]] = {}, {}
    for trial, value in zip(trials, values, strict=True):
        (x, x_name), (y, y_name) = _bin(found, names[0], trial), _bin(found, names[1], trial)
        cells.setdefault((x, y), []).append(value)
        called[0][x], called[1][y] = x_name, y_name
    rows, columns = sorted(called[0]), sorted(called[1])
    means = [[_mean(cells.get((x, y))) for y in columns] for x in rows]
    heat = _heat([called[0][x] for x in rows], [called[1][y] for y in columns], means, found.job.maximize[0])
    panel = Panel(names[0], "number", heat=heat, height=max(1.0, len(rows) / 5))
    told = f"{found.objectives[0]}, the mean of each cell's trials; {names[0]} downwards, {names[1]} to the right"
    return Picture(f"{names[0]} and {names[1]}", told, [panel], shared=False)


def _heat(rows: Sequence[str], columns: Sequence[str], values: list[list[float | None]], more: bool) -> Heat:
    """Values about their median; the better ones are green."""
    known = [one for row in values for one in row if one is not None]
    middle = float(np.median(known)) if known else 0.0
    short = [one if len(one) <= _TEXT else one[:_TEXT] for one in columns]
    return Heat(rows, short, values, style="number", middle=middle, whole=False, less=not more)


def _front(found: Search, _: Any) -> Picture:
    if len(found.objectives) < 2:
        raise InputError(f"{found.name!r} has one objective: a front is of two, objective=['sharpe', 'volatility'].")
    complete = [one for one in found.ranked if None not in one.values[:2]]
    front = [one for one in found.front if None not in one.values[:2]]
    front.sort(key=lambda one: better_first(one.values[:1], [False]))

    def places(trials: Sequence[Trial], which: int) -> list[float]:
        return [float(one.values[which] or 0) for one in trials]

    panel = Panel(
        found.objectives[1], "number", places(front, 0), [Line("front", places(front, 1), "equity")],
        [Marks("trial", places(complete, 0), places(complete, 1), "many", True),
         Marks("of the front", places(front, 0), places(front, 1), "gain", True)],
        across="number", height=2,
    )  # fmt: skip
    told = f"{found.objectives[0]} to the right; {len(front)} of {len(complete)} trials are bettered by none in both"
    return Picture(f"{found.objectives[0]} and {found.objectives[1]}", told, [panel], shared=False)


KINDS: Final[dict[str, Callable[[Any, Any], Picture]]] = {
    "history": _history, "importance": _importance, "parallel": _parallel, "surface": _surface, "front": _front,
}  # fmt: skip


def drawn_sensitivity(seen: Sensitivity, path: Path | str | None, how: Mapping[str, Any]) -> Any:
    """The figure of a sensitivity: a panel a parameter that has an order, and one a surface."""
    panels: list[Panel] = []
    for name in seen.sweeps["parameter"].unique(maintain_order=True):
        part = seen.sweeps.filter(pl.col("parameter") == name)
        if isinstance(seen.kind_of(name), Choice):
            columns = [one[:_TEXT] for one in part["value"]]
            values = [_floats(part["objective"])]
            panels.append(Panel(name, "number", heat=_heat([""], columns, values, seen.more), height=0.5))
            continue
        places = [float(one) for one in part["value"]]
        lines = [Line(seen.objective, _floats(part["objective"]), "equity")]
        if part["low"].drop_nulls().len():
            lines += [Line(f"{word} end of the band", part[word].to_list(), "benchmark", thin=True)
                      for word in ("low", "high")]  # fmt: skip
        levels = [(float(seen.center[name]), name)]
        panels.append(Panel(seen.objective, "number", places, lines, levels=levels, across="number"))
    for (a, b), frame in seen.surfaces.items():
        x, y = (frame[name].unique(maintain_order=True).to_list() for name in (a, b))
        flat = _floats(frame["objective"])
        table = [flat[k : k + len(y)] for k in range(0, len(flat), len(y))]
        heat = _heat([*map(_label, x)], [*map(_label, y)], table, seen.more)
        panels.append(Panel(f"{a}, over {b}", "number", heat=heat, height=max(1.0, len(x) / 5)))
    told = f"{seen.objective} {seen.value:.4f} with {shown(seen.center)}; plateau {seen.plateau:.2f}"
    return draw_picture(Picture("Sensitivity", told, panels, shared=False), path, **how)


def drawn_windows(forward: WalkForward, path: Path | str | None, how: Mapping[str, Any]) -> Any:
    """The figure of walking forward: the tests' wealth, and the objective of each window."""
    wealth = np.cumprod(1 + forward.returns["returns"].cast(pl.Float64).to_numpy())
    days = forward.returns["session"].to_list()
    starts = forward.windows["test_from"].to_list()
    inside, outside = (
        [None if one is None else float(one) for one in forward.windows[name]]
        for name in ("in_sample", "out_of_sample")
    )
    panels = [
        Panel("Growth of 1", "number", days, [Line("tests", wealth.tolist(), "equity")], height=2),
        Panel(forward.objective, "number", starts, [Line("in sample", inside, "benchmark"),
                                                    Line("out of sample", outside, "equity")], zero=True),
    ]  # fmt: skip
    told = f"{forward.windows.height} windows, {forward.returns.height:,} sessions tested"
    return draw_picture(Picture("Walking forward", told, panels), path, **how)


def _floats(values: pl.Series) -> list[float | None]:
    return [None if one is None else float(one) for one in values]


def _label(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _mean(values: Sequence[float] | None) -> float | None:
    return sum(values) / len(values) if values else None
