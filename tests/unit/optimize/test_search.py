"""Searches, through `search` and `resume`: the table is a function of the search and of nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, RegistryError, SearchStopped
from rustybt.optimize import (
    Choice,
    Grid,
    Integer,
    Objective,
    ParameterSpace,
    RandomSearch,
    Registry,
    Search,
    Sobol,
    Trial,
    TrialState,
    resume,
    search,
)
from rustybt.optimize._objective import EITHER, LESS, MORE
from tests.unit.optimize._strategies import SPAN, Cross, DiesOnce, Takes, Troubled, below, buy, infinite, profit, space

ROOT = Path(__file__).parents[3]


def table(found: Search) -> pl.DataFrame:
    """All but the time that it took."""
    return found.trials.drop("seconds")


def test_a_trial_is_the_run_with_its_parameters() -> None:
    found = search(Cross, space(), Grid(), trials=5, objective="total_return", **SPAN)
    for trial in found.ranked:
        alone = rustybt.run(Cross, params=trial.params, **SPAN)
        assert trial.ledger_hash == alone.ledger_hash
        assert trial.value == alone.metrics["total_return"]
        assert trial.figures["sharpe"] == alone.metrics["sharpe"]
        assert found.returns(trial).equals(alone.daily.select("session", "returns"))
    assert [trial.value for trial in found.ranked] == sorted((one.value for one in found.all), reverse=True)
    assert found.result().ledger_hash == found.best.ledger_hash
    assert found.trials["number"][0] == found.best.number


@pytest.mark.parametrize("algorithm", [Grid(), RandomSearch(), Sobol()])
def test_the_table_does_not_depend_on_the_workers(algorithm: Any) -> None:
    one = search(Cross, space(), algorithm, trials=9, seed=4, **SPAN)
    two = search(Cross, space(), algorithm, trials=9, seed=4, workers=2, **SPAN)
    assert table(one).equals(table(two))
    assert one.trials.height == 9


def test_another_seed_asks_other_points() -> None:
    first, second = (search(Cross, space(), trials=6, seed=seed, **SPAN) for seed in (1, 2))
    assert table(first)["fast"].to_list() != table(second)["fast"].to_list()


def test_a_search_goes_on_where_it_was_left() -> None:
    whole = search(Cross, space(), trials=10, seed=5, **SPAN)
    part = search(Cross, space(), trials=4, seed=5, name="part", **SPAN)
    assert part.trials.height == 4
    gone_on = resume("part", space=space(), trials=10)
    assert table(gone_on).equals(table(whole))
    assert [one.seconds for one in gone_on.all[:4]] == [one.seconds for one in part.all]  # these were not run again


BROKEN = """
from tests.unit.optimize._strategies import SPAN, Cross, space
from rustybt.optimize import search
if __name__ == "__main__":
    print("begins", flush=True)
    search(Cross, space(), trials=40, seed=6, name="broken", workers={workers}, **SPAN)
