"""Golden runs are worked out by hand once, and come out on either kernel."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _on_each_kernel(kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_KERNELS", kernels)
