"""Algorithms that learn: they find what they are for, on functions whose best point is known."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from rustybt.errors import InputError
from rustybt.optimize import (
    Bayesian,
    Choice,
    Genetic,
    Grid,
    Integer,
    Normal,
    OptunaSearch,
    ParameterSpace,
    Points,
    RandomSearch,
    Real,
    Trial,
    TrialState,
    search,
)
from rustybt.optimize._genetic import diversity
from tests.unit.optimize._strategies import Cross

type Function = Callable[[dict[str, Any]], float | None]

LATTICE = ParameterSpace(x=Integer(0, 19), y=Integer(0, 19))
WIDE = ParameterSpace(x=Integer(0, 99), y=Integer(0, 99))


def hill(point: dict[str, Any]) -> float:
    """A hill with ripples on 20 x 20 points; its top is 1.0475 at (13, 6) or beside it."""
    x, y = point["x"], point["y"]
    return 1 - ((x - 13) ** 2 + (y - 6) ** 2) / 400 + 0.05 * math.sin(1.3 * x + 0.7 * y)


def spike(point: dict[str, Any]) -> float:
    """Waves and a slope, and 9 points of 10,000 that are far above all others."""
    x, y = point["x"], point["y"]
    waves = 0.3 * math.sin(x / 3) * math.cos(y / 4) - ((x - 70) ** 2 + (y - 30) ** 2) / 8000
    return waves + (3 if abs(x - 73) <= 1 and abs(y - 27) <= 1 else 0)


def searched(
    algorithm: Any, space: ParameterSpace, function: Function, *, seed: int, trials: int, until: float | None = None
) -> list[Trial]:
    """The trials of a search of a function; it ends with one that is worth `until`."""
    searcher = algorithm.on(space, seed=seed, trials=trials)
    found: list[Trial] = []
    while len(found) < trials and not searcher.done:
        asked = searcher.ask(min(algorithm.batch or 16, trials - len(found)))
        told = [
            Trial(len(found) + place, point, values=(None if value is None else Decimal(repr(value)),))
            for place, point in enumerate(asked)
            for value in [function(point)]
        ]
        searcher.tell(told)
        found += told
        if until is not None and any(one.value is not None and one.value >= until for one in told):
            break
    return found


def values(trials: list[Trial]) -> list[float]:
    return [float(one.value) for one in trials if one.value is not None]


@pytest.mark.parametrize("surrogate", ["gp", "rf", "et"])
def test_a_model_finds_the_top_of_a_hill(surrogate: str) -> None:
    top = max(hill(point) for point in LATTICE.points())
    for seed in range(2):
        found = searched(Bayesian(surrogate=surrogate), LATTICE, hill, seed=seed, trials=200, until=0.99 * top)
        assert max(values(found)) >= 0.99 * top
        assert len(found) < 200


@pytest.mark.slow
@pytest.mark.parametrize("surrogate", ["gp", "rf", "et"])
@pytest.mark.parametrize("acquisition", ["ei", "pi", "lcb"])
def test_nineteen_of_twenty_seeds_find_it(surrogate: str, acquisition: str) -> None:
    top, algorithm = (
        max(hill(point) for point in LATTICE.points()),
        Bayesian(surrogate=surrogate, acquisition=acquisition),
    )
    runs = [searched(algorithm, LATTICE, hill, seed=seed, trials=200, until=0.99 * top) for seed in range(20)]
    assert sum(max(values(found)) >= 0.99 * top and len(found) < 200 for found in runs) >= 19


@pytest.mark.parametrize("acquisition", ["pi", "lcb"])
def test_each_acquisition_looks_where_the_hill_is(acquisition: str) -> None:
    """What a model chooses is worth more than what is drawn."""
    learned = values(searched(Bayesian(acquisition=acquisition, kappa=1), LATTICE, hill, seed=1, trials=24))[10:]
    drawn = values(searched(RandomSearch(), LATTICE, hill, seed=1, trials=100))
    assert sum(learned) / len(learned) > sum(drawn) / len(drawn) + 0.15


def test_first_points_come_first() -> None:
    first = [{"x": 3, "y": 4}, {"x": 19, "y": 0}]
    found = searched(Bayesian(first=first, initial=4), LATTICE, hill, seed=0, trials=6)
    assert [one.params for one in found[:2]] == first
    assert len({tuple(one.params.values()) for one in found}) == 6
    with pytest.raises(InputError, match="no point of"):
        Bayesian(first=[{"x": 20, "y": 0}]).on(LATTICE)


@pytest.mark.parametrize("selection", ["tournament", "roulette", "rank"])
def test_a_population_finds_a_narrow_spike(selection: str) -> None:
    """9 of 10,000 points; as many random ones find it less often."""
    runs = [
        searched(Genetic(population=40, selection=selection), WIDE, spike, seed=s, trials=1200, until=2.0)
        for s in range(4)
    ]
    assert sum(max(values(found)) > 2 for found in runs) >= 3


def test_a_population_ends_by_its_rules() -> None:
    by_count = Genetic(population=6, generations=3).on(LATTICE, seed=1)
    by_rest = Genetic(population=6, patience=2, elite=1).on(LATTICE, seed=1)
    alike = Genetic(population=6, least_diversity=0.9).on(LATTICE, seed=1)
    ended = {}
    for name, searcher in (("count", by_count), ("rest", by_rest), ("alike", alike)):
        number = 0
        while not searcher.done and number < 2000:
            asked = searcher.ask(6)
            searcher.tell([Trial(number + k, point, values=(Decimal(1),)) for k, point in enumerate(asked)])
            number += len(asked)
        ended[name] = len(searcher.history)
    assert ended == {"count": 3, "rest": 3, "alike": 1}


def test_a_point_is_asked_once_however_often_it_is_born() -> None:
    found = searched(Genetic(population=10, mutation=0.05), LATTICE, hill, seed=3, trials=200)
    assert len({tuple(one.params.values()) for one in found}) == len(found)


def test_diversity_is_the_mean_distance() -> None:
    assert diversity([[0.0, 0.0], [1.0, 1.0]]) == 1
    # three points: 0.5, 0.5 and 0 apart on the one axis, nothing on the other
    assert diversity([[0.0, 0.3], [0.5, 0.3], [0.5, 0.3]]) == pytest.approx((0.25 + 0.25 + 0) / 3)
    assert diversity([[0.1]]) == 0


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2"])
def test_samplers_of_optuna_beat_chance(sampler: str) -> None:
    settings = {"population_size": 12} if sampler == "nsga2" else {}
    learned = [values(searched(OptunaSearch(sampler, **settings), WIDE, hill_100, seed=s, trials=96)) for s in range(3)]
    drawn = [values(searched(RandomSearch(), WIDE, hill_100, seed=s, trials=96)) for s in range(3)]
    # where it searches, not only its best
    assert sum(sum(one[-24:]) for one in learned) > sum(sum(one[-24:]) for one in drawn)


def hill_100(point: dict[str, Any]) -> float:
    return -((point["x"] - 62) ** 2 + (point["y"] - 31) ** 2) / 10_000


@pytest.mark.parametrize(
    "algorithm", [Bayesian(surrogate="et", initial=8), Genetic(population=8), OptunaSearch(n_startup_trials=8)]
)
def test_every_kind_of_parameter_is_chosen(algorithm: Any) -> None:
    """Conditional ones, logarithms, numbers about a mean, None and texts; what `where` refuses is not asked."""
    space = ParameterSpace(
        kind=Choice(["stop", None, 3]), days=Integer(1, 1000, log=True), by=Integer(2, 90, step=4, log=True),
        share=Real("0.001", 1, log=True, decimals=3), about=Normal(0, 2), sizes=Integer(5, 5),
        stop=Real(0, 1, when=lambda p: p["kind"] == "stop"), where=lambda p: p["days"] > p["by"],
    )  # fmt: skip
    worth = lambda p: math.log(p["days"]) + (p["kind"] == "stop") - abs(p["about"])  # noqa: E731
    found = searched(algorithm, space, worth, seed=5, trials=32)
    assert len(found) == 32
    assert all(space.has(one.params) for one in found)
    assert {"stop" in one.params for one in found} == {True, False}


def test_what_has_no_value_is_worse_than_all() -> None:
    """Half of the plane fails: who learns keeps out of it."""

    def torn(point: dict[str, Any]) -> float | None:
        return None if point["x"] >= 50 else point["x"] / 100

    for algorithm in (Bayesian(surrogate="et", initial=8), Genetic(population=8), OptunaSearch(n_startup_trials=8)):
        found = searched(algorithm, WIDE, torn, seed=1, trials=48)
        assert sum(one.value is None for one in found[24:]) < 10


def test_a_search_by_each_of_them_is_the_same_twice_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the door: half, then resumed, is the whole; less is better of volatility."""
    from rustybt.optimize import resume

    space = {"fast": Integer(2, 20), "slow": Integer(25, 80)}
    when = {"start": "2009-01-02", "end": "2009-06-30", "objective": "volatility"}
    made = [Bayesian(surrogate="et", initial=4), Genetic(population=4, mutation=0.3), OptunaSearch(n_startup_trials=4)]
    for place, algorithm in enumerate(made):
        whole = search(Cross, space, algorithm, trials=12, seed=4, name=f"whole-{place}", **when)
        search(Cross, space, algorithm, trials=8, seed=4, name=f"part-{place}", **when)
        # its record has all settings
        more = resume(f"part-{place}", Cross, trials=12)
        assert [(t.params, t.values) for t in more.all] == [(t.params, t.values) for t in whole.all]
        assert whole.best.value == min(one.value for one in whole.all if one.value is not None)