"""


@pytest.mark.parametrize(("workers", "after"), [(1, 0.3), (1, 1.0), (2, 2.5)])
def test_a_search_that_is_killed_comes_to_the_table_of_one_that_was_not(
    workers: int, after: float, tmp_path: Path
) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN.format(workers=workers))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    whole = search(Cross, space(), trials=40, seed=6, name="whole", **SPAN)
    try:
        found = resume("broken", space=space())
    except RegistryError as error:  # it was killed before it was entered
        assert "no search" in str(error)  # noqa: PT017
        return
    assert table(found).equals(table(whole))


def test_a_worker_that_dies_is_replaced_and_its_trial_is_run_again(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = search(DiesOnce, space(), trials=6, workers=2, params={"mark": str(mark)}, **SPAN)
    assert mark.exists()
    plain = search(Cross, space(), trials=6, **SPAN)
    assert table(found).equals(table(plain))


def test_a_trial_that_fails_is_told_and_leaves_the_others() -> None:
    ways = ParameterSpace(way=["well", "raises", "dies", "sleeps", "grows"])
    found = search(Troubled, ways, Grid(), workers=2, time_limit=8, memory_limit=3000, objective="total_return", **SPAN)
    told = {trial.params["way"]: trial.error for trial in found.all}
    assert told["well"] is None
    assert (told["raises"] or "").startswith("ValueError: on purpose (_strategies.py, line")
    assert told["dies"] == "WorkerDied: the process ended with signal 9, 3 times"
    assert told["sleeps"] == "TimedOut: it took more than 8 s"
    assert (told["grows"] or "").startswith(("MemoryError", "OutOfMemory"))
    assert found.trials["state"].to_list() == ["complete", *["failed"] * 4]
    assert found.best.params == {"way": "well"}


def test_a_search_of_which_nothing_works_stops_and_says_why() -> None:
    with pytest.raises(SearchStopped, match=r"5 of 5 trials failed.*fast=2 slow=9: WrongType"):
        search(buy, space(), Grid(), initialize=lambda context: None, trials=30, **SPAN)
    ways = ParameterSpace(way=["raises"])
    with pytest.raises(SearchStopped, match="1 of 1 trials failed"):
        search(Troubled, ways, Grid(), **SPAN)


def test_points_that_come_twice_are_run_once() -> None:
    """An algorithm that asks 5 and 6 in turn: two runs, and the search ends after twenty repeats."""

    class Stubborn:
        batch = 4

        def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> Any:
            return self

        done = False
        asked = 0

        def ask(self, count: int) -> list[dict[str, Any]]:
            self.asked += count
            return [{"fast": 5 + place % 2, "slow": 20} for place in range(count)]

        def tell(self, trials: Any) -> None:
            for trial in trials:
                assert trial.value is not None

    found = search(Cross, space(), Stubborn(), trials=10, **SPAN)
    states = [trial.state for trial in found.all]
    assert states == [TrialState.COMPLETE] * 2 + [TrialState.REPEATED] * 22
    assert found.trials.height == 2
    assert {trial.values for trial in found.all} == {trial.values for trial in found.all[:2]}


class Odd:
    """Answers with what it was made of."""

    batch = 4

    def __init__(self, answer: Any) -> None:
        self.answer, self.done = answer, False

    def __repr__(self) -> str:
        return "Odd()"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> Any:
        return self

    def ask(self, count: int) -> Any:
        return self.answer

    def tell(self, trials: Any) -> None:
        """Learns nothing."""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([], "gave 0 points"),
        (None, "gave None"),
        ([{"fast": 5, "slow": 20}] * 9, "gave 9 points"),
        ([{"fast": 20, "slow": 10}], "no point of the space"),  # where= refuses it
        ([{"fast": 99, "slow": 20}], "no point of the space"),
        ([{"fast": 5}], "no point of the space"),
        ([{"fast": 5, "slow": 20, "more": 1}], "no point of the space"),
        ([7], "no point of the space"),
    ],
)
def test_what_an_algorithm_may_not_answer_is_said(answer: Any, says: str) -> None:
    with pytest.raises(SearchStopped, match=rf"Odd\(\).*{says}"):
        search(Cross, space(), Odd(answer), trials=6, **SPAN)


def test_a_worker_does_not_outlive_its_search(tmp_path: Path) -> None:
    """The parent is killed while a trial sleeps for a minute."""
    script, pid = tmp_path / "parent.py", tmp_path / "pid"
    script.write_text(ORPHAN.format(pid=str(pid)))
    with subprocess.Popen([sys.executable, script], env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        deadline = time.monotonic() + 60
        while not pid.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    worker = int(pid.read_text())
    deadline = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


ORPHAN = """
from tests.unit.optimize._strategies import SPAN, Sleeps
from rustybt.optimize import Grid, search
if __name__ == "__main__":
    search(Sleeps, {{"pid": [{pid!r}]}}, Grid(), workers=2, **SPAN)
