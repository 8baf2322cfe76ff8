"""Sensitivity: laws on functions that are known, bands against the measures themselves, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt import metrics
from rustybt.errors import InputError
from rustybt.optimize import (
    Choice,
    Grid,
    Integer,
    ParameterSpace,
    Points,
    Real,
    Registry,
    Search,
    Sensitivity,
    search,
    sensitivity,
)
from rustybt.optimize._bands import FIGURES, stationary_rows
from tests.unit.optimize._strategies import Cross

WHEN: dict[str, Any] = {"start": "2009-01-02", "end": "2009-01-05"}
PLANE = ParameterSpace(x=Integer(0, 8), y=Integer(0, 8))


class Tells(rustybt.Strategy):
    """Says its parameters, and trades nothing."""

    def initialize(self, context: Any, **point: Any) -> None:
        context.point = point

    def handle_data(self, context: Any, data: Any) -> None:
        context.record(**context.point)


def of(function: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """An objective that is a function of what was recorded."""

    def objective(result: Any) -> Any:
        last = result.recorded.row(-1, named=True)
        return function(last["x"], last["y"])

    return objective


def about(
    function: Callable[[Any, Any], Any], x: int, y: int, *, space: ParameterSpace = PLANE, **options: Any
) -> Sensitivity:
    found = search(Tells, space, Points([{"x": x, "y": y}]), objective=of(function), trials=1, **WHEN)
    return sensitivity(found, around={"x": x, "y": y}, **{"steps": 9, **options})


def test_what_does_not_move_is_a_plateau() -> None:
    flat = about(lambda x, y: 3, 4, 4)
    assert (flat.plateau, flat.worst, flat.cliffs.height) == (1, 1, 0)
    assert flat.interactions.row(0) == ("x", "y", None, None, None)
    assert flat.sweeps["objective"].unique().to_list() == [3]


def test_a_sum_has_no_interaction_and_a_product_has() -> None:
    """Levels 0 to 8 have variance 20/3: of 2x + y the shares are 4/5 and 1/5.

    Of (x - 4)(y - 4) neither does anything alone. Of xy, with means of 4: rows and columns have 16 * 20/3 each, the
    rest (20/3)^2.
    """
    assert about(lambda x, y: 2 * x + y, 4, 4).interactions.row(0)[2:] == pytest.approx((0.8, 0.2, 0))
    assert about(lambda x, y: (x - 4) * (y - 4), 4, 4).interactions.row(0)[2:] == pytest.approx((0, 0, 1))
    alone, both = Fraction(16 * 20, 3), Fraction(400, 9)
    whole = 2 * alone + both
    expected = [float(one / whole) for one in (alone, alone, both)]
    assert about(lambda x, y: x * y, 4, 4).interactions.row(0)[2:] == pytest.approx(expected)


def test_a_lone_spike_is_left_for_the_plateau() -> None:
    """10 at (2, 2) among zeros, and a hill of height 5 about (6, 6)."""

    def worth(x: int, y: int) -> float:
        return 10 if (x, y) == (2, 2) else 5 - abs(x - 6) - abs(y - 6) if abs(x - 6) + abs(y - 6) < 3 else 0

    seen = about(worth, 2, 2)
    # its neighbours are worse by all of the spread
    assert (seen.plateau, seen.worst) == (0, 0)
    assert seen.cliffs.select("parameter", "at", "beside", "loss").rows() == [
        ("x", "2", "1", 1.0), ("x", "2", "3", 1.0), ("y", "2", "1", 1.0), ("y", "2", "3", 1.0),
    ]  # fmt: skip
    assert seen.recommended == {"x": 6, "y": 6}
    # of five points: 5 and four of 4; of the spike: 10 and four of 0
    assert "and on average 4.2000 with its 4 neighbours, 4.0000 with the worst" in seen.reason
    assert "x=2 y=2 has 10.0000, and with its neighbours 2.0000 on average" in seen.reason
    assert "cliff: x from 2 to 1 loses 100%" in str(seen)


def test_less_may_be_better() -> None:
    """Of (x - 6)^2 + y the least is looked for: from (6, 1) to (5, 1) it is 1 worse, of a spread of 44."""
    from rustybt.optimize import Objective

    least = Objective(of(lambda x, y: (x - 6) ** 2 + y), maximize=False)
    found = search(Tells, PLANE, Grid(), objective=least, trials=81, **WHEN)
    assert found.best.params == {"x": 6, "y": 0}
    seen = sensitivity(found, around={"x": 6, "y": 1}, steps=9)
    # neighbours: 2, 2, 0 (better: 1 counts for it) and 2; their mean is 1.5, the point's own 1
    assert seen.plateau == pytest.approx(1 - 0.5 / 44)
    assert seen.worst == pytest.approx(1 - 1 / 44)
    assert seen.recommended["x"] == 6


def test_what_was_tried_is_not_run_again() -> None:
    found = search(Tells, PLANE, Grid(), objective=of(lambda x, y: x + y), trials=81, **WHEN)
    registry = Registry()
    before = registry.names()
    registry.close()
    seen = sensitivity(found, steps=9)
    registry = Registry()
    assert registry.names() == before
    registry.close()
    assert seen.center == {"x": 8, "y": 8}
    part = search(Tells, PLANE, Grid(), objective=of(lambda x, y: x + y), trials=5, name="part", **WHEN)
    first = sensitivity(part, around={"x": 4, "y": 4}, steps=9)
    again = sensitivity(part, around={"x": 4, "y": 4}, steps=9)
    assert first.sweeps.equals(again.sweeps)
    registry = Registry()
    assert sum(name.startswith("part-sensitivity") for name in registry.names()) == 2  # of each alone, and of the pair
    registry.close()


def test_other_kinds_of_parameters_and_what_where_refuses() -> None:
    space = ParameterSpace(
        x=Integer(0, 8), y=Real(0, 1), kind=Choice(["a", "b", "c"]), stop=Integer(1, 3, when=lambda p: p["x"] > 100),
        where=lambda p: p["x"] < 7,
    )  # fmt: skip
    found = search(Tells, space, trials=4, objective=of(lambda x, y: x + float(y)), seed=1, **WHEN)
    seen = sensitivity(found, around={"x": 6, "y": 0.5, "kind": "b"}, steps=9)
    assert seen.sweeps["parameter"].unique(maintain_order=True).to_list() == ["x", "y", "kind"]
    assert seen.sweeps.filter(parameter="x")["objective"].to_list()[-2:] == [None, None]
    assert seen.sweeps.filter(parameter="kind")["value"].to_list() == ["a", "b", "c"]
    assert {0.45, 0.5, 0.55} <= {float(value) for value in seen.sweeps.filter(parameter="y")["value"]}
    assert seen.surface("y", "x").columns == ["y", "x", "objective"]
    assert seen.interactions.filter(pl.col("a") == "x")["together"].to_list() == [None, None]


def test_bands_hold_the_measures_themselves() -> None:
    """On drawn returns, each draw's figure is that of `rustybt.metrics` of the same rows."""
    drawn = np.random.default_rng(4).normal(0.0004, 0.01, 60).round(6)
    rows = stationary_rows(60, 5, seed=3)
    for name, figure in FIGURES.items():
        ours = figure(drawn[rows], 252.0)
        for row, value in zip(rows, ours, strict=True):
            returns = [Decimal(repr(float(one))) for one in drawn[row]]
            own: Any = getattr(metrics, name)
            expected = own(returns) if name in ("total_return", "max_drawdown") else own(returns, periods=252)
            assert value == pytest.approx(float(expected), rel=1e-9)