def test_less_is_better_is_told_with_the_other_sign() -> None:
    class Watching(RandomSearch):
        told: ClassVar[list[Any]] = []

        def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> Any:
            made = super().on(space, seed=seed, trials=trials)
            made.tell = self.told.extend  # type: ignore[method-assign]
            return made

    found = search(
        Cross, {"fast": [2, 5], "slow": [20]}, Watching(), start="2009-01-02", end="2009-03-31",
        objective=["volatility", "total_return"],
    )  # fmt: skip
    assert [one.values for one in Watching.told] == [(-a, b) for one in found.all for a, b in [one.values]]  # type: ignore[operator]


def test_a_population_s_history() -> None:
    algorithm = Genetic(population=5)
    found = search(
        Cross, {"fast": Integer(2, 20), "slow": Integer(25, 80)}, algorithm, trials=15, seed=2, start="2009-01-02",
        end="2009-03-31", objective="volatility",
    )  # fmt: skip
    history = algorithm.history(found)
    assert history["points"].sum() == 15
    assert history["best"][-1] == float(found.best.value or 0)
    assert (history["diversity"] > 0).all()
    first = [float(one.value) for one in found.all[:5] if one.value is not None]
    assert history.row(0)[2:4] == (min(first), pytest.approx(sum(first) / 5))
    with pytest.raises(InputError, match="was not searched by"):
        Genetic(population=6, crossover=0.1).history(found)


