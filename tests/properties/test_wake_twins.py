"""Which orders a bar wakes: both kernels name the same, and those that a plain rule over all bounds names."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import twins

BARS = 5
SERIES = st.lists(st.integers(0, 12) | st.just(2**62), min_size=BARS, max_size=BARS)
BAR = st.integers(0, BARS - 1)
BOUND = st.integers(-2, 14) | st.sampled_from([-(10**60), 10**60, -(2**100), 2**100]) | st.none()
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(0, 2)),
        st.tuples(
            st.just("sleep"),
            st.integers(1, 9),
            BAR,
            BOUND,
            BOUND,
            st.integers(0, BARS),
            st.none() | st.integers(0, BARS),
        ),
        st.tuples(st.just("forget"), st.integers(1, 9)),
        st.tuples(st.just("stir"), st.integers(0, 2)),
        st.tuples(st.just("bar"), BAR),
    ),
    max_size=30,
)
ManySeries = list[tuple[list[int], list[int], list[int]]]


def named(module: Any, series: ManySeries, steps: Any, wide: bool) -> list[Any]:
    """The numbers that each bar of the steps wakes, by asset; of each order that is put to sleep whether it sleeps."""
    wake, open_now, seen = module.Wake(), {}, []
    instruments = [SimpleNamespace(slot=slot) for slot in range(3)]
    placed: list[Any] = []
    for kind, *what in steps:
        if kind == "place":
            order = module.WorkingOrder(len(placed) + 1, instruments[what[0]], 5, None, 0)
            placed.append(order)
            open_now.setdefault(what[0], []).append(order)
        elif kind == "stir":
            wake.stir(what[0])
        elif kind == "bar":
            seen.append([[order.number for order in queue] for queue in wake.awake(what[0], open_now)])
        elif what[0] <= len(placed):
            slot = placed[what[0] - 1].instrument.slot
            if kind == "forget":
                wake.forget(slot, what[0])
                continue
            if not wake.knows(slot):
                wake.watch(slot, *(one if wide else memoryview(array("q", one)) for one in series[slot]))
            seen.append(wake.sleep(slot, *what))
    return seen


def wakes(low: int, high: int, bar: int, bounds: Any) -> bool:
    below, above, first, until = bounds
    reached = (below is not None and low <= below) or (above is not None and high >= above)
    return (until is not None and bar >= until) or (bar >= first and reached)


def by_the_rule(series: ManySeries, steps: Any) -> list[Any]:
    slots: list[int] = []
    asleep: dict[int, Any] = {}
    watched, queues, seen = set(), {}, []
    for kind, *what in steps:
        if kind == "place":
            slots.append(what[0])
            queues.setdefault(what[0], []).append(len(slots))
        elif kind == "stir":
            asleep = {number: bounds for number, bounds in asleep.items() if slots[number - 1] != what[0]}
        elif kind == "forget":
            asleep.pop(what[0], None)
        elif kind == "sleep" and what[0] <= len(slots):
            watched.add(slots[what[0] - 1])
            number, bar, *bounds = what
            _, low, high = (one[bar] for one in series[slots[number - 1]])
            asleep[number] = bounds
            seen.append(not wakes(low, high, bar, bounds))
        elif kind == "bar":
            found = []
            for slot, queue in queues.items():
                volume, low, high = (one[what[0]] for one in series[slot])
                ends = min((asleep[n][3] for n in queue if n in asleep and asleep[n][3] is not None), default=BARS)
                if slot in watched and volume <= 0 and what[0] < ends:
                    continue
                awake = [n for n in queue if n not in asleep or wakes(low, high, what[0], asleep[n])]
                if awake:
                    found.append(awake)
            seen.append(found)
    return seen


@given(st.lists(st.tuples(SERIES, SERIES, SERIES), min_size=3, max_size=3), STEPS, st.booleans())
def test_a_bar_wakes_what_its_prices_reach(series: ManySeries, steps: Any, wide: bool) -> None:
    expected = by_the_rule(series, steps)
    for module in twins().values():
        assert named(module, series, steps, wide) == expected
