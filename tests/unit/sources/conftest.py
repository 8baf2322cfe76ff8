from __future__ import annotations

import os
import random

import pytest

from rustybt.sources import Pace
from rustybt.testing import FakeClock, SourceContract
from tests.unit.sources._server import Vendor

LIVE = os.environ.get("RUSTYBT_LIVE_SOURCES") == "1"
"""Ask the real services instead, with keys from the environment; what only a local server can do is skipped."""


def pytest_runtest_setup(item):
    if LIVE and not (item.cls and issubclass(item.cls, SourceContract)):
        pytest.skip("only a local server can do this")


@pytest.fixture
def vendor():
    server = Vendor()
    yield server
    server.close()


@pytest.fixture
def clock():
    return FakeClock("2024-07-01T00:00:00+00:00")


@pytest.fixture
def pace(clock):
    return Pace(clock=clock, rng=random.Random(7))


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch, tmp_path):
    """The keys of whoever runs the tests are not for local servers."""
    if LIVE:
        return
    for name in (
        "MASSIVE_API_KEY",
        "POLYGON_API_KEY",
        "APCA_API_KEY_ID",
        "APCA_API_SECRET_KEY",
        "ALPHAVANTAGE_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUSTYBT_SOURCES", str(tmp_path / "sources.toml"))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"
