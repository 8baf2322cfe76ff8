"""Terms of many assets are computed some assets at a time, in threads, which makes no difference to what they say."""

from __future__ import annotations

import datetime as dt
import random
import threading
from typing import Any

import numpy as np
import pytest

import rustybt
from rustybt import indicators
from rustybt.api import term
from rustybt.indicators import Indicator
from rustybt.view import _side_by_side
from tests.unit._small import ingest

ALL = [one for name in indicators.__all__ if isinstance(one := getattr(indicators, name), Indicator)]
SESSIONS = [dt.date(2021, 2, 1) + dt.timedelta(days=k) for k in range(90)]
ASSETS = 29


def uneven() -> None:
    """Assets that begin late, end early, miss bars, have finer prices, large ones, splits and dividends."""
    drawn = random.Random(3)
    prices: dict[str, list[Any]] = {}
    for number in range(ASSETS):
        begin, end = (
            (drawn.randrange(20) if number % 3 == 0 else 0),
            (90 - drawn.randrange(20) if number % 4 == 0 else 90),
        )
        bars: list[Any] = []
        for place in range(90):
            low = drawn.randrange(900, 1100)
            scale = "0.0001" if number % 7 == 0 else "00000000000000" if number == 5 else ""
            bar = tuple(
                f"{value}{scale}" if scale != "0.0001" else f"{value / 1e4:.4f}"
                for value in (low + 3, low + 9, low, low + 5)
            )
            missing = not begin <= place < end or (number % 5 == 0 and drawn.random() < 0.2)
            bars.append(None if missing else (*bar, drawn.randrange(1, 10**6)))
        prices[f"S{number:02}"] = bars
    ingest(
        prices,
        days=SESSIONS,
        splits=[(f"S{number:02}", SESSIONS[30], "2") for number in range(1, ASSETS, 6)],
        dividends=[(f"S{number:02}", SESSIONS[35], "1.5", SESSIONS[36]) for number in range(1, ASSETS, 11)],
    )


def said(kernel: str, *, alone: bool = False) -> dict[str, bytes]:
    """What each indicator says of all assets at each bar, of which NaN it is nothing. alone: asked for one by one."""
    made: dict[str, list[Any]] = {}
    threads: set[str] = set()

    def initialize(context: Any) -> None:
        assets = context.symbols(*[f"S{number:02}" for number in range(ASSETS)])
        for kind in ALL:
            given: dict[str, Any] = {name: 3 for name, value in kind.parameters.items() if value is ...}
            given |= {"against": assets[2]} if "against" in kind.reads else {}
            several = [term(kind, part, **given) for part in ([[one] for one in assets] if alone else [assets])]
            for output in kind.outputs or ("",):
                made[f"{kind.name} {output}"] = [getattr(one, output) if output else one for one in several]
        made["EMA of volume"] = [term(indicators.EMA, assets, "volume", window=3)]
        made["SMA of price"] = [term(indicators.SMA, assets, "price", window=3)]

    seen: dict[str, list[Any]] = {}

    def handle_data(context: Any, data: Any) -> None:
        threads.update(one.name for one in threading.enumerate())
        for name, terms in made.items():
            row = np.concatenate([one.now for one in terms])
            seen.setdefault(name, []).append(np.where(np.isnan(row), np.nan, row))

    rustybt.run_algorithm(
        SESSIONS[10],
        SESSIONS[89],
        initialize,
        handle_data=handle_data,
        kernel=kernel,
        progress=False,  # type: ignore[arg-type]
        bundle="small",
    )
    assert not any(one.startswith("rustybt") for one in threads), "threads are over with what they compute"
    return {name: np.stack(rows).tobytes() for name, rows in seen.items()}


@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_any_number_of_threads_finds_the_same_bits(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uneven()
    whole = said(kernel)
    asked = said(kernel, alone=True)
    assert len(whole) > len(ALL)
    assert {name: whole[name] == bits for name, bits in asked.items()} == dict.fromkeys(asked, True)
    used: set[str] = set()
    columns = Indicator.columns

    def watched(self: Indicator, *given: Any) -> Any:
        used.add(threading.current_thread().name)
        return columns(self, *given)

    monkeypatch.setattr(Indicator, "columns", watched)
    monkeypatch.setattr(_side_by_side, "AT_ONCE", 1)  # eight assets, which is the least
    for count in (1, 2, 5):
        monkeypatch.setattr(_side_by_side, "_cores", lambda count=count: count)
        used.clear()
        assert said(kernel) == whole
        assert any(name.startswith("rustybt") for name in used) == (count > 1)


def test_both_kernels_lay_the_same_bits() -> None:
    uneven()
    assert said("rust") == said("python")


def test_an_indicator_that_is_not_the_library_s_stays_in_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    uneven()
    monkeypatch.setattr(_side_by_side, "AT_ONCE", 1)
    monkeypatch.setattr(_side_by_side, "_cores", lambda: 4)
    used: set[int] = set()

    def double(values: Any) -> Any:
        used.add(threading.get_ident())
        return values * 2

    kind = Indicator("double", double)

    def initialize(context: Any) -> None:
        context.double = term(kind, context.symbols(*[f"S{number:02}" for number in range(ASSETS)]))

    def handle_data(context: Any, data: Any) -> None:
        context.record(double=context.double.now[1])

    rustybt.run_algorithm(
        SESSIONS[30], SESSIONS[32], initialize, handle_data=handle_data, progress=False, bundle="small"
    )
    assert used == {threading.get_ident()}


def test_what_a_thread_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_side_by_side, "AT_ONCE", 1)
    calls: list[int] = []

    def make(first: int, end: int) -> list[Any]:
        calls.append(first)
        if first:
            raise MemoryError("no memory")
        return [np.zeros((2, end - first))]

    with pytest.raises(MemoryError, match="no memory"):
        _side_by_side.filled((2, 8_000), 1, make, threads=2)
    assert len(calls) < 100, "others do not go on"
