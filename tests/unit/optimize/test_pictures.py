"""Pictures of searches: what is in them, in both libraries."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rustybt
from rustybt.errors import InputError
from rustybt.optimize import (
    Choice,
    Grid,
    Integer,
    ParameterSpace,
    Rolling,
    Search,
    search,
    sensitivity,
    walk_forward,
)
from tests.unit.optimize._strategies import Cross

WHEN: dict[str, Any] = {"start": "2009-01-02", "end": "2009-01-05"}


class Tells(rustybt.Strategy):
    """Says its parameters, and trades nothing."""

    def initialize(self, context: Any, **point: Any) -> None:
        context.point = point

    def handle_data(self, context: Any, data: Any) -> None:
        context.record(**context.point)


def big(result: Any) -> Any:
    last = result.recorded.row(-1, named=True)
    return Decimal(10 * last["x"] + last["y"])


def small(result: Any) -> Any:
    last = result.recorded.row(-1, named=True)
    return Decimal((last["x"] - 3) ** 2 + last["y"])


@pytest.fixture
def found() -> Search:
    space = ParameterSpace(x=Integer(0, 4), y=Integer(0, 4), kind=Choice(["a", "b"]))
    return search(Tells, space, Grid(), objective=[big, small], trials=50, name="grid", **WHEN)


def test_history_has_each_trial_and_the_best_so_far(found: Search) -> None:
    axes = found.plot(show=False).axes[0]
    values = [float(one.value or 0) for one in found.all]
    assert axes.get_lines()[0].get_ydata().tolist() == np.maximum.accumulate(values).tolist()
    assert axes.collections[0].get_offsets()[:, 1].tolist() == values
    assert axes.get_ylabel() == "big"


def test_importance_is_the_share_of_variance(found: Search) -> None:
    """10x + y over 5 x 5 x 2 points: x has 200 of a variance of 202, y the rest, kind nothing.

    Less what chance has: between x 50 * 200, within (50 * 2) / 45; omega squared of it. For kind nothing is left.
    """
    within = 50 * 2 / 45
    expected = (50 * 200 - 4 * within) / (50 * 202 + within)
    shares = dict(found.importance.rows())
    assert shares["x"] == pytest.approx(expected)
    assert (shares["y"], shares["kind"]) == (0, 0)
    cells = [text.get_text() for text in found.plot(kind="importance", show=False).axes[0].texts]
    assert f"{expected:.1%}" in cells


def test_too_few_trials_say_so() -> None:
    few = search(Tells, {"x": range(5), "y": range(5)}, objective=big, trials=6, **WHEN)
    assert few.importance["share"].to_list() == [None, None]
    told = [text.get_text() for text in few.plot(kind="importance", show=False).axes[0].texts]
    assert any("too few" in one for one in told)


def test_parallel_lines_go_through_the_parameters(found: Search) -> None:
    axes = found.plot(kind="parallel", show=False).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y", "kind"]
    best = axes.get_lines()[-1]
    assert best.get_ydata().tolist() == found.space.shares(found.best.params)
    assert axes.get_legend() is None  # one name is none among others


def test_a_surface_has_the_mean_of_each_cell(found: Search) -> None:
    figure = found.plot(kind="surface", parameters=["x", "y"], show=False)
    cells = np.array(figure.axes[0].images[0].get_array())
    assert cells.tolist() == [[10 * x + y for y in range(5)] for x in range(5)]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [str(x) for x in range(5)]
    # by default the two that matter most
    again = found.plot(kind="surface", show=False)
    assert np.array(again.axes[0].images[0].get_array()).shape == (5, 5)


def test_a_front_has_the_trials_that_none_betters(found: Search) -> None:
    """More is better of both: of 10x + y and of (x - 3)^2 + y, (4, 4) and (0, 4) are the ends."""
    axes = found.plot(kind="front", show=False).axes[0]
    line = axes.get_lines()[0]
    points = set(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))
    assert points == {(float(one.values[0] or 0), float(one.values[1] or 0)) for one in found.front}
    assert (4.0, 13.0) in points
    assert len(axes.collections[0].get_offsets()) == 50


def test_a_sensitivity_has_a_panel_each(found: Search) -> None:
    seen = sensitivity(found, around={"x": 2, "y": 2, "kind": "a"}, pairs=[("x", "y")], steps=5)
    figure = seen.plot(show=False)
    first = figure.axes[0].get_lines()[0]
    assert (first.get_xdata().tolist(), first.get_ydata().tolist()) == ([0, 1, 2, 3, 4], [2, 12, 22, 32, 42])
    assert np.array(figure.axes[3].images[0].get_array()).tolist() == [[10 * x + y for y in range(5)] for x in range(5)]
    assert len(figure.axes) == 4


def test_windows_have_the_tests_and_both_figures() -> None:
    space = {"fast": [3, 8], "slow": [30, 40]}
    whole = search(Cross, space, Grid(), start="2008-01-02", end="2009-12-31")
    forward = walk_forward(whole, Rolling("1y", "6mo"))
    figure = forward.plot(show=False)
    grown = figure.axes[0].get_lines()[0].get_ydata()
    assert grown[-1] == pytest.approx(math.prod(1 + float(one) for one in forward.returns["returns"]))
    named = [line.get_label() for line in figure.axes[1].get_lines() if not line.get_label().startswith("_")]
    assert named == ["in sample", "out of sample"]


def test_plotly_draws_the_same(found: Search, tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    path = tmp_path / "surface.json"
    found.plot(path, kind="surface", parameters=["x", "y"], backend="plotly", theme="dark")
    heat = json.loads(path.read_text())["data"][0]
    assert heat["z"] == [[10 * x + y for y in range(5)] for x in range(5)]
    parallel = found.plot(kind="parallel", backend="plotly")
    assert list(parallel.layout.xaxis.ticktext) == ["x", "y", "kind"]


@pytest.mark.parametrize("less", [False, True])
def test_the_better_cells_are_green(less: bool) -> None:
    from rustybt.optimize import Objective

    objective = Objective(big, maximize=not less)
    one = search(Tells, {"x": range(5), "y": range(5)}, Grid(), objective=objective, trials=25, **WHEN)
    image = one.plot(kind="surface", parameters=["x", "y"], show=False).axes[0].images[0]
    red, green, _, _ = image.cmap(image.norm(44.0))
    assert (green > red) is not less


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda s: s.plot(kind="pie"), "kind='pie': choose among"),
        (lambda s: s.plot(kind="surface", parameters=["x", "x"]), "a surface is over two of x, y, kind"),
        (lambda s: s.plot(kind="surface", parameters=["x", "z"]), "a surface is over two"),
        (lambda s: s.plot(parameters=["x", "y"]), "parameters= is of kind='surface'"),
        (lambda s: s.plot(backend="bokeh"), "backend='bokeh'"),
        (lambda s: s.plot(theme="blue"), "theme='blue'"),
    ],
)
def test_what_can_not_be_drawn_is_refused(found: Search, ask: Callable[[Search], Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        ask(found)


def test_one_objective_has_no_front() -> None:
    one = search(Tells, {"x": range(5), "y": [1]}, Grid(), objective=big, trials=5, **WHEN)
    with pytest.raises(InputError, match="a front is of two"):
        one.plot(kind="front")
