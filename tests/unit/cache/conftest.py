from __future__ import annotations

import pytest

from rustybt.catalog import BarCache
from rustybt.sources import Cached
from rustybt.testing import FakeClock
from tests.unit.cache._vendor import CLOCK, Counting


@pytest.fixture
def clock():
    return FakeClock(CLOCK)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def store(root):
    return BarCache(root)


@pytest.fixture
def vendor(clock):
    return Counting(clock)


@pytest.fixture
def source(vendor, store, clock):
    return Cached(vendor, store, clock=clock)
