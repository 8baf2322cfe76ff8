"""What a run does to the memory of its process."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
from typing import Any

import pytest

from rustybt.view import Instrument
from tests.unit._small import ingest, run

PROBE = """
import resource
import numpy as np
from rustybt.engine._memory import keep_freed_memory
keep_freed_memory()
def windows():
    for _ in range(50):
        whole = np.ones(250_000)
        twice = whole * 2
        np.rint(twice)
windows()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
windows()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have ways of their own")
def test_arrays_that_come_and_go_use_the_same_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    # without it 1,900
    assert int(done.stdout) < 200


def test_what_a_run_has_loaded_goes_with_it_and_not_at_some_later_collection() -> None:
    ingest({"AAA": [10, 11, 12, 13, 14], "BBB": [5, 5, 5, 5, 5]})

    def trade(context: Any, data: Any) -> None:
        aaa, bbb = context.symbols("AAA", "BBB")
        context.order(aaa, 10)
        context.order_target_percent(bbb, 0.25)
        context.order(bbb, -1, limit_price=9)
        data.history([aaa, bbb], "price", 1, "1d")
        data.current([aaa, bbb], ["price", "volume"])
        data.current(aaa, "price"), data.current(aaa, "close")
        assert context.get_open_orders()

    gc.collect()
    gc.disable()
    try:
        before = _instruments()
        result = run(trade)
        assert result.transactions.height > 0
        del result
        assert _instruments() == before
    finally:
        gc.enable()


def _instruments() -> int:
    return sum(isinstance(one, Instrument) for one in gc.get_objects())
