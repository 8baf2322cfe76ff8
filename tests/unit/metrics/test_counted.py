"""What the native kernel counts of returns is what the twin counts: over drawn series, empty, ruined, huge and tiny."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rustybt import metrics
from rustybt._kernels import twins
from rustybt.core import decimal_column
from rustybt.metrics._counted import Counted, counted, grows_by_values, shares
from rustybt.metrics._exposure import average_exposure
from rustybt.metrics._numbers import exact_sum
from rustybt.metrics._path import growth_path
from rustybt.metrics._sample import Sample, sample_of
from rustybt.metrics._table import measures
from tests._examples import examples

pytestmark = pytest.mark.skipif("rust" not in twins(), reason="there is no native kernel")

ONE = 10**18
WIDEST = 10**38 - 1
usual = st.integers(-ONE // 20, ONE // 20)
tiny = st.integers(-3, 3)
huge = st.integers(-9 * ONE, 9 * ONE)
beyond = st.sampled_from([2**63 - 1, 2**63, -(2**63), WIDEST, -WIDEST])
ends = st.sampled_from([0, -ONE, -ONE + 1, -ONE - 1, ONE])
drawn = st.one_of(
    st.lists(usual, max_size=80),
    st.lists(st.one_of(usual, tiny, ends), max_size=30),
    st.lists(st.one_of(usual, huge), max_size=60),
    st.lists(st.one_of(usual, beyond), min_size=1, max_size=12),
    st.integers(0, 9_000).map(lambda count: [(place * 7919 % 41 - 20) * 10**15 for place in range(count)]),
)


@pytest.fixture(autouse=True)
def _auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_KERNELS", "rust")


def figures(own: Sample, other: Sample | None) -> dict[str, object]:
    made = measures(own, 252, other, 0)
    return {name: (value(), None if error is None else error()) for name, (value, error) in made.items()}


@given(drawn)
@example([0])
@example([2**63 - 1] * 20)
@settings(max_examples=examples(150), deadline=None)
def test_every_figure_is_that_of_the_twin(own: list[int]) -> None:
    other = [value // 2 for value in reversed(own)]
    known = sample_of(decimal_column("r", own, 18)), sample_of(decimal_column("r", other, 18))
    expected = figures(Sample(own, 18), Sample(other, 18)) if own else {}
    found = figures(*known) if own else {}
    for name, value in expected.items():
        assert found[name] == value, name


@given(drawn)
@settings(max_examples=examples(150), deadline=None)
def test_every_count_is_that_of_the_twin(values: list[int]) -> None:
    known = counted(decimal_column("r", values, 18))
    fits = all(abs(value) < 2**63 for value in values)
    assert fits or known is None
    if known is None:
        # sums of fourth powers beyond 256 bits
        assert not fits or sum(value**4 for value in values) >= 2**255
        return
    assert isinstance(known, Counted)
    twin = Sample(values, 18)
    names = ["values", "count", "loses_all", "total", "squares", "cubes", "fourths", "lost", "squares_lost", "wins"]
    names += ["losers", "streaks", "ascending", "last", "lowest", "error", "squared_falls", "under_water", "falls"]
    for name in names + (["deepest", "mean", "deviation"] if values else []):
        assert getattr(known, name) == getattr(twin, name), name
    if not twin.loses_all:
        assert known.growth_parts == twin.growth_parts
    half = Sample([value // 2 for value in values], 18)
    other = counted(decimal_column("r", half.values, 18)) or half
    assert known.products(other) == twin.products(half)
    assert known.less(other).values == twin.less(half).values
    for above in (True, False):
        assert known.picked(other, above=above).values == twin.picked(half, above=above).values


money = st.one_of(st.integers(-(10**26), 10**26), tiny, st.integers(-WIDEST, WIDEST))


@given(st.lists(st.tuples(money, money), max_size=20))
@settings(max_examples=examples(150), deadline=None)
def test_exposure_is_that_of_the_twin(rows: list[tuple[int, int]]) -> None:
    parts, wholes = ([row[end] for row in rows] for end in (0, 1))
    columns = decimal_column("part", parts, 20), decimal_column("whole", wholes, 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rustybt.metrics._exposure._counted_shares", lambda *_: None)
        expected = average_exposure(*columns)
    assert average_exposure(*columns) == expected


def test_shares_are_counted() -> None:
    columns = decimal_column("part", [1, -1, 5], 20), decimal_column("whole", [3, 3, 0], 20)
    third = 10**40 // 3
    assert shares(*columns) == (third - third, 2)
    assert shares(columns[0], decimal_column("whole", [1, 2, 3], 18)) is None


@given(st.lists(st.tuples(st.integers(-50, 300), st.integers(-3, 3), st.integers(-1, 1)), min_size=1, max_size=6))
@settings(max_examples=examples(200), deadline=None)
def test_values_say_how_it_grew_where_the_path_is_theirs(rows: list[tuple[int, int, int]]) -> None:
    values, pnl, returns, last = [], [], [], 100
    for value, flow, off in rows:
        values.append(value)
        base = last + (flow if flow > 1 else 0)
        pnl.append(value - base)
        returns.append((value - base) * ONE // base + off if base > 0 else 0)
        last = value
    columns = (decimal_column("v", values, 20), decimal_column("p", pnl, 20), decimal_column("r", returns, 18))
    path = growth_path(values, pnl, returns)
    assert grows_by_values(*columns) == (path == [values[0] - pnl[0], *values])


@given(st.lists(st.one_of(st.none(), usual, st.integers(-WIDEST, WIDEST)), max_size=9))
def test_a_sum_is_exact(values: list[int | None]) -> None:
    assert exact_sum(decimal_column("m", values, 20)) == sum(value or 0 for value in values)


def test_a_column_in_parts_is_read_whole() -> None:
    parts = [decimal_column("r", [1, 2], 18), decimal_column("r", [3], 18)[0:1], decimal_column("r", [9, 4], 18)[1:]]
    whole = parts[0].append(parts[1]).append(parts[2])
    assert whole.n_chunks() == 3
    known = counted(whole)
    assert known is not None
    assert known.values == [1, 2, 3, 4]
    assert counted(decimal_column("r", [1, None], 18)) is None


def test_measures_of_a_run_are_counted_natively(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sample_of(decimal_column("r", [ONE // 10, -ONE // 10], 18))
    assert isinstance(made, Counted)
    assert metrics.max_drawdown(made) == metrics.max_drawdown(["0.1", "-0.1"])
    monkeypatch.setenv("RUSTYBT_KERNELS", "python")
    assert not isinstance(sample_of(decimal_column("r", [1], 18)), Counted)
