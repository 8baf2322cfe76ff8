"""What the benchmarks time does the same on both engines: on a fraction of their data, in every run of the tests."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest

from benchmarks._compare import compare
from benchmarks._scenarios import SCENARIOS, reduced
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
    assert compare(*outcomes) == []
    trades = len(outcomes[0]["transactions"])
    assert trades >= {"D50": 200, "D500": 60, "M1": 30, "M50": 5, "IDLE": 0, "ORDERS": 10}[name]


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