def test_rows_of_the_stationary_bootstrap() -> None:
    """Each goes on by one, around the end, but for a share of 1 / block; each place is as likely."""
    rows = stationary_rows(50, 2000, seed=1, block=5)
    goes_on = (rows[:, 1:] - rows[:, :-1]) % 50 == 1
    # a new block begins with probability 1/5, and one in fifty of those goes on by chance
    assert goes_on.mean() == pytest.approx(0.8 + 0.2 / 50, abs=0.005)
    assert np.bincount(rows.ravel(), minlength=50).std() / 2000 < 0.06
    assert (stationary_rows(50, 2000, seed=1, block=5) == rows).all()
    # the variance of a mean, exact for these numbers (Politis and Romano): 5533 / 13122 with blocks of 3
    values = np.array([1.0, -2, 3, 0, 5, -1])
    means = values[stationary_rows(6, 200_000, seed=2, block=3)].mean(axis=1)
    assert means.var() == pytest.approx(5533 / 13122, rel=0.02)


def test_bands_of_a_run() -> None:
    space = {"fast": Integer(2, 12, step=2), "slow": Integer(25, 45, step=10)}
    found = search(Cross, space, Grid(), trials=18, start="2009-01-02", end="2009-12-31", objective="sharpe")
    seen = sensitivity(found, draws=200)
    assert (seen.sweeps["low"] < seen.sweeps["objective"].cast(pl.Float64)).all()
    assert (seen.sweeps["objective"].cast(pl.Float64) < seen.sweeps["high"]).all()
    own = seen.sweeps.filter((pl.col("parameter") == "fast") & (pl.col("value") == str(seen.center["fast"])))
    assert own["beats"].to_list() == [0.0]
    assert sensitivity(found, draws=0).sweeps["low"].to_list() == [None] * seen.sweeps.height


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"steps": 2}, "steps=2"),
        ({"draws": -1}, "draws=-1"),
        ({"confidence": 1}, "confidence=1"),
        ({"around": {"x": 9, "y": 0}}, "is no point of"),
        ({"around": 7}, "has trials 0 to 2"),
        ({"pairs": [("x", "x")]}, "name two parameters of 'x', 'y'"),
        ({"pairs": [("x", "z")]}, "name two parameters of 'x', 'y'"),
        ({"seed": 3}, "seed= is of a search"),
    ],
)
def test_what_is_no_point_or_pair_is_refused(found: Search, given: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        sensitivity(found, **given)


@pytest.fixture
def found() -> Search:
    return search(Tells, PLANE, objective=of(lambda x, y: x + y), trials=3, **WHEN)


def test_a_pair_that_was_not_looked_at_is_named(found: Search) -> None:
    with pytest.raises(InputError, match="were not looked at together, only none"):
        sensitivity(found, pairs=[]).surface("x", "y")


def test_points_are_tried_in_their_order() -> None:
    points = [{"x": 3, "y": 1}, {"x": 0, "y": 0}, {"x": 3, "y": 1}]
    found = search(Tells, PLANE, Points(points), objective=of(lambda x, y: x + y), **WHEN)
    assert [one.params for one in found.all] == points[:2]
    with pytest.raises(InputError, match="no point of"):
        Points([{"x": 30, "y": 1}]).on(PLANE)
    with pytest.raises(InputError, match="no point: give one"):
        Points([])