"""


def test_names_and_functions_of_parameters_are_harmless() -> None:
    """A parameter called Decimal, a `where` that writes into what it is given, and the record that has them."""

    def where(point: dict[str, Any]) -> bool:
        point["a"] = 99
        return True

    both = ParameterSpace({"Decimal": Choice([Decimal("0.5"), Decimal(1)])}, a=[1, 2], where=where)
    found = search(Takes, both, Grid(), name="odd", objective="total_return", **SPAN)
    assert [trial.params["a"] for trial in found.all] == [1, 2, 1, 2]
    again = resume("odd", Takes, both)
    assert [trial.params for trial in again.all] == [trial.params for trial in found.all]


def test_a_strategy_that_leaves_python_fails_as_a_trial() -> None:
    ways = ParameterSpace(way=["well", "exits"])
    found = search(Troubled, ways, Grid(), objective="total_return", **SPAN)
    assert [trial.error and trial.error.split(" (")[0] for trial in found.all] == [None, "SystemExit: on purpose"]


def test_it_ends_after_so_many_trials_without_a_better_one() -> None:
    found = search(buy, {"unused": range(40)}, Grid(), initialize=_takes, patience=3, batch=1, **SPAN)
    assert len(found.all) == 4  # all are alike: the first, and three that are no better


def _takes(context: Any, unused: int) -> None:
    """Any number."""


def test_several_objectives_have_a_front() -> None:
    found = search(Cross, space(), Grid(), trials=25, objective=["total_return", "volatility"], **SPAN)
    front = {trial.number for trial in found.front}
    for one in found.all:
        beaten = any(
            other.values[0] >= one.values[0] and other.values[1] <= one.values[1] and other.values != one.values
            for other in found.all
        )
        assert (one.number in front) is not beaten


def test_less_is_better_where_it_is() -> None:
    found = search(Cross, space(), Grid(), trials=8, objective="volatility", **SPAN)
    assert found.best.value == min(trial.value for trial in found.all if trial.value is not None)
    assert search(Cross, space(), Grid(), trials=4, objective=profit, **SPAN).best.value is not None


def test_of_each_measure_it_is_said_which_is_better() -> None:
    """A measure that is added has to be put into one of the three."""
    figures = rustybt.run(buy, benchmark="AAPL", **SPAN).metrics
    assert sorted([*LESS, *MORE, *EITHER]) == sorted(figures)
    worse = search(Cross, space(), Grid(), trials=6, objective="cvar_95", **SPAN)
    assert worse.best.value == min(trial.value for trial in worse.all if trial.value is not None)


def test_objectives_ask_for_trades_and_take_for_turnover() -> None:
    result = rustybt.run(buy, **SPAN)
    assert Objective("total_return", least_trades=4).value(result) is None
    bought = sum(abs(a * p) for a, p in result.transactions.select("amount", "price").rows())
    worth = sum(result.daily["portfolio_value"]) / result.daily.height
    turned = bought / 2 / worth * 252 / result.daily.height
    own = result.metrics["total_return"]
    assert isinstance(own, Decimal)
    value = Objective("total_return", turnover_penalty="0.1").value(result)
    assert value == pytest.approx(own - turned / 10, abs=Decimal("1e-17"))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: search(Cross, {}), InputError, "no parameter"),
        (lambda: search(Cross, space(), trials=0), InputError, "trials=0"),
        (lambda: search(Cross, space(), workers=0), InputError, "workers=0"),
        (lambda: search(Cross, space(), Sobol), InputError, "an object"),  # type: ignore[arg-type]
        (lambda: search(Cross, space(), cash=5), InputError, "no option cash="),
        (lambda: search("nowhere.py", space()), InputError, "can't be read"),
        (lambda: search(Cross, space(), objective="sharp", **SPAN), InputError, "Did you mean 'sharpe'"),
        (lambda: search(Cross, space(), objective="beta", **SPAN), InputError, "maximize=True"),
        (lambda: search(Cross, space(), objective="alpha", **SPAN), SearchStopped, "these runs have none"),
        (lambda: search(Cross, space(), objective=[]), InputError, "one at least"),
        (lambda: search(Cross, space(), bundle="sample", market=1), InputError, "both given"),  # type: ignore[arg-type]
        (lambda: search(Cross, space(), objective=infinite, **SPAN), SearchStopped, "NonFiniteInput"),
        (lambda: resume("nix"), RegistryError, "no search 'nix'"),
    ],
)
def test_what_can_not_be_searched_is_said_at_once(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


def test_a_space_that_contradicts_itself_is_said() -> None:
    never = ParameterSpace(fast=Integer(1, 5), slow=Integer(1, 5), where=lambda p: False)
    for algorithm in (Sobol(), RandomSearch()):
        with pytest.raises(InputError, match="contradicts"):
            search(Cross, never, algorithm, **SPAN)


def test_a_strategy_that_can_not_leave_its_process_is_named() -> None:
    with pytest.raises(InputError, match="The strategy of this search can't go to other processes"):
        search(lambda context, data: None, {"x": [1]}, workers=2, **SPAN)
    assert Registry().names() == []


def test_a_search_does_not_go_on_as_another_one() -> None:
    search(Cross, space(), trials=2, name="one", **SPAN)
    with pytest.raises(RegistryError, match="already"):
        search(Cross, space(), trials=2, name="one", **SPAN)
    wider = ParameterSpace(fast=Integer(2, 13), slow=Integer(5, 30), where=below)
    for changed, word in (
        ({"space": wider}, "space"),
        ({"space": space(), "strategy": DiesOnce}, "strategy"),
        ({"space": space(), "algorithm": Grid()}, "algorithm"),
        ({"space": space(), "objective": "sortino"}, "objective"),
        ({"space": space(), "end": "2009-04-30"}, "options of the run"),
    ):
        with pytest.raises(RegistryError, match=f"The {word} of search 'one' changed"):
            resume("one", **changed)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="pass space= to resume"):
        resume("one")


def test_all_that_is_plain_comes_back_from_the_record() -> None:
    plain = {"fast": Choice([2, 3]), "slow": range(10, 30, 10)}
    first = search(Cross, plain, RandomSearch(), trials=2, name="plain", fill_at="open", capital_base=5000, **SPAN)
    assert table(resume("plain")).equals(table(first))
    assert resume("plain", trials=4).trials.height == 4


def test_a_trial_says_what_it_is() -> None:
    trial = Trial(3, {"a": 1}, values=(Decimal("1.5"),))
    assert trial.value == Decimal("1.5")
    assert trial.of(number=4).number == 4


def test_it_is_told_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    search(Cross, space(), Grid(), trials=5, progress=lambda done, of: seen.append((done, of)), **SPAN)
    assert seen == [(place, 5) for place in range(1, 6)]
