"""Combinatorial cross-validation: splits and paths as others have them, and what is chosen in each."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rustybt import metrics
from rustybt.errors import InputError
from rustybt.optimize import Combinatorial, Grid, Search, cross_validate, search
from tests.unit.optimize._strategies import Cross

CASES = Path(__file__).parents[2] / "data" / "truth" / "splits.json"
SPACE = {"fast": [3, 6, 10], "slow": [20, 50]}


@pytest.fixture(scope="module")
def cases() -> Any:
    """Values of skfolio 1.12.2 and of plain counting."""
    return json.loads(CASES.read_text())


@pytest.fixture
def found() -> Search:
    return search(Cross, SPACE, Grid(), start="2009-01-02", end="2010-12-31")


def test_counts_of_splits_and_paths(cases: Any) -> None:
    for case in cases["counts"]:
        rule = Combinatorial(case["groups"], case["test_groups"])
        splits, paths = len(rule.splits(3 * case["groups"])), len(rule.paths())
        assert (splits, paths) == (case["splits"], case["paths"])
        # each is tested as often as the others are chosen from
        assert paths == math.comb(case["groups"] - 1, case["test_groups"] - 1)


def test_paths_take_the_split_in_which_a_group_is_tested(cases: Any) -> None:
    rule = Combinatorial(6, 2)
    assert [list(one.test_groups) for one in rule.splits(12)] == cases["paths_6_2"]["splits"]
    assert [list(path) for path in rule.paths()] == cases["paths_6_2"]["path_uses_split"]


def test_purged_and_embargoed_sessions_do_not_choose(cases: Any) -> None:
    for case in cases["purged"]:
        rule = Combinatorial(case["groups"], case["test_groups"], purge=case["purge"], embargo=case["embargo"])
        for ours, theirs in zip(rule.splits(case["observations"]), case["splits"], strict=True):
            assert (list(ours.test_groups), list(ours.train)) == (theirs["test_groups"], theirs["train"])


def test_no_session_is_lost_or_tested_twice() -> None:
    """Where groups don't divide the sessions, the first ones are longer by one; a path has each session once."""
    rule = Combinatorial(5, 2)
    assert rule.bounds(23) == [(0, 5), (5, 10), (10, 15), (15, 19), (19, 23)]
    for split in rule.splits(23):
        tested = [place for piece in split.tests for place in range(*piece)]
        assert sorted([*tested, *split.train]) == list(range(23))


def test_each_split_takes_what_was_best_on_its_training(found: Search) -> None:
    """Reckoned anew from the returns in the record."""
    rule = Combinatorial(5, 2, purge=2, embargo=3)
    checked = cross_validate(found, rule)
    returns = {trial.number: found.returns(trial)["returns"].to_list() for trial in found.all}
    count = len(returns[0])
    for row, split in zip(checked.splits.rows(named=True), rule.splits(count), strict=True):
        values = {n: metrics.sharpe([own[k] for k in split.train], periods=252) for n, own in returns.items()}
        best = max(values, key=lambda n: (values[n] is not None, values[n]))
        assert (row["trial"], row["in_sample"], row["sessions"]) == (best, values[best], len(split.train))
        tested = [returns[best][k] for piece in split.tests for k in range(*piece)]
        assert row["out_of_sample"] == metrics.sharpe(tested, periods=252)
        assert {name: row[name] for name in SPACE} == found.all[best].params
    # the second path: of each group the second split that tests it
    bounds, taken = rule.bounds(count), checked.splits["trial"].to_list()
    chosen = list(itertools.combinations(range(5), 2))
    second = [[k for k, one in enumerate(chosen) if group in one][1] for group in range(5)]
    expected = [one for g, k in enumerate(second) for one in returns[taken[k]][slice(*bounds[g])]]
    assert checked.returns["path_1"].to_list() == expected
    assert checked.paths["sharpe"][1] == metrics.sharpe(expected, periods=252)
    assert checked.returns["session"].to_list() == found.returns(0)["session"].to_list()


def test_what_is_tested_does_not_choose(found: Search) -> None:
    """With other returns in the tested groups and what is purged about them, the same trials are taken."""
    rule = Combinatorial(4, 1, purge=3)
    before = cross_validate(found, rule).splits
    own = Search.returns

    class Changed(Search):
        worse: tuple[int, int] = (0, 0)

        def returns(self, trial: Any) -> Any:
            frame = own(self, trial)
            low, high = self.worse
            number = trial if isinstance(trial, int) else trial.number
            returns = [-(number + 1) * one if low <= k < high else one for k, one in enumerate(frame["returns"])]
            return frame.with_columns(pl.Series("returns", returns, dtype=pl.Decimal(38, 18)))

    bounds = rule.bounds(own(found, 0).height)
    for group, (first, last) in enumerate(bounds):
        other = Changed(found.name, found.space, found.job, found.all, found._path, found._id)
        other.worse = (max(0, first - 3), last + 3)
        row = cross_validate(other, rule).splits.row(group, named=True)
        assert (row["trial"], row["in_sample"]) == (before["trial"][group], before["in_sample"][group])
        assert row["out_of_sample"] != before["out_of_sample"][group]


def test_it_tells_what_came_out(found: Search) -> None:
    text = str(cross_validate(found, Combinatorial(4, 2)))
    assert text.startswith("6 splits, 3 paths of 504 sessions")
    assert "in sample" in text
    assert "of 6 splits" in text


def test_the_pick_may_be_another(found: Search) -> None:
    last = cross_validate(found, Combinatorial(3, 1), pick=lambda frame: frame["number"][-1])
    best = cross_validate(found, Combinatorial(3, 1))
    assert all(a <= b for a, b in zip(last.splits["in_sample"], best.splits["in_sample"], strict=True))
    with pytest.raises(InputError, match="give 'best', 'plateau'"):
        cross_validate(found, pick="worst")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Combinatorial(1), "groups=1"),
        (lambda: Combinatorial(4, 4), "one at least has to choose"),
        (lambda: Combinatorial(6, 0), "test_groups=0"),
        (lambda: Combinatorial(6, 2, purge=-1), "purge=-1"),
        (lambda: Combinatorial(20, 10), "184,756 splits"),
        (lambda: Combinatorial(6, 2).splits(5), "5 sessions are fewer than groups=6"),
        (lambda: Combinatorial(6, 5, purge=9).splits(30), "leaves no session of 30"),
        (lambda: cross_validate(None, 6), "no set of splits"),  # type: ignore[arg-type]
    ],
)
def test_splits_that_mean_nothing_are_refused(make: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        make()
