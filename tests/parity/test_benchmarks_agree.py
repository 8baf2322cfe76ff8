"""What the benchmarks time does the same on both engines: on a fraction of their data, in every run of the tests."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import _peer_data
from benchmarks._compare import compare, compare_peer
from benchmarks._engines import FLOAT_SCENARIOS, FLOATS, PEERS, peers_here
from benchmarks._measure import Times, row
from benchmarks._scenarios import SCENARIOS, reduced
from benchmarks._table import table
from benchmarks._worker import Worker

if importlib.util.find_spec("zipline") is None and not os.environ.get("CI"):
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worker, Worker]]:
    """Zipline and RustyBT, each in a process of its own."""
    folder = tmp_path_factory.mktemp("scenarios")
    workers = Worker("zipline", folder), Worker("python", folder)
    yield workers
    for worker in workers:
        worker.close()


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_scenario_gives_ziplines_transactions_and_values(name: str, engines: tuple[Worker, Worker]) -> None:
    scenario = reduced(SCENARIOS[name])
    outcomes = []
    for worker in engines:
        worker.store(scenario)
        worker.run(scenario)
        outcomes.append(worker.outcome())
    assert compare(*outcomes, by_bar=scenario.by_hand) == []
    trades = len(outcomes[0]["transactions"])
    least = {"D50": 200, "D50-AT-ONCE": 200, "D500": 60, "M1": 30, "M50": 5, "IDLE": 0, "ORDERS": 10}
    assert trades >= (least | {"BRACKETS": 60, "TRAIL": 300, "M1-TERMS": 30})[name]


@pytest.mark.parametrize("variant", FLOATS)
def test_a_run_with_float_money_does_the_same_up_to_noise_and_has_float_books(variant: str, tmp_path: Path) -> None:
    exact, floats = Worker("python", tmp_path), Worker(variant, tmp_path)
    for name in FLOAT_SCENARIOS:
        scenario = reduced(SCENARIOS[name])
        exact.store(scenario)
        outcomes = []
        for worker in (exact, floats):
            worker.run(scenario)
            outcomes.append(worker.outcome())
        assert compare(*outcomes) == []
        assert outcomes[0]["values"] != outcomes[1]["values"]
        assert [outcome["path"] for outcome in outcomes] == [
            "rustybt._kernels._books.Books, cash is int",
            "benchmarks._float_books.FloatBooks, cash is float",
        ]
    exact.close()
    floats.close()


@pytest.mark.parametrize(("peer", "name"), [(peer, name) for peer in PEERS for name in PEERS[peer].scenarios])
def test_a_peer_gives_the_transactions_of_a_run_without_costs(peer: str, name: str, tmp_path: Path) -> None:
    if peer not in peers_here():
        pytest.skip(f"{peer} is not installed: uv sync --group peers, or RUSTYBT_PEERS_PYTHON=/its/python")
    scenario = reduced(SCENARIOS[name])
    own, other = Worker("python", tmp_path), Worker(peer, tmp_path)
    own.store(scenario)
    _peer_data.store(scenario, tmp_path)
    own.run(replace(scenario, costs=False))
    other.run(scenario)
    expected = own.outcome()
    assert compare_peer(scenario, expected, other.outcome()) == []
    assert len(expected["transactions"]) >= {"D50": 200, "M1": 30, "IDLE": 0, "TRAIL": 300}[name]
    assert expected["calls"] > 60
    own.close()
    other.close()


def test_the_comparison_notices_a_price_an_amount_and_a_value() -> None:
    one = {"transactions": [[1, "A", 5, 10.0]], "values": [100.0], "seen": []}
    assert compare(one, one) == []
    for other in (
        {**one, "transactions": [[1, "A", 5, 10.00001]]},
        {**one, "transactions": [[1, "A", 6, 10.0]]},
        {**one, "transactions": [[2, "A", 5, 10.0]]},
        {**one, "transactions": []},
        {**one, "values": [100.00001]},
        {**one, "values": []},
        {**one, "seen": [1.0]},
    ):
        assert compare(one, other)


def test_scenarios_with_and_without_float_variants_stand_in_one_table() -> None:
    engines = ("zipline", "python", "rust")
    times = {engine: Times(first=2.0, cpu=[1.0], warm=[1.0]) for engine in (*engines, *FLOATS)}
    rows = [
        row(SCENARIOS["D50"], times, 1, {}),
        row(SCENARIOS["IDLE"], {engine: times[engine] for engine in engines}, 0, {}),
    ]
    assert [name for name in SCENARIOS if name in table(rows)] == ["D50", "IDLE"]
