"""Runs that an event loop awaits: beside each other, followed, and cancelled."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import threading
import time
from typing import Any

import pytest

import rustybt
from rustybt.api import order, symbol
from rustybt.errors import InputError
from tests.unit._small import ingest_minutes

SPAN = ("2010-01-04", "2010-03-31")  # 61 sessions


def buys(context: Any, data: Any) -> None:
    order(symbol("IBM"), 1)


def test_it_takes_what_run_algorithm_takes_and_gives_what_it_gives() -> None:
    assert inspect.signature(rustybt.run_async) == inspect.signature(rustybt.run_algorithm)
    assert inspect.iscoroutinefunction(rustybt.run_async)
    one = asyncio.run(rustybt.run_async(*SPAN, None, 1000, buys))
    other = rustybt.run_algorithm(*SPAN, None, 1000, buys)
    assert one.ledger_hash == other.ledger_hash
    assert one.metrics == other.metrics


def test_the_loop_goes_on_meanwhile_and_two_run_at_once() -> None:
    ticks: list[float] = []
    both = threading.Barrier(2, timeout=30)

    def meets(context: Any, data: Any) -> None:
        if data.current_session.day == 5:
            both.wait()  # the other one is under way
        buys(context, data)

    async def ticking() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.002)

    async def main() -> list[rustybt.Result]:
        market = rustybt.load("sample", assets=["IBM"])
        ticker = asyncio.create_task(ticking())
        spans = ("2010-01-04", "2010-01-15"), ("2010-01-04", "2010-01-15")
        runs = [rustybt.run_async(*span, None, 1000, meets, market=market) for span in spans]
        results = await asyncio.gather(*runs)
        ticker.cancel()
        return results

    rustybt.ingest_sample()
    one, other = asyncio.run(main())
    assert one.ledger_hash == other.ledger_hash
    assert len(ticks) > 2


def test_progress_comes_in_the_thread_of_the_loop_and_in_order() -> None:
    told: list[tuple[int, int, int]] = []
    threads = set()

    def handle_data(context: Any, data: Any) -> None:
        threads.add(threading.get_ident())

    def progress(done: int, sessions: int) -> None:
        told.append((done, sessions, threading.get_ident()))

    async def main() -> int:
        await rustybt.run_async(*SPAN, None, 1000, handle_data, progress=progress)
        return threading.get_ident()

    here = asyncio.run(main())
    assert told == [(done, 61, here) for done in range(1, 62)]
    assert here not in threads


def test_a_cancelled_run_ends_with_its_next_bar() -> None:
    bars: list[int] = []
    begun = threading.Event()

    def slow(context: Any, data: Any) -> None:
        bars.append(len(bars))
        begun.set()
        time.sleep(0.03)

    async def main() -> tuple[int, int]:
        task = asyncio.create_task(rustybt.run_async(*SPAN, None, 1000, slow))
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        at = len(bars)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        ended = len(bars)
        await asyncio.sleep(0.1)
        assert len(bars) == ended
        return at, ended

    at, ended = asyncio.run(main())
    assert ended <= at + 1


def test_a_day_of_minutes_is_left_between_two_bars_and_cancelled_twice() -> None:
    ingest_minutes({"A": [100] * 600}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    bars: list[int] = []
    begun = threading.Event()

    def slow(context: Any, data: Any) -> None:
        bars.append(len(bars))
        if len(bars) > 100:
            begun.set()
            time.sleep(0.05)

    async def main() -> None:
        days = (dt.date(2021, 2, 1), dt.date(2021, 2, 1))
        task = asyncio.create_task(
            rustybt.run_async(*days, None, 1000, slow, bundle="small", data_frequency="minute", trading_calendar="24/7")
        )
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert 101 <= len(bars) <= 105


def test_a_timeout_ends_it() -> None:
    async def main() -> None:
        async with asyncio.timeout(0.2):
            await rustybt.run_async(*SPAN, None, 1000, lambda context, data: time.sleep(0.02))

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - began < 20


def test_errors_are_raised_where_it_is_awaited() -> None:
    def fails(context: Any, data: Any) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        asyncio.run(rustybt.run_async(*SPAN, None, 1000, fails))
    with pytest.raises(InputError, match="capital_base=-1"):
        asyncio.run(rustybt.run_async(*SPAN, None, -1, buys))
    with pytest.raises(InputError, match="progress='yes'"):
        asyncio.run(rustybt.run_async(*SPAN, None, 1000, buys, progress="yes"))
    with pytest.raises(TypeError, match="nothing_like_it"):
        asyncio.run(rustybt.run_async(*SPAN, nothing_like_it=1))


def test_what_progress_raises_ends_the_run() -> None:
    bars: list[int] = []

    def slow(context: Any, data: Any) -> None:
        bars.append(1)
        time.sleep(0.01)

    def progress(done: int, sessions: int) -> None:
        raise KeyError("shown nowhere")

    with pytest.raises(KeyError, match="shown nowhere"):
        asyncio.run(rustybt.run_async(*SPAN, None, 1000, slow, progress=progress))
    assert len(bars) < 61


def test_an_interval_of_three_runs_is_awaited_too() -> None:
    result = asyncio.run(rustybt.run_async(*SPAN, None, 1000, buys, same_bar="interval", trigger="range"))
    assert result.interval is not None


def test_a_run_beside_it_is_not_watched() -> None:
    """Runs of the same thread that nobody awaits are no slower, and nobody stops them."""
    asyncio.run(rustybt.run_async(*SPAN, None, 1000, buys))
    run = rustybt.Run(*SPAN, None, 1000, buys)
    assert not run._loop.agenda._each[1]


@pytest.mark.parametrize("error", [StopIteration(), StopAsyncIteration(), asyncio.CancelledError(), SystemExit(3)])
def test_what_a_loop_takes_for_its_own_is_told_as_an_error_of_the_run(error: BaseException) -> None:
    def handle_data(context: Any, data: Any) -> None:
        raise error

    awaited = rustybt.run_async("2010-01-04", "2010-01-08", handle_data=handle_data, progress=False)
    with pytest.raises(RuntimeError, match=type(error).__name__) as caught:
        asyncio.run(asyncio.wait_for(awaited, 20))
    assert caught.value.__cause__ is error
