"""Walking forward: the windows, what is chosen in each, and the tests put together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import metrics
from rustybt.errors import InputError
from rustybt.optimize import Anchored, Expanding, Grid, Rolling, Search, search, walk_forward
from tests.unit.optimize._strategies import Cross

DAYS = [dt.date(2020, 1, 1) + dt.timedelta(days=day) for day in range(100)]
SPAN = {"start": "2008-01-02", "end": "2010-12-31"}
SPACE = {"fast": [3, 6, 10], "slow": [20, 50]}


@pytest.mark.parametrize(
    ("windows", "expected"),
    [  # of skfolio and scikit-learn alike, half-open
        (Rolling(40, 10), [((10 * k, 40 + 10 * k), (40 + 10 * k, 50 + 10 * k)) for k in range(6)]),
        (Rolling(40, 10, gap=2), [((10 * k, 40 + 10 * k), (42 + 10 * k, 52 + 10 * k)) for k in range(5)]),
        (Expanding(40, 10), [((0, 40 + 10 * k), (40 + 10 * k, 50 + 10 * k)) for k in range(6)]),
        (Expanding(40, 10, gap=2), [((0, 40 + 10 * k), (42 + 10 * k, 52 + 10 * k)) for k in range(5)]),
        (Rolling(40, 10, purge=2), [((10 * k, 38 + 10 * k), (40 + 10 * k, 50 + 10 * k)) for k in range(6)]),
        (Anchored("2020-01-11", 40, 10), [((10, 50 + 10 * k), (50 + 10 * k, 60 + 10 * k)) for k in range(5)]),
        (Expanding(48, 10, gap=2), [((0, 48 + 10 * k), (50 + 10 * k, 60 + 10 * k)) for k in range(5)]),
    ],
)
def test_windows_are_where_they_belong(windows: Rolling, expected: Any) -> None:
    assert [(window.train, window.test) for window in windows.windows(DAYS)] == expected


def test_a_validation_lies_between() -> None:
    (first, second) = Rolling(40, 20, validation=15, gap=1, step=20).windows(DAYS)
    assert (first.train, first.validation, first.test) == ((0, 40), (40, 55), (56, 76))
    assert (second.train, second.validation, second.test) == ((20, 60), (60, 75), (76, 96))


def test_spans_go_by_the_calendar_and_test_each_session_once() -> None:
    weekdays = [day for day in (dt.date(2019, 1, 1) + dt.timedelta(days=k) for k in range(1200)) if day.weekday() < 5]
    found = Expanding("1y", "1mo").windows(weekdays)
    assert weekdays[found[0].test[0]] == dt.date(2020, 1, 1)
    assert [weekdays[window.test[0]].month for window in found[:14]] == [*range(1, 13), 1, 2]
    assert all(one.test[1] == other.test[0] for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Rolling(0, 5), "train=0 is empty"),
        (lambda: Rolling("5 years", 5), "give a number of sessions, or a span"),
        (lambda: Rolling(20, 10, step=5), "tested twice"),
        (lambda: Rolling(20, 10, gap=-1), "gap=-1"),
        (lambda: Rolling(20, 10, purge=-1), "purge=-1"),
        (lambda: Rolling(20, 10, purge=20).windows(DAYS), "purge=20 leaves nothing of train=20"),
        (lambda: Anchored("today", 20, 10), "anchor='today' is no date"),
        (lambda: Anchored(dt.date(2021, 1, 1), 20, 10).windows(DAYS), "after the last session"),
        (lambda: Rolling(90, 20).windows(DAYS), "no window in 100 sessions"),
    ],
)
def test_windows_that_mean_nothing_are_refused(make: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    patch = pytest.MonkeyPatch()
    patch.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("forward")))
    yield search(Cross, SPACE, Grid(), **SPAN)
    patch.undo()


def test_each_window_has_the_best_of_its_training_and_tests_are_runs_of_their_own(found: Search) -> None:
    """Against runs that end with the training, which is the slow way to the same figures, and a chain of tests."""
    forward = walk_forward(found, Expanding("1y", "9mo"))
    capital: Any = 100_000
    pieces = []
    for row in forward.windows.iter_rows(named=True):
        shown = {}
        for trial in found.all:
            alone = rustybt.run(Cross, params=trial.params, start=SPAN["start"], end=row["train_to"])
            shown[trial.number] = metrics.sharpe(alone.daily["returns"], periods=252)
        best = max(shown, key=lambda number: (shown[number] or Decimal(-99), -number))
        assert (row["trial"], row["in_sample"]) == (best, shown[best])
        chosen = {"fast": row["fast"], "slow": row["slow"]}
        assert chosen == found.all[best].params
        test = rustybt.run(Cross, params=chosen, start=row["test_from"], end=row["test_to"], capital_base=capital)
        capital = test.daily["portfolio_value"][-1]
        assert row["value"] == capital
        assert row["out_of_sample"] == metrics.sharpe(test.daily["returns"], periods=252)
        pieces.append(test.daily.select("session", "returns"))
    assert forward.returns.equals(pl.concat(pieces))
    assert forward.returns["session"].is_sorted()
    assert forward.returns["session"].n_unique() == forward.returns.height


def test_what_comes_after_a_training_does_not_touch_what_it_chose(found: Search) -> None:
    """A search over all of the time, and one that ends soon after the first training."""
    whole = walk_forward(found, Expanding("1y", "1y"))
    cut = whole.windows["test_from"][1]
    shorter = search(Cross, SPACE, Grid(), start=SPAN["start"], end=cut)
    again = walk_forward(shorter, Expanding("1y", 200))
    assert again.windows["in_sample"][0] == whole.windows["in_sample"][0]
    assert again.windows["trial"][0] == whole.windows["trial"][0]


def test_plateaus_pass_by_a_lone_spike() -> None:
    """On a grid of 3 x 3 the corner has 9 and all about it 0; the middle of the other side has 5, and 5 beside it."""
    from rustybt.optimize import ParameterSpace, Trial
    from rustybt.optimize._choose import _plateaus

    space = ParameterSpace(a=[0, 1, 2], b=[0, 1, 2])
    heights = {(0, 0): 9, (1, 2): 5, (2, 1): 5, (2, 2): 5}
    trials = {k: Trial(k, point) for k, point in enumerate(space.points())}
    values = {k: Decimal(heights.get((one.params["a"], one.params["b"]), 0)) for k, one in trials.items()}
    means = _plateaus(values, trials, space)
    assert max(means, key=lambda k: means[k] or Decimal(0)) == 8  # a=2, b=2: (5 + 5 + 5) / 3
    assert means[0] == 3  # (9 + 0 + 0) / 3
    assert means[8] == 5


def test_who_chooses_can_be_said(found: Search) -> None:
    last = walk_forward(found, Rolling("1y", "1y"), pick=lambda frame: frame["number"][-1])
    best = walk_forward(found, Rolling("1y", "1y"))
    assert (last.windows["in_sample"] <= best.windows["in_sample"]).all()
    assert walk_forward(found, Rolling("1y", "1y"), pick="plateau").windows.height == best.windows.height
    with pytest.raises(InputError, match="pick='nearest'"):
        walk_forward(found, Rolling("1y", "1y"), pick="nearest")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="pick returned 99"):
        walk_forward(found, Rolling("1y", "1y"), pick=lambda frame: 99)


def test_a_validation_chooses_among_the_best_of_the_training(found: Search) -> None:
    forward = walk_forward(found, Rolling("1y", "6mo", validation="6mo"))
    assert forward.windows["validation_to"].null_count() == 0
    assert (forward.windows["validation_to"] < forward.windows["test_from"]).all()


def test_it_says_what_it_came_to(found: Search) -> None:
    forward = walk_forward(found, Expanding("1y", "9mo"))
    text = str(forward)
    assert text.startswith(f"{forward.windows.height} windows, {forward.returns.height:,} sessions tested\nsharpe in")
    assert forward.stability["parameter"].to_list() == ["fast", "slow"]
    total = forward.figures.filter(pl.col("figure") == "total_return")["value"][0]
    assert abs(total - (forward.windows["value"][-1] / 100_000 - 1)) < Decimal("1e-15")


def test_what_can_not_be_walked_is_said(found: Search) -> None:
    with pytest.raises(InputError, match="no set of windows"):
        walk_forward(found)
    with pytest.raises(InputError, match="this one was made"):
        walk_forward(found, Rolling("1y", "1y"), trials=3)
    money = search(Cross, {"fast": [3], "slow": [20]}, Grid(), objective="pnl", **SPAN)
    with pytest.raises(InputError, match="no measure of returns alone"):
        walk_forward(money, Rolling("1y", "1y"))


def test_a_search_and_a_walk_in_one_call() -> None:
    both = walk_forward(Cross, SPACE, Grid(), Rolling("1y", "1y"), **SPAN)
    assert both.windows.height == 2