def test_plots_of_scikit_optimize_take_a_search() -> None:
    plots = pytest.importorskip("skopt.plots")
    import matplotlib.pyplot as plt

    found = search(
        Cross, {"fast": Integer(2, 20), "slow": [30, 50, 80]}, trials=8, start="2009-01-02",
        end="2009-03-31", objective="total_return",
    )  # fmt: skip
    told = found.to_skopt()
    assert -told.fun == float(found.best.value or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for draw in (plots.plot_convergence, plots.plot_evaluations, plots.plot_objective):
            assert draw(told) is not None
            plt.close("all")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Bayesian(surrogate="gbrt"), "don't work with today's"),
        (lambda: Bayesian(surrogate="svm"), "surrogate='svm': choose one of"),
        (lambda: Bayesian(acquisition="es"), "acquisition='es'"),
        (lambda: Bayesian(kappa=-1), "kappa=-1"),
        (lambda: Bayesian(first=[5]), "first has 5: give a list of points"),  # type: ignore[list-item]
        (lambda: Points("days"), "Points has 'days': give a list of points"),  # type: ignore[arg-type]
        (lambda: Bayesian(initial=0), "initial=0"),
        (lambda: Genetic(population=1), "population=1"),
        (lambda: Genetic(elite=24), "some have to be children"),
        (lambda: Genetic(mutation=1.5), "mutation=1.5"),
        (lambda: Genetic(selection="best"), "selection='best'"),
        (lambda: Genetic(patience=0), "patience=0"),
        (lambda: OptunaSearch("gp"), "sampler='gp'"),
        (lambda: OptunaSearch("cmaes", objectives=2), "has one"),
        (lambda: OptunaSearch(batch=0), "batch=0"),
        (lambda: OptunaSearch(n_starters=3), "n_starters"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make: Callable[[], Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        make()


def test_a_number_of_objectives_that_it_was_not_made_for_is_refused() -> None:
    searcher = OptunaSearch().on(LATTICE)
    asked = searcher.ask(1)
    with pytest.raises(InputError, match="objectives=2"):
        searcher.tell([Trial(0, asked[0], values=(Decimal(1), Decimal(2)))])


def test_several_objectives_have_a_front() -> None:
    algorithm = OptunaSearch("nsga2", objectives=2, population_size=8)
    searcher = algorithm.on(WIDE, seed=1)
    front = 0
    for round_ in range(6):
        asked = searcher.ask(8)
        both = [(Decimal(-abs(p["x"] - 20)), Decimal(-abs(p["x"] - 60) - abs(p["y"] - 50))) for p in asked]
        searcher.tell([Trial(8 * round_ + k, p, values=v) for k, (p, v) in enumerate(zip(asked, both, strict=True))])
        front = sum(10 <= p["x"] <= 70 for p in asked)
    assert front >= 5
    failed = searcher.ask(1)
    searcher.tell([Trial(48, failed[0], state=TrialState.FAILED, values=(None, None))])
    assert searcher.ask(1)


def test_a_lattice_that_was_tried_whole_is_done() -> None:
    space = ParameterSpace(x=Integer(0, 3), y=["a", "b"], where=lambda p: p["x"] != 2)
    for algorithm in (Bayesian(initial=2), Genetic(population=4), OptunaSearch(n_startup_trials=2), Grid()):
        assert len(searched(algorithm, space, lambda p: p["x"], seed=0, trials=50)) == 6
