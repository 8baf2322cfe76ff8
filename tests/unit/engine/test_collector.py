"""A run leaves the garbage collector as it found it, however it ends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from rustybt.engine._collector import FROZEN_AT_START, _Frozen
from tests.unit._small import ingest, run


@pytest.fixture(autouse=True)
def bundle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bundle, in a process in which nobody froze anything; the tests' own configuration froze what it collected."""
    ingest({"AAA": [10, 11, 12, 13, 14]})
    monkeypatch.setattr(_Frozen, "by_others", False)
    gc.unfreeze()
    yield
    gc.freeze()


def test_what_was_alive_is_frozen_during_a_run_and_not_after_it() -> None:
    counts: list[int] = []
    run(lambda context, data: counts.append(gc.get_freeze_count()))
    assert min(counts) > FROZEN_AT_START
    assert gc.get_freeze_count() <= FROZEN_AT_START


def test_a_run_that_fails_thaws_too() -> None:
    def fail(context: Any, data: Any) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        run(fail)
    assert gc.get_freeze_count() <= FROZEN_AT_START


def test_what_somebody_else_froze_stays_frozen() -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    run()
    assert gc.get_freeze_count() > before * 0.9  # some of the frozen ones went since


def test_what_somebody_else_froze_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million frozen objects take longer to count than a short run does."""
    gc.freeze()
    counts: list[int] = []
    count = gc.get_freeze_count

    def counted() -> int:
        counts.append(count())
        return counts[-1]

    monkeypatch.setattr(gc, "get_freeze_count", counted)
    run()
    run()
    assert len(counts) == 1


def test_a_run_in_a_run_is_not_taken_for_somebody_else() -> None:
    run(lambda context, data: run())
    assert gc.get_freeze_count() <= FROZEN_AT_START
    assert not _Frozen.by_others


def test_a_strategy_s_own_garbage_is_collected_during_the_run() -> None:
    class Cycle:
        alive = 0

        def __init__(self) -> None:
            Cycle.alive += 1
            self.me = self

        def __del__(self) -> None:
            Cycle.alive -= 1

    def litter(context: Any, data: Any) -> None:
        Cycle()
        gc.collect()
        assert Cycle.alive == 0

    run(litter)
