"""What a run does to the memory of its process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

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
